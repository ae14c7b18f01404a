//! Defaults that must be computed for each row, and what it costs to find out.

use std::time::{Duration, Instant};

use zdm_analyzer::catalog::Volatility::{Immutable, Volatile};
use zdm_analyzer::check;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::testing::{TestCatalog, examples};

fn default(db: &TestCatalog, expression: &str) -> Finding {
    let all = check(&format!("ALTER TABLE users ADD COLUMN z int DEFAULT {expression}"), db);
    assert_eq!(all.len(), 1, "{expression}: {all:#?}");
    all.into_iter().next().expect("one finding")
}

fn calls(name: &str, times: usize) -> String {
    format!("SELECT coalesce({})", vec![format!("{name}()"); times].join(", "))
}

#[test]
fn levels_of_functions_cost_no_more_than_their_number() {
    let mut db = examples();
    for times in [40, 400] {
        let name = |level: usize| format!("l{times}_{level}");
        db.function(&name(0), 0, Immutable, Some("SELECT 1"));
        for level in 1..=12 {
            db.function(&name(level), 0, Volatile, Some(&calls(&name(level - 1), times)));
        }
        for (level, risk) in [(1, Risk::Caution), (5, Risk::Caution), (12, Risk::Caution)] {
            let start = Instant::now();
            assert_eq!(default(&db, &format!("{}()", name(level))).risk, risk, "level {level}");
            assert!(start.elapsed() < Duration::from_secs(1), "level {level} of {times} calls took {:?}", start.elapsed());
        }
    }
}

