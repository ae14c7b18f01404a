//! `replace-index-order`.

use super::{Context, Report, Rule};
use crate::catalog::{Index, Relation};
use crate::finding::Risk;
use crate::ir::{Drop, Dropped, Kind, Statement};
use std::rc::Rc;

super::rule! {
    /// The old index goes before the new one is there.
    ///
    /// **What it detects.** `DROP INDEX`, and later in the same text a `CREATE INDEX` on the same table that begins with the same column,
    /// while no other index does.
    ///
    /// **Why.** Between the two statements, and for as long as the build takes, queries that need the index read the whole table.
    ///
    /// **Instead.** Create the new index CONCURRENTLY first, under a name of its own, and drop the old one then. ALTER INDEX ... RENAME
    /// gives it the old name.
    ///
    /// **Does not fire when** another valid index begins with the column, the dropped index was invalid, both stand in one transaction, or
    /// the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP INDEX CONCURRENTLY users_email_idx;
    /// CREATE INDEX CONCURRENTLY users_email_name_idx ON users (email, name);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_email_name_idx ON users (email, name);
    /// DROP INDEX CONCURRENTLY users_email_idx;
    /// ```
    ///
    /// **Known from** online_migrations.
    ReplaceIndexOrder, "replace-index-order", Caution
}

impl Rule for ReplaceIndexOrder {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(Drop { what: Dropped::Indexes(names), .. }) = context.kind() else { return Vec::new() };
        if context.in_block() {
            return Vec::new();
        }
        let gone: Vec<_> = names.iter().filter_map(|name| context.existing(name)).collect();
        let report = |dropped: &Rc<Relation>| {
            let table = context.script().get(dropped.index_of?).filter(|table| !context.is_harmless(table))?;
            let first = |index: &Index| index.columns.first().filter(|_| index.valid && !index.partial_or_expression).cloned();
            let column = first(table.indexes.iter().find(|index| index.oid == dropped.oid)?)?;
            let stays = |index: &&Index| index.oid != dropped.oid && gone.iter().all(|one| one.oid != index.oid);
            if table.indexes.iter().filter(stays).any(|index| first(index).as_ref() == Some(&column)) {
                return None;
            }
            let builds = |later: &Statement| match &later.kind {
                Kind::CreateIndex(create) => {
                    let same = context.existing(&create.table.name).is_some_and(|other| other.oid == table.oid);
                    same && create.columns.as_ref().and_then(|columns| columns.first()) == Some(&column)
                }
                _ => false,
            };
            let new = context.soon().find(|later| builds(later))?;
            let message = format!("drops index {} before statement {} builds another", super::name_of(dropped), new.number);
            let report = context.report(Risk::Caution, &table, message).aside();
            let detail = "Until then no index begins with the column, and queries that need one read the whole table.";
            Some(report.detail(detail).hint("Create the new index first, under a name of its own, and drop the old one then."))
        };
        gone.iter().filter_map(report).collect()
    }
}
