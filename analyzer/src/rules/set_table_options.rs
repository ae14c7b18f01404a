//! `set-table-options`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// A table's rows stay as densely packed as they are.
    ///
    /// **What it detects.** `SET (fillfactor = ...)` and `SET (toast_tuple_target = ...)` on a table that holds rows.
    ///
    /// **Why.** Only pages and rows that are written from now on follow it. No more is kept waiting than VACUUM and other schema changes.
    ///
    /// **Instead.** That is mostly enough: what is updated often is rewritten soon. VACUUM FULL does it at once, and keeps everybody out.
    ///
    /// **Does not fire when** other options are set, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users SET (fillfactor = 70);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users SET (autovacuum_vacuum_scale_factor = 0.01);
    /// ```
    ///
    /// **Known from** smaller tools.
    SetTableOptions, "set-table-options", Caution
}

impl Rule for SetTableOptions {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((_, relation)) = context.alter().filter(|(_, relation)| !context.is_harmless(relation)) else { return Vec::new() };
        let options = context.facts().iter().flat_map(|fact| match fact {
            Fact::Options(options) => options.as_slice(),
            _ => &[],
        });
        let packing = options.map(|(name, _)| name.as_str()).find(|name| ["fillfactor", "toast_tuple_target"].contains(name));
        let report = packing.map(|name| {
            let message = format!("{name} is for what is written to {} from now on", super::name_of(&relation));
            context.report(Risk::Caution, &relation, message).aside().detail("Rows and pages that are there stay as they are.")
        });
        report.into_iter().collect()
    }
}
