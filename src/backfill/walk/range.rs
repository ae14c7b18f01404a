//! Changes the rows of a range of blocks.

use super::Statements;
use crate::error::Error;
use crate::spi::{Arg, Connection, Plan};
use pgrx::pg_sys;

/// The statements for a range.
pub struct Range {
    update: Plan,
    /// The UPDATE with a look at what it made: the first time, and always where a trigger may change what is assigned. (Rows that still match are found
    /// by the sweep in any case, which looks again.)
    checked: Plan,
    looked: bool,
    count: Option<Plan>,
}

impl Range {
    /// `range` is a condition with parameters of these types; `trigger`: a BEFORE UPDATE trigger may drop or change rows.
    pub fn new(connection: &Connection, statements: &Statements, range: &str, types: &[pg_sys::Oid], trigger: bool) -> Result<Self, Error> {
        let count = if trigger { Some(connection.prepare(&statements.count_locked(range), types)?) } else { None };
        Ok(Self {
            update: connection.prepare(&statements.update(range), types)?,
            checked: connection.prepare(&statements.checked("", range), types)?,
            looked: false,
            count,
        })
    }

    /// How many rows were changed, and how many were dropped by a trigger.
    ///
    /// # Errors
    /// 55000 when changed rows still match.
    pub fn change(&mut self, connection: &Connection, table: &str, arguments: impl Fn() -> Vec<Arg>) -> Result<(i64, i64), Error> {
        let selected = match &self.count {
            None => None,
            Some(count) => Some(connection.execute(count, &arguments)?.only()?.int8(0)),
        };
        let updated = if self.looked && self.count.is_none() {
            connection.execute(&self.update, &arguments)?.processed
        } else {
            let done = connection.execute(&self.checked, &arguments)?;
            let row = done.only()?;
            super::must_not_match(row.int8(1), table)?;
            self.looked = self.looked || row.int8(0) > 0;
            row.int8(0)
        };
        Ok((updated, selected.map_or(0, |selected| (selected - updated).max(0))))
    }
}
