//! `drop-constraint`.

use super::{Context, Report, Rule};
use crate::catalog::{Column, Constraint, ConstraintKind, Relation};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A dropped constraint no longer keeps bad rows out.
    ///
    /// **What it detects.** `DROP CONSTRAINT` of a valid CHECK, UNIQUE or EXCLUDE constraint on a table that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is held only briefly, but from then on rows that break the constraint can be written, and the
    /// constraint comes back only when all of them are gone. With UNIQUE goes its index, and INSERT ... ON CONFLICT on its columns fails.
    ///
    /// **Instead.** Make sure that no running code relies on it; set a short lock_timeout.
    ///
    /// **Does not fire when** the constraint is NOT VALID, the text itself added it, the text adds one of the same name soon after, it says no more than that a NOT NULL column is not
    /// null, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people DROP CONSTRAINT people_level_positive;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people DROP CONSTRAINT people_email_present;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-constraint`).
    DropConstraint, "drop-constraint", Caution
}

impl Rule for DropConstraint {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::DropConstraint { name, cascade, .. } = action else { return None };
            let constraint = relation.constraints.iter().find(|one| one.name == *name)?;
            if context.adds_soon(relation, |added| added.name.as_ref() == Some(name)) {
                return None;
            }
            let what = match constraint.kind {
                ConstraintKind::Check if !constraint.validated || says_nothing(relation, constraint) => return None,
                ConstraintKind::Check => "Rows that break it can be written from then on.",
                ConstraintKind::Unique => {
                    "Its index goes with it, the same value can be written twice, and INSERT ... ON CONFLICT on its columns fails."
                }
                ConstraintKind::Exclusion => "Its index goes with it, and rows that exclude each other can be written.",
                _ => return None,
            };
            let message = format!("drops constraint {} of {}", quote::ident(name), super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).about_names();
            let needing = super::drop_primary_key::needing(context, relation, constraint, *cascade);
            let report = report.detail(format!("{what}{needing} {}", context.brief_lock(relation)));
            Some(report.hint("Make sure that no running code relies on it, set a short lock_timeout, and try again when it fails."))
        })
    }
}

/// `c IS NOT NULL` of a column that is NOT NULL anyway, or a constraint of the text's own.
fn says_nothing(relation: &Relation, constraint: &Constraint) -> bool {
    let Some(expression) = &*constraint.expression else { return true };
    let plain = expression.trim_matches(|letter| letter == '(' || letter == ')');
    let says = |column: &Column| column.not_null && plain == format!("{} IS NOT NULL", quote::ident(&column.name));
    relation.columns.iter().any(says)
}
