//! What others do at this moment, and what hangs on an object.

use crate::lock::LockMode;

/// A session, or a prepared transaction, that others may have to wait for.
#[derive(Debug, Clone, PartialEq)]
pub struct Activity {
    /// `None` for a prepared transaction.
    pub pid: Option<i32>,
    /// The name of a prepared transaction.
    pub prepared: Option<String>,
    /// The lock that is in the way.
    pub mode: Option<LockMode>,
    /// Who it is; `None` where the caller may not see it.
    pub user: Option<String>,
    /// How long its transaction is open; `None` where the caller may not see it.
    pub seconds: Option<f64>,
    /// As `pg_stat_activity` has it; `None` where the caller may not see it.
    pub state: Option<String>,
    /// Its last query, cut; `None` where the caller may not see it.
    pub query: Option<String>,
    /// It is an autovacuum worker.
    pub autovacuum: bool,
}

/// Who gets this server's WAL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Replication {
    /// Connected standbys and other receivers.
    pub receivers: u32,
    /// Slots, which keep WAL until it is fetched.
    pub slots: u32,
}

/// A list that may be long.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dependents {
    /// The first of them, in order.
    pub first: Vec<String>,
    /// How many there are in all.
    pub count: usize,
    /// There are tables or materialized views among them, or columns of some: rows would be lost.
    pub has_data: bool,
}
