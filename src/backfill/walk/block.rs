//! The walk by blocks: windows of the table's file, then a sweep until no row matches.
//!
//! Other sessions' updates move rows between blocks, so a pass over the blocks can miss some, and our own move them ahead of us. Both are harmless only
//! because a changed row does not match the WHERE any more: the parser has proved it, and each batch checks it on the rows that it changed. The sweep
//! looks for rows that still match with one snapshot a scan, which sees every row once wherever it lies, and ends when all that one scan found were changed.

use super::{Statements, Step, Walker};
use crate::backfill::target::Part;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Plan};
use pgrx::pg_sys;

/// The position of a walk that is done with the blocks.
const SWEEP: &str = "sweep";
/// Sweeps that find rows but cannot change one of them, before we say so and stop.
const PATIENCE: u32 = 3;

/// A walk over one table.
pub struct BlockWalk<'a> {
    connection: &'a Connection,
    part: &'a Part,
    statements: Statements,
    before_trigger: bool,
    /// The next block; `None`: sweeping.
    next: Option<i64>,
    blocks: i64,
    window: Option<Plan>,
    count: Option<Plan>,
    sweep: Option<Plan>,
    sweeps: u32,
    fruitless: u32,
}

impl<'a> BlockWalk<'a> {
    /// Begins at a saved position, or at the first block. `batch` is in rows.
    pub fn new(connection: &'a Connection, part: &'a Part, statements: Statements, position: Option<&[String]>) -> Result<Self, Error> {
        let next = match position.and_then(|position| position.first()) {
            None => Some(0),
            Some(position) => position.parse().ok(),
        };
        Ok(Self {
            connection,
            part,
            statements,
            before_trigger: part.before_trigger,
            next,
            blocks: blocks_of(connection, part)?,
            window: None,
            count: None,
            sweep: None,
            sweeps: 0,
            fruitless: 0,
        })
    }

    fn range(&self) -> String {
        let ctid = format!("{}.ctid", self.statements.alias);
        format!("{ctid} OPERATOR(pg_catalog.>=) $1 AND {ctid} OPERATOR(pg_catalog.<) $2")
    }

    /// The UPDATE, with a count of the rows that still match afterwards: there must be none.
    fn checked(&self, with: &str, range: &str) -> String {
        let condition = self.statements.condition.as_deref().unwrap_or("true");
        format!(
            "WITH {with}\"zdm changed\" AS ({} RETURNING ({condition}) AS still)
             SELECT pg_catalog.count(*), pg_catalog.count(*) FILTER (WHERE still){} FROM \"zdm changed\"",
            self.statements.update(range),
            if with.is_empty() { "" } else { ", (SELECT pg_catalog.count(*) FROM \"zdm found\")" },
        )
    }

    fn walk_blocks(&mut self, first: i64, batch: i64) -> Result<Step, Error> {
        let types = [pg_sys::TIDOID, pg_sys::TIDOID];
        let range = self.range();
        if self.window.is_none() {
            self.window = Some(self.connection.prepare(&self.checked("", &range), &types)?);
            if self.before_trigger {
                self.count = Some(self.connection.prepare(&self.statements.count_locked(&range), &types)?);
            }
        }
        let Some(window) = &self.window else { return Err(Error::new(sqlstate::INTERNAL, "no statement for a window")) };
        let rows_per_block = (self.part.rows / self.blocks.max(1)).max(1);
        let last = (first + (batch / rows_per_block).max(1)).min(self.blocks);
        let tid = |block: i64| Arg::parse(pg_sys::TIDOID, &format!("({block},0)"));
        let bounds = || vec![tid(first), tid(last)];
        let selected = match &self.count {
            None => None,
            Some(count) => Some(self.connection.execute(count, bounds)?.only()?.int8(0)),
        };
        let done = self.connection.execute(window, bounds)?;
        let row = done.only()?;
        self.must_not_match(row.int8(1))?;
        let passed = if self.blocks > 0 { self.part.rows * last / self.blocks - self.part.rows * first / self.blocks } else { 0 };
        Ok(Step {
            updated: row.int8(0),
            suppressed: selected.map_or(0, |selected| (selected - row.int8(0)).max(0)),
            passed,
            position: vec![if last < self.blocks { last.to_string() } else { SWEEP.to_owned() }],
            finished: false,
        })
    }

