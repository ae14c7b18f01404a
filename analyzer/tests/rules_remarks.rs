//! Rules that only remark on something, and what is read more exactly than it seems: when they speak, and when they must not.

use zdm_analyzer::catalog::{Answer, RelationKind, Size, Volatility};
use zdm_analyzer::finding::Finding;
use zdm_analyzer::lock::LockMode;
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, effects};

fn rules(sql: &str, db: &TestCatalog) -> Vec<&'static str> {
    check(sql, db).iter().filter_map(|finding| finding.rule).collect()
}

fn of(rule: &str, sql: &str, db: &TestCatalog) -> Option<Finding> {
    check(sql, db).into_iter().find(|finding| finding.rule == Some(rule))
}

/// None of the statements has a finding of the rule.
#[track_caller]
fn silent(rule: &str, db: &TestCatalog, statements: &[&str]) {
    for sql in statements {
        assert!(!rules(sql, db).contains(&rule), "{sql}: {:#?}", check(sql, db));
    }
}

#[test]
fn nothing_is_remarked_on_what_is_new_or_empty() {
    let mut db = examples();
    for name in ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout"] {
        db.set(name, "0");
    }
    // A foreign key of orders comes from users, and is looked at again when the type changes.
    for name in ["users", "orders"] {
        let table = db.oid(name).unwrap();
        db.change(table, |table| table.size = Size::Bytes(0).into());
    }
    let fresh = "CREATE TABLE fresh (id int, note text, email text, other int DEFAULT 1)";
    for table in ["users", "fresh"] {
        for action in [
            "CREATE INDEX CONCURRENTLY ON % (id)",
            "CREATE INDEX CONCURRENTLY i ON % USING hash (id)",
            "CREATE INDEX i ON % (lower(email))",
            "ALTER TABLE % ALTER id SET DEFAULT random()",
            "ALTER TABLE % ALTER id SET STORAGE PLAIN",
            "ALTER TABLE % ALTER id SET GENERATED ALWAYS",
            "ALTER TABLE % NO INHERIT orders",
            "ALTER TABLE % SET (fillfactor = 50)",
            "DROP TRIGGER t ON %",
            "CREATE RULE r AS ON INSERT TO % DO ALSO NOTHING",
            "CREATE POLICY p ON % USING (true)",
            "CREATE STATISTICS s ON id, email FROM %",
            "BEGIN; ALTER TABLE % ADD COLUMN z int; COMMIT",
            "ALTER TABLE % ALTER email TYPE varchar(9); ALTER TABLE % ALTER email TYPE varchar(5)",
            "DROP TABLE %; CREATE TABLE % (id int)",
        ] {
            let sql = format!("{fresh}; {}", action.replace('%', table));
            let said = rules(&sql, &db)
                .into_iter()
                .filter(|rule| !["drop-table", "partial-failure", "dependent-objects"].contains(rule))
                .collect::<Vec<_>>();
            assert_eq!(said, Vec::<&str>::new(), "{sql}");
        }
    }
}

