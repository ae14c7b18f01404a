//! `add-primary-key-blocks`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Action, ConstraintDef};
use crate::{chosen, quote};

super::rule! {
    /// A primary key builds its index while nobody can use the table.
    ///
    /// **What it detects.** `ADD PRIMARY KEY` and `ADD COLUMN ... PRIMARY KEY` on a table that holds rows; with USING INDEX only if a key
    /// column may be null.
    ///
    /// **Why.** The index is built under an AccessExclusiveLock. A nullable key column becomes NOT NULL on the way, for which the rows are
    /// read once more.
    ///
    /// **Instead.** Build a unique index CONCURRENTLY, make the columns NOT NULL in the safe way, and add the key USING INDEX: then it is
    /// instant.
    ///
    /// **Does not fire when** the index exists and its columns are NOT NULL (or a valid CHECK proves it), or the table is new, temporary or
    /// empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD PRIMARY KEY (id);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY orders_pkey ON orders (id);
    /// ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY USING INDEX orders_pkey;
    /// ```
    ///
    /// **Known from** squawk (`adding-serial-primary-key-field`), eugene (`W14`), Atlas (`PG104`).
    AddPrimaryKeyBlocks, "add-primary-key-blocks", Danger
}

impl Rule for AddPrimaryKeyBlocks {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let added = context.added(action).find(|added| added.kind == ConstraintKind::PrimaryKey)?;
            let table = super::name_of(relation);
            let lock = super::waits(context.sum(relation).0);
            if added.using_index.is_some() {
                return context.scans(relation).then(|| {
                    let report = context.report(Risk::Danger, relation, format!("adding the primary key reads all of {table} under lock"));
                    let report = report.detail(format!("A column of the index may be null, and every row is read to find out. {lock}."));
                    report.hint("Make the columns of the index NOT NULL first; the rule set-not-null-scan tells how.")
                });
            }
            let report = context.report(Risk::Danger, relation, format!("adding the primary key builds an index on {table} under lock"));
            let report = report.detail(format!("{lock}."));
            Some(if relation.kind == RelationKind::PartitionedTable {
                report.hint(format!(
                    "Build the index on each partition CONCURRENTLY, and add the key ON ONLY {table} before you attach them."
                ))
            } else if matches!(action, Action::AddConstraint(_)) && added.plain_index {
                report.instead_of_action(context, &steps(context, relation, added))
            } else {
                report.hint(format!(
                    "Make the columns NOT NULL, build a unique index CONCURRENTLY, and add the key to {table} USING INDEX, each by itself."
                ))
            })
        })
    }
}

/// The columns NOT NULL, the index, and the key that takes it over.
fn steps(context: &Context, relation: &Relation, added: &ConstraintDef) -> Vec<String> {
    let nullable = added.columns.iter().filter(|column| !crate::effects::is_not_null(relation, column));
    let mut steps: Vec<String> = nullable.flat_map(|column| hint::set_not_null(context, relation, column)).collect();
    let name = chosen::constraint(context.script(), relation, added);
    let (name, table) = (quote::ident(&name), super::name_of(relation));
    steps.extend([
        format!("CREATE UNIQUE INDEX CONCURRENTLY {name} ON {table} ({}){}", hint::columns(&added.columns), added.index_clauses),
        format!("{} ADD CONSTRAINT {name} PRIMARY KEY USING INDEX {name}{}", hint::alter(context, relation), added.deferral),
    ]);
    steps
}
