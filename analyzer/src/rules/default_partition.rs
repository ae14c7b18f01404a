//! `default-partition`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Action, Bound, Kind, QualifiedName};

super::rule! {
    /// With a default partition, every new partition has to look through it.
    ///
    /// **What it detects.** `CREATE TABLE ... PARTITION OF ... DEFAULT` and `ATTACH PARTITION ... DEFAULT`, where others use the partitioned
    /// table.
    ///
    /// **Why.** Before another partition is made or attached the default one is read under an AccessExclusiveLock, to see whether it holds
    /// rows of the new one. Rows that are there make the statement fail, and have to be moved by hand.
    ///
    /// **Instead.** Make partitions ahead of time, so that none is needed. If it has to be, keep it empty, and give it a CHECK that excludes
    /// the next partition before that is attached.
    ///
    /// **Does not fire when** the partitioned table is new or temporary, or the partition has bounds.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE events_rest PARTITION OF events DEFAULT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    DefaultPartition, "default-partition", Caution
}

impl Rule for DefaultPartition {
    fn check(&self, context: &Context) -> Vec<Report> {
        let parents: Vec<&QualifiedName> = match context.kind() {
            Kind::CreateTable(table) if table.partition.as_ref().is_some_and(|bound| bound.bound == Bound::Default) => {
                table.parents.iter().collect()
            }
            Kind::AlterTable(alter) => {
                let default = |action: &Action| matches!(action, Action::AttachPartition { bound, .. } if bound.bound == Bound::Default);
                if alter.actions.iter().any(default) { vec![&alter.target.name] } else { Vec::new() }
            }
            _ => Vec::new(),
        };
        let tables = parents.into_iter().filter_map(|name| context.existing(name)).filter(|table| !super::is_private(table));
        let reports = tables.map(|table| {
            let message = format!("each later partition of {} will have its default partition read", super::name_of(&table));
            let report = context.report(Risk::Caution, &table, message).aside();
            report
                .detail("That is done under an AccessExclusiveLock, and fails if it holds rows of the new partition.")
                .hint("Make partitions ahead of time instead, or keep this one empty.")
        });
        reports.collect()
    }
}
