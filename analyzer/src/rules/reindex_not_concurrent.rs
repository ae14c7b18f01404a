//! `reindex-not-concurrent`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{ConstraintKind, Oid, Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Kind, Reindexed};
use crate::script::FIRST_USER_OID;

super::rule! {
    /// Rebuilding indexes without CONCURRENTLY keeps writers waiting.
    ///
    /// **What it detects.** `REINDEX` of an index, a table, a materialized view or a schema without CONCURRENTLY, where the table holds rows.
    ///
    /// **Why.** The table is locked against writes (a materialized view against REFRESH), and each index even against queries: whoever plans one on
    /// the table looks at all its indexes.
    ///
    /// **Instead.** REINDEX ... CONCURRENTLY, outside of a transaction block. It passes over indexes of exclusion constraints, and over invalid ones
    /// that are not named. The catalogs of the system cannot be reindexed that way.
    ///
    /// **Does not fire when** CONCURRENTLY is there, or the tables are new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// REINDEX TABLE users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// REINDEX TABLE CONCURRENTLY users;
    /// ```
    ///
    /// **Known from** squawk (`require-concurrent-reindex`).
    ReindexNotConcurrent, "reindex-not-concurrent", Danger
}

impl Rule for ReindexNotConcurrent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Reindex { concurrently: false, .. } = context.kind() else { return Vec::new() };
        let better = hint::insert_after(context.text(), &["index", "table", "schema"], "CONCURRENTLY").filter(|_| leaves_none_out(context));
        // a lock that nobody minds on the relation itself, as on a materialized view, is a stronger one on its indexes
        let read = context.effects().touches().iter().filter(|touch| touch.scans == Some(true) && !context.is_harmless(&touch.relation));
        let reports = read.map(|touch| {
            let (waiting, lock) = match touch.relation.kind {
                RelationKind::MaterializedView => ("reads", format!("{} keeps REFRESH waiting", touch.lock.pg_name())),
                _ => ("writes", super::waits(Some(touch.lock))),
            };
            let message = format!("rebuilding the indexes of {} keeps {waiting} waiting", super::name_of(&touch.relation));
            let report = context
                .report(Risk::Danger, &touch.relation, message)
                .detail(format!("{lock}, and queries on it wait for the indexes, which are under AccessExclusiveLock."));
            match &better {
                Some(better) => report.instead(std::slice::from_ref(better)),
                None if touch.relation.oid < FIRST_USER_OID => {
                    report.hint("Do it while nobody changes the schema: no query plans without the catalogs.")
                }
                None => report.hint("REINDEX INDEX CONCURRENTLY each index that is not of an exclusion constraint."),
            }
        });
        reports.collect()
    }
}

/// CONCURRENTLY passes over indexes of exclusion constraints, and over invalid ones that are not named; it refuses the catalogs of the system.
fn leaves_none_out(context: &Context) -> bool {
    let Kind::Reindex { what, .. } = context.kind() else { return false };
    let named = match what {
        Reindexed::Index(name) => context.existing(name),
        _ => None,
    };
    let left_out = |table: &Relation| match &named {
        Some(index) => is_exclusion(table, index.oid),
        None => table.indexes.iter().any(|index| !index.valid || is_exclusion(table, index.oid)),
    };
    let of_the_system = |table: &Relation| table.oid < FIRST_USER_OID;
    !context.effects().touches().iter().any(|touch| left_out(&touch.relation) || of_the_system(&touch.relation))
}

/// The index belongs to an exclusion constraint.
pub(super) fn is_exclusion(table: &Relation, index: Oid) -> bool {
    table.constraints.iter().any(|one| one.kind == ConstraintKind::Exclusion && one.index == Some(index))
}
