//! What a table has already of the indexes and foreign keys that it needs as a partition (`AttachPartitionEnsureIndexes`,
//! `tryAttachPartitionForeignKey`, tablecmds.c), or when its partitioned table gets an index (`DefineIndex`). What lacks is built, or checked.

use std::rc::Rc;

use super::Effects;
use crate::catalog::{Constraint, ConstraintKind, Decision, Index, Relation};
use crate::ir::{ConstraintDef, CreateIndex, Recursion};
use crate::script::Script;

/// The indexes of a partitioned table that have to be built in a table when it is attached; `false`: it cannot be told whether that has to be.
pub fn lacking_indexes(script: &Script, parent: &Relation, child: &Relation) -> Vec<(Index, bool)> {
    let wanted = in_order(parent);
    let mut free = in_order(child);
    free.retain(|index| index.valid);
    let mut lacking = Vec::new();
    for wanted in wanted {
        let fits: Vec<Decision> = free.iter().map(|index| fits(script, parent, wanted, child, index)).collect();
        match fits.iter().position(|fits| *fits == Decision::Yes) {
            // An index serves once.
            Some(at) => drop(free.remove(at)),
            None => lacking.push((wanted.clone(), fits.iter().all(|fits| *fits == Decision::No) && !adds_key(parent, wanted, child))),
        }
    }
    lacking
}

/// An index that a partitioned table is to get.
pub struct Wanted<'a> {
    /// `None`: not only columns.
    columns: Option<Vec<&'a String>>,
    unique: bool,
    method: &'a str,
    /// Nothing but its method and columns is said of it.
    plain: bool,
    /// The constraint that it is of.
    kind: Option<ConstraintKind>,
}

impl<'a> From<&'a CreateIndex> for Wanted<'a> {
    fn from(create: &'a CreateIndex) -> Self {
        let columns = create.columns.as_ref().map(|columns| columns.iter().collect());
        Self { columns, unique: create.unique, method: &create.method, plain: create.plain, kind: None }
    }
}

impl<'a> From<&'a ConstraintDef> for Wanted<'a> {
    fn from(added: &'a ConstraintDef) -> Self {
        let exclusion = added.kind == ConstraintKind::Exclusion;
        let columns = added.columns.iter().chain(&added.including);
        let plain = added.plain_index && added.index_clauses.is_empty() && !exclusion;
        let method = if exclusion { "" } else { "btree" };
        Self { columns: (!exclusion).then(|| columns.collect()), unique: !exclusion, method, plain, kind: Some(added.kind) }
    }
}

/// Whether an index is built on a table and on each of its partitions: one that has it already gets none, nor do those below.
pub fn built(effects: &Effects, table: &Rc<Relation>, reach: Recursion, wanted: &Wanted) -> Vec<(Rc<Relation>, Option<bool>)> {
    let mut all = vec![(Rc::clone(table), Some(true))];
    let mut at = 0;
    while let Some((parent, answer)) = all.get(at).filter(|_| reach != Recursion::None).cloned() {
        at += 1;
        let children = parent.children.iter().filter_map(|oid| effects.script().get(*oid)).filter(|child| child.is_partition);
        all.extend(children.map(|child| {
            let lacks = match has(effects.script(), &child, wanted) {
                Decision::Yes => Some(false),
                Decision::No => answer,
                Decision::CannotTell | Decision::Refused => None,
            };
            let answer = if answer == Some(false) { answer } else { lacks };
            (child, answer)
        }));
    }
    all
}

