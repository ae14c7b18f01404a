//! What the analysis asks about the database.
//!
//! The analysis itself never talks to a server. It asks a [`Catalog`]: the extension implements the trait over the live system catalogs,
//! tests implement it with a builder ([`crate::testing`]). Every answer is a fact of this moment; what cannot be known is said to be
//! unknown, never guessed.

mod details;
mod lazy;
mod moment;
mod probe;
mod query;
mod relation;

pub use details::{ColumnStatistics, Dependent, DependentKind, FunctionUse, IndexShape, ReplicaIdentity, TableFacts};
pub use lazy::Lazy;
pub use moment::{Activity, Dependents, Replication};
pub use probe::{Answer, Question};
pub use query::{Among, Found, OnTable};
pub use relation::{Column, Constraint, ConstraintKind, ForeignKeyRef, Generated, Index, Relation, RelationKind, Size};

use std::rc::Rc;

use crate::finding::Risk;
pub use crate::ir::Class;
use crate::ir::{QualifiedName, TypeName};
use crate::lock::LockMode;

/// An object identifier, as `pg_class.oid`, `pg_type.oid`, ... hold it.
pub type Oid = u32;

/// The questions. All names in answers are unquoted, as the catalogs hold them.
pub trait Catalog {
    /// `server_version_num` divided by 10000: 15, 16, 17, 18.
    fn major_version(&self) -> u32;

    /// The relation that a name in the checked text means for the caller (`search_path` included); `None` when there is none.
    /// No lock is taken and no privilege is needed.
    fn relation(&self, name: &QualifiedName) -> Option<Oid>;

    /// Everything the rules need of one relation (table, index, view, sequence, ...); `None` when it vanished meanwhile.
    fn describe(&self, relation: Oid) -> Option<Relation>;

    /// The same, for those who only look; a catalog that keeps its answers need not copy them.
    fn shared(&self, relation: Oid) -> Option<Rc<Relation>> {
        self.describe(relation).map(Rc::new)
    }

    /// The type a name in the text means, with its domain chain resolved; `None` when there is none.
    fn resolve_type(&self, name: &TypeName) -> Option<Type>;

    /// How a value of type `from` becomes one of type `to` in an assignment (`pg_cast`, binary coercibility, I/O conversion). Type
    /// modifiers are not considered here.
    fn cast(&self, from: Oid, to: Oid) -> Cast;

    /// All functions that a call with this name and number of arguments could mean for the caller (overloads; defaults and VARIADIC
    /// counted in). Empty when there is none.
    fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function>;

    /// The functions behind all operators that this name could mean for the caller; empty when there is none.
    fn operators(&self, name: &QualifiedName) -> Vec<Function>;

    /// The views and materialized views that depend on a column, or on the whole relation when `column` is `None`, directly or through other
    /// views.
    fn dependent_views(&self, relation: Oid, column: Option<&str>) -> Vec<Oid>;

    /// Whether there is a schema of this name that the caller may look into.
    fn schema_exists(&self, schema: &str) -> bool;

    /// Tables and materialized views in a schema; what `DROP SCHEMA ... CASCADE` takes along.
    fn relations_in_schema(&self, schema: &str) -> Vec<Oid>;

    /// The value of a setting for this session, for instance `TimeZone` (as `current_setting` gives it).
    fn setting(&self, name: &str) -> Option<String>;

    /// `true` when `timestamp` and `timestamptz` have the same representation in the session's time zone now and always (UTC).
    fn time_zone_is_utc(&self) -> bool;

    /// `pg_class.relpersistence = 'u'`; `None` when it cannot be told.
    fn unlogged(&self, _relation: Oid) -> Option<bool> {
        None
    }

    /// The name of the tablespace that holds a relation, the database's own resolved; `None` when it cannot be told.
    fn tablespace(&self, _relation: Oid) -> Option<String> {
        None
    }

    /// The collation a name in the text means; `None` when there is none or it cannot be told.
    fn collation(&self, _name: &QualifiedName) -> Option<Oid> {
        None
    }

    /// The tables and materialized views with a column of this type, or of a domain, array or composite type made of it; `None` when it
    /// cannot be told.
    fn relations_using_type(&self, _type_oid: Oid) -> Option<Vec<Oid>> {
        None
    }