#[test]
fn too_many_functions_and_too_long_bodies_are_not_followed() {
    let mut db = examples();
    let names: Vec<String> = (0..20_000).map(|number| format!("f{number}()")).collect();
    db.function("wide", 0, Volatile, Some(&format!("SELECT {}", names.join(" || "))));
    db.function("listed", 0, Volatile, Some(&format!("SELECT ARRAY[{}]", names.join(","))));
    db.function("long", 0, Volatile, Some(&format!("SELECT '{}'", "x".repeat(10_000_000))));
    for level in 1..100 {
        db.function(&format!("deep{level}"), 0, Volatile, Some(&calls(&format!("deep{}", level - 1), 1)));
    }
    db.function("deep0", 0, Volatile, Some("SELECT 1"));
    let start = Instant::now();
    for name in ["listed", "long", "deep99"] {
        assert_eq!(default(&db, &format!("{name}()")).rule, Some("unknown-effect"), "{name}");
    }
    assert!(default(&db, "wide()").risk >= Risk::Unknown);
    // One text has one budget.
    let sql = "ALTER TABLE users ADD COLUMN z int DEFAULT long();".repeat(1000);
    let all = check(&sql, &db);
    assert!(all.iter().all(|finding| finding.risk == Risk::Unknown || finding.rule == Some("already-exists")));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[test]
fn deeply_nested_bodies_are_not_called_harmless() {
    let mut db = examples();
    let bodies = [
        format!("SELECT {}1{}", "(".repeat(100_000), ")".repeat(100_000)),
        format!("SELECT 1{}", "+1".repeat(50_000)),
        format!("SELECT {}1", "- ".repeat(50_000)),
        format!("SELECT {}1{}", "abs(".repeat(50_000), ")".repeat(50_000)),
    ];
    for (number, body) in bodies.iter().enumerate() {
        let name = format!("nested{number}");
        db.function(&name, 0, Volatile, Some(body));
        for level in 0..10 {
            db.function(&format!("{name}_{level}"), 0, Volatile, Some(&format!("SELECT {name}{}()", suffix(level))));
        }
        for call in [name.clone(), format!("{name}_9")] {
            assert!(default(&db, &format!("{call}()")).risk >= Risk::Unknown, "{call}");
        }
    }
}

fn suffix(level: usize) -> String {
    level.checked_sub(1).map(|below| format!("_{below}")).unwrap_or_default()
}

#[test]
fn a_function_that_calls_itself_stays_what_it_is_declared() {
    let mut db = examples();
    db.function("once", 0, Volatile, Some("SELECT once()"));
    db.function("ping", 0, Volatile, Some("SELECT pong()")).function("pong", 0, Volatile, Some("SELECT ping()"));
    for call in ["once()", "ping()", "pong()", "ping() + pong()"] {
        assert_eq!(default(&db, call).rule, Some("add-column-volatile-default"), "{call}");
    }
}

#[test]
fn an_operator_is_what_its_function_is() {
    let mut db = examples();
    db.operator("###", Volatile, Some("SELECT 1")).operator("@@@", Volatile, None);
    assert_eq!(default(&db, "1 ### 2").risk, Risk::Caution);
    assert_eq!(default(&db, "1 @@@ 2").rule, Some("add-column-volatile-default"));
}

/// The domains of a database, and what a column of them does: measured on PostgreSQL 15 to 18.
#[test]
fn a_column_without_a_default_has_its_domains() {
    let mut db = examples();
    db.domain_with_default("rnd", "float8", false, Some("random()"))
        .domain_with_default("seven", "int4", false, Some("7"))
        .domain_with_default("odd", "int4", false, Some("no_such_function()"))
        .domain_with_default("garbled", "int4", false, Some(""))
        .domain_with_default("checked", "float8", true, Some("random()"));
    let rule = |sql: &str| {
        let all = check(&format!("ALTER TABLE users ADD COLUMN {sql}"), &db);
        assert_eq!(all.len(), 1, "{sql}: {all:#?}");
        (all[0].risk, all[0].rule.unwrap_or_default(), all[0].rewrites, all[0].scans)
    };
    let volatile = (Risk::Danger, "add-column-volatile-default", Some(true), None);
    let cheap = (Risk::Caution, "strong-lock", Some(false), Some(false));
    for sql in ["c rnd", "c rnd NOT NULL", "c rnd NULL", "c rnd DEFAULT random()"] {
        assert_eq!(rule(sql), volatile, "{sql}");
    }
    for sql in ["c rnd DEFAULT 1", "c rnd DEFAULT NULL", "c rnd DEFAULT NULL::rnd", "c rnd[]", "c seven", "c seven NOT NULL"] {
        assert_eq!(rule(sql), cheap, "{sql}");
    }
    for sql in ["c odd", "c garbled"] {
        assert_eq!(rule(sql).1, "unknown-effect", "{sql}");
    }
    assert_eq!(rule("c checked").1, "add-column-constrained-domain");
    assert_eq!(rule("c percent DEFAULT NULL").1, "add-column-constrained-domain");
    let hint = check("ALTER TABLE users ADD COLUMN c rnd", &db)[0].hint.clone().unwrap_or_default();
    assert_eq!(
        hint,
        "ALTER TABLE public.users ADD COLUMN c rnd DEFAULT NULL;\nALTER TABLE public.users ALTER COLUMN c DROP DEFAULT;\n\
         CALL zdm.backfill('public.users', 'c = random()', 'c IS NULL');"
    );
    assert!(check(&hint, &db).iter().all(|finding| finding.risk < Risk::Unknown), "{hint}");
}

#[test]
fn the_text_may_make_the_domain() {
    let db = examples();
    let last = |sql: &str| check(sql, &db).last().and_then(|finding| finding.rule).unwrap_or_default();
    let volatile = "add-column-volatile-default";
    for (domain, rule) in [
        ("CREATE DOMAIN d AS float DEFAULT random()", volatile),
        ("CREATE DOMAIN b AS float DEFAULT random(); CREATE DOMAIN d AS b", volatile),
        ("CREATE DOMAIN b AS float DEFAULT random(); CREATE DOMAIN d AS b DEFAULT 1", "strong-lock"),
        ("CREATE DOMAIN b AS float DEFAULT random(); CREATE DOMAIN d AS b DEFAULT NULL", "strong-lock"),
        ("CREATE DOMAIN b AS float; CREATE DOMAIN d AS b; ALTER DOMAIN b SET DEFAULT random()", "strong-lock"),
        ("CREATE DOMAIN d AS float; ALTER DOMAIN d SET DEFAULT random()", volatile),
        ("CREATE DOMAIN d AS float DEFAULT random(); ALTER DOMAIN d DROP DEFAULT", "strong-lock"),
        ("CREATE DOMAIN d AS percent", "add-column-constrained-domain"),
        ("CREATE DOMAIN d AS label", "strong-lock"),
        ("CREATE DOMAIN d AS label; ALTER DOMAIN d SET NOT NULL", "add-column-constrained-domain"),
    ] {
        assert_eq!(last(&format!("{domain}; ALTER TABLE users ADD COLUMN c d")), rule, "{domain}");
    }
    for (change, rule) in [
        ("SET DEFAULT random()", volatile),
        ("SET DEFAULT 'x'", "strong-lock"),
        ("ADD CHECK (VALUE <> '') NOT VALID", "add-column-constrained-domain"),
    ] {
        assert_eq!(last(&format!("ALTER DOMAIN label {change}; ALTER TABLE users ADD COLUMN c label")), rule, "{change}");
    }
}
