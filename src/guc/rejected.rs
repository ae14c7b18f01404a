//! What a session asked for before the library was loaded, and may not have.
//!
//! Until the library is there, the server takes any value for its settings, from the options of a connection too. Then it asks whether whoever gave it
//! may set it, and if not, says so and takes the built-in default: what a configuration file says is forgotten by then (guc.c, define_custom_variable).
//! So where a default is not the strictest value, the session gets that one.

use super::{GUARD_DML, GuardDml, REQUIRE_REASON, SMALL_TABLE, SMALL_TABLE_DEFAULT};
use pgrx::pg_sys;
use std::ffi::{CStr, CString};
use std::sync::atomic::{AtomicBool, Ordering};

const SMALL: &CStr = c"zdm.small_table";
const DML: &CStr = c"zdm.guard_dml";
const REASON: &CStr = c"zdm.require_reason";

static SMALL_REJECTED: AtomicBool = AtomicBool::new(false);
static DML_REJECTED: AtomicBool = AtomicBool::new(false);
static REASON_REJECTED: AtomicBool = AtomicBool::new(false);

/// What was asked for.
pub struct Asked {
    small: Option<CString>,
    dml: Option<CString>,
    reason: Option<CString>,
}

/// Before the settings are defined.
pub fn asked() -> Asked {
    Asked { small: value(SMALL), dml: value(DML), reason: value(REASON) }
}

/// After they are defined.
pub fn compare(asked: &Asked) {
    let small = asked.small.as_deref().is_some_and(|value| kilobytes(value) != Some(SMALL_TABLE.get()));
    let dml = asked.dml.as_deref().is_some_and(|value| !value.to_bytes().eq_ignore_ascii_case(name(GUARD_DML.get()).as_bytes()));
    let reason = asked.reason.as_deref().is_some_and(|value| boolean(value) != Some(REQUIRE_REASON.get()));
    for (flag, rejected) in [(&SMALL_REJECTED, small), (&DML_REJECTED, dml), (&REASON_REJECTED, reason)] {
        flag.store(rejected, Ordering::Relaxed);
    }
}

/// [`SMALL_TABLE`], in kB; no table is small where another value was rejected.
pub fn small_table() -> i32 {
    let now = SMALL_TABLE.get();
    if now == SMALL_TABLE_DEFAULT && SMALL_REJECTED.load(Ordering::Relaxed) { 0 } else { now }
}

/// [`GUARD_DML`].
pub fn guard_dml() -> GuardDml {
    let now = GUARD_DML.get();
    if now == GuardDml::Warn && DML_REJECTED.load(Ordering::Relaxed) { GuardDml::Enforce } else { now }
}

/// [`REQUIRE_REASON`].
pub fn require_reason() -> bool {
    REQUIRE_REASON.get() || REASON_REJECTED.load(Ordering::Relaxed)
}

fn name(value: GuardDml) -> &'static str {
    match value {
        GuardDml::Off => "off",
        GuardDml::Warn => "warn",
        GuardDml::Enforce => "enforce",
    }
}

fn value(setting: &CStr) -> Option<CString> {
    // SAFETY: with missing_ok it raises no error; the result is NULL, or a string that lives until the next call and is copied at once.
    unsafe {
        let value = pg_sys::GetConfigOption(setting.as_ptr(), true, false);
        (!value.is_null()).then(|| CStr::from_ptr(value).to_owned())
    }
}

fn kilobytes(value: &CStr) -> Option<i32> {
    let mut result = 0;
    // SAFETY: reads a NUL-terminated string and writes an int; the hint may be NULL (guc.c, parse_int).
    let read = unsafe { pg_sys::parse_int(value.as_ptr(), &mut result, pg_sys::GUC_UNIT_KB as i32, std::ptr::null_mut()) };
    read.then_some(result)
}

fn boolean(value: &CStr) -> Option<bool> {
    let mut result = false;
    // SAFETY: reads a NUL-terminated string and writes a bool (bool.c, parse_bool).
    let read = unsafe { pg_sys::parse_bool(value.as_ptr(), &mut result) };
    read.then_some(result)
}
