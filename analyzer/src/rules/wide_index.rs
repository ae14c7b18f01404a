//! `wide-index`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// An index on many columns serves few queries more than one on the first of them.
    ///
    /// **What it detects.** `CREATE INDEX` with more than three key columns on a table that holds rows, unless it is UNIQUE.
    ///
    /// **Why.** A B-tree narrows a search by its first columns; those after a range condition only filter. Each column makes the index
    /// bigger, and an update of any of them is a write to the index.
    ///
    /// **Instead.** Keep the columns that queries compare with =, then one with a range. Columns that are only read belong into INCLUDE.
    ///
    /// **Does not fire when** it has three keys or less, is unique or no B-tree, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_wide_idx ON users (active, age, name, email);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_narrow_idx ON users (active, age) INCLUDE (name, email);
    /// ```
    ///
    /// **Known from** strong_migrations.
    WideIndex, "wide-index", Caution
}

impl Rule for WideIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let table =
            context.existing(&create.table.name).filter(|table| !context.is_harmless(table) && !context.creates_nothing(create, table));

        let Some(table) = table.filter(|_| create.keys > MANY && !create.unique && create.method == "btree") else { return Vec::new() };
        let report =
            context.report(Risk::Caution, &table, format!("an index on {} columns of {}", create.keys, super::name_of(&table))).aside();
        vec![
            report
                .detail("The first columns narrow a search down; each further one makes the index bigger, and more updates write to it.")
                .hint("Keep the columns that queries compare, and put those that they only read into INCLUDE (...)."),
        ]
    }
}

/// More keys than that are many.
const MANY: usize = 3;
