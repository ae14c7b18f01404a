//! The audit's side of the C shim: `src/shim/audit.c` and `src/shim/audit_worker.c`.

use crate::shim::ServerError;
use crate::text::{from_server, to_server};
use pgrx::pg_sys;
use std::ffi::{c_char, c_int};
use std::ptr;

/// `ZDM_AUDIT_ROOM` of `zdm_shim.h`.
pub const ROOM: usize = 12288;

/// `ZdmWho`.
#[repr(C)]
struct RawWho {
    at: *const c_char,
    session_user: *const c_char,
    current_user: *const c_char,
    client_addr: *const c_char,
    application: *const c_char,
    pid: c_int,
}

/// Who runs the statement, and when.
pub struct Who {
    pub at: String,
    pub session_user: Option<String>,
    pub current_user: Option<String>,
    pub client_addr: Option<String>,
    pub application: Option<String>,
    pub pid: i32,
}

/// `ZdmAuditTable`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// There is none.
    Gone,
    /// It cannot be written to now, or not in this transaction.
    Busy,
    /// It can, with the rights of this role.
    Ready(pg_sys::Oid),
}

/// `ZdmAuditCommit`, `ZdmAuditForget`, `ZdmAuditMove`, `ZdmAuditSink` and `ZdmAuditTrim` of `zdm_shim.h`.
pub type Commit = unsafe extern "C-unwind" fn() -> *mut pg_sys::ErrorData;
pub type Forget = unsafe extern "C-unwind" fn(u32);
pub type Move = unsafe extern "C-unwind" fn(u32, u32);
pub type Sink = unsafe extern "C-unwind" fn(*const *const c_char, c_int, u32) -> *mut pg_sys::ErrorData;
pub type Trim = unsafe extern "C-unwind" fn(*mut bool) -> *mut pg_sys::ErrorData;

unsafe extern "C-unwind" {
    fn zdm_shim_audit_who(who: *mut RawWho) -> *mut pg_sys::ErrorData;
    fn zdm_shim_audit_table(state: *mut c_int, owner: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_audit_log(line: *const c_char);
    fn zdm_shim_subtransaction() -> u32;
    fn zdm_shim_audit_install(commit: Commit, forget: Forget, move_up: Move);
    fn zdm_shim_audit_send(text: *const c_char, length: c_int, sent: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_audit_worker(argument: pg_sys::Datum, sink: Sink, trim: Trim);
}

/// Puts the callbacks in place, once a process.
pub fn install(commit: Commit, forget: Forget, move_up: Move) {
    // SAFETY: the functions live as long as the process (xact.c, RegisterXactCallback).
    unsafe { zdm_shim_audit_install(commit, forget, move_up) };
}

/// The number of the current subtransaction.
pub fn subtransaction() -> u32 {
    // SAFETY: reads the state of the transaction that is open.
    unsafe { zdm_shim_subtransaction() }
}

/// Who runs the statement, and when.
pub fn who() -> Result<Who, ServerError> {
    let mut raw = RawWho {
        at: ptr::null(),
        session_user: ptr::null(),
        current_user: ptr::null(),
        client_addr: ptr::null(),
        application: ptr::null(),
        pid: 0,
    };
    // SAFETY: on success each pointer is NULL or a NUL-terminated string of the current memory context or of a setting; all are copied at once.
    unsafe {
        ServerError::check(zdm_shim_audit_who(&mut raw))?;
        Ok(Who {
            at: from_server(raw.at).unwrap_or_default(),
            session_user: from_server(raw.session_user),
            current_user: from_server(raw.current_user),
            client_addr: from_server(raw.client_addr),
            application: from_server(raw.application),
            pid: raw.pid,
        })
    }
}

/// Locks `zdm.audit` for writing, if that can be had without waiting.
pub fn table() -> Result<Table, ServerError> {
    let (mut state, mut owner) = (0, pg_sys::InvalidOid);
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_audit_table(&mut state, &mut owner) })?;
    Ok(match state {
        0 => Table::Gone,
        1 => Table::Busy,
        _ => Table::Ready(owner),
    })
}

/// Writes an event to the server's log.
pub fn log(event: &str) {
    log_plain(&format!("zdm audit: {event}"));
}

/// Writes a line to the server's log and to no client.
pub fn log_plain(line: &str) {
    let line = to_server(line);
    // SAFETY: below ERROR the call returns, and the string lives until then.
    unsafe { zdm_shim_audit_log(line.as_ptr()) };
}

/// Hands an event to a worker, starting one if need be; whether there is one.
pub fn send(text: &str) -> Result<bool, ServerError> {
    let text = to_server(text);
    let mut sent = false;
    let length = c_int::try_from(text.as_bytes().len()).unwrap_or(c_int::MAX);
    // SAFETY: there are so many bytes; errors come back as data.
    ServerError::check(unsafe { zdm_shim_audit_send(text.as_ptr(), length, &mut sent) })?;
    Ok(sent)
}

/// What the worker does.
pub fn work(argument: pg_sys::Datum, sink: Sink, trim: Trim) {
    // SAFETY: called by the worker's process, which holds no Rust value; an ERROR ends it.
    unsafe { zdm_shim_audit_worker(argument, sink, trim) };
}
