//! `add-column-not-null`.

use super::{Context, Report, Rule, rows};
use crate::catalog::{Answer, Relation};
use crate::finding::Risk;
use crate::ir::{Action, ColumnDef};
use crate::quote;

super::rule! {
    /// A new NOT NULL column without a default fails on a table with rows.
    ///
    /// **What it detects.** `ADD COLUMN ... NOT NULL` without DEFAULT, on a table that may hold rows; with `probe => true`, one in which a row was found;
    /// and one that is empty now.
    ///
    /// **Why.** The first row has no value for it, so the statement fails, after it waited for an AccessExclusiveLock; and an application
    /// that does not know the column could no longer insert.
    ///
    /// **Instead.** Give a constant default, which costs nothing, or add the column nullable, fill it, and make it NOT NULL then.
    ///
    /// **Does not fire when** there is a default, or the table is new or temporary.
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
        let mut reports = context.each_action(|action, relation| {
            let column = unfilled(context, action, relation)?;
            let name = quote::ident(&column.name);
            let report = match rows::any(context, relation) {
                Some(Answer::Found) => {
                    let why = format!("{} has rows, and none of them has a value for column {name}", super::name_of(relation));
                    context.failure(Some(relation), why)
                }
                _ => {
                    let message = format!("adding column {name} NOT NULL without a default fails if {} has rows", super::name_of(relation));
                    context.report(Risk::Caution, relation, message).detail("Rows that exist have no value for it.")
                }
            };
            Some(report.hint(format!("Add a constant DEFAULT, or add {name} nullable, fill it, and set it NOT NULL then.")))
        });
        reports.extend(on_empty(context));
        reports
    }
}

/// On a table that others see and that holds no rows now.
fn on_empty(context: &Context) -> Option<Report> {
    let (alter, relation) = context.alter()?;
    let column = alter.actions.iter().find_map(|action| unfilled(context, action, &relation)).filter(|_| context.is_empty(&relation))?;
    let (name, table) = (quote::ident(&column.name), super::name_of(&relation));
    let message = format!("adding column {name} NOT NULL without a default succeeds only as long as {table} is empty");
    let report = context.report(Risk::Caution, &relation, message).aside();
    Some(report.detail("It fails where there is a row, be it written in between.").hint("Add a constant DEFAULT."))
}

/// The new column that has to have a value and gets none.
fn unfilled<'a>(context: &Context, action: &'a Action, relation: &Relation) -> Option<&'a ColumnDef> {
    let Action::AddColumn { column, .. } = action else { return None };
    let filled = column.generated.is_some() || crate::effects::fills(context.script(), column);
    (column.not_null && !filled && !context.adds_nothing(relation, action)).then_some(column)
}
