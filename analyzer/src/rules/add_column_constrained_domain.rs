//! `add-column-constrained-domain`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A new column of a domain with constraints rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN` whose type is a domain with a CHECK or NOT NULL, on a table that holds rows; even without a
    /// default.
    ///
    /// **Why.** PostgreSQL verifies the domain for each row by writing the table anew, with all its indexes, under an AccessExclusiveLock.
    ///
    /// **Instead.** Give the column the domain's base type and put the condition into a CHECK on the table, NOT VALID first.
    ///
    /// **Does not fire when** the domain has no constraint, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN discount percent;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN discount int;
    /// ALTER TABLE users ADD COLUMN title label;
    /// ```
    AddColumnConstrainedDomain, "add-column-constrained-domain", Danger
}

impl Rule for AddColumnConstrainedDomain {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if context.adds_nothing(relation, action) || crate::effects::constrained_domain(context.script(), column) != Some(true) {
                return None;
            }
            let table = super::name_of(relation);
            let message = format!("adding column {} of domain {} rewrites {table}", quote::ident(&column.name), column.type_text);
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("The domain has constraints. {}.", super::waits(context.sum(relation).0)));
            Some(report.hint(
                "Use the domain's base type, and add the domain's condition as a CHECK constraint NOT VALID; validate it afterwards.",
            ))
        })
    }
}
