//! What the text changed so far, and the way back: a ROLLBACK takes along what was created, and what was proved.
//!
//! Each change remembers what was there before. Between two savepoints a relation, a domain and the session are remembered once, and only a few
//! savepoints are kept, so that no text can make the way back long. A ROLLBACK TO one that was not kept goes back to the beginning of the
//! transaction: what is forgotten can only make a later statement look worse.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use crate::catalog::{Oid, PartitionKey, Relation};
use crate::ir::{DomainConstraint, FunctionFact, QualifiedName, Transaction};

/// The most savepoints that are kept.
const SAVEPOINTS: usize = 16;
/// The most functions that are.
const FUNCTIONS: usize = 1_000;

/// Where a relation got its new name.
#[derive(Debug, Clone)]
pub struct Place {
    pub name: QualifiedName,
    /// It is known to be found without its schema.
    pub visible: bool,
}

/// A type that the text made.
#[derive(Debug, Clone, Default)]
pub struct NewType {
    pub domain: bool,
    pub constrained: bool,
    /// As in [`crate::catalog::Domain`].
    pub default: Option<String>,
}

/// What the text did to an existing domain.
#[derive(Debug, Clone, Default)]
pub struct ChangedDomain {
    pub added: Vec<DomainConstraint>,
    pub dropped: BTreeSet<DomainConstraint>,
    /// Its new default, or that it has none any more.
    pub default: Option<Option<String>>,
}

/// Where and how a relation is stored, as far as the text changed it.
#[derive(Debug, Clone, Default)]
pub struct Storage {
    pub unlogged: Option<bool>,
    pub tablespace: Option<String>,
}

/// Settings of the session.
#[derive(Debug, Clone, Default)]
pub struct Session {
    pub utc: Option<bool>,
    pub search_path: Option<Vec<String>>,
    /// The role of `SET ROLE`; an empty text for none.
    pub role: Option<String>,
    /// What the text set other settings to.
    pub values: BTreeMap<String, String>,
}

/// A name that the text gave to something new, and the schema if it said one.
type Created = (String, Option<String>);

/// What was there before a change.
#[derive(Debug)]
enum Undo {
    Relation(Oid, Option<Option<Rc<Relation>>>),
    Created(Created, Option<Option<Oid>>),
    Renamed(Oid, Option<Place>),
    Type(QualifiedName, Option<NewType>),
    Domain(Oid, Option<ChangedDomain>),
    Storage(Oid, Option<Storage>),
    Schema(String, bool),
    Session(Session),
    /// So many functions were known.
    Functions(usize),
}

/// What grows with the statements that change it, so that it is not to be copied for each of them.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Logged {
    Relation(Oid),
    Domain(Oid),
    Session,
}

/// The changes.
#[derive(Debug, Default)]
pub struct State {
    /// Relations as the text left them, and what was read of the others; `None` for what does not exist.
    relations: RefCell<BTreeMap<Oid, Option<Rc<Relation>>>>,
    /// What the text made, with the number of its description if there is one.
    created: BTreeMap<Created, Option<Oid>>,
    /// The numbers that descriptions of what the text made ever had, and by what partitioned tables among them are partitioned.
    described: BTreeMap<Oid, Option<PartitionKey>>,
    renamed: BTreeMap<Oid, Place>,
    types: BTreeMap<QualifiedName, NewType>,
    domains: BTreeMap<Oid, ChangedDomain>,
    storage: BTreeMap<Oid, Storage>,
    schemas: BTreeSet<String>,
    session: Session,
    /// The functions that the text made or altered, in its order.
    functions: Vec<FunctionFact>,
    /// The session as it was before the first SET LOCAL of the transaction.
    before_local: Option<Session>,
    log: Vec<Undo>,
    /// What is in the log since the last savepoint: it is not remembered again.
    logged: HashSet<Logged>,
    savepoints: Vec<(String, usize)>,
}

impl State {
    /// `None` when nothing is known of it yet.
    pub fn relation(&self, oid: Oid) -> Option<Option<Rc<Relation>>> {
        self.relations.borrow().get(&oid).cloned()
    }

    /// Keeps what the catalog says.
    pub fn read(&self, oid: Oid, relation: Option<Rc<Relation>>) {
        self.relations.borrow_mut().insert(oid, relation);
    }

    /// Changes a relation that was read.
    pub fn patch(&mut self, oid: Oid, change: impl FnOnce(&mut Relation)) {
        let relations = self.relations.get_mut();
        let Some(Some(relation)) = relations.get_mut(&oid) else { return };
        if self.logged.insert(Logged::Relation(oid)) {
            self.log.push(Undo::Relation(oid, Some(Some(Rc::clone(relation)))));
        }
        change(Rc::make_mut(relation));
    }

