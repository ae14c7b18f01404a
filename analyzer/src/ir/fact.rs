//! What rules want to know of a statement beyond its kind: particulars that change neither locks nor effects.

use std::rc::Rc;

use crate::catalog::Volatility;

use super::{Expr, Handled, Need, QualifiedName, Target};

/// One particular of a statement. Those of an `ALTER TABLE` are about the relation that it alters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    CreateTrigger {
        table: QualifiedName,
        name: String,
        /// `OR REPLACE`.
        replace: bool,
    },
    /// `ENABLE` or `DISABLE TRIGGER`.
    Triggers {
        enable: bool,
        which: Triggers,
    },
    RowSecurity(RowSecurity),
    /// `CREATE POLICY` on a table.
    CreatePolicy(QualifiedName),
    ReplicaIdentity(ReplicaIdentity),
    /// `OWNER TO`; the role is `None` for `CURRENT_USER` and its like.
    Owner(Option<String>),
    /// `CREATE` or `ALTER FUNCTION`, or of a procedure.
    Function(Function),
    /// `ALTER SEQUENCE` changes how numbers are given out.
    ChangesSequence,
    /// `LOCK TABLE ... NOWAIT`.
    Nowait,
    /// `CREATE UNLOGGED TABLE`.
    Unlogged(QualifiedName),
    /// `DROP OWNED` or `REASSIGN OWNED`.
    Owned(Owned),
    /// The names of the columns that a new version of a view has; only where its text tells them all.
    ViewColumns(Vec<String>),
    /// `INSERT`, or `COPY FROM`.
    Insert(Insert),
    /// It sets a counter of a sequence: `setval`.
    SetsSequence,
    /// It cannot run in a transaction block.
    Alone,
    /// What it creates is temporary.
    Temporary,
    /// A trigger that is altered or dropped, or a rule or policy that is created, altered or dropped.
    Attached(Attached),
    /// `SET DEFAULT` of something that is not NULL.
    NewDefault {
        column: String,
        value: Expr,
    },
    /// `SET STORAGE`, or `SET COMPRESSION`.
    Storage {
        column: String,
        compression: bool,
    },
    /// `SET GENERATED ALWAYS`.
    IdentityAlways(String),
    /// `NO INHERIT` of a table.
    NoInherit(QualifiedName),
    /// Storage parameters that get a value, in lower case.
    Options(Vec<(String, String)>),
    /// `CREATE TYPE ... AS ENUM`.
    CreatesEnum(QualifiedName),
    /// `ALTER TYPE ... ADD VALUE` without a neighbour.
    AtTheEnd,
    /// The tables that the query of `CREATE TABLE AS` or `CREATE MATERIALIZED VIEW` reads.
    Reads(Vec<QualifiedName>),
    Privileges(Privileges),
    /// What has to be there.
    Need(Need),
    /// What it creates, alters or drops.
    Handles(Handled),
    /// `COPY` with a file or a program of the server: the role that may.
    ServerFile(&'static str),
    /// `GRANT` or `REVOKE` of roles: which, unless another role is said to grant them.
    GrantsRoles(Vec<String>),
    /// `ALTER SEQUENCE ... OWNED BY` a column, and nothing else.
    OwnedBy {
        table: QualifiedName,
        column: String,
    },
    /// A query where the server takes none: where.
    Subquery(&'static str),
    /// A role that it creates, or the new name of one.
    MakesRole(String),
    /// `PREPARE`: the name, and the statement that it is for.
    Prepares {
        name: String,
        statement: Rc<str>,
    },
    /// `EXECUTE` of a prepared statement.
    Executes(String),
    /// `DEALLOCATE`; `None` for all.
    Deallocates(Option<String>),
    /// `ALTER PUBLICATION ... SET` of tables or schemas: what it does not name goes.
    SetsPublication(String),
}

/// What hangs on a table and has a name there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub what: &'static str,
    pub how: How,
    pub name: String,
    /// `None`: the table that is altered.
    pub table: Option<QualifiedName>,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    Create,
    Alter,
    Drop,
}

/// `GRANT` or `REVOKE` on objects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Privileges {
    pub revoke: bool,
    /// All privileges that there are.
    pub all: bool,
    /// To or from PUBLIC.
    pub public: bool,
    /// The tables and sequences it names.
    pub relations: Vec<QualifiedName>,
    /// It is about something else, for instance all tables of a schema.
    pub others: bool,
}

/// The triggers that `ALTER TABLE` switches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Triggers {
    Named(String),
    User,
    All,
}

/// What happens to row-level security.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSecurity {
    Enable,
    Disable,
    Force,
    NoForce,
}

/// By what rows are told apart downstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplicaIdentity {
    Default,
    Full,
    Nothing,
    Index(String),
}

/// A function or procedure as the statement leaves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    pub name: QualifiedName,
    /// `SECURITY DEFINER`.
    pub definer: bool,
    /// It has `SET search_path`.
    pub sets_path: bool,
    /// `CREATE`, not `ALTER`.
    pub creates: bool,
    /// `OR REPLACE`.
    pub replaces: bool,
    /// The number of its input parameters, if the text tells.
    pub arguments: Option<usize>,
    /// `IMMUTABLE`, `STABLE` or `VOLATILE` as far as it is said; what is created without a word is volatile.
    pub volatility: Option<Volatility>,
    /// As in [`crate::catalog::Function`].
    pub inlinable_body: Option<String>,
    /// In PL/pgSQL: it executes text that is put together of values, without quoting them.
    pub concatenates: bool,
    /// The statement that creates it.
    pub definition: Option<Rc<str>>,
}

/// What happens to all that some roles own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owned {
    /// `None` for a word like `CURRENT_USER`.
    pub roles: Vec<Option<String>>,
    /// Dropped, not reassigned.
    pub drop: bool,
}

/// Rows that come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insert {
    pub target: Target,
    /// The columns it names; empty for all.
    pub columns: Vec<String>,
    /// More than the rows that are written out: a query, or COPY.
    pub bulk: bool,
}
