//! `set-not-null-has-nulls`.

use std::rc::Rc;

use super::{Context, Report, Rule, rows};
use crate::catalog::{ConstraintKind, Relation};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A column that held NULLs cannot become NOT NULL.
    ///
    /// **What it detects.** `SET NOT NULL`, `ADD PRIMARY KEY`, and on PostgreSQL 18 `ADD CONSTRAINT ... NOT NULL` without NOT VALID, on a
    /// column in which the last ANALYZE found NULLs; with `probe => true`, in which there is a NULL now, or where that cannot be told.
    ///
    /// **Why.** The rows are read under lock, and at the first NULL the statement fails.
    ///
    /// **Instead.** Give the rows a value first, in batches, and run ANALYZE.
    ///
    /// **Does not fire when** ANALYZE (or the probe) found none, never ran, or the caller may not read the column; the text changes rows of
    /// the column before; a valid CHECK proves that there is none; or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN nick SET NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN email SET NOT NULL;
    /// ```
    ///
    /// **Known from** Atlas (`MF104`).
    SetNotNullHasNulls, "set-not-null-has-nulls", Caution
}

impl Rule for SetNotNullHasNulls {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let columns: &[String] = match action {
                Action::SetNotNull { column } => std::slice::from_ref(column),
                Action::AddConstraint(added) if added.kind == ConstraintKind::NotNull && !added.not_valid => &added.columns,
                Action::AddConstraint(added) if added.kind == ConstraintKind::PrimaryKey => &added.columns,
                _ => return None,
            };
            let (alter, _) = context.alter()?;
            let reads = |column: &&String| crate::effects::set_not_null_scans(context.effects(), alter, relation, column);
            columns.iter().filter(reads).find_map(|column| nulls(context, relation, column))
        })
    }
}

/// What a look at the rows says of NULLs in a column that is to have none; if rows are not to be looked at, the statistics.
pub(super) fn nulls(context: &Context, relation: &Rc<Relation>, column: &str) -> Option<Report> {
    rows::nulls(context, relation, column).unwrap_or_else(|| nulls_before(context, relation, column))
}

/// What the statistics say of NULLs in a column that is to have none.
fn nulls_before(context: &Context, relation: &Rc<Relation>, column: &str) -> Option<Report> {
    let part = context.statistics(relation, column)?.null_fraction;
    if part <= 0.0 || (context.mentioned_before(&["update", "backfill", "delete"]) && context.mentioned_before(&[column])) {
        return None;
    }
    let name = quote::ident(column);
    let message = format!("column {name} of {} held NULLs when it was last analyzed", super::name_of(relation));
    let report = context.report(Risk::Caution, relation, message).aside();
    let percent = if part >= 0.01 { format!("{:.0} %", part * 100.0) } else { "less than 1 %".to_owned() };
    let report = report.detail(format!("It was NULL in {percent} of the rows. The statement fails as long as one of them is left."));
    Some(report.hint(format!("Give the rows WHERE {name} IS NULL a value first, in batches with zdm.backfill.")))
}
