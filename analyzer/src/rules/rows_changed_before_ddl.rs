//! `rows-changed-before-ddl`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, Target, Transaction};

super::rule! {
    /// Rows stay locked while the schema changes that follow wait for their locks.
    ///
    /// **What it detects.** An UPDATE, DELETE or INSERT ... SELECT on a table that holds rows, before a statement of the same transaction that takes a
    /// strong lock; in a text without BEGIN too, since most migration tools run such a file in one transaction.
    ///
    /// **Why.** The rows that were changed stay locked for other writers until the transaction ends, and the later statement may wait long
    /// for its lock. Two such files may wait for each other.
    ///
    /// **Instead.** The rows first, in a transaction of their own.
    ///
    /// **Does not fire when** no such statement follows before the transaction's end, or BEGIN stands between them, it changes a few rows of a small table,
    /// an earlier statement was reported, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// UPDATE orders SET note = 'old' WHERE id < 1000;
    /// ALTER TABLE users ADD COLUMN old boolean;
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// UPDATE orders SET note = 'old' WHERE id < 1000;
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN old boolean;
    /// COMMIT;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    RowsChangedBeforeDdl, "rows-changed-before-ddl", Caution
}

impl Rule for RowsChangedBeforeDdl {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let past = context.past();
        // a file with COPY data is psql's, which runs it statement by statement
        let apart = !past.in_block() && context.tag() == "COPY";
        if apart || past.has_said_here("rows-changed-before-ddl") || context.has_said("ddl-and-backfill") {
            return Vec::new();
        }
        let changes = context.kind().changes().iter().map(|change| &change.target);
        let inserts = context.facts().iter().filter_map(|fact| match fact {
            Fact::Insert(insert) if insert.bulk => Some(&insert.target),
            _ => None,
        });
        let rows = |target: &Target| context.existing(&target.name).filter(|table| !context.is_harmless(table) && !context.is_small(table));
        let Some(table) = changes.chain(inserts).find_map(rows) else { return Vec::new() };
        let ends = |kind: &Kind| match kind {
            Kind::Transaction(Transaction::Commit { .. } | Transaction::Rollback { .. }) => true,
            Kind::Transaction(Transaction::Begin) => !past.in_block(),
            _ => false,
        };
        let mut same = context.soon().take_while(|later| !ends(&later.kind));
        let altered = same.find_map(|later| {
            let name = match &later.kind {
                Kind::AlterTable(alter) => &alter.target.name,
                Kind::CreateIndex(create) => &create.table.name,
                Kind::Rename(rename) => &rename.target.name,
                _ => return None,
            };
            let other = context.existing(name).filter(|table| !context.is_harmless(table))?;
            Some((later.number, other))
        });
        let Some((number, other)) = altered else { return Vec::new() };
        let (name, other) = (super::name_of(&table), super::name_of(&other));
        let (stay, detail) = match past.in_block() {
            true => ("stay", "They are locked until the transaction ends."),
            false => ("may stay", "If the text runs in one transaction, as most tools have it, they are locked until that ends."),
        };
        let report = context
            .report(Risk::Caution, &table, format!("rows of {name} {stay} locked while statement {number} waits for {other}"))
            .aside();
        vec![report.detail(detail).hint("Change the rows in a transaction of their own.")]
    }
}
