//! What a DO block does, step by step, as PL/pgSQL reads it.
//!
//! Expressions and queries are kept as text, with the block's variables still in them. Blocks in which a part was not understood have no program.

use super::{Part, QualifiedName};

/// `DECLARE ... BEGIN ... EXCEPTION ... END`.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub variables: Vec<Declaration>,
    pub body: Vec<Step>,
    pub handlers: Vec<Handler>,
}

impl Scope {
    /// Whether a failure in it, or in a block inside it, need not be one of the whole.
    pub fn handles(&self) -> bool {
        !self.handlers.is_empty() || self.body.iter().any(|step| matches!(step, Step::Scope(inner) if inner.handles()))
    }
}

impl Scope {
    /// Every text in it that is evaluated: expressions, conditions, and the queries of loops. What is a statement by itself is not among them.
    pub fn expressions(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        self.add_expressions(&mut texts);
        texts
    }

    fn add_expressions<'a>(&'a self, texts: &mut Vec<&'a str>) {
        texts.extend(self.variables.iter().filter_map(|declared| declared.value.as_deref()));
        add_expressions(&self.body, texts);
        self.handlers.iter().for_each(|handler| add_expressions(&handler.body, texts));
    }
}

fn add_expressions<'a>(steps: &'a [Step], texts: &mut Vec<&'a str>) {
    for step in steps {
        match step {
            Step::Assign { value: text, .. } | Step::Execute { text, .. } => texts.push(text),
            Step::If { arms, otherwise } => {
                for (condition, body) in arms {
                    texts.push(condition);
                    add_expressions(body, texts);
                }
                add_expressions(otherwise, texts);
            }
            Step::Rows { query: Rows::Query(text) | Rows::Dynamic(text), body, .. } | Step::Elements { array: text, body, .. } => {
                texts.push(text);
                add_expressions(body, texts);
            }
            Step::Range { first, last, step, body, .. } => {
                texts.extend([Some(first), Some(last), step.as_ref()].into_iter().flatten().map(String::as_str));
                add_expressions(body, texts);
            }
            Step::Loop { condition, body } => {
                texts.extend(condition.as_deref());
                add_expressions(body, texts);
            }
            Step::Scope(inner) => inner.add_expressions(texts),
            Step::Leave { condition: text, .. } | Step::Return(text) => texts.extend(text.as_deref()),
            Step::Run(_) | Step::Query { .. } | Step::Forget(_) | Step::Fail => {}
        }
    }
}

/// A variable.
#[derive(Debug, Clone)]
pub struct Declaration {
    pub name: String,
    /// Its type as SQL; `record` too.
    pub type_text: String,
    pub value: Option<String>,
}

/// What is done when a step of the block fails.
#[derive(Debug, Clone)]
pub struct Handler {
    /// The names of conditions, in lower case.
    pub conditions: Vec<String>,
    pub body: Vec<Step>,
}

/// A step.
#[derive(Debug, Clone)]
pub enum Step {
    /// SQL, run as it stands.
    Run(Part),
    /// A query whose first row goes into variables; the SQL without them, for what it does to the database.
    Query {
        query: String,
        into: Vec<String>,
        part: Part,
    },
    Assign {
        name: String,
        value: String,
    },
    Execute {
        text: String,
        into: Vec<String>,
        /// With parameters.
        using: bool,
        line: u32,
    },
    If {
        arms: Vec<(String, Vec<Step>)>,
        otherwise: Vec<Step>,
    },
    /// `FOR ... IN query`.
    Rows {
        targets: Vec<String>,
        query: Rows,
        body: Vec<Step>,
    },
    /// `FOR ... IN first .. last`.
    Range {
        name: String,
        first: String,
        last: String,
        step: Option<String>,
        reverse: bool,
        body: Vec<Step>,
    },
    /// `FOREACH ... IN ARRAY`.
    Elements {
        name: String,
        array: String,
        body: Vec<Step>,
    },
    /// `LOOP`, and `WHILE` with its condition.
    Loop {
        condition: Option<String>,
        body: Vec<Step>,
    },
    Scope(Scope),
    /// `EXIT`, or `CONTINUE`.
    Leave {
        condition: Option<String>,
        next: bool,
    },
    /// What is in these variables is not known from here.
    Forget(Vec<String>),
    /// The end, with what a function gives.
    Return(Option<String>),
    /// `RAISE` of an error.
    Fail,
}

/// The query of a loop.
#[derive(Debug, Clone)]
pub enum Rows {
    Query(String),
    /// `EXECUTE` of what an expression gives.
    Dynamic(String),
}

/// A function or procedure as its definition shows it.
#[derive(Debug, Clone)]
pub struct Routine {
    pub parameters: Vec<Parameter>,
    /// A NULL for a parameter, and nothing is run.
    pub strict: bool,
    pub body: Body,
}

/// A parameter; those that only give something back are variables without a value.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: String,
    pub type_text: String,
    /// The default, as SQL.
    pub default: Option<String>,
    pub input: bool,
}

#[derive(Debug, Clone)]
pub enum Body {
    Program(Scope),
    /// Statements of SQL, the last of which may be an expression, as text.
    Sql(Vec<Part>, Option<String>),
}

/// What a SELECT or CALL calls: `SELECT f(x), g(y) rest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    pub calls: Vec<Call>,
    /// `FROM ...`, or nothing: each of its rows is a call.
    pub rest: String,
}

/// A call, the arguments as SQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub name: QualifiedName,
    pub arguments: Vec<String>,
}
