//! `fk-missing-index`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Index, RelationKind};
use crate::chosen;
use crate::finding::Risk;
use crate::ir::{Kind, Statement};
use crate::quote;

super::rule! {
    /// No index begins with the referencing columns of the foreign key.
    ///
    /// **What it detects.** A foreign key added to a table that holds rows, where no valid index without WHERE begins with its columns, in
    /// whatever order.
    ///
    /// **Why.** Every DELETE in the referenced table, and every UPDATE of its key, reads the whole referencing table to look for rows that
    /// point there, and holds its locks meanwhile.
    ///
    /// **Instead.** Create the index CONCURRENTLY, before the foreign key.
    ///
    /// **Does not fire when** such an index exists, the text creates it before or after, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_owner_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY orders_user_id_idx ON orders (user_id);
    /// ALTER TABLE orders ADD CONSTRAINT orders_owner_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    /// ```
    ///
    /// **Known from** eugene (`E15`).
    FkMissingIndex, "fk-missing-index", Caution
}

impl Rule for FkMissingIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let added = context.added(action).find(|added| added.kind == ConstraintKind::ForeignKey && added.enforced)?;
            let starts = |keys: &[String]| keys.get(..added.columns.len()).is_some_and(|first| same(first, &added.columns));
            let indexed = |index: &Index| {
                if !starts(&index.columns) {
                    return false;
                }
                let keys = context.script().catalog().index_shape(index.oid).map(|shape| shape.keys);
                index.valid && !index.partial_or_expression && starts(&keys.unwrap_or_else(|| index.columns.clone()))
            };
            let key = |kind| matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique);
            let later = |statement: &Statement| match &statement.kind {
                Kind::CreateIndex(create) => {
                    create.columns.as_deref().is_some_and(starts)
                        && context.existing(&create.table.name).is_some_and(|on| on.oid == relation.oid)
                }
                _ => false,
            };
            if added.columns.is_empty()
                || relation.indexes.iter().any(indexed)
                || relation.constraints.iter().any(|one| key(one.kind) && starts(&one.columns))
                || context
                    .alter()?
                    .0
                    .actions
                    .iter()
                    .flat_map(|action| context.added(action))
                    .any(|one| key(one.kind) && starts(&one.columns))
                || context.soon().any(later)
            {
                return None;
            }
            let (table, columns) = (super::name_of(relation), hint::columns(&added.columns));
            let message = format!("no index of {table} serves the foreign key on ({columns})");
            let report = context.report(Risk::Caution, relation, message).aside();
            let report = report.detail("Each DELETE in the referenced table, and each UPDATE of its key, reads the whole table.");
            Some(match relation.kind {
                RelationKind::PartitionedTable => report.hint("Build an index on these columns of each partition CONCURRENTLY first."),
                _ => {
                    let name = quote::ident(&chosen::index(context.script(), relation, &added.columns.join("_")));
                    report.hint(format!("Build one first: CREATE INDEX CONCURRENTLY {name} ON {table} ({columns})."))
                }
            })
        })
    }
}

fn same(one: &[String], other: &[String]) -> bool {
    one.iter().all(|column| other.contains(column))
}
