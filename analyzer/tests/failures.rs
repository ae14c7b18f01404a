//! Statements that the server would refuse, and the same where it would not. (`tests/cluster/tests/failures.rs` asks the server.)

use zdm_analyzer::catalog::{ConstraintKind, RelationKind};
use zdm_analyzer::check;
use zdm_analyzer::finding::Finding;
use zdm_analyzer::testing::{TestCatalog, examples};

/// What is said of the last statement about its failing.
fn failure(sql: &str, db: &TestCatalog) -> Option<String> {
    let all = check(sql, db);
    let last = all.last().map_or(0, |finding| finding.statement);
    let fails = |one: &&Finding| one.statement == last && (one.message.starts_with("would fail: ") || one.rule == Some("missing-object"));
    let said = all.iter().find(fails).map(|one| one.message.trim_start_matches("would fail: ").to_owned());
    let of_last = || all.iter().filter(|one| one.statement == last);
    assert!(said.is_none() || of_last().all(|one| !one.runnable), "{sql}: what fails is offered something to run: {all:#?}");
    said
}

#[track_caller]
fn expect(db: &TestCatalog, cases: &[(&str, Option<&str>)]) {
    for (sql, expected) in cases {
        assert_eq!(failure(sql, db).as_deref(), *expected, "{sql}");
    }
}

#[test]
fn what_others_need_cannot_go() {
    let mut db = examples();
    let users = db.oid("users").unwrap_or(0);
    let key = db.oid("users_pkey");
    db.change(users, |users| {
        let mut primary = users.constraints[0].clone();
        (primary.name, primary.kind, primary.index) = ("users_pkey".to_owned(), ConstraintKind::PrimaryKey, key);
        users.constraints.change(|all| all.push(primary.clone()));
    });
    let base = db.table("base", "id int");
    let derived = db.table("derived", "id int");
    db.child(base, derived, false, false);
    let (above, below) = (db.relation(RelationKind::PartitionedIndex, "events_idx"), db.relation(RelationKind::Index, "events_2024_idx"));
    let (events, part) = (db.oid("events"), db.oid("events_2024"));
    db.change(above, |index| index.index_of = events);
    db.change(below, |index| (index.index_of, index.is_partition, index.parents) = (part, true, vec![above].into()));
    let numbered = db.oid("orders").unwrap_or(0);
    db.change(numbered, |orders| orders.columns[0].has_default = true);
    expect(
        &db,
        &[
            ("DROP INDEX users_pkey", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("DROP INDEX CONCURRENTLY users_pkey", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("DROP INDEX users_pkey CASCADE", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("ALTER TABLE users DROP CONSTRAINT users_pkey; DROP INDEX users_pkey", None),
            ("DROP INDEX users_email_idx", None),
            ("DROP INDEX events_2024_idx", Some("index public.events_2024_idx is part of index public.events_idx")),
            ("DROP INDEX events_idx", None),
            ("DROP TABLE users", Some("view public.active_users depends on public.users")),
            ("DROP VIEW active_users; DROP TABLE users", Some("foreign key orders_user_id_fkey of public.orders depends on public.users")),
            ("DROP VIEW active_users; ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; DROP TABLE users", None),
            ("DROP VIEW active_users; DROP MATERIALIZED VIEW sales, sales_by_day; DROP VIEW daily; DROP TABLE users, orders", None),
            ("DROP TABLE users CASCADE", None),
            ("DROP VIEW active_users CASCADE; DROP TABLE users", None),
            ("CREATE OR REPLACE VIEW active_users AS SELECT 1; DROP TABLE users", None),
            ("DROP VIEW active_users", None),
            ("DROP TABLE base", Some("table public.derived depends on public.base")),
            ("DROP TABLE derived, base", None),
            ("DROP TABLE events", None),
            ("DROP SEQUENCE tickets", Some("a default of public.orders depends on public.tickets")),
            ("ALTER TABLE orders ALTER id DROP DEFAULT; DROP SEQUENCE tickets", None),
            ("TRUNCATE users", Some("foreign key orders_user_id_fkey of public.orders references public.users")),
            ("TRUNCATE users, orders", None),
            ("TRUNCATE users CASCADE", None),
            ("TRUNCATE orders", None),
            ("ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; TRUNCATE users", None),
        ],
    );
}
