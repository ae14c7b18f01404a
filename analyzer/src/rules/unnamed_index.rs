//! `unnamed-index`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// An index without a name, built CONCURRENTLY, cannot be found again when it fails.
    ///
    /// **What it detects.** `CREATE INDEX CONCURRENTLY` without a name on a table that holds rows.
    ///
    /// **Why.** The server makes a name up. When the statement fails an invalid index stays behind that no statement of the migration names,
    /// and every write maintains it; run again, it builds a second one beside it.
    ///
    /// **Instead.** Name the index; DROP INDEX CONCURRENTLY IF EXISTS then makes the migration repeatable.
    ///
    /// **Does not fire when** it has a name, is built without CONCURRENTLY (then nothing stays behind), or the table is new, temporary or
    /// empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY ON users (age);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    UnnamedIndex, "unnamed-index", Caution
}

impl Rule for UnnamedIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let table =
            context.existing(&create.table.name).filter(|table| !context.is_harmless(table) && !context.creates_nothing(create, table));

        let Some(table) = table.filter(|_| create.name.is_none() && create.concurrently) else { return Vec::new() };
        let report = context.report(Risk::Caution, &table, format!("the index on {} has no name of its own", super::name_of(&table)));
        vec![
            report
                .aside()
                .detail("If the statement fails an invalid index stays; run again, it builds a second one.")
                .hint("Name the index."),
        ]
    }
}
