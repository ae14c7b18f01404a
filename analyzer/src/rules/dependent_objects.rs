//! `dependent-objects`.

use std::rc::Rc;

use super::{Context, Report, Rule, Turn};
use crate::catalog::{ConstraintKind, ForeignKeyRef, Oid, Relation, RelationKind};
use crate::ir::{Dropped, How, Kind, QualifiedName};
use crate::quote;
use crate::script::FoundObject;

super::rule! {
    /// The statement would fail, because something else needs what it drops or empties.
    ///
    /// **What it detects.** `DROP TABLE`, `VIEW`, `MATERIALIZED VIEW` and `SEQUENCE` without CASCADE where views, foreign keys of other tables, tables that
    /// inherit, or defaults depend on it; of a function, type, schema, extension or server that something needs; `DROP INDEX` of a constraint's index, or of one that is part of a partitioned table's index; `TRUNCATE`
    /// without CASCADE of a table that a foreign key of another references.
    ///
    /// **Why.** The migration ends half-way. CASCADE does not help with the indexes, and elsewhere it takes more than is wanted.
    ///
    /// **Instead.** Drop what depends on it first, by name; drop the constraint instead of its index; name the other tables in the same TRUNCATE.
    ///
    /// **Does not fire when** CASCADE is there, the dependents go with the same or an earlier statement of the text, or the text did something before
    /// whose whole effect is not known.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// TRUNCATE users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// TRUNCATE users, orders;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    DependentObjects, "dependent-objects", Caution
}

impl Rule for DependentObjects {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let report = match context.kind() {
            Kind::Drop(drop) => match &drop.what {
                Dropped::Indexes(names) => names.iter().find_map(|name| index(context, name)),
                Dropped::Relations(_) if !drop.cascade && !context.script().has_hidden_effects() => relations(context),
                _ => None,
            },
            Kind::Truncate { tables, cascade: false } => {
                let emptied = tables.iter().filter_map(|target| {
                    let relation = context.existing(&target.name)?;
                    Some(if target.only { vec![relation] } else { context.effects().members(&relation) })
                });
                let emptied: Vec<Rc<Relation>> = emptied.flatten().collect();
                let key = first(&emptied, |table, gone| foreign_key(context, table, gone));
                key.filter(|_| !context.script().has_hidden_effects()).map(|(table, (key, other))| {
                    let why = format!("foreign key {} of {other} references {}", quote::ident(&key), super::name_of(table));
                    context.failure(Some(table), why).hint(format!("Name {other} in the same TRUNCATE, or delete the rows."))
                })
            }
            _ => None,
        };
        report.or_else(|| object(context)).into_iter().collect()
    }
}

/// What is no relation and is needed by something.
fn object(context: &Context) -> Option<Report> {
    let drops = context.handled().any(|one| one.how == How::Drop && !one.cascade);
    // what went before, the catalogs still list
    if !drops || context.mentioned_before(&["drop ", "alter ", "create or replace"]) {
        return None;
    }
    let (object, what) = context.handled().filter(|one| one.how == How::Drop && !one.cascade).find_map(|one| {
        let FoundObject::There(oid) = context.script().object(&one.object) else { return None };
        context.script().needed_by(one.object.class, oid).map(|what| (&one.object, what))
    })?;
    let report = context.failure(None, format!("{what} depends on {object}"));
    Some(report.hint("Drop it first, by name. CASCADE would drop it too, with all that depends on it."))
}

/// An index that goes with something else only.
fn index(context: &Context, name: &QualifiedName) -> Option<Report> {
    let index = context.existing(name).filter(|one| matches!(one.kind, RelationKind::Index | RelationKind::PartitionedIndex))?;
    let table = context.script().get(index.index_of?)?;
    let of = super::name_of(&table);
    if let Some(constraint) = table.constraints.iter().find(|one| one.index == Some(index.oid)) {
        let constraint = quote::ident(&constraint.name);
        let why = format!("index {} belongs to constraint {constraint} of {of}", super::name_of(&index));
        return Some(
            context.failure(Some(&table), why).hint(format!("Drop the constraint: ALTER TABLE {of} DROP CONSTRAINT {constraint}.")),
        );
    }
    let above = index.parents.iter().find_map(|oid| context.script().get(*oid)).filter(|_| index.is_partition)?;
    let above = super::name_of(&above);
    let why = format!("index {} is part of index {above}", super::name_of(&index));
    Some(context.failure(Some(&table), why).hint(format!("Drop {above}, and this one goes with it.")))
}

