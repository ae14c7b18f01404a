//! `validate-will-fail`.

use super::{Context, Report, Rule, rows};
use crate::catalog::{ConstraintKind, Question};
use crate::ir::Action;

super::rule! {
    /// A constraint that the rows break cannot be validated.
    ///
    /// **What it detects.** `VALIDATE CONSTRAINT`, and `ADD CHECK` without NOT VALID, where the constraint demands that a column is not
    /// null in which the last ANALYZE found NULLs. With `probe => true` also any CHECK that a row breaks now, a foreign key (`ADD` without NOT VALID,
    /// or `VALIDATE`) with a row whose other side is missing, and where that cannot be told.
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
                    match (one.kind, &*one.expression) {
                        (ConstraintKind::NotNull, _) => one.columns.clone(),
                        (ConstraintKind::Check, Some(expression)) => {
                            let known = context.script().catalog().shared(relation.oid)?.constraints.iter().any(|one| one.name == *name);
                            let seen =
                                known.then(|| rows::broken(context, relation, &one.columns, &Question::Constraint { name })).flatten();
                            if let Some(seen) = seen {
                                return seen;
                            }
                            context.script().proves_not_null(expression).to_vec()
                        }
                        (ConstraintKind::ForeignKey, _) => {
                            let referenced = context.script().get(one.references?)?;
                            let key = referenced.referenced_by.iter().find(|key| key.constraint == *name && key.table == relation.oid)?;
                            return rows::orphans(context, relation, &one.columns, &referenced, &key.columns).flatten();
                        }
                        _ => return None,
                    }
                }
                Action::AddConstraint(added) if added.enforced && !added.not_valid => match added.kind {
                    ConstraintKind::Check => {
                        let question = added.expression.as_deref().map(|sql| Question::Expression { sql });
                        if let Some(seen) = question.and_then(|question| rows::broken(context, relation, &added.columns, &question)) {
                            return seen;
                        }
                        added.proves.clone()
                    }
                    ConstraintKind::ForeignKey => return rows::new_orphans(context, relation, added).flatten(),
                    _ => return None,
                },
                _ => return None,
            };
            demanded.iter().find_map(|column| super::set_not_null_has_nulls::nulls(context, relation, column))
        })
    }
}
