//! Statements that need a few lines each.

use std::rc::Rc;

use super::{Effects, recursion_of};
use crate::catalog::{ConstraintKind, Relation, RelationKind};
use crate::ir::{AlterDomain, Bound, CreateTable, Fact, Lock, Modification, QualifiedName, Recursion, Rename, Renamed, Target, TypeName};
use crate::lock::LockMode;
use crate::script::{Found, FoundType};

/// Adding or validating a domain's constraint reads every table that uses it, and keeps its writers waiting.
pub fn alter_domain(effects: &mut Effects, domain: &AlterDomain) {
    if !domain.checks_users {
        return;
    }
    let name = TypeName { schema: domain.name.schema.clone(), name: domain.name.name.clone(), modifiers: Vec::new(), array: false };
    match effects.script().find_type(&name) {
        FoundType::Existing(found) => match effects.script().catalog().relations_using_type(found.oid) {
            Some(users) => {
                let script = effects.script();
                for table in users.into_iter().filter_map(|oid| script.get(oid)) {
                    effects.scan(&table, LockMode::Share, Some(true));
                }
            }
            None => effects.unbounded = Some("every table that uses the domain is read under a ShareLock"),
        },
        FoundType::New { .. } => {}
        FoundType::Missing => effects.note_missing(format!("domain {}", domain.name)),
    }
}

pub fn create_table(effects: &mut Effects, table: &CreateTable) {
    if table.if_not_exists && matches!(effects.script().find(&table.name), Found::Existing(_)) {
        return;
    }
    for name in &table.references {
        // A table may reference itself.
        if name.name != table.name.name
            && let Some(referenced) = effects.existing(name, false)
        {
            effects.lock_tree(&referenced, Recursion::Partitions, LockMode::ShareRowExclusive);
        }
    }
    for name in &table.parents {
        let Some(parent) = effects.existing(name, false) else { continue };
        match &table.partition {
            None => effects.lock(&parent, LockMode::ShareUpdateExclusive),
            Some(bound) => {
                effects.lock(&parent, LockMode::AccessExclusive);
                if let Some(default) =
                    parent.default_partition.filter(|_| bound.bound != Bound::Default).and_then(|oid| effects.script().get(oid))
                {
                    let reads = super::bounds::reads_to_exclude(effects, &parent, &default, bound);
                    for member in effects.tree(&default, Recursion::Partitions) {
                        effects.scan(&member, LockMode::AccessExclusive, reads);
                    }
                }
                for key in parent.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey) {
                    super::constraint::lock_referenced(effects, key.references, LockMode::ShareRowExclusive);
                }
                super::partition::lock_referencing(effects, &parent);
            }
        }
    }
}

pub fn create_view(effects: &mut Effects, name: &QualifiedName, replace: bool) {
    if let (true, Found::Existing(view)) = (replace, effects.script().find(name)) {
        effects.lock(&view, LockMode::AccessExclusive);
    }
}

pub fn rename(effects: &mut Effects, rename: &Rename) {
    let Some(relation) = effects.existing_target(&rename.target, rename.missing_ok) else { return };
    let reach = match &rename.what {
        Renamed::Relation { .. } | Renamed::Schema { .. } => Recursion::None,
        Renamed::Column { .. } => recursion_of(&rename.target),
        Renamed::Constraint { from, .. } => {
            let inherits = |kind| matches!(kind, ConstraintKind::Check | ConstraintKind::NotNull);
            let below = relation.constraints.iter().any(|one| one.name == *from && inherits(one.kind));
            if below { recursion_of(&rename.target) } else { Recursion::None }
        }
    };
    let index = matches!(relation.kind, RelationKind::Index | RelationKind::PartitionedIndex);
    let mode = if rename.as_index && index { LockMode::ShareUpdateExclusive } else { LockMode::AccessExclusive };
    effects.lock_tree(&relation, reach, mode);
    if let Renamed::Column { from, .. } = &rename.what
        && !relation.columns.iter().any(|column| column.name == *from)
    {
        let table = crate::quote::qualified(&relation.schema, &relation.name);
        effects.note_missing_in(&relation, format!("column {} of relation {table}", crate::quote::ident(from)));
    }
}

pub fn cluster(effects: &mut Effects, table: Option<&Target>) {
    match table {
        Some(target) => rewritten(effects, target),
        None => effects.unbounded = Some("it rewrites every table that was clustered before"),
    }
}

