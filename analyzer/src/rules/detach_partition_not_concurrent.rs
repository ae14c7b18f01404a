//! `detach-partition-not-concurrent`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{Action, Detach, Kind};
use crate::{chosen, quote};

super::rule! {
    /// Detaching a partition without CONCURRENTLY locks the whole partitioned table.
    ///
    /// **What it detects.** `DETACH PARTITION` without CONCURRENTLY, of a partitioned table that others use.
    ///
    /// **Why.** An AccessExclusiveLock on the parent keeps everybody out of all partitions, and waits for every query that runs on them.
    ///
    /// **Instead.** DETACH PARTITION ... CONCURRENTLY, outside a transaction block. It leaves a CHECK behind that says what the bound said,
    /// which can be dropped in a moment. It cannot be used while there is a default partition.
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
    ///
    /// **Known from** squawk (`require-concurrent-partition-detach`).
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
            None => match steps(context, &parent) {
                Some(steps) => report.instead(&steps),
                None => report.hint("Detach it CONCURRENTLY, which takes a lock that lets readers and writers pass."),
            },
        }]
    }
}

/// CONCURRENTLY leaves a CHECK behind that says what the bound said, which a plain DETACH does not.
fn steps(context: &Context, parent: &Rc<Relation>) -> Option<[String; 2]> {
    let Kind::AlterTable(alter) = context.kind() else { return None };
    let [Action::DetachPartition { partition, .. }] = alter.actions.as_slice() else { return None };
    let partition = context.existing(partition)?;
    let mut keys: Vec<String> = Vec::new();
    let mut above = Some(Rc::clone(parent));
    while let Some(table) = above {
        let facts = context.script().catalog().table_facts(table.oid)?;
        keys.extend(facts.partition_key.into_iter().filter(|column| !keys.contains(column)).collect::<Vec<_>>());
        above = if table.is_partition { table.parents.first().and_then(|oid| context.script().get(*oid)) } else { None };
    }
    let left_behind = quote::ident(&chosen::bound(context.script(), &partition, &keys));
    let drop = format!("ALTER TABLE {} DROP CONSTRAINT IF EXISTS {left_behind}", super::name_of(&partition));
    Some([format!("{} CONCURRENTLY", context.text()), drop])
}
