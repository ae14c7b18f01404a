//! This session, and what others do at this moment; ownership and dependents.
//!
//! What is asked of every statement is asked of shared memory and the system caches first (`src/shim/activity.c`); SQL runs only where there
//! is something to tell. In the guard the questions about the moment are not asked at all.

use super::shim::{self, Query};
use crate::shim::ServerError;
use crate::text::to_server;
use pgrx::{IntoDatum, pg_sys};
use serde::Deserialize;
use std::collections::HashMap;
use std::ffi::{c_char, c_int};
use zdm_analyzer::catalog::{Activity, Dependents, Oid, Replication};
use zdm_analyzer::lock::LockMode;

use super::facts::{read, sql_file};

static LOCK_HOLDERS: Query<4> =
    Query::new(sql_file!("lock_holders.sql"), [pg_sys::OIDOID, pg_sys::TEXTOID, pg_sys::OIDOID, pg_sys::FLOAT8OID]);
static OLD_SNAPSHOTS: Query<1> = Query::new(sql_file!("old_snapshots.sql"), [pg_sys::OIDOID]);
static RUNNING_JOBS: Query<1> = Query::new(sql_file!("running_jobs.sql"), [pg_sys::OIDOID]);
static DEPENDENTS: Query<1> = Query::new(sql_file!("dependents.sql"), [pg_sys::OIDOID]);
static OWNED_BY: Query<1> = Query::new(sql_file!("owned_by.sql"), [pg_sys::TEXTOID]);
static REPLICATION: Query<0> = Query::new(sql_file!("replication.sql"), []);

/// `ZdmStanding` of `zdm_shim.h`.
#[repr(C)]
struct RawStanding {
    found: bool,
    owns: bool,
    may_drop: bool,
    populated: bool,
    owner: *mut c_char,
}

/// `ZdmHeldLock` of `describe.h`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawLock {
    relation: pg_sys::Oid,
    modes: u32,
}

unsafe extern "C-unwind" {
    fn zdm_shim_held_locks(locks: *mut *mut RawLock, nlocks: *mut c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_is_locked(relation: pg_sys::Oid, mode: c_int, locked: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_snapshots(any: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_jobs(any: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_standing(relation: pg_sys::Oid, standing: *mut RawStanding) -> *mut pg_sys::ErrorData;
}

/// The caller's standing towards a relation.
#[derive(Clone)]
pub struct Standing {
    pub owns: bool,
    pub may_drop: bool,
    pub populated: bool,
    pub owner: Option<String>,
}

#[derive(Deserialize)]
struct RawActivity {
    pid: Option<i32>,
    prepared: Option<String>,
    mode: Option<String>,
    user: Option<String>,
    seconds: Option<f64>,
    state: Option<String>,
    query: Option<String>,
    autovacuum: bool,
}

#[derive(Deserialize)]
struct RawDependents {
    first: Vec<String>,
    count: usize,
    has_data: bool,
}

#[derive(Deserialize)]
struct RawReplication {
    receivers: u32,
    slots: u32,
}

fn oid(oid: Oid) -> pg_sys::Datum {
    pg_sys::Datum::from(pg_sys::Oid::from(oid))
}

/// Whose rights to see count.
fn caller() -> pg_sys::Datum {
    // SAFETY: reads the backend's user id.
    pg_sys::Datum::from(unsafe { pg_sys::GetUserId() })
}

/// A text parameter, in the current memory context.
pub(super) fn text(value: &str) -> pg_sys::Datum {
    // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
    unsafe { pg_sys::Datum::from(pg_sys::cstring_to_text(to_server(value).as_ptr())) }
}

fn mode_number(mode: LockMode) -> c_int {
    mode as c_int + 1
}

pub fn in_block() -> bool {
    // SAFETY: reads the backend's transaction state.
    unsafe { pg_sys::IsTransactionBlock() }
}

/// The strong locks of the session on relations of this database, the strongest of each.
pub fn held_locks() -> Result<Vec<(Oid, LockMode)>, ServerError> {
    shim::in_scratch_memory(|| {
        let (mut locks, mut nlocks) = (std::ptr::null_mut(), 0);
        // SAFETY: errors come back as data; the array is palloc'd, holds `nlocks` entries and is copied at once.
        let locks: Vec<RawLock> = unsafe {
            ServerError::check(zdm_shim_held_locks(&mut locks, &mut nlocks))?;
            shim::numbers(locks, nlocks)
        };
        let strong = [LockMode::AccessExclusive, LockMode::Exclusive, LockMode::ShareRowExclusive, LockMode::Share];
        let mode = |modes: u32| strong.into_iter().find(|mode| modes & 1 << mode_number(*mode) != 0);
        let mut held: Vec<_> = locks.iter().filter_map(|lock| Some((lock.relation.to_u32(), mode(lock.modes)?))).collect();
        held.sort();
        Ok(held)
    })
}

/// A transaction that is younger than that, in seconds, is over by the time that somebody reads of it.
const YOUNG: f64 = 1.0;

/// Who holds a lock that conflicts with this mode.
pub fn lock_holders(relation: Oid, mode: LockMode, owner: pg_sys::Oid) -> Result<Vec<Activity>, ServerError> {
    old_lock_holders(relation, mode, YOUNG, owner)
}

/// Who has held a lock that conflicts with this mode in a transaction that is older than `age` seconds.
pub fn old_lock_holders(relation: Oid, mode: LockMode, age: f64, owner: pg_sys::Oid) -> Result<Vec<Activity>, ServerError> {
    let mut locked = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_is_locked(pg_sys::Oid::from(relation), mode_number(mode), &mut locked) })?;
    if !locked {
        return Ok(Vec::new());
    }
    let modes: Vec<&str> = mode.conflicting().map(LockMode::pg_name).collect();
    let document =
        LOCK_HOLDERS.run([oid(relation), text(&modes.join(",")), caller(), age.into_datum().unwrap_or_else(pg_sys::Datum::null)], owner)?;
    Ok(activities(document.as_ref()))
}

/// Whom CREATE INDEX CONCURRENTLY on a table would wait for: those who write to it, and those who have a snapshot.
pub fn old_snapshots(table: Oid, owner: pg_sys::Oid) -> Result<Vec<Activity>, ServerError> {
    let mut all = lock_holders(table, LockMode::Share, owner)?;
    let mut any = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_snapshots(&mut any) })?;
    if any {
        let document = OLD_SNAPSHOTS.run([caller()], owner)?;
        for one in activities(document.as_ref()) {
            if !all.iter().any(|known| known.pid == one.pid && known.pid.is_some()) {
                all.push(one);
            }
        }
    }
    all.sort_by(|one, other| other.seconds.partial_cmp(&one.seconds).unwrap_or(std::cmp::Ordering::Equal));
    Ok(all)
}

