//! Every setting, in alphabetical order.

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting};

/// How often a running backfill reports by NOTICE, in milliseconds; 0: never.
pub static NOTICE_INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(5000);

/// Registers the settings and reserves the prefix `zdm`.
pub fn define() {
    GucRegistry::define_int_guc(
        c"zdm.notice_interval",
        c"Sets how often a running backfill reports its progress.",
        c"Zero turns the reports off.",
        &NOTICE_INTERVAL,
        0,
        3_600_000,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    // SAFETY: the argument is a NUL-terminated string that lives for ever; the call only marks the prefix (guc.c, MarkGUCPrefixReserved).
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(c"zdm".as_ptr()) };
}
