//! Every setting, in alphabetical order.

mod rejected;

pub use rejected::{guard_dml, require_reason, small_table};

use pgrx::guc::{GucContext, GucFlags, GucRegistry, GucSetting, PostgresGucEnum};
use std::ffi::CString;

/// What the guard does with a statement that is a danger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum GuardMode {
    /// What `zdm.set_guard` said for the database.
    #[name = c"default"]
    Default,
    #[name = c"off"]
    Off,
    #[name = c"warn"]
    Warn,
    #[name = c"enforce"]
    Enforce,
}

/// What the guard does with a statement that changes every row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PostgresGucEnum)]
pub enum GuardDml {
    #[name = c"off"]
    Off,
    #[name = c"warn"]
    Warn,
    #[name = c"enforce"]
    Enforce,
}

/// Which findings the guard lets pass; `crate::guard` reads it.
pub static ALLOW: GucSetting<Option<CString>> = GucSetting::<Option<CString>>::new(None);

/// For how long events stay in `zdm.audit`, in minutes; 0: for ever.
pub static AUDIT_RETENTION: GucSetting<i32> = GucSetting::<i32>::new(90 * 24 * 60);

/// Whether a background worker writes down what a transaction cannot.
pub static AUDIT_WORKER: GucSetting<bool> = GucSetting::<bool>::new(true);

/// Whether comments in statements allow anything.
pub static COMMENT_ALLOW: GucSetting<bool> = GucSetting::<bool>::new(false);

/// The lock_timeout that the guard gives to DDL which would wait for a strong lock without end, in milliseconds; 0: none.
pub static DEFAULT_LOCK_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(5000);

/// What the guard does with an UPDATE or a DELETE of every row; read by [`guard_dml`].
static GUARD_DML: GucSetting<GuardDml> = GucSetting::<GuardDml>::new(GuardDml::Warn);

/// Whether the guard says anything below an error.
pub static GUARD_MESSAGES: GucSetting<bool> = GucSetting::<bool>::new(true);

/// The guard's mode for this session.
pub static GUARD_MODE: GucSetting<GuardMode> = GucSetting::<GuardMode>::new(GuardMode::Default);

/// For how long a ladder waits at a stretch for old snapshots to end, in milliseconds; 0: it does not wait.
pub static HORIZON_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(30_000);

/// DDL is refused while a transaction that is older holds a lock that it would wait for, in seconds; 0: never.
pub static MAX_BLOCKER_AGE: GucSetting<i32> = GucSetting::<i32>::new(0);

/// The longest text that is analyzed, in bytes.
pub static MAX_CHECK_SIZE: GucSetting<i32> = GucSetting::<i32>::new(1 << 20);

/// How often a running backfill reports by NOTICE, in milliseconds; 0: never.
pub static NOTICE_INTERVAL: GucSetting<i32> = GucSetting::<i32>::new(5000);

/// For how long one check may look at rows, in milliseconds.
pub static PROBE_TIMEOUT: GucSetting<i32> = GucSetting::<i32>::new(1000);

/// Whether an allowance counts only with a reason; read by [`require_reason`].
static REQUIRE_REASON: GucSetting<bool> = GucSetting::<bool>::new(false);

/// The heap below which a table counts as small, in kB; read by [`small_table`].
static SMALL_TABLE: GucSetting<i32> = GucSetting::<i32>::new(SMALL_TABLE_DEFAULT);

const SMALL_TABLE_DEFAULT: i32 = 8192;

/// Whether the batches of a backfill wait for the disk.
pub static SYNCHRONOUS_COMMIT: GucSetting<bool> = GucSetting::<bool>::new(false);

