//! `ALTER COLUMN ... TYPE`: what `ATColumnChangeRequiresRewrite` and `CheckIndexCompatible` decide.

use std::rc::Rc;

use super::alter_table::{Alter, known_column};
use super::{Effects, either, has_storage};
use crate::catalog::{Cast, Column, ConstraintKind, Index, Oid, Relation, Size, Type};
use crate::ir::{Expr, QualifiedName, Recursion, TypeName};
use crate::lock::LockMode;
use crate::script::{FoundType, Script};

const TEXT: Oid = 25;
const CIDR: Oid = 650;
const INET: Oid = 869;
const BPCHAR: Oid = 1042;
const VARCHAR: Oid = 1043;
const TIME: Oid = 1083;
const TIMESTAMP: Oid = 1114;
const TIMESTAMPTZ: Oid = 1184;
const INTERVAL: Oid = 1186;
const TIMETZ: Oid = 1266;
const BIT: Oid = 1560;
const VARBIT: Oid = 1562;
const NUMERIC: Oid = 1700;
/// Object identifiers below are fixed by PostgreSQL itself.
const FIRST_USER_OID: Oid = 16384;

/// What a change of type means for the table and for the indexes of the column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub rewrites: Option<bool>,
    /// Indexes on the column cannot keep their files.
    pub reindexes: Option<bool>,
}

pub fn alter_type(
    effects: &mut Effects,
    alter: &Alter,
    column: &str,
    to: &TypeName,
    collation: Option<&QualifiedName>,
    using: Option<&Expr>,
) {
    known_column(effects, alter, column);
    for member in alter.members(effects, Recursion::All) {
        let Some(old) = member.columns.iter().find(|one| one.name == column) else { continue };
        let change = change(effects.script(), old, to, collation, using);
        effects.rewrite(&member, alter.mode, change.rewrites);
        let builds = rebuilds(member.indexes.iter().filter(|index| effects.keeps(&member, index)), column, change);
        effects.build(&member, alter.mode, builds);
        effects.scan(&member, alter.mode, checks(&member, column, change));
        foreign_keys(effects, &member, column, change);
    }
}

/// What the change of one column means.
pub fn change(script: &Script, old: &Column, to: &TypeName, collation: Option<&QualifiedName>, using: Option<&Expr>) -> Change {
    let computed = using.is_some_and(|expression| expression.bare_column.as_deref() != Some(old.name.as_str()));
    let new = match script.find_type(to) {
        FoundType::Existing(new) => new,
        // Nothing is binary coercible to an enum or a composite type that was just made.
        FoundType::New { domain, .. } => return Change { rewrites: (computed || !domain).then_some(true), reindexes: None },
        FoundType::Missing => return Change { rewrites: None, reindexes: None },
    };
    let rewrites = match using {
        Some(expression) if expression.bare_column.as_deref() != Some(old.name.as_str()) => Some(true),
        Some(expression) => convert(script, old, &expression.casts, &new),
        None => convert(script, old, &[], &new),
    };
    let base = new.domain.as_ref().map_or(new.oid, |domain| domain.base);
    let reindexes = either(operator_class_changes(script, old.type_oid, base), collation_changes(script, old, &new, collation));
    Change { rewrites, reindexes }
}

/// A column whose type the text itself made.
const UNKNOWN: Oid = 0;

/// Casts one after the other, then the assignment to the new type.
fn convert(script: &Script, old: &Column, casts: &[TypeName], new: &Type) -> Option<bool> {
    if old.type_oid == UNKNOWN {
        return None;
    }
    let (mut oid, mut typmod) = (old.type_oid, old.typmod);
    let mut answer = Some(false);
    for cast in casts {
        let FoundType::Existing(step) = script.find_type(cast) else { return None };
        answer = either(answer, computes(script, oid, typmod, &step));
        (oid, typmod) = (step.oid, step.typmod);
    }
    either(answer, computes(script, oid, typmod, new))
}

/// Whether a value must be computed to become one of the new type.
fn computes(script: &Script, oid: Oid, typmod: i32, new: &Type) -> Option<bool> {
    let (base, new_typmod) = match &new.domain {
        Some(domain) if domain.constrained && oid != new.oid => return Some(true),
        Some(domain) => (domain.base, domain.base_typmod),
        None => (new.oid, new.typmod),
    };
    if oid == new.oid && new.domain.is_some() {
        return Some(false);
    }
    if oid == base {
        return length_coercion(base, typmod, new_typmod, new.element.is_some());
    }
    if new.element.is_some() && oid < FIRST_USER_OID {
        // Elements are converted one by one, even if nothing changes in them.
        return Some(true);
    }
    match script.catalog().cast(oid, base) {
        // A change of type forgets the old modifier, so that a new one is always applied.
        Cast::Same | Cast::Binary => length_coercion(base, -1, new_typmod, new.element.is_some()),
        Cast::Function if matches!((oid, base), (TIMESTAMP, TIMESTAMPTZ) | (TIMESTAMPTZ, TIMESTAMP)) && script.time_zone_is_utc() => {
            length_coercion(base, -1, new_typmod, false)
        }
        Cast::Function | Cast::InputOutput | Cast::None => Some(true),
    }
}

