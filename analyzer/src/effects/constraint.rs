//! Constraints: added, validated, dropped, altered.

use std::rc::Rc;

use super::alter_table::Alter;
use super::fitting::built;
use super::{Effects, not_null};
use crate::catalog::{Constraint, ConstraintKind, Oid, Relation, RelationKind, Size};
use crate::ir::{ConstraintDef, QualifiedName, Recursion};
use crate::lock::LockMode;
use crate::quote;
use crate::script::Found;

pub fn add(effects: &mut Effects, alter: &Alter, added: &ConstraintDef) {
    match added.kind {
        ConstraintKind::Check => {
            let reach = if added.no_inherit { Recursion::None } else { Recursion::All };
            let scans = added.enforced && !added.not_valid;
            for member in alter.members(effects, reach) {
                effects.scan(&member, alter.mode, Some(scans));
            }
            if effects.script().major() >= 18 {
                // Children are locked before it is looked at whether the constraint is theirs.
                for member in alter.members(effects, Recursion::All) {
                    effects.lock(&member, alter.mode);
                }
            }
        }
        ConstraintKind::NotNull => {
            let reach = if added.no_inherit { Recursion::None } else { Recursion::All };
            for member in alter.members(effects, reach) {
                let needed = |column: &String| {
                    !alter.keeps_not_null(&member, column) && !not_null::is_proved(effects.script(), &member, alter, column)
                };
                let scans = !added.not_valid && added.columns.iter().any(needed);
                effects.scan(&member, alter.mode, Some(scans));
            }
            if added.no_inherit {
                // All below are locked before it is looked at whether the constraint is theirs, unless ONLY keeps it from them.
                for member in alter.members(effects, Recursion::All) {
                    effects.lock(&member, alter.mode);
                }
            }
        }
        ConstraintKind::ForeignKey => {
            reference(effects, alter, added, if added.enforced && !added.not_valid { Checked::Rows } else { Checked::Nothing })
        }
        ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => match &added.using_index {
            Some(index) => use_index(effects, alter, added, index),
            None => build_index(effects, alter, added),
        },
        ConstraintKind::Other => {}
    }
}

/// What is checked of a new foreign key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Checked {
    Nothing,
    /// All referencing rows are read, and none has a value to look up.
    Nulls,
    Rows,
}

/// A foreign key: both sides are locked, and both are read unless it stays unchecked.
pub fn reference(effects: &mut Effects, alter: &Alter, added: &ConstraintDef, what: Checked) {
    let members = alter.members(effects, Recursion::Partitions);
    let empty = members.iter().all(is_without_rows);
    let checked = what != Checked::Nothing;
    for member in &members {
        effects.scan(member, alter.mode, Some(checked));
    }
    let Some(name) = &added.references else { return };
    let Some(referenced) = effects.existing(name, false) else { return };
    let major = effects.script().major();
    let reads = if what == Checked::Rows && !empty { reads_referenced(major, &members, &referenced) } else { Some(false) };
    for member in effects.tree(&referenced, Recursion::Partitions) {
        effects.scan(&member, LockMode::ShareRowExclusive, reads);
    }
}

/// Rows that are read faster than few of them are looked up.
const SMALL: f64 = 10_000.0;

/// Whether the referenced table is read through when rows are checked. For few rows the planner looks theirs up in the index instead; up to
/// PostgreSQL 15, which cannot hash the smaller side of an anti join, also in small tables.
fn reads_referenced(major: u32, referencing: &[Rc<Relation>], referenced: &Relation) -> Option<bool> {
    let large = referenced.rows.is_some_and(|rows| rows > SMALL);
    match looked_up(referencing, referenced) {
        Some(true) if large || major < 16 => None,
        _ => Some(true),
    }
}

/// Whether far fewer rows are looked for than there are; `None` when it is not known.
pub fn looked_up(referencing: &[Rc<Relation>], referenced: &Relation) -> Option<bool> {
    let stored = referencing.iter().filter(|member| super::has_storage(member));
    let rows: f64 = stored.map(|member| member.rows).sum::<Option<f64>>()?;
    referenced.rows.map(|all| rows * 4.0 <= all)
}

