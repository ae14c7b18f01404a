//! Rules about the transaction, the session, other sessions, ownership and dependents: when they speak, and when they must not.

use zdm_analyzer::catalog::{Activity, Answer, Found as Rows, RelationKind, Size, TableFacts};
use zdm_analyzer::check;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::LockMode;
use zdm_analyzer::testing::{TestCatalog, examples, idle};

fn of(rule: &str, sql: &str, db: &TestCatalog) -> Vec<Finding> {
    check(sql, db).into_iter().filter(|finding| finding.rule == Some(rule)).collect()
}

#[track_caller]
fn speaks(rule: &str, db: &TestCatalog, cases: &[(&str, Option<Risk>)]) {
    for (sql, expected) in cases {
        let found = of(rule, sql, db);
        assert_eq!(found.first().map(|finding| finding.risk), *expected, "{sql}: {:#?}", check(sql, db));
    }
}

const CAUTION: Option<Risk> = Some(Risk::Caution);
const DANGER: Option<Risk> = Some(Risk::Danger);

#[test]
fn a_new_column_without_a_value_is_spoken_of_on_empty_tables_too() {
    let mut db = examples();
    let (rule, add) = ("add-column-not-null", "ALTER TABLE users ADD COLUMN z int NOT NULL");
    let users = db.oid("users").unwrap_or(0);
    let message = |db: &TestCatalog| of(rule, add, db).into_iter().map(|finding| finding.message).collect::<Vec<_>>();
    assert_eq!(message(&db), ["adding column z NOT NULL without a default fails if public.users has rows"]);
    db.set_answer(users, Answer::Found);
    assert_eq!(message(&db), ["would fail: public.users has rows, and none of them has a value for column z"]);
    db.change(users, |users| users.size = Size::Bytes(0).into());
    assert_eq!(message(&db), ["adding column z NOT NULL without a default succeeds only as long as public.users is empty"]);
    speaks(
        rule,
        &db,
        &[
            ("ALTER TABLE users ADD COLUMN z int NOT NULL DEFAULT 1", None),
            ("CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN z int NOT NULL", None),
        ],
    );
}

#[test]
fn the_guard_sees_some_commands_by_its_hooks_alone() {
    let mut db = examples();
    let gap = "event-trigger-gap";
    speaks(
        gap,
        &db,
        &[
            ("TRUNCATE orders", CAUTION),
            ("VACUUM FULL orders", CAUTION),
            ("CLUSTER users USING users_pkey", CAUTION),
            ("LOCK TABLE users", None),
            ("DROP DATABASE shop", CAUTION),
            ("VACUUM orders", None),
            ("REINDEX TABLE users", None),
            ("DROP TABLE orders", None),
            ("CREATE TEMP TABLE mine (id int); TRUNCATE mine", None),
        ],
    );
    let found = of(gap, "TRUNCATE orders; VACUUM FULL orders", &db);
    assert_eq!(found.len(), 1, "once in a text: {found:#?}");
    db.set_major(16);
    speaks(gap, &db, &[("REINDEX TABLE users", CAUTION)]);
    db.set_guard_sees_events_only(false);
    speaks(gap, &db, &[("TRUNCATE orders", None)]);
    // It stands beside the verdict.
    db.set_guard_sees_events_only(true);
    let all = check("TRUNCATE orders", &db);
    assert!(all.iter().any(|one| one.rule == Some("truncate") && one.risk == Risk::Danger), "{all:#?}");
}

#[test]
fn lock_timeout_is_the_one_in_force() {
    let mut db = examples();
    let add = "ALTER TABLE users ADD COLUMN x int";
    speaks("missing-lock-timeout", &db, &[(add, None)]);
    db.set("lock_timeout", "0");
    let cases = [
        (add.to_owned(), CAUTION),
        (format!("SET lock_timeout = '2s'; {add}"), None),
        (format!("SET lock_timeout TO 1500; {add}"), None),
        (format!("SET LOCAL lock_timeout = '2s'; {add}"), CAUTION),
        (format!("BEGIN; SET LOCAL lock_timeout = '2s'; {add}; COMMIT"), None),
        (format!("BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT; {add}"), CAUTION),
        (format!("SET lock_timeout = '2s'; RESET lock_timeout; {add}"), CAUTION),
        (format!("SET lock_timeout = '1min'; {add}"), CAUTION),
        (format!("SET lock_timeout = 'soon'; {add}"), None),
        ("CREATE TABLE fresh (id int); ALTER TABLE fresh ADD COLUMN x int".to_owned(), None),
        ("CREATE INDEX CONCURRENTLY i ON users (age)".to_owned(), None),
        ("ALTER TABLE users VALIDATE CONSTRAINT users_email_present".to_owned(), None),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, expected)| (sql.as_str(), *expected)).collect();
    speaks("missing-lock-timeout", &db, &cases);
    assert_eq!(of("missing-lock-timeout", &format!("{add}; ALTER TABLE orders ADD COLUMN y int"), &db).len(), 1);
    db.set("lock_timeout", "2s");
    speaks("missing-lock-timeout", &db, &[(add, None), (&format!("SET lock_timeout = 0; {add}"), CAUTION)]);
    let users = db.oid("users").unwrap_or(0);
    db.set("lock_timeout", "0").change(users, |users| users.size = Size::Bytes(0).into());
    speaks("missing-lock-timeout", &db, &[(add, None)]);
}

