//! `index-on-updated-table`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// An index on a column that is updated often makes every such update dearer.
    ///
    /// **What it detects.** `CREATE INDEX` on columns of which one is in no index yet, on a table with 10,000 updates or more, of which half
    /// or more were HOT.
    ///
    /// **Why.** An update that changes no indexed column is HOT: it writes to no index, and its dead rows go without VACUUM. An update of the
    /// newly indexed column no longer is, and writes to all indexes of the table.
    ///
    /// **Instead.** Find out whether the column is among those that are updated. If it is, an index on only some rows (WHERE) or a BRIN index
    /// costs less.
    ///
    /// **Does not fire when** the table is updated seldom, its columns are indexed already, the index is a BRIN index or on expressions, or
    /// the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY counters_hits_idx ON counters (hits);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY counters_hits_idx ON counters USING brin (hits);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    IndexOnUpdatedTable, "index-on-updated-table", Caution
}

impl Rule for IndexOnUpdatedTable {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let table =
            context.existing(&create.table.name).filter(|table| !context.is_harmless(table) && !context.creates_nothing(create, table));

        let columns = create.columns.as_deref().unwrap_or_default();
        let Some(table) = table.filter(|_| create.method != "brin") else { return Vec::new() };
        let indexed =
            |column: &String| table.indexes.iter().any(|index| index.columns.contains(column) || index.expression_columns.contains(column));
        if columns.iter().all(indexed) {
            return Vec::new();
        }
        let Some((updates, hot)) = context.script().catalog().update_counts(table.oid) else { return Vec::new() };
        if updates < OFTEN || hot < updates / 2 {
            return Vec::new();
        }
        let report =
            context.report(Risk::Caution, &table, format!("{} is updated often without writing to its indexes", super::name_of(&table)));
        vec![
            report
                .aside()
                .detail(format!("Of its {updates} updates {hot} were HOT; one that changes a column of this index no longer is."))
                .hint("Find out whether its columns are among those that are updated; a BRIN index, or one with WHERE, costs less."),
        ]
    }
}

/// So many updates are many.
const OFTEN: u64 = 10_000;
