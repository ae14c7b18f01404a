//! A look at the rows themselves, which only `probe => true` asks for.

use super::Oid;

/// Is there a row that breaks what a statement demands?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question<'a> {
    /// One with NULL in the column.
    Null { column: &'a str },
    /// Two with the same values, none of them NULL.
    Duplicates { columns: &'a [String] },
    /// One whose values, none of them NULL, are not there in the other table.
    Orphans { columns: &'a [String], referenced: Oid, referenced_columns: &'a [String] },
    /// One that breaks the CHECK of this name.
    Constraint { name: &'a str },
    /// One for which the expression is false.
    Expression { sql: &'a str },
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Found,
    /// All rows were looked at.
    NotFound,
    /// Why it cannot be told.
    Unknown(String),
}