#[test]
fn long_work_under_an_earlier_lock() {
    let db = examples();
    let (add, validate) = ("ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID", "ALTER TABLE users VALIDATE CONSTRAINT c");
    let cases = [
        // Another rule says it.
        (format!("BEGIN; {add}; {validate}; COMMIT"), None),
        (format!("BEGIN; {add}; COMMIT; {validate}"), None),
        (format!("{add}; {validate}"), None),
        (format!("BEGIN; SAVEPOINT a; {add}; ROLLBACK TO a; {validate}; COMMIT"), None),
        (format!("BEGIN; {add}; SAVEPOINT a; ROLLBACK TO a; ALTER TABLE orders VALIDATE CONSTRAINT orders_total_positive; COMMIT"), DANGER),
        // The same lock again: create-index-not-concurrent has said it.
        ("BEGIN; ALTER TABLE users ADD COLUMN x int; ALTER TABLE users ALTER age TYPE bigint; COMMIT".to_owned(), None),
        ("BEGIN; ALTER TABLE users ADD COLUMN x int; CREATE INDEX i ON users (age); COMMIT".to_owned(), DANGER),
        ("BEGIN; CREATE TABLE fresh (id int); CREATE INDEX i ON fresh (id); COMMIT".to_owned(), None),
        // Where there are no rows, none is looked for in the other table.
        (
            "BEGIN; CREATE TABLE fresh (id int, c bigint); ALTER TABLE fresh ADD CONSTRAINT k FOREIGN KEY (c) REFERENCES users NOT VALID; \
             ALTER TABLE fresh VALIDATE CONSTRAINT k; COMMIT"
                .to_owned(),
            None,
        ),
        ("BEGIN; COMMENT ON TABLE users IS 'x'; CREATE INDEX i ON users (age); COMMIT".to_owned(), None),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, expected)| (sql.as_str(), *expected)).collect();
    speaks("work-while-locked", &db, &cases);
    // What the session holds before the text begins counts too.
    let mut held = examples();
    let users = held.oid("users").unwrap_or(0);
    held.hold(users, LockMode::AccessExclusive);
    let validate = "ALTER TABLE orders VALIDATE CONSTRAINT orders_total_positive";
    speaks("work-while-locked", &held, &[(validate, DANGER)]);
    let mut weak = examples();
    weak.hold(users, LockMode::RowExclusive);
    speaks("work-while-locked", &weak, &[(validate, None)]);
}

#[test]
fn a_thing_is_said_once() {
    let db = examples();
    let said = |sql: &str, number: u32| -> Vec<&'static str> {
        let named = check(sql, &db).into_iter().filter(|one| one.statement == number && one.rule != Some("missing-lock-timeout"));
        named.filter_map(|one| one.rule).collect()
    };
    let add = "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID";
    let validate = "ALTER TABLE users VALIDATE CONSTRAINT c";
    assert_eq!(said(&format!("BEGIN; {add}; {validate}; COMMIT"), 3), ["not-valid-and-validate-same-transaction"]);
    let key = |table: &str| format!("ALTER TABLE ledger ADD FOREIGN KEY (id) REFERENCES {table} NOT VALID");
    let keys = said(&format!("BEGIN; {}; {}; COMMIT", key("users"), key("orders")), 3);
    assert!(keys.contains(&"multiple-foreign-keys-one-transaction") && !keys.contains(&"wide-lock-window"), "{keys:?}");
    let ids = "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES users NOT VALID, ADD FOREIGN KEY (id) REFERENCES orders (ref) NOT VALID";
    assert_eq!(said(ids, 1).iter().filter(|rule| **rule == "int-key-overflow").count(), 1);
    let many = check("ALTER TABLE measurements ADD COLUMN note text", &db).swap_remove(0).detail.unwrap_or_default();
    assert!(many.ends_with("public.measurements_9 (AccessExclusiveLock), and 50 more."), "{many}");
    let slow = said("BEGIN; ALTER TABLE orders ADD COLUMN x int; CREATE INDEX i ON users (age); COMMIT", 3);
    assert_eq!(slow, ["create-index-not-concurrent", "work-while-locked"]);
    assert_eq!(said("CREATE INDEX CONCURRENTLY people_nick_idx ON people (nick)", 1), ["invalid-index-stays"]);
}

