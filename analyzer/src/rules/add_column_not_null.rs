//! `add-column-not-null`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A new NOT NULL column without a default fails on a table with rows.
    ///
    /// **What it detects.** `ADD COLUMN ... NOT NULL` without DEFAULT, on a table that holds rows.
    ///
    /// **Why.** The first row has no value for it, so the statement fails, after it waited for an AccessExclusiveLock; and an application
    /// that does not know the column could no longer insert.
    ///
    /// **Instead.** Give a constant default, which costs nothing, or add the column nullable, fill it, and make it NOT NULL then.
    ///
    /// **Does not fire when** there is a default, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN city text NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN city text NOT NULL DEFAULT '';
    /// ```
    ///
    /// **Known from** squawk (`adding-required-field`), Atlas (`MF103`).
    AddColumnNotNull, "add-column-not-null", Caution
}

impl Rule for AddColumnNotNull {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            let filled = column.generated.is_some() || crate::effects::fills(context.script(), column);
            if !column.not_null || filled || context.adds_nothing(relation, action) {
                return None;
            }
            let name = quote::ident(&column.name);
            let message = format!("adding column {name} NOT NULL without a default fails if {} has rows", super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message);
            let report = report.detail("Rows that exist have no value for it.");
            Some(report.hint(format!("Add a constant DEFAULT, or add {name} nullable, fill it, and set it NOT NULL then.")))
        })
    }
}
