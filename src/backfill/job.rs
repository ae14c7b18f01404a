//! The job's rows in `zdm.job` and `zdm.job_part`.
//!
//! Nobody but these statements writes there; they run with the rights of the tables' owner, name everything with its schema, and hold no text of the
//! user but as parameters. Who runs a job holds its *lease*: a number that every batch checks in the UPDATE that saves its position. A new runner
//! raises it, so that a runner that was thought dead cannot commit another batch.

mod lease;
mod statements;

use crate::backfill::progress::{Figures, notice};
use crate::backfill::request::Request;
use crate::backfill::settings::Settings;
use crate::backfill::target::{self, Part, Plan, Saved, Walk};
use crate::backfill::walk::Step;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, as_role, subtransaction};
use crate::text::thousands;
pub use lease::Lease;
use lease::taken_over;
use pgrx::pg_sys;
use serde_json::json;
use statements::{CREATE, DONE, FAILED, FREEZE, FROZEN, PARTS, READ, SAVE_PARTS, TAKE};

/// A job as its runner sees it.
pub struct Job {
    pub id: i64,
    pub target: pg_sys::Oid,
    /// Without schema, unquoted: the alias under which the user's expressions see the table.
    pub target_name: String,
    /// Quoted, with its schema.
    display: String,
    pub set_expr: String,
    pub where_expr: Option<String>,
    pub batch: i32,
    pub pause_ms: i64,
    pub settings: Settings,
    pub falsifies: bool,
    /// From 1.
    pub part: i64,
    pub position: Option<Vec<String>>,
    pub parts: Vec<Part>,
    /// The upper bounds of the parts are in `zdm.job_part`.
    pub bounds_frozen: bool,
    estimated: i64,
    passed: i64,
    updated: i64,
    pub suppressed: i64,
    pub batches: i64,
    lease: i64,
    /// The owner of `zdm.job`.
    role: pg_sys::Oid,
}

impl Job {
    /// Writes a new job down, as running in this session.
    pub fn create(connection: &Connection, request: &Request, plan: &Plan, settings: Settings) -> Result<Self, Error> {
        let role = owner_of_tables(connection)?;
        let estimated: i64 = plan.parts.iter().map(|part| part.rows).sum();
        let where_expr = request.condition.as_ref().map(|condition| condition.sql().to_owned());
        // SAFETY: a plain read.
        let user = unsafe { pg_sys::GetUserId() };
        let arguments = [
            Arg::oid(user),
            Arg::oid(request.target),
            Arg::text(Some(request.set.sql())),
            Arg::text(where_expr.as_deref()),
            Arg::int8(request.batch.into()),
            Arg::int8(request.pause_ms),
            Arg::text(Some(&settings.to_json())),
            Arg::bool(plan.falsifies),
            Arg::int8(estimated),
            Arg::int8(system_identifier()),
            Arg::text(Some(&plan.target_name)),
        ];
        let created = as_role(role, || connection.query(CREATE, &arguments))?;
        let row = created.only()?;
        let job = Self {
            id: row.int8(0),
            target: request.target,
            target_name: plan.target_name.clone(),
            display: plan.name.clone(),
            set_expr: request.set.sql().to_owned(),
            where_expr,
            batch: request.batch,
            pause_ms: request.pause_ms,
            settings,
            falsifies: plan.falsifies,
            part: 1,
            position: None,
            parts: plan.parts.clone(),
            bounds_frozen: false,
            estimated,
            passed: 0,
            updated: 0,
            suppressed: 0,
            batches: 0,
            lease: row.int8(1),
            role,
        };
        job.save_parts(connection)?;
        Ok(job)
    }

