//! The types, casts and functions that a [`super::TestCatalog`] knows.

use crate::catalog::{Cast, Function, Oid, Type, Volatility};
use crate::ir::TypeName;

/// Internal name, object identifier, collation.
const TYPES: &[(&str, Oid, Oid)] = &[
    ("bool", 16, 0),
    ("bytea", 17, 0),
    ("int8", 20, 0),
    ("int2", 21, 0),
    ("int4", 23, 0),
    ("text", 25, 100),
    ("oid", 26, 0),
    ("json", 114, 0),
    ("xml", 142, 0),
    ("cidr", 650, 0),
    ("float4", 700, 0),
    ("float8", 701, 0),
    ("inet", 869, 0),
    ("bpchar", 1042, 100),
    ("varchar", 1043, 100),
    ("date", 1082, 0),
    ("time", 1083, 0),
    ("timestamp", 1114, 0),
    ("timestamptz", 1184, 0),
    ("interval", 1186, 0),
    ("bit", 1560, 0),
    ("varbit", 1562, 0),
    ("numeric", 1700, 0),
    ("uuid", 2950, 0),
    ("jsonb", 3802, 0),
];

/// Names as people write them.
pub fn internal(name: &str) -> &str {
    match name {
        "bigint" => "int8",
        "int" | "integer" => "int4",
        "smallint" => "int2",
        "boolean" => "bool",
        "char" => "bpchar",
        "real" => "float4",
        "bit varying" => "varbit",
        other => other,
    }
}

pub fn builtin(name: &TypeName) -> Option<Type> {
    let (plain, oid, collation) = TYPES.iter().find(|(known, _, _)| *known == name.name)?;
    let typmod = typmod(*oid, &name.modifiers);
    let element = name.array.then_some(*oid);
    // Array types get an identifier of their own.
    let oid = if name.array { *oid + 10_000 } else { *oid };
    Some(Type { oid, name: (*plain).to_owned(), typmod, domain: None, element, collation: *collation })
}

/// As the types' `typmodin` functions pack it.
fn typmod(oid: Oid, modifiers: &[i32]) -> i32 {
    match (oid, modifiers) {
        (_, []) => -1,
        (1042 | 1043, [length]) => length + 4,
        (1700, [precision]) => (precision << 16) + 4,
        (1700, [precision, scale]) => ((precision << 16) | (scale & 0x7ff)) + 4,
        (1186, [mask]) => (mask << 16) | 0xffff,
        (1186, [mask, precision]) => (mask << 16) | precision,
        (_, [length, ..]) => *length,
    }
}

pub fn cast(from: Oid, to: Oid) -> Cast {
    match (from, to) {
        _ if from == to => Cast::Same,
        (1043, 25) | (25, 1043 | 1042) | (1043, 1042) | (23, 26) | (650, 869) | (1560, 1562) | (142, 25) => Cast::Binary,
        (17, _) | (_, 17) => Cast::None,
        (_, 25) | (114, 3802) | (3802, 114) => Cast::InputOutput,
        _ => Cast::Function,
    }
}

pub fn functions() -> Vec<(String, usize, Function)> {
    use Volatility::{Immutable, Stable, Volatile};
    let all = [
        ("now", 0, Stable),
        ("clock_timestamp", 0, Volatile),
        ("random", 0, Volatile),
        ("gen_random_uuid", 0, Volatile),
        ("nextval", 1, Volatile),
        ("upper", 1, Immutable),
        ("lower", 1, Immutable),
        ("md5", 1, Immutable),
        ("length", 1, Immutable),
        ("timezone", 2, Immutable),
        ("date_trunc", 2, Stable),
        ("date_trunc", 2, Immutable),
    ];
    all.into_iter().map(|(name, count, volatility)| (name.to_owned(), count, built_in(volatility))).collect()
}

/// What any operator of PostgreSQL's own may do.
pub fn operators() -> Vec<Function> {
    vec![built_in(Volatility::Immutable), built_in(Volatility::Stable)]
}

fn built_in(volatility: Volatility) -> Function {
    Function { oid: 1, volatility, inlinable_body: None }
}

/// Whether a type has an operator class of its own; an access method that is not one of these has one for every type.
pub fn has_operator_class(of: Oid, method: &str) -> bool {
    match method {
        "btree" => ![114, 142].contains(&of),
        "gin" => [3802].contains(&of) || of > 10_000,
        _ => true,
    }
}
