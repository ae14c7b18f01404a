//! `delete-without-where`.

use super::{Context, Report, Rule};
use crate::finding::Risk;

super::rule! {
    /// A DELETE without WHERE removes every row in one transaction.
    ///
    /// **What it detects.** `DELETE` without a WHERE clause (or with one that is always true: WHERE 1 = 1) on a table that holds rows, also inside WITH
    /// or COPY and with a USING clause: a join alone is not counted on to leave rows out.
    ///
    /// **Why.** The data is gone, every row stays locked until the transaction ends, and the table is left full of dead rows.
    ///
    /// **Instead.** Delete in batches with a condition. If the table is to be empty and nobody uses it, TRUNCATE is faster.
    ///
    /// **Does not fire when** there is a condition, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DELETE FROM orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DELETE FROM orders WHERE status = 'cancelled';
    /// ```
    ///
    /// **Known from** 4 of the tools named in check.md.
    DeleteWithoutWhere, "delete-without-where", Danger
}

impl Rule for DeleteWithoutWhere {
    fn check(&self, context: &Context) -> Vec<Report> {
        let whole = context.kind().changes().iter().filter(|change| change.delete && !change.filtered);
        let tables = whole.filter_map(|change| context.existing(&change.target.name)).filter(|table| !context.is_harmless(table));
        let reports = tables.map(|table| {
            let report = context.report(Risk::Danger, &table, format!("deletes every row of {}", super::name_of(&table)));
            report
                .about_loss()
                .detail("All rows stay locked until the transaction ends, and the space of the dead ones comes back only after VACUUM.")
                .hint("Delete in batches with a WHERE clause, each in its own transaction.")
        });
        reports.collect()
    }
}
