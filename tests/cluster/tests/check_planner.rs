//! What the check asks the planner's own code: no function of a user runs for it, and no lock is waited for or kept.

use zdm_cluster_tests::{Session, database, refused};

/// Whether a default makes the table be written anew: `t`, `f`, or `-` for what cannot be told.
fn rewrites(s: &mut Session, column: &str) -> String {
    let sql = format!("SELECT rewrites FROM zdm.ddl_effects($zdm$ALTER TABLE t ADD COLUMN z {column}$zdm$)");
    s.rows(&sql).concat()
}

#[test]
fn no_function_of_a_user_runs() {
    let db = database("planner_code");
    let mut s = db.connect();
    s.run(
        "CREATE FUNCTION boom() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION boom(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION boom(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION shielded() RETURNS int LANGUAGE sql AS 'SELECT public.boom() + 1';
         CREATE FUNCTION fixed_sql() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT public.boom() + 1';
         CREATE FUNCTION moving() RETURNS int LANGUAGE plpgsql AS $$BEGIN RETURN 1; END$$;
         CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = boom);
         CREATE FUNCTION odd_in(cstring) RETURNS odd LANGUAGE internal IMMUTABLE STRICT AS 'textin';
         CREATE FUNCTION odd_out(odd) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
         CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = text);
         CREATE TABLE t (a int CHECK (boom(a) = 1 AND a IS NOT NULL), b int CHECK (boom() = 1));
         CREATE TABLE parent (a int) PARTITION BY RANGE (boom(a));
         CREATE TABLE p (a int CHECK (boom(a) >= 1 AND boom(a) < 5), b int)",
    );
    for (column, expected) in [
        ("int DEFAULT boom()", "f"),
        ("int DEFAULT CASE WHEN boom() = 1 THEN 1 ELSE moving() END", "-"),
        ("int DEFAULT CASE WHEN 1 === 2 THEN 1 ELSE moving() END", "-"),
        ("int DEFAULT shielded()", "f"),
        ("int DEFAULT CASE WHEN shielded() = 1 THEN 1 ELSE moving() END", "-"),
        ("int DEFAULT fixed_sql()", "f"),
        ("int DEFAULT moving()", "t"),
        ("odd DEFAULT 'x'", "f"),
        ("odd DEFAULT CASE WHEN true THEN 'x'::odd ELSE moving()::text::odd END", "-"),
    ] {
        assert_eq!(rewrites(&mut s, column), expected, "{column}");
    }
    for sql in [
        "ALTER TABLE t ALTER a SET NOT NULL",
        "ALTER TABLE t ALTER b SET NOT NULL",
        "ALTER TABLE p ALTER a SET NOT NULL",
        "ALTER TABLE parent ATTACH PARTITION p FOR VALUES FROM (1) TO (5)",
        "ALTER TABLE parent ATTACH PARTITION p FOR VALUES FROM (boom()) TO (boom(1))",
    ] {
        s.run(&format!("SELECT count(*) FROM zdm.ddl_effects($zdm${sql}$zdm$)"));
    }
    assert!(!s.texts().iter().any(|text| text.contains("boom")), "{:?}", s.texts());
    // The hooks are gone: functions of users run again, also after an error inside a question.
    let error = refused(s.attempt("SELECT boom()"), "P0001");
    assert_eq!(error.message(), "boom");
}

