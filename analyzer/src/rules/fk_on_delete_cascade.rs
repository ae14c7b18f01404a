//! `fk-on-delete-cascade`.

use super::{Context, Report, Rule};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;

super::rule! {
    /// One DELETE reaches into another table, as far as its rows go.
    ///
    /// **What it detects.** A foreign key with ON DELETE CASCADE added to a table that holds rows.
    ///
    /// **Why.** A DELETE of one row in the referenced table deletes all rows that point to it, in one transaction, however many they are,
    /// and their own cascades too.
    ///
    /// **Instead.** ON DELETE RESTRICT, and code that deletes in batches.
    ///
    /// **Does not fire when** the foreign key has another action, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_ref_fkey FOREIGN KEY (ref) REFERENCES users (id) ON DELETE CASCADE NOT VALID;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ADD CONSTRAINT orders_ref_fkey FOREIGN KEY (ref) REFERENCES users (id) ON DELETE RESTRICT NOT VALID;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    FkOnDeleteCascade, "fk-on-delete-cascade", Caution
}

impl Rule for FkOnDeleteCascade {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let key = context.added(action).find(|added| added.kind == ConstraintKind::ForeignKey && added.cascades)?;
            let referenced = context.existing(key.references.as_ref()?)?;
            let (table, other) = (super::name_of(relation), super::name_of(&referenced));
            let message = format!("a DELETE in {other} deletes all rows of {table} that point there");
            let report = context.report(Risk::Caution, relation, message).aside();
            let report = report.detail("They go in one transaction, however many they are.");
            Some(report.hint("Use ON DELETE RESTRICT, and delete in batches."))
        })
    }
}