    pub fn drop_relation(&mut self, oid: Oid) {
        let old = self.relations.get_mut().insert(oid, None);
        self.log.push(Undo::Relation(oid, old));
    }

    /// What the text made of this very name: the number of its description, if it has one.
    pub fn created(&self, name: &QualifiedName) -> Option<Option<Oid>> {
        if self.created.is_empty() { None } else { self.created.get(&(name.name.clone(), name.schema.clone())).copied() }
    }

    /// What it made that this name may mean.
    pub fn may_be_created(&self, name: &QualifiedName) -> Option<Option<Oid>> {
        let mut same = self.created.range((name.name.clone(), None)..).take_while(|((one, _), _)| *one == name.name);
        match name.schema {
            Some(_) => self.created(name).or_else(|| same.next().filter(|((_, schema), _)| schema.is_none()).map(|(_, made)| *made)),
            None => same.next().map(|(_, made)| *made),
        }
    }

    pub fn create(&mut self, name: QualifiedName, described: Option<Oid>) {
        self.set_created((name.name, name.schema), Some(described));
    }

    /// Describes something that the text made, under a number that is nobody's.
    pub fn describe(&mut self, relation: Relation, key: Option<PartitionKey>) {
        let oid = relation.oid;
        self.described.insert(oid, key);
        let old = self.relations.get_mut().insert(oid, Some(Rc::new(relation)));
        self.log.push(Undo::Relation(oid, old));
    }

    /// Of what the text made and described.
    pub fn described(&self) -> &BTreeMap<Oid, Option<PartitionKey>> {
        &self.described
    }

    /// Forgets what was created and may be meant by this name.
    pub fn uncreate(&mut self, name: &QualifiedName) {
        let same = self.created.range((name.name.clone(), None)..).map(|(one, _)| one).take_while(|(one, _)| *one == name.name);
        let meant = same.filter(|(_, schema)| schema.is_none() || name.schema.is_none() || *schema == name.schema);
        for created in meant.cloned().collect::<Vec<_>>() {
            self.set_created(created, None);
        }
    }

    /// Forgets what was created in a schema that is not known.
    pub fn uncreate_unqualified(&mut self) {
        for created in self.created.keys().filter(|(_, schema)| schema.is_none()).cloned().collect::<Vec<_>>() {
            self.set_created(created, None);
        }
    }

    /// Forgets what was created in a schema, and the schema.
    pub fn drop_schema(&mut self, schema: &str) {
        let inside = self.created.keys().filter(|(_, one)| one.as_deref() == Some(schema));
        for created in inside.cloned().collect::<Vec<_>>() {
            self.set_created(created, None);
        }
        self.set_schema(schema, false);
    }

    fn set_created(&mut self, created: Created, made: Option<Option<Oid>>) {
        let old = put(&mut self.created, created.clone(), made);
        if old != made {
            self.log.push(Undo::Created(created, old));
        }
    }

    pub fn renamed(&self) -> &BTreeMap<Oid, Place> {
        &self.renamed
    }

    pub fn rename(&mut self, oid: Oid, place: Place) {
        let old = self.renamed.insert(oid, place);
        self.log.push(Undo::Renamed(oid, old));
    }

    pub fn types(&self) -> &BTreeMap<QualifiedName, NewType> {
        &self.types
    }

    pub fn create_type(&mut self, name: QualifiedName, made: NewType) {
        let old = self.types.insert(name.clone(), made);
        self.log.push(Undo::Type(name, old));
    }

    /// Whether the text made or changed types.
    pub fn has_types(&self) -> bool {
        !self.types.is_empty() || !self.domains.is_empty()
    }

    /// Whether the text changed existing domains.
    pub fn has_domains(&self) -> bool {
        !self.domains.is_empty()
    }

    pub fn domain(&self, oid: Oid) -> Option<&ChangedDomain> {
        self.domains.get(&oid)
    }

    pub fn change_domain(&mut self, oid: Oid, change: impl FnOnce(&mut ChangedDomain)) {
        if self.logged.insert(Logged::Domain(oid)) {
            self.log.push(Undo::Domain(oid, self.domains.get(&oid).cloned()));
        }
        change(self.domains.entry(oid).or_default());
    }

    pub fn storage(&self, oid: Oid) -> Option<&Storage> {
        self.storage.get(&oid)
    }

    pub fn change_storage(&mut self, oid: Oid, change: impl FnOnce(&mut Storage)) {
        let old = self.storage.get(&oid).cloned();
        change(self.storage.entry(oid).or_default());
        self.log.push(Undo::Storage(oid, old));
    }

    pub fn functions(&self) -> &[FunctionFact] {
        &self.functions
    }

