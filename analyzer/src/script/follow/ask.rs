//! What conditions, texts and queries give.

use super::values::Value;
use super::{LOOKS, Truth, Walk};
use crate::catalog::Found;
use crate::ir::{Kind, Statement};
use crate::parse;

impl Walk<'_, '_> {
    pub(super) fn truth(&mut self, condition: &str) -> Truth {
        match self.value(condition, Some("boolean")) {
            Some(Value::Known(Some(value))) if value == "t" => Truth::Yes,
            Some(Value::Known(_)) => Truth::No,
            _ => Truth::Unknown,
        }
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
            self.trusts(&filled).then_some(())?;
            let query = match type_text {
                Some(type_text) => format!("SELECT ({filled})::{type_text}"),
                None => format!("SELECT {filled}"),
            };
            self.look_at(&query)
        });
        if let Some(answer) = asked {
            return Some(Value::Known(answer.rows.into_iter().next().and_then(|row| row.into_iter().next()).flatten()));
        }
        let statements = parse::dynamic(&format!("SELECT {expression}")).ok()?;
        let does = |statement: &Statement| match &statement.kind {
            Kind::Calls(calls) => calls.iter().any(|(name, arguments)| self.script.may_do_anything(name, *arguments)),
            _ => false,
        };
        (!statements.iter().any(does)).then_some(Value::Unknown)
    }

    /// Whether a query does nothing but read and change rows.
    pub(super) fn only_reads(&self, query: &str) -> bool {
        parse::dynamic(query).is_ok_and(|statements| {
            statements.iter().all(|statement| match &statement.kind {
                Kind::Modify(_) => true,
                Kind::Calls(calls) => !calls.iter().any(|(name, arguments)| self.script.may_do_anything(name, *arguments)),
                _ => false,
            })
        })
    }

    pub(super) fn trusts(&self, query: &str) -> bool {
        self.changes.leave_alone(query)
    }

    pub(super) fn look(&mut self, query: &str) -> Option<Found> {
        let filled = self.variables.fill(query)?;
        self.look_at(&filled)
    }

    pub(super) fn look_at(&mut self, query: &str) -> Option<Found> {
        self.looks += 1;
        if self.looks > LOOKS || !self.trusts(query) {
            return None;
        }
        self.script.catalog().query(query)
    }
}
