//! `drop-used-index`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{Index, Relation};
use crate::finding::Risk;
use crate::ir::{Drop, Dropped, Kind};

super::rule! {
    /// Queries use the index that is to be dropped.
    ///
    /// **What it detects.** `DROP INDEX` of an index that was scanned since the statistics were last reset, while no other index of the
    /// table begins with the same columns.
    ///
    /// **Why.** Queries that used it read the whole table from then on, or another index that fits less. Only this server is counted: a
    /// replica may use an index that looks unused here.
    ///
    /// **Instead.** Find out which queries use it, on replicas too; build what replaces it first.
    ///
    /// **Does not fire when** the index was not used, is invalid, another index begins with its columns, the text creates one before, or
    /// the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP INDEX CONCURRENTLY orders_ref_idx;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP INDEX CONCURRENTLY people_nick_idx;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    DropUsedIndex, "drop-used-index", Caution
}

impl Rule for DropUsedIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(Drop { what: Dropped::Indexes(names), .. }) = context.kind() else { return Vec::new() };
        let gone: Vec<_> = names.iter().filter_map(|name| context.existing(name)).collect();
        let report = |dropped: &Rc<Relation>| {
            let table = context.script().get(dropped.index_of?).filter(|table| !context.is_harmless(table))?;
            let index = table.indexes.iter().find(|index| index.oid == dropped.oid && index.valid)?;
            let stays = |other: &&Index| other.valid && gone.iter().all(|one| one.oid != other.oid) && !other.partial_or_expression;
            let replaces = |other: &Index| !index.partial_or_expression && other.columns.starts_with(&index.columns);
            if table.indexes.iter().filter(stays).any(replaces) {
                return None;
            }
            let scans = context.script().catalog().index_scans(dropped.oid).filter(|scans| *scans > 0)?;
            let message = format!("index {} is in use", super::name_of(dropped));
            let report = context.report(Risk::Caution, &table, message).aside();
            let times = if scans == 1 { "once".to_owned() } else { format!("{scans} times") };
            let detail = format!("It was scanned {times} since the statistics were reset, and no other index begins with its columns.");
            Some(report.detail(detail).hint("Find out which queries use it, on replicas too, and build what replaces it first."))
        };
        gone.iter().filter_map(report).collect()
    }
}