#[test]
fn rows_changed_under_a_lock() {
    let db = examples();
    let add = "ALTER TABLE users ADD COLUMN x int";
    let cases = [
        (format!("BEGIN; {add}; UPDATE users SET x = 1; COMMIT"), DANGER),
        (format!("BEGIN; {add}; UPDATE users SET x = 1 WHERE id < 100; COMMIT"), CAUTION),
        (format!("{add}; UPDATE users SET x = 1"), CAUTION),
        (format!("{add}; COMMIT; UPDATE users SET x = 1"), None),
        (format!("BEGIN; {add}; COMMIT; UPDATE users SET x = 1"), None),
        (format!("BEGIN; {add}; INSERT INTO orders (id, ref) SELECT id, id FROM users; COMMIT"), CAUTION),
        (format!("BEGIN; {add}; INSERT INTO orders (id, ref) VALUES (1, 1); COMMIT"), None),
        ("BEGIN; CREATE TABLE fresh (id int); INSERT INTO fresh SELECT id FROM users; COMMIT".to_owned(), None),
        ("UPDATE users SET age = 1; DELETE FROM orders".to_owned(), None),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, expected)| (sql.as_str(), *expected)).collect();
    speaks("ddl-and-backfill", &db, &cases);
    // Where a table has few rows, a change of some takes no time; how many an INSERT ... SELECT brings is another matter.
    let mut small = examples();
    small.set_small_table(1 << 30);
    let cases = [
        (format!("BEGIN; {add}; UPDATE orders SET note = 'x' WHERE id = 1; COMMIT"), None),
        (format!("BEGIN; {add}; INSERT INTO orders (id, ref) SELECT id, id FROM users; COMMIT"), CAUTION),
        (format!("BEGIN; {add}; UPDATE users SET x = 1; COMMIT"), CAUTION),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, expected)| (sql.as_str(), *expected)).collect();
    speaks("ddl-and-backfill", &small, &cases);
}

#[test]
fn one_table_after_the_other() {
    let db = examples();
    let (one, two) = ("ALTER TABLE users ADD COLUMN x int", "ALTER TABLE orders ADD COLUMN x int");
    let three = "ALTER TABLE ledger ADD COLUMN x int";
    assert_eq!(of("wide-lock-window", &format!("BEGIN; {one}; {two}; {three}; COMMIT"), &db).len(), 1);
    assert_eq!(of("wide-lock-window", &format!("{one}; {two}"), &db).len(), 0);
    assert_eq!(of("wide-lock-window", &format!("BEGIN; {one}; COMMIT; BEGIN; {two}; COMMIT"), &db).len(), 0);
    assert_eq!(
        of("wide-lock-window", "BEGIN; CREATE TABLE f (id int); ALTER TABLE f ADD x int; ALTER TABLE users ADD y int; COMMIT", &db).len(),
        0
    );
    // A foreign key locks both sides at once.
    let key = "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID";
    assert_eq!(of("wide-lock-window", &format!("BEGIN; {key}; COMMIT"), &db).len(), 0);
}

#[test]
fn transactions_that_do_not_belong_together() {
    let mut db = examples();
    for (sql, number) in [
        ("BEGIN", 0),
        ("COMMIT", 0),
        ("BEGIN; SELECT 1; COMMIT", 0),
        ("BEGIN; SELECT 1; ROLLBACK; BEGIN; SELECT 2; COMMIT", 0),
        ("BEGIN; COMMIT AND CHAIN; SELECT 1; COMMIT", 0),
        ("BEGIN; BEGIN; COMMIT", 1),
        ("SELECT 1; COMMIT", 1),
        ("BEGIN; SELECT 1; COMMIT; ROLLBACK", 1),
        ("BEGIN; SELECT 1", 1),
        ("SELECT 1; BEGIN", 1),
    ] {
        assert_eq!(of("transaction-nesting", sql, &db).len(), number, "{sql}");
    }
    // In a block of the session's own, COMMIT ends that one.
    let users = db.oid("users").unwrap_or(0);
    db.hold(users, LockMode::AccessShare);
    assert_eq!(of("transaction-nesting", "SELECT 1; COMMIT", &db).len(), 0);
    assert_eq!(of("transaction-nesting", "SELECT 1; BEGIN; COMMIT", &db).len(), 1);
}

