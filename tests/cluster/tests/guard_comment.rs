//! Allowances in comments: for the statement that they stand in or before, where the DBA has switched it on.

use zdm_cluster_tests::{Database, Session, database, refused};

/// A database in enforce mode whose tables belong to a role that may set zdm.allow, with comments on or off.
fn lab(name: &str, on: bool) -> (Database<'static>, Session, Session) {
    let db = database(name);
    let mut admin = db.connect();
    let role = format!("{name}_owner");
    admin.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SET ON PARAMETER zdm.allow TO {role}; CREATE SCHEMA app AUTHORIZATION {role};
         ALTER ROLE {role} SET lock_timeout = '10s'; ALTER ROLE {role} SET search_path = app;
         SELECT zdm.set_guard('enforce', preload => true)"
    ));
    if on {
        admin.run(&format!("ALTER DATABASE {name} SET zdm.comment_allow = on"));
    }
    let mut user = db.connect_as(&role);
    for table in ["a", "b", "c"] {
        user.run(&format!("CREATE TABLE {table} AS SELECT g AS v, g AS w FROM generate_series(1, 100) g"));
    }
    (db, admin, user)
}

fn tables(s: &mut Session) -> Vec<String> {
    s.rows("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r' ORDER BY 1")
}

/// What the guard says of it is this, and it is refused.
#[track_caller]
fn refused_with(s: &mut Session, sql: &str, note: &str) {
    let error = refused(s.attempt(sql), "ZDM01");
    assert!(error.message().contains(note), "{sql}\nexpected {note}, came: {}", error.message());
}

#[test]
fn a_comment_in_or_before_a_statement_allows_it() {
    let (_db, mut admin, mut user) = lab("comment_place", true);
    for sql in [
        "/* zdm:allow drop-table OPS-1 */ DROP TABLE a",
        "DROP /* zdm:allow drop-table OPS-1 */ TABLE a",
        "DROP TABLE a -- zdm:allow drop-table OPS-1",
        "DROP TABLE a /* zdm:allow drop-table */;",
        "-- zdm:allow drop-table:app.a (OPS-1)\nDROP TABLE a;",
        "-- zdm:allow drop-view, drop-table:app.a, drop-schema OPS-1, and more\n-- another\nDROP TABLE a;",
        "/* zdm:allow drop-table:\"app\".\"a\"\n   since OPS-1\n   says so */ DROP TABLE a;",
        "CREATE TABLE d (v int);\n-- zdm:allow drop-table OPS-1\n\nDROP TABLE a",
        "CREATE TABLE d (v int); /* zdm:allow drop-table OPS-1 */ DROP TABLE a; CREATE TABLE e (v int)",
        "SELECT ';', $$;$$ /* ; */; -- ;\n/* zdm:allow drop-table OPS-1 */ -- other\nDROP TABLE a",
    ] {
        user.run("BEGIN");
        if let Err(error) = user.attempt(sql) {
            panic!("{sql}: {error:?}");
        }
        user.expect("SELECT to_regclass('app.a')", &["-"]);
        user.run("ROLLBACK");
        if !sql.contains("drop-view") {
            assert_eq!(user.texts(), Vec::<String>::new(), "{sql}");
        }
        user.forget_notices();
    }
    assert!(user.attempt_extended("/* zdm:allow drop-table OPS-2 */ DROP TABLE a").is_ok());
    assert_eq!(tables(&mut user), ["b", "c"]);
    let log: String = admin.value("SELECT pg_read_file(current_setting('data_directory') || '/../log')");
    assert!(log.contains("LOG:  a comment let a statement pass: drop-table:app.a") && log.contains("the reason is: OPS-2"));
}

