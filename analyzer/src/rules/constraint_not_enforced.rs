//! `constraint-not-enforced`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A constraint that is NOT ENFORCED keeps nothing out.
    ///
    /// **What it detects.** `ADD CONSTRAINT ... NOT ENFORCED` and `ALTER CONSTRAINT ... NOT ENFORCED` (PostgreSQL 18).
    ///
    /// **Why.** Rows that break it can be written, and the way back reads the whole table under lock: ALTER CONSTRAINT ... ENFORCED.
    ///
    /// **Instead.** NOT VALID, which keeps new rows in order at once and lets the old ones be checked later without blocking.
    ///
    /// **Does not fire when** the constraint is enforced, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT ENFORCED;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_user_fkey FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    ConstraintNotEnforced, "constraint-not-enforced", Caution
}

impl Rule for ConstraintNotEnforced {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let name = match action {
                Action::AlterConstraint { name, enforced: Some(false), .. } => format!(" {}", quote::ident(name)),
                _ => {
                    let added = context.added(action).find(|added| !added.enforced)?;
                    added.name.as_ref().map(|name| format!(" {}", quote::ident(name))).unwrap_or_default()
                }
            };
            let message = format!("constraint{name} of {} is not enforced", super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).about_names();
            let detail = format!("Rows that break it can be written from then on. {}", context.brief_lock(relation));
            Some(report.detail(detail).hint("Use NOT VALID instead, and VALIDATE CONSTRAINT in a later transaction."))
        })
    }
}
