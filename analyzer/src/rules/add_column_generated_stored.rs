//! `add-column-generated-stored`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A new STORED generated column rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN ... GENERATED ALWAYS AS (...) STORED` on a table that holds rows.
    ///
    /// **Why.** The value of each row is computed and stored: table and indexes are written anew under an AccessExclusiveLock.
    ///
    /// **Instead.** On PostgreSQL 18 a VIRTUAL column costs nothing. Else add a plain column, keep it current with a trigger, and fill it
    /// with a backfill.
    ///
    /// **Does not fire when** the column is VIRTUAL, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN email_lower text GENERATED ALWAYS AS (lower(email)) STORED;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN email_lower text GENERATED ALWAYS AS (lower(email)) VIRTUAL;
    /// ```
    ///
    /// **Known from** eugene (`E11`), strong_migrations, online_migrations, Atlas (`PG309`).
    AddColumnGeneratedStored, "add-column-generated-stored", Danger
}

impl Rule for AddColumnGeneratedStored {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if column.generated != Some(true) || context.adds_nothing(relation, action) {
                return None;
            }
            let name = quote::ident(&column.name);
            let message = format!("adding stored generated column {name} rewrites {}", super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Every row gets its value stored. {}.", super::waits(context.sum(relation).0)));
            Some(report.hint(if context.script().major() >= 18 {
                "Make the column VIRTUAL: it is computed when it is read."
            } else {
                "Add a plain column, keep it current with a trigger, and fill the old rows with zdm.backfill."
            }))
        })
    }
}
