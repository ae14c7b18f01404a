//! `not-valid-and-validate-same-transaction`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A constraint added NOT VALID and validated in the same transaction gains nothing.
    ///
    /// **What it detects.** `VALIDATE CONSTRAINT` of a constraint that an earlier statement of the same transaction added, on a table that
    /// holds rows.
    ///
    /// **Why.** The strong lock of ADD CONSTRAINT is held to the end of the transaction, so that everybody waits while the rows are read:
    /// the same as without NOT VALID.
    ///
    /// **Instead.** Commit between the two.
    ///
    /// **Does not fire when** the transaction was committed in between, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    /// ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD CONSTRAINT users_age_positive CHECK (age > 0) NOT VALID;
    /// COMMIT;
    /// ALTER TABLE users VALIDATE CONSTRAINT users_age_positive;
    /// ```
    ///
    /// **Known from** squawk (`constraint-missing-not-valid`).
    NotValidAndValidateSameTransaction, "not-valid-and-validate-same-transaction", Danger
}

impl Rule for NotValidAndValidateSameTransaction {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::ValidateConstraint { name } = action else { return None };
            let constraint = relation.constraints.iter().find(|one| one.name == *name && !one.validated)?;
            let held = context.held_on(relation, constraint)?;
            if !context.past().has_added(relation.oid, name) {
                return None;
            }
            let table = super::name_of(relation);
            let message = format!("validates constraint {} of {table} in the transaction that added it", quote::ident(name));
            let mut report = context.report(Risk::Danger, relation, message);
            report.lock = report.lock.max(Some(held));
            let detail = format!("The rows are read while the lock of ADD CONSTRAINT is still held: {}.", super::waits(Some(held)));
            let validate = format!("{} VALIDATE CONSTRAINT {}", hint::alter(context, relation), quote::ident(name));
            Some(report.detail(detail).hint(format!("Commit before it, and run {validate} in a transaction of its own.")))
        })
    }
}
