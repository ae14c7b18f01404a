//! `lock-table-explicit`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind};

super::rule! {
    /// LOCK TABLE keeps others waiting for as long as the transaction takes.
    ///
    /// **What it detects.** `LOCK TABLE` in a mode that keeps readers or writers of a table that holds rows waiting.
    ///
    /// **Why.** Nothing but the end of the transaction gives the lock back, and all work that follows counts. No event trigger sees it.
    ///
    /// **Instead.** Leave it out where the statements that follow take their own locks. Where it is needed, NOWAIT or a short lock_timeout
    /// keeps later statements from queueing behind it.
    ///
    /// **Does not fire when** the mode lets readers and writers pass, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// LOCK TABLE users IN SHARE MODE;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// LOCK TABLE users IN ROW EXCLUSIVE MODE;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    LockTableExplicit, "lock-table-explicit", Caution
}

impl Rule for LockTableExplicit {
    fn check(&self, context: &Context) -> Vec<Report> {
        let (Kind::Locks(locks), "LOCK TABLE") = (context.kind(), context.tag()) else { return Vec::new() };
        let disturbed = context.disturbed();
        let nowait = context.facts().contains(&Fact::Nowait);
        let tables = locks.iter().filter_map(|lock| context.existing(&lock.target.name));
        let reports = tables.filter(|table| disturbed.iter().any(|touch| touch.relation.oid == table.oid)).map(|table| {
            let lock = context.sum(&table).0;
            let mode = lock.map_or("a lock", |lock| lock.pg_name());
            let report =
                context.report(Risk::Caution, &table, format!("holds {mode} on {} to the end of the transaction", super::name_of(&table)));
            let report = report.detail(format!("{}, whatever it does until then.", super::waits(lock)));
            if nowait { report } else { report.hint("NOWAIT, or a short lock_timeout, keeps others from queueing behind it.") }
        });
        reports.collect()
    }
}
