//! `column-limit`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;

super::rule! {
    /// A table has room for 1600 columns in its whole life, dropped ones included.
    ///
    /// **What it detects.** `ADD COLUMN` on a table that has given out all its 1600 column numbers.
    ///
    /// **Why.** A dropped column keeps its number. Migrations that add and drop columns over and over reach the limit one day, and the
    /// statement fails.
    ///
    /// **Instead.** Create the table anew with the columns that are left, and move the rows over.
    ///
    /// **Does not fire when** there is room, or IF NOT EXISTS finds the column.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ADD COLUMN city text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN city text;
    /// ```
    ColumnLimit, "column-limit", Caution
}

impl Rule for ColumnLimit {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, relation)) = context.existing_altered() else { return Vec::new() };
        let adds = |action: &&Action| matches!(action, Action::AddColumn { .. }) && !context.adds_nothing(&relation, action);
        let new = u32::try_from(alter.actions.iter().filter(adds).count()).unwrap_or(u32::MAX);
        if new == 0 {
            return Vec::new();
        }
        let used = context.script().catalog().column_numbers(relation.oid).unwrap_or(0);
        if used.saturating_add(new) <= LIMIT {
            return Vec::new();
        }
        let message = format!("{} has no room for another column", super::name_of(&relation));
        let report = context.report(Risk::Caution, &relation, message).aside();
        let detail = format!("The statement fails: {used} of {LIMIT} column numbers were given out, those of dropped columns included.");
        vec![report.detail(detail).hint("Create the table anew with the columns that are left, and move the rows over.")]
    }
}

/// `MaxHeapAttributeNumber`.
const LIMIT: u32 = 1600;
