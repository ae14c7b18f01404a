//! The variables of a block, and expressions with their values in the place of their names.

use std::collections::HashMap;

use crate::catalog::Found;
use crate::parse::token::{Kind, Token, Tokens};

/// What the last query found something of, for PL/pgSQL.
pub const FOUND: &str = "found";

/// What is in a variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `None` is NULL.
    Known(Option<String>),
    Unknown,
}

#[derive(Debug, Clone)]
enum Variable {
    Plain {
        type_text: String,
        value: Value,
    },
    /// Name, type and value of each field; `None` when they are not known.
    Record(Option<Vec<(String, String, Option<String>)>>),
}

/// Variables of the same names as those of an inner scope, which has ended when they come back.
#[derive(Debug)]
pub struct Hidden(Vec<(String, Option<Variable>)>);

/// The variables that are there.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    known: HashMap<String, Variable>,
    /// The names of what is called `$1`, `$2` and so on.
    numbered: Vec<String>,
}

impl Variables {
    /// A scope begins, with variables of these names; what it gives back, [`Self::leave`] is to be told.
    pub fn enter<'a>(&mut self, names: impl Iterator<Item = &'a String>) -> Hidden {
        Hidden(names.map(|name| (name.clone(), self.known.remove(name))).collect())
    }

    pub fn leave(&mut self, hidden: Hidden) {
        for (name, variable) in hidden.0 {
            match variable {
                Some(variable) => self.known.insert(name, variable),
                None => self.known.remove(&name),
            };
        }
    }

    pub fn declare(&mut self, name: &str, type_text: &str, value: Value) {
        let variable = match type_text {
            "record" => Variable::Record(None),
            _ => Variable::Plain { type_text: type_text.to_owned(), value },
        };
        self.known.insert(name.to_owned(), variable);
    }

    /// A parameter of a function, which has a number too.
    pub fn parameter(&mut self, name: &str, type_text: &str, value: Value) {
        let number = format!("${}", self.numbered.len() + 1);
        let name = if name.is_empty() { number } else { name.to_owned() };
        self.declare(&name, type_text, value);
        self.numbered.push(name);
    }

    /// The parameter of which the number, without its sign, is this token.
    fn numbered(&self, token: Option<&Token>, text: &str) -> Option<&String> {
        let number: usize = text.get(token?.span.clone())?.parse().ok()?;
        self.numbered.get(number.checked_sub(1)?)
    }

    /// The type of a variable, `record` too.
    pub fn type_of(&self, name: &str) -> Option<&str> {
        match self.known.get(name)? {
            Variable::Plain { type_text, .. } => Some(type_text),
            Variable::Record(_) => Some("record"),
        }
    }

    pub fn set(&mut self, name: &str, new: Value) {
        match self.known.get_mut(name) {
            Some(Variable::Plain { value, .. }) => *value = new,
            Some(Variable::Record(fields)) => *fields = None,
            None => {}
        }
    }

    pub fn forget(&mut self, name: &str) {
        if name == FOUND {
            self.known.remove(FOUND);
        } else {
            self.set(name, Value::Unknown);
        }
    }

    pub fn set_found(&mut self, found: bool) {
        self.declare(FOUND, "boolean", Value::Known(Some(if found { "t" } else { "f" }.to_owned())));
    }

    /// Puts a row into variables; without one they are NULL. A variable of a loop that was not declared is a record.
    pub fn fill_targets(&mut self, targets: &[String], answer: &Found, row: usize) {
        let value = |column: usize| answer.rows.get(row).and_then(|row| row.get(column)).cloned().flatten();
        if let [target] = targets
            && !matches!(self.known.get(target), Some(Variable::Plain { .. }))
        {
            let fields = answer.columns.iter().enumerate().map(|(at, (name, type_text))| (name.clone(), type_text.clone(), value(at)));
            self.known.insert(target.clone(), Variable::Record(Some(fields.collect())));
            return;
        }
        for (at, target) in targets.iter().enumerate() {
            self.set(target, Value::Known(value(at)));
        }
    }

    /// An expression or query with the values of the variables in it; nothing when one of them is not known.
    pub fn fill(&self, text: &str) -> Option<String> {
        let tokens: Vec<Token> = Tokens::new(text).collect();
        let mut out = String::with_capacity(text.len());
        let (mut copied, mut at) = (0, 0);
        while let Some(token) = tokens.get(at) {
            at += 1;
            let before = at.checked_sub(2).and_then(|at| tokens.get(at));
            let word = before.and_then(|token| text.get(token.span.clone())).unwrap_or_default();
            let mut end = token.span.end;
            let parameter = if token.is(b'$') { self.numbered(tokens.get(at), text) } else { None };
            let Some(name) = parameter.cloned().or_else(|| folded(token, text)) else { continue };
            if parameter.is_some() {
                end = tokens.get(at)?.span.end;
                at += 1;
            }
            let after = |ahead: usize, sign: u8| tokens.get(at + ahead).is_some_and(|token| token.is(sign));
            if word == "." || word.eq_ignore_ascii_case("as") || after(0, b'(') {
                continue;
            }
            let variable = match self.known.get(&name) {
                Some(variable) => variable,
                None if name == FOUND && token.kind == Kind::Word => return None,
                None => continue,
            };
            let literal = match variable {
                Variable::Plain { .. } if after(0, b'.') => continue,
                Variable::Plain { type_text, value: Value::Known(value) } => constant(value.as_deref(), type_text),
                Variable::Plain { value: Value::Unknown, .. } | Variable::Record(None) => return None,
                Variable::Record(Some(fields)) => {
                    let field = tokens.get(at + 1).filter(|_| after(0, b'.'))?;
                    let name = folded(field, text)?;
                    let (_, type_text, value) = fields.iter().find(|(known, _, _)| *known == name)?;
                    end = field.span.end;
                    at += 2;
                    constant(value.as_deref(), type_text)
                }
            };
            out.push_str(text.get(copied..token.span.start)?);
            out.push_str(&literal);
            copied = end;
        }
        out.push_str(text.get(copied..)?);
        Some(out)
    }
}

/// A name as the server folds it.
fn folded(token: &Token, text: &str) -> Option<String> {
    let raw = text.get(token.span.clone())?;
    match token.kind {
        Kind::Word => Some(raw.to_lowercase()),
        Kind::Name => Some(raw.trim_matches('"').replace("\"\"", "\"")),
        _ => None,
    }
}

/// How the name of a relation stands in an expression; see [`as_text`].
const RELATION: &str = "'::pg_catalog.regclass)";

/// The same with the names of relations as text: what they come to in a text that is put together, and nothing has to be looked up for it.
pub fn as_text(filled: &str) -> String {
    filled.replace(RELATION, "'::text)")
}

fn constant(value: Option<&str>, type_text: &str) -> String {
    match value {
        Some(value) if type_text == "regclass" => format!("('{}{RELATION}", value.replace('\'', "''")),
        Some(value) => format!("('{}'::{type_text})", value.replace('\'', "''")),
        None => format!("(NULL::{type_text})"),
    }
}
