//! `attach-partition-scan`.

use std::rc::Rc;

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Index, Relation};
use crate::effects::lacking_indexes;
use crate::finding::Risk;
use crate::ir::{Action, AlterTable};
use crate::{chosen, quote};

super::rule! {
    /// Attaching a partition reads it, and the default partition, to check the bound.
    ///
    /// **What it detects.** `ATTACH PARTITION` of a table that holds rows without a valid CHECK that could imply the bound, under a default
    /// partition that could hold rows of the new one, or under a foreign key or an index that the new partition lacks.
    ///
    /// **Why.** The parent stays usable, but the new partition and the default partition are read under an AccessExclusiveLock.
    ///
    /// **Instead.** Add a CHECK that implies the bound, NOT NULL of the key included, NOT VALID first, and validate it; on the default
    /// partition a CHECK that excludes the bound. Build each index that the parent has on the table CONCURRENTLY first: it serves if all of it is the
    /// same (method, operator classes, collations, expressions, WHERE), and for an index of a constraint the table needs a constraint of that kind.
    ///
    /// **Does not fire when** a valid CHECK implies the bound and the table has all indexes and foreign keys of the parent (where that cannot be told:
    /// see unknown-effect), or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events ATTACH PARTITION events_import FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE events_2026 (LIKE events);
    /// ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// **Known from** 6 of the tools named in check.md.
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
            let lacking = partition_with(context, alter, &touch.relation).map(|child| lacking_indexes(context.script(), &root, &child));
            if let Some(hint) = lacking.and_then(|lacking| build_first(context, &root, &touch.relation, &lacking)) {
                return report.hint(hint);
            }
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

/// The table that is attached, if this is it or a partition of it.
fn partition_with(context: &Context, alter: &AlterTable, table: &Relation) -> Option<Rc<Relation>> {
    alter.actions.iter().find_map(|action| match action {
        Action::AttachPartition { partition, .. } => {
            let child = context.existing(partition)?;
            context.effects().members(&child).iter().any(|member| member.oid == table.oid).then_some(child)
        }
        _ => None,
    })
}

/// What to build before the table is attached; `None` when it is no index that lacks.
fn build_first(context: &Context, parent: &Relation, table: &Relation, lacking: &[(Index, bool)]) -> Option<String> {
    let steps: Vec<String> = lacking.iter().map(|(index, _)| step(context, parent, table, index)).collect();
    let steps = (!steps.is_empty()).then(|| steps.join("; "))?;
    Some(format!(
        "Give {} the indexes of {} first: {steps}. A CHECK that proves the bound, added NOT VALID and validated first, spares reading the rows for that.",
        super::name_of(table),
        super::name_of(parent)
    ))
}

/// The statements that make an index of the parent in the table.
fn step(context: &Context, parent: &Relation, table: &Relation, index: &Index) -> String {
    let on = super::name_of(table);
    let Some(definition) = definition(context, index) else {
        return format!("CREATE INDEX CONCURRENTLY on {on} like {}", quote::ident(&index.name));
    };
    let unique = if index.unique { "UNIQUE " } else { "" };
    let kind = parent.constraints.iter().find(|one| one.index == Some(index.oid) && index.oid != 0).map(|one| one.kind);
    let constraint = match kind {
        Some(ConstraintKind::PrimaryKey) => "PRIMARY KEY",
        Some(ConstraintKind::Unique) => "UNIQUE",
        Some(_) => return format!("no index serves for {}, an EXCLUDE constraint", quote::ident(&index.name)),
        None => return format!("CREATE {unique}INDEX CONCURRENTLY ON {on} {definition}"),
    };
    let name = quote::ident(&chosen::index(context.script(), table, &index.columns.join("_")));
    format!(
        "CREATE UNIQUE INDEX CONCURRENTLY {name} ON {on} {definition}; ALTER TABLE {on} ADD CONSTRAINT {name} {constraint} USING INDEX {name}"
    )
}

/// An index from its USING on, as the server writes it.
fn definition(context: &Context, index: &Index) -> Option<String> {
    let catalog = context.script().catalog();
    if index.oid != 0
        && let Some(found) = catalog.query(&format!("SELECT pg_catalog.pg_get_indexdef({}::oid)", index.oid))
        && let Some(Some(text)) = found.rows.first().and_then(|row| row.first())
        && let [_, definition] = text.split(" USING ").collect::<Vec<_>>().as_slice()
    {
        return Some(format!("USING {definition}"));
    }
    let plain = index.plain || catalog.index_shape(index.oid).is_some_and(|shape| shape.plain && shape.method == "btree");
    plain.then(|| format!("({})", hint::columns(&index.columns)))
}

/// Whether the table is read because a foreign key of the partitioned table references it.
fn referenced(parent: &Relation, table: &Relation) -> bool {
    parent.constraints.iter().any(|one| one.references == Some(table.oid))
}