    /// The table that an extended statistics object (`CREATE STATISTICS`) belongs to; `None` when there is none or it cannot be told.
    fn statistics_relation(&self, _name: &QualifiedName) -> Option<Oid> {
        None
    }

    // --- weighing

    /// Bytes of heap below which a table counts as small (`zdm.small_table`); 0 when nothing does.
    fn small_table(&self) -> u64 {
        0
    }

    /// What the owner of the database wants of a rule, for this relation or for all; `None` when nothing was said.
    fn policy(&self, _rule: &str, _relation: Option<Oid>) -> Option<Policy> {
        None
    }

    // --- particulars of tables, indexes and columns

    /// How many numbers a table has given to columns so far, dropped ones included (`pg_class.relnatts`); `None` when it cannot be told.
    fn column_numbers(&self, _relation: Oid) -> Option<u32> {
        None
    }

    /// What only few rules ask of a table; `None` when it cannot be told.
    fn table_facts(&self, _relation: Oid) -> Option<TableFacts> {
        None
    }

    /// Whether a column of this type can be indexed by an access method without an operator class being named; `None` when it cannot be told.
    fn has_operator_class(&self, _type_oid: Oid, _method: &str) -> Option<bool> {
        None
    }

    /// How an index is made; `None` when it cannot be told.
    fn index_shape(&self, _index: Oid) -> Option<IndexShape> {
        None
    }

    /// How often an index was used since the statistics were reset; `None` when it cannot be told.
    fn index_scans(&self, _index: Oid) -> Option<u64> {
        None
    }

    /// How often rows of a table were updated since the statistics were reset, and how often without a write to its indexes (HOT); `None` when
    /// it cannot be told.
    fn update_counts(&self, _table: Oid) -> Option<(u64, u64)> {
        None
    }

    /// The indexes, CHECKs and generated columns that a function of this name and number of parameters (`None`: any) computes; `None` when it
    /// cannot be told.
    fn function_uses(&self, _name: &QualifiedName, _arguments: Option<usize>) -> Option<Vec<FunctionUse>> {
        None
    }

    /// The bytes that are left on the disk of a relation's tablespace; `None` when it cannot be told.
    fn free_space(&self, _relation: Oid) -> Option<u64> {
        None
    }

    /// What the last ANALYZE found in a column, if the caller may know; `None` when it cannot be told.
    fn column_statistics(&self, _relation: Oid, _column: &str) -> Option<ColumnStatistics> {
        None
    }

    /// Whether a schema has a constraint of this name, on whatever table; `None` when it cannot be told.
    fn constraint_exists(&self, _schema: &str, _name: &str) -> Option<bool> {
        None
    }

    /// What uses a column and is neither index nor constraint of its table; `None` when it cannot be told.
    fn column_dependents(&self, _relation: Oid, _column: &str) -> Option<Vec<Dependent>> {
        None
    }

    /// Looks for a row in these relations, which are `root` or below it, with the caller's rights on `root`; waits for nobody, runs no code of a user,
    /// and takes only so long. `None` when rows are not to be looked at.
    fn look(&self, _root: Oid, _relations: &[Oid], _question: &Question) -> Option<Answer> {
        None
    }

    /// Whether the answer is no longer wanted (a cancel): the analysis then comes to its end as fast as it can.
    fn interrupted(&self) -> bool {
        false
    }

    // --- This session, and what others do at this moment

    /// Whether the session is in a transaction block; `None` when it cannot be told.
    fn in_transaction_block(&self) -> Option<bool> {
        None
    }

    /// The locks that keep readers or writers of a relation waiting and that the session holds by now, the strongest of each relation; empty
    /// when it cannot be told. Asked only in a transaction block.
    fn held_locks(&self) -> Vec<(Oid, LockMode)> {
        Vec::new()
    }

    /// Who holds, right now, a lock on the relation that conflicts with this mode, and has done so for a second at least. Empty when nobody
    /// does, when it cannot be told, or when it is not to be asked (the guard).
    fn lock_holders(&self, _relation: Oid, _mode: LockMode) -> Vec<Activity> {
        Vec::new()
    }

    /// The transactions older than a second whose end a CONCURRENTLY on this table would wait for; empty as above.
    fn old_snapshots(&self, _table: Oid) -> Vec<Activity> {
        Vec::new()
    }

    /// Standbys and replication slots that get the WAL of changes to this table; `None` when it cannot be told.
    fn replication(&self, _table: Oid) -> Option<Replication> {
        None
    }