#[test]
fn what_fits_is_not_remarked_on() {
    let mut db = examples();
    silent("wide-index", &db, &["CREATE UNIQUE INDEX CONCURRENTLY i ON users (email, name, age, active)"]);
    silent("index-on-updated-table", &db, &["CREATE INDEX CONCURRENTLY i ON counters (id)", "CREATE INDEX CONCURRENTLY i ON users (age)"]);
    silent("unnamed-index", &db, &["CREATE INDEX ON users (age)"]);
    silent("change-default", &db, &["ALTER TABLE people ADD COLUMN z int DEFAULT 1; ALTER TABLE people ALTER z SET DEFAULT 2"]);
    silent(
        "set-volatile-default",
        &db,
        &[
            "ALTER TABLE users ALTER age SET DEFAULT 18",
            "ALTER TABLE users ALTER created_at SET DEFAULT now()",
            "ALTER TABLE users ALTER id SET DEFAULT random()",
            "ALTER TABLE users ADD COLUMN z uuid; ALTER TABLE users ALTER z SET DEFAULT gen_random_uuid()",
            "ALTER TABLE users ALTER age SET DEFAULT random(); CALL zdm.backfill('users', 'age = 1')",
        ],
    );
    silent(
        "enum-value-order",
        &db,
        &["CREATE TYPE m AS ENUM ('a'); ALTER TYPE m ADD VALUE 'b'", "ALTER TYPE weather ADD VALUE 'a' BEFORE 'b'"],
    );
    silent("default-partition", &db, &["CREATE TABLE p (a int) PARTITION BY LIST (a); CREATE TABLE q PARTITION OF p DEFAULT"]);
    silent("unique-without-partition-key", &db, &["ALTER TABLE users ADD UNIQUE (age)", "CREATE INDEX i ON events (id)"]);
    silent(
        "create-from-big-table",
        &db,
        &["CREATE TABLE m AS SELECT * FROM users", "CREATE TABLE m AS WITH metrics AS (SELECT 1) SELECT * FROM metrics"],
    );
    silent(
        "change-used-function",
        &db,
        &["CREATE FUNCTION normal_code(text) RETURNS text LANGUAGE sql AS 'SELECT $1'", "ALTER FUNCTION normal_code COST 5"],
    );
    silent("change-privileges", &db, &["GRANT SELECT ON users TO app", "CREATE TABLE fresh (a int); GRANT ALL ON fresh TO PUBLIC"]);
    silent(
        "autovacuum-disabled",
        &db,
        &["ALTER TABLE users SET (autovacuum_enabled = false); ALTER TABLE users SET (autovacuum_enabled = true)"],
    );
    silent("waits-for-maintenance", &db, &["ALTER TABLE archive ADD COLUMN z int", "COMMENT ON TABLE audit IS 'x'"]);
    silent("repeated-work", &db, &["ALTER TABLE users ALTER age SET NOT NULL; ALTER TABLE users ADD CHECK (age > 0)"]);
    silent("disk-headroom", &db, &["ALTER TABLE history ADD COLUMN z int", "TRUNCATE history", "ALTER TABLE users ALTER age TYPE bigint"]);
    silent(
        "analyze-after",
        &db,
        &["CREATE INDEX CONCURRENTLY i ON users (lower(email)); VACUUM ANALYZE users", "CREATE INDEX i ON users (age)"],
    );
    silent(
        "rows-changed-before-ddl",
        &db,
        &[
            "UPDATE orders SET note = 'x' WHERE id = 1; BEGIN; ALTER TABLE users ADD COLUMN z int; COMMIT",
            "BEGIN; UPDATE orders SET note = 'x' WHERE id = 1; COMMIT",
        ],
    );
    for (name, value) in [("lock_timeout", "2s"), ("statement_timeout", "1h"), ("idle_in_transaction_session_timeout", "10s")] {
        db.set(name, value);
    }
    silent("statement-timeout", &db, &["CREATE INDEX i ON users (age)", "CREATE INDEX CONCURRENTLY i ON metrics (value)"]);
    silent("idle-in-transaction-timeout", &db, &["BEGIN; ALTER TABLE users ADD COLUMN z int; ALTER TABLE users ADD COLUMN y int; COMMIT"]);
    silent(
        "lock-timeout-order",
        &db,
        &["SET lock_timeout = '5s'; ALTER TABLE users ADD COLUMN z int; SET lock_timeout = '3s'", "SET LOCAL lock_timeout = '2h'"],
    );
    db.set("statement_timeout", "0");
    silent("statement-timeout", &db, &["CREATE INDEX i ON users (age)"]);
    db.set("idle_in_transaction_session_timeout", "0").set("transaction_timeout", "0");
    silent("idle-in-transaction-timeout", &db, &["BEGIN; ALTER TABLE users ADD COLUMN z int; COMMIT"]);
    db.set("transaction_timeout", "1min");
    silent("idle-in-transaction-timeout", &db, &["BEGIN; ALTER TABLE users ADD COLUMN z int; ALTER TABLE users ADD COLUMN y int; COMMIT"]);
}