#[test]
fn what_cannot_be_rolled_back_together() {
    let db = examples();
    for (sql, number) in [
        ("CREATE TABLE t (id int); CREATE INDEX CONCURRENTLY i ON users (age); DROP TABLE t", 1),
        ("CREATE INDEX CONCURRENTLY i ON users (age); ALTER TABLE users ADD COLUMN x int", 1),
        ("DROP INDEX CONCURRENTLY IF EXISTS i; CREATE INDEX CONCURRENTLY i ON users (age)", 0),
        ("SET lock_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON users (age); SELECT 1", 0),
        ("ALTER TABLE users ADD COLUMN x int; ALTER TABLE users ADD COLUMN y int", 0),
    ] {
        assert_eq!(of("partial-failure", sql, &db).len(), number, "{sql}");
    }
}

#[test]
fn who_is_in_the_way_is_named() {
    let mut db = examples();
    let found = of("blocked-now", "ALTER TABLE audit ADD COLUMN x int", &db);
    let texts: Vec<_> = found.iter().map(|one| (one.message.as_str(), one.detail.as_deref(), one.hint.as_deref())).collect();
    assert_eq!(
        texts,
        [(
            "would wait now for process 4711 (idle in transaction, for 5 min)",
            Some("It holds AccessShareLock on public.audit. Its last query: SELECT count(*) FROM audit."),
            Some("Wait for it, or end it: SELECT pg_terminate_backend(4711).")
        )]
    );
    speaks("blocked-now", &db, &[("CREATE INDEX i ON audit (note)", None), ("CREATE TABLE audit2 (id int)", None)]);
    // Also where the table is empty: the lock is waited for all the same.
    let audit = db.oid("audit").unwrap_or(0);
    db.change(audit, |table| table.size = Size::Bytes(0).into());
    speaks("blocked-now", &db, &[("ALTER TABLE audit ADD COLUMN x int", CAUTION)]);
    // What the caller may not see is not said.
    let orders = db.oid("orders").unwrap_or(0);
    let hidden = Activity { seconds: None, state: None, query: None, ..idle(12, Some(LockMode::RowExclusive), "") };
    let prepared = Activity { pid: None, prepared: Some("it's".to_owned()), ..idle(0, Some(LockMode::RowExclusive), "") };
    db.holder(orders, hidden).holder(orders, prepared.clone());
    let found = of("blocked-now", "CREATE INDEX i ON orders (ref)", &db);
    assert_eq!(found[0].message, "would wait now for process 12");
    assert_eq!(found[0].detail.as_deref(), Some("It holds RowExclusiveLock on public.orders. 1 more hold such locks."));
    let mut db = examples();
    db.holder(orders, prepared);
    let found = of("blocked-now", "CREATE INDEX i ON orders (ref)", &db);
    assert_eq!(found[0].hint.as_deref(), Some("Finish it: COMMIT PREPARED 'it''s' or ROLLBACK PREPARED 'it''s'."));
}

#[test]
fn concurrently_waits_too() {
    let db = examples();
    let cases = [
        ("CREATE INDEX CONCURRENTLY i ON audit (note)", CAUTION),
        ("REINDEX TABLE CONCURRENTLY audit", CAUTION),
        ("CREATE INDEX i ON audit (note)", None),
        ("CREATE TABLE audit2 (id int); CREATE INDEX CONCURRENTLY i ON audit2 (id)", None),
    ];
    speaks("concurrent-index-blocked", &db, &cases);
}

