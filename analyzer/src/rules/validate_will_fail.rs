//! `validate-will-fail`.

use super::{Context, Report, Rule};
use crate::catalog::ConstraintKind;
use crate::ir::Action;

super::rule! {
    /// A constraint that the rows break cannot be validated.
    ///
    /// **What it detects.** `VALIDATE CONSTRAINT`, and `ADD CHECK` without NOT VALID, where the constraint demands that a column is not
    /// null in which the last ANALYZE found NULLs.
    ///
    /// **Why.** All rows are read up to the first one that breaks the constraint, and then the statement fails.
    ///
    /// **Instead.** Put the rows right first, in batches, and run ANALYZE.
    ///
    /// **Does not fire when** ANALYZE found none, never ran, or the caller may not read the column; the text changes rows of the column
    /// before; the constraint is valid; or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people VALIDATE CONSTRAINT people_nick_present;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people VALIDATE CONSTRAINT people_email_present;
    /// ```
    ValidateWillFail, "validate-will-fail", Caution
}

impl Rule for ValidateWillFail {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let demanded = match action {
                Action::ValidateConstraint { name } => {
                    let one = relation.constraints.iter().find(|one| one.name == *name && !one.validated)?;
                    match (one.kind, &one.expression) {
                        (ConstraintKind::NotNull, _) => one.columns.clone(),
                        (ConstraintKind::Check, Some(expression)) => context.script().proves_not_null(expression).to_vec(),
                        _ => return None,
                    }
                }
                Action::AddConstraint(added) if added.kind == ConstraintKind::Check && added.enforced && !added.not_valid => {
                    added.proves.clone()
                }
                _ => return None,
            };
            demanded.iter().find_map(|column| super::set_not_null_has_nulls::nulls(context, relation, column))
        })
    }
}
