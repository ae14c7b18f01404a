//! `validate-constraint-under-strong-lock`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// VALIDATE CONSTRAINT reads all rows while the transaction holds a lock that others wait for.
    ///
    /// **What it detects.** `VALIDATE CONSTRAINT` in a transaction that took a ShareLock or a stronger one on the table (for a foreign key:
    /// on either table) with an earlier statement.
    ///
    /// **Why.** By itself it lets reads and writes pass. The lock taken before is held to the end of the transaction, and everybody waits
    /// while the rows are read.
    ///
    /// **Instead.** Validate in a transaction of its own.
    ///
    /// **Does not fire when** no strong lock is held, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE people ADD COLUMN note text;
    /// ALTER TABLE people VALIDATE CONSTRAINT people_email_present;
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// ALTER TABLE people VALIDATE CONSTRAINT people_email_present;
    /// COMMIT;
    /// ```
    ///
    /// **Known from** strong_migrations.
    ValidateConstraintUnderStrongLock, "validate-constraint-under-strong-lock", Danger
}

impl Rule for ValidateConstraintUnderStrongLock {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::ValidateConstraint { name } = action else { return None };
            let constraint = relation.constraints.iter().find(|one| one.name == *name && !one.validated)?;
            let held = context.held_on(relation, constraint)?;
            if context.past().has_added(relation.oid, name) {
                return None;
            }
            let table = super::name_of(relation);
            let message = format!("validating constraint {} reads all of {table} under a lock taken before", quote::ident(name));
            let mut report = context.report(Risk::Danger, relation, message);
            report.lock = report.lock.max(Some(held));
            let detail = format!("The transaction holds a lock from an earlier statement: {}.", super::waits(Some(held)));
            let validate = format!("{} VALIDATE CONSTRAINT {}", hint::alter(context, relation), quote::ident(name));
            Some(report.detail(detail).hint(format!("Commit before it, and run {validate} in a transaction of its own.")))
        })
    }
}
