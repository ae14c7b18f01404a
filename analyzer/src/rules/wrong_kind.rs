//! `wrong-kind`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::RelationKind as K;
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
    ///
    /// **Known from** one of the tools named in check.md.
    WrongKind, "wrong-kind", Caution
}

impl Rule for WrongKind {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let table = |kind| matches!(kind, K::Table | K::PartitionedTable);
        let fits = |kind| match context.kind() {
            Kind::Truncate { .. } => table(kind) || kind == K::ForeignTable,
            Kind::CreateIndex(_) => table(kind) || kind == K::MaterializedView,
            Kind::Refresh { .. } => kind == K::MaterializedView,
            _ => crate::effects::fits(context.tag(), kind),
        };
        let names: Vec<&QualifiedName> = match context.kind() {
            Kind::Drop(drop) => match &drop.what {
                Dropped::Relations(names) | Dropped::Indexes(names) => names.iter().collect(),
                _ => return Vec::new(),
            },
            Kind::Truncate { tables, .. } => tables.iter().map(|target| &target.name).collect(),
            Kind::CreateIndex(create) => vec![&create.table.name],
            Kind::Refresh { view, .. } => vec![view],
            _ => return Vec::new(),
        };
        let found = names.into_iter().filter_map(|name| context.existing(name));
        let reports = found
            .filter(|relation| !fits(relation.kind))
            .map(|relation| context.failure(Some(&relation), format!("{} is {}", super::name_of(&relation), article(relation.kind))));
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