#[test]
fn only_unquoted_values_make_sql_of_others() {
    let db = examples();
    let speaks = |body: &str| rules(&format!("CREATE FUNCTION f(a text) RETURNS void LANGUAGE plpgsql AS $f$BEGIN {body}; END$f$"), &db);
    for body in [
        "EXECUTE 'SELECT ' || a",
        "IF true THEN EXECUTE a || ' CASCADE'",
        "EXECUTE ('x' || upper(a))",
        "EXECUTE 'x' || r.name INTO y",
        "RETURN QUERY EXECUTE 'x' || a USING b",
    ] {
        assert!(speaks(body).contains(&"concatenated-sql"), "{body}");
    }
    for body in [
        "EXECUTE a",
        "EXECUTE 'SELECT ' || '1'",
        "EXECUTE 'SELECT ' || quote_ident(a) || ' FROM ' || quote_literal(a || b)",
        "EXECUTE format('%I' || '%L', a, b)",
        "EXECUTE 'TRUNCATE ' || a::regclass",
        "EXECUTE 'SELECT 1' USING a || b",
        "x := a || b",
    ] {
        assert!(!speaks(body).contains(&"concatenated-sql"), "{body}");
    }
}

#[test]
fn a_condition_that_leaves_next_to_nothing_out() {
    let mut db = examples();
    let rule = "nearly-all-rows";
    let (metrics, orders) = (db.oid("metrics").unwrap(), db.oid("orders").unwrap());
    db.set_share(orders, "ref > 9", 5.0, 10.0).set_share(orders, "ref > 1", 9.0, 10.0).set_share(orders, "ref > 70", 0.2, 0.2);
    let found = of(rule, "UPDATE metrics SET value = 0 WHERE value IS NOT NULL", &db).unwrap();
    assert_eq!(found.message, "updates nearly every row of public.metrics");
    assert!(found.detail.unwrap().starts_with("The planner expects the condition to keep 47 million of 48 million rows."));
    assert_eq!(of(rule, "DELETE FROM orders WHERE ref > 1", &db).unwrap().message, "deletes nearly every row of public.orders");
    let rest =
        ["DELETE FROM orders WHERE ref > 9", "DELETE FROM orders WHERE ref > 70", "DELETE FROM orders", "DELETE FROM users WHERE ref > 1"];
    silent(rule, &db, &rest);
    silent(rule, &db, &["WITH d AS (DELETE FROM orders WHERE ref > 1), e AS (DELETE FROM users WHERE id = 1) SELECT 1"]);
    silent(rule, &db, &["SET search_path = other; DELETE FROM public.orders WHERE ref > 1"]);
    db.set_small_table(1 << 40);
    silent(rule, &db, &["DELETE FROM metrics WHERE value IS NOT NULL"]);
    db.set_small_table(0).change(metrics, |table| table.created_here = true);
    silent(rule, &db, &["DELETE FROM metrics WHERE value IS NOT NULL"]);
}

#[test]
fn a_condition_that_is_always_true_is_none() {
    let db = examples();
    for condition in ["1 = 1", "true AND 1 < 2", "'a' = 'a' OR id = 3", "NOT false", "NOT (1 = 2)", "'t'::boolean", "'x' <> 'y'"] {
        assert!(rules(&format!("DELETE FROM orders WHERE {condition}"), &db).contains(&"delete-without-where"), "{condition}");
        let update = of("update-without-where", &format!("UPDATE orders SET note = (SELECT 'where' WHERE true) WHERE {condition}"), &db);
        let hint = update.unwrap().hint.unwrap();
        assert_eq!(hint, "CALL zdm.backfill('public.orders', 'note = (SELECT ''where'' WHERE true)');", "{condition}");
    }
    for condition in ["1 = 2", "id = 1 AND 1 = 1", "'a' < 'b'", "NULL", "NULL = NULL", "1 = 1 AND id = 1", "NOT true", "1 = '1'"] {
        assert!(!rules(&format!("DELETE FROM orders WHERE {condition}"), &db).contains(&"delete-without-where"), "{condition}");
    }
}

