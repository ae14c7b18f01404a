//! The transaction block that the next statement runs in: what it holds and what it has added so far.
//!
//! A text without BEGIN is taken for statements that commit one by one, unless the session that asks is in a transaction block. Locks are
//! only claimed to be held where they certainly are.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Oid};
use crate::ir::{Action, AlterTable, Kind, Statement, Transaction};
use crate::lock::LockMode;

/// So many relations are remembered.
const REMEMBERED: usize = 1000;

/// What the transaction did so far.
#[derive(Debug, Default)]
pub struct Block {
    open: bool,
    held: BTreeMap<Oid, LockMode>,
    constraints: BTreeSet<(Oid, String)>,
    referenced: BTreeSet<Oid>,
}

impl Block {
    pub fn new(catalog: &dyn Catalog) -> Self {
        let open = catalog.in_transaction_block() == Some(true);
        let held = if open { catalog.held_locks() } else { Vec::new() };
        Self { open, held: held.into_iter().take(REMEMBERED).collect(), ..Self::default() }
    }

    /// A transaction block is open.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The strongest lock that earlier statements hold on a relation.
    pub fn held(&self, relation: Oid) -> Option<LockMode> {
        self.held.get(&relation).copied()
    }

    /// Whether the transaction added the constraint of this name.
    pub fn added(&self, relation: Oid, constraint: &str) -> bool {
        self.constraints.contains(&(relation, constraint.to_owned()))
    }

    /// The tables that its new foreign keys reference.
    pub fn referenced(&self) -> &BTreeSet<Oid> {
        &self.referenced
    }

    /// Takes note of a statement, the relation that it alters, the locks it takes, and the tables that its foreign keys reference.
    pub fn note(&mut self, statement: &Statement, altered: Option<Oid>, locks: &[(Oid, LockMode)], referenced: Vec<Oid>) {
        match &statement.kind {
            Kind::Transaction(Transaction::Begin) => self.open = true,
            Kind::Transaction(Transaction::Commit { chain } | Transaction::Rollback { chain }) => {
                *self = Self { open: *chain, ..Self::default() };
            }
            // Locks taken since the savepoint are given back. Which those are is not kept.
            Kind::Transaction(Transaction::RollbackTo(_)) => *self = Self { open: self.open, ..Self::default() },
            _ if self.open => {
                for (oid, mode) in locks {
                    if self.held.len() < REMEMBERED || self.held.contains_key(oid) {
                        let held = self.held.entry(*oid).or_insert(*mode);
                        *held = (*held).max(*mode);
                    }
                }
                if let (Some(oid), Kind::AlterTable(AlterTable { actions, .. })) = (altered, &statement.kind) {
                    let names = actions.iter().filter_map(|action| match action {
                        Action::AddConstraint(added) => added.name.clone(),
                        _ => None,
                    });
                    self.constraints.extend(names.map(|name| (oid, name)));
                }
                self.referenced.extend(referenced);
            }
            _ => {}
        }
    }
}
