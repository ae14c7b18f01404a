//! What the analysis asks about the database.
//!
//! The analysis itself never talks to a server. It asks a [`Catalog`]: the extension implements the trait over the live system catalogs,
//! tests implement it with a builder ([`crate::testing`]). Every answer is a fact of this moment; what cannot be known is said to be
//! unknown, never guessed.

use crate::ir::{QualifiedName, TypeName};

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

    /// Whether the answer is no longer wanted (a cancel): the analysis then comes to its end as fast as it can.
    fn interrupted(&self) -> bool {
        false
    }

    // --- what a statement reaches

    /// The tables OF a composite type, which is given as a relation; `None` when it cannot be told.
    fn tables_of_type(&self, _composite: Oid) -> Option<Vec<Oid>> {
        None
    }

    /// Every table, partitioned table and materialized view of the database that is not the system's; `None` when it cannot be told.
    fn all_tables(&self) -> Option<Vec<Oid>> {
        None
    }

    /// By what a partitioned table is partitioned; `None` when it is not, or it cannot be told.
    fn partition_key(&self, _relation: Oid) -> Option<PartitionKey> {
        None
    }
}

/// `pg_partitioned_table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartitionKey {
    /// `partstrat`: r, l, h.
    pub strategy: char,
    /// `None` when one of them is an expression.
    pub columns: Option<Vec<String>>,
}

/// `pg_class.relkind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelationKind {
    Table,
    PartitionedTable,
    Index,
    PartitionedIndex,
    View,
    MaterializedView,
    ForeignTable,
    Sequence,
    CompositeType,
    Toast,
}

/// The size of a relation's main fork on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Bytes of the file. 0 means that not one block was ever written.
    Bytes(u64),
    /// Cannot be told (no file of its own, or it vanished); to be treated as large.
    Unknown,
}

/// One relation.
#[derive(Debug, Clone)]
pub struct Relation {
    pub oid: Oid,
    pub schema: String,
    pub name: String,
    pub kind: RelationKind,
    /// `pg_class.relpersistence = 't'`.
    pub temporary: bool,
    /// Created by the running transaction (the relation cache's `rd_createSubid`), so that nobody else can see it.
    pub created_here: bool,
    pub size: Size,
    /// `pg_class.reltuples`; `None` when never analyzed.
    pub rows: Option<f64>,
    /// The partitioned table or inheritance parents directly above.
    pub parents: Vec<Oid>,
    /// Partitions or inheritance children directly below.
    pub children: Vec<Oid>,
    /// `pg_class.relispartition`.
    pub is_partition: bool,
    /// The default partition, if this is a partitioned table that has one.
    pub default_partition: Option<Oid>,
    pub columns: Vec<Column>,
    /// Constraints on this relation, in name order.
    pub constraints: Vec<Constraint>,
    /// Foreign keys of other tables (or of this one) that reference this relation.
    pub referenced_by: Vec<ForeignKeyRef>,
    pub indexes: Vec<Index>,
    /// For an index: the table it belongs to.
    pub index_of: Option<Oid>,
    /// For a partitioned index or a partition's index: the indexes directly below.
    pub child_indexes: Vec<Oid>,
    /// A sequence owned by a column of this relation: `(column, sequence)`.
    pub owned_sequences: Vec<(String, Oid)>,
    /// `pg_class.relam` is the one named here ("heap"); `None` for what has none.
    pub access_method: Option<String>,
}

/// One column (`pg_attribute`, not dropped, `attnum > 0`).
#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub type_oid: Oid,
    /// `atttypmod`, -1 when there is none.
    pub typmod: i32,
    pub not_null: bool,
    pub has_default: bool,
    /// `attidentity <> ''`.
    pub identity: bool,
    /// A generated column and the columns its expression reads.
    pub generated: Option<Generated>,
    /// `attcollation`, 0 for none.
    pub collation: Oid,
}

/// A generated column.
#[derive(Debug, Clone)]
pub struct Generated {
    /// STORED, in contrast to VIRTUAL (PostgreSQL 18).
    pub stored: bool,
    /// The columns that the expression reads.
    pub reads: Vec<String>,
}

/// `pg_constraint.contype`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    Check,
    ForeignKey,
    PrimaryKey,
    Unique,
    Exclusion,
    /// A row in `pg_constraint` of its own from PostgreSQL 18 on.
    NotNull,
    /// Constraint triggers and what later versions add.
    Other,
}

/// One constraint.
#[derive(Debug, Clone)]
pub struct Constraint {
    pub name: String,
    pub kind: ConstraintKind,
    pub validated: bool,
    /// For CHECK and NOT NULL: it says nothing of the tables below (NO INHERIT).
    pub no_inherit: bool,
    /// The columns it reads, in constraint order.
    pub columns: Vec<String>,
    /// For CHECK: its expression as `pg_get_expr` prints it, without the CHECK and its outer parentheses stripped or not.
    pub expression: Option<String>,
    /// For FOREIGN KEY: the referenced table.
    pub references: Option<Oid>,
    /// For PRIMARY KEY, UNIQUE, EXCLUDE: its index.
    pub index: Option<Oid>,
}

/// A foreign key seen from the referenced side.
#[derive(Debug, Clone)]
pub struct ForeignKeyRef {
    pub constraint: String,
    /// The referencing table.
    pub table: Oid,
    pub validated: bool,
    /// The referenced columns.
    pub columns: Vec<String>,
}

/// One index of a table.
#[derive(Debug, Clone)]
pub struct Index {
    pub oid: Oid,
    pub name: String,
    pub unique: bool,
    pub primary: bool,
    /// `indisvalid`.
    pub valid: bool,
    /// Key and included columns, by name; expressions are left out.
    pub columns: Vec<String>,
    /// All columns that its expressions or its WHERE clause read.
    pub expression_columns: Vec<String>,
    /// It has expressions or a WHERE clause.
    pub partial_or_expression: bool,
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
