//! Partitions that come and go.

use std::rc::Rc;

use super::alter_table::Alter;
use super::bounds::{reads_to_exclude, reads_to_fit};
use super::fitting::{Key, foreign_key, lacking_indexes};
use super::{Effects, either};
use crate::catalog::{ConstraintKind, Relation, RelationKind, Size};
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
    let has: Vec<Key> =
        keys.iter().map(|key| child.as_ref().map_or(Key::Lacking, |child| foreign_key(effects, &parent, key, child))).collect();
    if let Some(child) = &child {
        let bound = reads_to_fit(effects, &parent, child, bound);
        let keys = has.iter().map(|has| match has {
            Key::Valid => Some(false),
            Key::Lacking | Key::NotValid => Some(true),
            Key::Unknown => None,
        });
        let checked = keys.fold(bound, either);
        let lacking = lacking_indexes(effects.script(), &parent, child);
        for member in effects.tree(child, Recursion::Partitions) {
            let builds = lacking.iter().map(|(wanted, sure)| {
                let may_have = member.oid != child.oid && member.indexes.iter().any(|index| index.columns == wanted.columns);
                if *sure && !may_have { Some(true) } else { None }
            });
            let built = builds.reduce(either).unwrap_or(Some(false));
            effects.scan(&member, LockMode::AccessExclusive, checked);
            effects.build(&member, LockMode::AccessExclusive, built);
        }
    }
    lock_referencing(effects, &parent);
    let major = effects.script().major();
    for (key, has) in keys.into_iter().zip(has) {
        if let Some(referenced) = key.references.and_then(|oid| effects.script().get(oid)) {
            let rows = child.iter().flat_map(|child| effects.tree(child, Recursion::Partitions)).collect::<Vec<_>>();
            let empty = rows.iter().all(|member| !super::has_storage(member) || *member.size == Size::Bytes(0));
            let reads = match super::constraint::looked_up(&rows, &referenced) {
                _ if empty || has == Key::Valid => Some(false),
                _ if has == Key::Unknown => None,
                // Up to 15 the key is checked once more, by reading.
                _ if major < 16 && child.is_some() => Some(true),
                Some(true) => Some(false),
                _ => None,
            };
            // The triggers of a key that the table has already are dropped in favour of the parent's; up to 17 one that is not valid is not taken.
            let mode = match has {
                Key::Valid | Key::Unknown => LockMode::AccessExclusive,
                Key::NotValid if major >= 18 => LockMode::AccessExclusive,
                Key::NotValid | Key::Lacking => LockMode::ShareRowExclusive,
            };
            for member in effects.tree(&referenced, Recursion::Partitions) {
                effects.scan(&member, mode, reads);
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

pub fn detach(effects: &mut Effects, alter: &Alter, partition: &QualifiedName, how: Detach) {
    let child = effects.existing(partition, false);
    if let Some(child) = &child {
        effects.lock_tree(child, Recursion::Partitions, LockMode::AccessExclusive);
        for key in child.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey) {
            super::constraint::lock_referenced(effects, key.references, LockMode::ShareRowExclusive);
        }
    }
    if let Some(default) = alter.root.default_partition.filter(|_| how == Detach::Plain) {
        effects.lock_oid(default, LockMode::AccessExclusive);
    }
    // No row elsewhere may still point into the partition: a join of both (RI_PartitionRemove_Check), for which the planner chooses whether the
    // partition is read through or looked into.
    for key in alter.root.referenced_by.iter() {
        if let Some(referencing) = effects.script().get(key.table) {
            let referencing = effects.tree(&referencing, Recursion::Partitions);
            let empty = referencing.iter().all(|member| !super::has_storage(member) || *member.size == Size::Bytes(0));
            for member in &referencing {
                effects.scan(member, LockMode::AccessExclusive, Some(true));
            }
            for member in child.iter().flat_map(|child| effects.tree(child, Recursion::Partitions)).collect::<Vec<_>>() {
                effects.scan(&member, LockMode::AccessExclusive, if empty { Some(false) } else { None });
            }
        }
    }
}
