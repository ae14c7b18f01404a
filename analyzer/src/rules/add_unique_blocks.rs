//! `add-unique-blocks`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Action, ConstraintDef};
use crate::{chosen, quote};

super::rule! {
    /// A unique constraint builds its index while nobody can use the table.
    ///
    /// **What it detects.** `ADD CONSTRAINT ... UNIQUE` without USING INDEX, and `ADD COLUMN ... UNIQUE`, on a table that holds rows.
    ///
    /// **Why.** The index is built under an AccessExclusiveLock, so that reads and writes wait for as long as it takes.
    ///
    /// **Instead.** Build a unique index CONCURRENTLY and add the constraint USING INDEX: then it is instant.
    ///
    /// **Does not fire when** the constraint takes over an index, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE (email);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
    /// ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
    /// ```
    ///
    /// **Known from** squawk (`disallowed-unique-constraint`), eugene (`E7`), strong_migrations, online_migrations, Atlas (`PG105`).
    AddUniqueBlocks, "add-unique-blocks", Danger
}

impl Rule for AddUniqueBlocks {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let added = context.added(action).find(|added| added.kind == ConstraintKind::Unique && added.using_index.is_none())?;
            if context.adds_nothing(relation, action) {
                return None;
            }
            let table = super::name_of(relation);
            let report =
                context.report(Risk::Danger, relation, format!("adding a unique constraint builds an index on {table} under lock"));
            let report = report.detail(format!("{}.", super::waits(context.sum(relation).0)));
            Some(if relation.kind == RelationKind::PartitionedTable {
                report.hint(format!(
                    "Build the index on each partition CONCURRENTLY, create it ON ONLY {table}, and attach the partitions' indexes."
                ))
            } else if matches!(action, Action::AddConstraint(_)) && added.plain_index {
                report.instead_of_action(context, &steps(context, relation, added))
            } else if matches!(action, Action::AddColumn { .. }) {
                report.hint("Add the column without UNIQUE, then build a unique index CONCURRENTLY, and add the constraint USING INDEX.")
            } else {
                // one WITHOUT OVERLAPS cannot take over an index
                report.hint("Do it when nobody uses the table, with a short lock_timeout.")
            })
        })
    }
}

/// The index, and the constraint that takes it over.
fn steps(context: &Context, relation: &Relation, added: &ConstraintDef) -> [String; 2] {
    let name = chosen::constraint(context.script(), relation, added);
    let (name, table) = (quote::ident(&name), super::name_of(relation));
    [
        format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({}){}", hint::columns(&added.columns), added.index_clauses),
        format!("{} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}{}", hint::alter(context, relation), added.deferral),
    ]
}
