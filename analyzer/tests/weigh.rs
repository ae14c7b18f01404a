//! What the size of a table and the owner's policy make of a finding.

use std::time::Duration;

use zdm_analyzer::catalog::{Oid, RelationKind, Size};
use zdm_analyzer::check;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::testing::{TestCatalog, examples};

const MB: u64 = 1 << 20;

fn one(sql: &str, db: &TestCatalog) -> Finding {
    let mut all = check(sql, db);
    all.retain(|finding| finding.rule != Some("event-trigger-gap"));
    assert_eq!(all.len(), 1, "{sql}: {all:#?}");
    all.remove(0)
}

/// The examples with a size and a number of rows for one table.
fn sized(table: &str, bytes: u64, rows: Option<f64>) -> TestCatalog {
    let mut db = examples();
    let oid = db.oid(table).unwrap();
    db.change(oid, |relation| {
        relation.size = Size::Bytes(bytes).into();
        relation.rows = rows;
    });
    db
}

fn detail(finding: &Finding) -> &str {
    finding.detail.as_deref().unwrap_or_default()
}

#[test]
fn the_size_that_decided_is_named() {
    let db = sized("users", 6_550_000_000, Some(48_123_456.0));
    let finding = one("ALTER TABLE users ALTER COLUMN age SET NOT NULL", &db);
    assert!(detail(&finding).ends_with("public.users has about 48 million rows in 6.1 GB."), "{finding:#?}");
    let finding = one("CREATE INDEX ON users (age)", &sized("users", 8192, None));
    assert!(detail(&finding).ends_with("public.users takes 8 kB."), "{finding:#?}");
    let mut db = examples();
    let users = db.oid("users").unwrap();
    db.change(users, |relation| relation.size = Size::Unknown.into());
    let finding = one("CREATE INDEX ON users (age)", &db);
    assert!(detail(&finding).ends_with("The size of public.users is not known."), "{finding:#?}");
    assert_eq!(finding.estimate, None);
    let finding = one("CREATE INDEX ON events (at)", &examples());
    assert!(detail(&finding).ends_with("public.events takes 16 MB in 2 tables."), "{finding:#?}");
}

#[test]
fn the_constraint_that_decided_is_named() {
    let finding = one("ALTER TABLE users ALTER COLUMN email SET NOT NULL", &examples());
    assert!(detail(&finding).ends_with("No row is read: constraint users_email_present proves that column email holds no NULL."));
    let finding = one("ALTER TABLE users ALTER COLUMN id SET NOT NULL", &examples());
    assert!(detail(&finding).ends_with("Column id is NOT NULL already."), "{finding:#?}");
    let finding = one("ALTER TABLE users ALTER COLUMN name TYPE varchar(80)", &examples());
    assert!(detail(&finding).ends_with("The stored values of column name fit the new type as they are."), "{finding:#?}");
    let finding = one("ALTER TABLE users ADD COLUMN d int DEFAULT 1, ADD COLUMN e int", &examples());
    assert!(detail(&finding).ends_with("The default of column d is stored once, not in every row."), "{finding:#?}");
    let finding = one("ALTER TABLE users ADD COLUMN d uuid DEFAULT gen_random_uuid()", &examples());
    assert!(!detail(&finding).contains("stored once"), "{finding:#?}");
    let finding = one("ALTER TABLE users ADD COLUMN IF NOT EXISTS age int DEFAULT 1", &examples());
    assert!(!detail(&finding).contains("stored once"), "{finding:#?}");
    let finding = one("ALTER TABLE users ADD COLUMN note text", &examples());
    assert!(!detail(&finding).contains("NULL"), "{finding:#?}");
    let finding = one("CREATE INDEX ON users (age)", &sized("users", 0, None));
    assert_eq!((finding.risk, detail(&finding)), (Risk::Safe, "public.users is empty."));
}

