//! `wrong-kind`.

use std::rc::Rc;

use super::{Context, Report, Rule, Turn};
use crate::catalog::{Cast, Relation, RelationKind as K};
use crate::ir::{Action, Detach, Dropped, Kind, QualifiedName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// The statement would fail, because what it names is something else.
    ///
    /// **What it detects.** `DROP TABLE` of a view, `DROP VIEW` of a materialized view, `TRUNCATE` or an index on a view, `REFRESH` of a
    /// table, `ALTER VIEW` of a table, `ADD COLUMN` to a view, and the like; `DETACH PARTITION` of what is no partition, or concurrently beside a default
    /// partition; a type to which the column's cannot be cast without USING.
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
        if let Kind::AlterTable(_) | Kind::Rename(_) = context.kind() {
            return altered(context).into_iter().collect();
        }
        let table = |kind| matches!(kind, K::Table | K::PartitionedTable);
        let fits = |kind| match context.kind() {
            Kind::Truncate { .. } => table(kind) || kind == K::ForeignTable,
            Kind::CreateIndex(_) => table(kind) || kind == K::MaterializedView,
            Kind::Refresh { .. } => kind == K::MaterializedView,
            Kind::Locks(_) => is_for(context.tag(), kind, false),
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
            Kind::Locks(locks) if context.tag() == "ALTER SEQUENCE" => locks.iter().map(|lock| &lock.target.name).collect(),
            _ => return Vec::new(),
        };
        let found = names.into_iter().filter_map(|name| context.existing(name));
        let reports = found.filter(|relation| !fits(relation.kind)).map(|relation| is_a(context, &relation));
        reports.take(1).collect()
    }
}

fn is_a(context: &Context, relation: &Rc<Relation>) -> Report {
    context.failure(Some(relation), format!("{} is {}", super::name_of(relation), article(relation.kind)))
}

/// `ALTER` of a relation, by a word for another kind or with an action that is not for this one.
fn altered(context: &Context) -> Option<Report> {
    let (target, actions) = match context.kind() {
        Kind::AlterTable(alter) => (&alter.target.name, alter.actions.as_slice()),
        Kind::Rename(rename) => (&rename.target.name, [].as_slice()),
        _ => return None,
    };
    let relation = context.existing(target)?;
    if !is_for(context.tag(), relation.kind, actions.is_empty()) || actions.iter().any(|action| !can(relation.kind, action)) {
        return Some(is_a(context, &relation));
    }
    actions.iter().find_map(|action| match action {
        Action::DetachPartition { partition, how } => {
            let part = context.existing(partition)?;
            if !part.parents.contains(&relation.oid) || !part.is_partition {
                let (part, relation_name) = (super::name_of(&part), super::name_of(&relation));
                return Some(context.failure(Some(&relation), format!("{part} is no partition of {relation_name}")));
            }
            let default = (*how == Detach::Concurrently).then_some(relation.default_partition).flatten();
            let default = super::name_of(&*context.script().get(default?)?);
            let why = format!("a partition cannot be detached concurrently while there is a default partition ({default})");
            Some(context.failure(Some(&relation), why).hint("Detach it without CONCURRENTLY, with a short lock_timeout."))
        }
        Action::AlterType { column, to, using: None, .. } => {
            let from = relation.columns.iter().find(|one| one.name == *column)?.type_oid;
            let FoundType::Existing(to) = context.script().find_type(to) else { return None };
            if from == 0 || context.script().catalog().cast(from, to.oid) != Cast::None {
                return None;
            }
            let column = quote::ident(column);
            let why = format!("column {column} of {} cannot be cast to {} automatically", super::name_of(&relation), to.name);
            Some(context.failure(Some(&relation), why).hint(format!("Say how: USING {column}::{}.", to.name)))
        }
        _ => None,
    })
}

/// Whether an `ALTER` with this tag is for relations of this kind.
fn is_for(tag: &str, kind: K, renames: bool) -> bool {
    match tag {
        "ALTER VIEW" => kind == K::View,
        "ALTER MATERIALIZED VIEW" => kind == K::MaterializedView,
        "ALTER SEQUENCE" => kind == K::Sequence,
        "ALTER FOREIGN TABLE" => kind == K::ForeignTable,
        "ALTER INDEX" => renames || matches!(kind, K::Index | K::PartitionedIndex),
        _ => true,
    }
}

/// Whether an action is one for relations of this kind, as far as it is about columns and constraints.
fn can(kind: K, action: &Action) -> bool {
    let of_tables = matches!(
        action,
        Action::AddColumn { .. }
            | Action::DropColumn { .. }
            | Action::AlterType { .. }
            | Action::SetNotNull { .. }
            | Action::DropNotNull { .. }
            | Action::Identity { .. }
            | Action::AddConstraint(_)
            | Action::ValidateConstraint { .. }
            | Action::DropConstraint { .. }
            | Action::DetachPartition { .. }
    );
    !(of_tables && matches!(kind, K::View | K::MaterializedView | K::Sequence | K::Index | K::PartitionedIndex))
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
