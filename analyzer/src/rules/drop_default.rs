//! `drop-default`.

use super::{Context, Report, Rule};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{Action, IdentityChange, Kind, Statement};
use crate::quote;

super::rule! {
    /// A NOT NULL column without a default makes the INSERTs of old code fail.
    ///
    /// **What it detects.** `DROP DEFAULT`, `SET DEFAULT NULL` and `DROP IDENTITY` of a column that is NOT NULL, on a table that holds
    /// rows.
    ///
    /// **Why.** The lock is held only briefly, but from that moment on every INSERT that leaves the column out fails. Frameworks that add a
    /// NOT NULL column with a default and drop it at once break the code that still runs.
    ///
    /// **Instead.** Keep the default until all running code writes the column.
    ///
    /// **Does not fire when** the column may hold NULL, the text gives it another default, an identity or drops its NOT NULL afterwards, or
    /// the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN level DROP DEFAULT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN level SET DEFAULT 2;
    /// ALTER TABLE people ALTER COLUMN level DROP DEFAULT, ALTER COLUMN level SET DEFAULT 3;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-default`).
    DropDefault, "drop-default", Danger
}

impl Rule for DropDefault {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let (name, what) = match action {
                Action::SetDefault { column, dropped: true } => (column, "default"),
                Action::Identity { column, change: IdentityChange::Drop } => (column, "identity"),
                _ => return None,
            };
            let column = relation.columns.iter().find(|column| column.name == *name && column.not_null)?;
            if !(column.has_default || column.identity) || replaced(context, relation, name) {
                return None;
            }
            let table = super::name_of(relation);
            let message = format!("column {} of {table} loses its {what} and is NOT NULL", quote::ident(name));
            let report = context.report(Risk::Danger, relation, message).about_names();
            let detail = format!("INSERTs that leave the column out fail from then on. {}", context.brief_lock(relation));
            Some(report.detail(detail).hint("Keep it until all running code writes the column."))
        })
    }
}

/// Whether the column gets something in its place, in the same statement or soon after.
fn replaced(context: &Context, relation: &Relation, name: &str) -> bool {
    let gives = |action: &Action| match action {
        Action::SetDefault { column, dropped: false }
        | Action::Identity { column, change: IdentityChange::Add { .. } }
        | Action::DropColumn { name: column, .. }
        | Action::DropNotNull { column } => column == name,
        _ => false,
    };
    let in_statement = |statement: &Statement| match &statement.kind {
        Kind::AlterTable(alter) => {
            alter.actions.iter().any(gives) && context.existing(&alter.target.name).is_some_and(|other| other.oid == relation.oid)
        }
        _ => false,
    };
    context.alter().is_some_and(|(alter, _)| alter.actions.iter().any(gives)) || context.soon().any(in_statement)
}
