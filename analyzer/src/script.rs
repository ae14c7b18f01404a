//! What a text has done so far: the catalog as the next statement of the same text will find it.
//!
//! A relation created by the text is new: nobody else uses it, so nothing done to it disturbs. Relations that the text renames, drops or gives
//! columns and constraints are answered for as they are by then, and as they were before after a ROLLBACK. This is a sketch, not a simulator:
//! what it does not know it leaves alone.

mod alter;
mod apply;
mod changes;
mod follow;
mod functions;
mod names;
mod new;
mod object;
mod past;
mod settings;
mod state;
mod types;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::catalog::{Catalog, Oid, OnTable, PartitionKey, Relation};
use crate::effects::Volatilities;
use crate::ir::{Class, Kind, QualifiedName, Range, Statement};
use crate::parse;
pub use changes::Changes;
pub use follow::{follow, follow_calls, unseen_call};
pub use names::Found;
pub use object::FoundObject;
pub use past::{Deeds, Held, Past, changes_something};
pub use settings::{Actor, Timeout, milliseconds};
use state::State;
pub use types::FoundType;

/// Object identifiers below are those of PostgreSQL itself.
pub const FIRST_USER_OID: Oid = 16384;

/// The catalog, and what earlier statements of the text changed.
pub struct Script<'a> {
    base: &'a dyn Catalog,
    /// What names mean in the catalog below: each is asked for once.
    resolved: RefCell<BTreeMap<QualifiedName, Option<Oid>>>,
    state: State,
    past: Past<'a>,
    volatilities: RefCell<Volatilities>,
    /// The names of functions that the text made.
    functions: HashSet<String>,
    /// What CHECK expressions prove, by their text.
    proofs: RefCell<HashMap<String, Rc<[String]>>>,
    changes: Changes,
    /// Whether changes are of interest.
    watched: bool,
    /// The roles that the text made.
    roles: HashSet<String>,
    /// Objects that are no relations and that the text made, changed or dropped.
    objects: HashSet<(Class, String)>,
    /// The text granted roles, and privileges.
    granted: (bool, bool),
    /// The text gave a relation another owner.
    given: bool,
    /// The statements that the text prepared.
    prepared: HashMap<String, Rc<str>>,
    /// The text did something before that reaches more than is followed.
    hidden: bool,
    /// The triggers, policies and rules that the text made or dropped, and whether they are there; `None` when that is not known any more.
    hung: HashMap<(OnTable, Oid, String), Option<bool>>,
}

impl<'a> Script<'a> {
    pub fn new(base: &'a dyn Catalog) -> Self {
        Self {
            base,
            resolved: RefCell::default(),
            state: State::default(),
            past: Past::new(base),
            volatilities: RefCell::default(),
            functions: HashSet::new(),
            proofs: RefCell::default(),
            changes: Changes::default(),
            watched: false,
            hidden: false,
            roles: HashSet::new(),
            prepared: HashMap::new(),
            objects: HashSet::new(),
            granted: (false, false),
            given: false,
            hung: HashMap::new(),
        }
    }

