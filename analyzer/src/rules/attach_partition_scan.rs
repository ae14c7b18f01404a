//! `attach-partition-scan`.

use super::{Context, Report, Rule};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::Action;

super::rule! {
    /// Attaching a partition reads it, and the default partition, to check the bound.
    ///
    /// **What it detects.** `ATTACH PARTITION` of a table that holds rows without a valid CHECK that could imply the bound, under a default
    /// partition that could hold rows of the new one, or under a foreign key or an index that the new partition lacks.
    ///
    /// **Why.** The parent stays usable, but the new partition and the default partition are read under an AccessExclusiveLock.
    ///
    /// **Instead.** Add a CHECK that implies the bound, NOT NULL of the key included, NOT VALID first, and validate it; on the default
    /// partition a CHECK that excludes the bound.
    ///
    /// **Does not fire when** a valid CHECK could imply the bound (whether it does is not judged: see unknown-effect), or the table is new,
    /// temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events ATTACH PARTITION orders FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE events_2026 (LIKE events);
    /// ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    AttachPartitionScan, "attach-partition-scan", Danger
}

impl Rule for AttachPartitionScan {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, root)) = context.alter() else { return Vec::new() };
        let attaches = alter.actions.iter().any(|action| matches!(action, Action::AttachPartition { .. }));
        if !attaches {
            return Vec::new();
        }
        let parent = super::name_of(&root);
        let read = context.disturbed().into_iter().filter(|touch| touch.scans == Some(true));
        let reports = read.map(|touch| {
            let table = super::name_of(&touch.relation);
            let message = format!("attaching a partition to {parent} reads all of {table} under lock");
            let report = context.report(Risk::Danger, &touch.relation, message);
            let report = report.detail(format!("{}.", super::waits(Some(touch.lock))));
            if referenced(&root, &touch.relation) {
                return report.hint(format!(
                    "A foreign key of {parent} references {table}: add the same foreign key to the partition NOT VALID, and validate it first."
                ));
            }
            report.hint(format!(
                "Add a CHECK to {table} that proves the bound (or excludes it, for the default partition) NOT VALID, and validate it first."
            ))
        });
        reports.collect()
    }
}

/// Whether the table is read because a foreign key of the partitioned table references it.
fn referenced(parent: &Relation, table: &Relation) -> bool {
    parent.constraints.iter().any(|one| one.references == Some(table.oid))
}
