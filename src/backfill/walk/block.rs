//! The walk by blocks: windows of the table's file, then a sweep until no row matches.
//!
//! Other sessions' updates move rows between blocks, so a pass over the blocks can miss some, and our own move them ahead of us. Both are harmless only
//! because a changed row does not match the WHERE any more: the parser has proved it, and each batch checks it on the rows that it changed.

use super::range::Range;
use super::sweep::{SWEEP, Sweep};
use super::{Statements, Step, Walker, block_start, blocks_of};
use crate::backfill::target::Part;
use crate::error::{Error, sqlstate};
use crate::spi::Connection;
use pgrx::pg_sys;

/// A walk over one table.
pub struct BlockWalk<'a> {
    connection: &'a Connection,
    part: &'a Part,
    statements: Statements,
    before_trigger: bool,
    /// The next block; `None`: sweeping.
    next: Option<i64>,
    blocks: i64,
    range: Option<Range>,
    sweep: Sweep,
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
            blocks: blocks_of(connection, part.relation)?,
            range: None,
            sweep: Sweep::default(),
        })
    }

    fn walk_blocks(&mut self, first: i64, batch: i64) -> Result<Step, Error> {
        if self.range.is_none() {
            let types = [pg_sys::TIDOID, pg_sys::TIDOID];
            self.range = Some(Range::new(self.connection, &self.statements, &self.statements.blocks(), &types, self.before_trigger)?);
        }
        let Some(range) = &mut self.range else { return Err(Error::new(sqlstate::INTERNAL, "no statement for a window")) };
        let rows_per_block = (self.part.rows / self.blocks.max(1)).max(1);
        let last = (first + (batch / rows_per_block).max(1)).min(self.blocks);
        let bounds = || vec![block_start(first), block_start(last)];
        let (updated, suppressed) = range.change(self.connection, &self.part.name, bounds)?;
        let passed = if self.blocks > 0 { self.part.rows * last / self.blocks - self.part.rows * first / self.blocks } else { 0 };
        let position = vec![if last < self.blocks { last.to_string() } else { SWEEP.to_owned() }];
        Ok(Step { updated, suppressed, passed, position, finished: false })
    }
}

impl Walker for BlockWalk<'_> {
    fn step(&mut self, batch: i64) -> Result<Step, Error> {
        match self.next {
            Some(first) if first < self.blocks => self.walk_blocks(first, batch),
            _ => self.sweep.step(self.connection, &self.statements, &self.part.name, self.before_trigger, batch),
        }
    }

    fn accept(&mut self, step: &Step) {
        self.next = step.position.first().and_then(|position| position.parse().ok());
    }

    fn mind_triggers(&mut self) {
        if !self.before_trigger {
            (self.before_trigger, self.range) = (true, None);
        }
    }
}

/// How many rows match in some blocks, counted in one short statement; and the length of the table's file.
pub fn count_blocks(connection: &Connection, part: &Part, statements: &Statements, first: i64, blocks: i64) -> Result<(i64, i64), Error> {
    let plan = connection.prepare(&statements.count(&statements.blocks()), &[pg_sys::TIDOID, pg_sys::TIDOID])?;
    let counted = connection.execute(&plan, || vec![block_start(first), block_start(first + blocks)])?;
    Ok((counted.only()?.int8(0), blocks_of(connection, part.relation)?))
}