#[test]
fn what_will_fail_is_said() {
    let db = examples();
    let exists = [
        ("CREATE TABLE users (id int)", CAUTION),
        ("CREATE TABLE users AS SELECT 1", CAUTION),
        ("CREATE TABLE public.users (id int)", CAUTION),
        ("CREATE TABLE app.users (id int)", None),
        ("CREATE TABLE IF NOT EXISTS users (id int)", None),
        ("CREATE TEMP TABLE users (id int)", None),
        ("CREATE TEMP TABLE users AS SELECT 1", None),
        ("CREATE TEMP VIEW users AS SELECT 1", None),
        ("SET search_path = app, public; CREATE TABLE users (id int)", CAUTION),
        ("CREATE SCHEMA app; SET search_path = app, public; CREATE TABLE users (id int)", None),
        ("DROP TABLE users; CREATE TABLE users (id int)", None),
        ("ALTER TABLE users RENAME TO old; CREATE TABLE users (id int)", None),
        ("CREATE VIEW active_users AS SELECT 1 AS x", CAUTION),
        ("CREATE INDEX users_email_idx ON users (age)", CAUTION),
        ("CREATE INDEX ON users (age)", None),
        ("ALTER TABLE users ADD COLUMN age int", CAUTION),
        ("ALTER TABLE users DROP COLUMN age, ADD COLUMN age bigint", None),
        ("ALTER TABLE users ADD COLUMN IF NOT EXISTS age int", None),
        ("ALTER TABLE users ADD CONSTRAINT users_email_present CHECK (age > 0)", CAUTION),
        ("ALTER TABLE users RENAME TO orders", CAUTION),
        ("ALTER TABLE users RENAME name TO email", CAUTION),
        ("ALTER TABLE users SET SCHEMA public", None),
        ("ALTER TABLE users ADD PRIMARY KEY (email)", CAUTION),
        ("ALTER TABLE users ADD COLUMN number bigint PRIMARY KEY", CAUTION),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY (email)", None),
        ("ALTER TABLE users DROP CONSTRAINT users_pkey; ALTER TABLE users ADD PRIMARY KEY (email)", None),
    ];
    speaks("already-exists", &db, &exists);
    let kinds = [
        ("DROP TABLE IF EXISTS active_users", CAUTION),
        ("DROP VIEW sales", CAUTION),
        ("DROP INDEX users", CAUTION),
        ("TRUNCATE active_users", CAUTION),
        ("CREATE INDEX i ON active_users (id)", CAUTION),
        ("REFRESH MATERIALIZED VIEW users", CAUTION),
        ("DROP TABLE users, events", None),
        ("DROP MATERIALIZED VIEW sales", None),
        ("DROP SEQUENCE tickets", None),
    ];
    speaks("wrong-kind", &db, &kinds);
    let owner = [
        ("DROP TABLE ledger", CAUTION),
        ("CREATE INDEX i ON ledger (id)", CAUTION),
        ("ALTER TABLE ledger RENAME TO old", CAUTION),
        ("SET ROLE accounting; DROP TABLE ledger", None),
        ("SET SESSION AUTHORIZATION accounting; DROP TABLE ledger", None),
        ("DROP TABLE users", None),
    ];
    speaks("not-owner", &db, &owner);
}

#[test]
fn policies_of_the_same_text_count() {
    let mut db = examples();
    let users = db.oid("users").unwrap_or(0);
    db.set_facts(users, TableFacts::default());
    let on = "ALTER TABLE users ENABLE ROW LEVEL SECURITY";
    let cases = [
        (on.to_owned(), DANGER),
        (format!("{on}; CREATE POLICY p ON public.users USING (true)"), None),
        (format!("CREATE POLICY p ON orders USING (true); {on}"), DANGER),
        ("ALTER TABLE users NO FORCE ROW LEVEL SECURITY".to_owned(), None),
        ("ALTER TABLE users FORCE ROW LEVEL SECURITY".to_owned(), None),
        ("ALTER TABLE users FORCE ROW LEVEL SECURITY, ENABLE ROW LEVEL SECURITY".to_owned(), DANGER),
        ("CREATE TABLE fresh (id int); ALTER TABLE fresh ENABLE ROW LEVEL SECURITY".to_owned(), None),
    ];
    let cases: Vec<_> = cases.iter().map(|(sql, expected)| (sql.as_str(), *expected)).collect();
    speaks("rls-enable-without-policy", &db, &cases);
    db.policy(users);
    speaks("rls-enable-without-policy", &db, &[(on, None)]);
}

