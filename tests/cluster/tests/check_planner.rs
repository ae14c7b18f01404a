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
