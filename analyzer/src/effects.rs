//! What a statement does to relations: locks, rewrites, scans, index builds. One model for findings and predictions.
//!
//! The truth it follows was measured on every supported server (`tests/verify`). Everything is computed per relation: partitions, inheritance
//! children, both sides of foreign keys, dependents that a CASCADE takes along.

mod add_column;
mod alter_table;
mod bounds;
mod cascade;
mod column_type;
mod constraint;
mod drop;
mod fitting;
mod index;
mod not_null;
mod other;
mod owned;
mod partition;
mod volatility;

pub use add_column::{constrained_domain, constrained_type, fills, is_serial, references_something, serial_type};
pub use cascade::losing as tables_losing_columns;
pub use column_type::{change as type_change, rechecks as type_rechecks};
pub use drop::fits;
pub use fitting::lacking_indexes;
pub use not_null::{is_dropped as drops_not_null, is_not_null, proof as proof_of_not_null, scans as set_not_null_scans};
pub use volatility::{Volatilities, default_is_volatile, is_volatile};

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::catalog::{Index, Oid, Relation, RelationKind, Size};
use crate::ir::{Fact, Kind, QualifiedName, Recursion, Statement, Target};
use crate::lock::LockMode;
use crate::script::{Found, Script};

/// What happens to one relation.
#[derive(Debug, Clone)]
pub struct Touch {
    pub relation: Rc<Relation>,
    /// The strongest.
    pub lock: LockMode,
    pub rewrites: Option<bool>,
    /// Read through, also where it is rewritten.
    pub scans: Option<bool>,
    /// An index is built on it, or built anew, whether it holds rows or not.
    builds: Option<bool>,
    /// Every index that it keeps is built anew.
    reindexes: Option<bool>,
}

/// What a statement does.
pub struct Effects<'a> {
    script: &'a Script<'a>,
    touches: Vec<Touch>,
    /// Where in [`Self::touches`] a relation is.
    places: HashMap<Oid, usize>,
    missing: Vec<String>,
    unbounded: Option<&'static str>,
    /// Indexes that the statement itself drops before it builds any.
    dropped: Vec<DroppedIndexes>,
    /// What it drops IF EXISTS is not there.
    nothing: bool,
}

/// Indexes that an action of an `ALTER TABLE` takes along.
enum DroppedIndexes {
    /// Those that use the column.
    Column(String),
    /// Those of the constraint: on the table by their name, below by their columns.
    Constraint { table: Oid, name: String, columns: Vec<String> },
}

impl DroppedIndexes {
    fn takes(&self, relation: &Relation, index: &Index) -> bool {
        match self {
            Self::Column(column) => index.columns.iter().chain(index.expression_columns.iter()).any(|one| one == column),
            Self::Constraint { table, name, .. } if relation.oid == *table => index.name == *name,
            Self::Constraint { columns, .. } => index.columns == *columns && (index.unique || index.primary),
        }
    }
}

/// Computes what a statement does.
pub fn of<'a>(statement: &Statement, script: &'a Script<'a>) -> Effects<'a> {
    let mut effects = Effects {
        script,
        touches: Vec::new(),
        places: HashMap::new(),
        missing: Vec::new(),
        unbounded: None,
        dropped: Vec::new(),
        nothing: script.drops_nothing(statement),
    };
    match &statement.kind {
        _ if effects.nothing => {}
        Kind::DropCascade(cascade) => cascade::drop(&mut effects, cascade),
        Kind::AlterTable(alter) => alter_table::alter_table(&mut effects, alter),
        Kind::AlterDomain(domain) => other::alter_domain(&mut effects, domain),
        Kind::CreateTable(table) => other::create_table(&mut effects, table),
        Kind::CreateView { name, replace } => other::create_view(&mut effects, name, *replace),
        Kind::CreateIndex(create) => index::create(&mut effects, create),
        Kind::Reindex { what, concurrently } => index::reindex(&mut effects, what, *concurrently),
        Kind::Drop(drop) => drop::drop(&mut effects, drop, &statement.tag),
        Kind::Truncate { tables, cascade } => drop::truncate(&mut effects, tables, *cascade),
        Kind::Rename(rename) => other::rename(&mut effects, rename),
        Kind::Cluster { table } => other::cluster(&mut effects, table.as_ref()),
        Kind::Vacuum { tables, full } => other::vacuum(&mut effects, tables, *full),
        Kind::Refresh { view, concurrently } => other::refresh(&mut effects, view, *concurrently),
        Kind::Locks(locks) => {
            other::locks(&mut effects, locks);
            statement.facts.iter().for_each(|fact| other::unpublish(&mut effects, fact));
        }
        Kind::Modify(changes) => other::modify(&mut effects, changes),
        Kind::Create(creation) => other::modify(&mut effects, &creation.changes),
        Kind::AlterComposite { name, actions, cascade: true } => alter_table::alter_composite(&mut effects, name, actions),
        Kind::RenameCalled { cascades_from: Some(name), .. } => alter_table::alter_composite(&mut effects, name, &[]),
        Kind::AnalyzeAll => other::analyze_all(&mut effects),
        Kind::RenameCalled { .. }
        | Kind::AlterComposite { .. }
        | Kind::AddEnumValue { .. }
        | Kind::Block(_)
        | Kind::Client(_)
        | Kind::Calls(_)
        | Kind::DropDatabase { .. }
        | Kind::SetVariable { .. }
        | Kind::Transaction(_)
        | Kind::Ignored => {}
        Kind::Opaque { .. } => statement.facts.iter().for_each(|fact| {
            if let Fact::Owned(all) = fact {
                owned::owned(&mut effects, all);
            }
        }),
    }
    // What the text made is nobody's yet.
    effects.touches.retain(|touch| !script.is_new(touch.relation.oid));
    effects.places = effects.touches.iter().enumerate().map(|(at, touch)| (touch.relation.oid, at)).collect();
    effects
}

