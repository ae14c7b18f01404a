//! `wrong-kind`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::RelationKind as K;
use crate::finding::Risk;
use crate::ir::{Dropped, Kind, QualifiedName};

super::rule! {
    /// The statement would fail, because what it names is something else.
    ///
    /// **What it detects.** `DROP TABLE` of a view, `DROP VIEW` of a materialized view, `TRUNCATE` or an index on a view, `REFRESH` of a
    /// table, and the like.
    ///
    /// **Why.** The migration ends half-way. IF EXISTS does not help: the name exists.
    ///
    /// **Instead.** Use the command for what it is.
    ///
    /// **Does not fire when** the kind fits, or nothing of the name exists.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TABLE active_users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP VIEW active_users;
    /// ```
    WrongKind, "wrong-kind", Caution
}

impl Rule for WrongKind {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let (names, fitting): (Vec<&QualifiedName>, &[K]) = match context.kind() {
            Kind::Drop(drop) => match &drop.what {
                Dropped::Relations(names) => (
                    names.iter().collect(),
                    match context.tag() {
                        "DROP TABLE" => &[K::Table, K::PartitionedTable],
                        "DROP VIEW" => &[K::View],
                        "DROP MATERIALIZED VIEW" => &[K::MaterializedView],
                        "DROP SEQUENCE" => &[K::Sequence],
                        "DROP FOREIGN TABLE" => &[K::ForeignTable],
                        _ => return Vec::new(),
                    },
                ),
                Dropped::Indexes(names) => (names.iter().collect(), &[K::Index, K::PartitionedIndex]),
                _ => return Vec::new(),
            },
            Kind::Truncate { tables, .. } => {
                (tables.iter().map(|target| &target.name).collect(), &[K::Table, K::PartitionedTable, K::ForeignTable])
            }
            Kind::CreateIndex(create) => (vec![&create.table.name], &[K::Table, K::PartitionedTable, K::MaterializedView]),
            Kind::Refresh { view, .. } => (vec![view], &[K::MaterializedView]),
            _ => return Vec::new(),
        };
        let found = names.into_iter().filter_map(|name| context.existing(name));
        let reports = found.filter(|relation| !fitting.contains(&relation.kind)).map(|relation| {
            let message = format!("would fail: {} is {}", super::name_of(&relation), article(relation.kind));
            context.report(Risk::Caution, &relation, message).aside()
        });
        reports.take(1).collect()
    }
}

fn article(kind: K) -> &'static str {
    match kind {
        K::Table => "a table",
        K::PartitionedTable => "a partitioned table",
        K::Index | K::PartitionedIndex => "an index",
        K::View => "a view",
        K::MaterializedView => "a materialized view",
        K::ForeignTable => "a foreign table",
        K::Sequence => "a sequence",
        K::CompositeType => "a composite type",
        K::Toast => "a TOAST table",
    }
}