    /// How many locks fit into the shared lock table (`max_locks_per_transaction` for each possible transaction); `None` when it cannot be told.
    fn lock_slots(&self) -> Option<u64> {
        None
    }

    /// Whether the guard is at work, and new sessions of the database begin without the library, so that it sees there only what fires an event
    /// trigger; `None` when it cannot be told, or when it is the guard that asks.
    fn guard_sees_events_only(&self) -> Option<bool> {
        None
    }

    /// A backfill job of pg_zdm that runs on the table or on a part of it now, as far as the caller may see it.
    fn running_job(&self, _table: Oid) -> Option<i64> {
        None
    }

    // --- Ownership, dependents, and what is not in a relation's description

    /// Whether the caller may do what only the owner may; `None` when it cannot be told.
    fn owns(&self, _relation: Oid) -> Option<bool> {
        None
    }

    /// Whether the caller may drop it: as its owner or as that of its schema; `None` when it cannot be told.
    fn may_drop(&self, _relation: Oid) -> Option<bool> {
        None
    }

    /// The schema in which a name without one would be created; `None` when it cannot be told.
    fn current_schema(&self) -> Option<String> {
        None
    }

    /// The name of the owner.
    fn owner(&self, _relation: Oid) -> Option<String> {
        None
    }

    /// Everything that goes with a `DROP ... CASCADE` of a relation beyond what goes without, in the server's words (`view v`,
    /// `constraint c on table t`); `None` when it cannot be told.
    fn dependents(&self, _relation: Oid) -> Option<Dependents> {
        None
    }

    /// What a role owns in this database, in the server's words; `None` when there is no such role or it cannot be told.
    fn owned_by(&self, _role: &str) -> Option<Dependents> {
        None
    }

    /// How many row-level security policies a table has; `None` when it cannot be told.
    fn policies(&self, _table: Oid) -> Option<usize> {
        None
    }

    /// `pg_class.relispopulated`; `None` when it cannot be told.
    fn is_populated(&self, _view: Oid) -> Option<bool> {
        None
    }

    /// The partition of a table whose DETACH CONCURRENTLY was interrupted.
    fn detach_pending(&self, _parent: Oid) -> Option<Oid> {
        None
    }

    /// Whether a publication passes on the table's UPDATEs or DELETEs (one of all tables, of its schema or of a table above it too); `None`
    /// when it cannot be told.
    fn is_published(&self, _table: Oid) -> Option<bool> {
        None
    }

    /// The tables that a publication names, each by itself; `None` when there is none of the name or it cannot be told.
    fn published_by(&self, _publication: &str) -> Option<Vec<Oid>> {
        None
    }

    /// The tables with a column whose default takes its numbers from this sequence; `None` when it cannot be told.
    fn sequence_users(&self, _sequence: Oid) -> Option<Vec<Oid>> {
        None
    }

    /// The objects of a class that have a name; `None` when it cannot be told. What is there is no secret: no privilege is asked for.
    fn objects(&self, _class: Class, _name: &str, _among: Among) -> Option<Vec<Oid>> {
        None
    }

    /// What a query gives that reads nothing but the system's catalogs, by built-in functions that are not volatile; `None` for any other, for one that
    /// fails, and for one that gives more than a few hundred rows. It is run with the rights of the caller and waits for nobody.
    fn query(&self, _query: &str) -> Option<Found> {
        None
    }

    /// Whether a table has a trigger, policy or rule of this name, or is listed by a publication of it; `None` when it cannot be told.
    fn has_on_table(&self, _kind: OnTable, _table: Oid, _name: &str) -> Option<bool> {
        None
    }

    // --- what a statement reaches

    /// The tables and views that the query of a view names; `None` when it cannot be told.
    fn view_reads(&self, _view: Oid) -> Option<Vec<Oid>> {
        None
    }

    /// The tables OF a composite type, which is given as a relation; `None` when it cannot be told.
    fn tables_of_type(&self, _composite: Oid) -> Option<Vec<Oid>> {
        None
    }

    /// Every table, partitioned table and materialized view of the database that is not the system's; `None` when it cannot be told.
    fn all_tables(&self) -> Option<Vec<Oid>> {
        None
    }