#[test]
fn a_negated_null_test_proves_as_the_server_sees_it() {
    let set = "ALTER TABLE proved ALTER a SET NOT NULL";
    for (expression, proves) in [
        ("(NOT (a IS NULL))", true),
        ("(NOT ((a IS NULL) OR (b IS NULL)))", true),
        ("(((a IS NOT NULL) AND (b > 1)) OR ((a IS NOT NULL) AND (b < 1)))", true),
        ("(NOT (NOT (a IS NOT NULL)))", true),
        ("((a IS NOT NULL) = true)", true),
        ("((a IS NULL) = false)", true),
        ("((a IS NULL) <> true)", true),
        ("((a IS NOT NULL) <> true)", false),
        ("((a IS NOT NULL) IS TRUE)", false),
        ("((a IS NULL) = true)", false),
        ("(NOT ((a IS NULL) AND (b IS NULL)))", false),
        ("((a IS NOT NULL) OR (b IS NOT NULL))", false),
        ("(NOT (a IS NOT NULL))", false),
        ("(NOT (b IS NULL))", false),
    ] {
        let mut db = examples();
        let table = db.table("proved", "a int, b int");
        db.check(table, "known", &["a", "b"], expression, true);
        assert_eq!(!rules(set, &db).contains(&"set-not-null-scan"), proves, "{expression}");
    }
}

#[test]
fn a_drop_of_another_kind_fails_and_drops_nothing() {
    let db = examples();
    for (sql, again) in [("DROP TABLE active_users", "DROP VIEW active_users"), ("DROP VIEW users CASCADE", "DROP TABLE users")] {
        assert_eq!(rules(sql, &db), ["wrong-kind"], "{sql}");
        assert_eq!(effects(sql, &db).unwrap(), [], "{sql}");
        assert!(!rules(&format!("{sql}; {again}"), &db).contains(&"missing-object"), "{sql}");
    }
}

#[test]
fn what_a_publication_loses_is_locked() {
    let mut db = examples();
    let (users, orders) = (db.oid("users").unwrap(), db.oid("orders").unwrap());
    db.publish_by("pub", users).publish_by("pub", orders);
    let locked = |sql: &str| {
        let mut found: Vec<_> = effects(sql, &db).unwrap().into_iter().map(|effect| (effect.relation, effect.lock)).collect();
        found.sort_unstable();
        found
    };
    let both = [(users, LockMode::ShareUpdateExclusive), (orders, LockMode::ShareUpdateExclusive)];
    assert_eq!(locked("ALTER PUBLICATION pub SET TABLE users"), both);
    assert_eq!(locked("ALTER PUBLICATION pub SET TABLES IN SCHEMA public"), both);
    assert_eq!(locked("ALTER PUBLICATION pub ADD TABLE users"), both[..1]);
    assert_eq!(locked("ALTER PUBLICATION pub SET (publish = 'insert')"), []);
}

#[test]
fn a_function_is_what_the_text_made_of_it() {
    let mut db = examples();
    db.function("harmless", 0, Volatility::Immutable, None).function("wild", 0, Volatility::Volatile, None);
    let add = |name: &str| format!("ALTER TABLE users ADD COLUMN z int DEFAULT {name}()");
    let (rewrites, not, unknown) = ("add-column-volatile-default", "strong-lock", "unknown-effect");
    let replace = |name: &str, how: &str| format!("CREATE OR REPLACE FUNCTION {name}() RETURNS int {how}");
    for (before, name, expected) in [
        (String::new(), "harmless", not),
        (replace("harmless", "LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'"), "harmless", rewrites),
        (replace("harmless", "LANGUAGE sql AS 'SELECT 1'"), "harmless", not),
        (replace("harmless", "LANGUAGE sql AS 'SELECT (random() * 5)::int'"), "harmless", rewrites),
        (replace("harmless", "LANGUAGE sql STRICT AS 'SELECT 1'"), "harmless", unknown),
        (replace("wild", "LANGUAGE plpgsql STABLE AS 'BEGIN RETURN 1; END'"), "wild", not),
        (replace("fresh", "LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'"), "fresh", rewrites),
        (replace("fresh", "LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN 1; END'"), "fresh", not),
        ("ALTER FUNCTION harmless() VOLATILE".to_owned(), "harmless", unknown),
        ("ALTER FUNCTION wild() IMMUTABLE".to_owned(), "wild", not),
        (format!("BEGIN; {}; ROLLBACK", replace("harmless", "LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'")), "harmless", not),
    ] {
        assert!(
            rules(&format!("{before}; {}", add(name)), &db).contains(&expected),
            "{before}: {:?}",
            check(&format!("{before}; {}", add(name)), &db)
        );
    }
}