#[test]
fn no_lock_is_waited_for_or_kept() {
    let db = database("planner_locks");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE pair (x int, y int); CREATE TABLE big (id int, p pair, CHECK (id IS NOT NULL)); INSERT INTO big VALUES (1);
         CREATE TABLE parent (id int NOT NULL) PARTITION BY RANGE (id); CREATE TABLE part (id int NOT NULL CHECK (id >= 0 AND id < 9));
         INSERT INTO part VALUES (1); CREATE FUNCTION counting() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM public.big';
         CREATE FUNCTION of_pair() RETURNS int LANGUAGE sql AS 'SELECT (NULL::public.pair).x'",
    );
    let mut other = db.connect();
    other.run("BEGIN; LOCK TABLE pair, big, parent, part IN ACCESS EXCLUSIVE MODE");
    s.run("SET statement_timeout = '5s'; BEGIN");
    for (sql, relation, expected) in [
        ("ALTER TABLE big ADD z int DEFAULT (NULL::pair).x", "big", "f|f"),
        ("ALTER TABLE big ADD z int DEFAULT of_pair()", "big", "f|f"),
        ("ALTER TABLE big ADD z pair DEFAULT ROW(1, moving())::pair", "big", "-|-"),
        ("ALTER TABLE big ADD z bigint DEFAULT counting()", "big", "t|-"),
        ("ALTER TABLE big ALTER id SET NOT NULL", "big", "f|f"),
        ("ALTER TABLE parent ATTACH PARTITION part FOR VALUES FROM (0) TO (9)", "part", "f|f"),
        ("ALTER TABLE parent ATTACH PARTITION part FOR VALUES FROM (0) TO (8)", "part", "f|t"),
    ] {
        let effects = format!("SELECT rewrites, scans FROM zdm.ddl_effects($zdm${sql}$zdm$) WHERE relation = '{relation}'::regclass");
        assert_eq!(s.rows(&effects), [expected], "{sql}");
    }
    s.expect(
        "SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('big'::regclass, 'pair'::regclass, 'parent'::regclass, 'part'::regclass)",
        &["0"],
    );
}

#[test]
fn functions_that_call_functions_are_no_burden() {
    let db = database("planner_levels");
    let mut s = db.connect();
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE FUNCTION f0() RETURNS int LANGUAGE sql AS 'SELECT 1'");
    for level in 1..40 {
        let below = level - 1;
        s.run(&format!("CREATE FUNCTION f{level}() RETURNS int LANGUAGE sql AS 'SELECT public.f{below}() + public.f{below}()'"));
    }
    s.run("SET statement_timeout = '5s'");
    for (column, expected) in [("int DEFAULT f3()", "f"), ("int DEFAULT f39()", "-")] {
        assert_eq!(rewrites(&mut s, column), expected, "{column}");
    }
}

/// What is said of the share of rows that a statement changes: the detail.
fn nearly_all(s: &mut Session, sql: &str) -> String {
    s.rows(&format!("SELECT detail FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule = 'nearly-all-rows' AND risk = 'caution'")).concat()
}

