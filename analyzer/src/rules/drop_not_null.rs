//! `drop-not-null`.

use super::{Context, Report, Rule};
use crate::catalog::{Constraint, ConstraintKind};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// Without NOT NULL, programs meet NULLs that they never had to expect.
    ///
    /// **What it detects.** `ALTER COLUMN ... DROP NOT NULL`, and on PostgreSQL 18 `DROP CONSTRAINT` of a not-null constraint, on a table
    /// that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is held only briefly, but code that reads the column may fail on the first NULL, and the way back
    /// reads the whole table. A column of the primary key, or one with an identity, cannot lose it: then the statement fails.
    ///
    /// **Instead.** Deploy code that can read NULL first; set a short lock_timeout.
    ///
    /// **Does not fire when** the column may hold NULL already, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN level DROP NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN email DROP NOT NULL;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-not-null`).
    DropNotNull, "drop-not-null", Caution
}

impl Rule for DropNotNull {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let name = match action {
                Action::DropNotNull { column } => column,
                Action::DropConstraint { name, .. } => {
                    let constraint = relation.constraints.iter().find(|one| one.name == *name)?;
                    (constraint.kind == ConstraintKind::NotNull).then(|| constraint.columns.first())??
                }
                _ => return None,
            };
            let column = relation.columns.iter().find(|column| column.name == *name && column.not_null)?;
            let key = |one: &Constraint| one.kind == ConstraintKind::PrimaryKey && one.columns.contains(name);
            let what = match () {
                () if relation.constraints.iter().any(key) => "The statement fails, since the column is in the primary key.",
                () if column.identity => "The statement fails, since the column has an identity.",
                () => "Code that reads the column may not expect NULL.",
            };
            let message = format!("column {} of {} may hold NULL from then on", quote::ident(name), super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).about_names();
            let report = report.detail(format!("{what} {}", context.brief_lock(relation)));
            Some(report.hint("Deploy code that can read NULL first, set a short lock_timeout, and try again when it fails."))
        })
    }
}
