//! `drop-index-not-concurrent`.

use super::{Context, Report, Rule, hint};
use crate::catalog::RelationKind;
use crate::finding::Risk;
use crate::ir::{Dropped, Kind};

super::rule! {
    /// Dropping an index without CONCURRENTLY locks its table against everybody.
    ///
    /// **What it detects.** `DROP INDEX` without CONCURRENTLY, of an index on a table that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock on the table is held briefly, but it waits for every running query on the table, and all later ones
    /// wait behind it.
    ///
    /// **Instead.** DROP INDEX CONCURRENTLY, outside of a transaction block.
    ///
    /// **Does not fire when** CONCURRENTLY is there, or the table is new, temporary or empty. The index of a partitioned table cannot be
    /// dropped CONCURRENTLY.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP INDEX users_email_idx;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP INDEX CONCURRENTLY users_email_idx;
    /// ```
    ///
    /// **Known from** squawk (`require-concurrent-index-deletion`), strong_migrations, online_migrations, Atlas (`PG102`).
    DropIndexNotConcurrent, "drop-index-not-concurrent", Caution
}

impl Rule for DropIndexNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let Dropped::Indexes(names) = &drop.what else { return Vec::new() };
        let indexes = names.iter().filter(|_| !drop.concurrently).filter_map(|name| context.existing(name));
        let reports = indexes.filter_map(|index| {
            let table = index.index_of.and_then(|oid| context.script().get(oid)).filter(|table| !context.is_harmless(table))?;
            let message = format!("dropping index {} locks {} against reads and writes", super::name_of(&index), super::name_of(&table));
            let report = context.report(Risk::Caution, &table, message);
            let report = report.detail(format!("{}.", super::waits(context.sum(&table).0)));
            let fits = index.kind == RelationKind::Index && names.len() == 1 && !drop.cascade;
            let better = if fits { hint::insert_after(context.text(), &["index"], "CONCURRENTLY") } else { None };
            Some(match better {
                Some(better) => report.instead(&[better]),
                None => report.hint("Set a short lock_timeout and try again when it fails."),
            })
        });
        reports.collect()
    }
}
