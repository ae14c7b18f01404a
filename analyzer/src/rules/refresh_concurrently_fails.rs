//! `refresh-concurrently-fails`.

use super::{Context, Report, Rule, Turn};
use crate::ir::Kind;

super::rule! {
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY needs a unique index, and rows to compare with.
    ///
    /// **What it detects.** `REFRESH MATERIALIZED VIEW CONCURRENTLY` of one that has no valid unique index on plain columns without WHERE,
    /// or that was never populated.
    ///
    /// **Why.** The statement fails.
    ///
    /// **Instead.** Create the unique index first. One that was never populated nobody can read: refresh it once without CONCURRENTLY.
    ///
    /// **Does not fire when** both are there.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_day;
    /// ```
    RefreshConcurrentlyFails, "refresh-concurrently-fails", Caution
}

impl Rule for RefreshConcurrentlyFails {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Refresh { view, concurrently: true } = context.kind() else { return Vec::new() };
        let Some(view) = context.existing(view) else { return Vec::new() };
        let name = super::name_of(&view);
        if context.script().catalog().is_populated(view.oid) == Some(false) {
            let report = context.failure(Some(&view), format!("{name} was never populated"));
            return vec![report.instead(&[format!("REFRESH MATERIALIZED VIEW {name}")])];
        }
        if view.indexes.iter().any(|index| index.unique && index.valid && !index.partial_or_expression) {
            return Vec::new();
        }
        let report = context.failure(Some(&view), format!("{name} has no unique index"));
        vec![
            report
                .detail("CONCURRENTLY needs a valid unique index on plain columns, without WHERE.")
                .hint(format!("Create a unique index on {name} first, on columns that tell its rows apart.")),
        ]
    }
}
