//! The ladder: windows of blocks, each visited several times, every time for other rows of its pages.
//!
//! An UPDATE puts the new version of a row on the row's own page if there is room (a HOT update, README.HOT): then no index gets a new entry. A full page
//! has none. So of each page only every n-th row is changed at a visit; that is committed, and when no transaction can see the old versions any
//! more, the next visit finds their room free (`heap_page_prune_opt`, pruneheap.c). Before that a visit would be in vain: while the horizon stands behind the
//! last visit of a window the walk begins others, and then waits.
//!
//! Which rows are met when does not matter for what is met in the end: as in the walk by blocks the new values make the WHERE false, and a sweep
//! changes what is left.

use super::range::Range;
use super::sweep::{SWEEP, Sweep};
use super::{Statements, Step, Walker, block_start, blocks_of};
use crate::backfill::progress::notice;
use crate::backfill::target::Part;
use crate::error::Error;
use crate::guc;
use crate::shim::ServerError;
use crate::spi::{Arg, Connection, subtransaction};
use pgrx::pg_sys;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The most blocks of a window.
const WINDOW: i64 = 1024;
/// How often the horizon is looked at while there is nothing to do but wait, in milliseconds.
const LOOK: i64 = 5;
/// A cancel, which is not to be swallowed.
const CANCELED: &str = "57014";

/// Who may keep the horizon where it is: what is oldest, in words. Sessions of other databases do not, nor does VACUUM (procarray.c, ComputeXidHorizons).
/// What the caller has no right to see is not there.
const HOLDER: &str = "SELECT h.who FROM (
    SELECT CASE WHEN a.backend_type OPERATOR(pg_catalog.=) 'walsender' THEN pg_catalog.concat('the standby of process ', a.pid)
                WHEN a.usename IS NULL THEN pg_catalog.concat('process ', a.pid)
                ELSE pg_catalog.concat('process ', a.pid, ' of ', a.usename) END,
           GREATEST(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid))
      FROM pg_catalog.pg_stat_activity a
     WHERE a.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid() AND COALESCE(a.backend_xmin, a.backend_xid) IS NOT NULL
       AND (a.backend_type OPERATOR(pg_catalog.=) 'walsender' OR a.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v WHERE v.pid OPERATOR(pg_catalog.=) a.pid)
    UNION ALL
    SELECT pg_catalog.concat('replication slot ', s.slot_name), pg_catalog.age(s.xmin) FROM pg_catalog.pg_replication_slots s WHERE s.xmin IS NOT NULL
    UNION ALL
    SELECT pg_catalog.concat('prepared transaction ', pg_catalog.quote_literal(p.gid)), pg_catalog.age(p.transaction)
      FROM pg_catalog.pg_prepared_xacts p WHERE p.database OPERATOR(pg_catalog.=) pg_catalog.current_database()
  ) h(who, age) ORDER BY h.age DESC LIMIT 1";

unsafe extern "C-unwind" {
    fn zdm_shim_horizon(relation: pg_sys::Oid, oldest: *mut pg_sys::TransactionId) -> *mut pg_sys::ErrorData;
}

/// A window that is not done.
#[derive(Clone, Copy)]
struct Window {
    first: i64,
    last: i64,
    /// The rows to be changed next: those at every n-th line pointer from this one.
    slice: i64,
    /// The transactions that changed the rows before are older than this one.
    after: Option<pg_sys::TransactionId>,
}

/// A walk over one table.
pub struct LadderWalk<'a> {
    connection: &'a Connection,
    part: &'a Part,
    statements: Statements,
    trigger: bool,
    slices: i64,
    blocks: i64,
    /// The first block that no window has.
    next: i64,
    windows: VecDeque<Window>,
    /// The one that the coming step visits, or has visited.
    visit: Option<Window>,
    range: Option<Range>,
    sweep: Sweep,
    horizon: pg_sys::TransactionId,
    /// Since when there has been nothing to do but wait.
    waiting: Option<Instant>,
    /// It was waited for this one in vain: until it is gone none is waited for.
    given_up: Option<pg_sys::TransactionId>,
    /// Who was named last.
    named: Option<String>,
}

