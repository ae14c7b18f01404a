//! `concurrently-on-partitioned`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{CreateIndex, Drop, Dropped, Kind};

super::rule! {
    /// The index of a partitioned table can be neither created nor dropped CONCURRENTLY.
    ///
    /// **What it detects.** `CREATE INDEX CONCURRENTLY` on a partitioned table, `DROP INDEX CONCURRENTLY` of a partitioned index.
    ///
    /// **Why.** PostgreSQL 15 to 18 refuse both. Only the catalog knows which tables are partitioned, so the statement passes every review.
    ///
    /// **Instead.** Create the index ON ONLY the parent, build it CONCURRENTLY on each partition, and attach each one. An index that is to
    /// go is dropped without CONCURRENTLY, with a short lock_timeout.
    ///
    /// **Does not fire when** the table or index is not partitioned.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY events_kind_idx ON events (kind);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX events_kind_idx ON ONLY events (kind);
    /// CREATE INDEX CONCURRENTLY events_2024_kind_idx ON events_2024 (kind);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    ConcurrentlyOnPartitioned, "concurrently-on-partitioned", Caution
}

impl Rule for ConcurrentlyOnPartitioned {
    fn check(&self, context: &Context) -> Vec<Report> {
        match context.kind() {
            Kind::CreateIndex(create) if create.concurrently => create_index(context, create).into_iter().collect(),
            Kind::Drop(Drop { what: Dropped::Indexes(names), concurrently: true, .. }) => {
                let indexes = names.iter().filter_map(|name| context.existing(name));
                let partitioned = indexes.filter(|index| index.kind == RelationKind::PartitionedIndex);
                let report = |index: Rc<Relation>| {
                    let message = format!("partitioned index {} cannot be dropped CONCURRENTLY", super::name_of(&index));
                    let report = context.report(Risk::Caution, &index, message).for_a_moment().detail("The statement fails.");
                    report.hint("Leave CONCURRENTLY out, set a short lock_timeout, and try again when it fails.")
                };
                partitioned.map(report).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn create_index(context: &Context, create: &CreateIndex) -> Option<Report> {
    let table = context.existing(&create.table.name).filter(|table| table.kind == RelationKind::PartitionedTable)?;
    let name = super::name_of(&table);
    let report = context.report(Risk::Caution, &table, format!("an index of the partitioned table {name} cannot be created CONCURRENTLY"));
    Some(report.for_a_moment().detail("The statement fails.").hint(format!(
        "Create the index ON ONLY {name}, build it CONCURRENTLY on each partition, and attach each with ALTER INDEX ... ATTACH PARTITION."
    )))
}
