//! What statements create: tables, indexes, types, domains, schemas.

use super::{ColumnDef, ConstraintDef, Modification, QualifiedName, Target, TypeName, WrittenBound};
use crate::catalog::{ConstraintKind, PartitionKey};

/// What a statement creates, and what it changes on the way (`CREATE TABLE AS` over a `WITH` that deletes).
#[derive(Debug, Clone)]
pub struct Creation {
    pub new: New,
    pub if_not_exists: bool,
    pub changes: Vec<Modification>,
}

/// Something created that later statements may use.
#[derive(Debug, Clone)]
pub enum New {
    Relation(QualifiedName),
    Domain(NewDomain),
    Type(QualifiedName),
    Function(QualifiedName),
    Schema(String),
}

/// `CREATE DOMAIN`.
#[derive(Debug, Clone)]
pub struct NewDomain {
    pub name: QualifiedName,
    pub base: TypeName,
    pub constrained: bool,
    /// Its default as SQL; `Some(None)` for `DEFAULT NULL`, `None` when nothing is said, so that it is the base type's.
    pub default: Option<Option<String>>,
}

/// `ALTER DOMAIN`.
#[derive(Debug, Clone)]
pub struct AlterDomain {
    pub name: QualifiedName,
    /// It reads every table that uses the domain, with a lock against writes.
    pub checks_users: bool,
    pub change: DomainChange,
}

/// A constraint of a domain.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum DomainConstraint {
    NotNull,
    /// A CHECK, by its name; empty for one that the server names.
    Check(String),
}

/// What becomes of a domain.
#[derive(Debug, Clone)]
pub enum DomainChange {
    /// It has a constraint more.
    Added(DomainConstraint),
    /// It has one less.
    Dropped(DomainConstraint),
    /// Its new default as SQL, or none.
    Default(Option<String>),
    Other,
}

/// `CREATE TABLE` in all its forms.
#[derive(Debug, Clone)]
pub struct CreateTable {
    pub name: QualifiedName,
    pub if_not_exists: bool,
    pub temporary: bool,
    pub references: Vec<QualifiedName>,
    pub parents: Vec<QualifiedName>,
    pub partition: Option<WrittenBound>,
    /// Its columns as the text lists them.
    pub columns: Vec<ColumnDef>,
    /// LIKE, OF or parents bring more of them.
    pub more_columns: bool,
    /// Its constraints, those of columns included.
    pub constraints: Vec<ConstraintDef>,
    pub likes: Vec<Like>,
    /// By what it is partitioned.
    pub partition_by: Option<PartitionKey>,
}

impl CreateTable {
    pub fn foreign_keys(&self) -> impl Iterator<Item = &ConstraintDef> {
        self.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey)
    }
}

/// `LIKE`: what is copied of a table beside its columns.
#[derive(Debug, Clone)]
pub struct Like {
    pub name: QualifiedName,
    pub constraints: bool,
    pub indexes: bool,
}

/// `CREATE INDEX`.
#[derive(Debug, Clone)]
pub struct CreateIndex {
    pub table: Target,
    pub name: Option<String>,
    /// Its columns, if it has nothing but plain columns and no WHERE.
    pub columns: Option<Vec<String>>,
    /// What stands for its keys in the name that the server chooses, where that can be told.
    pub middle: Option<String>,
    /// How many keys it has, and whether one of them is an expression.
    pub keys: usize,
    pub expressions: bool,
    /// The access method.
    pub method: String,
    /// Nothing is said of operator classes, collations, order, storage or more columns (INCLUDE).
    pub plain: bool,
    pub unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
}