#[test]
fn it_allows_that_statement_only() {
    let (_db, _admin, mut user) = lab("comment_only", true);
    for sql in [
        "/* zdm:allow drop-table x */ DROP TABLE a; DROP TABLE b",
        "CREATE TABLE d /* zdm:allow drop-table x */ (v int); DROP TABLE a",
        "DROP TABLE b; /* zdm:allow drop-table x */ DROP TABLE a",
        "/* zdm:allow drop-table x */ SELECT 1; DROP TABLE a",
        "/* zdm:allow drop-table:app.b x */ DROP TABLE a",
        "/* zdm:allow drop-table:app.a x */ DROP TABLE a, b",
        "/* zdm:allow drop-view x */ DROP TABLE a",
        // a comment that is none
        "SELECT '/* zdm:allow drop-table x */'; DROP TABLE a",
        "DROP TABLE a, \"/* zdm:allow drop-table x */\"",
        "DO $$BEGIN DROP TABLE a; END$$ /* zdm:allow drop-table x */",
        "/* zdm:allow drop-table x */ DO $$BEGIN DROP TABLE a; END$$",
        "/* zdm:allow drop-table x */ DO $$BEGIN EXECUTE 'DROP TABLE a'; END$$",
        "SELECT 1 /* ; zdm:allow */; /* /* zdm:allow drop-table x */ */ DROP TABLE a",
        "DO $$BEGIN /* zdm:allow drop-table x */ NULL; DROP TABLE a; END$$",
        "DO $$BEGIN EXECUTE '/* zdm:allow drop-table x */ SELECT 1; DROP TABLE a'; END$$",
    ] {
        refused(user.attempt(sql), "ZDM01");
    }
    assert_eq!(tables(&mut user), ["a", "b", "c"]);
    user.run("DO $$BEGIN DROP /* zdm:allow drop-table x */ TABLE a; END$$");
    user.run("DO $$BEGIN EXECUTE '/* zdm:allow drop-table x */ DROP TABLE b; SELECT 1'; END$$");
    assert_eq!(tables(&mut user), ["c"]);
    user.run("/* zdm:allow vacuum-full-or-cluster OPS-1 */ VACUUM FULL c");
    user.run("TRUNCATE c -- zdm:allow truncate OPS-1");
}

#[test]
fn what_is_wrong_with_it_is_said() {
    let (_db, mut admin, mut user) = lab("comment_wrong", true);
    for (sql, note) in [
        ("/* zdm:allow */ DROP TABLE a", "note: the comment allows nothing: It must name the rules."),
        ("/* zdm:allow * OPS-1 */ DROP TABLE a", "It must name the rules."),
        ("/* zdm:allow drop-tables OPS-1 */ DROP TABLE a", "There is no rule \"drop-tables\""),
        ("/* zdm:allow: drop-table */ DROP TABLE a", "A blank must follow zdm:allow."),
        ("/* zdm:allow drop-table, */ DROP TABLE a", "There is no rule \"\""),
        ("/* zdm:allow drop-table:a OPS-1 */ DROP TABLE a", "is not of the form schema.table"),
        ("/* zdm:allow drop-table:\"app.a OPS-1 */ DROP TABLE a", "A double quote is not closed."),
        ("CREATE TABLE d (v int); -- zdm:allow drop-table OPS-1\nDROP TABLE a", "It stands behind another statement, on its line"),
        ("CREATE TABLE d (v int); /* zdm:allow drop-table OPS-1 */\nDROP TABLE a", "It stands behind another statement, on its line"),
        ("/* zdm:allow drop-view OPS-1 */ DROP TABLE a", "the comment allows drop-view, of which there is nothing in this statement"),
    ] {
        refused_with(&mut user, sql, note);
    }
    user.run("/* zdm:allow drop-table OPS-1 */ CREATE TABLE d (v int)");
    assert_eq!(user.texts(), ["NOTICE: zdm: the comment allows drop-table, of which there is nothing in this statement"]);
    user.forget_notices();
    user.run("/* zdm:allow drop-tables OPS-1 */ CREATE TABLE e (v int)");
    assert!(user.texts()[0].starts_with("WARNING: zdm: the comment allows nothing: There is no rule"), "{:?}", user.texts());
    let error = refused(user.attempt("DROP TABLE a"), "ZDM01");
    assert!(error.message().contains("\n  or: /* zdm:allow drop-table:app.a reason */ right before it"), "{}", error.message());

    admin.run("ALTER DATABASE comment_wrong SET zdm.require_reason = on");
    let mut user = _db.connect_as("comment_wrong_owner");
    refused_with(
        &mut user,
        "/* zdm:allow drop-table */ DROP TABLE a",
        "note: the comment gives no reason, which zdm.require_reason demands",
    );
    user.run("/* zdm:allow drop-table OPS-1 */ DROP TABLE a");
}

