//! `concurrently-in-transaction`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Action, Detach, Kind};

super::rule! {
    /// CONCURRENTLY does not work inside a transaction block.
    ///
    /// **What it detects.** `CREATE INDEX`, `DROP INDEX`, `REINDEX` and `DETACH PARTITION` with CONCURRENTLY, and `VACUUM`, between BEGIN and COMMIT of
    /// the text, or while the session that asks is in a transaction block.
    ///
    /// **Why.** These statements commit several times on their way. Inside a block they fail, and the transaction fails with them.
    ///
    /// **Instead.** Run them on their own. Migration tools have a switch for files without a transaction.
    ///
    /// **Does not fire when** no block is open where the statement stands.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// BEGIN;
    /// COMMIT;
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// ```
    ///
    /// **Known from** squawk (`ban-concurrent-index-creation-in-transaction`), Atlas (`PG103`).
    ConcurrentlyInTransaction, "concurrently-in-transaction", Caution
}

impl Rule for ConcurrentlyInTransaction {
    fn check(&self, context: &Context) -> Vec<Report> {
        let what = match context.kind() {
            Kind::CreateIndex(create) if create.concurrently => "CREATE INDEX CONCURRENTLY",
            Kind::Drop(drop) if drop.concurrently => "DROP INDEX CONCURRENTLY",
            Kind::Reindex { concurrently: true, .. } => "REINDEX CONCURRENTLY",
            Kind::AlterTable(alter) if alter.actions.iter().any(detaches) => "DETACH PARTITION CONCURRENTLY",
            Kind::Vacuum { .. } => "VACUUM",
            _ => return Vec::new(),
        };
        if !context.in_block() {
            return Vec::new();
        }
        let relation = context.main_relation();
        let report =
            context.report_on(Risk::Caution, relation.as_ref(), format!("a transaction block is open, in which {what} cannot run"));
        let report = report.aside().fails().detail("The statement fails, and the transaction with it.");
        vec![report.hint("Run it on its own, outside of BEGIN and COMMIT.")]
    }
}

fn detaches(action: &Action) -> bool {
    matches!(action, Action::DetachPartition { how: Detach::Concurrently, .. })
}
