//! The guard's side of the C shim: `src/shim/guard.c`.

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
    exempt: bool,
    relation: pg_sys::Oid,
}

unsafe extern "C-unwind" {
    fn zdm_shim_statement(fcinfo: pg_sys::FunctionCallInfo, statement: *mut RawStatement) -> *mut pg_sys::ErrorData;
    fn zdm_shim_install_hooks(judge: UtilityGuard);
    fn zdm_shim_depth() -> c_int;
    fn zdm_shim_wait_at_most(milliseconds: c_int, set: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guard_owner(owner: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guard_state(mode: *mut c_char, size: c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_guc_detail(detail: *const c_char);
}

/// `ZdmUtilityGuard` of `zdm_shim.h`.
pub type UtilityGuard = unsafe extern "C-unwind" fn(*const RawStatement, bool) -> *mut pg_sys::ErrorData;

/// The statement that fired the event trigger, or that a hook has seen.
pub struct Statement {
    pub tag: String,
    pub text: Text,
    /// Not to be judged at all.
    pub exempt: bool,
    /// The table of which it changes every row, if that is why it was seen.
    pub relation: pg_sys::Oid,
}

/// What is known of a statement's text.
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
    let mut raw = RawStatement { tag: ptr::null(), text: ptr::null(), length: 0, exempt: false, relation: pg_sys::InvalidOid };
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
/// The tag is a NUL-terminated string, and the text NULL or so many bytes; both live until this returns.
pub unsafe fn hooked(raw: *const RawStatement, limit: usize) -> Statement {
    // SAFETY: promised by the caller.
    unsafe {
        Statement {
            tag: CStr::from_ptr((*raw).tag).to_string_lossy().into_owned(),
            text: match usize::try_from((*raw).length).unwrap_or(0) {
                _ if (*raw).text.is_null() => Text::Unseen,
                length if length > limit => Text::TooLong(length),
                length => Text::Exact(std::slice::from_raw_parts((*raw).text.cast::<u8>(), length).to_vec()),
            },
            exempt: (*raw).exempt,
            relation: (*raw).relation,
        }
    }
}

/// Puts the hooks in place, once a process.
pub fn install_hooks(judge: UtilityGuard) {
    // SAFETY: the hooks are chained before those that are there (utility.c); the function lives as long as the process.
    unsafe { zdm_shim_install_hooks(judge) };
}

/// How many utility statements lie around the current one, itself included.
pub fn depth() -> i32 {
    // SAFETY: reads a list of the hook's own.
    unsafe { zdm_shim_depth() }
}

/// Sets `lock_timeout` to the end of the transaction, in milliseconds, if it is 0; says whether it was.
pub fn wait_at_most(milliseconds: i32) -> Result<bool, ServerError> {
    let mut set = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_wait_at_most(milliseconds, &mut set) })?;
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

/// Says why a check hook refuses a value.
pub fn guc_detail(detail: &str) {
    let detail = to_server(detail);
    // SAFETY: copies the string (elog.c, format_elog_string); called in a check hook only.
    unsafe { zdm_shim_guc_detail(detail.as_ptr()) };
}
