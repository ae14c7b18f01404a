//! `nearly-all-rows`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::weigh::size::count;

super::rule! {
    /// A WHERE that leaves next to nothing out changes nearly every row in one transaction.
    ///
    /// **What it detects.** `UPDATE` and `DELETE` of one table that is not small, whose WHERE the server's planner expects to keep nine rows of ten or more. It goes
    /// by what ANALYZE found; the statement is not run.
    ///
    /// **Why.** All these rows stay locked until the transaction ends, an UPDATE may double the table, and replicas lag behind: much as without a WHERE.
    ///
    /// **Instead.** Change the rows in batches, each in its own transaction: zdm.backfill does that.
    ///
    /// **Does not fire when** the condition has a subquery or calls a function of a user, another table is joined, a column that it names was never analyzed, the
    /// caller may not read the table, another session holds an ACCESS EXCLUSIVE lock on it, it has more than 100 partitions, or it is new, temporary, empty or small.
    /// The guard does not ask.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// UPDATE metrics SET value = 0 WHERE value IS NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// UPDATE metrics SET value = 0 WHERE value = 17;
    /// ```
    ///
    /// **Known from** 4 of the tools named in check.md, without WHERE or by an estimate.
    NearlyAllRows, "nearly-all-rows", Caution
}

/// Of so many rows it is nearly all.
const NEARLY_ALL: f64 = 0.9;

impl Rule for NearlyAllRows {
    fn check(&self, context: &Context) -> Vec<Report> {
        let [change] = context.kind().changes() else { return Vec::new() };
        // the planner takes names as the session has them
        if !change.filtered || context.script().has_path() {
            return Vec::new();
        }
        let table = context.existing(&change.target.name).filter(|table| !context.is_harmless(table) && !context.is_small(table));
        let asked = table.and_then(|table| Some((context.script().catalog().share_of_rows(table.oid, context.text())?, table)));
        let Some((share, table)) = asked.filter(|(share, _)| share.kept >= 1.0 && share.kept >= NEARLY_ALL * share.all) else {
            return Vec::new();
        };
        let (changes, batches) = match change.delete {
            true => ("deletes", "Delete in batches"),
            false => ("updates", "Change the rows in batches"),
        };
        let report = context.report(Risk::Caution, &table, format!("{changes} nearly every row of {}", super::name_of(&table)));
        let expected =
            format!("The planner expects the condition to keep {} of {}.", count(share.kept).trim_end_matches(" rows"), count(share.all));
        let report =
            report.detail(format!("{expected} All of them stay locked until the transaction ends, and each leaves a dead version behind."));
        vec![report.hint(format!("{batches}, each in its own transaction."))]
    }
}