    /// The catalog below: for questions that the text cannot have changed.
    pub fn catalog(&self) -> &'a dyn Catalog {
        self.base
    }

    pub fn major(&self) -> u32 {
        self.base.major_version()
    }

    pub fn time_zone_is_utc(&self) -> bool {
        self.state.session().utc.unwrap_or_else(|| self.base.time_zone_is_utc())
    }

    /// What the text has done to the session so far.
    pub fn past(&self) -> &Past<'a> {
        &self.past
    }

    /// Takes note of a statement: of what it leaves behind in its transaction, and of what it does to the database.
    pub fn after(&mut self, statement: &Statement, deeds: Deeds) {
        self.past.note(statement.number, deeds);
        self.apply(statement);
    }

    /// Takes note of a statement that need not have run.
    pub fn perhaps(&mut self, statement: &Statement, deeds: Deeds) {
        self.past.note_rules(&deeds);
        self.apply_perhaps(statement);
    }

    /// Reads ahead: only for blocks and for what takes others along does it matter which names were used before.
    pub fn expect(&mut self, statements: &[Statement]) {
        self.watched = statements.iter().any(|statement| match &statement.kind {
            Kind::Block(_) | Kind::DropCascade(_) | Kind::Calls(_) => true,
            Kind::Drop(drop) => drop.cascade,
            _ => false,
        });
    }

    /// Takes note of the names in a statement of a text.
    pub fn changed(&mut self, text: &str, statement: &Statement) {
        if !self.watched {
            return;
        }
        let mut changes = std::mem::take(&mut self.changes);
        changes.note(text, statement, self);
        self.changes = changes;
    }

    /// Whether the text did something whose whole effect is not followed (CASCADE, a function, text that is not at hand): what the catalogs say of
    /// dependents, and that there is no such role, type or function, may be true no more.
    pub fn has_hidden_effects(&self) -> bool {
        self.hidden
    }

    /// Whether the text granted roles or gave a relation away before, so that the catalogs do not know who owns what; and whether it granted privileges.
    pub fn granted(&self) -> (bool, bool) {
        self.granted
    }

    /// Whether the text gave a relation another owner.
    pub fn has_new_owners(&self) -> bool {
        self.given
    }

    /// The text that the text prepared under a name.
    pub fn prepared(&self, name: &str) -> Option<Rc<str>> {
        self.prepared.get(name).cloned()
    }

    /// Whether the text made a role of this name.
    pub fn has_made_role(&self, name: &str) -> bool {
        self.roles.contains(name)
    }

    /// What the text may have changed so far.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Whether a table has a trigger, policy or rule of this name.
    pub fn has_on_table(&self, kind: OnTable, table: Oid, name: &str) -> Option<bool> {
        match self.hung.get(&(kind, table, name.to_owned())) {
            Some(known) => *known,
            None => self.base.has_on_table(kind, table, name),
        }
    }

    /// A DO block begins; what it gives back, [`Self::leave`] is to be told.
    pub fn enter(&mut self) -> (bool, bool) {
        self.past.enter()
    }

    pub fn leave(&mut self, before: (bool, bool)) {
        self.past.leave(before);
    }

    /// The columns that a CHECK expression proves to be not null.
    pub fn proves_not_null(&self, expression: &str) -> Rc<[String]> {
        if let Some(known) = self.proofs.borrow().get(expression) {
            return Rc::clone(known);
        }
        let proved: Rc<[String]> = parse::proves_not_null(expression).into();
        self.proofs.borrow_mut().insert(expression.to_owned(), Rc::clone(&proved));
        proved
    }

    /// What a CHECK expression says of a column.
    pub fn ranges(&self, expression: &str, column: &str) -> Option<Vec<Range>> {
        parse::ranges(expression, column)
    }

    /// Whether the text made it, so that it is nobody's yet.
    pub fn is_new(&self, relation: Oid) -> bool {
        self.state.described().contains_key(&relation)
    }

    /// By what a table is partitioned.
    pub fn partition_key(&self, relation: Oid) -> Option<PartitionKey> {
        match self.state.described().get(&relation) {
            Some(key) => key.clone(),
            None => self.base.partition_key(relation),
        }
    }

    /// Whether the columns and constraints of a relation are still those that the catalogs know.
    pub fn is_as_found(&self, relation: &Relation) -> bool {
        let unchanged = |found: &Relation| {
            let marks = |of: &Relation| of.columns.iter().map(|one| (one.name.clone(), one.not_null)).collect::<Vec<_>>();
            let checks = |of: &Relation| of.constraints.iter().map(|one| (one.name.clone(), one.validated)).collect::<Vec<_>>();
            marks(found) == marks(relation)
                && checks(found) == checks(relation)
                && found.children.iter().eq(relation.children.iter().filter(|child| !self.is_new(**child)))
        };
        self.base.shared(relation.oid).is_some_and(|found| unchanged(&found))
    }

    /// A relation as the next statement finds it.
    pub fn get(&self, oid: Oid) -> Option<Rc<Relation>> {
        if let Some(known) = self.state.relation(oid) {
            return known;
        }
        let relation = self.base.shared(oid);
        self.state.read(oid, relation.clone());
        relation
    }

    pub fn unlogged(&self, relation: Oid) -> Option<bool> {
        self.state.storage(relation).and_then(|storage| storage.unlogged).or_else(|| self.base.unlogged(relation))
    }

    pub fn tablespace(&self, relation: Oid) -> Option<String> {
        self.state.storage(relation).and_then(|storage| storage.tablespace.clone()).or_else(|| self.base.tablespace(relation))
    }
}
