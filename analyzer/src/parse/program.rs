//! A DO block as PL/pgSQL reads it: a program that can be followed.
//!
//! Stricter than [`super::block`], which looks for whatever SQL can be seen: what is not understood here is an end to it, and the block has no
//! program.

mod loops;
mod sql;
mod words;

use std::ops::Range;

use super::block::{Read, lines};
use super::token::{Token, Tokens};
use crate::ir::{Declaration, Handler, Scope, Step};

/// The most steps of a program, and the deepest nesting.
const STEPS: usize = 2_000;
const DEPTH: u32 = 60;

/// Words that open or close something, at which a list of steps ends.
const ENDS: &[&str] = &["end", "elsif", "elseif", "else", "exception", "when"];

/// The program of a block; `offset` and `line` say where the body stands in the whole text.
pub fn read(text: &str, offset: Option<usize>, line: u32, read: Read) -> Option<Scope> {
    let mut program = Program { text, tokens: Tokens::new(text).collect(), at: 0, offset, line, read, steps: 0, depth: 0 };
    program.label()?;
    let scope = program.scope()?;
    while program.is(";") {
        program.at += 1;
    }
    (program.at == program.tokens.len()).then_some(scope)
}

struct Program<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    offset: Option<usize>,
    line: u32,
    read: Read<'a>,
    steps: usize,
    depth: u32,
}

