//! `ALTER TABLE`: the strongest lock of all actions, then what each action does on top.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::{DroppedIndexes, Effects, add_column, cascade, column_type, constraint, not_null, partition, recursion_of};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::ir::{Action, AlterTable, ConstraintDef, Detach, QualifiedName, Recursion};
use crate::lock::LockMode;

/// One `ALTER TABLE` on a relation that exists, or will by then.
pub struct Alter<'s> {
    pub root: Rc<Relation>,
    /// What the statement asks for on the root; recursion uses the same.
    pub mode: LockMode,
    pub actions: &'s [Action],
    pub recursion: Recursion,
    /// The constraints that the actions drop, and those that they add; the columns that they add.
    dropped: OnceCell<HashSet<&'s str>>,
    added: OnceCell<HashMap<&'s str, &'s ConstraintDef>>,
    columns: OnceCell<HashSet<&'s str>>,
}

impl<'s> Alter<'s> {
    fn new(root: Rc<Relation>, mode: LockMode, actions: &'s [Action], recursion: Recursion) -> Self {
        let (dropped, added, columns) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
        Self { root, mode, actions, recursion, dropped, added, columns }
    }

    /// The root and what is below it, as far as the statement and the action reach.
    pub fn members(&self, effects: &Effects, reach: Recursion) -> Vec<Rc<Relation>> {
        effects.tree(&self.root, if self.recursion == Recursion::None { Recursion::None } else { reach })
    }

    /// Whether a column is marked NOT NULL and stays so: what the same statement drops is dropped first.
    pub fn keeps_not_null(&self, relation: &Relation, column: &str) -> bool {
        not_null::is_not_null(relation, column) && !not_null::is_dropped(self.actions, relation, column)
    }

    /// Whether another action of the same statement drops this constraint.
    pub fn drops_constraint(&self, wanted: &str) -> bool {
        let names = self.actions.iter().filter_map(|action| match action {
            Action::DropConstraint { name, .. } => Some(name.as_str()),
            _ => None,
        });
        self.dropped.get_or_init(|| names.collect()).contains(wanted)
    }

    /// The constraint that another action of the same statement adds under this name.
    pub fn adds_constraint(&self, wanted: &str) -> Option<&'s ConstraintDef> {
        // of several with a name the first counts
        let named = self.actions.iter().rev().filter_map(|action| match action {
            Action::AddConstraint(added) => Some((added.name.as_deref()?, added)),
            _ => None,
        });
        self.added.get_or_init(|| named.collect()).get(wanted).copied()
    }

    /// Whether another action of the same statement adds a column of this name.
    fn adds_column(&self, wanted: &str) -> bool {
        let names = self.actions.iter().filter_map(|action| match action {
            Action::AddColumn { column, .. } => Some(column.name.as_str()),
            _ => None,
        });
        self.columns.get_or_init(|| names.collect()).contains(wanted)
    }
}

pub fn alter_table(effects: &mut Effects, alter: &AlterTable) {
    let Some(root) = effects.existing_target(&alter.target, alter.missing_ok) else { return };
    let mode = alter.actions.iter().map(lock_of).max().unwrap_or(LockMode::ShareUpdateExclusive).max(LockMode::ShareUpdateExclusive);
    let alter = Alter::new(root, mode, &alter.actions, recursion_of(&alter.target));
    effects.lock(&alter.root, mode);
    effects.dropped = alter.actions.iter().filter_map(|action| dropped_indexes(&alter.root, action)).collect();
    for action in alter.actions {
        if effects.interrupted() {
            return;
        }
        apply(effects, &alter, action);
    }
}

fn dropped_indexes(root: &Relation, action: &Action) -> Option<DroppedIndexes> {
    match action {
        Action::DropColumn { name, .. } => Some(DroppedIndexes::Column(name.clone())),
        Action::DropConstraint { name, .. } => {
            let constraint = root.constraints.iter().find(|one| one.name == *name && one.index.is_some())?;
            Some(DroppedIndexes::Constraint { table: root.oid, name: name.clone(), columns: constraint.columns.clone() })
        }
        _ => None,
    }
}

/// `ALTER TYPE ... CASCADE` does to each table OF the type what it does to the type.
pub fn alter_composite(effects: &mut Effects, name: &QualifiedName, actions: &[Action]) {
    let Some(composite) = effects.existing(name, false) else { return };
    let Some(tables) = effects.script().catalog().tables_of_type(composite.oid) else {
        effects.unbounded = Some("it cascades to every table of the type");
        return;
    };
    let script = effects.script();
    for root in tables.into_iter().filter_map(|oid| script.get(oid)) {
        let alter = Alter::new(root, LockMode::AccessExclusive, actions, Recursion::All);
        for member in alter.members(effects, Recursion::All) {
            effects.lock(&member, alter.mode);
        }
        for action in actions {
            if effects.interrupted() {
                return;
            }
            apply(effects, &alter, action);
        }
    }
}

/// `AlterTableGetLockLevel`.
fn lock_of(action: &Action) -> LockMode {
    match action {
        Action::AddConstraint(added) if added.kind == ConstraintKind::ForeignKey => LockMode::ShareRowExclusive,
        Action::ValidateConstraint { .. } | Action::AttachPartition { .. } => LockMode::ShareUpdateExclusive,
        Action::DetachPartition { how: Detach::Concurrently | Detach::Finalize, .. } => LockMode::ShareUpdateExclusive,
        Action::SetOptions { options } if !options.iter().any(|option| needs_exclusive(option)) => LockMode::ShareUpdateExclusive,
        Action::Simple { lock, .. } => *lock,
        _ => LockMode::AccessExclusive,
    }
}

