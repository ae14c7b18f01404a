//! A DO block is followed by asking the catalogs, and by nothing else: no code of a user runs, no row of a table is read, nobody is waited for.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Session, database, refused};

fn rules(s: &mut Session, sql: &str) -> Vec<String> {
    s.rows(&format!(
        "SELECT coalesce(rule, risk) FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule IS NULL OR rule NOT IN ('missing-lock-timeout', 'blocked-now')"
    ))
}

#[test]
fn nobodys_code_is_run_and_no_table_is_read() {
    let db = database("look_code");
    let mut s = db.connect();
    s.run(
        "CREATE FUNCTION boom() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION boom(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION boom(name, name) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE OPERATOR === (LEFTARG = name, RIGHTARG = name, FUNCTION = boom);
         CREATE DOMAIN checked AS int CHECK (boom(VALUE));
         CREATE TABLE t (id int, v text); INSERT INTO t VALUES (1, 'a');
         CREATE VIEW v AS SELECT boom() AS n FROM t;
         CREATE SEQUENCE numbers",
    );
    for condition in [
        "boom() > 0",
        "boom(1)",
        "EXISTS (SELECT FROM v)",
        "EXISTS (SELECT FROM pg_class WHERE relname === 't')",
        "EXISTS (SELECT FROM pg_class WHERE boom(relnatts::int))",
        "EXISTS (SELECT FROM pg_class ORDER BY boom(relnatts::int))",
        "EXISTS (WITH x AS (SELECT boom() AS n) SELECT FROM x, pg_class WHERE n > 0)",
        "(1::checked) = 1",
        "'1'::checked = 1",
        "EXISTS (SELECT FROM t)",
        "table_to_xml('t', true, true, '') IS NOT NULL",
        "nextval('numbers') > 0",
        "txid_current() > 0",
        "pg_sleep(0) IS NULL",
        "set_config('lock_timeout', '77s', false) <> ''",
    ] {
        let sql = format!("DO $$BEGIN IF {condition} THEN DROP TABLE t; END IF; END$$");
        assert_eq!(rules(&mut s, &sql).last().map(String::as_str), Some("dynamic-sql"), "{condition}");
        assert!(s.rows(&format!("SELECT relation FROM zdm.ddl_effects($zdm${sql}$zdm$)")).is_empty(), "{condition}");
    }
    for block in [
        "DECLARE n int := boom(); BEGIN EXECUTE format('DROP TABLE %s', n); END",
        "BEGIN FOR n IN SELECT boom() LOOP DROP TABLE t; END LOOP; END",
        "BEGIN EXECUTE boom()::text; END",
        "DECLARE x text; BEGIN SELECT v INTO x FROM t; EXECUTE x; END",
        "BEGIN FOR n IN 1..1000000000 LOOP EXECUTE format('DROP TABLE t%s', n); END LOOP; END",
        "BEGIN WHILE true LOOP EXECUTE format('DROP TABLE t'); END LOOP; END",
    ] {
        assert_eq!(rules(&mut s, &format!("DO $${block}$$")).last().map(String::as_str), Some("dynamic-sql"), "{block}");
    }
    s.expect("SELECT count(*), (SELECT is_called FROM numbers), current_setting('lock_timeout') FROM t", &["1|f|0"]);
    s.expect("SELECT pg_current_xact_id_if_assigned() IS NULL", &["t"]);
    assert!(s.texts().iter().all(|text| !text.contains("boom")), "{:?}", s.texts());
}

#[test]
fn an_error_in_a_question_is_no_error_of_the_check() {
    let db = database("look_errors");
    let mut s = db.connect();
    s.run("CREATE TABLE t (id int); BEGIN");
    for condition in
        ["'no_such'::regclass IS NULL", "1 / (SELECT 0) = 1", "no_such_column", "EXISTS (SELECT FROM pg_authid WHERE 1 / 0 = oid::int8)"]
    {
        let sql = format!("DO $$BEGIN IF {condition} THEN DROP TABLE t; END IF; END$$");
        assert_eq!(rules(&mut s, &sql).last().map(String::as_str), Some("dynamic-sql"), "{condition}");
    }
    let known = "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_event_trigger) THEN DROP TABLE t; END IF; END$$";
    assert_eq!(rules(&mut s, known).iter().filter(|rule| *rule == "dynamic-sql").count(), 0);
    // No lock stays of what was asked.
    s.expect(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation = 'pg_event_trigger'::regclass",
        &["0"],
    );
    s.run("ROLLBACK");
}

#[test]
fn nobody_is_waited_for_and_a_cancel_works() {
    let db = database("look_locks");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run("CREATE TABLE t (id int CONSTRAINT positive CHECK (id > 0))");
    other.run("BEGIN; LOCK TABLE t");
    let sql = "DO $$BEGIN IF EXISTS (SELECT FROM pg_constraint WHERE conname = 'positive' AND pg_get_constraintdef(oid) LIKE '%0%') THEN \
               ALTER TABLE t DROP CONSTRAINT positive; END IF; END$$";
    let start = Instant::now();
    rules(&mut s, sql);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    other.run("ROLLBACK");
    assert!(!rules(&mut s, sql).contains(&"dynamic-sql".to_owned()));

    s.run("SET statement_timeout = '300ms'");
    let long = "DO $$BEGIN IF (SELECT sum(length(repeat('x', 20000000 + g))) FROM generate_series(1, 9000) g) = 1 THEN DROP TABLE t; END IF; END$$";
    refused(s.attempt(&format!("SELECT * FROM zdm.check_ddl($zdm${long}$zdm$)")), "57014");
    s.run("SET statement_timeout = 0");
    s.expect("SELECT count(*) FROM t", &["0"]);
}
