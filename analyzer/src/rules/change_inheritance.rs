//! `change-inheritance`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Action, Fact};

super::rule! {
    /// Rows come into, or go out of, what queries of the parent table see.
    ///
    /// **What it detects.** `INHERIT` and `NO INHERIT` of a table that holds rows.
    ///
    /// **Why.** From the end of the transaction on, a query of the parent returns other rows. The AccessExclusiveLock on the table is held
    /// briefly.
    ///
    /// **Instead.** Make sure that programs which read the parent expect that; under a short lock_timeout.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders NO INHERIT all_orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (LIKE orders INCLUDING CONSTRAINTS);
    /// ALTER TABLE fresh INHERIT orders;
    /// ```
    ///
    /// **Known from** squawk (`ban-detach-inheritance`).
    ChangeInheritance, "change-inheritance", Caution
}

impl Rule for ChangeInheritance {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, relation)) = context.alter().filter(|(_, relation)| !context.is_harmless(relation)) else { return Vec::new() };
        let comes = alter.actions.iter().filter_map(|action| match action {
            Action::Inherit { parent } => Some((parent, "come into")),
            _ => None,
        });
        let goes = context.facts().iter().filter_map(|fact| match fact {
            Fact::NoInherit(parent) => Some((parent, "leave")),
            _ => None,
        });
        let reports = comes.chain(goes).map(|(parent, what)| {
            let report =
                context.report(Risk::Caution, &relation, format!("rows of {} {what} queries of {parent}", super::name_of(&relation)));
            report.about_names().detail(context.brief_lock(&relation)).hint("Make sure that programs that read the parent expect it.")
        });
        reports.collect()
    }
}
