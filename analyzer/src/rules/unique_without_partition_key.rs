//! `unique-without-partition-key`.

use std::rc::Rc;

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::ir::{Action, Kind};

super::rule! {
    /// A unique constraint of a partitioned table must have the partition key in it.
    ///
    /// **What it detects.** `ADD PRIMARY KEY`, `ADD UNIQUE` and `CREATE UNIQUE INDEX` on a partitioned table, without all columns of its
    /// partition key.
    ///
    /// **Why.** The statement fails: each partition has an index of its own, and what is unique in each need not be unique in all.
    ///
    /// **Instead.** Add the columns of the partition key, or make the constraint on each partition.
    ///
    /// **Does not fire when** the columns are all there, the constraint is added ONLY to the partitioned table from an index that has them,
    /// or the key is an expression.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events ADD PRIMARY KEY (id);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE events ADD PRIMARY KEY (id, at);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    UniqueWithoutPartitionKey, "unique-without-partition-key", Caution
}

impl Rule for UniqueWithoutPartitionKey {
    fn check(&self, context: &Context) -> Vec<Report> {
        let (name, keys): (_, Vec<&[String]>) = match context.kind() {
            Kind::CreateIndex(create) if create.unique => (&create.table.name, create.columns.as_deref().into_iter().collect()),
            Kind::AlterTable(alter) => {
                let added = alter.actions.iter().filter_map(|action| match action {
                    Action::AddConstraint(added) if added.using_index.is_none() => Some(added),
                    _ => None,
                });
                let unique = added.filter(|added| matches!(added.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique));
                (&alter.target.name, unique.map(|added| added.columns.as_slice()).collect())
            }
            _ => return Vec::new(),
        };
        let Some(table) = context.existing(name).filter(|table| table.kind == RelationKind::PartitionedTable) else { return Vec::new() };
        keys.into_iter().take_while(|_| !context.interrupted()).filter_map(|columns| lacks(context, &table, columns)).collect()
    }
}

fn lacks(context: &Context, table: &Rc<Relation>, columns: &[String]) -> Option<Report> {
    let key = context.script().catalog().table_facts(table.oid)?.partition_key;
    let missing: Vec<String> = key.into_iter().filter(|column| !columns.contains(column)).collect();
    if missing.is_empty() {
        return None;
    }
    let name = super::name_of(table);
    let report = context.failure(Some(table), format!("what is unique in {name} must have its partition key in it"));
    Some(report.detail(format!("Not among the columns: {}.", hint::columns(&missing))).hint("Add the columns of the partition key."))
}
