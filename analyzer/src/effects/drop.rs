//! `DROP` and `TRUNCATE`.

use std::collections::HashSet;
use std::rc::Rc;

use super::{Effects, cascade, constraint, recursion_of};
use crate::catalog::{Constraint, ConstraintKind, Oid, Relation, RelationKind};
use crate::ir::{Drop, DropCascade, Dropped, QualifiedName, Recursion, Rooted, Target, TypeName};
use crate::lock::LockMode;
use crate::quote;
use crate::script::FoundType;

const TYPE_LEFT_OPEN: &str = "CASCADE drops whatever depends on the type, columns of tables included";

pub fn drop(effects: &mut Effects, drop: &Drop, tag: &str) {
    match &drop.what {
        Dropped::Relations(names) => {
            // one may be named several times
            let mut gone = HashSet::new();
            for name in names {
                // of another kind it is not even locked (RangeVarCallbackForDropRelation)
                let relation = effects.existing(name, drop.missing_ok).filter(|relation| fits(tag, relation.kind));
                if let Some(relation) = relation.filter(|relation| gone.insert(relation.oid)) {
                    relation_goes(effects, &relation, drop.cascade);
                }
                if effects.interrupted() {
                    return;
                }
            }
        }
        Dropped::Indexes(names) => {
            for name in names {
                if effects.interrupted() {
                    return;
                }
                index_goes(effects, name, drop);
            }
        }
        Dropped::Schemas(names) => {
            let mut gone = HashSet::new();
            for schema in names.iter().filter(|schema| gone.insert(schema.as_str())) {
                schema_goes(effects, schema, drop);
            }
        }
        Dropped::Statistics(names) => {
            for name in names {
                if let Some(oid) = effects.script().statistics_relation(name) {
                    effects.lock_oid(oid, LockMode::ShareUpdateExclusive);
                }
            }
        }
        Dropped::Called("type", names) if drop.cascade => types_go(effects, names),
        Dropped::Called(..) => {}
    }
}

/// Whether a `DROP` with this tag is for relations of this kind.
pub fn fits(tag: &str, kind: RelationKind) -> bool {
    use RelationKind as Is;
    match tag {
        "DROP TABLE" => matches!(kind, Is::Table | Is::PartitionedTable),
        "DROP VIEW" => kind == Is::View,
        "DROP MATERIALIZED VIEW" => kind == Is::MaterializedView,
        "DROP SEQUENCE" => kind == Is::Sequence,
        "DROP FOREIGN TABLE" => kind == Is::ForeignTable,
        "DROP INDEX" => matches!(kind, Is::Index | Is::PartitionedIndex),
        _ => true,
    }
}

/// Without CASCADE it goes only if nothing is in it.
fn schema_goes(effects: &mut Effects, schema: &str, drop: &Drop) {
    let script = effects.script();
    if !drop.missing_ok && !script.schema_exists(schema) {
        effects.note_missing(format!("schema {}", quote::ident(schema)));
    }
    if drop.cascade {
        for relation in script.catalog().relations_in_schema(schema).into_iter().filter_map(|oid| script.get(oid)) {
            if effects.interrupted() {
                return;
            }
            relation_goes(effects, &relation, true);
        }
    }
}

/// A relation goes, with its partitions; foreign keys lock the other side, and a partition locks its parent.
pub(super) fn relation_goes(effects: &mut Effects, relation: &Rc<Relation>, cascade: bool) {
    for parent in relation.parents.iter().filter(|_| relation.is_partition) {
        if let Some(parent) = effects.script().get(*parent) {
            effects.lock(&parent, LockMode::AccessExclusive);
            if let Some(default) = parent.default_partition {
                effects.lock_oid(default, LockMode::AccessExclusive);
            }
        }
    }
    let reach = if cascade { Recursion::All } else { Recursion::Partitions };
    for member in effects.whole_tree(relation, reach) {
        if effects.interrupted() {
            return;
        }
        effects.lock(&member, LockMode::AccessExclusive);
        for key in member.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey) {
            if !is_inherited(effects, &member, key) {
                constraint::lock_referenced(effects, key.references, LockMode::AccessExclusive);
            }
        }
        if cascade {
            cascade::relation(effects, member.oid, None);
            for key in member.referenced_by.iter() {
                effects.lock_oid(key.table, LockMode::AccessExclusive);
            }
            for view in effects.script().catalog().dependent_views(member.oid, None) {
                effects.lock_oid(view, LockMode::AccessExclusive);
            }
        }
    }
}

/// A partition has its parent's foreign keys; what watches over them on the other side belongs to the parent's.
fn is_inherited(effects: &Effects, relation: &Relation, key: &Constraint) -> bool {
    let same = |one: &Constraint| one.kind == key.kind && one.references == key.references && one.columns == key.columns;
    let mut parents = relation.parents.iter().filter_map(|oid| effects.script().get(*oid));
    relation.is_partition && parents.any(|parent| parent.constraints.iter().any(same))
}

/// CASCADE takes the columns of the type along.
fn types_go(effects: &mut Effects, names: &[QualifiedName]) {
    cascade::drop(effects, &DropCascade { roots: names.iter().cloned().map(Rooted::Type).collect(), left_open: Some(TYPE_LEFT_OPEN) });
    for name in names {
        let name = TypeName { schema: name.schema.clone(), name: name.name.clone(), modifiers: Vec::new(), array: false };
        let FoundType::Existing(found) = effects.script().find_type(&name) else { continue };
        if effects.interrupted() {
            return;
        }
        for oid in effects.script().catalog().relations_using_type(found.oid).unwrap_or_default() {
            effects.lock_oid(oid, LockMode::AccessExclusive);
        }
    }
}

fn index_goes(effects: &mut Effects, name: &QualifiedName, drop: &Drop) {
    let Some(index) = effects.existing(name, drop.missing_ok) else { return };
    if !matches!(index.kind, RelationKind::Index | RelationKind::PartitionedIndex) {
        return;
    }
    let mode = if drop.concurrently { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    let mut waiting = vec![index];
    let mut seen: HashSet<Oid> = HashSet::new();
    while let Some(index) = waiting.pop() {
        if seen.insert(index.oid) {
            if let Some(table) = index.index_of {
                effects.lock_oid(table, mode);
            }
            waiting.extend(index.child_indexes.iter().filter_map(|oid| effects.script().get(*oid)));
        }
    }
}

pub fn truncate(effects: &mut Effects, tables: &[Target], cascade: bool) {
    let mut waiting: Vec<Rc<Relation>> = Vec::new();
    let mut named: HashSet<Oid> = HashSet::new();
    for target in tables {
        if effects.interrupted() {
            return;
        }
        if let Some(relation) = effects.existing_target(target, false).filter(|relation| target.only || named.insert(relation.oid)) {
            waiting.extend(effects.tree(&relation, recursion_of(target)));
        }
    }
    let mut seen: HashSet<Oid> = HashSet::new();
    while let Some(relation) = waiting.pop() {
        if !seen.insert(relation.oid) {
            continue;
        }
        effects.rewrite(&relation, LockMode::AccessExclusive, Some(true));
        if cascade {
            for key in relation.referenced_by.iter() {
                if let Some(referencing) = effects.script().get(key.table) {
                    waiting.extend(effects.tree(&referencing, Recursion::All));
                }
            }
        }
    }
}