#[test]
fn what_goes_along_is_listed() {
    let mut db = examples();
    let found = of("drop-cascade", "DROP TABLE users CASCADE", &db);
    assert_eq!(found[0].message, "dropping public.users takes 2 other objects along");
    let detail = "Dropped with it: view active_users, constraint orders_user_id_fkey on table orders.";
    assert_eq!((found[0].risk, found[0].detail.as_deref()), (Risk::Danger, Some(detail)));
    let users = db.oid("users").unwrap_or(0);
    db.dependents_of(users, &["constraint orders_user_id_fkey on table orders"], false);
    speaks("drop-cascade", &db, &[("DROP TABLE users CASCADE", CAUTION), ("DROP TABLE orders CASCADE", None), ("DROP TABLE users", None)]);
    let found = of("drop-owned", "DROP OWNED BY clerk", &db);
    assert_eq!(found[0].detail.as_deref(), Some("It owns table ledger, view open_items."));
    speaks("drop-owned", &db, &[("REASSIGN OWNED BY clerk TO me", CAUTION), ("DROP OWNED BY nobody", None)]);
    speaks("unbounded-effect", &db, &[("DROP OWNED BY clerk", None), ("DROP OWNED BY nobody", Some(Risk::Unknown))]);
    let found = of("truncate-cascade", "TRUNCATE users CASCADE", &db);
    assert_eq!(found[0].message, "also empties public.orders, by CASCADE");
    speaks("truncate-cascade", &db, &[("TRUNCATE users, orders CASCADE", None), ("TRUNCATE orders CASCADE", None)]);
}

#[test]
fn partitions_come_and_go_without_the_parent_where_that_is_possible() {
    let mut db = examples();
    let create = "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')";
    let found = of("create-partition-locks-parent", create, &db);
    assert_eq!(
        found[0].hint.as_deref(),
        Some(
            "CREATE TABLE public.events_2026 (LIKE public.events INCLUDING ALL EXCLUDING COMMENTS EXCLUDING IDENTITY EXCLUDING STATISTICS);\n\
             ALTER TABLE public.events ATTACH PARTITION public.events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
        )
    );
    for odd in [
        "CREATE TABLE e PARTITION OF events (kind DEFAULT 'x') FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "CREATE TABLE e PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') PARTITION BY LIST (kind)",
        "CREATE TABLE e PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') WITH (fillfactor = 50)",
        "CREATE TABLE IF NOT EXISTS e PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
    ] {
        let found = of("create-partition-locks-parent", odd, &db);
        assert!(found[0].hint.as_ref().is_some_and(|hint| hint.starts_with("Create the table")), "{odd}: {found:#?}");
    }
    let hash = of("create-partition-locks-parent", "CREATE TABLE e PARTITION OF events FOR VALUES WITH (MODULUS 4, REMAINDER 0)", &db);
    assert!(hash[0].hint.as_ref().is_some_and(|hint| hint.contains("(MODULUS 4, REMAINDER 0);")), "{hash:#?}");
    speaks(
        "create-partition-locks-parent",
        &db,
        &[
            ("CREATE TABLE p (id int) PARTITION BY LIST (id); CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1)", None),
            ("CREATE TABLE child () INHERITS (users)", None),
        ],
    );
    speaks("drop-partition-locks-parent", &db, &[("DROP TABLE events_2024, events", None), ("DROP TABLE users", None)]);
    // With a default partition it is read, and nothing goes CONCURRENTLY.
    let (events, rest) = (db.oid("events").unwrap_or(0), db.table("events_rest", "id bigint not null, at timestamptz not null, kind text"));
    db.child(events, rest, true, true);
    speaks("create-partition-locks-parent", &db, &[(create, DANGER)]);
    let hint = of("create-partition-locks-parent", create, &db).remove(0).hint.unwrap_or_default();
    assert!(hint.starts_with("Add a CHECK to public.events_rest"), "{hint}");
    speaks("blocking-scan", &db, &[(create, None)]);
    let found = of("detach-partition-not-concurrent", "ALTER TABLE events DETACH PARTITION events_2024", &db);
    assert!(found[0].hint.as_ref().is_some_and(|hint| hint.contains("public.events_rest")), "{found:#?}");
    speaks(
        "detach-pending",
        &db,
        &[
            ("CREATE TABLE l PARTITION OF logs FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')", CAUTION),
            ("ALTER TABLE events ADD COLUMN x int", None),
        ],
    );
    // ALTER passes over a partition that is half detached, DROP does not.
    let touched = |sql: &str| {
        let rows = zdm_analyzer::effects(sql, &db).unwrap_or_default();
        rows.iter()
            .filter_map(|row| zdm_analyzer::catalog::Catalog::describe(&db, row.relation))
            .map(|relation| relation.name)
            .collect::<Vec<_>>()
    };
    assert_eq!(touched("ALTER TABLE logs ADD COLUMN x int"), ["logs", "logs_2024"]);
    assert_eq!(touched("DROP TABLE logs"), ["logs", "logs_2024", "logs_2025"]);
}

