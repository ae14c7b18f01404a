//! An expression, as far as [`super::falsifies`] can reason about it.

use crate::ir::QualifiedName;

/// What a proof can use. Everything else is [`Expr::Unknown`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expr {
    Null,
    Bool(bool),
    Int(i64),
    /// A string constant, still without a type.
    Text(String),
    /// A numeric constant that is not an integer of 64 bits.
    Number,
    /// Something that is certainly neither null nor of a row type: `ARRAY[...]`, `EXISTS (...)`, a bit string, most SQL value functions.
    NotNull,
    /// A column by its bare name.
    Column(String),
    Coalesce(Vec<Expr>),
    /// `GREATEST`, `LEAST`: null only when all are.
    MinMax(Vec<Expr>),
    /// The possible results of a CASE; a missing ELSE is a [`Expr::Null`].
    Case(Vec<Expr>),
    Cast(Box<Expr>, CastTo),
    Call(QualifiedName, Vec<Expr>),
    /// A binary operator of `pg_catalog`, or unqualified.
    Op(String, Box<Expr>, Box<Expr>),
    /// `IS DISTINCT FROM`.
    Distinct(Box<Expr>, Box<Expr>),
    In(Box<Expr>, Vec<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    Not(Box<Expr>),
    IsNull(Box<Expr>),
    IsNotNull(Box<Expr>),
    /// `IS TRUE`.
    IsTrue(Box<Expr>),
    /// `IS FALSE`.
    IsFalse(Box<Expr>),
    /// `IS UNKNOWN`.
    IsUnknown(Box<Expr>),
    Unknown,
}

/// The type of a cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CastTo {
    /// `pg_catalog.bool`.
    Bool,
    /// `pg_catalog.int2`, `int4`, `int8`.
    Int,
    /// Another type of `pg_catalog`, named so (the grammar's own names such as `numeric` or `timestamp` are).
    BuiltIn,
    Other,
}

impl Expr {
    /// Calls `visit` for every column in here.
    pub(crate) fn each_column<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Column(name) => visit(name),
            Self::Coalesce(list) | Self::MinMax(list) | Self::Case(list) | Self::Call(_, list) | Self::And(list) | Self::Or(list) => {
                list.iter().for_each(|e| e.each_column(visit))
            }
            Self::In(left, list) => {
                left.each_column(visit);
                list.iter().for_each(|e| e.each_column(visit));
            }
            Self::Op(_, left, right) | Self::Distinct(left, right) => {
                left.each_column(visit);
                right.each_column(visit);
            }
            Self::Cast(arg, _)
            | Self::Not(arg)
            | Self::IsNull(arg)
            | Self::IsNotNull(arg)
            | Self::IsTrue(arg)
            | Self::IsFalse(arg)
            | Self::IsUnknown(arg) => arg.each_column(visit),
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Number | Self::NotNull | Self::Unknown => {}
        }
    }
}
