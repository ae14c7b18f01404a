//! Bytes as the two fragments of a backfill: the first line is what to set, the rest is where.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zdm_analyzer::fragment::{ColumnFact, falsifies_knowing, parse_assignments, parse_condition};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (set, condition) = text.split_once('\n').unwrap_or((&text, &text));
    let set = parse_assignments(set);
    let condition = parse_condition(condition);
    // what was written anew reads as itself
    if let Ok(set) = &set {
        assert!(!set.columns().is_empty());
        let again = parse_assignments(set.sql()).expect("the new text is good");
        assert_eq!((again.sql(), again.columns(), again.functions()), (set.sql(), set.columns(), set.functions()));
    }
    if let Ok(condition) = &condition {
        let again = parse_condition(condition.sql()).expect("the new text is good");
        assert_eq!((again.sql(), again.reads(), again.operators()), (condition.sql(), condition.reads(), condition.operators()));
    }
    if let (Ok(set), Ok(condition)) = (&set, &condition) {
        falsifies_knowing(set, condition, &column, &|name, _| name == "lower");
    }
});

/// A column of some type, by the length of its name.
fn column(name: &str) -> Option<ColumnFact> {
    let types = ["int4", "text", "varchar", "bool", "numeric", "_text", "timestamptz", "public.d", "jsonb"];
    let type_name = types[name.len() % types.len()];
    (name != "missing").then(|| ColumnFact {
        type_name: type_name.to_owned(),
        typmod: if type_name == "varchar" { 14 } else { -1 },
        not_null: name.starts_with('n'),
        row_type: name.starts_with('r'),
    })
}