fn activities(document: Option<&String>) -> Vec<Activity> {
    let raw: Vec<RawActivity> = read(document).unwrap_or_default();
    let known = raw.into_iter().map(|raw| Activity {
        pid: raw.pid,
        prepared: raw.prepared,
        mode: raw.mode.as_deref().and_then(LockMode::from_pg_name),
        user: raw.user,
        seconds: raw.seconds,
        state: raw.state,
        query: raw.query,
        autovacuum: raw.autovacuum,
    });
    known.collect()
}

/// The running jobs, by the tables they work on.
pub fn running_jobs(owner: pg_sys::Oid) -> Result<HashMap<Oid, i64>, ServerError> {
    let mut any = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_jobs(&mut any) })?;
    if !any {
        return Ok(HashMap::new());
    }
    let document = RUNNING_JOBS.run([caller()], owner)?;
    let jobs: Vec<(i64, Oid)> = read(document.as_ref()).unwrap_or_default();
    Ok(jobs.into_iter().map(|(job, table)| (table, job)).collect())
}

pub fn standing(relation: Oid) -> Result<Option<Standing>, ServerError> {
    let mut raw = RawStanding { found: false, owns: false, may_drop: false, populated: false, owner: std::ptr::null_mut() };
    // SAFETY: errors come back as data; the name is NULL or a palloc'd string, copied at once.
    unsafe {
        ServerError::check(zdm_shim_standing(pg_sys::Oid::from(relation), &mut raw))?;
        let owner = crate::text::from_server(raw.owner);
        Ok(raw.found.then_some(Standing { owns: raw.owns, may_drop: raw.may_drop, populated: raw.populated, owner }))
    }
}

pub fn dependents(relation: Oid, owner: pg_sys::Oid) -> Result<Option<Dependents>, ServerError> {
    Ok(list(DEPENDENTS.run([oid(relation)], owner)?.as_ref()))
}

pub fn owned_by(role: &str, owner: pg_sys::Oid) -> Result<Option<Dependents>, ServerError> {
    Ok(list(OWNED_BY.run([text(role)], owner)?.as_ref()))
}

fn list(document: Option<&String>) -> Option<Dependents> {
    let raw: RawDependents = read(document)?;
    Some(Dependents { first: raw.first, count: raw.count, has_data: raw.has_data })
}

pub fn replication(owner: pg_sys::Oid) -> Result<Option<Replication>, ServerError> {
    let raw: Option<RawReplication> = read(REPLICATION.run([], owner)?.as_ref());
    Ok(raw.map(|raw| Replication { receivers: raw.receivers, slots: raw.slots }))
}

/// The size of the shared lock table: `max_locks_per_transaction` for each session and prepared transaction (lock.c, NLOCKENTS).
pub fn lock_slots() -> Result<Option<u64>, ServerError> {
    let mut values = [0; 3];
    for (value, name) in values.iter_mut().zip(["max_locks_per_transaction", "max_connections", "max_prepared_transactions"]) {
        let Some(number) = shim::setting(name)?.and_then(|text| text.parse::<u64>().ok()) else { return Ok(None) };
        *value = number;
    }
    Ok(Some(values[0].saturating_mul(values[1].saturating_add(values[2]))))
}
