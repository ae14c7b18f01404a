//! Waits for the transactions that wrote to the table before the job began.
//!
//! A row whose inserting transaction is still open is not visible yet; a walk that went by its key would miss it. Every transaction that has
//! written to a table holds a RowExclusiveLock (or a stronger one) on it to its end, so the holders of such locks at this moment are exactly
//! those to wait for. CREATE INDEX CONCURRENTLY does the same with WaitForLockers; that function would also wait for a VACUUM, which we need not.

use crate::backfill::progress::{duration, notice};
use crate::error::Error;
use crate::spi::{Arg, Connection, subtransaction};
use pgrx::pg_sys;
use std::time::{Duration, Instant};

const HOLDERS: &str = "SELECT DISTINCT l.virtualtransaction, l.pid::pg_catalog.text
      FROM pg_catalog.pg_locks l
     WHERE l.locktype OPERATOR(pg_catalog.=) 'relation' AND l.granted
       AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                               WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
       AND l.mode OPERATOR(pg_catalog.=) ANY ('{RowExclusiveLock,ShareRowExclusiveLock,ExclusiveLock,AccessExclusiveLock}'::pg_catalog.text[])
       AND l.relation OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($1, ',')::pg_catalog.oid[])
       AND (l.pid IS NULL OR l.pid OPERATOR(pg_catalog.<>) pg_catalog.pg_backend_pid())";

/// Returns when none of the transactions that hold a write lock on one of the relations now is open any more. No snapshot and no lock is held
/// while it waits; a cancel ends it.
pub fn wait_for_writers(connection: &Connection, job: i64, relations: &[pg_sys::Oid]) -> Result<(), Error> {
    let list = relations.iter().map(|oid| oid.to_u32().to_string()).collect::<Vec<_>>().join(",");
    let holders = || -> Result<Vec<(String, String)>, Error> {
        let found = subtransaction(|| {
            let rows = connection.query(HOLDERS, &[Arg::text(Some(&list))])?;
            Ok(rows.iter().map(|row| (row.string(0), row.string(1))).collect())
        });
        connection.commit()?;
        found
    };
    let started = Instant::now();
    let first = holders()?;
    let mut open = first.clone();
    let mut pause = 5;
    let mut told = false;
    while !open.is_empty() {
        if !told && started.elapsed() > Duration::from_secs(1) {
            told = true;
            let mut processes: Vec<_> = open.iter().map(|(_, pid)| if pid.is_empty() { "a prepared transaction" } else { pid }).collect();
            processes.dedup();
            notice(
                format!(
                    "backfill job {job}: waiting for {} that wrote to the table",
                    crate::text::count(open.len() as i64, "older transaction")
                ),
                Some(format!(
                    "Rows they inserted or changed are part of the job. Waited {} so far for process {}.",
                    duration(started.elapsed().as_secs_f64()),
                    processes.join(", ")
                )),
                None,
            );
        }
        connection.nap(pause)?;
        pause = (pause * 2).min(200);
        let now = holders()?;
        open.retain(|transaction| now.contains(transaction));
    }
    Ok(())
}
