//! `detach-partition-not-concurrent`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Action, Detach};

super::rule! {
    /// Detaching a partition without CONCURRENTLY locks the whole partitioned table.
    ///
    /// **What it detects.** `DETACH PARTITION` without CONCURRENTLY, of a partitioned table that others use.
    ///
    /// **Why.** An AccessExclusiveLock on the parent keeps everybody out of all partitions, and waits for every query that runs on them.
    ///
    /// **Instead.** DETACH PARTITION ... CONCURRENTLY, outside a transaction block. It cannot be used while there is a default partition.
    ///
    /// **Does not fire when** CONCURRENTLY or FINALIZE is there, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events DETACH PARTITION events_2024;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
    /// ```
    DetachPartitionNotConcurrent, "detach-partition-not-concurrent", Caution
}

impl Rule for DetachPartitionNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, parent)) = context.alter().filter(|(_, parent)| !context.is_harmless(parent)) else { return Vec::new() };
        let plain = |action: &Action| matches!(action, Action::DetachPartition { how: Detach::Plain, .. });
        if !alter.actions.iter().any(plain) {
            return Vec::new();
        }
        let report = context.report(Risk::Caution, &parent, format!("detaching a partition locks all of {}", super::name_of(&parent)));
        let report = report.about_names().detail(format!(
            "{}; it waits for every query that runs on any partition, and whoever comes later waits behind it.{}",
            super::waits(Some(crate::lock::LockMode::AccessExclusive)),
            context.others(&parent)
        ));
        vec![match parent.default_partition.and_then(|oid| context.script().get(oid)) {
            Some(default) => report.hint(format!(
                "CONCURRENTLY cannot be used while there is a default partition ({}). Set a short lock_timeout, and try again when it fails.",
                super::name_of(&default)
            )),
            None => report.hint(format!("{} CONCURRENTLY;", context.text())),
        }]
    }
}
