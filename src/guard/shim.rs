//! The guard's side of the C shim: `src/shim/guard.c`.

use super::comment;
use crate::guc;
use crate::shim::ServerError;
use crate::text::to_server;
use pgrx::pg_sys;
use std::ffi::{CStr, c_char, c_int};
use std::ptr;

/// `ZdmStatement` of `zdm_shim.h`.
#[repr(C)]
pub struct RawStatement {
    tag: *const c_char,
    text: *const c_char,
    length: c_int,
    before: c_int,
    exempt: bool,
    alone: bool,
    first: bool,
    farewell: bool,
    relation: pg_sys::Oid,
}

unsafe extern "C-unwind" {
    fn zdm_shim_statement(fcinfo: pg_sys::FunctionCallInfo, statement: *mut RawStatement) -> *mut pg_sys::ErrorData;
    fn zdm_shim_install_hooks(judge: UtilityGuard, comments: *const bool);
    fn zdm_shim_owe() -> bool;
    fn zdm_shim_may_allow(role: pg_sys::Oid, may: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_claim(id: u32, beyond: bool, claimed: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_hand_over_claims() -> *mut pg_sys::ErrorData;
    fn zdm_shim_claims(ids: *mut u32, room: c_int) -> c_int;
    fn zdm_shim_session_is_exempt(exempt: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_allowances(any: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_depth() -> c_int;
    fn zdm_shim_wait_at_most(milliseconds: c_int, respect: bool, set: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guard_owner(owner: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guard_state(mode: *mut c_char, size: c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guc_detail(detail: *const c_char);
}

/// `ZdmWhy` of `zdm_shim.h`: why the hooks ask about a statement.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(dead_code, reason = "the hooks make them")]
pub enum Why {
    /// It fires no event.
    NoEvent,
    /// It changes every row of a table.
    EveryRow,
    /// It has run, and something was left for then.
    Done,
    /// It is none of the guard's business, but there is a comment that would allow something.
    Remark,
}

/// `ZdmUtilityGuard` of `zdm_shim.h`.
pub type UtilityGuard = unsafe extern "C-unwind" fn(*const RawStatement, Why) -> *mut pg_sys::ErrorData;

/// The statement that fired the event trigger, or that a hook has seen.
#[derive(Clone)]
pub struct Statement {
    pub tag: String,
    pub text: Text,
    /// The text before it, in the server's encoding, where there is a comment in it that may allow something.
    pub lead: Vec<u8>,
    /// There is something before it.
    pub follows: bool,
    /// Not to be judged at all.
    pub exempt: bool,
    /// It cannot run in a transaction block.
    pub alone: bool,
    /// Nothing may have been written before it in its transaction.
    pub first: bool,
    /// It drops this extension.
    pub farewell: bool,
    /// The table of which it changes every row, if that is why it was seen.
    pub relation: pg_sys::Oid,
}

/// What is known of a statement's text.
#[derive(Clone)]
pub enum Text {
    /// It is the one that the client sent; exact, in the server's encoding.
    Exact(Vec<u8>),
    /// So many bytes, more than are looked at.
    TooLong(usize),
    /// A function runs it.
    Unseen,
}

impl Text {
    /// The text, where it is known.
    pub fn exact(&self) -> Option<&[u8]> {
        if let Self::Exact(bytes) = self { Some(bytes) } else { None }
    }
}

/// Asks which statement it is. A text of more than `limit` bytes is not even copied.
pub fn statement(fcinfo: pg_sys::FunctionCallInfo, limit: usize) -> Result<Statement, ServerError> {
    let mut raw = RawStatement {
        tag: ptr::null(),
        text: ptr::null(),
        length: 0,
        before: 0,
        exempt: false,
        alone: false,
        first: false,
        farewell: false,
        relation: pg_sys::InvalidOid,
    };
    // SAFETY: fcinfo is the function manager's. On success the tag is a static string, and the text NULL or `length` bytes of the portal's
    // source, which are copied at once.
    unsafe {
        ServerError::check(zdm_shim_statement(fcinfo, &mut raw))?;
        Ok(hooked(&raw, limit))
    }
}

/// The statement that a hook tells of.
///
/// # Safety
/// The tag is a NUL-terminated string, and the text NULL or so many bytes, with as many before them as said; both live until this returns.
pub unsafe fn hooked(raw: *const RawStatement, limit: usize) -> Statement {
    // SAFETY: promised by the caller.
    unsafe {
        let before = usize::try_from((*raw).before).unwrap_or(0);
        let lead = match (*raw).text.is_null() {
            true => &[],
            false => std::slice::from_raw_parts((*raw).text.sub(before).cast::<u8>(), before),
        };
        Statement {
            lead: comment::lead(lead).to_vec(),
            follows: before > 0,
            alone: (*raw).alone,
            first: (*raw).first,
            tag: CStr::from_ptr((*raw).tag).to_string_lossy().into_owned(),
            text: match usize::try_from((*raw).length).unwrap_or(0) {
                _ if (*raw).text.is_null() => Text::Unseen,
                length if length > limit => Text::TooLong(length),
                length => Text::Exact(std::slice::from_raw_parts((*raw).text.cast::<u8>(), length).to_vec()),
            },
            exempt: (*raw).exempt,
            farewell: (*raw).farewell,
            relation: (*raw).relation,
        }
    }
}

/// Puts the hooks in place, once a process.
pub fn install_hooks(judge: UtilityGuard) {
    // SAFETY: the hooks are chained before those that are there (utility.c); the function and the setting live as long as the process.
    unsafe { zdm_shim_install_hooks(judge, guc::COMMENT_ALLOW.as_ptr()) };
}

/// How many utility statements lie around the current one, itself included.
pub fn depth() -> i32 {
    // SAFETY: reads a list of the hook's own.
    unsafe { zdm_shim_depth() }
}

/// Sets `lock_timeout` to the end of the transaction, in milliseconds, if it is 0; says whether it was. With `respect`, a 0 that the session has
/// set stays.
pub fn wait_at_most(milliseconds: i32, respect: bool) -> Result<bool, ServerError> {
    let mut set = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_wait_at_most(milliseconds, respect, &mut set) })?;
    Ok(set)
}

/// With whose rights the hooks read the catalogs: those of the event trigger's owner.
pub fn owner() -> Result<pg_sys::Oid, ServerError> {
    let mut owner = pg_sys::InvalidOid;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_guard_owner(&mut owner) })?;
    Ok(owner)
}

/// The mode that `zdm.guard_state` holds; "" when there is none.
pub fn guard_state() -> Result<String, ServerError> {
    let mut mode = [0 as c_char; 16];
    // SAFETY: the buffer is as long as said; it is NUL-terminated on success (varlena.c, text_to_cstring_buffer).
    unsafe {
        ServerError::check(zdm_shim_guard_state(mode.as_mut_ptr(), mode.len() as c_int))?;
        Ok(CStr::from_ptr(mode.as_ptr()).to_string_lossy().into_owned())
    }
}

/// Whether the guard leaves the session's user alone.
pub fn session_is_exempt() -> Result<bool, ServerError> {
    let mut exempt = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_session_is_exempt(&mut exempt) }).map(|()| exempt)
}

/// Whether anything is allowed for one use.
pub fn has_allowances() -> Result<bool, ServerError> {
    let mut any = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_allowances(&mut any) }).map(|()| any)
}

