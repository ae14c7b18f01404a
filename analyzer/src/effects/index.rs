//! Indexes built and rebuilt.

use std::rc::Rc;

use super::Effects;
use super::fitting::built;
use crate::catalog::{ConstraintKind, Index, Relation, RelationKind};
use crate::ir::{CreateIndex, QualifiedName, Recursion, Reindexed};
use crate::lock::LockMode;
use crate::script::Found;

fn mode(concurrently: bool) -> LockMode {
    if concurrently { LockMode::ShareUpdateExclusive } else { LockMode::Share }
}

pub fn create(effects: &mut Effects, create: &CreateIndex) {
    let Some(table) = effects.existing_target(&create.table, false) else { return };
    let mode = mode(create.concurrently);
    let exists = create.if_not_exists
        && create.name.as_ref().is_some_and(|name| {
            let name = QualifiedName { schema: Some(table.schema.clone()), name: name.clone() };
            !matches!(effects.script().find(&name), Found::Missing)
        });
    if exists {
        effects.lock(&table, mode);
        return;
    }
    let reach = if create.table.only { Recursion::None } else { Recursion::Partitions };
    for (member, builds) in built(effects, &table, reach, &create.into()) {
        effects.build(&member, mode, builds);
    }
}

pub fn reindex(effects: &mut Effects, what: &Reindexed, concurrently: bool) {
    match what {
        Reindexed::Index(name) => {
            let Some(index) = effects.existing(name, false) else { return };
            if let Some(table) = index.index_of {
                effects.lock_oid(table, mode(concurrently));
            }
            let mut waiting = vec![index];
            let mut at = 0;
            while let Some(index) = waiting.get(at).cloned() {
                at += 1;
                waiting.extend(index.child_indexes.iter().filter_map(|oid| effects.script().get(*oid)));
                if let Some(table) = index.index_of.filter(|_| index.kind == RelationKind::Index).and_then(|oid| effects.script().get(oid))
                {
                    effects.build(&table, mode(concurrently), Some(true));
                }
            }
        }
        Reindexed::Table(name) => {
            if let Some(table) = effects.existing(name, false) {
                reindex_table(effects, &table, concurrently);
            }
        }
        Reindexed::Schema(schema) => {
            for oid in effects.script().catalog().relations_in_schema(schema) {
                // A partition is in the list if it is in the schema.
                if let Some(table) = effects.script().get(oid).filter(|table| super::has_storage(table)) {
                    reindex_table(effects, &table, concurrently);
                }
            }
        }
        Reindexed::Everything => effects.unbounded = Some("it reindexes every table of the database"),
    }
}

/// Every table with storage is locked, and read if it has an index. (A list of partitions is made under ShareLock on all
/// of them.)
fn reindex_table(effects: &mut Effects, table: &Rc<Relation>, concurrently: bool) {
    for member in effects.tree(table, Recursion::Partitions) {
        if table.kind == RelationKind::PartitionedTable {
            effects.lock(&member, if member.oid == table.oid { mode(concurrently) } else { LockMode::Share });
        }
        if super::has_storage(&member) {
            effects.build(
                &member,
                mode(concurrently),
                Some(member.indexes.iter().any(|index| !concurrently || fits_concurrently(&member, index))),
            );
        }
    }
}

/// CONCURRENTLY passes over the index of an exclusion constraint, and over one that is not valid (`ReindexRelationConcurrently`).
fn fits_concurrently(table: &Relation, index: &Index) -> bool {
    index.valid && !table.constraints.iter().any(|one| one.kind == ConstraintKind::Exclusion && one.index == Some(index.oid))
}