/// Whether the type's length coercion does something: the planner support functions of the types (`varchar_support`, `numeric_support`, ...).
fn length_coercion(oid: Oid, old: i32, new: i32, array: bool) -> Option<bool> {
    if new < 0 || new == old {
        return Some(false);
    }
    if array {
        return Some(true);
    }
    let free = match oid {
        VARCHAR | VARBIT => old >= 0 && new >= old,
        NUMERIC => old >= 4 && (new - 4) & 0x7ff == (old - 4) & 0x7ff && (new - 4) >> 16 >= (old - 4) >> 16,
        TIME | TIMETZ | TIMESTAMP | TIMESTAMPTZ => new == 6 || (old >= 0 && new >= old),
        INTERVAL => interval_is_free(old, new),
        BPCHAR | BIT => false,
        _ if oid < FIRST_USER_OID => false,
        _ => return None,
    };
    Some(!free)
}

/// `interval_support`: no field gets lost, and no digit of the seconds.
fn interval_is_free(old: i32, new: i32) -> bool {
    const FULL: i32 = 0x7fff;
    let split = |typmod: i32| if typmod < 0 { (FULL, 0xffff) } else { ((typmod >> 16) & FULL, typmod & 0xffff) };
    let ((old_range, old_precision), (new_range, new_precision)) = (split(old), split(new));
    let (old_least, new_least) = (least_field(old_range), least_field(new_range));
    new_least <= old_least && (old_least > 0 || new_precision >= 6 || new_precision >= old_precision)
}

/// The least field of an interval's mask: 0 for seconds, more for what is longer (`intervaltypmodleastfield`).
fn least_field(range: i32) -> u8 {
    const MONTH: i32 = 1 << 1;
    const YEAR: i32 = 1 << 2;
    const DAY: i32 = 1 << 3;
    const HOUR: i32 = 1 << 10;
    const MINUTE: i32 = 1 << 11;
    const SECOND: i32 = 1 << 12;
    let fields = [(SECOND, 0), (MINUTE, 1), (HOUR, 2), (DAY, 3), (MONTH, 4), (YEAR, 5)];
    fields.into_iter().find(|(mask, _)| range & mask != 0).map_or(0, |(_, field)| field)
}

/// An index keeps its file only under the same operator class.
fn operator_class_changes(script: &Script, old: Oid, new: Oid) -> Option<bool> {
    let family = |oid| match oid {
        VARCHAR => TEXT,
        CIDR => INET,
        other => other,
    };
    if family(old) == family(new) {
        return Some(false);
    }
    if old == UNKNOWN {
        return None;
    }
    // A domain uses the operator class of its base type. Nothing else of a user's is binary coercible to a type of PostgreSQL's with the
    // certainty that the operator class is shared.
    match script.catalog().cast(old, new) {
        Cast::Same => Some(false),
        Cast::Binary if old >= FIRST_USER_OID => None,
        _ => Some(true),
    }
}

fn collation_changes(script: &Script, old: &Column, new: &Type, collation: Option<&QualifiedName>) -> Option<bool> {
    if new.collation == 0 && old.collation == 0 {
        return Some(false);
    }
    match collation {
        None => Some(old.collation != new.collation),
        Some(name) => {
            let known = match name.name.as_str() {
                "default" => Some(100),
                "C" => Some(950),
                "POSIX" => Some(951),
                _ => script.collation(name),
            };
            known.map(|oid| oid != old.collation).or(Some(true))
        }
    }
}

/// Whether the rows are read although they are not written anew: for indexes that are rebuilt and constraints that are checked again.
pub fn rechecks(relation: &Relation, column: &str, change: Change) -> Option<bool> {
    either(rebuilds(relation.indexes.iter(), column, change), checks(relation, column, change))
}

/// Whether constraints are checked again.
fn checks(relation: &Relation, column: &str, change: Change) -> Option<bool> {
    let check = |kind| relation.constraints.iter().any(|one| one.kind == kind && one.validated && one.columns.iter().any(|c| c == column));
    let keys = if check(ConstraintKind::ForeignKey) { either(change.rewrites, change.reindexes) } else { Some(false) };
    either(Some(check(ConstraintKind::Check)), keys)
}

/// Whether one of the indexes is built anew although the rows are not written anew.
fn rebuilds<'i>(indexes: impl Iterator<Item = &'i Index>, column: &str, change: Change) -> Option<bool> {
    indexes.map(|index| index_rebuilt(index, column, change)).reduce(either).unwrap_or(Some(false))
}

fn index_rebuilt(index: &Index, column: &str, change: Change) -> Option<bool> {
    let has = |columns: &[String]| columns.iter().any(|one| one == column);
    if !has(&index.columns) && !has(&index.expression_columns) {
        return Some(false);
    }
    if index.partial_or_expression { Some(true) } else { change.reindexes }
}

/// Both sides of a foreign key on the column are locked; the other side is read when the values are checked again.
fn foreign_keys(effects: &mut Effects, relation: &Rc<Relation>, column: &str, change: Change) {
    let checked = |validated: bool| if validated { either(change.rewrites, change.reindexes) } else { Some(false) };
    // No row of it, no value to look for.
    let empty = *relation.size == Size::Bytes(0) && (has_storage(relation) || effects.script().is_new(relation.oid));
    for key in relation.constraints.iter() {
        let Some(referenced) = key.references.filter(|_| key.columns.iter().any(|one| one == column)) else { continue };
        if let Some(referenced) = effects.script().get(referenced) {
            for member in effects.tree(&referenced, Recursion::Partitions) {
                effects.scan(&member, LockMode::AccessExclusive, checked(key.validated && !empty));
            }
        }
    }
    for key in relation.referenced_by.iter().filter(|key| key.columns.iter().any(|one| one == column)) {
        if let Some(referencing) = effects.script().get(key.table) {
            for member in effects.tree(&referencing, Recursion::Partitions) {
                effects.scan(&member, LockMode::AccessExclusive, checked(key.validated));
            }
        }
    }
}