#[test]
fn one_before_what_is_not_judged_is_reported_too() {
    let (db, _admin, mut user) = lab("comment_unjudged", true);
    let unused = "NOTICE: zdm: the comment allows drop-table, of which there is nothing in this statement";
    let once = [
        "/* zdm:allow drop-table OPS-1 */ SELECT 1",
        "SELECT v FROM a -- zdm:allow drop-table OPS-1",
        "-- zdm:allow drop-table OPS-1\nINSERT INTO a VALUES (0, 0)",
        "/* zdm:allow drop-table OPS-1 */ UPDATE a SET v = 1 WHERE v = 0",
        "WITH gone AS (DELETE FROM a WHERE v = 0 RETURNING v) /* zdm:allow drop-table OPS-1 */ SELECT v FROM gone",
        "/* zdm:allow drop-table OPS-1 */ SET work_mem = '4MB'",
        "/* zdm:allow drop-table OPS-1 */ SHOW work_mem",
        "/* zdm:allow drop-table OPS-1 */ DO $$BEGIN PERFORM 1; PERFORM 2; END$$",
        "/* zdm:allow drop-table OPS-1 */ COPY (SELECT 1) TO '/dev/null'",
        "/* zdm:allow drop-table OPS-1 */ EXPLAIN SELECT 1",
        "/* zdm:allow drop-table OPS-1 */ EXPLAIN ANALYZE SELECT 1",
        "/* zdm:allow drop-table OPS-1 */ CREATE TABLE d AS SELECT 1 AS v",
        "/* zdm:allow drop-table OPS-1 */ CREATE TABLE e (v int)",
        "/* zdm:allow drop-table OPS-1 */ DECLARE c CURSOR WITH HOLD FOR SELECT 1",
        "/* zdm:allow drop-table OPS-1 */ VACUUM a",
        "/* zdm:allow drop-table OPS-1 */ GRANT SELECT ON a TO PUBLIC",
        "/* zdm:allow drop-table OPS-1 */ CHECKPOINT",
        "/* zdm:allow drop-table OPS-1 */ DISCARD PLANS",
        "/* zdm:allow drop-table OPS-1 */ BEGIN; DROP TABLE IF EXISTS nothing; COMMIT",
        "BEGIN; DROP TABLE IF EXISTS nothing; /* zdm:allow drop-table OPS-1 */ COMMIT",
        "SELECT 1; /* zdm:allow drop-table OPS-1 */ SELECT 2; SELECT 3",
    ];
    let mut admin = db.connect_as("postgres");
    admin.run("SET search_path = app; SET client_min_messages = notice");
    for sql in once {
        let s = if sql.contains("COPY") || sql.contains("CHECKPOINT") { &mut admin } else { &mut user };
        s.forget_notices();
        s.run(sql);
        let came: Vec<String> = s.texts().into_iter().filter(|text| text.contains("zdm:")).collect();
        assert_eq!(came, [unused], "{sql}");
    }
    user.forget_notices();
    assert!(user.attempt_extended("/* zdm:allow drop-table OPS-1 */ SELECT 1").is_ok());
    assert_eq!(user.texts(), [unused]);
    user.forget_notices();
    user.run("/* zdm:allow drop-tables OPS-1 */ SELECT 1");
    assert!(user.texts()[0].starts_with("WARNING: zdm: the comment allows nothing: There is no rule"), "{:?}", user.texts());

    // What is no comment, is for another statement, or runs in a function.
    user.forget_notices();
    for sql in [
        "SELECT '/* zdm:allow drop-table OPS-1 */'",
        "DO $$BEGIN /* zdm:allow drop-table OPS-1 */ PERFORM 1; PERFORM 2 /* zdm:allow drop-table OPS-1 */; END$$",
        "SET zdm.guard_dml = 'enforce'",
        "PREPARE p AS /* zdm:allow delete-without-where OPS-1 */ DELETE FROM a",
        "EXECUTE p",
        "/* zdm:allow drop-table OPS-1 */ DROP TABLE b",
    ] {
        if sql.starts_with("SET zdm") {
            admin.run("ALTER DATABASE comment_unjudged SET zdm.guard_dml = 'enforce'");
            user = db.connect_as("comment_unjudged_owner");
            continue;
        }
        user.run(sql);
        assert_eq!(user.texts(), Vec::<String>::new(), "{sql}");
    }
    // Nothing is said where the guard is off, or comments are.
    admin.run("SELECT zdm.set_guard('off')");
    user.run("/* zdm:allow drop-table OPS-1 */ SELECT 1");
    admin.run("SELECT zdm.set_guard('enforce'); SET zdm.comment_allow = off");
    admin.forget_notices();
    admin.run("/* zdm:allow drop-table OPS-1 */ SELECT 1");
    assert_eq!((user.texts(), admin.texts()), (Vec::new(), Vec::new()));
}

