//! `detach-pending`.

use super::{Context, Report, Rule, Turn, hint};
use crate::finding::Risk;
use crate::ir::{Action, Detach, Kind, QualifiedName};

super::rule! {
    /// A partition of the table is only half detached.
    ///
    /// **What it detects.** `ALTER TABLE` or `CREATE TABLE ... PARTITION OF` a partitioned table of which an earlier DETACH PARTITION ...
    /// CONCURRENTLY was interrupted.
    ///
    /// **Why.** Queries no longer see the rows of that partition, but it still counts as one: another DETACH CONCURRENTLY fails, and its
    /// bound may stand in the way of a new partition.
    ///
    /// **Instead.** Finish what was begun with DETACH PARTITION ... FINALIZE first.
    ///
    /// **Does not fire when** the statement does that.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE logs ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE logs DETACH PARTITION logs_2025 FINALIZE;
    /// ```
    DetachPending, "detach-pending", Caution
}

impl Rule for DetachPending {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let parents: Vec<&QualifiedName> = match context.kind() {
            Kind::AlterTable(alter) => {
                let finishes = |action: &Action| matches!(action, Action::DetachPartition { how: Detach::Finalize, .. });
                if alter.actions.iter().any(finishes) { Vec::new() } else { vec![&alter.target.name] }
            }
            Kind::CreateTable(create) if create.partition.is_some() => create.parents.iter().collect(),
            _ => Vec::new(),
        };
        let pending = parents.into_iter().filter_map(|name| {
            let parent = context.existing(name).filter(|parent| !parent.children.is_empty())?;
            let partition = context.script().catalog().detach_pending(parent.oid).and_then(|oid| context.script().get(oid))?;
            Some((parent, partition))
        });
        let reports = pending.map(|(parent, partition)| {
            let (table, name) = (super::name_of(&parent), super::name_of(&partition));
            let report = context.report(Risk::Caution, &parent, format!("partition {name} of {table} is only half detached"));
            report
                .aside()
                .detail("A DETACH PARTITION ... CONCURRENTLY was interrupted. Queries no longer see its rows, but it still counts as a partition.")
                .hint(format!("Finish that first: {} DETACH PARTITION {name} FINALIZE.", hint::alter(context, &parent)))
        });
        reports.collect()
    }
}
