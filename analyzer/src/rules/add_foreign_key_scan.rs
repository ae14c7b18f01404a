//! `add-foreign-key-scan`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, RelationKind};
use crate::chosen;
use crate::finding::Risk;
use crate::ir::Action;

super::rule! {
    /// A foreign key that is verified at once reads both tables while nobody can write to them.
    ///
    /// **What it detects.** `ADD CONSTRAINT ... FOREIGN KEY` without NOT VALID, and `ADD COLUMN ... REFERENCES` with a default, on a table
    /// that holds rows.
    ///
    /// **Why.** Both tables are locked against writes (ShareRowExclusiveLock; a new column: AccessExclusiveLock on its table) while every
    /// row looks for its counterpart.
    ///
    /// **Instead.** Add the constraint NOT VALID, commit, and run VALIDATE CONSTRAINT, which lets writes pass on both sides.
    ///
    /// **Does not fire when** the constraint is NOT VALID or NOT ENFORCED, the new column is nullable without default, or the referencing
    /// table is new, temporary or empty. PostgreSQL 15 to 17 know no NOT VALID foreign key on a partitioned table.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_ref_fkey FOREIGN KEY (ref) REFERENCES users (id);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_ref_fkey FOREIGN KEY (ref) REFERENCES users (id) NOT VALID;
    /// ALTER TABLE orders VALIDATE CONSTRAINT orders_ref_fkey;
    /// ```
    ///
    /// **Known from** squawk (`adding-foreign-key-constraint`), eugene (`E1`), strong_migrations, online_migrations, Atlas (`PG306`).
    AddForeignKeyScan, "add-foreign-key-scan", Danger
}

impl Rule for AddForeignKeyScan {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let added = context.added(action).find(|added| added.kind == ConstraintKind::ForeignKey && added.enforced)?;
            let column = match action {
                Action::AddColumn { column, .. } => Some(column),
                _ => None,
            };
            let filled = column.is_none_or(crate::effects::references_something);
            if !filled || (added.not_valid && !context.validates(added.name.as_deref())) {
                return None;
            }
            let referenced = added
                .references
                .as_ref()
                .map(|name| context.existing(name).map_or_else(|| name.to_string(), |found| super::name_of(&found)));
            let referenced = referenced.unwrap_or_default();
            let message = format!("adding a foreign key reads all of {} and {referenced} while writes wait", super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report
                .detail(format!("{}, and on {referenced} ShareRowExclusiveLock does the same.", super::waits(context.sum(relation).0)));
            Some(if column.is_some_and(|column| column.null_default) {
                report.hint("Leave DEFAULT NULL out: without a default nothing is read.")
            } else if column.is_some() {
                report.hint("Add the column first, then the foreign key as a constraint NOT VALID, commit, and validate it.")
            } else if relation.kind == RelationKind::PartitionedTable && context.script().major() < 18 {
                report.hint("Add the foreign key NOT VALID to each partition, validate each, and add it to the partitioned table last.")
            } else {
                match hint::not_valid(context, relation, action, &chosen::constraint(context.script(), relation, added))
                    .filter(|_| !added.not_valid)
                {
                    Some(steps) => report.instead_of_action(context, &steps),
                    None => report.hint("Add it NOT VALID, commit, and run VALIDATE CONSTRAINT."),
                }
            })
        })
    }
}