#[test]
fn a_lock_timeout_is_missed_once_and_only_where_others_wait() {
    let mut db = examples();
    db.set("lock_timeout", "0");
    let temporary = db.relation(RelationKind::Table, "scratch");
    db.change(temporary, |table| table.temporary = true);
    silent(
        "missing-lock-timeout",
        &db,
        &[
            "ALTER TABLE scratch ADD COLUMN z int",
            "CREATE TABLE fresh (a int); DROP TABLE fresh",
            "COMMENT ON TABLE users IS 'x'",
            "CREATE TYPE t AS ENUM ('a')",
        ],
    );
    let text = "BEGIN; ALTER TABLE users ADD COLUMN z int; COMMIT; DO $$BEGIN ALTER TABLE orders ADD COLUMN z int; END$$; ROLLBACK; DROP TABLE people";
    assert_eq!(rules(text, &db).iter().filter(|rule| **rule == "missing-lock-timeout").count(), 1);
}

#[test]
fn what_is_seen_in_the_rows_counts_more_than_statistics() {
    let mut db = examples();
    let people = db.oid("people").unwrap();
    let text = |rule: &str, sql: &str, db: &TestCatalog| of(rule, sql, db).map(|finding| finding.message);
    let nulls = "ALTER TABLE people ALTER nick SET NOT NULL";
    let unique = "CREATE UNIQUE INDEX CONCURRENTLY i ON people (nick)";
    let check = "ALTER TABLE people ADD CHECK (level > 5)";
    let key = "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES users";
    db.set_answer(people, Answer::NotFound);
    for (rule, sql) in
        [("set-not-null-has-nulls", nulls), ("unique-has-duplicates", unique), ("validate-will-fail", check), ("validate-will-fail", key)]
    {
        assert_eq!(text(rule, sql, &db), None, "{sql}");
    }
    db.set_answer(people, Answer::Found);
    for (rule, sql, expected) in [
        ("set-not-null-has-nulls", nulls, "column public.people.nick has NULLs: a row was found"),
        ("unique-has-duplicates", unique, "public.people (nick) has duplicates: two rows were found"),
        (
            "unique-has-duplicates",
            "ALTER TABLE people ADD UNIQUE (nick, code)",
            "public.people (nick, code) has duplicates: two rows were found",
        ),
        ("validate-will-fail", check, "the CHECK of public.people is broken: a row was found"),
        ("validate-will-fail", key, "public.people (id) is not all in public.users (id): a row was found"),
        (
            "validate-will-fail",
            "ALTER TABLE people VALIDATE CONSTRAINT people_nick_present",
            "constraint people_nick_present of public.people is broken: a row was found",
        ),
    ] {
        assert_eq!(text(rule, sql, &db).as_deref(), Some(expected), "{sql}");
    }
    for sql in [
        "ALTER TABLE people ADD CHECK (level > 5) NOT VALID",
        "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        "DELETE FROM people WHERE level < 5; ALTER TABLE people ADD CHECK (level > 5)",
        "ALTER TABLE people ADD COLUMN z int, ADD CHECK (z > 5)",
        "ALTER TABLE people VALIDATE CONSTRAINT people_level_positive",
    ] {
        assert_eq!(text("validate-will-fail", sql, &db), None, "{sql}");
    }
    db.set_answer(people, Answer::Unknown("the table is locked".to_owned()));
    let expected = "it cannot be told whether column public.people.nick has NULLs: the table is locked";
    assert_eq!(text("set-not-null-has-nulls", nulls, &db).as_deref(), Some(expected));
}