    pub fn change_function(&mut self, function: FunctionFact) {
        if self.functions.len() < FUNCTIONS {
            self.log.push(Undo::Functions(self.functions.len()));
            self.functions.push(function);
        }
    }

    pub fn has_schema(&self, schema: &str) -> bool {
        self.schemas.contains(schema)
    }

    pub fn create_schema(&mut self, schema: &str) {
        self.set_schema(schema, true);
    }

    fn set_schema(&mut self, schema: &str, is: bool) {
        if set(&mut self.schemas, &schema.to_owned(), is) {
            self.log.push(Undo::Schema(schema.to_owned(), !is));
        }
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    pub fn set(&mut self, local: bool, change: impl FnOnce(&mut Session)) {
        if local && self.before_local.is_none() {
            self.before_local = Some(self.session.clone());
        }
        if self.logged.insert(Logged::Session) {
            self.log.push(Undo::Session(self.session.clone()));
        }
        change(&mut self.session);
    }

    /// A transaction begins, ends, or goes back. A text without BEGIN is taken for one transaction up to its first COMMIT.
    pub fn transaction(&mut self, what: &Transaction, in_block: bool) {
        match what {
            Transaction::Begin if in_block => {}
            Transaction::Begin => self.start(),
            Transaction::Commit { .. } => {
                if let Some(session) = self.before_local.take() {
                    self.session = session;
                }
                self.start();
            }
            Transaction::Rollback { .. } => {
                self.back_to(0);
                self.before_local = None;
                self.start();
            }
            Transaction::Savepoint(name) => {
                if self.savepoints.len() < SAVEPOINTS {
                    self.savepoints.push((name.clone(), self.log.len()));
                    self.logged.clear();
                }
            }
            Transaction::Release(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(one, _)| one == name) {
                    self.savepoints.truncate(at);
                }
            }
            Transaction::RollbackTo(name) => match self.savepoints.iter().rposition(|(one, _)| one == name) {
                Some(at) => {
                    let length = self.savepoints.get(at).map_or(0, |(_, length)| *length);
                    self.savepoints.truncate(at + 1);
                    self.back_to(length);
                }
                None => self.back_to(0),
            },
        }
    }

    /// What was done so far is done.
    fn start(&mut self) {
        self.log.clear();
        self.logged.clear();
        self.savepoints.clear();
    }

    fn back_to(&mut self, length: usize) {
        self.logged.clear();
        self.savepoints.retain(|(_, at)| *at <= length);
        for undo in self.log.split_off(length.min(self.log.len())).into_iter().rev() {
            match undo {
                Undo::Relation(oid, old) => match old {
                    Some(old) => _ = self.relations.get_mut().insert(oid, old),
                    None => _ = self.relations.get_mut().remove(&oid),
                },
                Undo::Created(name, old) => _ = put(&mut self.created, name, old),
                Undo::Renamed(oid, old) => _ = put(&mut self.renamed, oid, old),
                Undo::Type(name, old) => _ = put(&mut self.types, name, old),
                Undo::Domain(oid, old) => _ = put(&mut self.domains, oid, old),
                Undo::Storage(oid, old) => _ = put(&mut self.storage, oid, old),
                Undo::Schema(name, was) => _ = set(&mut self.schemas, &name, was),
                Undo::Session(old) => self.session = old,
                Undo::Functions(count) => self.functions.truncate(count),
            }
        }
    }
}

/// Sets or removes; what was there before.
fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) -> Option<V> {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    }
}

/// Puts in or takes out; whether that changed anything.
fn set<T: Ord + Clone>(all: &mut BTreeSet<T>, one: &T, is: bool) -> bool {
    if is { all.insert(one.clone()) } else { all.remove(one) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_remembered_once() {
        let mut state = State::default();
        for number in 0..1000 {
            state.set(false, |session| _ = session.values.insert(format!("my.{number}"), "x".to_owned()));
            state.change_domain(1, |domain| domain.default = Some(Some(number.to_string())));
        }
        assert_eq!(state.log.len(), 2);
        state.transaction(&Transaction::Savepoint("s".to_owned()), true);
        state.set(false, |session| _ = session.values.insert("my.0".to_owned(), "y".to_owned()));
        state.set(false, |session| session.role = Some("r".to_owned()));
        state.transaction(&Transaction::RollbackTo("s".to_owned()), true);
        assert_eq!((state.session.values.len(), state.session.values.get("my.0").map(String::as_str)), (1000, Some("x")));
        assert_eq!(
            (&state.session.role, state.domain(1).and_then(|domain| domain.default.clone().flatten())),
            (&None, Some("999".to_owned()))
        );
        state.transaction(&Transaction::Rollback { chain: false }, true);
        assert!(state.session.values.is_empty() && state.domain(1).is_none_or(|domain| domain.default.is_none()));
    }
}