    /// Takes over a job that nobody runs.
    ///
    /// # Errors
    /// 42704 when there is no such job, 42501 when it is someone else's, 55000 when it is done or belongs to another database, 55006 when it runs.
    pub fn take_over(connection: &Connection, id: i64) -> Result<Self, Error> {
        let role = owner_of_tables(connection)?;
        let found = as_role(role, || connection.query(READ, &[Arg::int8(id), Arg::int8(system_identifier())]))?;
        let Some(row) = found.iter().next() else {
            return Err(Error::new(sqlstate::UNDEFINED_OBJECT, format!("backfill job {id} does not exist"))
                .hint("SELECT job, target, state FROM zdm.progress shows your jobs."));
        };
        may_run(id, row)?;
        let request = Request::from_job(row.oid(1), row.text(2).unwrap_or_default(), row.text(3), row.int8(4) as i32, row.int8(5))?;
        let settings = Settings::from_json(row.text(6).unwrap_or_default());
        let saved = as_role(role, || connection.query(PARTS, &[Arg::int8(id)]))?;
        let parts = saved
            .iter()
            .map(|part| {
                let saved_part = Saved {
                    relation: part.oid(0),
                    key_columns: list(part.text(2)),
                    ladder: part.text(1) == Some("ladder"),
                    upper: list(part.text(3)),
                    rows: part.int8(4),
                    columns: part.string(5),
                    lone: saved.rows.len() == 1,
                };
                target::reload(connection, &request, saved_part)
            })
            .collect::<Result<Vec<_>, _>>()?;
        let display = format!("{}.{}", crate::text::quote(&row.string(22)), crate::text::quote(&row.string(21)));
        if parts.iter().any(|part| part.relation != request.target) {
            settings.apply();
            target::judge_whole(connection, &request, &display, &row.string(23))?;
        }
        let lease = as_role(role, || connection.query(TAKE, &[Arg::int8(id), Arg::int8(row.int8(16))]))?;
        if lease.rows.is_empty() {
            return Err(Error::new(
                sqlstate::OBJECT_IN_USE,
                format!("backfill job {id} was taken over by another session at the same moment"),
            ));
        }
        Ok(Self {
            id,
            target: request.target,
            target_name: row.string(23),
            display,
            set_expr: request.set.sql().to_owned(),
            where_expr: request.condition.as_ref().map(|condition| condition.sql().to_owned()),
            batch: request.batch,
            pause_ms: request.pause_ms,
            settings,
            falsifies: row.bool(7),
            part: row.int8(9),
            position: list(row.text(10)),
            parts,
            bounds_frozen: row.bool(24),
            estimated: row.int8(11),
            passed: row.int8(12),
            updated: row.int8(13),
            suppressed: row.int8(14),
            batches: row.int8(15),
            lease: lease.only()?.int8(0),
            role,
        })
    }

    /// The first NOTICE: the job's number, the walk, the size.
    pub fn announce(&self) {
        let walk = match self.parts.first().map(|part| &part.walk) {
            Some(Walk::Key(key)) => {
                let columns: Vec<_> = key.columns.iter().map(|column| column.name.as_str()).collect();
                format!("by key ({})", columns.join(", "))
            }
            Some(Walk::Ladder(_)) => "as a ladder, with a closing sweep".to_owned(),
            _ => "by blocks, with a closing sweep".to_owned(),
        };
        let why = self.parts.first().and_then(|part| part.why.as_deref()).map(|why| format!(" ({why})")).unwrap_or_default();
        let partitions = if self.parts.len() > 1 { format!(", {} tables", self.parts.len()) } else { String::new() };
        let verb = if self.updated > 0 || self.position.is_some() { "goes on" } else { "begins" };
        notice(
            format!("backfill job {} on {} {verb}", self.id, self.display),
            Some(format!(
                "It walks {walk}{why}{partitions}, about {} rows, {} a batch.",
                thousands(self.estimated),
                thousands(self.batch.into())
            )),
            Some(format!("SELECT * FROM zdm.progress shows it from any session; after an interruption CALL zdm.run({}) goes on.", self.id)),
        );
    }

    pub fn figures(&self) -> Figures {
        Figures { estimated: self.estimated, passed: self.passed, updated: self.updated }
    }

    /// A batch was committed.
    pub fn accept(&mut self, part: i64, step: &Step) {
        self.part = part;
        self.position = Some(step.position.clone());
        self.updated += step.updated;
        self.suppressed += step.suppressed;
        self.passed += step.passed;
        self.batches += 1;
    }

    /// Writes the parts down.
    fn save_parts(&self, connection: &Connection) -> Result<(), Error> {
        let parts: Vec<_> = self
            .parts
            .iter()
            .enumerate()
            .map(|(index, part)| {
                let columns = match &part.walk {
                    Walk::Key(key) => Some(key.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>()),
                    Walk::Block | Walk::Ladder(_) => None,
                };
                json!({ "part": index + 1, "relation": part.relation.to_u32(), "walk": part.walk.name(), "key_columns": columns.map_or(json!(null), |c| json!(c)),
                        "rows": part.rows, "columns": part.columns })
            })
            .collect();
        let text = serde_json::Value::Array(parts).to_string();
        as_role(self.role, || connection.query(SAVE_PARTS, &[Arg::int8(self.id), Arg::text(Some(&text))]))?;
        Ok(())
    }

    /// Writes the upper bounds of the parts down: what comes later is not part of the job.
    ///
    /// # Errors
    /// 55006 when somebody else has taken the job over meanwhile.
    pub fn save_bounds(&self, connection: &Connection) -> Result<(), Error> {
        let bound = |(index, part): (usize, &Part)| json!({ "part": index + 1, "upper_bound": part.upper });
        let bounds = serde_json::Value::from_iter(self.parts.iter().enumerate().map(bound)).to_string();
        let saved = as_role(self.role, || {
            connection.query(FREEZE, &[Arg::int8(self.id), Arg::text(Some(&bounds))])?;
            connection.query(FROZEN, &[Arg::int8(self.id), Arg::int8(self.lease)])
        })?;
        if saved.processed == 1 { Ok(()) } else { Err(taken_over(self.id)) }
    }

