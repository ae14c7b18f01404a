//! The two pieces of SQL that a backfill is given: what to set, and where.
//!
//! `CALL zdm.backfill(target, set_expr, where_expr, ...)` takes fragments of SQL, not statements. A fragment is never joined with other
//! text as it came. It is read on its own, must be a list of assignments or one expression and nothing else, is checked, and is then
//! written anew from its parse tree. Only that new text is for use, and it is proved at run time to parse back to the very same tree, alone
//! and with other clauses around it:
//!
//! ```text
//! text -> tokens (no comment, no semicolon, no parameter) -> tree, read in two settings that must agree
//!      -> checks (only reads; no aggregate, no window function) -> new text -> the same tree again -> Assignments or Condition
//! ```
//!
//! What needs the catalogs stays with the caller: whether columns, functions and operators exist, how volatile they are, which functions
//! return sets or are aggregates. [`Assignments`] and [`Condition`] list all the names for that. A fragment is read as the newest grammar
//! that we have reads it and as `standard_conforming_strings = on` reads it; the new text means the same under either value of that
//! setting.
//!
//! [`falsifies`] answers whether the assignments make the condition false, so that a row is changed once and not again and again.

mod error;
pub(crate) mod expr;
mod falsify;
mod known;
mod proof;
#[cfg(test)]
mod tests;
mod value;

pub use error::{FragmentError, FragmentErrorKind};
pub use falsify::{ColumnFact, Falsified, falsifies, falsifies_knowing};

use crate::ir::QualifiedName;
use crate::parse;
use expr::Expr;

/// The longest fragment that is looked at, in bytes.
pub const MAX_BYTES: usize = 1 << 20;

/// The most words, symbols and constants that a fragment may have: a parse tree takes a kilobyte and more for each. Those of the source of
/// a multi-column assignment count once for each of its columns, because the parser repeats them.
pub const MAX_TOKENS: usize = 100_000;

/// A checked list of assignments: what follows `UPDATE ... SET`.
#[derive(Debug, Clone)]
pub struct Assignments {
    pub(crate) sql: String,
    pub(crate) columns: Vec<String>,
    pub(crate) values: Vec<AssignedValue>,
    pub(crate) names: Names,
}

/// A checked condition: what follows `WHERE`, one expression.
#[derive(Debug, Clone)]
pub struct Condition {
    pub(crate) sql: String,
    pub(crate) expr: Expr,
    pub(crate) names: Names,
}

/// The new value of one column.
#[derive(Debug, Clone)]
pub(crate) struct AssignedValue {
    pub(crate) column: String,
    /// [`Expr::Unknown`] for DEFAULT, a subselect's column, or when only elements of the column are assigned.
    pub(crate) expr: Expr,
}

/// The names that a fragment uses, each once, in order of appearance.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) functions: Vec<(QualifiedName, usize)>,
    pub(crate) operators: Vec<QualifiedName>,
    pub(crate) attributes: Vec<String>,
    pub(crate) reads: Vec<String>,
    pub(crate) subselect: bool,
}

/// Reads `set_expr`.
///
/// # Errors
///
/// When it is not a list of assignments and nothing else, or holds what a backfill cannot allow.
pub fn parse_assignments(set_expr: &str) -> Result<Assignments, FragmentError> {
    parse::fragment::assignments(set_expr)
}

/// Reads `where_expr`.
///
/// # Errors
///
/// When it is not exactly one expression, or holds what a backfill cannot allow.
pub fn parse_condition(where_expr: &str) -> Result<Condition, FragmentError> {
    parse::fragment::condition(where_expr)
}

impl Assignments {
    /// The text to use: `a = 1, b = lower(c)`. It can stand between `SET` and a `FROM`, `WHERE` or `RETURNING`.
    pub fn sql(&self) -> &str {
        &self.sql
    }

    /// The assigned columns, unquoted, in order, each once.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }
}

impl Condition {
    /// The text to use. Put it in parentheses where anything may follow or precede it.
    pub fn sql(&self) -> &str {
        &self.sql
    }
}

macro_rules! names {
    ($type:ty) => {
        impl $type {
            /// Every function that is called by name, also those that the grammar calls (`AT TIME ZONE` is `pg_catalog.timezone`) and
            /// those in subselects, with the number of arguments written. `COALESCE`, `GREATEST`, type casts and the SQL value
            /// functions (`CURRENT_TIMESTAMP`) are no functions. `TABLESAMPLE` gives its method with one argument.
            pub fn functions(&self) -> Vec<(QualifiedName, usize)> {
                self.names.functions.clone()
            }

            /// Every operator, also those that constructs stand for: `~~` for LIKE, `=` for IN, `>=` and `<=` for BETWEEN, `=` for
            /// IS DISTINCT FROM.
            pub fn operators(&self) -> Vec<QualifiedName> {
                self.names.operators.clone()
            }

            /// Names behind a dot (`t.f`, `(expression).f`). PostgreSQL takes such a name for a call of the function `f` with one
            /// argument of a row type when there is no column of that name.
            pub fn attributes(&self) -> Vec<String> {
                self.names.attributes.clone()
            }

            /// The names of all columns referred to, qualified ones without their qualifier, also those in subselects (which may be
            /// columns of other tables); `*` stands for all columns of a row (`t.*`).
            pub fn reads(&self) -> Vec<String> {
                self.names.reads.clone()
            }

            /// There is a subselect: other tables may be read.
            pub fn has_subselect(&self) -> bool {
                self.names.subselect
            }
        }
    };
}
names!(Assignments);
names!(Condition);
