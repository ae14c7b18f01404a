//! `inherited-definition`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::ir::{Action, AlterTable, Kind, Renamed};
use crate::quote;

super::rule! {
    /// The statement would fail, because a table and those below it must stay alike.
    ///
    /// **What it detects.** `DROP COLUMN`, `RENAME COLUMN`, `ALTER COLUMN ... TYPE` and `DROP CONSTRAINT` on a partition or child of what comes from
    /// above; `ADD COLUMN` to a partition; `ALTER TABLE ONLY` of a table with others below that adds a column or a CHECK, renames a column, changes its
    /// type, or drops a partitioned table's column; `CHECK ... NO INHERIT` on a partitioned table; a change of a partition key's column.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** Change the table above, without ONLY: what is below it follows.
    ///
    /// **Does not fire when** the column or constraint is the table's own, or nothing is below it.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events_2024 ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE events ADD COLUMN note text;
    /// ```
    InheritedDefinition, "inherited-definition", Caution
}

impl Rule for InheritedDefinition {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let found = match context.kind() {
            Kind::AlterTable(alter) => context.existing(&alter.target.name).and_then(|relation| {
                let table = Table { context, relation: &relation, only: alter.target.only };
                context.actions(alter).find_map(|action| table.refused(alter, action)).map(|why| (relation.clone(), why))
            }),
            Kind::Rename(rename) => match &rename.what {
                Renamed::Column { from, .. } => context.existing(&rename.target.name).and_then(|relation| {
                    let table = Table { context, relation: &relation, only: rename.target.only };
                    table.inherited_column(from).or_else(|| table.only_here(from)).map(|why| (relation.clone(), why))
                }),
                _ => None,
            },
            _ => None,
        };
        let report = found.map(|(relation, why)| {
            let above = relation.parents.iter().find_map(|oid| context.script().get(*oid));
            let hint = match above {
                Some(above) => format!("Change {}: what is below it follows.", super::name_of(&above)),
                None => "Leave out what the message names, or do it without ONLY.".to_owned(),
            };
            context.failure(Some(&relation), why).hint(hint)
        });
        report.into_iter().collect()
    }
}

/// The table that is altered.
struct Table<'a, 'c> {
    context: &'a Context<'c>,
    relation: &'a Relation,
    only: bool,
}

impl Table<'_, '_> {
    fn refused(&self, alter: &AlterTable, action: &Action) -> Option<String> {
        let name = super::name_of(self.relation);
        let partitioned = self.relation.kind == RelationKind::PartitionedTable;
        match action {
            Action::AddColumn { .. } if self.context.adds_nothing(self.relation, action) => None,
            Action::AddColumn { .. } if self.relation.is_partition => {
                Some(format!("{name} is a partition, which has no columns of its own"))
            }
            Action::AddColumn { column, .. } => self.only_here(&column.name),
            Action::DropColumn { name: column, .. } => self.inherited_column(column).or_else(|| {
                let below = partitioned && self.only && self.exists(column) && self.has_below();
                below.then(|| format!("column {} of {name} cannot be dropped without that of its partitions", quote::ident(column)))
            }),
            Action::AlterType { column, .. } if self.exists(column) => self.inherited_column(column).or_else(|| self.only_here(column)),
            Action::DropConstraint { name: constraint, .. } => {
                let own = |kind: ConstraintKind| self.relation.constraints.iter().any(|one| one.name == *constraint && one.kind == kind);
                // PostgreSQL 18 leaves it to the partitions
                if partitioned && self.only && self.has_below() && own(ConstraintKind::Check) && self.context.script().major() < 18 {
                    return Some(format!(
                        "constraint {} of {name} cannot be dropped without that of its partitions",
                        quote::ident(constraint)
                    ));
                }
                // what is dropped above in the same text is gone here too
                let own = self.relation.constraints.iter().find(|one| one.name == *constraint && one.kind == ConstraintKind::Check)?;
                let above = self
                    .above()
                    .find(|above| above.constraints.iter().any(|one| one.name == own.name && one.kind == own.kind && !one.no_inherit))?;
                Some(format!("constraint {} of {name} comes from {}", quote::ident(constraint), super::name_of(&above)))
            }
            Action::AddConstraint(added) if added.kind == ConstraintKind::Check => {
                let named = |action: &&Action| matches!(action, Action::AddConstraint(other) if std::ptr::eq(other, added));
                alter.actions.iter().find(named)?;
                match (added.no_inherit, partitioned) {
                    (true, true) => Some(format!("{name} is partitioned, and a CHECK of it cannot be NO INHERIT")),
                    (false, _) if self.only && self.has_below() => {
                        Some(format!("a CHECK of {name} must be added to the tables below it too"))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn above(&self) -> impl Iterator<Item = std::rc::Rc<Relation>> {
        self.relation.parents.iter().filter_map(|oid| self.context.script().get(*oid))
    }

    fn has_below(&self) -> bool {
        self.relation.children.iter().any(|oid| self.context.script().get(*oid).is_some())
    }

    fn exists(&self, column: &str) -> bool {
        self.relation.columns.iter().any(|one| one.name == column)
    }

    fn inherited_column(&self, column: &str) -> Option<String> {
        let above = self.above().filter(|_| self.exists(column)).find(|above| above.columns.iter().any(|one| one.name == column))?;
        Some(format!("column {} of {} comes from {}", quote::ident(column), super::name_of(self.relation), super::name_of(&above)))
    }

    /// ONLY, of a table with others below that have the column, or must get it.
    fn only_here(&self, column: &str) -> Option<String> {
        let name = super::name_of(self.relation);
        (self.only && self.has_below())
            .then(|| format!("column {} of {name} must be the same in the tables below it", quote::ident(column)))
    }
}