/// Registers the settings and reserves the prefix `zdm`.
pub fn define() {
    let asked = rejected::asked();
    // SAFETY: the check hook keeps to the contract of guc.c: it looks at the value and says yes or no.
    unsafe {
        GucRegistry::define_string_guc_with_hooks(
            c"zdm.allow",
            c"Lets statements pass that the guard would refuse.",
            c"item[, item ...] [(reason)], an item being * or rule[:schema.table]. Every use is logged.",
            &ALLOW,
            GucContext::Suset,
            GucFlags::DISALLOW_IN_FILE,
            Some(crate::guard::check_allow),
            None,
            None,
        );
    }
    GucRegistry::define_int_guc(
        c"zdm.audit_retention",
        c"Sets for how long events stay in zdm.audit.",
        c"Zero: for ever.",
        &AUDIT_RETENTION,
        0,
        100 * 365 * 24 * 60,
        GucContext::Suset,
        GucFlags::UNIT_MIN,
    );
    GucRegistry::define_bool_guc(
        c"zdm.audit_worker",
        c"Lets a background worker write refusals into zdm.audit.",
        c"Without it they are in the server's log only.",
        &AUDIT_WORKER,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"zdm.comment_allow",
        c"Lets a comment in a statement allow what the guard would refuse.",
        c"/* zdm:allow rule[:schema.table] reason */ counts for roles that may set zdm.allow.",
        &COMMENT_ALLOW,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"zdm.default_lock_timeout",
        c"Sets the lock_timeout of DDL that would wait for a strong lock without end.",
        c"The guard sets it for the transaction where lock_timeout is 0. Zero leaves it alone.",
        &DEFAULT_LOCK_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_enum_guc(
        c"zdm.guard_dml",
        c"Sets what the guard does with an UPDATE or DELETE that no condition limits.",
        c"enforce: what the guard does with DDL.",
        &GUARD_DML,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_bool_guc(
        c"zdm.guard_messages",
        c"Sets whether the guard reports what it lets pass.",
        c"off: no WARNING, NOTICE or LOG line comes from it; what it refuses it still refuses.",
        &GUARD_MESSAGES,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_enum_guc(
        c"zdm.guard_mode",
        c"Sets what the guard does in this session.",
        c"default: what zdm.set_guard() said for the database.",
        &GUARD_MODE,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"zdm.horizon_timeout",
        c"Sets for how long a backfill waits at a stretch for old snapshots to end.",
        c"Until then, a page that was changed has no room for more new rows. Zero: it does not wait.",
        &HORIZON_TIMEOUT,
        0,
        i32::MAX,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_int_guc(
        c"zdm.max_blocker_age",
        c"Sets the age of a transaction whose locks DDL does not wait for.",
        c"The guard refuses DDL that would wait for it. Zero: it may wait.",
        &MAX_BLOCKER_AGE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_S,
    );
    GucRegistry::define_int_guc(
        c"zdm.max_check_size",
        c"Sets the size of the longest text that is analyzed.",
        c"The analysis takes up to 300 times as much memory.",
        &MAX_CHECK_SIZE,
        1,
        64 << 20,
        GucContext::Suset,
        GucFlags::UNIT_BYTE,
    );
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
    GucRegistry::define_int_guc(
        c"zdm.probe_timeout",
        c"Sets for how long a check with probe => true looks at rows.",
        c"All rows that one check looks at count together.",
        &PROBE_TIMEOUT,
        1,
        600_000,
        GucContext::Userset,
        GucFlags::UNIT_MS,
    );
    GucRegistry::define_bool_guc(
        c"zdm.require_reason",
        c"Makes an allowance without a reason count for nothing.",
        c"This holds for zdm.allow, zdm.allow_next(), comments and zdm.guard_exempt().",
        &REQUIRE_REASON,
        GucContext::Suset,
        GucFlags::default(),
    );
    GucRegistry::define_int_guc(
        c"zdm.small_table",
        c"Sets the size below which a table counts as small.",
        c"What takes long on a big table only is a caution there, and no danger. Zero: no table is small.",
        &SMALL_TABLE,
        0,
        i32::MAX,
        GucContext::Suset,
        GucFlags::UNIT_KB,
    );
    GucRegistry::define_bool_guc(
        c"zdm.synchronous_commit",
        c"Sets whether a backfill waits for the disk after each batch.",
        c"off: after a crash the last batches may have to be done again. The end of a job is waited for in any case.",
        &SYNCHRONOUS_COMMIT,
        GucContext::Userset,
        GucFlags::default(),
    );
    // SAFETY: the argument is a NUL-terminated string that lives for ever; the call only marks the prefix (guc.c, MarkGUCPrefixReserved).
    unsafe { pgrx::pg_sys::MarkGUCPrefixReserved(c"zdm".as_ptr()) };
    rejected::compare(&asked);
}