impl<'a> Effects<'a> {
    pub fn script(&self) -> &'a Script<'a> {
        self.script
    }

    /// Whether the statement does nothing, since what it drops IF EXISTS is not there.
    pub fn drops_nothing(&self) -> bool {
        self.nothing
    }

    /// What is touched, in the order of first mention.
    pub fn touches(&self) -> &[Touch] {
        &self.touches
    }

    pub fn on(&self, relation: Oid) -> Option<&Touch> {
        self.touches.get(*self.places.get(&relation)?)
    }

    /// Whether the statement leaves an index of a relation in place.
    fn keeps(&self, relation: &Relation, index: &Index) -> bool {
        !self.dropped.iter().any(|dropped| dropped.takes(relation, index))
    }

    /// Whether an index of a relation is built, or built anew. Which it has is read only where that matters.
    pub fn builds_indexes(&self, touch: &Touch) -> Option<bool> {
        match touch.reindexes {
            Some(false) => touch.builds,
            anew => either(
                touch.builds,
                if touch.relation.indexes.iter().any(|index| self.keeps(&touch.relation, index)) { anew } else { Some(false) },
            ),
        }
    }

    /// Objects that the statement needs and that are not there.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// Why the list may not be complete.
    pub fn unbounded(&self) -> Option<&'static str> {
        self.unbounded
    }

    /// The relation that a name means, one that the text made included if it is described. A missing one is noted unless `missing_ok`.
    fn existing(&mut self, name: &QualifiedName, missing_ok: bool) -> Option<Rc<Relation>> {
        match self.script.find(name) {
            Found::Existing(relation) => Some(relation),
            Found::New(described) => described,
            Found::Missing => {
                if !missing_ok {
                    self.missing.push(format!("relation {name}"));
                }
                None
            }
        }
    }

    fn existing_target(&mut self, target: &Target, missing_ok: bool) -> Option<Rc<Relation>> {
        self.existing(&target.name, missing_ok)
    }

    /// Whether the caller wants an end: what is found is thrown away then.
    fn interrupted(&self) -> bool {
        self.script.catalog().interrupted()
    }

    fn note_missing(&mut self, what: String) {
        self.missing.push(what);
    }

    /// The same, of a part of a relation. What is in one that the text made is not known to the last column.
    fn note_missing_in(&mut self, relation: &Relation, what: String) {
        if !self.script.is_new(relation.oid) {
            self.missing.push(what);
        }
    }

    fn touch(&mut self, relation: &Rc<Relation>, lock: LockMode) -> &mut Touch {
        let at = *self.places.entry(relation.oid).or_insert_with(|| {
            self.touches.push(Touch {
                relation: Rc::clone(relation),
                lock,
                rewrites: Some(false),
                scans: Some(false),
                builds: Some(false),
                reindexes: Some(false),
            });
            self.touches.len() - 1
        });
        let touch = &mut self.touches[at];
        touch.lock = touch.lock.max(lock);
        touch
    }

    fn lock(&mut self, relation: &Rc<Relation>, lock: LockMode) {
        self.touch(relation, lock);
    }

    fn lock_oid(&mut self, oid: Oid, lock: LockMode) {
        if let Some(relation) = self.script.get(oid) {
            self.touch(&relation, lock);
        }
    }

    /// Locks a relation with all that belong to it.
    fn lock_tree(&mut self, relation: &Rc<Relation>, recursion: Recursion, lock: LockMode) {
        for member in self.tree(relation, recursion) {
            self.lock(&member, lock);
        }
    }

    /// It is read through. Where no block was ever written there is nothing to read.
    fn scan(&mut self, relation: &Rc<Relation>, lock: LockMode, answer: Option<bool>) {
        let answer = if has_storage(relation) && *relation.size != Size::Bytes(0) { answer } else { Some(false) };
        let touch = self.touch(relation, lock);
        touch.scans = either(touch.scans, answer);
    }

    /// It is written anew, and with it all its indexes.
    fn rewrite(&mut self, relation: &Rc<Relation>, lock: LockMode, answer: Option<bool>) {
        let answer = if has_storage(relation) { answer } else { Some(false) };
        let touch = self.touch(relation, lock);
        touch.rewrites = either(touch.rewrites, answer);
        touch.reindexes = either(touch.reindexes, answer);
    }

    /// Its file is copied as it is; its indexes stay where they are.
    fn copy(&mut self, relation: &Rc<Relation>, lock: LockMode, answer: Option<bool>) {
        let answer = if has_storage(relation) { answer } else { Some(false) };
        let touch = self.touch(relation, lock);
        touch.rewrites = either(touch.rewrites, answer);
    }

    /// An index is built on it, for which it is read through.
    fn build(&mut self, relation: &Rc<Relation>, lock: LockMode, answer: Option<bool>) {
        self.scan(relation, lock, answer);
        let answer = if has_storage(relation) { answer } else { Some(false) };
        let touch = self.touch(relation, lock);
        touch.builds = either(touch.builds, answer);
    }

    /// A relation with all below it that others may use, itself first.
    pub fn members(&self, relation: &Rc<Relation>) -> Vec<Rc<Relation>> {
        let mut members = self.tree(relation, Recursion::All);
        members.retain(|member| member.oid == relation.oid || !self.script.is_new(member.oid));
        members
    }

    /// A relation and those below it that a statement reaches, itself first. A partition whose DETACH CONCURRENTLY was interrupted is none of them.
    fn tree(&self, relation: &Rc<Relation>, recursion: Recursion) -> Vec<Rc<Relation>> {
        let pending = |relation: &Rc<Relation>| match relation.kind {
            RelationKind::PartitionedTable => self.script.catalog().detach_pending(relation.oid),
            _ => None,
        };
        self.descend(relation, recursion, pending)
    }

    /// All that are below it in the catalog, itself first.
    fn whole_tree(&self, relation: &Rc<Relation>, recursion: Recursion) -> Vec<Rc<Relation>> {
        self.descend(relation, recursion, |_| None)
    }

    fn descend(&self, relation: &Rc<Relation>, recursion: Recursion, left_out: impl Fn(&Rc<Relation>) -> Option<Oid>) -> Vec<Rc<Relation>> {
        let mut out = vec![Rc::clone(relation)];
        if recursion == Recursion::None || relation.children.is_empty() {
            return out;
        }
        let mut seen = HashSet::from([relation.oid]);
        let mut at = 0;
        while let Some((children, left_out)) = out.get(at).map(|relation| (relation.children.clone(), left_out(relation))) {
            for oid in children.into_iter().filter(|oid| Some(*oid) != left_out) {
                let reached = |child: &Rc<Relation>| match recursion {
                    Recursion::None => false,
                    Recursion::Partitions => child.is_partition,
                    Recursion::Children => !child.is_partition,
                    Recursion::All => true,
                };
                if self.interrupted() {
                    return out;
                }
                let child = self.script.get(oid).filter(reached);
                out.extend(child.filter(|child| seen.insert(child.oid)));
            }
            at += 1;
        }
        out
    }
}

/// Whether the relation has rows of its own.
pub fn has_storage(relation: &Relation) -> bool {
    matches!(relation.kind, RelationKind::Table | RelationKind::MaterializedView | RelationKind::Index)
}

/// `true` wins, then "cannot be told".
pub fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        _ => Some(false),
    }
}

fn recursion_of(target: &Target) -> Recursion {
    if target.only { Recursion::None } else { Recursion::All }
}
