//! Is it proved that the rows of a table lie within the bound of a partition, or outside it? What `PartConstraintImpliedByRelConstraint` asks.
//!
//! The server proves a condition from others by their form (predtest.c), not by what they mean, and is asked. It cannot be where the checked text
//! itself has changed the constraints: for that we do the same, for keys of one column and bounds of constants, and of everything else nothing
//! is said.

use std::cmp::Ordering;
use std::rc::Rc;

use super::Effects;
use super::not_null::is_not_null;
use crate::catalog::{ConstraintKind, Oid, PartitionKey, Relation};
use crate::ir::{Bound, Edge, Range, WrittenBound};

/// What two constants of a type are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Numbers,
    /// Dates and times as they are written by ISO 8601 come in the order of their letters.
    Times,
    Other,
}

fn order(type_oid: Oid) -> Order {
    match type_oid {
        20 | 21 | 23 => Order::Numbers,
        1082 | 1114 => Order::Times,
        _ => Order::Other,
    }
}

fn compare(order: Order, one: &str, other: &str) -> Option<Ordering> {
    if one == other {
        return Some(Ordering::Equal);
    }
    match order {
        Order::Numbers => Some(one.trim().parse::<i128>().ok()?.cmp(&other.trim().parse::<i128>().ok()?)),
        Order::Times => Some(time(one)?.cmp(&time(other)?)),
        Order::Other => None,
    }
}

/// A date or a time without a zone, written out; `None` when it is written in another way.
fn time(text: &str) -> Option<String> {
    let shape: String = text.chars().map(|letter| if letter.is_ascii_digit() { '9' } else { letter }).collect();
    match shape.as_str() {
        "9999-99-99" => Some(format!("{text} 00:00:00")),
        "9999-99-99 99:99:99" => Some(text.to_owned()),
        _ => None,
    }
}

/// What the server says, where the constraints are those that it knows.
fn asked(effects: &Effects, parent: &Relation, relation: &Relation, bound: &WrittenBound, outside: bool) -> Option<bool> {
    let script = effects.script();
    if !script.is_as_found(relation) || !script.is_as_found(parent) {
        return None;
    }
    let sql = bound.sql.as_deref()?;
    let answer = if outside {
        script.catalog().proves_outside(parent.oid, relation.oid, sql)
    } else {
        script.catalog().proves_within(parent.oid, relation.oid, sql)
    };
    answer.known()
}

/// Whether the rows of `relation` must be read to see that they fit the bound of a partition of `parent`; `None` when it cannot be told.
pub fn reads_to_fit(effects: &Effects, parent: &Relation, relation: &Rc<Relation>, bound: &WrittenBound) -> Option<bool> {
    if let Some(proved) = asked(effects, parent, relation, bound, false) {
        return Some(!proved);
    }
    let bound = &bound.bound;
    let key = effects.script().partition_key(parent.oid);
    if let Some(PartitionKey { columns: Some(columns), strategy }) = &key {
        // Every bound but that of a default says that the key is not null. (A list may hold NULL: that is `Bound::Other`.)
        let said = |column: &String| is_not_null(relation, column) || says_not_null(effects, relation, column);
        if matches!(bound, Bound::Range { .. } | Bound::List(_)) && !columns.iter().all(said) {
            return Some(true);
        }
        if *strategy == 'h' {
            return Some(true);
        }
    }
    if *bound == Bound::Default && parent.children.is_empty() && !parent.is_partition {
        return Some(false);
    }
    decide(effects, parent, relation, key, |order, ranges| match bound {
        Bound::Range { from, to } => all(ranges, |range| both(above(order, &range.from, from), below(order, &range.to, to))),
        Bound::List(values) => all(ranges, |range| within(order, range, values)),
        _ => None,
    })
}

/// Whether the rows of the default partition must be read to see that none of them belongs into a new one.
pub fn reads_to_exclude(effects: &Effects, parent: &Relation, default: &Rc<Relation>, bound: &WrittenBound) -> Option<bool> {
    if let Some(proved) = asked(effects, parent, default, bound, true) {
        return Some(!proved);
    }
    let bound = &bound.bound;
    let key = effects.script().partition_key(parent.oid);
    decide(effects, parent, default, key, |order, ranges| match bound {
        Bound::Range { from, to } => all(ranges, |range| {
            if range.null == Some(true) { Some(true) } else { either(before(order, &range.to, from), after(order, &range.from, to)) }
        }),
        _ => None,
    })
}

