//! `drop-trigger`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::How;
use crate::quote;

super::rule! {
    /// What a trigger did is no longer done, and the drop waits for everybody who uses the table.
    ///
    /// **What it detects.** `DROP TRIGGER` and `ALTER TRIGGER ... RENAME` on a table that holds rows.
    ///
    /// **Why.** An AccessExclusiveLock on the table, and on its partitions, waits for running queries and keeps later ones waiting. Rows that
    /// are written afterwards lack what the trigger filled in, checked or passed on.
    ///
    /// **Instead.** Let programs do its work first. Alone in its transaction, under a short lock_timeout.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TRIGGER audit ON users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (id int);
    /// CREATE TRIGGER audit AFTER UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION note_change();
    /// DROP TRIGGER audit ON fresh;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-trigger`).
    DropTrigger, "drop-trigger", Caution
}

impl Rule for DropTrigger {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((attached, table)) = context.attached("trigger") else { return Vec::new() };
        let (name, verb) = (quote::ident(&attached.name), if attached.how == How::Drop { "drops" } else { "renames" });
        let report = context.report(Risk::Caution, &table, format!("{verb} trigger {name} of {}", super::name_of(&table))).for_a_moment();
        let report = report.detail(context.brief_lock(&table));
        vec![match attached.how {
            How::Drop => report.hint("Make sure that nothing needs what the trigger does."),
            _ => report.hint("Triggers of the same kind run in the order of their names."),
        }]
    }
}
