//! `alter-sequence`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind};

super::rule! {
    /// A changed sequence gives out no number until the transaction ends.
    ///
    /// **What it detects.** `ALTER SEQUENCE` that changes how numbers are given out (RESTART, INCREMENT, AS, CACHE, ...).
    ///
    /// **Why.** A ShareRowExclusiveLock on the sequence keeps nextval waiting, and with it every INSERT that takes its number there. Alone
    /// that is short; in a transaction with other work it is not.
    ///
    /// **Instead.** Run it alone. To set the counter without any lock: SELECT setval(...).
    ///
    /// **Does not fire when** only the owner column changes, or the sequence is new or temporary.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER SEQUENCE tickets RESTART WITH 1000;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SELECT setval('tickets', 1000, false);
    /// ```
    ///
    /// **Known from** squawk (`ban-alter-sequence-values`).
    AlterSequence, "alter-sequence", Caution
}

impl Rule for AlterSequence {
    fn check(&self, context: &Context) -> Vec<Report> {
        let (Kind::Locks(locks), true) = (context.kind(), context.facts().contains(&Fact::ChangesSequence)) else { return Vec::new() };
        let sequences = locks.iter().filter_map(|lock| context.existing(&lock.target.name)).filter(|one| !super::is_private(one));
        let reports = sequences.map(|sequence| {
            let users = context.script().catalog().sequence_users(sequence.oid).unwrap_or_default();
            let tables = users.into_iter().filter_map(|oid| context.script().get(oid)).filter(|table: &Rc<_>| !super::is_private(table));
            let names: Vec<String> = tables.map(|table| super::name_of(&table)).collect();
            let report = context.report(
                Risk::Caution,
                &sequence,
                format!("nextval of {} waits until the transaction ends", super::name_of(&sequence)),
            );
            let detail = match names.as_slice() {
                [] => "Whoever takes a number from it waits.".to_owned(),
                names => format!("INSERTs that take their number there wait: {}.", names.join(", ")),
            };
            report.detail(detail).hint("Run it alone in its transaction.")
        });
        reports.collect()
    }
}