/// Whether a partition has an index that does for one of its partitioned table. One that is under another partitioned index does not.
fn has(script: &Script, partition: &Relation, wanted: &Wanted) -> Decision {
    let free = |index: &&Index| index.oid == 0 || script.get(index.oid).is_none_or(|index| !index.is_partition);
    let does = |index: &Index| {
        let own = constraint_of(partition, index).map(|one| one.kind);
        let alike = index.unique == wanted.unique
            && index.partial_or_expression == wanted.columns.is_none()
            && wanted.columns.as_ref().is_none_or(|columns| index.columns.iter().eq(columns.iter().copied()))
            && (wanted.kind.is_none() || own.is_some());
        if wanted.kind == Some(ConstraintKind::Exclusion) || own == Some(ConstraintKind::Exclusion) {
            return if own == wanted.kind { Decision::CannotTell } else { Decision::No };
        }
        let shape = script.catalog().index_shape(index.oid).filter(|_| index.oid != 0);
        match shape {
            _ if !alike => Decision::No,
            Some(shape) if shape.method != wanted.method => Decision::No,
            Some(shape) if wanted.plain && shape.plain && shape.keys == index.columns => Decision::Yes,
            None if wanted.plain && index.plain && wanted.method == "btree" => Decision::Yes,
            _ => Decision::CannotTell,
        }
    };
    partition.indexes.iter().filter(free).map(does).fold(Decision::No, |one, other| match (one, other) {
        (Decision::Yes, _) | (_, Decision::Yes) => Decision::Yes,
        (Decision::No, other) => other,
        (one, _) => one,
    })
}

/// The order in which the server takes them; those that the text made come last.
fn in_order(table: &Relation) -> Vec<&Index> {
    let mut indexes: Vec<&Index> = table.indexes.iter().collect();
    indexes.sort_by_key(|index| index.oid.wrapping_sub(1));
    indexes
}

/// Whether an index does for one of the partitioned table.
fn fits(script: &Script, parent: &Relation, wanted: &Index, child: &Relation, index: &Index) -> Decision {
    // before PostgreSQL 17 a constraint of either kind does for a constraint
    let kind = |own: &Constraint, wanted: &Constraint| script.major() < 17 || own.kind == wanted.kind;
    let alike = index.columns == wanted.columns
        && index.unique == wanted.unique
        && index.partial_or_expression == wanted.partial_or_expression
        && constraint_of(parent, wanted).is_none_or(|wanted| constraint_of(child, index).is_some_and(|own| kind(own, wanted)));
    if !alike {
        return Decision::No;
    }
    if index.oid != 0 && wanted.oid != 0 {
        return script.catalog().same_index(wanted.oid, index.oid);
    }
    let plain = |index: &Index| {
        let shape = script.catalog().index_shape(index.oid).filter(|_| index.oid != 0);
        shape.map_or(index.plain, |shape| shape.plain && shape.method == "btree" && shape.keys == index.columns)
    };
    if plain(index) && plain(wanted) { Decision::Yes } else { Decision::CannotTell }
}

/// The constraint that an index is of.
fn constraint_of<'r>(table: &'r Relation, index: &Index) -> Option<&'r Constraint> {
    table.constraints.iter().find(|one| one.index == Some(index.oid) && (index.oid != 0 || one.columns == index.columns))
}

/// Whether the text added a constraint to the table that has no index in our books, and may be what is wanted.
fn adds_key(parent: &Relation, wanted: &Index, child: &Relation) -> bool {
    let kind = constraint_of(parent, wanted).map(|one| one.kind);
    child.constraints.iter().any(|one| {
        matches!(one.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
            && one.index.is_none()
            && one.columns == wanted.columns
            && kind.is_none_or(|kind| kind == one.kind)
    })
}

/// What a table has of a foreign key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Lacking,
    NotValid,
    Valid,
    Unknown,
}

/// What a table has of a foreign key of the partitioned table.
pub fn foreign_key(effects: &Effects, parent: &Relation, key: &Constraint, child: &Relation) -> Key {
    let own = |one: &&Constraint| one.kind == ConstraintKind::ForeignKey && one.references == key.references && one.columns == key.columns;
    if !child.constraints.iter().any(|one| own(&one)) {
        return Key::Lacking;
    }
    let script = effects.script();
    if !script.is_as_found(child) || !script.is_as_found(parent) {
        return Key::Unknown;
    }
    match script.catalog().same_foreign_keys(parent.oid, child.oid) {
        Some(same) => match same.iter().find(|(name, _)| *name == key.name) {
            Some((_, true)) => Key::Valid,
            Some((_, false)) => Key::NotValid,
            None => Key::Lacking,
        },
        None => Key::Unknown,
    }
}
