//! What a statement needs to be there, beyond the relations that it locks.

use super::{QualifiedName, TypeName};

/// Something that has to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Columns of a relation.
    Columns {
        relation: QualifiedName,
        columns: Vec<String>,
    },
    /// The same of a query: it may mean a function of the row.
    Read {
        relation: QualifiedName,
        columns: Vec<String>,
    },
    Type(TypeName),
    Role(String),
    Schema(String),
    /// An extension whose files the server has.
    Available(String),
    /// A function without parameters, as triggers call it.
    Function(QualifiedName),
    /// A relation that is not locked: of a GRANT.
    Relation(QualifiedName),
    Index {
        relation: QualifiedName,
        name: String,
    },
    Trigger {
        relation: QualifiedName,
        name: String,
    },
    Policy {
        relation: QualifiedName,
        name: String,
    },
    Rule {
        relation: QualifiedName,
        name: String,
    },
}
