//! `create-index-not-concurrent`.

use super::{Context, Report, Rule, hint};
use crate::catalog::RelationKind;
use crate::chosen;
use crate::finding::Risk;
use crate::ir::Kind;
use crate::quote;

super::rule! {
    /// An index built without CONCURRENTLY keeps writers waiting.
    ///
    /// **What it detects.** `CREATE INDEX` without CONCURRENTLY on a table that holds rows.
    ///
    /// **Why.** A ShareLock is held for the whole build: reads pass, writes wait.
    ///
    /// **Instead.** CREATE INDEX CONCURRENTLY, outside of a transaction block. On a partitioned table: build on each partition, create the
    /// index ON ONLY the parent, and attach.
    ///
    /// **Does not fire when** CONCURRENTLY is there, the index is created ON ONLY a partitioned table, IF NOT EXISTS finds it, or the table
    /// is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX users_age_idx ON users (age);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// CREATE INDEX events_kind_idx ON ONLY events (kind);
    /// ```
    ///
    /// **Known from** squawk (`require-concurrent-index-creation`), eugene (`E6`), strong_migrations, online_migrations, Atlas (`PG101`).
    CreateIndexNotConcurrent, "create-index-not-concurrent", Danger
}

impl Rule for CreateIndexNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let Some(table) = context.existing(&create.table.name).filter(|table| !create.concurrently && !context.is_harmless(table)) else {
            return Vec::new();
        };
        if !context.scans(&table) {
            return Vec::new();
        }
        let message = format!("creating an index on {} keeps writes waiting until it is built", super::name_of(&table));
        let report = context.report(Risk::Danger, &table, message).detail(format!("{}.", super::waits(context.sum(&table).0)));
        if table.kind == RelationKind::PartitionedTable {
            return vec![report.hint(format!(
                "Create the index ON ONLY {}, build it CONCURRENTLY on each partition, and attach each with ALTER INDEX ... ATTACH PARTITION.",
                super::name_of(&table)
            ))];
        }
        // by its name it can be found if it fails
        let named = create.middle.as_ref().filter(|_| create.name.is_none()).map(|middle| chosen::index(context.script(), &table, middle));
        let words = named.map_or_else(|| "CONCURRENTLY".to_owned(), |name| format!("CONCURRENTLY {}", quote::ident(&name)));
        vec![match hint::insert_after(context.text(), &["index"], &words) {
            Some(better) => report.instead(&[better]),
            None => report,
        }]
    }
}
