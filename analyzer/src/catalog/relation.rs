//! A relation as its catalogs describe it.

use super::{Lazy, Oid};

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Size {
    /// Bytes of the file. 0 means that not one block was ever written.
    Bytes(u64),
    /// Cannot be told (no file of its own, or it vanished); to be treated as large.
    #[default]
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
    pub size: Lazy<Size>,
    /// `pg_class.reltuples`; `None` when never analyzed.
    pub rows: Option<f64>,
    /// The partitioned table or inheritance parents directly above.
    pub parents: Lazy<Vec<Oid>>,
    /// Partitions or inheritance children directly below.
    pub children: Vec<Oid>,
    /// `pg_class.relispartition`.
    pub is_partition: bool,
    /// The default partition, if this is a partitioned table that has one.
    pub default_partition: Option<Oid>,
    pub columns: Vec<Column>,
    /// Constraints on this relation, in name order.
    pub constraints: Lazy<Vec<Constraint>>,
    /// Foreign keys of other tables (or of this one) that reference this relation.
    pub referenced_by: Lazy<Vec<ForeignKeyRef>>,
    pub indexes: Lazy<Vec<Index>>,
    /// For an index: the table it belongs to.
    pub index_of: Option<Oid>,
    /// For a partitioned index or a partition's index: the indexes directly below.
    pub child_indexes: Vec<Oid>,
    /// A sequence owned by a column of this relation: `(column, sequence)`.
    pub owned_sequences: Lazy<Vec<(String, Oid)>>,
    /// `pg_class.relam` is the one named here ("heap"); `None` for what has none.
    pub access_method: Option<String>,
}

impl Relation {
    /// A relation with nothing in it and nothing that belongs to it.
    pub fn bare(oid: Oid, schema: String, name: String, kind: RelationKind) -> Self {
        Self {
            oid,
            schema,
            name,
            kind,
            temporary: false,
            created_here: false,
            size: Size::Bytes(0).into(),
            rows: None,
            parents: Lazy::default(),
            children: Vec::new(),
            is_partition: false,
            default_partition: None,
            columns: Vec::new(),
            constraints: Lazy::default(),
            referenced_by: Lazy::default(),
            indexes: Lazy::default(),
            index_of: None,
            child_indexes: Vec::new(),
            owned_sequences: Lazy::default(),
            access_method: matches!(kind, RelationKind::Table | RelationKind::MaterializedView).then(|| "heap".to_owned()),
        }
    }
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
    pub reads: Lazy<Vec<String>>,
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
    pub expression: Lazy<Option<String>>,
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
    pub expression_columns: Lazy<Vec<String>>,
    /// It has expressions or a WHERE clause.
    pub partial_or_expression: bool,
    /// The checked text made it, as a btree of columns with nothing said of operator classes, collations, order or more columns. (Of others
    /// the catalog tells it: `index_shape`.)
    pub plain: bool,
}
