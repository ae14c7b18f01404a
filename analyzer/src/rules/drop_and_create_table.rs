//! `drop-and-create-table`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Creation, Dropped, Kind, New, QualifiedName};

super::rule! {
    /// A table is dropped and made anew: its rows are gone.
    ///
    /// **What it detects.** `DROP TABLE` of a table that holds rows, and soon after it in the same text a `CREATE TABLE` of the same name.
    ///
    /// **Why.** That is how a script for an empty database begins. Here it throws away what the table holds, with its grants, triggers,
    /// foreign keys of others, and statistics.
    ///
    /// **Instead.** CREATE TABLE IF NOT EXISTS, or ALTER TABLE.
    ///
    /// **Does not fire when** the table is new, temporary or empty, or the new one has another name.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TABLE IF EXISTS counters;
    /// CREATE TABLE counters (id bigint);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS counters (id bigint);
    /// ```
    ///
    /// **Known from** strong_migrations, online_migrations.
    DropAndCreateTable, "drop-and-create-table", Caution
}

impl Rule for DropAndCreateTable {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let (Dropped::Relations(names), "DROP TABLE") = (&drop.what, context.tag()) else { return Vec::new() };
        let made: Vec<&QualifiedName> = context
            .soon()
            .filter_map(|later| match &later.kind {
                Kind::CreateTable(table) if !table.temporary => Some(&table.name),
                Kind::Create(Creation { new: New::Relation(name), .. }) => Some(name),
                _ => None,
            })
            .collect();
        let reports = names.iter().filter(|name| made.contains(name)).filter_map(|name| {
            let table = context.existing(name).filter(|table| !context.is_harmless(table))?;
            let report = context.report(
                Risk::Caution,
                &table,
                format!("{} is made anew later in the text, without its rows", super::name_of(&table)),
            );
            Some(
                report
                    .aside()
                    .detail("Grants, triggers and foreign keys of other tables go, too.")
                    .hint("Use CREATE TABLE IF NOT EXISTS, or ALTER TABLE."),
            )
        });
        reports.collect()
    }
}
