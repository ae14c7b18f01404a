//! `drop-expression`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A column that was computed keeps its values, and is computed no more.
    ///
    /// **What it detects.** `ALTER COLUMN ... DROP EXPRESSION` of a generated column, on a table that holds rows.
    ///
    /// **Why.** The lock is held only briefly. From then on the column holds NULL in new rows, unless the code writes it, and old values no
    /// longer follow the columns they came from.
    ///
    /// **Instead.** Deploy code that writes the column first.
    ///
    /// **Does not fire when** the column is not generated or virtual (then it fails), or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN email_upper DROP EXPRESSION;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN email DROP DEFAULT;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-generated-expression`).
    DropExpression, "drop-expression", Caution
}

impl Rule for DropExpression {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::DropExpression { column: name } = action else { return None };
            relation
                .columns
                .iter()
                .find(|column| column.name == *name && column.generated.as_ref().is_some_and(|generated| generated.stored))?;
            let message = format!("column {} of {} is no longer computed", quote::ident(name), super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).about_names();
            let detail = format!("New rows hold NULL in it, unless the code writes it. {}", context.brief_lock(relation));
            Some(report.detail(detail).hint("Deploy code that writes the column first, and set a short lock_timeout."))
        })
    }
}
