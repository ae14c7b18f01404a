//! Follows a DO block: which of its statements run, in this database, and what the text says that its EXECUTEs put together.
//!
//! Conditions, loops and texts are worked out by asking the server what expressions give ([`crate::catalog::Catalog::look`]), which answers only
//! what reads the system's catalogs. An answer counts as long as nothing before it can have changed it ([`super::changes`]). Where the way is not known and it
//! matters, there is no answer at all: the block stays unknown.

mod ask;
mod call;
mod fails;
mod maybe;
mod values;

pub use call::{follow_calls, unseen_call};
use values::{Value, Variables};

use super::{Changes, Script};
use crate::ir::{Block, Handler, Kind, Part, Rows, Scope, Step};
use crate::parse;

/// The most questions, steps and parts; and turns of a loop.
const LOOKS: u32 = 2_000;
const STEPS: u32 = 20_000;
const PARTS: usize = 2_000;
const TURNS: u32 = 1_000;

/// How a list of steps ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    On,
    Exit,
    Next,
    Return,
    Fail,
}

/// What a condition gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Truth {
    Yes,
    No,
    Unknown,
}

/// The block with the statements that run, one after the other, and no others; `None` when that cannot be told.
pub fn follow(block: &Block, script: &Script) -> Option<Block> {
    let program = block.program.as_ref()?;
    let mut walk = Walk::new(script);
    walk.scope(program)?;
    Some(Block { parts: walk.parts, hidden: None, program: None })
}

struct Walk<'a, 'b> {
    script: &'a Script<'b>,
    changes: Changes,
    variables: Variables,
    parts: Vec<Part>,
    looks: u32,
    steps: u32,
    /// How many functions are being followed.
    depth: u32,
    /// What the last one gave that ended.
    returned: Value,
}

impl<'a, 'b> Walk<'a, 'b> {
    fn new(script: &'a Script<'b>) -> Self {
        Walk {
            script,
            changes: script.changes().clone(),
            variables: Variables::default(),
            parts: Vec::new(),
            looks: 0,
            steps: 0,
            depth: 0,
            returned: Value::Unknown,
        }
    }
}

impl Walk<'_, '_> {
    fn scope(&mut self, scope: &Scope) -> Option<Way> {
        let outside = self.variables.enter(scope.variables.iter().map(|declared| &declared.name));
        for declared in &scope.variables {
            let value = match &declared.value {
                Some(value) => self.value(value, Some(&declared.type_text))?,
                None => Value::Known(None),
            };
            self.variables.declare(&declared.name, &declared.type_text, value);
        }
        let first = self.parts.len();
        let way = match self.steps(&scope.body) {
            Some(way) if scope.handlers.is_empty() => way,
            None => return None,
            Some(way) => match self.failure(first).or((way == Way::Fail).then_some("raise_exception")) {
                Some(condition) => self.handle(first, condition, &scope.handlers)?,
                // It may fail for a reason that is not seen from here.
                None => {
                    for handler in &scope.handlers {
                        self.maybe(&handler.body)?;
                    }
                    way
                }
            },
        };
        self.variables.leave(outside);
        Some(way)
    }

