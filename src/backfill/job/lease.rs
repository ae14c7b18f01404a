//! The UPDATE that saves the position with each batch, and checks that the job is still ours.

use super::Job;
use crate::backfill::walk::Step;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Plan, as_role, subtransaction};
use pgrx::pg_sys;

const SAVE: &str = "UPDATE zdm.job j
       SET part = $3::pg_catalog.int4,
           position = ARRAY(SELECT e.v FROM pg_catalog.jsonb_array_elements_text($4::pg_catalog.jsonb) WITH ORDINALITY e(v, n) ORDER BY e.n),
           rows_updated = j.rows_updated OPERATOR(pg_catalog.+) $5, rows_suppressed = j.rows_suppressed OPERATOR(pg_catalog.+) $6,
           rows_passed = j.rows_passed OPERATOR(pg_catalog.+) $7, batches = j.batches OPERATOR(pg_catalog.+) 1,
           updated_at = pg_catalog.clock_timestamp()
     WHERE j.id OPERATOR(pg_catalog.=) $1 AND j.lease OPERATOR(pg_catalog.=) $2 AND j.state OPERATOR(pg_catalog.=) 'running'";

/// The right to save.
pub struct Lease(Plan);

impl Lease {
    /// Prepares the statement once for all batches.
    pub fn new(connection: &Connection, job: &Job) -> Result<Self, Error> {
        let types = [pg_sys::INT8OID, pg_sys::INT8OID, pg_sys::INT8OID, pg_sys::TEXTOID, pg_sys::INT8OID, pg_sys::INT8OID, pg_sys::INT8OID];
        let plan = subtransaction(|| Ok(as_role(job.role, || connection.prepare(SAVE, &types))?))?;
        connection.commit()?;
        Ok(Self(plan))
    }

    /// Saves the position after a step, in the step's own transaction.
    ///
    /// # Errors
    /// 55006 when somebody else has taken the job over meanwhile; the batch is rolled back with it.
    pub fn save(&self, connection: &Connection, job: &Job, part: i64, step: &Step) -> Result<(), Error> {
        let position = serde_json::Value::from(step.position.clone()).to_string();
        let saved = as_role(job.role, || {
            connection.execute(&self.0, || {
                vec![
                    Arg::int8(job.id),
                    Arg::int8(job.lease),
                    Arg::int8(part),
                    Arg::text(Some(&position)),
                    Arg::int8(step.updated),
                    Arg::int8(step.suppressed),
                    Arg::int8(step.passed),
                ]
            })
        })?;
        if saved.processed == 1 {
            return Ok(());
        }
        Err(taken_over(job.id))
    }
}

/// The error for a job that is another session's now.
pub fn taken_over(job: i64) -> Error {
    Error::new(sqlstate::OBJECT_IN_USE, format!("backfill job {job} was taken over by another session"))
        .detail("This session's last batch was rolled back; what it had committed before is kept.")
}
