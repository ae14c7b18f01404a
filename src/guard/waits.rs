//! What a statement would wait for: DDL that waits for a strong lock has everybody else wait behind it.

use super::tell::tell;
use super::{message, shim};
use crate::catalog::LiveCatalog;
use crate::error::{Error, Report, sqlstate};
use crate::guc::{self, GuardMode};
use pgrx::pg_sys;
use zdm_analyzer::catalog::{Catalog, Oid};
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::LockMode;
use zdm_analyzer::{Foreseen, quote};

/// The locks of a statement behind which others would queue.
fn queues(foreseen: &[Foreseen]) -> impl Iterator<Item = (Oid, LockMode)> {
    foreseen.iter().filter(|one| one.lock >= LockMode::Share && !one.private).map(|one| (one.relation, one.lock))
}

/// Whoever has held a lock that is in the way for longer than `zdm.max_blocker_age`, as a finding about the statement.
pub fn blocker(foreseen: &[Foreseen], statement: &Finding, owner: pg_sys::Oid) -> Result<Option<Finding>, Error> {
    let age = guc::MAX_BLOCKER_AGE.get();
    if age == 0 {
        return Ok(None);
    }
    let catalog = LiveCatalog::for_guard(owner);
    let found = queues(foreseen).find_map(|(relation, lock)| {
        let one = catalog.old_blocker(relation, lock, f64::from(age))?;
        let relation = catalog.shared(relation)?;
        let name = quote::qualified(&relation.schema, &relation.name);
        let blocker = zdm_analyzer::blocker(&one, &name);
        Some(Finding {
            object: Some(name),
            relation: Some(relation.oid),
            risk: Risk::Danger,
            rule: Some("blocked-now"),
            lock: Some(lock),
            blocks: lock.blocks(),
            estimate: None,
            message: format!("would wait for {}", blocker.who),
            detail: Some(format!("{} While it waits, everybody else waits behind it.", blocker.detail)),
            hint: Some(blocker.hint),
            runnable: false,
            ..statement.clone()
        })
    });
    catalog.finish()?;
    Ok(found)
}

/// Sets `lock_timeout` for the transaction if the statement needs a strong lock and there is none. In `warn` a session that has set it to 0 is
/// taken at its word, as pg_restore does: a restore is not to fail for it.
pub fn limit(foreseen: &[Foreseen], mode: GuardMode) -> Result<(), Error> {
    let milliseconds = guc::DEFAULT_LOCK_TIMEOUT.get();
    let Some((_, lock)) = queues(foreseen).next() else { return Ok(()) };
    if milliseconds == 0 || !shim::wait_at_most(milliseconds, mode == GuardMode::Warn)? {
        return Ok(());
    }
    let report_ = Report {
        sqlstate: sqlstate::SUCCESSFUL_COMPLETION,
        message: format!("lock_timeout is {} until the end of this transaction", message::milliseconds(milliseconds)),
        detail: Some(format!("While a statement waits for {}, everybody else waits behind it.", with_article(lock))),
        hint: Some("Set lock_timeout, or zdm.default_lock_timeout, to something else.".to_owned()),
    };
    tell(pg_sys::NOTICE, &report_);
    Ok(())
}

fn with_article(lock: LockMode) -> String {
    let name = lock.pg_name();
    format!("{} {name}", if name.starts_with('A') || name.starts_with('E') { "an" } else { "a" })
}