/// Every table that people made. Those of the system are left out.
pub fn analyze_all(effects: &mut Effects) {
    let script = effects.script();
    for relation in script.catalog().all_tables().unwrap_or_default().into_iter().filter_map(|oid| script.get(oid)) {
        effects.lock(&relation, LockMode::ShareUpdateExclusive);
    }
}

pub fn vacuum(effects: &mut Effects, tables: &[Target], full: bool) {
    if tables.is_empty() && full {
        effects.unbounded = Some("it rewrites every table of the database");
    }
    if tables.is_empty() && !full {
        let script = effects.script();
        for relation in script.catalog().all_tables().unwrap_or_default().into_iter().filter_map(|oid| script.get(oid)) {
            effects.scan(&relation, LockMode::ShareUpdateExclusive, None);
        }
    }
    for target in tables {
        if effects.interrupted() {
            return;
        }
        if full {
            rewritten(effects, target);
        } else if let Some(relation) = effects.existing_target(target, false) {
            for member in effects.tree(&relation, recursion_of(target)) {
                // How much of it is read depends on the visibility map.
                effects.scan(&member, LockMode::ShareUpdateExclusive, None);
            }
        }
    }
}

fn rewritten(effects: &mut Effects, target: &Target) {
    if let Some(relation) = effects.existing_target(target, false) {
        for member in effects.tree(&relation, recursion_of(target)) {
            effects.rewrite(&member, LockMode::AccessExclusive, Some(true));
        }
    }
}

pub fn refresh(effects: &mut Effects, view: &QualifiedName, concurrently: bool) {
    let Some(view) = effects.existing(view, false) else { return };
    if concurrently {
        effects.scan(&view, LockMode::Exclusive, Some(true));
    } else {
        effects.rewrite(&view, LockMode::AccessExclusive, Some(true));
    }
}

pub fn locks(effects: &mut Effects, locks: &[Lock]) {
    for lock in locks {
        if effects.interrupted() {
            return;
        }
        if let Some(relation) = effects.existing_target(&lock.target, lock.missing_ok) {
            // What is not there is looked for under a weak lock (get_object_address_relobject).
            let gone = lock.on.as_ref().filter(|on| lock.missing_ok && !on.made);
            if gone.is_some_and(|on| effects.script().has_on_table(on.kind, relation.oid, &on.name) == Some(false)) {
                continue;
            }
            let reach = if lock.target.only { Recursion::None } else { lock.recursion };
            effects.lock_tree(&relation, reach, lock.mode);
            // only LOCK TABLE reaches below a view
            if relation.kind == RelationKind::View && lock.recursion == Recursion::All {
                lock_below(effects, &relation, lock.mode);
            }
        }
    }
}

/// What the query of a view names is locked with it, through all views below (`LockViewRecurse`).
fn lock_below(effects: &mut Effects, view: &Rc<Relation>, mode: LockMode) {
    let (mut views, mut at) = (vec![view.oid], 0);
    while let Some(view) = views.get(at).copied() {
        at += 1;
        if effects.interrupted() {
            return;
        }
        let Some(read) = effects.script().catalog().view_reads(view) else {
            effects.unbounded = Some("what the view reads is locked too");
            return;
        };
        for oid in read {
            let Some(relation) = effects.script().get(oid) else { continue };
            effects.lock_tree(&relation, Recursion::All, mode);
            if relation.kind == RelationKind::View && !views.contains(&relation.oid) {
                views.push(relation.oid);
            }
        }
    }
}

/// The tables that a publication had until it was given others.
pub fn unpublish(effects: &mut Effects, fact: &Fact) {
    let Fact::SetsPublication(publication) = fact else { return };
    for table in effects.script().catalog().published_by(publication).unwrap_or_default() {
        effects.lock_oid(table, LockMode::ShareUpdateExclusive);
    }
}

pub fn modify(effects: &mut Effects, changes: &[Modification]) {
    for change in changes {
        if effects.interrupted() {
            return;
        }
        if let Some(relation) = effects.existing_target(&change.target, false) {
            for member in effects.tree(&relation, recursion_of(&change.target)) {
                let whole = if change.filtered || relation.kind == RelationKind::View { None } else { Some(true) };
                effects.scan(&Rc::clone(&member), LockMode::RowExclusive, whole);
            }
        }
    }
}
