//! How a row travels from old to new: `CALL zdm.backfill(...)` and `CALL zdm.run(job)`.
//!
//! ```text
//! request.rs   the arguments; the two fragments are parsed alone and deparsed (zdm-analyzer)
//! context.rs   may a procedure commit here?
//! target.rs    what kind of table is it, may it be walked, and how (target/strategy.rs)
//! job.rs       the row in zdm.job: the position, the lease, the outcome
//! older.rs     wait for transactions that wrote to the table before we began
//! run.rs       the loop: one batch = one transaction = data and position together
//! walk/        key.rs, block.rs, ladder.rs: which rows the next batch changes
//! progress.rs  NOTICEs
//! settings.rs  the session settings under which the user's expressions mean what they meant when the job began
//! ```
//!
//! The invariant: **a batch's changes and the position after it are committed by one transaction**, so that a crash at any moment leaves both or
//! neither. Everything else (the lease, retries, the sleep) may fail without harm to it.

mod context;
mod job;
mod older;
mod progress;
mod request;
mod run;
mod settings;
mod slice;
mod target;
mod walk;

use crate::error::{Error, sqlstate};
use crate::shim::sql_function;
use crate::spi::{Connection, subtransaction};
use job::Job;
use pgrx::pg_sys;
use request::Request;
use settings::Settings;

sql_function!(zdm_backfill, pg_finfo_zdm_backfill, backfill);
sql_function!(zdm_run, pg_finfo_zdm_run, go_on);

/// `CALL zdm.backfill(...)`.
fn backfill(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    context::check("zdm.backfill", fcinfo)?;
    let request = Request::from_call(fcinfo)?;
    let connection = Connection::open()?;
    // The CALL itself came with a snapshot; from here on there is one only while a batch runs.
    connection.commit()?;
    let settings = Settings::capture();
    let mut job = transaction(&connection, &settings, || {
        let plan = target::plan(&connection, &request)?;
        Job::create(&connection, &request, &plan, settings.clone())
    })?;
    job.announce();
    finish(&connection, &mut job)
}

/// `CALL zdm.run(job)`.
fn go_on(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    context::check("zdm.run", fcinfo)?;
    // SAFETY: the procedure has one argument of type bigint.
    let id: i64 = unsafe { pgrx::fcinfo::pg_getarg(fcinfo, 0) }
        .ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "job must not be null"))?;
    let connection = Connection::open()?;
    connection.commit()?;
    let mut job = transaction(&connection, &Settings::capture(), || Job::take_over(&connection, id)).map_err(|mut error| {
        // Those that say what to do with which job say enough.
        if !error.hint_names(&["zdm.run(", "zdm.progress"]) {
            error.append_hint(&format!("SELECT * FROM zdm.progress WHERE job = {id} shows the job."));
        }
        error
    })?;
    job.announce();
    finish(&connection, &mut job)
}

/// Runs a job to its end, or writes down why it ended before.
fn finish(connection: &Connection, job: &mut Job) -> Result<pg_sys::Datum, Error> {
    match run::to_the_end(connection, job) {
        Ok(()) => Ok(pg_sys::Datum::null()),
        Err(mut error) => {
            error
                .append_hint(&format!("Backfill job {} keeps what it has committed; CALL zdm.run({}) goes on from there.", job.id, job.id));
            job.record_failure(connection, &error);
            Err(error)
        }
    }
}

/// A transaction of ours: READ COMMITTED, under the given settings, committed when `body` succeeds.
fn transaction<T>(connection: &Connection, settings: &Settings, body: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: no snapshot has been taken since the commit before, so the level may still be set (xact.c, XactIsoLevel): the batches go by the newest
    // version of each row, whatever the session's default is.
    unsafe { pg_sys::XactIsoLevel = pg_sys::XACT_READ_COMMITTED as i32 };
    connection.in_transient_memory(|| {
        let result = subtransaction(|| {
            settings.apply();
            body()
        })?;
        connection.commit()?;
        Ok(result)
    })
}