/// Tables, views and sequences that others need.
fn relations(context: &Context) -> Option<Report> {
    let partitions = |relation: Rc<Relation>| match relation.kind {
        RelationKind::PartitionedTable => context.effects().members(&relation),
        _ => vec![relation],
    };
    let dropped: Vec<Rc<Relation>> = context.dropped().into_iter().flat_map(partitions).collect();
    let (relation, what) = first(&dropped, |relation, gone| {
        let key = || foreign_key(context, relation, gone).map(|(key, other)| format!("foreign key {} of {other}", quote::ident(&key)));
        view(context, relation, gone).or_else(key).or_else(|| heir(context, relation, gone)).or_else(|| default(context, relation, gone))
    })?;
    let report = context.failure(Some(relation), format!("{what} depends on {}", super::name_of(relation)));
    Some(report.hint("Drop it first, by name. CASCADE would drop it too, with all that depends on it."))
}

/// The first of some relations of which something is found, which is given the numbers of them all.
fn first<T>(relations: &[Rc<Relation>], find: impl Fn(&Rc<Relation>, &[Oid]) -> Option<T>) -> Option<(&Rc<Relation>, T)> {
    let gone: Vec<Oid> = relations.iter().map(|one| one.oid).collect();
    // what nobody else sees is rarely needed by what lasts
    relations.iter().filter(|one| !super::is_private(one)).find_map(|relation| find(relation, &gone).map(|found| (relation, found)))
}

fn view(context: &Context, relation: &Relation, gone: &[Oid]) -> Option<String> {
    let views = context.script().catalog().dependent_views(relation.oid, None);
    let view = views.into_iter().filter(|oid| !gone.contains(oid)).find_map(|oid| context.script().get(oid))?;
    let what = if view.kind == RelationKind::MaterializedView { "materialized view" } else { "view" };
    Some(format!("{what} {}", super::name_of(&view)))
}

/// A foreign key of another table that still stands, and that table.
fn foreign_key(context: &Context, relation: &Relation, gone: &[Oid]) -> Option<(String, String)> {
    let stands = |key: &&ForeignKeyRef| !gone.contains(&key.table);
    relation.referenced_by.iter().filter(stands).find_map(|key| {
        let other = context.script().get(key.table)?;
        let known = other.constraints.iter().any(|one| one.kind == ConstraintKind::ForeignKey && one.name == key.constraint);
        known.then(|| (key.constraint.clone(), super::name_of(&other)))
    })
}

/// A table that inherits and is no partition, which would go too.
fn heir(context: &Context, relation: &Relation, gone: &[Oid]) -> Option<String> {
    let children = relation.children.iter().filter(|oid| !gone.contains(oid));
    let child = children.filter_map(|oid| context.script().get(*oid)).find(|child| !child.is_partition)?;
    Some(format!("table {}", super::name_of(&child)))
}

/// A default that takes its numbers from a sequence, if no default was taken away since.
fn default(context: &Context, relation: &Relation, gone: &[Oid]) -> Option<String> {
    if relation.kind != RelationKind::Sequence {
        return None;
    }
    let catalog = context.script().catalog();
    let defaults = |table: &Relation| table.columns.iter().filter(|column| column.has_default || column.identity).count();
    let users = catalog.sequence_users(relation.oid)?.into_iter().filter(|oid| !gone.contains(oid));
    let same = |table: &Rc<Relation>| catalog.shared(table.oid).is_some_and(|known| defaults(&known) == defaults(table));
    let user = users.filter_map(|oid| context.script().get(oid)).find(same)?;
    Some(format!("a default of {}", super::name_of(&user)))
}
