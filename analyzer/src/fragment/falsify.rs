//! Do the assignments make the condition false?
//!
//! A backfill whose condition still holds for the rows that it has changed would find them again and again. The proof here computes with
//! what is known of values: the truth values that the condition can have for a row after the change, from the constants, the columns that
//! are never null and the few expressions that are certain. When *true* is not among them, the condition is false. It errs to one side
//! only: an answer of [`Falsified::Yes`] holds, given that
//!
//! * nothing else changes the row on its way: no BEFORE trigger, no generated column that the condition reads, no rule (the caller looks);
//! * operators without a schema are those of `pg_catalog` for the types of `pg_catalog`, as with every search path that does not put
//!   another schema before it, and no cast between two types of `pg_catalog` was replaced;
//! * no implicit or assignment cast makes a null of a value or a value of a null.
//!
//! The rows that the assignments change met the condition before; that is used as well: with `a IS NULL AND b IS NOT NULL`, the new value
//! `lower(b)` is not null.

use super::expr::Expr;
use super::proof::{COMPARISONS, Proof};
use super::value::{Content, Kind, Nullness, Truths, Value, is_integer};
use super::{Assignments, Condition};
use std::collections::{HashMap, HashSet};

/// What the proof needs to know of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnFact {
    /// The internal name for a type of `pg_catalog` (`int4`, `varchar`, `_text`), `schema.name` for every other type, domains included.
    pub type_name: String,
    /// `atttypmod`, -1 for none.
    pub typmod: i32,
    /// `attnotnull`.
    pub not_null: bool,
    /// A composite type, a domain over one, or `record`: `IS NULL` looks into the fields.
    pub row_type: bool,
}

/// The answer of [`falsifies`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Falsified {
    /// The condition is not true for any row after it was changed.
    Yes,
    /// It may be true.
    NotProved {
        /// A sentence for an error's DETAIL.
        why: String,
    },
}

/// Does the assignment provably make the condition false (or null) for every row that it changes?
///
/// `columns` tells of the table's columns. Functions count only when they are qualified with `pg_catalog` (or are `now()`):
/// [`falsifies_knowing`] takes more.
pub fn falsifies(set: &Assignments, condition: &Condition, columns: &dyn Fn(&str) -> Option<ColumnFact>) -> Falsified {
    falsifies_knowing(set, condition, columns, &|_, _| false)
}

/// As [`falsifies`]; `built_in` tells whether a call of an unqualified name with so many arguments can only mean a function of
/// `pg_catalog`, because no other schema of the search path has a function that it could mean.
pub fn falsifies_knowing(
    set: &Assignments,
    condition: &Condition,
    columns: &dyn Fn(&str) -> Option<ColumnFact>,
    built_in: &dyn Fn(&str, usize) -> bool,
) -> Falsified {
    let mut proof = Proof { columns, built_in, not_null: HashSet::new(), assigned: HashMap::new() };
    proof.learn(&condition.expr);
    // All new values come from the old row.
    let assigned = set.values.iter().map(|a| (a.column.as_str(), proof.assigned(set, &a.column, &a.expr))).collect();
    proof.assigned = assigned;
    if proof.truth(&condition.expr).has(Truths::TRUE) {
        let why = proof.why_not(set, condition);
        return Falsified::NotProved { why };
    }
    Falsified::Yes
}

impl<'a> Proof<'a> {
    /// Learns which columns are not null where the condition is true.
    fn learn(&mut self, condition: &'a Expr) {
        match condition {
            Expr::And(list) => list.iter().for_each(|e| self.learn(e)),
            Expr::IsNotNull(arg) | Expr::IsTrue(arg) | Expr::IsFalse(arg) => self.learn_not_null(arg),
            Expr::Not(arg) => match &**arg {
                Expr::IsNull(arg) if self.column_kind(arg) != Kind::Unknown => {
                    self.learn_not_null(arg);
                }
                Expr::Column(_) => self.learn_not_null(arg),
                _ => {}
            },
            Expr::Column(_) => self.learn_not_null(condition),
            Expr::Op(name, left, right) if COMPARISONS.contains(&name.as_str()) => {
                let sides = [left, right];
                // `= NULL` can mean IS NULL (transform_null_equals).
                let sure = |e: &Expr| *e != Expr::Null && self.value(e).kind != Kind::Unknown;
                if sides.iter().all(|e| sure(e)) {
                    sides.iter().for_each(|e| self.learn_not_null(e));
                }
            }
            _ => {}
        }
    }

    fn learn_not_null(&mut self, expr: &'a Expr) {
        if let Expr::Column(name) = expr {
            self.not_null.insert(name);
        }
    }

    fn column_kind(&self, expr: &Expr) -> Kind {
        match expr {
            Expr::Column(name) => (self.columns)(name).map_or(Kind::Unknown, |f| f.kind()),
            _ => Kind::Unknown,
        }
    }

    /// What a column holds after its assignment.
    fn assigned(&self, set: &Assignments, column: &str, expr: &Expr) -> Value {
        let Some(fact) = (self.columns)(column) else {
            return Value::UNKNOWN;
        };
        let mut value = self.value(expr);
        if let Content::Column(source) = &value.content {
            let same = (self.columns)(source).is_some_and(|s| s.type_name == fact.type_name && s.typmod == fact.typmod);
            if !same || set.columns().contains(source) {
                value.content = Content::Unknown;
            }
        }
        value.assigned_to(&fact)
    }

    /// The reason, from the first part of the condition that reads an assigned column.
    fn why_not(&self, set: &Assignments, condition: &Condition) -> String {
        let assigned = |name: &String| name == "*" || set.columns().contains(name);
        if !condition.names.reads.iter().any(assigned) {
            return "The condition reads none of the assigned columns.".to_owned();
        }
        let parts = match &condition.expr {
            Expr::And(list) => &list[..],
            one => std::slice::from_ref(one),
        };
        for part in parts {
            let mut found: Option<&str> = None;
            part.each_column(&mut |name| {
                if self.assigned.contains_key(name) {
                    found = found.or(Some(name));
                }
            });
            let Some(name) = found else { continue };
            let Some(fact) = (self.columns)(name) else {
                return format!("Column \"{name}\" is not known.");
            };
            let value = self.column(name);
            return match part {
                Expr::IsNull(_) if value.null == Nullness::Always => {
                    format!("The new value of column \"{name}\" is null.")
                }
                Expr::IsNull(_) if value.null == Nullness::Maybe => {
                    format!("The new value of column \"{name}\" may be null.")
                }
                Expr::IsNull(_) if fact.row_type => {
                    format!("All fields of the new value of column \"{name}\" may be null.")
                }
                Expr::Op(..) | Expr::Distinct(..) if is_rounded(&fact) => {
                    format!("The stored value of column \"{name}\" may differ from the assigned one, or it may not compare by its text.")
                }
                _ => format!("It cannot be proved that the condition is false for the new value of column \"{name}\"."),
            };
        }
        "The condition reads an assigned column in a form that is not understood.".to_owned()
    }
}

/// Constants of the type are not compared here.
fn is_rounded(fact: &ColumnFact) -> bool {
    let exact = fact.type_name == "bool"
        || is_integer(&fact.type_name)
        || (fact.typmod == -1 && matches!(fact.type_name.as_str(), "text" | "varchar"));
    !exact
}
