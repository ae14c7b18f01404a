//! `update-without-where`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;

super::rule! {
    /// An UPDATE without WHERE changes every row in one transaction.
    ///
    /// **What it detects.** `UPDATE` without a WHERE clause (or with one that is always true: WHERE 1 = 1) on a table that holds rows, also inside WITH
    /// and with a FROM clause: a join alone is not counted on to leave rows out.
    ///
    /// **Why.** Every row stays locked until the transaction ends, the table doubles in size, and replicas lag behind.
    ///
    /// **Instead.** Change the rows in batches, each in its own transaction: zdm.backfill does that.
    ///
    /// **Does not fire when** there is a condition, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// UPDATE users SET active = true;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// UPDATE users SET active = true WHERE id = 1;
    /// ```
    ///
    /// **Known from** strong_migrations, online_migrations.
    UpdateWithoutWhere, "update-without-where", Danger
}

impl Rule for UpdateWithoutWhere {
    fn check(&self, context: &Context) -> Vec<Report> {
        let whole = context.kind().changes().iter().filter(|change| !change.delete && !change.filtered);
        let reports = whole.filter_map(|change| {
            let table = context.existing(&change.target.name).filter(|table| !context.is_harmless(table))?;
            let report = context.report(Risk::Danger, &table, format!("updates every row of {}", super::name_of(&table)));
            let report = report.detail("All rows stay locked until the transaction ends, and each leaves a dead version behind.");
            // zdm.backfill changes the tables below too
            let whole = !change.target.only || table.children.is_empty();
            let assignments = change.assignments.clone().filter(|_| whole).map(|range| context.slice(range));
            Some(match assignments.and_then(|assignments| hint::backfill(context, &table, assignments)) {
                Some(call) => report.instead(&[call]),
                None => report.hint("Change the rows in batches, each in its own transaction."),
            })
        });
        reports.collect()
    }
}
