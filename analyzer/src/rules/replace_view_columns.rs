//! `replace-view-columns`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::RelationKind;
use crate::ir::{Fact, Kind};
use crate::quote;

super::rule! {
    /// CREATE OR REPLACE VIEW can only add columns at the end.
    ///
    /// **What it detects.** `CREATE OR REPLACE VIEW` of a view whose columns would be fewer, or have other names, or another order.
    ///
    /// **Why.** The statement fails: the columns that are there must stay, in their order.
    ///
    /// **Instead.** Keep the old columns and put new ones at the end. To rename one: ALTER VIEW ... RENAME COLUMN.
    ///
    /// **Does not fire when** the old columns stay, the new ones cannot be told from the text (`SELECT *`), or the view is new.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE OR REPLACE VIEW recent AS SELECT id, note FROM orders;
    /// CREATE OR REPLACE VIEW daily AS SELECT id FROM orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE OR REPLACE VIEW daily AS SELECT id, status, note FROM orders;
    /// ```
    ///
    /// **Known from** squawk (`ban-replace-view-function`).
    ReplaceViewColumns, "replace-view-columns", Caution
}

impl Rule for ReplaceViewColumns {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateView { name, replace: true } = context.kind() else { return Vec::new() };
        let columns = context.facts().iter().find_map(|fact| match fact {
            Fact::ViewColumns(columns) => Some(columns),
            _ => None,
        });
        let (Some(columns), Some(view)) = (columns, context.existing(name).filter(|view| view.kind == RelationKind::View)) else {
            return Vec::new();
        };
        let wrong = view.columns.iter().enumerate().find(|(at, old)| columns.get(*at) != Some(&old.name));
        let report = wrong.map(|(at, old)| {
            let old = quote::ident(&old.name);
            let becomes = match columns.get(at) {
                Some(new) => format!("column {old} would become {}", quote::ident(new)),
                None => format!("column {old} would go"),
            };
            let report = context.failure(Some(&view), format!("{becomes} in view {}", super::name_of(&view)));
            report
                .detail("CREATE OR REPLACE VIEW keeps the columns that are there, and can only add others at the end.")
                .hint("Keep the old columns in their order. To rename one, ALTER VIEW ... RENAME COLUMN.")
        });
        report.into_iter().collect()
    }
}