#[test]
fn what_grows_with_the_data_has_an_estimate() {
    let estimate = |sql: &str, bytes| one(sql, &sized("users", bytes, None)).estimate;
    for sql in [
        "CREATE INDEX ON users (age)",
        "CREATE INDEX CONCURRENTLY i ON users (age)",
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL",
        "ALTER TABLE users ALTER COLUMN age TYPE bigint",
        "ALTER TABLE users ADD UNIQUE (age)",
        "VACUUM FULL users",
        "UPDATE users SET age = 1",
        "DELETE FROM users",
    ] {
        let (small, big) = (estimate(sql, 100 * MB).unwrap(), estimate(sql, 10_000 * MB).unwrap());
        assert!(small.low < small.high && small.low < big.low && small.high < big.high, "{sql}: {small:?} {big:?}");
    }
    for sql in
        ["DROP TABLE codes", "TRUNCATE users", "ALTER TABLE users ADD COLUMN a int", "ALTER TABLE users RENAME age TO years", "DO 'x'"]
    {
        let found = check(sql, &examples());
        assert!(found.iter().all(|finding| finding.estimate.is_none()), "{sql}: {found:#?}");
    }
    // a rewrite builds all indexes again
    let bare = estimate("ALTER TABLE users ALTER COLUMN age TYPE bigint", 100 * MB).unwrap();
    let mut db = sized("users", 100 * MB, None);
    let users = db.oid("users").unwrap();
    db.index(users, "users_age_idx", &["age"], false, false);
    assert!(one("ALTER TABLE users ALTER COLUMN age TYPE bigint", &db).estimate.unwrap().high > bare.high);
    // both sides of a foreign key are read
    let key = "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users";
    let with = |bytes| one(key, &sized("users", bytes, None)).estimate.unwrap().high;
    assert!(with(10_000 * MB) > with(10 * MB) + Duration::from_secs(10));
}

/// The examples where a table of 8 MB is not big.
fn small() -> TestCatalog {
    let mut db = examples();
    db.set_small_table(8 * MB + 1);
    db
}

#[test]
fn small_tables_make_a_danger_of_time_a_caution() {
    for sql in [
        "CREATE INDEX ON users (age)",
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL",
        "ALTER TABLE users ALTER COLUMN age TYPE bigint",
        "ALTER TABLE users ADD CHECK (age > 0)",
        "VACUUM FULL users",
        "UPDATE users SET age = 1",
    ] {
        let finding = one(sql, &small());
        assert_eq!(finding.risk, Risk::Caution, "{finding:#?}");
        assert!(detail(&finding).ends_with("public.users takes 8 MB, which is small."), "{finding:#?}");
        let mut db = small();
        db.set_small_table(8 * MB);
        assert_eq!(one(sql, &db).risk, Risk::Danger, "the limit itself is not small: {sql}");
        let users = db.oid("users").unwrap();
        db.set_small_table(1 << 40).change(users, |relation| relation.size = Size::Unknown.into());
        assert_eq!(one(sql, &db).risk, Risk::Danger, "unknown is large: {sql}");
    }
}

#[test]
fn what_is_lost_or_renamed_is_no_less_on_a_small_table() {
    for sql in [
        "DROP TABLE codes",
        "ALTER TABLE users DROP COLUMN age",
        "ALTER TABLE users RENAME age TO years",
        "ALTER TABLE users RENAME TO people",
        "TRUNCATE orders",
        "DELETE FROM users",
        "DROP SCHEMA public CASCADE",
        "REFRESH MATERIALIZED VIEW sales",
    ] {
        let worst = check(sql, &small()).into_iter().map(|finding| finding.risk).max();
        assert_eq!(worst, Some(Risk::Danger), "{sql}");
    }
    assert_eq!(one("ALTER TABLE users ADD COLUMN x int DEFAULT no_such_function()", &small()).risk, Risk::Unknown);
}

#[test]
fn all_partitions_and_both_sides_count() {
    assert_eq!(one("CREATE INDEX ON events (at)", &small()).risk, Risk::Danger, "two partitions of 8 MB");
    let mut db = small();
    db.set_small_table(16 * MB + 1);
    assert_eq!(one("CREATE INDEX ON events (at)", &db).risk, Risk::Caution);
    let mut db = small();
    let users = db.oid("users").unwrap();
    db.set_small_table(17 * MB);
    let key = "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users";
    assert_eq!(one(key, &db).risk, Risk::Caution);
    db.change(users, |relation| relation.size = Size::Bytes(100 * MB).into());
    assert_eq!(one(key, &db).risk, Risk::Danger, "the small table references a big one");
}

