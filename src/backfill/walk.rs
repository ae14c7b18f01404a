//! Which rows the next batch changes.
//!
//! Two walks, one promise each (docs/backfill.md says it in full): by key, every row in the frozen range is met exactly once; by blocks, rows are met
//! until none matches, and a row that was changed does not match again.

pub mod block;
pub mod key;

use crate::error::Error;
use crate::text::quote;

/// What one batch did; saved by the transaction that did it.
pub struct Step {
    pub updated: i64,
    /// Selected, but not updated: a BEFORE trigger dropped them.
    pub suppressed: i64,
    /// Rows that the walk went past, matching or not (an estimate in a walk by blocks).
    pub passed: i64,
    pub position: Vec<String>,
    pub finished: bool,
}

/// A walk over one part.
pub trait Walker {
    /// Changes the next rows, at most about `batch` of them. Runs inside the batch's transaction.
    fn step(&mut self, batch: i64) -> Result<Step, Error>;

    /// The step was committed: go on from there.
    fn accept(&mut self, step: &Step);

    /// From now on a BEFORE UPDATE trigger may drop rows or change keys.
    fn mind_triggers(&mut self);
}

/// The statements of a part, put together from its quoted names and the deparsed fragments.
#[derive(Clone)]
pub struct Statements {
    /// `ONLY "schema"."part" AS "target"`.
    from: String,
    alias: String,
    set: String,
    condition: Option<String>,
}

impl Statements {
    /// `table` is quoted; `alias` is the target's plain name, by which the user's expressions may qualify columns.
    pub fn new(table: &str, alias: &str, set: &str, condition: Option<&str>) -> Self {
        let alias = quote(alias);
        Self { from: format!("ONLY {table} AS {alias}"), alias, set: set.to_owned(), condition: condition.map(str::to_owned) }
    }

    fn column(&self, name: &str) -> String {
        format!("{}.{}", self.alias, quote(name))
    }

    /// The UPDATE of the rows in `range` that match.
    fn update(&self, range: &str) -> String {
        format!("UPDATE {} SET {} WHERE {range}{}", self.from, self.set, self.and_condition())
    }

    fn and_condition(&self) -> String {
        self.condition.as_ref().map(|condition| format!(" AND ({condition})")).unwrap_or_default()
    }

    /// The UPDATE without a range, as the user would have written it.
    pub fn whole(&self) -> String {
        self.update("true")
    }

    /// How many rows in `range` match, locked, so that the UPDATE that follows finds the same ones.
    fn count_locked(&self, range: &str) -> String {
        format!(
            "SELECT pg_catalog.count(*) FROM (SELECT FROM {} WHERE {range}{} FOR NO KEY UPDATE) \"zdm batch\"",
            self.from,
            self.and_condition()
        )
    }

    /// How many rows in `range` match.
    pub fn count(&self, range: &str) -> String {
        format!("SELECT pg_catalog.count(*) FROM {} WHERE {range}{}", self.from, self.and_condition())
    }
}
