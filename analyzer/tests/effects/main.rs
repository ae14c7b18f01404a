//! Are the predicted locks, rewrites and scans those that were measured?
//!
//! `measured.txt` holds the truth, a line a case; a new case is a new line and nothing else.

mod fixture;

use std::collections::BTreeMap;

use zdm_analyzer::catalog::{Catalog, RelationKind};
use zdm_analyzer::effects;
use zdm_analyzer::lock::LockMode;

const MEASURED: &str = include_str!("measured.txt");

fn short(mode: LockMode) -> &'static str {
    match mode {
        LockMode::AccessShare => "AS",
        LockMode::RowShare => "RS",
        LockMode::RowExclusive => "RE",
        LockMode::ShareUpdateExclusive => "SUE",
        LockMode::Share => "S",
        LockMode::ShareRowExclusive => "SRE",
        LockMode::Exclusive => "E",
        LockMode::AccessExclusive => "AE",
    }
}

/// What is predicted, in the notation of the file.
fn predicted(major: u32, setup: &str, sql: &str) -> BTreeMap<String, String> {
    let db = fixture::fixture(major, setup);
    let rows = effects(sql, &db).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let note = |name: &str, rewrites, scans| match (rewrites, scans) {
        (Some(true), None) => format!("{name}+rewrite"),
        (Some(false), Some(true)) => format!("{name}+scan"),
        (Some(false), Some(false)) => name.to_owned(),
        (Some(false), None) => format!("{name}?"),
        (None, _) => format!("{name}+rewrite?"),
        other => panic!("{sql}: inconsistent {other:?}"),
    };
    rows.into_iter()
        .map(|row| {
            let relation = db.describe(row.relation).unwrap_or_else(|| panic!("{sql}: unknown relation"));
            assert!(!matches!(relation.kind, RelationKind::Index | RelationKind::Sequence), "{sql}: {}", relation.name);
            (relation.name, note(short(row.lock), row.rewrites, row.scans))
        })
        .collect()
}

fn majors(text: &str) -> std::ops::RangeInclusive<u32> {
    let number = |text: &str| text.parse::<u32>().unwrap_or_else(|_| panic!("not a version: {text}"));
    match text.split_once('-') {
        Some((from, to)) => number(from)..=number(to),
        None => number(text)..=number(text),
    }
}

#[test]
fn predictions_are_the_measurements() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in MEASURED.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let fields: Vec<&str> = line.split(" | ").collect();
        let [versions, setup, sql, expected] = fields.as_slice() else { panic!("not a case: {line}") };
        let wanted: BTreeMap<String, String> = expected
            .split(' ')
            .filter_map(|item| item.split_once(':'))
            .map(|(relation, effect)| (relation.to_owned(), effect.to_owned()))
            .collect();
        for major in majors(versions) {
            count += 1;
            let came = predicted(major, setup, sql);
            if came != wanted {
                wrong.push(format!("{major} [{setup}] {sql}\n    expected {wanted:?}\n    came     {came:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 1000, "only {count} cases");
}
