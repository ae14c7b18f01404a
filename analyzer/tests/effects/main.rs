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
            assert!(relation.kind != RelationKind::Sequence, "{sql}: {}", relation.name);
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

/// The relations that get an index or a new file of one, in the order of their names; `?` behind one of which that cannot be told.
fn built(sql: &str) -> String {
    let db = fixture::fixture(18, "-");
    let rows = effects(sql, &db).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let name = |oid| db.describe(oid).map(|relation| relation.name).unwrap_or_default();
    let mut names: Vec<String> = rows
        .into_iter()
        .filter_map(|row| match row.builds_indexes {
            Some(true) => Some(name(row.relation)),
            Some(false) => None,
            None => Some(format!("{}?", name(row.relation))),
        })
        .collect();
    names.sort();
    names.dedup();
    names.join(" ")
}

#[test]
fn index_builds_are_predicted() {
    for (sql, expected) in [
        ("create index ix on t (bi)", "t"),
        ("create index concurrently ix on t (bi)", "t"),
        ("create index ix on e (rid)", "e"),
        ("create index ix on p (id)", "p1 p2 pd"),
        ("create index ix on only p (id)", ""),
        ("alter table t add unique (bi)", "t"),
        ("alter table t add primary key using index t_nn_uq", ""),
        ("alter table t add column z int unique", "t"),
        ("alter table t add column z timestamptz default clock_timestamp()", "t"),
        ("alter table t add column z int", ""),
        ("alter table t alter column a type bigint", "t"),
        ("alter table t alter column b type text collate \"C\"", "t"),
        ("alter table t alter column c type varchar(40)", ""),
        ("alter table e alter column rid type bigint", "e"),
        ("alter table e drop constraint e_pkey, alter column rid type bigint", ""),
        ("alter table e drop column id, alter column rid type bigint", ""),
        ("alter table e drop constraint e_pkey, alter column id type bigint", ""),
        ("alter table p alter column id type bigint", ""),
        ("truncate t", "t"),
        ("truncate p", ""),
        ("cluster t using t_a_idx", "t"),
        ("vacuum full t", "t"),
        ("vacuum t", ""),
        ("reindex table t", "t"),
        ("reindex table concurrently t", "t"),
        ("reindex table p", ""),
        ("reindex index t_a_idx", "t"),
        ("refresh materialized view mv", "mv"),
        ("refresh materialized view concurrently mv", ""),
        ("alter table t set unlogged", "t"),
        ("alter table t set tablespace elsewhere", ""),
        ("do $$ begin create index ix on t (bi); alter table r add column z int; end $$", "t"),
        ("create index ix on p1 (id); alter table p1 alter column id type bigint", "p1"),
        ("create index ix on p1 ((id + 1)); alter table p1 alter column id type bigint", "p1"),
    ] {
        assert_eq!(built(sql), expected, "{sql}");
    }
}