    /// The job is done; `remaining` rows still match, if that was counted.
    pub fn record_done(&self, connection: &Connection, remaining: Option<i64>) -> Result<(), Error> {
        let remaining = Arg { type_oid: pg_sys::INT8OID, datum: remaining.map(|rows| Arg::int8(rows).datum).unwrap_or_default() };
        as_role(self.role, || connection.query(DONE, &[Arg::int8(self.id), Arg::int8(self.lease), remaining]))?;
        Ok(())
    }

    /// Writes down why the job ended, in a transaction of its own. If even that fails, the lease tells: its holder is gone.
    pub fn record_failure(&self, connection: &Connection, error: &Error) {
        // A second cancel must not keep the first one from being written down.
        let _held = HeldInterrupts::new();
        let code = error.sqlstate();
        let state = if code == "57014" { "canceled" } else { "failed" };
        let written = connection.commit().map_err(Error::from).and_then(|()| {
            subtransaction(|| {
                let arguments = [
                    Arg::int8(self.id),
                    Arg::int8(self.lease),
                    Arg::text(Some(state)),
                    Arg::text(Some(&code)),
                    Arg::text(Some(&error.message())),
                ];
                as_role(self.role, || connection.query(FAILED, &arguments))
            })
        });
        if written.is_ok() {
            let _ = connection.commit();
        }
    }
}

/// HOLD_INTERRUPTS ... RESUME_INTERRUPTS (miscadmin.h).
struct HeldInterrupts;

impl HeldInterrupts {
    fn new() -> Self {
        // SAFETY: the counter is this process's own; `drop` takes the one back.
        unsafe { pg_sys::InterruptHoldoffCount += 1 };
        Self
    }
}

impl Drop for HeldInterrupts {
    fn drop(&mut self) {
        // SAFETY: as above. An ERROR that came through has set the counter to zero already (postgres.c, PostgresMain).
        unsafe { pg_sys::InterruptHoldoffCount = pg_sys::InterruptHoldoffCount.saturating_sub(1) };
    }
}

fn may_run(id: i64, row: crate::spi::Row<'_>) -> Result<(), Error> {
    // SAFETY: a plain read.
    if row.oid(0) != unsafe { pg_sys::GetUserId() } {
        return Err(Error::new(sqlstate::INSUFFICIENT_PRIVILEGE, format!("backfill job {id} belongs to another role"))
            .detail("Its expressions run with the rights of whoever runs the job, so only its owner may.")
            .hint(if row.bool(25) {
                format!("Let {} CALL zdm.run({id}).", crate::text::quote(&row.string(20)))
            } else {
                format!("That role was dropped: a superuser can remove job {id} (DELETE FROM zdm.job WHERE id = {id}). Begin a new job.")
            }));
    }
    if !row.bool(19) {
        return Err(Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("backfill job {id} belongs to another database"))
            .detail("This database is a copy: the job was begun where its rows were copied from.")
            .hint("Begin a new job here with CALL zdm.backfill(...)."));
    }
    if row.text(8) == Some("done") {
        return Err(Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("backfill job {id} is done"))
            .hint("Begin a new job with CALL zdm.backfill(...)."));
    }
    // This very session cannot be in the middle of it.
    let mine = row.int8(17) == i64::from(my_pid());
    if row.text(8) == Some("running") && row.bool(18) && !mine {
        return Err(Error::new(
            sqlstate::OBJECT_IN_USE,
            format!("backfill job {id} is being run by process {}", row.text(17).unwrap_or("?")),
        )
        .hint(format!("Watch it in zdm.progress, or stop it with SELECT pg_cancel_backend({}).", row.text(17).unwrap_or("pid"))));
    }
    if row.text(21).is_none() {
        return Err(Error::new(sqlstate::UNDEFINED_OBJECT, format!("the table of backfill job {id} does not exist any more")));
    }
    Ok(())
}

/// A JSON array of strings.
fn list(text: Option<&str>) -> Option<Vec<String>> {
    serde_json::from_str(text?).ok()
}

fn owner_of_tables(connection: &Connection) -> Result<pg_sys::Oid, Error> {
    let found = connection.query(
        "SELECT c.relowner FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE n.nspname OPERATOR(pg_catalog.=) 'zdm'::pg_catalog.name AND c.relname OPERATOR(pg_catalog.=) 'job'::pg_catalog.name",
        &[],
    )?;
    Ok(found.only()?.oid(0))
}

fn my_pid() -> i32 {
    // SAFETY: a plain read.
    unsafe { pg_sys::MyProcPid }
}

fn system_identifier() -> i64 {
    // SAFETY: reads the control file's copy in shared memory.
    (unsafe { pg_sys::GetSystemIdentifier() }) as i64
}
