//! `redundant-index`.

use super::{Context, Report, Rule, hint};
use crate::catalog::Index;
use crate::finding::Risk;
use crate::ir::{CreateIndex, Kind};
use crate::quote;

super::rule! {
    /// An index that exists already serves what the new one is for.
    ///
    /// **What it detects.** `CREATE INDEX` on columns that are the same as, or the first ones of, the key of a valid index of the table;
    /// both are B-trees, with nothing special about operator classes, collations, order or rows.
    ///
    /// **Why.** Every write maintains both, and the planner rarely has a reason to use the shorter one.
    ///
    /// **Instead.** Leave it out. If the shorter one is wanted because it is smaller, drop the other.
    ///
    /// **Does not fire when** the new index is unique and the old one is not, one of them has a WHERE clause, an expression or INCLUDE, the
    /// old one is invalid or dropped by the text, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_by_email ON users (email);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_by_email ON users (email, name);
    /// CREATE INDEX CONCURRENTLY users_by_lower_email ON users (lower(email));
    /// CREATE UNIQUE INDEX CONCURRENTLY users_one_email ON users (email);
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    RedundantIndex, "redundant-index", Caution
}

impl Rule for RedundantIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let (Some(columns), true, "btree") = (&create.columns, create.plain, create.method.as_str()) else { return Vec::new() };
        let Some(table) =
            context.existing(&create.table.name).filter(|table| !context.is_harmless(table) && !context.creates_nothing(create, table))
        else {
            return Vec::new();
        };
        let serves = |index: &&Index| {
            if !index.valid || !index.columns.starts_with(columns) {
                return false;
            }
            let dropped = context.script().get(index.oid).is_none();
            let shape = context.script().catalog().index_shape(index.oid).filter(|_| !dropped);
            shape.is_some_and(|shape| shape.plain && shape.method == "btree" && covers(create, columns, index, &shape.keys))
        };
        let Some(index) = table.indexes.iter().filter(|index| create.name.as_ref() != Some(&index.name)).find(serves) else {
            return Vec::new();
        };
        let old = quote::qualified(&table.schema, &index.name);
        let message = format!("index {old} already serves ({})", hint::columns(columns));
        let report = context.report(Risk::Caution, &table, message).aside();
        vec![report.detail("Every write has to maintain both.").hint("Leave the statement out, unless the old index is to be dropped.")]
    }
}

/// A unique index proves something that another index does not.
fn covers(create: &CreateIndex, columns: &[String], index: &Index, keys: &[String]) -> bool {
    if create.unique { index.unique && keys == columns } else { !columns.is_empty() && keys.starts_with(columns) }
}
