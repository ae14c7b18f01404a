//! The elements of a CREATE SCHEMA are judged like statements, and what reaches everything is a danger.

use zdm_analyzer::finding::Risk;
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, check_command, verdict};

fn said(sql: &str, db: &TestCatalog) -> Vec<(Risk, Option<&'static str>)> {
    check(sql, db).iter().map(|finding| (finding.risk, finding.rule)).filter(|one| one.1 != Some("missing-lock-timeout")).collect()
}

#[test]
fn an_element_that_locks_is_found() {
    let db = examples();
    let create = "CREATE TABLE p PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')";
    let alone = said(create, &db);
    assert!(alone.iter().any(|one| one.1 == Some("create-partition-locks-parent")), "{alone:?}");
    assert_eq!(said(&format!("CREATE SCHEMA around {create}"), &db), alone);
    let text = format!("SELECT 1;\nCREATE SCHEMA around CREATE VIEW v AS SELECT 1 AS a {create}");
    let found = check(&text, &db);
    let finding = found.iter().find(|finding| finding.rule == Some("create-partition-locks-parent")).expect("the element's finding");
    assert_eq!((finding.statement, finding.line), (2, 2));
}

#[test]
fn elements_that_disturb_nobody_are_safe() {
    let db = examples();
    let sql = "CREATE SCHEMA fresh CREATE TABLE a (id int PRIMARY KEY) CREATE INDEX i ON a (id) CREATE VIEW b AS SELECT id FROM a";
    let found = check(sql, &db);
    assert!(found.iter().all(|finding| finding.risk < Risk::Unknown), "{:?}", said(sql, &db));
    assert!(verdict(sql, &db).findings.iter().all(|finding| finding.statement == 1));
}

#[test]
fn what_writes_everything_anew_is_a_danger() {
    let db = examples();
    for sql in ["VACUUM FULL", "VACUUM (FULL, ANALYZE)", "CLUSTER", "REINDEX DATABASE x", "REINDEX SYSTEM x"] {
        assert_eq!(said(sql, &db).first(), Some(&(Risk::Danger, Some("unbounded-effect"))), "{sql}");
    }
    let moves = "ALTER TABLE ALL IN TABLESPACE pg_default SET TABLESPACE fast";
    assert_eq!(said(moves, &db), [(Risk::Danger, Some("unbounded-effect"))]);
    assert_eq!(said("VACUUM (FULL false)", &db), said("VACUUM", &db));
    assert!(said("REINDEX DATABASE CONCURRENTLY x", &db).iter().all(|one| one.0 < Risk::Danger));
}

#[test]
fn a_function_may_be_renamed_by_a_command_that_is_not_seen() {
    for tag in ["ALTER FUNCTION", "ALTER PROCEDURE", "ALTER ROUTINE", "ALTER AGGREGATE"] {
        assert!(check_command(tag).is_some(), "{tag}");
    }
}
