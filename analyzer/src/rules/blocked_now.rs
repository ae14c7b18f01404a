//! `blocked-now`.

use super::{Context, Report, Rule, Turn, activity};
use crate::finding::Risk;
use crate::lock::LockMode;

super::rule! {
    /// Somebody holds a lock right now that the statement would wait for.
    ///
    /// **What it detects.** A ShareLock or a stronger one, needed on a table on which another session, a prepared transaction or an
    /// autovacuum holds a conflicting lock now, in a transaction that is older than a second.
    ///
    /// **Why.** The statement would wait for that transaction, and every later query of the table would wait behind the statement. The
    /// answer holds for the moment only.
    ///
    /// **Instead.** Wait until it is gone, or end it; run the statement under a short lock_timeout. An autovacuum gives way by itself,
    /// unless it works to prevent wraparound.
    ///
    /// **Does not fire when** nobody holds such a lock; in the guard, which does not ask.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE audit ADD COLUMN more text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// COMMENT ON TABLE audit IS 'who did what';
    /// ```
    ///
    /// **Known from** smaller tools.
    BlockedNow, "blocked-now", Caution
}

/// So many relations of one statement are asked about.
const ASKED: usize = 16;

impl Rule for BlockedNow {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let strong =
            context.effects().touches().iter().filter(|touch| touch.lock >= LockMode::Share && !super::is_private(&touch.relation));
        let found = strong.take(ASKED).find_map(|touch| {
            let all = context.script().catalog().lock_holders(touch.relation.oid, touch.lock);
            let first = all.first()?.clone();
            Some((touch, first, all.len()))
        });
        let report = found.map(|(touch, first, count)| {
            let name = super::name_of(&touch.relation);
            let blocker = activity::blocker(&first, &name);
            let message = format!("would wait now for {}", blocker.who);
            let more = if count > 1 { format!(" {} more hold such locks.", count - 1) } else { String::new() };
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            report.detail(format!("{}{more}", blocker.detail)).hint(blocker.hint)
        });
        report.into_iter().collect()
    }
}
