//! Particulars that only few rules ask for.

use super::Oid;

/// What a table has besides columns, indexes and constraints.
#[derive(Debug, Clone, Default)]
pub struct TableFacts {
    /// The columns in the partition key, those in its expressions included.
    pub partition_key: Vec<String>,
    pub replica_identity: ReplicaIdentity,
    /// Row-level security is switched on.
    pub row_security: bool,
}

/// `pg_class.relreplident`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReplicaIdentity {
    /// The primary key.
    #[default]
    Default,
    Nothing,
    Full,
    Index,
}

/// How an index is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexShape {
    /// The access method.
    pub method: String,
    /// Its key columns, without those it only includes; empty if one of them is an expression.
    pub keys: Vec<String>,
    /// Operator classes, collations and order are those that come by themselves, there is no WHERE, and NULLs are distinct.
    pub plain: bool,
}

/// What ANALYZE found in a column: a sample of the past.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ColumnStatistics {
    /// The part of the rows that hold NULL, 0 to 1.
    pub null_fraction: f64,
    /// Different values as `pg_stats.n_distinct` counts them: a number, or less than 0 for a part of the rows.
    pub distinct: f64,
    /// The greatest value of an integer column.
    pub greatest: Option<i64>,
}

/// Something stored that a function computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionUse {
    /// `index`, `constraint` or `column`.
    pub kind: String,
    /// Its name, quoted and qualified.
    pub name: String,
    /// The table.
    pub relation: Oid,
}

/// Something that uses a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependent {
    pub kind: DependentKind,
    /// Its name, quoted and qualified.
    pub name: String,
    /// Its own name alone, unquoted.
    pub word: String,
    /// For a view: which.
    pub relation: Option<Oid>,
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DependentKind {
    View,
    MaterializedView,
    Policy,
    Trigger,
    Function,
    /// A generated column.
    Column,
    Publication,
    Other,
}

impl DependentKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::MaterializedView => "materialized view",
            Self::Policy => "policy",
            Self::Trigger => "trigger",
            Self::Function => "function",
            Self::Column => "generated column",
            Self::Publication => "publication",
            Self::Other => "object",
        }
    }
}
