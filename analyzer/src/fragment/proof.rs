//! Computing with what is known: the values and truth values of expressions.

use super::expr::{CastTo, Expr};
use super::falsify::ColumnFact;
use super::known;
use super::value::{Content, Kind, Nullness, Truths, Value};
use std::collections::{HashMap, HashSet};

/// What is known of a row.
pub(super) struct Proof<'a> {
    pub(super) columns: &'a dyn Fn(&str) -> Option<ColumnFact>,
    pub(super) built_in: &'a dyn Fn(&str, usize) -> bool,
    /// Columns that are not null in the old row, since it met the condition.
    pub(super) not_null: HashSet<&'a str>,
    /// The columns with new values; empty while the old row is looked at.
    pub(super) assigned: HashMap<&'a str, Value>,
}

pub(super) const COMPARISONS: [&str; 6] = ["=", "<>", "<", "<=", ">", ">="];

impl Proof<'_> {
    pub(super) fn column(&self, name: &str) -> Value {
        if let Some(value) = self.assigned.get(name) {
            return value.clone();
        }
        let Some(fact) = (self.columns)(name) else {
            return Value::UNKNOWN;
        };
        let never = fact.not_null || self.not_null.contains(name);
        Value {
            null: if never { Nullness::Never } else { Nullness::Maybe },
            scalar: !fact.row_type,
            kind: fact.kind(),
            content: Content::Column(name.to_owned()),
        }
    }

    pub(super) fn value(&self, expr: &Expr) -> Value {
        match expr {
            Expr::Null => Value::NULL,
            Expr::Bool(b) => Value::of(Kind::Bool, Content::Bool(*b)),
            Expr::Int(i) => Value::of(Kind::Number, Content::Int(*i)),
            Expr::Text(s) => Value::of(Kind::Literal, Content::Text(s.clone())),
            Expr::Number => Value::of(Kind::Number, Content::Unknown),
            Expr::NotNull => Value::of(Kind::BuiltIn, Content::Unknown),
            Expr::Column(name) => self.column(name),
            Expr::Coalesce(list) | Expr::MinMax(list) => {
                let values: Vec<_> = list.iter().map(|e| self.value(e)).collect();
                merge(&values, values.iter().any(|v| v.null == Nullness::Never))
            }
            Expr::Case(list) => {
                let values: Vec<_> = list.iter().map(|e| self.value(e)).collect();
                merge(&values, values.iter().all(|v| v.null == Nullness::Never))
            }
            Expr::Cast(arg, to) => self.cast(arg, *to),
            Expr::Call(name, arguments) => {
                let known = match &name.schema {
                    Some(schema) => schema == known::SCHEMA,
                    None => known::is_always_meant(&name.name, arguments.len()) || (self.built_in)(&name.name, arguments.len()),
                };
                if !known {
                    return Value::UNKNOWN;
                }
                let values: Vec<_> = arguments.iter().map(|e| self.value(e)).collect();
                known::call(&name.name, &values)
            }
            Expr::Op(name, left, right) if !COMPARISONS.contains(&name.as_str()) => {
                let values = [self.value(left), self.value(right)];
                let all = |kinds: &[Kind]| values.iter().all(|v| kinds.contains(&v.kind));
                match name.as_str() {
                    "+" | "-" | "*" | "/" | "%" if all(&[Kind::Number]) => known::strict(Kind::Number, &values),
                    "||" if all(&[Kind::Text, Kind::Literal]) => known::strict(Kind::Text, &values),
                    _ => Value::UNKNOWN,
                }
            }
            Expr::Unknown => Value::UNKNOWN,
            Expr::Op(..)
            | Expr::Distinct(..)
            | Expr::In(..)
            | Expr::And(_)
            | Expr::Or(_)
            | Expr::Not(_)
            | Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsUnknown(_) => boolean(self.truth(expr)),
        }
    }

    fn cast(&self, arg: &Expr, to: CastTo) -> Value {
        let kind = match to {
            CastTo::Bool => Kind::Bool,
            CastTo::Int => Kind::Number,
            CastTo::BuiltIn => Kind::BuiltIn,
            CastTo::Other => Kind::Unknown,
        };
        let value = self.value(arg);
        // A constant string becomes a value of any type by the type's input function, which does not give null.
        let sure = match arg {
            Expr::Null | Expr::Text(_) => true,
            Expr::NotNull => to != CastTo::Other,
            _ => to != CastTo::Other && matches!(value.kind, Kind::Bool | Kind::Number | Kind::Text),
        };
        if !sure {
            return Value::UNKNOWN;
        }
        let content = match (arg, to) {
            (Expr::Bool(_), CastTo::Bool) | (Expr::Int(_), CastTo::Int) => value.content,
            _ => Content::Unknown,
        };
        Value { null: value.null, scalar: to != CastTo::Other, kind, content }
    }

    /// The truth values that an expression can have.
    pub(super) fn truth(&self, expr: &Expr) -> Truths {
        match expr {
            Expr::And(list) => list.iter().fold(Truths::TRUE, |t, e| t.both(self.truth(e))),
            Expr::Or(list) => {
                let none = list.iter().fold(Truths::TRUE, |t, e| t.both(self.truth(e).not()));
                none.not()
            }
            Expr::Not(arg) => self.truth(arg).not(),
            Expr::IsNull(arg) => is_null(&self.value(arg)),
            Expr::IsNotNull(arg) => is_not_null(&self.value(arg)),
            Expr::IsTrue(arg) => self.truth(arg).map(|t| Truths::of(t == Truths::TRUE)),
            Expr::IsFalse(arg) => self.truth(arg).map(|t| Truths::of(t == Truths::FALSE)),
            Expr::IsUnknown(arg) => self.truth(arg).map(|t| Truths::of(t == Truths::NULL)),
            Expr::Op(name, left, right) => self.compare(name, left, right),
            Expr::Distinct(left, right) => match (&**left, &**right) {
                (other, Expr::Null) | (Expr::Null, other) => is_not_null(&self.value(other)),
                (left, right) => self.distinct(&self.value(left), &self.value(right)),
            },
            Expr::In(left, list) => {
                let none = list.iter().fold(Truths::TRUE, |t, right| t.both(self.compare("=", left, right).not()));
                none.not()
            }
            Expr::Coalesce(list) => {
                let mut sum: Option<Truths> = None;
                for arg in list {
                    let truth = self.truth(arg);
                    let here = truth.without_null();
                    sum = Some(sum.map_or(here, |s| s.or(here)));
                    if !truth.has(Truths::NULL) {
                        return sum.unwrap_or(Truths::ANY);
                    }
                }
                sum.map_or(Truths::ANY, |s| s.or(Truths::NULL))
            }
            Expr::Null | Expr::Bool(_) | Expr::Column(_) | Expr::Cast(..) => {
                let value = self.value(expr);
                let known = match value.content {
                    Content::Bool(b) => Truths::of(b),
                    _ => Truths::EITHER,
                };
                with_null(value.null, known)
            }
            _ => Truths::ANY,
        }
    }

    fn compare(&self, name: &str, left: &Expr, right: &Expr) -> Truths {
        if !COMPARISONS.contains(&name) {
            return Truths::ANY;
        }
        let (l, r) = (self.value(left), self.value(right));
        if l.kind == Kind::Unknown || r.kind == Kind::Unknown {
            return Truths::ANY;
        }
        if let ("=", Expr::Null, _) | ("=", _, Expr::Null) = (name, left, right) {
            // What transform_null_equals would make of it.
            return Truths::NULL.or(is_null(if *left == Expr::Null { &r } else { &l }));
        }
        let known = match (name, &l.content, &r.content) {
            ("=", ..) => self.equal(&l, &r),
            ("<>", ..) => self.equal(&l, &r).not(),
            ("<", Content::Int(a), Content::Int(b)) => Truths::of(a < b),
            ("<=", Content::Int(a), Content::Int(b)) => Truths::of(a <= b),
            (">", Content::Int(a), Content::Int(b)) => Truths::of(a > b),
            (">=", Content::Int(a), Content::Int(b)) => Truths::of(a >= b),
            _ => Truths::EITHER,
        };
        with_null(l.null, with_null(r.null, known))
    }

    /// `=` of two values that are not null.
    fn equal(&self, l: &Value, r: &Value) -> Truths {
        match (&l.content, &r.content) {
            (Content::Bool(a), Content::Bool(b)) => Truths::of(a == b),
            (Content::Int(a), Content::Int(b)) => Truths::of(a == b),
            // Different strings can be equal under a collation that is not deterministic.
            (Content::Text(a), Content::Text(b)) if a == b => Truths::TRUE,
            (Content::Column(a), Content::Column(b)) if a == b && self.equals_itself(a) => Truths::TRUE,
            _ => Truths::EITHER,
        }
    }

    fn equals_itself(&self, column: &str) -> bool {
        (self.columns)(column).is_some_and(|f| f.equals_itself())
    }

    /// `IS DISTINCT FROM`.
    fn distinct(&self, l: &Value, r: &Value) -> Truths {
        let unequal = self.equal(l, r).not();
        match (l.null, r.null) {
            (Nullness::Always, Nullness::Always) => Truths::FALSE,
            (Nullness::Always, Nullness::Never) | (Nullness::Never, Nullness::Always) => Truths::TRUE,
            (Nullness::Never, Nullness::Never) => unequal,
            // The same column is null on both sides or on none.
            _ if unequal == Truths::FALSE && matches!(l.content, Content::Column(_)) => Truths::FALSE,
            _ => Truths::EITHER,
        }
    }
}