impl<'a> LadderWalk<'a> {
    /// Begins at a saved position, or at the first block.
    pub fn new(
        connection: &'a Connection,
        part: &'a Part,
        slices: i64,
        statements: Statements,
        position: Option<&[String]>,
    ) -> Result<Self, Error> {
        let blocks = blocks_of(connection, part.relation)?;
        let next = match position.and_then(|position| position.first()) {
            None => 0,
            Some(position) => position.parse().unwrap_or(blocks),
        };
        Ok(Self {
            connection,
            part,
            statements,
            trigger: part.before_trigger,
            slices: slices.max(1),
            blocks,
            next,
            windows: VecDeque::new(),
            visit: None,
            range: None,
            sweep: Sweep::default(),
            horizon: pg_sys::InvalidTransactionId,
            waiting: None,
            given_up: None,
            named: None,
        })
    }

    /// So many blocks that a slice of them has about `batch` rows.
    fn window(&self, batch: i64) -> i64 {
        let rows_per_block = (self.part.rows / self.blocks.max(1)).max(1);
        (batch * self.slices / rows_per_block).clamp(1, WINDOW)
    }

    /// The window to visit: one whose old versions are gone, or a new one; `None`: there is nothing to do yet.
    fn choose(&mut self, batch: i64) -> Option<Window> {
        if let Some(window) =
            self.windows.iter().find(|window| self.is_free(window)).or(self.windows.front().filter(|_| self.given_up.is_some()))
        {
            return Some(*window);
        }
        let in_flight: i64 = self.windows.iter().map(|window| window.last - window.first).sum();
        if self.next >= self.blocks || in_flight > most_in_flight() {
            return None;
        }
        let last = (self.next + self.window(batch)).min(self.blocks);
        Some(Window { first: self.next, last, slice: 0, after: None })
    }

    /// Where a walk would have to begin that goes on after this visit.
    fn position_after(&self, visited: &Window) -> i64 {
        let open = self.windows.iter().filter(|window| window.first != visited.first || visited.slice + 1 < self.slices);
        let first_new =
            if visited.last > self.next && visited.slice + 1 < self.slices { visited.first } else { self.next.max(visited.last) };
        open.map(|window| window.first).min().unwrap_or(first_new).min(first_new)
    }

    fn is_done(&self) -> bool {
        self.windows.is_empty() && self.next >= self.blocks
    }

    /// Whether nobody sees the versions any more that the last visit of a window left. (If the horizon is not known the batch finds out why.)
    fn is_free(&self, window: &Window) -> bool {
        window.after.is_none_or(|after| self.horizon == pg_sys::InvalidTransactionId || !precedes(self.horizon, after))
    }

    /// Gives up to wait after a while; says so, and for whom, if that is another one than before.
    fn give_up(&mut self, tell: bool) -> Result<(), Error> {
        self.given_up = self
            .windows
            .iter()
            .filter_map(|window| window.after)
            .max_by_key(|after| after.into_inner().wrapping_sub(self.horizon.into_inner()));
        if !tell {
            return Ok(());
        }
        let found = subtransaction(|| self.connection.query(HOLDER, &[]));
        self.connection.commit()?;
        let holder = match found {
            Ok(found) => found.iter().next().map(|row| row.string(0)),
            Err(error) if error.sqlstate() == CANCELED => return Err(error),
            Err(_) => None,
        };
        let holder = holder.unwrap_or_else(|| "an old transaction".to_owned());
        if self.named.as_ref() != Some(&holder) {
            notice(
                format!("the backfill of {} goes on without waiting for {holder}", self.part.name),
                Some(
                    "While it may see old row versions their room cannot be used again, so the table and its indexes grow as with a plain UPDATE."
                        .to_owned(),
                ),
                Some("End it, or raise zdm.horizon_timeout.".to_owned()),
            );
            self.named = Some(holder);
        }
        Ok(())
    }