#[test]
fn it_counts_where_it_is_on_and_for_those_who_may_allow() {
    let (db, mut admin, mut user) = lab("comment_rights", false);
    let drop_a = "/* zdm:allow drop-table OPS-1 */ DROP TABLE app.a";
    refused_with(&mut user, drop_a, "note: the comment allows nothing, since zdm.comment_allow is off");
    refused(user.attempt("SET zdm.comment_allow = on"), "42501");
    user.run("/* zdm:allow drop-table OPS-1 */ CREATE TABLE d (v int)");
    assert_eq!(user.texts(), ["NOTICE: zdm: the comment allows nothing, since zdm.comment_allow is off"]);

    admin.run("ALTER DATABASE comment_rights SET zdm.comment_allow = on; REVOKE SET ON PARAMETER zdm.allow FROM comment_rights_owner");
    let mut user = db.connect_as("comment_rights_owner");
    refused_with(&mut user, drop_a, "note: the comment allows nothing, since role comment_rights_owner may not set zdm.allow");
    // The text of a definer's function is the definer's, but the one who calls it is judged.
    let mut admin = db.connect();
    admin.run(
        "CREATE FUNCTION public.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS
         'BEGIN DROP /* zdm:allow drop-table OPS-1 */ TABLE app.a; END'",
    );
    refused(user.attempt("SELECT public.definer()"), "ZDM01");
    // A superuser who is somebody else counts as that one.
    admin.run("SET ROLE comment_rights_owner");
    refused(admin.attempt(drop_a), "ZDM01");
    admin.run("RESET ROLE");
    admin.run("SELECT public.definer()");
}

#[test]
fn what_changes_every_row_can_be_allowed() {
    let (db, mut admin, _user) = lab("comment_rows", true);
    admin.run("ALTER DATABASE comment_rows SET zdm.guard_dml = enforce; ALTER DATABASE comment_rows SET zdm.small_table = 0");
    let s = &mut db.connect_as("comment_rows_owner");
    refused(s.attempt("DELETE FROM a"), "ZDM01");
    s.run("/* zdm:allow delete-without-where OPS-1 */ DELETE FROM a");
    s.run("SELECT zdm.allow_next('update-without-where', 'app.b', reason => 'OPS-1')");
    s.run("UPDATE b SET v = v + 1");
    s.expect("SELECT count(*), sum(v) FROM b", &["100|5150"]);
    refused(s.attempt("UPDATE b SET v = v + 1"), "ZDM01");
    s.expect("SELECT count(*) FROM zdm.allowance", &["0"]);
}
