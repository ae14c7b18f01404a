//! What conditions, texts and queries give.

use super::values::{Value, as_text};
use super::{LOOKS, Truth, Walk, Way};
use crate::catalog::Found;
use crate::ir::{Kind, Part, Statement};
use crate::parse;

impl Walk<'_, '_> {
    /// What a condition gives; nothing at all if it may do more than that.
    pub(super) fn truth(&mut self, condition: &str) -> Option<Truth> {
        Some(match self.value(condition, Some("boolean"))? {
            Value::Known(Some(value)) if value == "t" => Truth::Yes,
            Value::Known(_) => Truth::No,
            Value::Unknown => Truth::Unknown,
        })
    }

    pub(super) fn number(&mut self, text: &str) -> Option<i64> {
        match self.value(text, Some("integer"))? {
            Value::Known(value) => value?.parse().ok(),
            Value::Unknown => None,
        }
    }

    /// What an expression gives; nothing at all if it may do more than give something.
    pub(super) fn value(&mut self, expression: &str, type_text: Option<&str>) -> Option<Value> {
        let type_text = type_text.filter(|text| *text != "record");
        let asked = self.variables.fill(expression).and_then(|filled| {
            let filled = self.trusted(&filled)?;
            let query = match type_text {
                Some(type_text) => format!("SELECT ({filled})::{type_text}"),
                None => format!("SELECT {filled}"),
            };
            self.look_at(&query)
        });
        if let Some(answer) = asked {
            return Some(Value::Known(answer.rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()));
        }
        if let Some(value) = self.gives(expression) {
            return Some(value);
        }
        let text = format!("SELECT {expression}");
        let statements = parse::dynamic(&text).ok()?;
        let does = |statement: &Statement| match &statement.kind {
            Kind::Calls(calls) => calls.iter().any(|(name, arguments)| self.script.may_do_anything(name, *arguments)),
            _ => false,
        };
        if statements.iter().any(does) {
            return None;
        }
        self.asked(text, statements);
        Some(Value::Unknown)
    }

    /// A query that is run and reads tables.
    fn asked(&mut self, text: String, statements: Vec<Statement>) {
        if !parse::reads(&text).is_empty() {
            self.take(Part { text, statements, offset: None, certain: true });
        }
    }

    /// Whether a query does nothing but read and change rows; then it does that.
    pub(super) fn runs_over(&mut self, query: &str) -> bool {
        if !self.only_reads(query) {
            return false;
        }
        if let Ok(statements) = parse::dynamic(query) {
            self.asked(query.to_owned(), statements);
        }
        true
    }

    /// Whether a query does nothing but read and change rows.
    pub(super) fn only_reads(&self, query: &str) -> bool {
        parse::dynamic(query).is_ok_and(|statements| statements.iter().all(|statement| self.changes_rows_at_most(statement)))
    }

    pub(super) fn changes_rows_at_most(&self, statement: &Statement) -> bool {
        match &statement.kind {
            Kind::Modify(_) => true,
            Kind::Calls(calls) => !calls.iter().any(|(name, arguments)| self.script.may_do_anything(name, *arguments)),
            _ => false,
        }
    }

    /// What a function gives that is all of an expression, after it has done what it does.
    fn gives(&mut self, expression: &str) -> Option<Value> {
        let calls = parse::calls(&format!("SELECT {expression}"))?;
        let [call] = calls.calls.as_slice() else { return None };
        if !calls.rest.is_empty() || self.depth >= super::call::DEPTH {
            return None;
        }
        let (first, changes, depth) = (self.parts.len(), self.changes.clone(), self.depth);
        let values = call.arguments.iter().map(|argument| self.value(argument, None)).collect::<Option<Vec<_>>>();
        match values.and_then(|values| self.call(call, &values)) {
            Some((Way::On, value)) => Some(value),
            _ => {
                self.parts.truncate(first);
                (self.changes, self.depth) = (changes, depth);
                None
            }
        }
    }

    /// The query, if what it gives is as it was before the text.
    fn trusted(&self, query: &str) -> Option<String> {
        if self.changes.leave_alone(query) {
            return Some(query.to_owned());
        }
        Some(as_text(query)).filter(|plain| plain != query && self.changes.leave_alone(plain))
    }

    pub(super) fn look(&mut self, query: &str) -> Option<Found> {
        let filled = self.variables.fill(query)?;
        self.look_at(&filled)
    }

    pub(super) fn look_at(&mut self, query: &str) -> Option<Found> {
        self.looks += 1;
        let query = self.trusted(query).filter(|_| self.looks <= LOOKS)?;
        self.script.catalog().query(&query)
    }
}