/// A table of 10,000 rows that are analyzed, and all sorts of functions.
const MEASURED: &str = "
    SET zdm.guard_mode = 'off'; SET zdm.small_table = 0;
    CREATE FUNCTION boom(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
    CREATE FUNCTION boom(int, int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
    CREATE FUNCTION shielded(int) RETURNS boolean LANGUAGE sql AS 'SELECT public.boom($1)';
    CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = boom, RESTRICT = eqsel);
    CREATE DOMAIN positive AS int CHECK (public.boom(VALUE));
    CREATE TABLE t (id int PRIMARY KEY, v int, state text, later int);
    INSERT INTO t SELECT g, CASE WHEN g % 100 > 0 THEN g END, CASE WHEN g % 20 = 0 THEN 'new' ELSE 'done' END FROM generate_series(1, 10000) g;
    CREATE TABLE whole (id int, v int) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF whole FOR VALUES FROM (0) TO (5000); CREATE TABLE high PARTITION OF whole FOR VALUES FROM (5000) TO (20000);
    INSERT INTO whole SELECT g, g FROM generate_series(1, 10000) g;
    ANALYZE t; ANALYZE low; ANALYZE high; ALTER TABLE t ADD COLUMN fresh int";

#[test]
fn the_planner_says_how_many_rows_a_condition_keeps() {
    let db = database("planner_share");
    let mut s = db.connect();
    s.run(MEASURED);
    for (sql, kept) in [
        ("UPDATE t SET v = 0 WHERE v IS NOT NULL", "9,9"),
        ("UPDATE t SET v = 0 WHERE id > 200", "9,8"),
        ("UPDATE ONLY public.t AS x SET v = 0 WHERE x.id > 200", "9,8"),
        ("DELETE FROM t WHERE state = 'done'", "9,"),
        ("DELETE FROM t WHERE t.state <> 'new' RETURNING id", "9,"),
        ("UPDATE t SET v = (SELECT 1) WHERE id BETWEEN 10 AND 9990 AND state IN ('new', 'done')", "9,9"),
        ("DELETE FROM whole WHERE id > 100", "9,8"),
    ] {
        let said = nearly_all(&mut s, sql);
        let wanted = format!("The planner expects the condition to keep {kept}");
        assert!(said.starts_with(&wanted) && said.contains(" of 10,000 rows."), "{sql}: {said}");
    }
    for sql in [
        "UPDATE t SET v = 0 WHERE id > 2000",
        "UPDATE t SET v = 0 WHERE id = 7",
        "DELETE FROM t WHERE v IS NULL",
        "DELETE FROM whole WHERE id > 5000",
        "DELETE FROM t WHERE no_such_column > 0",
        // nothing is known of them
        "UPDATE t SET v = 0 WHERE later IS NULL AND fresh IS NULL",
        "UPDATE t SET v = 0 WHERE fresh IS NULL",
        "UPDATE t SET v = 0 WHERE t IS NOT NULL",
        "DELETE FROM t WHERE ctid IS NOT NULL",
        // other tables
        "DELETE FROM t WHERE id IN (SELECT id FROM whole)",
        "UPDATE t SET v = 0 FROM whole WHERE t.id > 0",
        "DELETE FROM t USING whole WHERE t.id > 0",
        "SET search_path = public; UPDATE t SET v = 0 WHERE v IS NOT NULL",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND id > $1",
        "WITH gone AS (DELETE FROM t WHERE v IS NOT NULL RETURNING id) SELECT count(*) FROM gone",
        // code of users
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND NOT boom(id)",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND NOT boom(1)",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND NOT id === 1",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND NOT shielded(1)",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND id > 5::positive",
        "UPDATE t SET v = 0 WHERE v IS NOT NULL AND id > ALL ('{5}'::positive[])",
    ] {
        assert_eq!(nearly_all(&mut s, sql), "", "{sql}");
    }
    assert!(!s.texts().iter().any(|text| text.contains("boom")), "{:?}", s.texts());
    s.run("SET zdm.small_table = '8MB'");
    assert_eq!(nearly_all(&mut s, "UPDATE t SET v = 0 WHERE v IS NOT NULL"), "", "it is small");
}

#[test]
fn an_estimate_waits_for_nobody_and_tells_nothing_to_others() {
    let db = database("planner_share_locks");
    let mut s = db.connect();
    s.run(MEASURED);
    s.run("CREATE ROLE share_reader; CREATE ROLE share_stranger; GRANT SELECT ON t TO share_reader");
    let update = "UPDATE t SET v = 0 WHERE v IS NOT NULL";
    s.run("BEGIN");
    assert!(!nearly_all(&mut s, update).is_empty());
    s.expect("SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid() AND relation IN ('t'::regclass, 't_pkey'::regclass)", &["0"]);
    s.expect("SHOW lock_timeout", &["0"]);
    s.run("COMMIT");
    let mut other = db.connect();
    for (lock, sql) in [
        ("LOCK TABLE t IN ACCESS EXCLUSIVE MODE", update),
        ("REINDEX INDEX t_pkey", update),
        ("LOCK TABLE high IN ACCESS EXCLUSIVE MODE", "DELETE FROM whole WHERE id > 100"),
    ] {
        other.run(&format!("BEGIN; SET LOCAL zdm.guard_mode = off; {lock}"));
        s.run("SET statement_timeout = '2s'");
        assert_eq!(nearly_all(&mut s, sql), "", "{lock}");
        other.run("ROLLBACK");
        assert!(!nearly_all(&mut s, sql).is_empty(), "{lock}");
    }
    for (role, told) in [("share_reader", true), ("share_stranger", false)] {
        s.run(&format!("SET ROLE {role}"));
        assert_eq!(!nearly_all(&mut s, update).is_empty(), told, "{role}");
        s.run("RESET ROLE");
    }
    // the guard has a rule for changes without WHERE, and no other
    s.run("SELECT zdm.set_guard('warn'); SET zdm.guard_mode = 'warn'; SET zdm.guard_dml = enforce");
    s.run("BEGIN; DELETE FROM t WHERE state = 'done'; EXPLAIN ANALYZE DELETE FROM t WHERE v IS NOT NULL; ROLLBACK");
}
