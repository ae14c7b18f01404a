//! What the text has done to the session so far: the transaction it is in, what it holds and has added to the end of it, and which rules have
//! spoken.
//!
//! A text without BEGIN is taken for statements that commit one by one, unless the session that asks is in a transaction block. Locks that
//! are held too long are only claimed where they certainly are.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::catalog::{Catalog, Oid, Relation};
use crate::ir::{Fact, Kind, QualifiedName, Statement, Transaction};
use crate::lock::LockMode;

/// So many relations are remembered as locked.
const REMEMBERED: usize = 200;
/// So many savepoints are.
const SAVEPOINTS: usize = 16;

/// A strong lock that is held to the end of the transaction.
#[derive(Debug, Clone)]
pub struct Held {
    pub relation: Rc<Relation>,
    pub mode: LockMode,
    /// The statement that took it; 0: the session held it before.
    pub since: u32,
}

/// What a statement leaves behind beside what it does to the database.
#[derive(Debug, Default)]
pub struct Deeds {
    /// Strong locks on relations that others use.
    pub locks: Vec<(Rc<Relation>, LockMode)>,
    /// The names of the constraints that it adds.
    pub constraints: Vec<(Oid, String)>,
    /// The tables that its new foreign keys reference.
    pub referenced: Vec<Oid>,
    /// The rules that spoke of it.
    pub rules: Vec<&'static str>,
    /// The table whose rows an `ALTER TABLE` read under a strong lock, and whether it wrote them anew.
    pub worked_on: Option<(Oid, bool)>,
}

/// What is there to the end of the transaction, or until a savepoint is gone back to.
#[derive(Debug, Clone, Default)]
struct Taken {
    /// The locks that the session held before the text count as well.
    before: bool,
    held: BTreeMap<Oid, Held>,
    constraints: BTreeSet<(Oid, String)>,
    referenced: BTreeSet<Oid>,
}

/// The session, as the next statement finds it.
pub struct Past<'a> {
    catalog: &'a dyn Catalog,
    /// The locks that the session held before the text: asked for when a rule wants to know.
    before: OnceCell<BTreeMap<Oid, Held>>,
    /// A transaction block is open.
    in_block: bool,
    /// The session was in one before the text began.
    outer: bool,
    /// Inside a DO block, which is one transaction at least.
    inside: bool,
    taken: Taken,
    savepoints: Vec<(String, Taken)>,
    /// Rules that have spoken of this text, and of this transaction.
    said: BTreeSet<&'static str>,
    said_here: BTreeSet<&'static str>,
    /// The first statement that changes something in a transaction of its own, and the first that runs only outside a block.
    changes: Option<u32>,
    alone: Option<u32>,
    /// Tables that the text gave a policy.
    policies: Vec<QualifiedName>,
    /// The first strong lock since the last COMMIT of the text, whether or not a block is known to be open.
    first_lock: Option<Held>,
    /// The first `ALTER TABLE` that worked on the rows of a table, and whether it wrote them anew.
    worked_on: BTreeMap<Oid, (u32, bool)>,
}

impl<'a> Past<'a> {
    pub fn new(catalog: &'a dyn Catalog) -> Self {
        let outer = catalog.in_transaction_block() == Some(true);
        Self {
            catalog,
            before: OnceCell::new(),
            in_block: outer,
            outer,
            inside: false,
            taken: Taken { before: outer, ..Taken::default() },
            savepoints: Vec::new(),
            said: BTreeSet::new(),
            said_here: BTreeSet::new(),
            changes: None,
            alone: None,
            policies: Vec::new(),
            first_lock: None,
            worked_on: BTreeMap::new(),
        }
    }

    /// What the session held before the text, relations that nobody else sees left out.
    fn before(&self) -> &BTreeMap<Oid, Held> {
        self.before.get_or_init(|| {
            let held = self.catalog.held_locks().into_iter().filter(|(_, mode)| *mode >= LockMode::Share).take(REMEMBERED);
            let known = held.filter_map(|(oid, mode)| {
                let relation = self.catalog.shared(oid).filter(|relation| !relation.temporary && !relation.created_here)?;
                Some((oid, Held { relation, mode, since: 0 }))
            });
            known.collect()
        })
    }

    pub fn in_block(&self) -> bool {
        self.in_block
    }

    /// Whether the statement stands in a DO block or a function.
    pub fn inside(&self) -> bool {
        self.inside
    }

    /// Whether the session that asks is in a transaction block itself.
    pub fn outer(&self) -> bool {
        self.outer
    }