/// Storage parameters that `reloptions.c` gives an AccessExclusiveLock.
fn needs_exclusive(option: &str) -> bool {
    matches!(
        option,
        "user_catalog_table"
            | "security_barrier"
            | "security_invoker"
            | "check_option"
            | "pages_per_range"
            | "autosummarize"
            | "gin_pending_list_limit"
            | "fastupdate"
            | "buffering"
    )
}

fn apply(effects: &mut Effects, alter: &Alter, action: &Action) {
    match action {
        Action::AddColumn { column, if_not_exists } => add_column::add_column(effects, alter, column, *if_not_exists),
        Action::DropColumn { name, cascade, missing_ok } => drop_column(effects, alter, name, *cascade, *missing_ok),
        Action::AlterType { column, to, collation, using, .. } => {
            column_type::alter_type(effects, alter, column, to, collation.as_ref(), using.as_ref());
        }
        Action::SetNotNull { column } => not_null::set_not_null(effects, alter, column),
        Action::DropNotNull { column }
        | Action::SetDefault { column, .. }
        | Action::Identity { column, .. }
        | Action::DropExpression { column } => {
            known_column(effects, alter, column);
            lock_members(effects, alter, Recursion::All);
        }
        Action::SetExpression { column } => set_expression(effects, alter, column),
        Action::AddConstraint(added) => constraint::add(effects, alter, added),
        Action::ValidateConstraint { name } => constraint::validate(effects, alter, name),
        Action::DropConstraint { name, cascade, missing_ok } => constraint::drop(effects, alter, name, *cascade, *missing_ok),
        Action::AlterConstraint { name, enforced, inherit } => constraint::alter(effects, alter, name, *enforced, *inherit),
        Action::AttachPartition { partition, bound } => partition::attach(effects, alter, partition, bound),
        Action::DetachPartition { partition, how } => partition::detach(effects, alter, partition, *how),
        Action::Inherit { parent } => {
            if let Some(parent) = effects.existing(parent, false) {
                effects.lock(&parent, LockMode::ShareUpdateExclusive);
            }
        }
        Action::SetAccessMethod { name } => {
            let new = name.clone().or_else(|| effects.script().setting("default_table_access_method"));
            let rewrites = match (new, &alter.root.access_method) {
                (Some(new), Some(old)) => Some(new != *old),
                _ => None,
            };
            effects.rewrite(&alter.root, alter.mode, rewrites);
        }
        Action::SetTablespace { name } => {
            let rewrites = effects.script().tablespace(alter.root.oid).map(|old| old != *name);
            effects.copy(&alter.root, alter.mode, rewrites);
        }
        Action::SetLogged { logged } => {
            let rewrites = effects.script().unlogged(alter.root.oid).map(|unlogged| unlogged == *logged);
            effects.rewrite(&alter.root, alter.mode, rewrites);
        }
        Action::SetOptions { .. } => {}
        Action::Simple { recursion, .. } => lock_members(effects, alter, *recursion),
    }
}

fn lock_members(effects: &mut Effects, alter: &Alter, reach: Recursion) {
    for member in alter.members(effects, reach) {
        effects.lock(&member, alter.mode);
    }
}

/// Notes a column that is not there. Views and composite types have columns too.
pub fn known_column(effects: &mut Effects, alter: &Alter, column: &str) -> bool {
    let known = alter.root.columns.iter().any(|one| one.name == column)
        || alter.adds_column(column)
        || matches!(alter.root.kind, RelationKind::Index | RelationKind::PartitionedIndex);
    if !known {
        let relation = crate::quote::qualified(&alter.root.schema, &alter.root.name);
        let what = format!("column {} of relation {relation}", crate::quote::ident(column));
        effects.note_missing_in(&alter.root, what);
    }
    known
}

fn drop_column(effects: &mut Effects, alter: &Alter, column: &str, cascade: bool, missing_ok: bool) {
    let exists = alter.root.columns.iter().any(|one| one.name == column) || effects.script().is_new(alter.root.oid);
    if !exists {
        if !missing_ok {
            known_column(effects, alter, column);
        }
        return;
    }
    // Those right below are asked whether the column is their own now, also with ONLY.
    for child in &alter.root.children {
        effects.lock_oid(*child, alter.mode);
    }
    for member in alter.members(effects, Recursion::All) {
        if effects.interrupted() {
            return;
        }
        effects.lock(&member, alter.mode);
        for key in member.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey && one.columns.iter().any(|c| c == column))
        {
            constraint::lock_referenced(effects, key.references, LockMode::AccessExclusive);
        }
        if cascade {
            cascade::relation(effects, member.oid, Some(column));
            for key in member.referenced_by.iter().filter(|key| key.columns.iter().any(|c| c == column)) {
                effects.lock_oid(key.table, LockMode::AccessExclusive);
            }
            for view in effects.script().catalog().dependent_views(member.oid, Some(column)) {
                effects.lock_oid(view, LockMode::AccessExclusive);
            }
        }
    }
}

/// A stored column is computed anew, a virtual one is not there to compute.
fn set_expression(effects: &mut Effects, alter: &Alter, column: &str) {
    known_column(effects, alter, column);
    for member in alter.members(effects, Recursion::All) {
        let generated = member.columns.iter().find(|one| one.name == column).and_then(|one| one.generated.as_ref());
        effects.rewrite(&member, alter.mode, generated.map(|generated| generated.stored));
    }
}
