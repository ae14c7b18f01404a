//! The few functions of `pg_catalog` of which a proof knows when their result is null.

use super::value::{Content, Kind, Nullness, Value};

/// Never null, without arguments.
const MOMENTS: [&str; 4] = ["now", "transaction_timestamp", "statement_timestamp", "clock_timestamp"];

/// The result of a call, if the function is known for arguments like these. `lower` and `upper` are also functions of ranges, where the
/// result can be null for a range that is not, so kinds of types matter.
pub(super) fn call(name: &str, arguments: &[Value]) -> Value {
    let texts = |v: &Value| matches!(v.kind, Kind::Text | Kind::Literal);
    let numbers = |v: &Value| v.kind == Kind::Number;
    match (name, arguments) {
        (name, []) if MOMENTS.contains(&name) => Value::of(Kind::BuiltIn, Content::Unknown),
        ("gen_random_uuid", []) => Value::of(Kind::BuiltIn, Content::Unknown),
        ("random", []) => Value::of(Kind::Number, Content::Unknown),
        ("lower" | "upper" | "initcap" | "reverse" | "md5", [a]) if texts(a) => strict(Kind::Text, arguments),
        ("btrim" | "ltrim" | "rtrim", [_] | [_, _]) if arguments.iter().all(texts) => strict(Kind::Text, arguments),
        ("replace", [_, _, _]) if arguments.iter().all(texts) => strict(Kind::Text, arguments),
        ("length" | "char_length" | "octet_length", [a]) if texts(a) => strict(Kind::Number, arguments),
        ("abs" | "ceil" | "floor" | "round", [a]) if numbers(a) => strict(Kind::Number, arguments),
        // Nulls count as empty.
        ("concat", [_, ..]) => Value::of(Kind::Text, Content::Unknown),
        _ => Value::UNKNOWN,
    }
}

/// The result of a strict function that gives null for nothing else: not null when no argument is, null when one is.
pub(super) fn strict(kind: Kind, arguments: &[Value]) -> Value {
    let null = if arguments.iter().any(|a| a.null == Nullness::Always) {
        Nullness::Always
    } else if arguments.iter().all(|a| a.null == Nullness::Never) {
        Nullness::Never
    } else {
        Nullness::Maybe
    };
    Value { null, ..Value::of(kind, Content::Unknown) }
}

/// The only schema whose functions are known.
pub(super) const SCHEMA: &str = "pg_catalog";

/// `now()` is taken for the one of `pg_catalog` whatever the search path: it is in every example.
pub(super) fn is_always_meant(name: &str, arguments: usize) -> bool {
    name == "now" && arguments == 0
}