    /// Strong locks of earlier statements of the same transaction, on relations that others use.
    pub fn held(&self) -> Box<dyn Iterator<Item = &Held> + '_> {
        if !self.taken.before || self.before().is_empty() {
            return Box::new(self.taken.held.values());
        }
        let mut held: BTreeMap<Oid, &Held> = self.taken.held.iter().map(|(oid, held)| (*oid, held)).collect();
        for (oid, before) in self.before() {
            let known = held.entry(*oid).or_insert(before);
            if before.mode >= known.mode {
                *known = before;
            }
        }
        Box::new(held.into_values())
    }

    /// The lock of this kind on a relation.
    pub fn held_on(&self, relation: Oid) -> Option<LockMode> {
        let before = if self.taken.before { self.before().get(&relation) } else { None };
        let here = self.taken.held.get(&relation);
        before.into_iter().chain(here).map(|held| held.mode).max()
    }

    /// Whether the transaction that is open added the constraint of this name.
    pub fn has_added(&self, relation: Oid, constraint: &str) -> bool {
        self.taken.constraints.contains(&(relation, constraint.to_owned()))
    }

    /// The tables that its new foreign keys reference.
    pub fn referenced(&self) -> &BTreeSet<Oid> {
        &self.taken.referenced
    }

    /// Whether a rule has spoken of an earlier statement.
    pub fn has_said(&self, rule: &str) -> bool {
        self.said.contains(rule)
    }

    /// The same, in this transaction.
    pub fn has_said_here(&self, rule: &str) -> bool {
        self.said_here.contains(rule)
    }

    /// The first strong lock that may still be held: a text without BEGIN may be run in one transaction by whoever runs it.
    pub fn first_lock(&self) -> Option<&Held> {
        self.first_lock.as_ref()
    }

    /// The earlier `ALTER TABLE` of the text that worked on the rows of a table, and whether it wrote them anew.
    pub fn worked_on(&self, relation: Oid) -> Option<(u32, bool)> {
        self.worked_on.get(&relation).copied()
    }

    /// The first statement so far that changed something and is committed by now.
    pub fn changes(&self) -> Option<u32> {
        self.changes
    }

    /// The first statement so far that runs only outside a transaction block.
    pub fn alone(&self) -> Option<u32> {
        self.alone
    }

    /// The tables that earlier statements gave a policy, as they name them.
    pub fn policies(&self) -> impl Iterator<Item = &QualifiedName> {
        self.policies.iter()
    }

    /// Whether the locks of the next statement are of interest.
    pub fn wants_locks(&self) -> bool {
        self.in_block || self.first_lock.is_none()
    }

    /// Whether the statement stands in a DO block.
    pub fn is_inside(&self) -> bool {
        self.inside
    }

    /// A DO block begins. Gives back what [`Self::leave`] is to be told.
    pub fn enter(&mut self) -> (bool, bool) {
        let before = (self.in_block, self.inside);
        (self.in_block, self.inside) = (true, true);
        before
    }

    /// A DO block ends, and without a transaction around it so does its own.
    pub fn leave(&mut self, before: (bool, bool)) {
        (self.in_block, self.inside) = before;
        if !self.in_block {
            self.taken = Taken::default();
            self.savepoints.clear();
        }
    }

    /// Takes note of the rules that spoke of a statement which need not have run.
    pub fn note_rules(&mut self, deeds: &Deeds) {
        self.said.extend(&deeds.rules);
        self.said_here.extend(&deeds.rules);
    }

    /// Takes note of what a statement leaves behind.
    pub fn note(&mut self, number: u32, deeds: Deeds) {
        self.note_rules(&deeds);
        if let Some((relation, rewrites)) = deeds.worked_on
            && self.worked_on.len() < REMEMBERED
        {
            let known = self.worked_on.entry(relation).or_insert((number, rewrites));
            if rewrites && !known.1 {
                *known = (number, true);
            }
        }
        for (relation, mode) in deeds.locks {
            if self.first_lock.is_none() {
                self.first_lock = Some(Held { relation: Rc::clone(&relation), mode, since: number });
            }
            if self.in_block && self.taken.held.len() < REMEMBERED {
                let held = self.taken.held.entry(relation.oid).or_insert(Held { relation, mode, since: number });
                if mode > held.mode {
                    (held.mode, held.since) = (mode, number);
                }
            }
        }
        if self.in_block && self.taken.constraints.len() < REMEMBERED {
            self.taken.constraints.extend(deeds.constraints);
            self.taken.referenced.extend(deeds.referenced);
        }
    }

    /// Takes note of what a statement does to the session.
    pub fn apply(&mut self, statement: &Statement) {
        for fact in &statement.facts {
            if let Fact::CreatePolicy(table) = fact
                && self.policies.len() < REMEMBERED
            {
                self.policies.push(table.clone());
            }
        }
        match &statement.kind {
            Kind::Transaction(what) => self.transaction(what),
            _ if statement.facts.contains(&Fact::Alone) => self.alone = self.alone.or(Some(statement.number)),
            _ if changes_something(statement) => self.changes = self.changes.or(Some(statement.number)),
            _ => {}
        }
    }

    fn transaction(&mut self, what: &Transaction) {
        match what {
            Transaction::Begin => self.in_block = true,
            Transaction::Commit { chain } | Transaction::Rollback { chain } => {
                self.in_block = *chain || self.inside;
                self.taken = Taken::default();
                self.first_lock = None;
                self.savepoints.clear();
                self.said_here.clear();
            }
            Transaction::Savepoint(name) => {
                if self.savepoints.len() < SAVEPOINTS {
                    self.savepoints.push((name.clone(), self.taken.clone()));
                }
            }
            Transaction::Release(name) => {
                if let Some(at) = self.savepoints.iter().rposition(|(one, _)| one == name) {
                    self.savepoints.truncate(at);
                }
            }
            // What a savepoint that was not kept gives back is not known: then nothing is claimed.
            Transaction::RollbackTo(name) => match self.savepoints.iter().rposition(|(one, _)| one == name) {
                Some(at) => {
                    self.savepoints.truncate(at + 1);
                    self.taken = self.savepoints.last().map(|(_, taken)| taken.clone()).unwrap_or_default();
                }
                None => self.taken = Taken::default(),
            },
        }
    }
}

/// Whether something stays of the statement when a later one fails.
pub fn changes_something(statement: &Statement) -> bool {
    match &statement.kind {
        Kind::Ignored | Kind::Transaction(_) | Kind::SetVariable { .. } | Kind::Locks(_) => false,
        Kind::Client(_) | Kind::Calls(_) | Kind::AnalyzeAll => false,
        // what is seen in it counts by itself
        Kind::Block(block) => block.hidden.is_some(),
        _ => true,
    }
}
