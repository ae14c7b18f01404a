//! Which rows the next batch changes.
//!
//! Two promises (docs/backfill.md says them in full): by key, every row in the frozen range is met exactly once; by blocks or as a ladder, rows are met
//! until none matches, and a row that was changed does not match again.

pub mod block;
pub mod key;
pub mod ladder;
mod range;
mod sweep;

use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection};
use crate::text::quote;
use pgrx::pg_sys;

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

    /// How long to wait before the next step, in milliseconds, because it would be too early for it; asked between transactions.
    fn wait(&mut self, _batch: i64) -> Result<i64, Error> {
        Ok(0)
    }

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

    /// The rows of the blocks from $1 to before $2.
    fn blocks(&self) -> String {
        let ctid = format!("{}.ctid", self.alias);
        format!("{ctid} OPERATOR(pg_catalog.>=) $1 AND {ctid} OPERATOR(pg_catalog.<) $2")
    }

    /// The UPDATE, with a count of the rows that still match afterwards: there must be none.
    fn checked(&self, with: &str, range: &str) -> String {
        let condition = self.condition.as_deref().unwrap_or("true");
        format!(
            "WITH {with}\"zdm changed\" AS ({} RETURNING ({condition}) AS still)
             SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE still){} FROM \"zdm changed\"",
            self.update(range),
            if with.is_empty() { "" } else { ", (SELECT pg_catalog.count(*) FROM \"zdm found\")" },
        )
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

/// The first row of a block, as a parameter.
fn block_start(block: i64) -> Arg {
    Arg::parse(pg_sys::TIDOID, &format!("({block},0)"))
}

/// The length of the table's file, in blocks.
pub fn blocks_of(connection: &Connection, relation: pg_sys::Oid) -> Result<i64, Error> {
    let size = connection.query(
        "SELECT pg_catalog.pg_relation_size($1) OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::pg_catalog.int8",
        &[Arg::oid(relation)],
    )?;
    Ok(size.only()?.int8(0))
}

/// Refuses to go on where changed rows still match.
fn must_not_match(still: i64, table: &str) -> Result<(), Error> {
    if still == 0 {
        return Ok(());
    }
    Err(Error::new(
        sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("the new values do not make the WHERE false: {} of {table} still fulfilled it", crate::text::count(still, "row")),
    )
    .detail("A walk by blocks would change them again. A trigger or a generated column may have changed what was assigned. The batch was rolled back.")
    .hint("Give the table a unique index on NOT NULL columns, or a where_expr that the new values make false."))
}
