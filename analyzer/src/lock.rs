//! Relation-level lock modes: their order, what conflicts with what, and what that means for others.

use serde::Serialize;

/// A lock on a relation, weakest first, so that `max` gives the strongest.
///
/// Source: PostgreSQL documentation, "Explicit Locking", table 13.2; `LockConflicts` in `src/backend/storage/lmgr/lock.c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// The name in `pg_locks.mode`.
    pub fn pg_name(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        }
    }

    /// Whether two transactions cannot hold these two modes on one relation at the same time.
    pub fn conflicts(self, other: Self) -> bool {
        let (weaker, stronger) = if self <= other { (self, other) } else { (other, self) };
        match weaker {
            Self::AccessShare => stronger == Self::AccessExclusive,
            Self::RowShare => stronger >= Self::Exclusive,
            Self::RowExclusive => stronger >= Self::Share,
            // ShareLock is the only one of these modes that does not conflict with itself.
            Self::Share => stronger > Self::Share,
            _ => true,
        }
    }

    /// The modes that conflict with this one.
    pub fn conflicting(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |mode| mode.conflicts(self))
    }

    /// The mode of that name in `pg_locks.mode`.
    pub fn from_pg_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.pg_name() == name)
    }

    const ALL: [Self; 8] = [
        Self::AccessShare,
        Self::RowShare,
        Self::RowExclusive,
        Self::ShareUpdateExclusive,
        Self::Share,
        Self::ShareRowExclusive,
        Self::Exclusive,
        Self::AccessExclusive,
    ];

    /// Whom the lock keeps waiting while it is held.
    pub fn blocks(self) -> Blocks {
        match self {
            Self::AccessShare | Self::RowShare | Self::RowExclusive => Blocks::Nothing,
            Self::ShareUpdateExclusive => Blocks::SchemaChanges,
            Self::Share | Self::ShareRowExclusive | Self::Exclusive => Blocks::Writes,
            Self::AccessExclusive => Blocks::ReadsAndWrites,
        }
    }
}

/// Whom a lock keeps waiting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Blocks {
    Nothing,
    SchemaChanges,
    Writes,
    ReadsAndWrites,
}

impl Blocks {
    /// As `zdm.check_ddl` prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::SchemaChanges => "schema changes",
            Self::Writes => "writes",
            Self::ReadsAndWrites => "reads and writes",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode;

    /// `LockConflicts` in lock.c, weakest mode first.
    #[test]
    fn conflicts_are_those_of_the_server() {
        let table = [
            [0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 1, 1],
            [0, 0, 0, 0, 1, 1, 1, 1],
            [0, 0, 0, 1, 1, 1, 1, 1],
            [0, 0, 1, 1, 0, 1, 1, 1],
            [0, 0, 1, 1, 1, 1, 1, 1],
            [0, 1, 1, 1, 1, 1, 1, 1],
            [1, 1, 1, 1, 1, 1, 1, 1],
        ];
        for (one, row) in LockMode::ALL.into_iter().zip(table) {
            for (other, conflict) in LockMode::ALL.into_iter().zip(row) {
                assert_eq!(one.conflicts(other), conflict == 1, "{one:?} {other:?}");
            }
        }
    }
}
