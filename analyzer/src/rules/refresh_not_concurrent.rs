//! `refresh-not-concurrent`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Refreshing a materialized view without CONCURRENTLY keeps its readers waiting.
    ///
    /// **What it detects.** `REFRESH MATERIALIZED VIEW` without CONCURRENTLY, of one that holds rows.
    ///
    /// **Why.** An AccessExclusiveLock is held while the query runs and the rows are written.
    ///
    /// **Instead.** REFRESH MATERIALIZED VIEW CONCURRENTLY, for which the view needs a unique index on plain columns.
    ///
    /// **Does not fire when** CONCURRENTLY is there, or the view is new or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// REFRESH MATERIALIZED VIEW sales_by_day;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_day;
    /// ```
    ///
    /// **Known from** 5 of the tools named in check.md.
    RefreshNotConcurrent, "refresh-not-concurrent", Danger
}

impl Rule for RefreshNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Refresh { view, concurrently: false } = context.kind() else { return Vec::new() };
        let Some(view) = context.existing(view).filter(|view| !context.is_harmless(view)) else { return Vec::new() };
        let message = format!("refreshing {} keeps its readers waiting", super::name_of(&view));
        // how long it takes is decided by what its query reads
        let report = context.report(Risk::Danger, &view, message).for_a_moment().detail(format!("{}.", super::waits(context.sum(&view).0)));
        let ready = view.indexes.iter().any(|index| index.unique && index.valid && !index.partial_or_expression);
        let better = hint::insert_after(context.text(), &["view"], "CONCURRENTLY")
            .filter(|text| ready && !text.to_ascii_lowercase().ends_with("with no data"));
        vec![match better {
            Some(better) => report.instead(&[better]),
            None => report.hint("Create a unique index on it, then REFRESH MATERIALIZED VIEW CONCURRENTLY."),
        }]
    }
}
