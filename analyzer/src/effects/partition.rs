//! Partitions that come and go.

use std::rc::Rc;

use super::Effects;
use super::alter_table::Alter;
use super::bounds::{reads_to_exclude, reads_to_fit};
use crate::catalog::{ConstraintKind, Index, Relation, RelationKind, Size};
use crate::ir::{Bound, Detach, QualifiedName, Recursion, WrittenBound};
use crate::lock::LockMode;

pub fn attach(effects: &mut Effects, alter: &Alter, partition: &QualifiedName, bound: &WrittenBound) {
    let parent = Rc::clone(&alter.root);
    if matches!(parent.kind, RelationKind::Index | RelationKind::PartitionedIndex) {
        // ALTER INDEX: an index that is there already is put under its parent, and nothing is read (ATExecAttachPartitionIdx)
        if let Some(index) = effects.existing(partition, false) {
            effects.lock(&index, LockMode::AccessExclusive);
        }
        return;
    }
    if let Some(default) = parent.default_partition.filter(|_| bound.bound != Bound::Default).and_then(|oid| effects.script().get(oid)) {
        let reads = reads_to_exclude(effects, &parent, &default, bound);
        for member in effects.tree(&default, Recursion::Partitions) {
            effects.scan(&member, LockMode::AccessExclusive, reads);
        }
    }
    let child = effects.existing(partition, false);
    let keys: Vec<_> = parent.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey).collect();
    if let Some(child) = &child {
        let lacks_index = parent.indexes.iter().any(|wanted| !child.indexes.iter().any(|index| same_shape(index, wanted)));
        let scans = if lacks_index || !keys.is_empty() { Some(true) } else { reads_to_fit(effects, &parent, child, bound) };
        for member in effects.tree(child, Recursion::Partitions) {
            effects.scan(&member, LockMode::AccessExclusive, scans);
        }
    }
    lock_referencing(effects, &parent);
    let major = effects.script().major();
    for key in keys {
        if let Some(referenced) = key.references.and_then(|oid| effects.script().get(oid)) {
            let rows = child.iter().flat_map(|child| effects.tree(child, Recursion::Partitions)).collect::<Vec<_>>();
            let empty = rows.iter().all(|member| !super::has_storage(member) || member.size == Size::Bytes(0));
            let reads = match super::constraint::looked_up(&rows, &referenced) {
                _ if empty => Some(false),
                // Up to 15 the key is checked once more, by reading.
                _ if major < 16 && child.is_some() => Some(true),
                Some(true) => Some(false),
                _ => None,
            };
            for member in effects.tree(&referenced, Recursion::Partitions) {
                effects.scan(&member, LockMode::ShareRowExclusive, reads);
            }
        }
    }
}

/// A new partition of a referenced table gets the triggers of the foreign keys that point to it, which locks the tables they come from.
pub fn lock_referencing(effects: &mut Effects, parent: &Relation) {
    for key in parent.referenced_by.iter() {
        effects.lock_oid(key.table, LockMode::ShareRowExclusive);
    }
}

fn same_shape(one: &Index, wanted: &Index) -> bool {
    one.valid && one.columns == wanted.columns && one.unique >= wanted.unique && one.partial_or_expression == wanted.partial_or_expression
}

pub fn detach(effects: &mut Effects, alter: &Alter, partition: &QualifiedName, how: Detach) {
    if let Some(child) = effects.existing(partition, false) {
        effects.lock_tree(&child, Recursion::Partitions, LockMode::AccessExclusive);
        for key in child.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey) {
            super::constraint::lock_referenced(effects, key.references, LockMode::ShareRowExclusive);
        }
    }
    if let Some(default) = alter.root.default_partition.filter(|_| how == Detach::Plain) {
        effects.lock_oid(default, LockMode::AccessExclusive);
    }
    // No row elsewhere may still point into the partition.
    for key in alter.root.referenced_by.iter() {
        if let Some(referencing) = effects.script().get(key.table) {
            for member in effects.tree(&referencing, Recursion::Partitions) {
                effects.scan(&member, LockMode::AccessExclusive, Some(true));
            }
        }
    }
}
