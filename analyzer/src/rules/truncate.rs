//! `truncate`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// TRUNCATE destroys all rows of a table.
    ///
    /// **What it detects.** `TRUNCATE` of a table that holds rows. What CASCADE empties with it is truncate-cascade's matter.
    ///
    /// **Why.** The data is gone, also for transactions that began before. The AccessExclusiveLock waits for all who use the table, and no
    /// event trigger sees it.
    ///
    /// **Instead.** Delete in batches, or drop a partition, if the table is in use.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// TRUNCATE orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DELETE FROM orders WHERE status = 'cancelled';
    /// ```
    ///
    /// **Known from** 5 of the tools named in check.md.
    Truncate, "truncate", Danger
}

impl Rule for Truncate {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Truncate { tables, .. } = context.kind() else { return Vec::new() };
        let named = tables.iter().filter_map(|target| context.existing(&target.name));
        let members: Vec<_> = named.flat_map(|relation| context.effects().members(&relation)).map(|member| member.oid).collect();
        let emptied = |touch: &&crate::effects::Touch| touch.rewrites == Some(true) && members.contains(&touch.relation.oid);
        let tables: Vec<_> = context.disturbed().into_iter().filter(emptied).collect();
        let Some(first) = tables.first() else { return Vec::new() };
        let main = context.main_relation().unwrap_or_else(|| std::rc::Rc::clone(&first.relation));
        let names: Vec<String> = tables.iter().map(|touch| super::name_of(&touch.relation)).collect();
        let report = context.report(Risk::Danger, &main, format!("empties {}", names.join(", ")));
        vec![
            report
                .about_loss()
                .for_a_moment()
                .detail("All rows are lost.")
                .hint("Delete in batches with a WHERE clause if the table is in use."),
        ]
    }
}
