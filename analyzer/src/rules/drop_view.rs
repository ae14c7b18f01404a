//! `drop-view`.

use super::{Context, Report, Rule};
use crate::catalog::RelationKind;
use crate::finding::Risk;

super::rule! {
    /// Dropping a view or a sequence breaks programs that still use it.
    ///
    /// **What it detects.** `DROP VIEW`, `DROP MATERIALIZED VIEW`, `DROP SEQUENCE`.
    ///
    /// **Why.** The lock is held only briefly, but statements that name it fail from then on.
    ///
    /// **Instead.** Deploy code that no longer uses it first. To change a view, CREATE OR REPLACE VIEW.
    ///
    /// **Does not fire when** it is new or temporary, or does not exist (IF EXISTS).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP VIEW active_users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE OR REPLACE VIEW active_users AS SELECT id, active FROM users;
    /// ```
    DropView, "drop-view", Danger
}

impl Rule for DropView {
    fn check(&self, context: &Context) -> Vec<Report> {
        let dropped = context.dropped().into_iter().filter(|one| !super::is_private(one));
        let reports = dropped.filter_map(|relation| {
            let what = match relation.kind {
                RelationKind::View => "view",
                RelationKind::MaterializedView => "materialized view",
                RelationKind::Sequence => "sequence",
                _ => return None,
            };
            let report = context.report(Risk::Danger, &relation, format!("drops {what} {}", super::name_of(&relation))).about_names();
            Some(report.detail("Statements that name it fail.").hint("Make sure that no running code uses it."))
        });
        reports.collect()
    }
}