    /// The foreign keys of a partitioned table that a table has as well, in every respect but that it may be NOT VALID there, and whether it is
    /// valid; `None` when it cannot be told.
    fn same_foreign_keys(&self, _parent: Oid, _table: Oid) -> Option<Vec<(String, bool)>> {
        None
    }

    /// By what a partitioned table is partitioned; `None` when it is not, or it cannot be told.
    fn partition_key(&self, _relation: Oid) -> Option<PartitionKey> {
        None
    }

    // --- what the server's own code says

    /// Whether a default, assigned to a column of this type, must be computed for each row (`contain_volatile_functions` after
    /// `expression_planner`), all names being those of the session.
    fn default_is_volatile(&self, _expression: &str, _type: &Type) -> Decision {
        Decision::Refused
    }

    /// How many rows of a table the planner expects the WHERE of an UPDATE or DELETE to keep, which is the whole text of it; `None` when that would be a
    /// guess or cannot be told, and for the guard.
    fn share_of_rows(&self, _table: Oid, _statement: &str) -> Option<Share> {
        None
    }

    /// Whether the valid constraints of a relation prove that a column holds no NULL (`NotNullImpliedByRelConstraints`).
    fn proves_not_null(&self, _relation: Oid, _column: &str) -> Decision {
        Decision::Refused
    }

    /// Whether the valid constraints of a table prove that its rows lie within a bound `FOR VALUES ...` of a partition of the parent
    /// (`PartConstraintImpliedByRelConstraint`).
    fn proves_within(&self, _parent: Oid, _table: Oid, _bound: &str) -> Decision {
        Decision::Refused
    }

    /// The same for rows that lie outside it, for a default partition.
    fn proves_outside(&self, _parent: Oid, _table: Oid, _bound: &str) -> Decision {
        Decision::Refused
    }

    /// Whether an index of a table is what a partitioned index wants in a partition (`CompareIndexInfo`).
    fn same_index(&self, _wanted: Oid, _index: Oid) -> Decision {
        Decision::Refused
    }
}

/// Rows of a table, as the planner expects them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    pub kept: f64,
    pub all: f64,
}

/// What the server's own code answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    No,
    Yes,
    /// Not without running code of a user, or waiting for a lock.
    CannotTell,
    /// The server does not accept the question, or was not asked.
    Refused,
}

impl Decision {
    pub fn known(self) -> Option<bool> {
        match self {
            Self::No => Some(false),
            Self::Yes => Some(true),
            Self::CannotTell | Self::Refused => None,
        }
    }
}

/// What the owner of the database wants of a rule (`zdm.rule_policy`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The risk of what the rule finds; `None`: the rule is off.
    pub risk: Option<Risk>,
    pub reason: String,
}

/// `pg_partitioned_table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionKey {
    /// `partstrat`: r, l, h.
    pub strategy: char,
    /// `None` when one of them is an expression.
    pub columns: Option<Vec<String>>,
}

/// A type, domains resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Type {
    pub oid: Oid,
    /// As `format_type` prints it, with its modifier.
    pub name: String,
    /// The modifier of the name in the text, -1 for none.
    pub typmod: i32,
    /// For a domain: its base type and whether the domain (or one below it) has constraints, as `DomainHasConstraints` tells.
    pub domain: Option<Domain>,
    /// For an array type: its element type.
    pub element: Option<Oid>,
    /// The type's own collation (`typcollation`), 0 for none.
    pub collation: Oid,
}

/// What a domain is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Domain {
    pub base: Oid,
    pub base_typmod: i32,
    pub constrained: bool,
    /// Its default, as `pg_get_expr` prints it; an empty text when it cannot be printed. It has copied that of the domain below it when it was
    /// created.
    pub default: Option<String>,
}

/// The way from one type to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// The same type.
    Same,
    /// Binary coercible: no byte changes.
    Binary,
    /// By a function.
    Function,
    /// By the types' input and output functions.
    InputOutput,
    /// There is no way in an assignment (a USING clause is needed).
    None,
}

/// `pg_proc.provolatile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    Immutable,
    Stable,
    Volatile,
}

/// One function that a call could mean.
#[derive(Debug, Clone)]
pub struct Function {
    pub oid: Oid,
    pub volatility: Volatility,
    /// The body of a function that the planner may inline (`inline_function`: LANGUAGE sql, not SECURITY DEFINER, no SET clause, returns one
    /// value, not an aggregate): its text, else `None`.
    pub inlinable_body: Option<String>,
}
