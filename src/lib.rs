//! pg_zdm: zero-downtime migrations, inside PostgreSQL.
//!
//! * [`backfill`]: how a row travels from old to new: `CALL zdm.backfill(...)`, in short committed batches;
//! * [`check`]: how a statement travels from text to verdict: `zdm.check_ddl(text)`, by the `zdm-analyzer` crate over the live [`catalog`];
//! * [`guard`]: the event trigger that refuses what the check calls danger.
//!
//! `sql/` holds the objects of the extension, `src/shim/` the C frames through which errors pass untouched.

mod backfill;
mod catalog;
mod check;
mod error;
mod guard;
mod guc;
mod pg_compat;
mod shim;
mod spi;
mod text;

use pgrx::prelude::*;

::pgrx::pg_module_magic!(name, version);

extension_sql_file!("../sql/bootstrap.sql", name = "bootstrap", bootstrap);
extension_sql_file!("../sql/backfill.sql", name = "backfill", requires = ["bootstrap"]);
extension_sql_file!("../sql/check.sql", name = "check", requires = ["bootstrap"]);
extension_sql_file!("../sql/policy.sql", name = "policy", requires = ["check"]);
extension_sql_file!("../sql/audit.sql", name = "audit", requires = ["bootstrap"]);
extension_sql_file!("../sql/allow.sql", name = "allow", requires = ["policy"]);
extension_sql_file!("../sql/guard.sql", name = "guard", requires = ["allow", "backfill", "audit"], finalize);

/// Runs when a process loads the library: at its first call of one of our functions, or before, if the library is preloaded.
#[pg_guard]
pub extern "C-unwind" fn _PG_init() {
    shim::self_check();
    guc::define();
    guard::install();
}