    /// Looks how far the horizon is.
    fn look(&mut self) -> Result<(), Error> {
        let mut oldest = pg_sys::InvalidTransactionId;
        // SAFETY: within a transaction; an error comes back as data, and the subtransaction is taken back then.
        let looked = subtransaction(|| Ok(ServerError::check(unsafe { zdm_shim_horizon(self.part.relation, &mut oldest) })?));
        self.connection.commit()?;
        looked?;
        self.horizon = oldest;
        if self.given_up.is_some_and(|until| !precedes(oldest, until)) {
            self.given_up = None;
        }
        Ok(())
    }
}

impl Walker for LadderWalk<'_> {
    fn wait(&mut self, batch: i64) -> Result<i64, Error> {
        if self.is_done() {
            return Ok(0);
        }
        self.look()?;
        self.visit = self.choose(batch);
        if self.visit.is_some() {
            self.waiting = None;
            return Ok(0);
        }
        let since = *self.waiting.get_or_insert_with(Instant::now);
        let patience = u64::from(guc::HORIZON_TIMEOUT.get().unsigned_abs());
        if since.elapsed() < Duration::from_millis(patience) {
            return Ok(LOOK);
        }
        self.give_up(patience > 0)?;
        Ok(0)
    }

    fn step(&mut self, batch: i64) -> Result<Step, Error> {
        if self.is_done() {
            return self.sweep.step(self.connection, &self.statements, &self.part.name, self.trigger, batch);
        }
        let Some(mut window) = self.visit.or_else(|| self.choose(batch)) else {
            return Err(Error::new(crate::error::sqlstate::INTERNAL, "no window to visit"));
        };
        if self.range.is_none() {
            let range = format!(
                "{} AND zdm.tid_slice({}.ctid, {}) OPERATOR(pg_catalog.=) $3",
                self.statements.blocks(),
                self.statements.alias,
                self.slices
            );
            let types = [pg_sys::TIDOID, pg_sys::TIDOID, pg_sys::INT4OID];
            self.range = Some(Range::new(self.connection, &self.statements, &range, &types, self.trigger)?);
        }
        let Some(range) = &mut self.range else { return Err(Error::new(crate::error::sqlstate::INTERNAL, "no statement for a window")) };
        let arguments = || vec![block_start(window.first), block_start(window.last), Arg::int4(window.slice as i32)];
        let (updated, suppressed) = range.change(self.connection, &self.part.name, arguments)?;
        // SAFETY: reads a counter in shared memory. All transactions that have changed rows until now are older.
        let next = unsafe { pg_sys::ReadNextFullTransactionId() }.value as u32;
        window.after = (updated > 0).then(|| pg_sys::TransactionId::from(next));
        self.visit = Some(window);
        let position = self.position_after(&window);
        let rows = self.part.rows * (window.last - window.first) / self.blocks.max(1);
        Ok(Step {
            updated,
            suppressed,
            passed: rows * (window.slice + 1) / self.slices - rows * window.slice / self.slices,
            position: vec![if position < self.blocks { position.to_string() } else { SWEEP.to_owned() }],
            finished: false,
        })
    }

    fn accept(&mut self, _step: &Step) {
        let Some(visited) = self.visit.take() else { return };
        self.next = self.next.max(visited.last);
        let again = Window { slice: visited.slice + 1, ..visited };
        self.windows.retain(|window| window.first != visited.first);
        if again.slice < self.slices {
            let at = self.windows.partition_point(|window| window.first < again.first);
            self.windows.insert(at, again);
        }
    }

    fn mind_triggers(&mut self) {
        if !self.trigger {
            (self.trigger, self.range) = (true, None);
        }
    }
}

/// How many blocks may wait for their next visit: a quarter of the shared buffers, so that they are still there then.
fn most_in_flight() -> i64 {
    // SAFETY: a plain read.
    i64::from(unsafe { pg_sys::NBuffers }) / 4
}

/// Whether a transaction is older than another.
fn precedes(one: pg_sys::TransactionId, other: pg_sys::TransactionId) -> bool {
    // SAFETY: compares two numbers.
    unsafe { pg_sys::TransactionIdPrecedes(one, other) }
}