const INDEX: &str = "create-index-not-concurrent";

fn with_policy(rule: &str, relation: Option<&str>, risk: Option<Risk>) -> TestCatalog {
    let mut db = examples();
    let oid: Option<Oid> = relation.map(|name| db.oid(name).unwrap());
    db.set_policy(rule, oid, risk, "OPS-1, decided in May.");
    db
}

#[test]
fn a_policy_sets_the_risk() {
    let db = with_policy(INDEX, None, Some(Risk::Caution));
    let finding = one("CREATE INDEX ON users (age)", &db);
    assert_eq!((finding.risk, finding.rule), (Risk::Caution, Some(INDEX)));
    assert!(detail(&finding).ends_with("Policy makes it caution instead of danger: OPS-1, decided in May."), "{finding:#?}");
    let finding = one("ALTER TABLE users ADD COLUMN a int", &with_policy("strong-lock", None, Some(Risk::Danger)));
    assert_eq!(finding.risk, Risk::Danger);
    // as it was
    let plain = one("CREATE INDEX ON users (age)", &with_policy(INDEX, None, Some(Risk::Danger)));
    assert!(!detail(&plain).contains("olicy"), "{plain:#?}");
}

#[test]
fn a_policy_switches_a_rule_off() {
    let db = with_policy(INDEX, None, None);
    let finding = one("CREATE INDEX ON users (age)", &db);
    assert_eq!((finding.risk, finding.rule), (Risk::Safe, None));
    assert!(detail(&finding).starts_with("Policy switches create-index-not-concurrent off: OPS-1, decided in May."), "{finding:#?}");
    // other rules still speak
    assert_eq!(one("DROP TABLE codes", &db).risk, Risk::Danger);
    let both = check("ALTER TABLE users ADD CHECK (age > 0), DROP COLUMN name", &with_policy("add-check-scan", None, None));
    assert_eq!(both.iter().map(|finding| finding.rule).collect::<Vec<_>>(), [Some("drop-column")]);
}

#[test]
fn a_policy_for_one_relation_is_for_that_one() {
    let mut db = with_policy(INDEX, Some("orders"), None);
    assert_eq!(one("CREATE INDEX ON orders (total)", &db).risk, Risk::Safe);
    assert_eq!(one("CREATE INDEX ON users (age)", &db).risk, Risk::Danger);
    let users = db.oid("users");
    db.set_policy(INDEX, None, None, "all").set_policy(INDEX, users, Some(Risk::Danger), "but this one");
    assert_eq!(one("CREATE INDEX ON users (age)", &db).risk, Risk::Danger, "the closer one counts");
}

#[test]
fn what_cannot_be_judged_stays_so() {
    for (rule, sql) in [
        ("dynamic-sql", "DO 'x'"),
        ("unknown-effect", "ALTER TABLE users ADD COLUMN x int DEFAULT no_such_function()"),
        ("missing-object", "DROP TABLE missing"),
        ("not-analyzable", "ALTER TABLE users ADD"),
    ] {
        for risk in [None, Some(Risk::Safe), Some(Risk::Caution), Some(Risk::Unknown)] {
            let finding = one(sql, &with_policy(rule, None, risk));
            assert_eq!((finding.risk, finding.rule), (Risk::Unknown, Some(rule)));
        }
        assert_eq!(one(sql, &with_policy(rule, None, Some(Risk::Danger))).risk, Risk::Danger);
    }
}

#[test]
fn a_materialized_view_is_not_measured_by_its_own_size() {
    let mut db = small();
    let sales = db.oid("sales").unwrap();
    db.change(sales, |relation| assert_eq!(relation.kind, RelationKind::MaterializedView));
    let finding = one("REFRESH MATERIALIZED VIEW sales", &db);
    assert_eq!((finding.risk, finding.estimate), (Risk::Danger, None));
}