    fn sweep(&mut self, batch: i64) -> Result<Step, Error> {
        if self.sweep.is_none() {
            let with = format!(
                "\"zdm found\" AS MATERIALIZED (SELECT {alias}.ctid AS id FROM {} WHERE true{} LIMIT $1), ",
                self.statements.from,
                self.statements.and_condition(),
                alias = self.statements.alias,
            );
            let range = format!("{}.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT id FROM \"zdm found\"))", self.statements.alias);
            self.sweep = Some(self.connection.prepare(&self.checked(&with, &range), &[pg_sys::INT8OID])?);
        }
        let Some(sweep) = &self.sweep else { return Err(Error::new(sqlstate::INTERNAL, "no statement for the sweep")) };
        // Each sweep may take twice as many rows as the one before, so that rows which others go on adding cannot keep the job for ever; and those that
        // a trigger keeps as they are cannot hide the others.
        let limit = batch.saturating_mul(1 << self.sweeps.min(40));
        self.sweeps += 1;
        let done = self.connection.execute(sweep, || vec![Arg::int8(limit)])?;
        let row = done.only()?;
        let (updated, found) = (row.int8(0), row.int8(2));
        self.must_not_match(row.int8(1))?;
        self.fruitless = if updated == 0 && found > 0 { self.fruitless + 1 } else { 0 };
        Ok(Step {
            updated,
            suppressed: 0,
            passed: 0,
            position: vec![SWEEP.to_owned()],
            // All that matched in one snapshot was changed: none of the job's rows is left. (A row that moved between the scan and the change is
            // found, but not updated: then another sweep is due.)
            finished: (found < limit && updated == found) || (self.before_trigger && found < limit && self.fruitless >= PATIENCE),
        })
    }

    fn must_not_match(&self, still: i64) -> Result<(), Error> {
        if still == 0 {
            return Ok(());
        }
        Err(Error::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("the new values do not make the WHERE false: {} of {} still fulfilled it", crate::text::count(still, "row"), self.part.name),
        )
        .detail("A walk by blocks would change them again. A trigger or a generated column may have changed what was assigned. The batch was rolled back.")
        .hint("Give the table a unique index on NOT NULL columns, or a where_expr that the new values make false."))
    }
}

impl Walker for BlockWalk<'_> {
    fn step(&mut self, batch: i64) -> Result<Step, Error> {
        match self.next {
            Some(first) if first < self.blocks => self.walk_blocks(first, batch),
            _ => self.sweep(batch),
        }
    }

    fn accept(&mut self, step: &Step) {
        self.next = step.position.first().and_then(|position| position.parse().ok());
    }

    fn mind_triggers(&mut self) {
        if !self.before_trigger {
            (self.before_trigger, self.window) = (true, None);
        }
    }
}

/// The length of the table's file, in blocks.
fn blocks_of(connection: &Connection, part: &Part) -> Result<i64, Error> {
    let size = connection.query(
        "SELECT pg_catalog.pg_relation_size($1) OPERATOR(pg_catalog./) pg_catalog.current_setting('block_size')::pg_catalog.int8",
        &[Arg::oid(part.relation)],
    )?;
    Ok(size.only()?.int8(0))
}

/// How many rows match in some blocks, counted in one short statement; and the length of the table's file.
pub fn count_blocks(connection: &Connection, part: &Part, statements: &Statements, first: i64, blocks: i64) -> Result<(i64, i64), Error> {
    let ctid = format!("{}.ctid", statements.alias);
    let range = format!("{ctid} OPERATOR(pg_catalog.>=) $1 AND {ctid} OPERATOR(pg_catalog.<) $2");
    let plan = connection.prepare(&statements.count(&range), &[pg_sys::TIDOID, pg_sys::TIDOID])?;
    let tid = |block: i64| Arg::parse(pg_sys::TIDOID, &format!("({block},0)"));
    let counted = connection.execute(&plan, || vec![tid(first), tid(first + blocks)])?;
    Ok((counted.only()?.int8(0), blocks_of(connection, part)?))
}