#[test]
fn particulars_change_the_verdict() {
    let mut db = examples();
    let orders = db.oid("orders").unwrap_or(0);
    speaks(
        "replica-identity",
        &db,
        &[
            ("ALTER TABLE orders REPLICA IDENTITY DEFAULT", DANGER),
            ("ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_ref_idx", CAUTION),
            ("ALTER TABLE orders REPLICA IDENTITY FULL", CAUTION),
            ("ALTER TABLE users REPLICA IDENTITY NOTHING", CAUTION),
        ],
    );
    db.index(orders, "orders_pkey", &["id"], true, true);
    speaks("replica-identity", &db, &[("ALTER TABLE orders REPLICA IDENTITY DEFAULT", CAUTION)]);
    speaks("alter-sequence", &db, &[("ALTER SEQUENCE tickets OWNED BY orders.id", None), ("ALTER SEQUENCE tickets CACHE 10", CAUTION)]);
    speaks(
        "sequence-not-reset",
        &db,
        &[
            ("INSERT INTO metrics (id) VALUES (1); SELECT setval('metrics_id_seq', 1)", None),
            ("COPY metrics (id, value) FROM STDIN", CAUTION),
            ("INSERT INTO users (id) VALUES (1)", None),
        ],
    );
    speaks("lock-table-explicit", &db, &[("LOCK TABLE users IN ROW SHARE MODE", None), ("LOCK users", CAUTION)]);
    speaks(
        "disable-trigger",
        &db,
        &[("ALTER TABLE users DISABLE TRIGGER audit", CAUTION), ("ALTER TABLE users ENABLE TRIGGER USER", None)],
    );
    speaks("unlogged-table", &db, &[("ALTER TABLE users SET UNLOGGED", CAUTION), ("ALTER TABLE users SET LOGGED", None)]);
    speaks("vacuum-full-or-cluster", &db, &[("CLUSTER users USING users_pkey", DANGER), ("VACUUM FULL no_such", None)]);
    speaks(
        "security-definer-search-path",
        &db,
        &[
            ("CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER AS 'select 1'", None),
            ("CREATE OR REPLACE PROCEDURE p() LANGUAGE sql SECURITY DEFINER AS 'select 1'", CAUTION),
        ],
    );
    speaks(
        "replace-view-columns",
        &db,
        &[
            ("CREATE OR REPLACE VIEW daily AS SELECT status, id FROM orders", CAUTION),
            ("CREATE OR REPLACE VIEW daily AS SELECT * FROM orders", None),
            ("CREATE OR REPLACE VIEW daily (id, status) AS SELECT 1, 'x'", None),
            ("CREATE OR REPLACE VIEW daily AS SELECT o.id, 'x' AS status FROM orders o UNION ALL SELECT 1, 'y'", None),
        ],
    );
    let view = db.oid("sales_by_day").unwrap_or(0);
    db.set_unpopulated(view);
    speaks("refresh-concurrently-fails", &db, &[("REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_day", CAUTION)]);
    let metrics = db.oid("metrics").unwrap_or(0);
    speaks(
        "replication-lag",
        &db,
        &[("VACUUM FULL metrics", CAUTION), ("TRUNCATE metrics", None), ("ALTER TABLE metrics ADD x int", None)],
    );
    db.change(metrics, |table| table.size = Size::Bytes(1 << 20).into());
    speaks("replication-lag", &db, &[("VACUUM FULL metrics", None)]);
    speaks("running-job", &db, &[("ALTER TABLE metrics VALIDATE CONSTRAINT c", None), ("CREATE INDEX i ON metrics (value)", CAUTION)]);
    let space = "ALTER TABLE users SET TABLESPACE pg_default, ALTER age TYPE bigint";
    speaks("set-tablespace", &db, &[("ALTER TABLE users SET TABLESPACE fast", DANGER), (space, None)]);
    let index = db.relation(RelationKind::Sequence, "own_seq");
    db.owned_by_another(index, "accounting");
    speaks("change-owner", &db, &[("ALTER SEQUENCE own_seq OWNER TO accounting", None), ("ALTER SEQUENCE own_seq OWNER TO me", CAUTION)]);
}

