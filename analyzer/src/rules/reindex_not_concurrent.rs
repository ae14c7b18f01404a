//! `reindex-not-concurrent`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Rebuilding indexes without CONCURRENTLY keeps writers waiting.
    ///
    /// **What it detects.** `REINDEX` of an index, a table or a schema without CONCURRENTLY, where the table holds rows.
    ///
    /// **Why.** The table is locked against writes, and the index even against queries that would use it.
    ///
    /// **Instead.** REINDEX ... CONCURRENTLY, outside of a transaction block.
    ///
    /// **Does not fire when** CONCURRENTLY is there, or the tables are new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// REINDEX TABLE users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// REINDEX TABLE CONCURRENTLY users;
    /// ```
    ReindexNotConcurrent, "reindex-not-concurrent", Danger
}

impl Rule for ReindexNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Reindex { concurrently: false, .. } = context.kind() else { return Vec::new() };
        let read = context.disturbed().into_iter().filter(|touch| touch.scans == Some(true));
        let reports = read.map(|touch| {
            let message = format!("rebuilding the indexes of {} keeps writes waiting", super::name_of(&touch.relation));
            let report = context
                .report(Risk::Danger, &touch.relation, message)
                .detail(format!("{}, and queries that would use an index wait for it too.", super::waits(Some(touch.lock))));
            match hint::insert_after(context.text(), &["index", "table", "schema"], "CONCURRENTLY") {
                Some(better) => report.hint(better),
                None => report,
            }
        });
        reports.collect()
    }
}