/// UNIQUE, PRIMARY KEY, EXCLUDE without an index at hand: one is built on the table and on each partition.
pub fn build_index(effects: &mut Effects, alter: &Alter, added: &ConstraintDef) {
    let nullable = |member: &Relation| {
        added.kind == ConstraintKind::PrimaryKey && added.columns.iter().any(|column| !alter.keeps_not_null(member, column))
    };
    let below = if effects.script().major() >= 18 || nullable(&alter.root) { alter.mode } else { LockMode::Share };
    for (member, builds) in built(effects, &alter.root, alter.recursion, &added.into()) {
        let lock = if member.oid == alter.root.oid { alter.mode } else { below };
        effects.build(&member, lock, builds);
    }
    if added.kind == ConstraintKind::PrimaryKey {
        below_a_primary_key(effects, alter);
    }
    if nullable(&alter.root) {
        // The key columns become NOT NULL, which also reaches inheritance children.
        for member in alter.members(effects, Recursion::All) {
            effects.scan(&member, alter.mode, Some(true));
        }
    }
}

/// USING INDEX: instant, unless a primary key has to make its columns NOT NULL first.
fn use_index(effects: &mut Effects, alter: &Alter, added: &ConstraintDef, name: &str) {
    if added.kind != ConstraintKind::PrimaryKey {
        effects.lock(&alter.root, alter.mode);
        if !alter.root.indexes.iter().any(|index| index.name == name) {
            note_missing_index(effects, alter, name);
        }
        return;
    }
    below_a_primary_key(effects, alter);
    let Some(index) = alter.root.indexes.iter().find(|index| index.name == name) else {
        note_missing_index(effects, alter, name);
        effects.scan(&alter.root, alter.mode, None);
        return;
    };
    // Columns that are only included stay as they are.
    let shape = effects.script().catalog().index_shape(index.oid);
    let keys = shape.map(|shape| shape.keys).filter(|keys| !keys.is_empty()).unwrap_or_else(|| index.columns.clone());
    let root_is_marked = keys.iter().all(|column| alter.keeps_not_null(&alter.root, column));
    for member in alter.members(effects, if root_is_marked { Recursion::None } else { Recursion::All }) {
        let script = effects.script();
        let proved = |column: &String| alter.keeps_not_null(&member, column) || not_null::is_proved(script, &member, alter, column);
        let scans = Some(!keys.iter().all(proved));
        effects.scan(&member, alter.mode, scans);
    }
}

/// The key's columns are made NOT NULL in the tables that inherit from it too, which are locked even where they are.
fn below_a_primary_key(effects: &mut Effects, alter: &Alter) {
    if alter.root.kind == RelationKind::Table {
        for member in alter.members(effects, Recursion::All) {
            effects.lock(&member, alter.mode);
        }
    }
}

fn note_missing_index(effects: &mut Effects, alter: &Alter, name: &str) {
    let qualified = QualifiedName { schema: Some(alter.root.schema.clone()), name: name.to_owned() };
    if matches!(effects.script().find(&qualified), Found::Missing) {
        effects.note_missing_in(&alter.root, format!("index {}", quote::ident(name)));
    }
}

pub fn validate(effects: &mut Effects, alter: &Alter, name: &str) {
    if let Some(added) = alter.adds_constraint(name) {
        // Added by the same statement: read under the lock of the whole statement.
        match added.kind {
            ConstraintKind::ForeignKey => reference(effects, alter, added, Checked::Rows),
            _ => scan_members(effects, alter, if added.no_inherit { Recursion::None } else { Recursion::All }),
        }
        return;
    }
    match find(&alter.root, name) {
        Some(constraint) if constraint.validated => {}
        Some(constraint) if constraint.kind == ConstraintKind::ForeignKey => {
            check_rows(effects, alter, constraint, LockMode::RowShare);
        }
        Some(constraint) => scan_members(effects, alter, if constraint.no_inherit { Recursion::None } else { Recursion::All }),
        None => note_missing_constraint(effects, alter, name),
    }
}

fn scan_members(effects: &mut Effects, alter: &Alter, reach: Recursion) {
    for member in alter.members(effects, reach) {
        effects.scan(&member, alter.mode, Some(true));
    }
}

