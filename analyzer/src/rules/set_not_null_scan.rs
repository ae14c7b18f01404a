//! `set-not-null-scan`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Relation};
use crate::finding::Risk;
use crate::ir::Action;
use crate::{chosen, quote};

super::rule! {
    /// SET NOT NULL reads the whole table while nobody can use it.
    ///
    /// **What it detects.** `ALTER COLUMN ... SET NOT NULL`, and on PostgreSQL 18 `ADD CONSTRAINT ... NOT NULL` without NOT VALID, on a
    /// table that holds rows, where nothing proves that there is no NULL.
    ///
    /// **Why.** Every row is read under an AccessExclusiveLock: reads and writes wait for as long as that takes.
    ///
    /// **Instead.** Up to 17: add CHECK (column IS NOT NULL) NOT VALID, commit, validate it; then SET NOT NULL reads nothing, and the CHECK
    /// can go in a statement of its own. On 18: ADD CONSTRAINT ... NOT NULL ... NOT VALID, commit, VALIDATE CONSTRAINT.
    ///
    /// **Does not fire when** the column is NOT NULL already, a valid CHECK proves it, alone or in an AND list, and is not dropped by the
    /// same statement; or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age SET NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    /// ```
    ///
    /// **Known from** squawk (`adding-not-nullable-field`), eugene (`E2`), strong_migrations, online_migrations, Atlas (`PG303`).
    SetNotNullScan, "set-not-null-scan", Danger
}

impl Rule for SetNotNullScan {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let column = match action {
                Action::SetNotNull { column } => column,
                Action::AddConstraint(added) if added.kind == ConstraintKind::NotNull && !added.not_valid => added.columns.first()?,
                _ => return None,
            };
            let (alter, _) = context.alter()?;
            if !crate::effects::set_not_null_scans(context.effects(), alter, relation, column) {
                return None;
            }
            let message = format!("setting column {} NOT NULL reads all of {} under lock", quote::ident(column), super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Nothing proves that the column holds no NULL. {}.", super::waits(context.sum(relation).0)));
            Some(match better(context, relation, action, column) {
                Some(steps) => report.instead_of_action(context, &steps),
                None => report.hint("Add it NOT VALID, commit, and run VALIDATE CONSTRAINT."),
            })
        })
    }
}

/// The way that reads the rows under a lock which lets others pass.
fn better(context: &Context, relation: &Relation, action: &Action, column: &str) -> Option<Vec<String>> {
    let half_done = relation
        .constraints
        .iter()
        .find(|one| one.kind == ConstraintKind::NotNull && !one.validated && one.columns.iter().any(|name| name == column));
    if let Some(constraint) = half_done {
        return Some(vec![format!("{} VALIDATE CONSTRAINT {}", hint::alter(context, relation), quote::ident(&constraint.name))]);
    }
    if let Action::AddConstraint(added) = action {
        return hint::not_valid(context, relation, action, &chosen::constraint(context.script(), relation, added));
    }
    Some(hint::set_not_null(context, relation, column))
}
