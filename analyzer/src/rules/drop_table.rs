//! `drop-table`.

use super::{Context, Report, Rule};
use crate::catalog::RelationKind;
use crate::finding::Risk;

super::rule! {
    /// Dropping a table destroys its data and breaks programs that still use it.
    ///
    /// **What it detects.** `DROP TABLE` and `DROP FOREIGN TABLE` of a table that others see.
    ///
    /// **Why.** The data is gone, and old code fails. Tables at the other end of its foreign keys, and the parent of a partition, are
    /// locked with it.
    ///
    /// **Instead.** Rename the table, wait, and drop it when nothing missed it; drop its foreign keys first, one by one.
    ///
    /// **Does not fire when** the table is new or temporary, or does not exist (IF EXISTS). An empty table is a caution only.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TABLE orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP TABLE IF EXISTS no_such_table;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-table`), Atlas (`DS102`).
    DropTable, "drop-table", Danger
}

impl Rule for DropTable {
    fn check(&self, context: &Context) -> Vec<Report> {
        let tables = |kind| matches!(kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::ForeignTable);
        let dropped = context.dropped().into_iter().filter(|one| tables(one.kind) && !super::is_private(one));
        let reports = dropped.map(|table| {
            let report = context.report(Risk::Danger, &table, format!("drops table {}", super::name_of(&table)));
            let others = context.others(&table);
            report
                .about_names()
                .softened(context.is_empty(&table))
                .detail(format!("Its data is lost, and statements that name it fail.{others}"))
                .hint("Make sure that no running code uses the table, and that its data is kept elsewhere if it could be needed again.")
        });
        reports.collect()
    }
}