fn is_null(value: &Value) -> Truths {
    match value.null {
        Nullness::Always => Truths::TRUE,
        Nullness::Never if value.scalar => Truths::FALSE,
        _ => Truths::EITHER,
    }
}

/// Not the opposite of [`is_null`] for row types.
fn is_not_null(value: &Value) -> Truths {
    match value.null {
        Nullness::Always => Truths::FALSE,
        Nullness::Never if value.scalar => Truths::TRUE,
        _ => Truths::EITHER,
    }
}

fn with_null(null: Nullness, truths: Truths) -> Truths {
    match null {
        Nullness::Always => Truths::NULL,
        Nullness::Maybe => truths.or(Truths::NULL),
        Nullness::Never => truths,
    }
}

fn boolean(truths: Truths) -> Value {
    let known = truths.without_null();
    let content = if known == Truths::TRUE {
        Content::Bool(true)
    } else if known == Truths::FALSE {
        Content::Bool(false)
    } else {
        Content::Unknown
    };
    let null = if truths == Truths::NULL {
        Nullness::Always
    } else if truths.has(Truths::NULL) {
        Nullness::Maybe
    } else {
        Nullness::Never
    };
    Value { null, ..Value::of(Kind::Bool, content) }
}

/// One of several values that have come to a common type, which may have changed what they are.
fn merge(values: &[Value], never_null: bool) -> Value {
    let null = if never_null {
        Nullness::Never
    } else if values.iter().all(|v| v.null == Nullness::Always) {
        Nullness::Always
    } else {
        Nullness::Maybe
    };
    let mut kind = Kind::Literal;
    for value in values {
        kind = match (kind, value.kind) {
            (a, Kind::Literal) => a,
            (Kind::Literal, b) => b,
            (a, b) if a == b => a,
            (Kind::Unknown, _) | (_, Kind::Unknown) => Kind::Unknown,
            _ => Kind::BuiltIn,
        };
    }
    Value { null, scalar: values.iter().all(|v| v.scalar), kind, content: Content::Unknown }
}
