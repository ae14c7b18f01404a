//! What the names in a statement meant when it was judged, and when it had its locks.
//!
//! A statement is judged by what its names mean at that moment. If it then has to wait for a lock, somebody else may give the name to another relation
//! meanwhile, and that is the one which the server takes (`RangeVarGetRelidExtended` looks the name up anew). So when the statement is done, and
//! the transaction is not, its new locks are looked at: one on a relation that nobody had in mind, and that bears a name which was asked for, is a reason
//! to refuse, which takes back what was done. Size is no excuse here: TRUNCATE leaves a small table behind.
//!
//! Commands that commit by themselves are left alone: there is nothing to take back.

use super::shim::{self, Statement};
use super::{decide, foreseen, state};
use crate::catalog::shim::created_here;
use crate::catalog::{LiveCatalog, Named, held_locks};
use crate::error::Error;
use crate::guc::GuardMode;
use std::collections::BTreeSet;
use std::rc::Rc;
use zdm_analyzer::catalog::{Catalog, Oid, Relation};
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::LockMode;
use zdm_analyzer::{Foreseen, quote};

/// What is kept of a statement to its end.
pub struct Meant {
    named: Named,
    /// What had a strong lock of this session before.
    locked: BTreeSet<Oid>,
}

impl Meant {
    /// What to keep of a statement that is about to run; nothing where no name is in it, or no hook sees its end.
    pub fn of(statement: &Statement, mut named: Named, foreseen: &[Foreseen]) -> Result<Option<Self>, Error> {
        if statement.alone || named.names.is_empty() || !shim::owe() {
            return Ok(None);
        }
        named.relations.extend(foreseen.iter().map(|one| one.relation));
        Ok(Some(Self { named, locked: held_locks()?.into_iter().map(|(relation, _)| relation).collect() }))
    }

    /// The relation that was locked for a name which meant another one, and how.
    fn mistaken(&self) -> Result<Option<(Rc<Relation>, LockMode)>, Error> {
        for (oid, lock) in held_locks()? {
            if self.locked.contains(&oid) || self.named.relations.contains(&oid) || created_here(oid)? {
                continue;
            }
            let catalog = LiveCatalog::for_guard(shim::owner()?);
            let relation = catalog.shared(oid);
            catalog.finish()?;
            if let Some(relation) = relation.filter(|relation| self.named.names.contains(&relation.name)) {
                return Ok(Some((relation, lock)));
            }
        }
        Ok(None)
    }
}

/// Refuses the statement that is done if it has met another relation than the one it was judged by.
pub fn look_again(statement: impl FnOnce() -> Statement) -> Result<(), Error> {
    let Some(meant) = foreseen::take_meant() else { return Ok(()) };
    let Some((relation, lock)) = meant.mistaken()? else { return Ok(()) };
    let mode = state::mode()?;
    if mode == GuardMode::Off {
        return Ok(());
    }
    let statement = statement();
    let name = quote::qualified(&relation.schema, &relation.name);
    let finding = Finding {
        object: Some(name.clone()),
        relation: Some(relation.oid),
        lock: Some(lock),
        blocks: lock.blocks(),
        detail: Some("Another session gave the name to it while the statement waited for a lock.".to_owned()),
        hint: Some("Run it again: it is judged anew.".to_owned()),
        ..Finding::new(
            Risk::Danger,
            "not-analyzable",
            &statement.tag,
            format!("cannot be judged: {name} is not the relation that this {} was judged by", statement.tag),
        )
    };
    decide::refuse_or_warn(&statement, &[finding], mode)
}