/// The rows of a foreign key are checked. Where there are none, there is nothing to look for in the other table.
fn check_rows(effects: &mut Effects, alter: &Alter, key: &Constraint, lock: LockMode) {
    scan_members(effects, alter, Recursion::Partitions);
    let empty = alter.members(effects, Recursion::Partitions).iter().all(is_without_rows);
    if let Some(referenced) = key.references.and_then(|oid| effects.script().get(oid)) {
        for member in effects.tree(&referenced, Recursion::Partitions) {
            effects.scan(&member, lock, Some(!empty));
        }
    }
}

fn is_without_rows(relation: &Rc<Relation>) -> bool {
    !super::has_storage(relation) || *relation.size == Size::Bytes(0)
}

pub fn drop(effects: &mut Effects, alter: &Alter, name: &str, cascade: bool, missing_ok: bool) {
    let Some(constraint) = find(&alter.root, name).cloned() else {
        if !missing_ok {
            note_missing_constraint(effects, alter, name);
        }
        return;
    };
    for member in alter.members(effects, Recursion::All) {
        effects.lock(&member, alter.mode);
    }
    match constraint.kind {
        ConstraintKind::ForeignKey => lock_referenced(effects, constraint.references, LockMode::AccessExclusive),
        ConstraintKind::PrimaryKey | ConstraintKind::Unique if cascade => {
            for key in alter.root.referenced_by.iter().filter(|key| same_columns(&key.columns, &constraint.columns)) {
                effects.lock_oid(key.table, LockMode::AccessExclusive);
            }
        }
        _ => {}
    }
}

pub fn alter(effects: &mut Effects, alter: &Alter, name: &str, enforced: Option<bool>, inherit: Option<bool>) {
    let Some(constraint) = find(&alter.root, name).cloned() else {
        note_missing_constraint(effects, alter, name);
        return;
    };
    if let Some(inherit) = inherit {
        return self::inherit(effects, alter, &constraint, inherit);
    }
    for member in alter.members(effects, Recursion::All) {
        effects.lock(&member, alter.mode);
    }
    match enforced {
        Some(true) => {
            check_rows(effects, alter, &constraint, LockMode::ShareRowExclusive);
        }
        Some(false) => lock_referenced(effects, constraint.references, LockMode::AccessExclusive),
        None => {}
    }
}

/// A NOT NULL constraint goes down to those below, as far as they have none of their own, or stays with those right below
/// (`ATExecAlterConstrInheritability`).
fn inherit(effects: &mut Effects, alter: &Alter, constraint: &Constraint, inherit: bool) {
    effects.lock(&alter.root, alter.mode);
    let script = effects.script();
    let mut waiting = alter.root.children.clone();
    while let Some(child) = waiting.pop().and_then(|oid| script.get(oid)) {
        let lacks = inherit && !constraint.columns.iter().all(|column| child.columns.iter().any(|one| one.name == *column && one.not_null));
        effects.scan(&child, alter.mode, Some(lacks));
        if lacks {
            waiting.extend(&child.children);
        }
    }
}

/// Locks the table that a foreign key references, with its partitions.
pub fn lock_referenced(effects: &mut Effects, referenced: Option<Oid>, mode: LockMode) {
    if let Some(referenced) = referenced.and_then(|oid| effects.script().get(oid)) {
        effects.lock_tree(&referenced, Recursion::Partitions, mode);
    }
}

fn find<'r>(relation: &'r Rc<Relation>, name: &str) -> Option<&'r Constraint> {
    relation.constraints.iter().find(|one| one.name == name)
}

fn same_columns(one: &[String], other: &[String]) -> bool {
    one.len() == other.len() && one.iter().all(|column| other.contains(column))
}

fn note_missing_constraint(effects: &mut Effects, alter: &Alter, name: &str) {
    if alter.root.kind != RelationKind::ForeignTable {
        let relation = quote::qualified(&alter.root.schema, &alter.root.name);
        effects.note_missing_in(&alter.root, format!("constraint {} of relation {relation}", quote::ident(name)));
    }
}
