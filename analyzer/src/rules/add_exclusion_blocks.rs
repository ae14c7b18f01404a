//! `add-exclusion-blocks`.

use super::{Context, Report, Rule};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;

super::rule! {
    /// An exclusion constraint builds its index while nobody can use the table.
    ///
    /// **What it detects.** `ADD CONSTRAINT ... EXCLUDE` on a table that holds rows.
    ///
    /// **Why.** The index is built and the rows are read once more to find conflicts, all under an AccessExclusiveLock. There is no form of
    /// it that works beside readers and writers.
    ///
    /// **Instead.** There is no safe way on a big table. Create a new table with the constraint and move the rows there in batches.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT one_name EXCLUDE USING btree (name WITH =);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE bookings (room int, EXCLUDE USING btree (room WITH =));
    /// ```
    ///
    /// **Known from** eugene (`E8`), strong_migrations, online_migrations.
    AddExclusionBlocks, "add-exclusion-blocks", Danger
}

impl Rule for AddExclusionBlocks {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let added = context.added(action).find(|added| added.kind == ConstraintKind::Exclusion)?;
            let name = added.name.as_ref().map(|name| format!(" {}", crate::quote::ident(name))).unwrap_or_default();
            let message = format!("adding exclusion constraint{name} builds an index on {} under lock", super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            Some(
                report.detail(format!("{}.", super::waits(context.sum(relation).0))).hint(
                    "There is no way to add it without blocking. Create a new table with the constraint and move the rows in batches.",
                ),
            )
        })
    }
}