impl Program<'_> {
    fn scope(&mut self) -> Option<Scope> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut scope = Scope::default();
        if self.accept("declare") {
            while !self.is("begin") {
                if self.accept("declare") {
                    continue;
                }
                scope.variables.push(self.declaration()?);
            }
        }
        self.expect("begin")?;
        scope.body = self.steps()?;
        if self.accept("exception") {
            while self.accept("when") {
                let conditions = self.until(&["then"])?;
                let conditions = conditions.filter_map(|at| self.word_at(at)).filter(|word| word != "or").collect();
                self.at += 1;
                scope.handlers.push(Handler { conditions, body: self.steps()? });
            }
        }
        self.expect("end")?;
        // A label may follow; after the last END the semicolon may be left out.
        if self.at < self.tokens.len() {
            if !self.is(";") {
                self.name()?;
            }
            if self.at < self.tokens.len() {
                self.expect(";")?;
            }
        }
        self.depth -= 1;
        Some(scope)
    }

    /// `name [CONSTANT] type [NOT NULL] [:= value]`.
    fn declaration(&mut self) -> Option<Declaration> {
        let name = self.name()?;
        self.accept("constant");
        let tokens = self.past_semicolon()?;
        let assigned = tokens.clone().find(|at| self.is_at(*at, ":") || self.is_at(*at, "=") || self.is_at(*at, "default"));
        let end = assigned.unwrap_or(tokens.end);
        let value = match assigned {
            Some(at) => {
                let from = if self.is_at(at, ":") { at + 2 } else { at + 1 };
                Some(self.text_of(from..tokens.end)?)
            }
            None => None,
        };
        let mut end = end;
        if end >= tokens.start + 2 && self.is_at(end - 1, "null") && self.is_at(end - 2, "not") {
            end -= 2;
        }
        let type_text = self.text_of(tokens.start..end)?.to_lowercase();
        let others = ["alias ", "cursor", "refcursor", "%", " collate "];
        if type_text == "cursor" || others.iter().any(|other| type_text.contains(other)) {
            return None;
        }
        Some(Declaration { name, type_text, value })
    }

    fn steps(&mut self) -> Option<Vec<Step>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut steps = Vec::new();
        loop {
            let word = self.word_at(self.at)?;
            if ENDS.contains(&word.as_str()) {
                self.depth -= 1;
                return Some(steps);
            }
            if word == ";" {
                self.at += 1;
                continue;
            }
            self.steps += 1;
            if self.steps > STEPS {
                return None;
            }
            self.step(&word, &mut steps)?;
        }
    }

    fn step(&mut self, word: &str, steps: &mut Vec<Step>) -> Option<()> {
        let step = match word {
            "<" => return self.label(),
            "declare" | "begin" => Step::Scope(self.scope()?),
            "if" => self.branches()?,
            "case" => self.case()?,
            "loop" | "while" => self.plain_loop()?,
            "for" => self.loop_over()?,
            "foreach" => self.elements()?,
            "return" => self.giving_back()?,
            "exit" | "continue" => self.leave(word == "continue")?,
            "raise" => {
                let calm = ["debug", "log", "info", "notice", "warning"];
                let fails = !self.word_at(self.at + 1).is_some_and(|level| calm.contains(&level.as_str()));
                self.past_semicolon()?;
                match fails {
                    true => Step::Fail,
                    false => return Some(()),
                }
            }
            "null" => {
                self.past_semicolon()?;
                return Some(());
            }
            "get" => {
                let tokens = self.past_semicolon()?;
                let set = tokens.clone().filter(|at| self.is_at(at + 1, "=") || self.is_at(at + 1, ":") && self.is_at(at + 2, "="));
                Step::Forget(set.filter_map(|at| self.word_at(at)).collect())
            }
            "assert" | "open" | "close" | "fetch" | "move" => return None,
            "execute" => self.execute()?,
            _ => self.sql(word)?,
        };
        steps.push(step);
        Some(())
    }

    /// `RETURN [value];`, or `RETURN QUERY`, after which the function goes on.
    fn giving_back(&mut self) -> Option<Step> {
        self.at += 1;
        if self.accept("query") {
            let word = self.word_at(self.at).filter(|word| ["select", "with"].contains(&word.as_str()))?;
            return match self.sql(&word)? {
                Step::Run(part) => Some(Step::Query { query: part.text.clone(), into: Vec::new(), part }),
                step => Some(step),
            };
        }
        if self.is("next") {
            return None;
        }
        let tokens = self.past_semicolon()?;
        Some(Step::Return(if tokens.is_empty() { None } else { Some(self.text_of(tokens)?) }))
    }

    /// `IF ... THEN ... ELSIF ... ELSE ... END IF;`
    fn branches(&mut self) -> Option<Step> {
        self.at += 1;
        let condition = self.upto("then")?;
        let mut arms = vec![(condition, self.steps()?)];
        while self.accept("elsif") || self.accept("elseif") {
            let condition = self.upto("then")?;
            arms.push((condition, self.steps()?));
        }
        let otherwise = if self.accept("else") { self.steps()? } else { Vec::new() };
        self.closing("if")?;
        Some(Step::If { arms, otherwise })
    }

    /// `CASE [value] WHEN ... THEN ... ELSE ... END CASE;`, without an ELSE an error when nothing fits.
    fn case(&mut self) -> Option<Step> {
        self.at += 1;
        let value = self.until(&["when"])?;
        let value = self.text_of(value);
        let mut arms = Vec::new();
        while self.accept("when") {
            let wanted = self.upto("then")?;
            let condition = value.as_ref().map_or_else(|| wanted.clone(), |value| format!("({value}) in ({wanted})"));
            arms.push((condition, self.steps()?));
        }
        let otherwise = if self.accept("else") { self.steps()? } else { vec![Step::Fail] };
        self.closing("case")?;
        Some(Step::If { arms, otherwise })
    }

    /// `END word [label];`
    fn closing(&mut self, word: &str) -> Option<()> {
        self.expect("end")?;
        self.expect(word)?;
        if !self.is(";") {
            self.name()?;
        }
        self.expect(";")
    }

    fn line_at(&self, byte: usize) -> u32 {
        self.line.saturating_add(lines(self.text.get(..byte).unwrap_or_default()))
    }

    /// `EXECUTE text [INTO [STRICT] variables] [USING ...];`
    fn execute(&mut self) -> Option<Step> {
        let start = self.at;
        self.at += 1;
        let first = self.until_or_semicolon(&["into", "using"])?;
        let text = self.text_of(first)?;
        let (mut into, mut using) = (Vec::new(), false);
        loop {
            if self.accept("into") {
                self.accept("strict");
                into = self.names()?;
            } else if self.accept("using") {
                using = true;
                self.until_or_semicolon(&["into"])?;
            } else {
                self.expect(";")?;
                break;
            }
        }
        let line = self.line_at(self.tokens.get(start)?.span.start);
        Some(Step::Execute { text, into, using, line })
    }

    fn until_or_semicolon(&mut self, wanted: &[&str]) -> Option<Range<usize>> {
        let start = self.at;
        let end = self.tokens.get(start..)?.iter().position(|token| token.is(b';')).map(|length| start + length)?;
        match self.until(wanted) {
            Some(found) => Some(found),
            None => {
                self.at = end;
                Some(start..end)
            }
        }
    }
}
