//! Events into `zdm.audit`, and old ones out of it. All names are qualified: in a user's transaction the search_path is the user's, the rights are not.

use super::shim::{self, Table};
use crate::error::Error;
use crate::guc;
use crate::spi::{Arg, Connection, as_role};
use pgrx::pg_sys;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// What became of it.
pub enum Outcome {
    /// It is written; `overdue` says that old rows wait for the worker.
    Written { overdue: bool },
    /// The table cannot be written to now.
    Busy,
    /// There is no table (any more).
    Gone,
}

/// So many rows are deleted at once.
const BATCH: i64 = 1000;

/// A session looks for old rows that often.
const LOOK: Duration = Duration::from_secs(600);

thread_local! {
    static LOOKED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// Writes events in the caller's transaction, with the rights of the table's owner, if that can be done without waiting.
pub fn now(lines: &[&str]) -> Result<Outcome, Error> {
    let owner = match shim::table()? {
        Table::Ready(owner) => owner,
        Table::Busy => return Ok(Outcome::Busy),
        Table::Gone => return Ok(Outcome::Gone),
    };
    as_role(owner, || {
        let connection = connect()?;
        insert(&connection, lines)?;
        let mut overdue = false;
        if guc::AUDIT_RETENTION.get() > 0 && LOOKED.get().is_none_or(|at| at.elapsed() >= LOOK) {
            LOOKED.set(Some(Instant::now()));
            overdue = connection.query(OVERDUE, &[retention()])?.only()?.bool(0);
        }
        if overdue && !guc::AUDIT_WORKER.get() {
            // a few at a time: it is somebody's statement that does it
            connection.query(TRIM, &[retention(), Arg::int8(BATCH / 10)])?;
        }
        disconnect(connection);
        Ok(Outcome::Written { overdue })
    })
}

/// Writes one event, in the worker.
pub fn one(line: &str) -> Result<(), Error> {
    let connection = connect()?;
    insert(&connection, &[line])?;
    disconnect(connection);
    Ok(())
}

/// SPI with a snapshot: outside of a portal, as before a commit and in a worker, it finds none (pquery.c, EnsurePortalSnapshotExists).
/// [`disconnect`] takes the snapshot away; after an error the subtransaction around does.
fn connect() -> Result<Connection, Error> {
    // SAFETY: a transaction is open.
    unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetTransactionSnapshot()) };
    Connection::within_function()
}

fn disconnect(connection: Connection) {
    drop(connection);
    // SAFETY: the one that `connect` has pushed.
    unsafe { pg_sys::PopActiveSnapshot() };
}

fn insert(connection: &Connection, lines: &[&str]) -> Result<(), Error> {
    let plan = connection.prepare(INSERT, &[pg_sys::TEXTOID])?;
    lines.iter().try_for_each(|line| connection.execute(&plan, || vec![Arg::text(Some(line))]).map(|_| ()))
}

/// Deletes a batch of old events; whether there may be more.
pub fn trim() -> Result<bool, Error> {
    if guc::AUDIT_RETENTION.get() == 0 {
        return Ok(false);
    }
    let connection = connect()?;
    let deleted = connection.query(TRIM, &[retention(), Arg::int8(BATCH)])?.processed;
    disconnect(connection);
    Ok(deleted == BATCH)
}

fn retention() -> Arg {
    Arg::int8(i64::from(guc::AUDIT_RETENTION.get()))
}

const INSERT: &str = "
    INSERT INTO zdm.audit (at, event, session_user_name, current_user_name, client_addr, application_name, pid, rule, object, risk, command,
                           statement, fingerprint, reason)
    SELECT e.at, e.event, e.session_user_name, e.current_user_name, e.client_addr, e.application_name, e.pid, e.rule, e.object, e.risk, e.command,
           e.statement, e.fingerprint, e.reason
      FROM pg_catalog.jsonb_to_record($1::pg_catalog.jsonb)
        AS e(at pg_catalog.timestamptz, event pg_catalog.text, session_user_name pg_catalog.text, current_user_name pg_catalog.text,
             client_addr pg_catalog.inet, application_name pg_catalog.text, pid pg_catalog.int4, rule pg_catalog.text, object pg_catalog.text,
             risk pg_catalog.text, command pg_catalog.text, statement pg_catalog.text, fingerprint pg_catalog.text, reason pg_catalog.text)";

/// An hour more than the retention, so that the worker is not called for every row that grows old.
const OVERDUE: &str = "
    SELECT EXISTS (SELECT FROM zdm.audit a
                    WHERE a.at OPERATOR(pg_catalog.<)
                          (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(hours => 1, mins => $1::pg_catalog.int4)))";

const TRIM: &str = "
    DELETE FROM zdm.audit d
     WHERE d.id OPERATOR(pg_catalog.=) ANY (ARRAY(
               SELECT a.id FROM zdm.audit a
                WHERE a.at OPERATOR(pg_catalog.<)
                      (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) pg_catalog.make_interval(mins => $1::pg_catalog.int4))
                ORDER BY a.at LIMIT $2 FOR UPDATE SKIP LOCKED))";