/// Reads, unless the valid CHECKs prove it.
fn decide(
    effects: &Effects,
    parent: &Relation,
    relation: &Relation,
    key: Option<PartitionKey>,
    proved: impl Fn(Order, &[Range]) -> Option<bool>,
) -> Option<bool> {
    let mut checks = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::Check && one.validated).peekable();
    if checks.peek().is_none() && !parent.is_partition {
        return Some(true);
    }
    let Some(PartitionKey { columns: Some(columns), .. }) = key else { return checks.peek().is_none().then_some(true) };
    let [column] = columns.as_slice() else { return None };
    let order = relation.columns.iter().find(|one| one.name == *column).map_or(Order::Other, |one| order(one.type_oid));
    let mut ranges = vec![Range::default()];
    for check in checks.filter(|check| check.columns.contains(column)) {
        let said = effects.script().ranges(check.expression.as_deref()?, column)?;
        if ranges.len() * said.len() > 256 {
            return None;
        }
        ranges = ranges.iter().flat_map(|one| said.iter().map(move |other| one.and(other))).collect();
    }
    // A partition of a partition must fit the bounds above as well.
    match proved(order, &ranges) {
        Some(true) if parent.is_partition => None,
        answer => answer.map(|proved| !proved),
    }
}

fn says_not_null(effects: &Effects, relation: &Relation, column: &str) -> bool {
    let mut checks = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::Check && one.validated);
    checks.any(|one| {
        one.expression.as_deref().is_some_and(|text| effects.script().proves_not_null(text).iter().any(|proved| proved == column))
    })
}

fn all(ranges: &[Range], holds: impl Fn(&Range) -> Option<bool>) -> Option<bool> {
    let mut answer = Some(true);
    for range in ranges {
        answer = both(answer, holds(range));
    }
    answer
}

fn both(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    either(one.map(|one| !one), other.map(|other| !other)).map(|not| !not)
}

fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    super::either(one, other)
}

/// Whether one of these edges is good enough.
fn some(edges: &[Edge], good: impl Fn(&str, bool) -> Option<bool>) -> Option<bool> {
    let mut answer = Some(false);
    for edge in edges {
        if let Edge::At { value, inclusive } = edge {
            answer = either(answer, good(value, *inclusive));
        }
    }
    answer
}

/// Everything above one of `from` is at least `bound`.
fn above(order: Order, from: &[Edge], bound: &Edge) -> Option<bool> {
    let Edge::At { value: bound, .. } = bound else { return Some(true) };
    some(from, |value, _| compare(order, value, bound).map(Ordering::is_ge))
}

/// Everything below one of `to` is less than `bound`.
fn below(order: Order, to: &[Edge], bound: &Edge) -> Option<bool> {
    let Edge::At { value: bound, .. } = bound else { return Some(true) };
    some(to, |value, inclusive| compare(order, value, bound).map(|found| if inclusive { found.is_lt() } else { found.is_le() }))
}

/// Everything below one of `to` comes before a partition that begins at `bound`.
fn before(order: Order, to: &[Edge], bound: &Edge) -> Option<bool> {
    if *bound == Edge::Open { Some(false) } else { below(order, to, bound) }
}

/// Everything above one of `from` comes after a partition that ends before `bound`.
fn after(order: Order, from: &[Edge], bound: &Edge) -> Option<bool> {
    if *bound == Edge::Open { Some(false) } else { above(order, from, bound) }
}

/// One value, and that is in the list.
fn within(order: Order, range: &Range, values: &[String]) -> Option<bool> {
    let (Some(Edge::At { value: from, inclusive: true }), Some(Edge::At { value: to, inclusive: true })) =
        (range.from.first(), range.to.first())
    else {
        return Some(false);
    };
    if from != to {
        return Some(false);
    }
    let mut answer = Some(false);
    for value in values {
        let same = match order {
            Order::Other if from != value => None,
            _ => compare(order, from, value).map(Ordering::is_eq),
        };
        answer = either(answer, same);
    }
    answer
}
