//! The rows that a walk over the blocks has left, until none matches.
//!
//! Other sessions' updates move rows between blocks, so a pass over the blocks can miss some. A sweep looks for rows that still match with one snapshot
//! a scan, which sees every row once wherever it lies, and is done when all that one scan found were changed.

use super::{Statements, Step};
use crate::error::Error;
use crate::spi::{Arg, Connection, Plan};
use pgrx::pg_sys;

/// The position of a walk that is done with the blocks.
pub const SWEEP: &str = "sweep";
/// Sweeps that find rows but cannot change one of them, before we say so and stop.
const PATIENCE: u32 = 3;

/// The sweeps of one table.
#[derive(Default)]
pub struct Sweep {
    plan: Option<Plan>,
    sweeps: u32,
    fruitless: u32,
}

impl Sweep {
    /// Changes the next rows that match, wherever they are. `trigger`: a BEFORE UPDATE trigger may keep rows as they are.
    pub fn step(
        &mut self,
        connection: &Connection,
        statements: &Statements,
        table: &str,
        trigger: bool,
        batch: i64,
    ) -> Result<Step, Error> {
        if self.plan.is_none() {
            let with = format!(
                "\"zdm found\" AS MATERIALIZED (SELECT {alias}.ctid AS id FROM {} WHERE true{} LIMIT $1), ",
                statements.from,
                statements.and_condition(),
                alias = statements.alias,
            );
            let range = format!("{}.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT id FROM \"zdm found\"))", statements.alias);
            self.plan = Some(connection.prepare(&statements.checked(&with, &range), &[pg_sys::INT8OID])?);
        }
        let Some(sweep) = &self.plan else { return Err(Error::new(crate::error::sqlstate::INTERNAL, "no statement for the sweep")) };
        // Each sweep may take twice as many rows as the one before, so that rows which others go on adding cannot keep the job for ever; and those that
        // a trigger keeps as they are cannot hide the others.
        let limit = batch.saturating_mul(1 << self.sweeps.min(40));
        let done = connection.execute(sweep, || vec![Arg::int8(limit)])?;
        let row = done.only()?;
        let (updated, found) = (row.int8(0), row.int8(2));
        super::must_not_match(row.int8(1), table)?;
        self.sweeps += 1;
        self.fruitless = if updated == 0 && found > 0 { self.fruitless + 1 } else { 0 };
        Ok(Step {
            updated,
            suppressed: 0,
            passed: 0,
            position: vec![SWEEP.to_owned()],
            // All that matched in one snapshot was changed: none of the job's rows is left. (A row that moved between the scan and the change is
            // found, but not updated: then another sweep is due.)
            finished: (found < limit && updated == found) || (trigger && found < limit && self.fruitless >= PATIENCE),
        })
    }
}
