//! `concurrent-index-blocked`.

use std::rc::Rc;

use super::{Context, Report, Rule, Turn, activity};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{Dropped, Kind, Reindexed};
use crate::lock::LockMode;

super::rule! {
    /// A transaction that is open now keeps a CONCURRENTLY waiting.
    ///
    /// **What it detects.** `CREATE INDEX CONCURRENTLY` and `REINDEX ... CONCURRENTLY` while a transaction with an old snapshot is open in
    /// this database, whatever tables it reads; `DROP INDEX CONCURRENTLY` while one that uses the table is.
    ///
    /// **Why.** The statement waits for every transaction that was open before it. Meanwhile its ShareUpdateExclusiveLock keeps
    /// autovacuum and other schema changes off the table. If it is ended, it leaves an invalid index behind.
    ///
    /// **Instead.** Wait until the transaction is gone, or end it.
    ///
    /// **Does not fire when** no transaction older than a second is open; in the guard, which does not ask.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY audit_note ON audit (note);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age ON users (age);
    /// ```
    ConcurrentIndexBlocked, "concurrent-index-blocked", Caution
}

impl Rule for ConcurrentIndexBlocked {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let catalog = context.script().catalog();
        let table_of = |index: Rc<Relation>| index.index_of.and_then(|oid| context.script().get(oid));
        let (table, by_lock) = match context.kind() {
            Kind::CreateIndex(create) if create.concurrently => (context.existing(&create.table.name), false),
            Kind::Reindex { what: Reindexed::Table(name), concurrently: true } => (context.existing(name), false),
            Kind::Reindex { what: Reindexed::Index(name), concurrently: true } => (context.existing(name).and_then(table_of), false),
            Kind::Drop(drop) if drop.concurrently => match &drop.what {
                Dropped::Indexes(names) => (names.first().and_then(|name| context.existing(name)).and_then(table_of), true),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let Some(table) = table.filter(|table| !super::is_private(table)) else { return Vec::new() };
        let all = if by_lock { catalog.lock_holders(table.oid, LockMode::AccessExclusive) } else { catalog.old_snapshots(table.oid) };
        let report = all.first().map(|first| {
            let more = if all.len() > 1 { format!(" {} more are open.", all.len() - 1) } else { String::new() };
            let report = context.report(Risk::Caution, &table, format!("would wait now for {}", activity::who(first))).aside();
            report
                .detail(format!("CONCURRENTLY waits for every older transaction.{}{more}", activity::query(first)))
                .hint(activity::end(first))
        });
        report.into_iter().collect()
    }
}