#[test]
fn what_the_session_holds_is_asked_once_and_only_by_rules() {
    let mut db = examples();
    let orders = db.oid("orders").unwrap_or(0);
    db.hold(orders, LockMode::AccessExclusive);
    let sql = "CREATE INDEX ON users (age); CREATE INDEX ON users (name)";
    zdm_analyzer::effects(sql, &db).unwrap();
    assert_eq!(db.held_asked(), 0);
    check("CREATE TABLE fresh (a int); COMMENT ON TABLE users IS 'x'", &db);
    assert_eq!(db.held_asked(), 0);
    assert_eq!(of("work-while-locked", sql, &db).len(), 2);
    assert_eq!(db.held_asked(), 1);
}

#[test]
fn a_partition_is_told_which_index_to_build_first() {
    let mut db = TestCatalog::new();
    let whole = db.relation(RelationKind::PartitionedTable, "whole");
    db.change(whole, |relation| relation.columns.clear());
    let piece = db.table("piece", "id int not null, v text");
    db.partition_by(whole, 'r', "id");
    db.index(whole, "whole_v", &["v"], false, false);
    db.check(piece, "fits", &["id"], "id >= 0 AND id < 1000", true);
    let attach = "ALTER TABLE whole ATTACH PARTITION piece FOR VALUES FROM (0) TO (1000)";
    let found = of("attach-partition-scan", attach, &db);
    let hint = found[0].hint.as_deref().unwrap_or_default();
    assert!(hint.contains("CREATE INDEX CONCURRENTLY ON public.piece (v)"), "{hint}");
    // a unique index is another one
    db.index(piece, "piece_v", &["v"], true, false);
    assert_eq!(of("attach-partition-scan", attach, &db).len(), 1);
    db.index(piece, "piece_v2", &["v"], false, false);
    assert_eq!(of("attach-partition-scan", attach, &db).len(), 0);
    // each serves once
    db.index(whole, "whole_v2", &["v"], false, false);
    assert_eq!(of("attach-partition-scan", attach, &db).len(), 1);
    // an index that the text makes serves too, if it is a plain one
    let made = |index: &str| of("attach-partition-scan", &format!("CREATE {index}; {attach}"), &db).len();
    assert_eq!((made("INDEX i ON piece (v)"), made("UNIQUE INDEX i ON piece (v)")), (0, 1));
}

#[test]
fn what_is_dropped_in_the_same_statement_is_dropped_first() {
    let db = examples();
    let sql = "ALTER TABLE users ALTER id DROP NOT NULL, ALTER id SET NOT NULL";
    assert_eq!(of("set-not-null-scan", sql, &db).len(), 1);
    assert_eq!(of("set-not-null-scan", "ALTER TABLE users ALTER id SET NOT NULL", &db).len(), 0);
}

#[test]
fn an_attribute_that_goes_is_lost_in_every_value() {
    let mut db = examples();
    db.new_type("addr").new_type("unused");
    db.table("houses", "id int, place addr");
    let cases = [
        ("ALTER TYPE addr DROP ATTRIBUTE zip", DANGER),
        ("ALTER TYPE addr DROP ATTRIBUTE zip CASCADE", DANGER),
        ("ALTER TYPE unused DROP ATTRIBUTE zip", CAUTION),
        ("ALTER TYPE addr ADD ATTRIBUTE zip text", None),
    ];
    speaks("drop-column", &db, &cases);
    let found = of("drop-column", cases[0].0, &db);
    assert!(found[0].detail.as_deref().is_some_and(|detail| detail.contains("public.houses")), "{found:#?}");
}

#[test]
fn an_extension_takes_columns_of_its_types_along() {
    let mut db = examples();
    let (users, orders) = (db.oid("users").unwrap_or(0), db.oid("orders").unwrap_or(0));
    let found = |oids: &[u32]| Rows { columns: Vec::new(), rows: oids.iter().map(|oid| vec![Some(oid.to_string())]).collect() };
    db.answer("SELECT DISTINCT r.oid", found(&[users, orders])).answer("SELECT DISTINCT c.oid", found(&[users]));
    let risks: Vec<_> = of("drop-object", "DROP EXTENSION citext CASCADE", &db).into_iter().map(|one| (one.risk, one.message)).collect();
    let expected = [
        (Risk::Danger, "drops the columns of public.users that depend on it".to_owned()),
        (Risk::Caution, "drops citext with all that depends on it".to_owned()),
    ];
    assert_eq!(risks, expected);
}