/// Whether a role may set `zdm.allow`.
pub fn may_allow(role: pg_sys::Oid) -> Result<bool, ServerError> {
    let mut may = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_may_allow(role, &mut may) }).map(|()| may)
}

/// Claims an allowance to the end of the transaction, or (`beyond`) of the command; false if somebody else has it.
pub fn claim(id: i64, beyond: bool) -> Result<bool, ServerError> {
    let mut claimed = false;
    let Ok(id) = u32::try_from(id) else { return Ok(false) };
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_claim(id, beyond, &mut claimed) }).map(|()| claimed)
}

/// The allowances that the current command has claimed to its end.
pub fn claims() -> Vec<i64> {
    let mut ids = [0_u32; 32];
    // SAFETY: the array has room for as many as said.
    let count = unsafe { zdm_shim_claims(ids.as_mut_ptr(), ids.len() as c_int) };
    ids.iter().take(usize::try_from(count).unwrap_or(0)).map(|id| i64::from(*id)).collect()
}

/// Keeps these claims to the end of the transaction only.
pub fn hand_over_claims() -> Result<(), ServerError> {
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_hand_over_claims() })
}

/// Asks that what is owed be done when the current command is; false if no hook sees that.
pub fn owe() -> bool {
    // SAFETY: sets a mark in the hook's own list.
    unsafe { zdm_shim_owe() }
}

/// The role whose rights count now; in a SECURITY DEFINER function its owner.
pub fn current_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetUserId() }
}

/// The role that counts outside of every SECURITY DEFINER function: that of SET ROLE, or the session's.
pub fn outer_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetOuterUserId() }
}

/// The role that the session belongs to.
pub fn session_user() -> pg_sys::Oid {
    // SAFETY: reads a variable of the backend.
    unsafe { pg_sys::GetSessionUserId() }
}

/// Says why a check hook refuses a value.
pub fn guc_detail(detail: &str) {
    let detail = to_server(detail);
    // SAFETY: copies the string (elog.c, format_elog_string); called in a check hook only.
    unsafe { zdm_shim_guc_detail(detail.as_ptr()) };
}