    /// The condition that a statement fails with, if one fails for certain.
    fn failure(&self, first: usize) -> Option<&'static str> {
        let parts = self.parts.get(first..)?;
        parts.iter().filter(|part| part.certain).flat_map(|part| &part.statements).find_map(|statement| fails::with(statement, self.script))
    }

    /// Everything since the beginning of the block is taken back, its locks too.
    fn handle(&mut self, first: usize, condition: &str, handlers: &[Handler]) -> Option<Way> {
        let fits = |one: &String| one == condition || one == "others" || one == "sqlstate";
        let handler = handlers.iter().find(|handler| handler.conditions.iter().any(fits))?;
        self.parts.truncate(first);
        self.steps(&handler.body)
    }

    fn steps(&mut self, steps: &[Step]) -> Option<Way> {
        for step in steps {
            self.steps += 1;
            if self.steps > STEPS || self.parts.len() > PARTS || self.script.catalog().interrupted() {
                return None;
            }
            let way = self.step(step)?;
            if way != Way::On {
                return Some(way);
            }
        }
        Some(Way::On)
    }

    fn step(&mut self, step: &Step) -> Option<Way> {
        match step {
            Step::Run(part) => return Some(self.run(part.clone())),
            Step::Query { query, into, part } => return Some(self.query(query, into, part)),
            Step::Assign { name, value } => {
                let type_text = self.variables.type_of(name)?.to_owned();
                let value = self.value(value, Some(&type_text))?;
                self.variables.set(name, value);
            }
            Step::Execute { text, into, using, line } => return self.execute(text, into, *using, *line),
            Step::If { arms, otherwise } => return self.branches(arms, otherwise),
            Step::Rows { targets, query, body } => return self.rows(targets, query, body),
            Step::Range { name, first, last, step, reverse, body } => {
                let bound = |walk: &mut Self, text: &str| walk.number(text);
                let (first, last) = (bound(self, first)?, bound(self, last)?);
                let by = step.as_deref().map_or(Some(1), |step| self.number(step)).filter(|by| *by > 0)?;
                return self.range(name, first, last, if *reverse { -by } else { by }, body);
            }
            Step::Elements { name, array, body } => return self.elements(name, array, body),
            Step::Loop { condition, body } => return self.turns(condition.as_deref(), body),
            Step::Scope(scope) => return self.scope(scope),
            Step::Leave { condition, next } => {
                let leaves = condition.as_ref().map_or(Some(Truth::Yes), |condition| self.truth(condition))?;
                return match leaves {
                    Truth::Yes if *next => Some(Way::Next),
                    Truth::Yes => Some(Way::Exit),
                    Truth::No => Some(Way::On),
                    Truth::Unknown => None,
                };
            }
            Step::Forget(names) => self.forget(names),
            Step::Return(value) => {
                self.returned = match value {
                    Some(value) => self.value(value, None)?,
                    None => Value::Known(None),
                };
                return Some(Way::Return);
            }
            Step::Fail => return Some(Way::Fail),
        }
        Some(Way::On)
    }

    /// Statements that run.
    fn take(&mut self, part: Part) {
        for statement in &part.statements {
            self.changes.note(&part.text, statement, self.script);
        }
        self.variables.forget(values::FOUND);
        self.parts.push(part);
    }

    fn forget(&mut self, names: &[String]) {
        names.iter().for_each(|name| self.variables.forget(name));
    }

    /// A query whose row goes into variables, or nowhere.
    fn query(&mut self, query: &str, into: &[String], part: &Part) -> Way {
        match self.look(query) {
            Some(answer) => {
                self.variables.set_found(!answer.rows.is_empty());
                self.variables.fill_targets(into, &answer, 0);
                Way::On
            }
            None => {
                let way = self.run(part.clone());
                self.forget(into);
                way
            }
        }
    }

    fn execute(&mut self, text: &str, into: &[String], using: bool, line: u32) -> Option<Way> {
        let Value::Known(Some(text)) = self.value(text, Some("text"))? else { return None };
        if !into.is_empty()
            && !using
            && let Some(answer) = self.look(&text)
        {
            self.variables.fill_targets(into, &answer, 0);
            return Some(Way::On);
        }
        let mut statements = parse::dynamic(&text).ok()?;
        if statements.iter().any(|statement| matches!(statement.kind, Kind::Transaction(_))) {
            return None;
        }
        statements.iter_mut().for_each(|statement| statement.line = line);
        let way = self.run(Part { text, statements, offset: None, certain: true });
        self.forget(into);
        Some(way)
    }

    fn branches(&mut self, arms: &[(String, Vec<Step>)], otherwise: &[Step]) -> Option<Way> {
        for (at, (condition, body)) in arms.iter().enumerate() {
            match self.truth(condition)? {
                Truth::Yes => return self.steps(body),
                Truth::No => {}
                Truth::Unknown => {
                    for (_, body) in arms.get(at..).unwrap_or_default() {
                        self.maybe(body)?;
                    }
                    self.maybe(otherwise)?;
                    return Some(Way::On);
                }
            }
        }
        self.steps(otherwise)
    }

    fn rows(&mut self, targets: &[String], query: &Rows, body: &[Step]) -> Option<Way> {
        let text = match query {
            Rows::Query(text) => Some(text.clone()),
            Rows::Dynamic(text) => match self.value(text, Some("text"))? {
                Value::Known(text) => text,
                Value::Unknown => None,
            },
        };
        let text = text?;
        let Some(answer) = self.look(&text) else {
            if !self.runs_over(&text) {
                return None;
            }
            self.forget(targets);
            self.maybe(body)?;
            return Some(Way::On);
        };
        for row in 0..answer.rows.len() {
            self.variables.fill_targets(targets, &answer, row);
            match self.steps(body)? {
                way @ (Way::Return | Way::Fail) => return Some(way),
                Way::Exit => break,
                Way::On | Way::Next => {}
            }
        }
        self.variables.set_found(!answer.rows.is_empty());
        Some(Way::On)
    }

    fn range(&mut self, name: &str, first: i64, last: i64, by: i64, body: &[Step]) -> Option<Way> {
        let outside = self.variables.enter(std::iter::once(&name.to_owned()));
        let (mut at, mut turns) = (first, 0);
        while if by > 0 { at <= last } else { at >= last } {
            turns += 1;
            if turns > TURNS {
                return None;
            }
            self.variables.declare(name, "integer", Value::Known(Some(at.to_string())));
            match self.steps(body)? {
                way @ (Way::Return | Way::Fail) => return Some(way),
                Way::Exit => break,
                Way::On | Way::Next => {}
            }
            at = at.checked_add(by)?;
        }
        self.variables.leave(outside);
        Some(Way::On)
    }

    fn elements(&mut self, name: &str, array: &str, body: &[Step]) -> Option<Way> {
        let filled = self.variables.fill(array)?;
        let Some(answer) = self.look_at(&format!("SELECT unnest({filled})")) else {
            self.variables.forget(name);
            self.maybe(body)?;
            return Some(Way::On);
        };
        for row in answer.rows {
            self.variables.set(name, Value::Known(row.into_iter().next().flatten()));
            match self.steps(body)? {
                way @ (Way::Return | Way::Fail) => return Some(way),
                Way::Exit => break,
                Way::On | Way::Next => {}
            }
        }
        Some(Way::On)
    }

    fn turns(&mut self, condition: Option<&str>, body: &[Step]) -> Option<Way> {
        for _ in 0..TURNS {
            match condition.map_or(Some(Truth::Yes), |condition| self.truth(condition))? {
                Truth::Yes => {}
                Truth::No => return Some(Way::On),
                Truth::Unknown => break,
            }
            // Without an end that can be seen, what changes in it is not known either.
            match self.steps(body) {
                Some(way @ (Way::Return | Way::Fail)) => return Some(way),
                Some(Way::Exit) => return Some(Way::On),
                Some(Way::On | Way::Next) => {}
                None => break,
            }
        }
        self.maybe(body)?;
        Some(Way::On)
    }
}
