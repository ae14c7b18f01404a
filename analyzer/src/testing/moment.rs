//! What a handmade database says of this session, of other sessions, and of ownership and dependents.

use std::cell::Cell;
use std::collections::HashMap;

use super::TestCatalog;
use crate::catalog::{Activity, Dependents, Oid, Replication};
use crate::lock::LockMode;

/// Facts of the moment.
#[derive(Debug, Clone, Default)]
pub struct Moment {
    pub settings: HashMap<String, String>,
    pub in_block: bool,
    pub held: Vec<(Oid, LockMode)>,
    /// How often that was asked.
    pub held_asked: Cell<u32>,
    pub holders: HashMap<Oid, Vec<Activity>>,
    pub snapshots: HashMap<Oid, Vec<Activity>>,
    pub replicated: HashMap<Oid, Replication>,
    pub lock_slots: Option<u64>,
    pub jobs: HashMap<Oid, i64>,
    pub events_only: Option<bool>,
    /// Owned by another role.
    pub foreign: HashMap<Oid, String>,
    pub dependents: HashMap<Oid, Dependents>,
    pub owned: HashMap<String, Dependents>,
    pub policies: HashMap<Oid, usize>,
    pub unpopulated: Vec<Oid>,
    pub pending: HashMap<Oid, Oid>,
    pub published: Vec<Oid>,
    pub published_by: HashMap<String, Vec<Oid>>,
    pub sequence_users: HashMap<Oid, Vec<Oid>>,
}

impl Moment {
    /// The holders of locks that conflict with a mode.
    pub fn conflicting(&self, relation: Oid, mode: LockMode) -> Vec<Activity> {
        let holders = self.holders.get(&relation).into_iter().flatten();
        holders.filter(|holder| holder.mode.is_some_and(|held| held.conflicts(mode))).cloned().collect()
    }
}

/// A session that has been idle in its transaction for five minutes.
pub fn idle(pid: i32, mode: Option<LockMode>, query: &str) -> Activity {
    Activity {
        pid: Some(pid),
        prepared: None,
        mode,
        user: None,
        seconds: Some(300.0),
        state: Some("idle in transaction".to_owned()),
        query: Some(query.to_owned()),
        autovacuum: false,
    }
}

impl TestCatalog {
    pub fn set(&mut self, name: &str, value: &str) -> &mut Self {
        self.moment.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The session is in a transaction block.
    pub fn set_in_block(&mut self, in_block: bool) -> &mut Self {
        self.moment.in_block = in_block;
        self
    }

    /// How often it was asked which locks the session holds.
    pub fn held_asked(&self) -> u32 {
        self.moment.held_asked.get()
    }

    /// The session is in a transaction block and holds a lock.
    pub fn hold(&mut self, relation: Oid, mode: LockMode) -> &mut Self {
        self.moment.in_block = true;
        self.moment.held.push((relation, mode));
        self
    }

    /// Somebody else holds a lock on the relation.
    pub fn holder(&mut self, relation: Oid, holder: Activity) -> &mut Self {
        self.moment.holders.entry(relation).or_default().push(holder);
        self
    }

    /// An old snapshot is in the way of CONCURRENTLY on a table.
    pub fn snapshot(&mut self, table: Oid, holder: Activity) -> &mut Self {
        self.moment.snapshots.entry(table).or_default().push(holder);
        self
    }

    pub fn replicated(&mut self, table: Oid, receivers: u32, slots: u32) -> &mut Self {
        self.moment.replicated.insert(table, Replication { receivers, slots });
        self
    }

    pub fn set_lock_slots(&mut self, slots: u64) -> &mut Self {
        self.moment.lock_slots = Some(slots);
        self
    }

    pub fn job(&mut self, table: Oid, job: i64) -> &mut Self {
        self.moment.jobs.insert(table, job);
        self
    }

    /// Whether the guard sees in new sessions only what fires an event trigger.
    pub fn set_guard_sees_events_only(&mut self, only: bool) -> &mut Self {
        self.moment.events_only = Some(only);
        self
    }

    /// Another role owns it.
    pub fn owned_by_another(&mut self, relation: Oid, role: &str) -> &mut Self {
        self.moment.foreign.insert(relation, role.to_owned());
        self
    }

    /// What CASCADE takes along.
    pub fn dependents_of(&mut self, relation: Oid, what: &[&str], has_data: bool) -> &mut Self {
        self.moment.dependents.insert(relation, list(what, has_data));
        self
    }

    pub fn role_owns(&mut self, role: &str, what: &[&str], has_data: bool) -> &mut Self {
        self.moment.owned.insert(role.to_owned(), list(what, has_data));
        self
    }

    pub fn policy(&mut self, table: Oid) -> &mut Self {
        *self.moment.policies.entry(table).or_default() += 1;
        self
    }

    pub fn set_unpopulated(&mut self, view: Oid) -> &mut Self {
        self.moment.unpopulated.push(view);
        self
    }

    pub fn set_detach_pending(&mut self, parent: Oid, partition: Oid) -> &mut Self {
        self.moment.pending.insert(parent, partition);
        self
    }

    pub fn publish(&mut self, table: Oid) -> &mut Self {
        self.moment.published.push(table);
        self
    }

    /// A publication names the table.
    pub fn publish_by(&mut self, publication: &str, table: Oid) -> &mut Self {
        self.moment.published_by.entry(publication.to_owned()).or_default().push(table);
        self
    }

    /// A column of the table takes its numbers from the sequence.
    pub fn numbers(&mut self, sequence: Oid, table: Oid) -> &mut Self {
        self.moment.sequence_users.entry(sequence).or_default().push(table);
        self
    }
}

fn list(what: &[&str], has_data: bool) -> Dependents {
    Dependents { first: what.iter().map(|&one| one.to_owned()).collect(), count: what.len(), has_data }
}
