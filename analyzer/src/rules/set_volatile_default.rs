//! `set-volatile-default`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, Statement};
use crate::quote;

super::rule! {
    /// A default is for new rows; those that are there keep their NULLs.
    ///
    /// **What it detects.** `SET DEFAULT` of an expression that gives another value at each call (`random()`, `gen_random_uuid()`,
    /// `nextval()`), for a column that may be null, on a table that holds rows.
    ///
    /// **Why.** Nothing is computed for the rows that exist. Code that takes the column for filled reads NULL.
    ///
    /// **Instead.** That is the right first step. Give the rows a value afterwards, in batches: zdm.backfill does that.
    ///
    /// **Does not fire when** the column is NOT NULL or new in the text, a later statement of the text changes rows of the table, or the
    /// table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age SET DEFAULT random() * 100;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age SET DEFAULT random() * 100;
    /// UPDATE users SET age = 18 WHERE age IS NULL AND id < 1000;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    SetVolatileDefault, "set-volatile-default", Caution
}

impl Rule for SetVolatileDefault {
    fn check(&self, context: &Context) -> Vec<Report> {
        if !context.facts().iter().any(|fact| matches!(fact, Fact::NewDefault { .. })) {
            return Vec::new();
        }
        let Some((_, relation)) = context.alter().filter(|(_, relation)| !context.is_harmless(relation)) else { return Vec::new() };
        let Some(before) = context.script().catalog().shared(relation.oid) else { return Vec::new() };
        let changes = |later: &Statement| {
            let own = later
                .kind
                .changes()
                .iter()
                .any(|change| context.existing(&change.target.name).is_some_and(|table| table.oid == relation.oid));
            own || matches!(later.kind, Kind::Ignored) && later.tag == "CALL"
        };
        let reports = context.facts().iter().filter_map(|fact| {
            let Fact::NewDefault { column, value } = fact else { return None };
            let nullable = before.columns.iter().any(|one| one.name == *column && !one.not_null);
            if !nullable || crate::effects::is_volatile(context.script(), value) != Some(true) || context.soon().any(changes) {
                return None;
            }
            let message =
                format!("rows of {} that are there keep what they have in column {}", super::name_of(&relation), quote::ident(column));
            let report = context.report(Risk::Caution, &relation, message).aside();
            Some(report.detail("The default is for new rows only.").hint("Give the rows a value afterwards, in batches with zdm.backfill."))
        });
        reports.collect()
    }
}
