//! `max-locks-exhaustion`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// The statement locks so many relations that the server's lock table may not hold them.
    ///
    /// **What it detects.** A statement whose locks on tables, partitions and their indexes would fill half of the shared lock table or
    /// more (max_locks_per_transaction for each of max_connections and max_prepared_transactions).
    ///
    /// **Why.** When the table is full, this statement or any other that needs a lock then fails with "out of shared memory".
    ///
    /// **Instead.** Work through the partitions in several transactions, or raise max_locks_per_transaction (which needs a restart).
    ///
    /// **Does not fire when** fewer relations are locked.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE measurements ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    MaxLocksExhaustion, "max-locks-exhaustion", Caution
}

/// Relations whose indexes need not be counted.
const FEW: usize = 10;

impl Rule for MaxLocksExhaustion {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        // Those take a transaction for each table.
        if matches!(context.kind(), Kind::Vacuum { .. } | Kind::AnalyzeAll | Kind::Cluster { .. } | Kind::Reindex { .. }) {
            return Vec::new();
        }
        let touches = context.effects().touches();
        // So few do not fill it, however many indexes they have.
        if touches.len() < FEW {
            return Vec::new();
        }
        let relations: usize = touches.iter().map(|touch| 1 + touch.relation.indexes.len()).sum();
        let locks = u64::try_from(relations).unwrap_or(u64::MAX);
        // No server has room for fewer than this.
        if locks < 50 {
            return Vec::new();
        }
        let slots = context.script().catalog().lock_slots().filter(|slots| locks.saturating_mul(2) >= *slots);
        let report = slots.map(|slots| {
            let report = context.remark(Risk::Caution, format!("locks {locks} relations at once"));
            report
                .detail(format!("The server has room for about {slots} locks of all sessions together (max_locks_per_transaction)."))
                .hint("Work through the partitions in several transactions, or raise max_locks_per_transaction.")
        });
        report.into_iter().collect()
    }
}
