//! `drop-partition-locks-parent`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::{Dropped, Kind};

super::rule! {
    /// Dropping a partition locks the whole partitioned table.
    ///
    /// **What it detects.** `DROP TABLE` of a partition whose parent others use.
    ///
    /// **Why.** An AccessExclusiveLock on the parent keeps everybody out of all partitions, and waits for every query that runs on them.
    ///
    /// **Instead.** Detach it CONCURRENTLY first; then nobody uses it when it is dropped. There must be no default partition.
    ///
    /// **Does not fire when** the parent is dropped by the same statement, or is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TABLE events_2024;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
    /// ```
    DropPartitionLocksParent, "drop-partition-locks-parent", Caution
}

impl Rule for DropPartitionLocksParent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let Dropped::Relations(names) = &drop.what else { return Vec::new() };
        let dropped: Vec<_> = names.iter().filter_map(|name| context.existing(name)).collect();
        let partitions = dropped.iter().filter(|one| one.is_partition && !super::is_private(one));
        let reports = partitions.filter_map(|partition| {
            let parent = partition.parents.first().and_then(|oid| context.script().get(*oid))?;
            if dropped.iter().any(|one| one.oid == parent.oid) || context.is_harmless(&parent) {
                return None;
            }
            let (table, name) = (super::name_of(&parent), super::name_of(partition));
            let report = context.report(Risk::Caution, &parent, format!("dropping partition {name} locks all of {table}"));
            let report = report.about_names().detail(format!(
                "{}; it waits for every query that runs on any partition.",
                super::waits(Some(crate::lock::LockMode::AccessExclusive))
            ));
            Some(match (parent.default_partition, dropped.as_slice()) {
                (Some(_), _) => report.hint("Set a short lock_timeout, and try again when it fails."),
                (None, [_]) => report.instead(&[
                    format!("{} DETACH PARTITION {name} CONCURRENTLY", hint::alter(context, &parent)),
                    context.text().to_owned(),
                ]),
                (None, _) => report.hint("Detach each partition CONCURRENTLY first, and drop it then."),
            })
        });
        reports.collect()
    }
}
