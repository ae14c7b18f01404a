//! The layers of the guard: what fires no event trigger, what runs inside something else, and what only shows when it happens.

use zdm_cluster_tests::{Database, Session, database, refused, shared};

const ROWS: &str = "SELECT g AS id, g AS v, repeat('x', 100) AS note FROM generate_series(1, 1000) g";

/// A database in enforce mode that loads the library into every session, with a table that has rows; its owner is a role without rights.
fn lab(name: &str) -> (Database<'static>, Session) {
    let db = database(name);
    let mut s = db.connect();
    s.run(&format!("CREATE TABLE users AS {ROWS}; ALTER TABLE users ADD PRIMARY KEY (id)"));
    s.run("SELECT zdm.set_guard('enforce', preload => true)");
    let mut s = db.connect();
    s.run("SET lock_timeout = '10s'");
    s.forget_notices();
    (db, s)
}

fn count(s: &mut Session) -> i64 {
    s.value("SELECT count(*) FROM users")
}

#[test]
fn what_fires_no_event_is_refused_too() {
    let (_db, mut s) = lab("layers_eventless");
    for sql in [
        "TRUNCATE users",
        "TRUNCATE ONLY users RESTART IDENTITY CASCADE",
        "VACUUM FULL users",
        "VACUUM (FULL, ANALYZE) users",
        "CLUSTER users USING users_pkey",
        "REINDEX TABLE users",
        "REINDEX INDEX users_pkey",
    ] {
        refused(s.attempt(sql), "ZDM01");
        refused(s.attempt_extended(sql), "ZDM01");
        assert_eq!(count(&mut s), 1000, "{sql}");
    }
    for sql in ["VACUUM users", "ANALYZE users", "REINDEX INDEX CONCURRENTLY users_pkey", "EXPLAIN ANALYZE SELECT 1", "CHECKPOINT"] {
        s.run(sql);
    }
    assert_eq!(s.texts(), Vec::<String>::new());
    s.run("BEGIN; SET LOCAL zdm.allow = 'truncate:public.users (OPS-1)'; TRUNCATE users; ROLLBACK");
    s.run("BEGIN; CREATE TABLE fresh AS SELECT 1 AS a; TRUNCATE fresh; CREATE TEMP TABLE mine AS SELECT 1 AS a; TRUNCATE mine; ROLLBACK");
    assert_eq!(count(&mut s), 1000);
}

#[test]
fn a_statement_inside_another_is_judged_by_its_own_text() {
    let (_db, mut s) = lab("layers_nested");
    let postmaster = shared().postmaster();
    let danger = "CREATE INDEX ON public.users (v)";
    s.run(&format!("CREATE FUNCTION static() RETURNS void LANGUAGE plpgsql AS $$BEGIN PERFORM 1; {danger}; END$$"));
    s.run(&format!("CREATE FUNCTION dynamic() RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE 'SELECT 1; {danger}'; END$$"));
    s.run(&format!("CREATE FUNCTION plain() RETURNS void LANGUAGE sql AS 'SELECT 1; {danger}'"));
    s.run(&format!("CREATE PROCEDURE proc() LANGUAGE plpgsql AS $$BEGIN COMMIT; {danger}; END$$"));
    s.run("CREATE FUNCTION fired() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN TRUNCATE public.users; RETURN NEW; END$$");
    s.run("CREATE TABLE events (a int); CREATE TRIGGER fire AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION fired()");
    for sql in [
        &format!("DO $$BEGIN {danger}; END$$"),
        &format!("DO $$BEGIN EXECUTE 'CREATE TABLE z (a int); {danger}'; END$$"),
        &format!("DO $$BEGIN BEGIN {danger}; EXCEPTION WHEN division_by_zero THEN NULL; END; END$$"),
        "DO $$BEGIN TRUNCATE public.users; END$$",
        "SELECT static()",
        "SELECT dynamic()",
        "SELECT plain()",
        "CALL proc()",
        "INSERT INTO events VALUES (1)",
        &format!("SELECT 1; CREATE TABLE z (a int); {danger}"),
        &format!("CREATE SCHEMA inner_one; DO $$BEGIN {danger}; END$$"),
    ] {
        let error = refused(s.attempt(sql), "ZDM01");
        assert!(error.message().contains("public.users"), "{sql}: {}", error.message());
    }
    // Caught or not, it has not happened.
    s.run(&format!("DO $$BEGIN BEGIN {danger}; EXCEPTION WHEN OTHERS THEN NULL; END; END$$"));
    s.run(&format!(
        "DO $$BEGIN IF false THEN {danger}; END IF; CREATE TABLE inside (a int); CREATE INDEX ON inside (a); DROP TABLE inside; END$$"
    ));
    assert_eq!(s.value::<i64>("SELECT count(*) FROM pg_index WHERE indrelid = 'users'::regclass"), 1);
    assert_eq!(s.texts(), Vec::<String>::new());
    assert_eq!(shared().postmaster(), postmaster, "expected the server not to restart");
}

#[test]
fn every_row_at_once_is_warned_of_and_refused_on_demand() {
    let (_db, mut s) = lab("layers_rows");
    let all = [
        "DELETE FROM users",
        "DELETE FROM users WHERE true",
        "UPDATE users SET v = v + 1",
        "WITH gone AS (DELETE FROM users RETURNING 1) SELECT count(*) FROM gone",
        "DO $$BEGIN UPDATE users SET v = 0; END$$",
    ];
    for sql in all {
        s.run(&format!("BEGIN; {sql}; ROLLBACK"));
        let texts = s.texts();
        assert!(texts.len() == 1 && texts[0].contains("-without-where]") && texts[0].contains("zdm.guard_dml"), "{sql}: {texts:?}");
        s.forget_notices();
    }
    s.run("SET zdm.guard_dml = enforce");
    for sql in all {
        refused(s.attempt(sql), "ZDM01");
        refused(s.attempt_extended(sql), "ZDM01");
    }
    s.run("PREPARE p AS DELETE FROM users");
    refused(s.attempt("EXECUTE p"), "ZDM01");
    s.run("BEGIN; SET LOCAL zdm.allow = 'delete-without-where:public.users'; DELETE FROM users; ROLLBACK");
    s.run("DELETE FROM users WHERE id < 0; UPDATE users SET v = 1 WHERE id = 1; EXPLAIN DELETE FROM users; CREATE TEMP TABLE mine (a int); DELETE FROM mine");
    assert_eq!(s.texts(), Vec::<String>::new());
    s.run("SET zdm.guard_dml = off; BEGIN; DELETE FROM users; ROLLBACK");
    assert_eq!(s.texts(), Vec::<String>::new());
    assert_eq!(count(&mut s), 1000);
}

#[test]
fn what_happens_is_looked_at_whatever_the_text_said() {
    let (db, mut s) = lab("layers_backstop");
    s.run("SET zdm.small_table = 0; CREATE ROLE layers_bob; CREATE TABLE his AS SELECT 1 AS a; ALTER TABLE his OWNER TO layers_bob");
    refused(s.attempt("DROP OWNED BY layers_bob"), "ZDM01");
    // Allowed as a whole, it is not looked at again.
    s.run("BEGIN; SET LOCAL zdm.allow = 'drop-owned'; DROP OWNED BY layers_bob; ROLLBACK");
    s.run("SET zdm.allow = '*'; DROP TABLE his; RESET zdm.allow; DROP ROLE layers_bob");

    // A rewrite is seen though nobody has seen the text: the library is not there yet.
    s.run("SELECT zdm.set_guard('enforce', preload => false); CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN ALTER TABLE users ALTER v TYPE bigint; END'");
    s.run("ALTER DATABASE layers_backstop SET zdm.small_table = 0");
    let mut fresh = db.connect();
    let error = refused(fresh.attempt("SELECT f()"), "ZDM01");
    assert!(error.message().starts_with("zdm[table-rewrite]: rewrites public.users"), "{}", error.message());
}

#[test]
fn errors_pass_unchanged() {
    let (_db, mut s) = lab("layers_errors");
    let mut bare = shared().connect("postgres");
    for sql in [
        "TRUNCATE no_such_table",
        "DO $$BEGIN EXECUTE 'CREATE TABLE bad (a int, a int)'; END$$",
        "CREATE TABLE t (a int CHECK (b > 0))",
        "VACUUM (NO_SUCH_OPTION) pg_class",
        "SELECT 1/0",
    ] {
        let fields = |s: &mut Session| {
            let error = s.attempt(sql).expect_err("expected an error");
            error.as_db_error().map(|one| format!("{one:?}")).unwrap_or_default()
        };
        assert_eq!(fields(&mut s), fields(&mut bare), "{sql}");
    }
}

#[test]
fn the_layers_are_told() {
    let (_db, mut s) = lab("layers_status");
    s.expect(
        "SELECT layer, active, hint IS NULL FROM zdm.guard_status()",
        &["mode|t|t", "ddl_command_start|t|t", "sql_drop|t|t", "table_rewrite|t|t", "hooks|t|t"],
    );
    // Disabled means no guard at all, hooks included.
    s.run("ALTER EVENT TRIGGER zdm_guard DISABLE");
    s.run("BEGIN; TRUNCATE users; CREATE INDEX ON users (v); ROLLBACK");
    s.expect("SELECT active, detail LIKE '%disabled' FROM zdm.guard_status() WHERE layer = 'ddl_command_start'", &["f|t"]);
    s.run("ALTER EVENT TRIGGER zdm_guard ENABLE ALWAYS");
    refused(s.attempt("TRUNCATE users"), "ZDM01");
}

#[test]
fn preloading_keeps_what_is_there() {
    let (db, mut s) = lab("layers_preload");
    let setting = "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())";
    s.expect(setting, &["{session_preload_libraries=pg_zdm}"]);
    s.run("ALTER DATABASE layers_preload SET session_preload_libraries = 'auto_explain', 'plpgsql'");
    s.run("SELECT zdm.set_guard('enforce', preload => true); SELECT zdm.set_guard('enforce', preload => true)");
    s.expect(setting, &["{\"session_preload_libraries=auto_explain, plpgsql, pg_zdm\"}"]);
    s.run("SELECT zdm.set_guard('warn', preload => false)");
    s.expect(setting, &["{\"session_preload_libraries=auto_explain, plpgsql\"}"]);
    // what is not at work any more, and how to get it
    s.run("ALTER DATABASE layers_preload RESET session_preload_libraries");
    let hooks = "SELECT active, hint FROM zdm.guard_status() WHERE layer = 'hooks'";
    db.connect().expect(hooks, &["f|SELECT zdm.set_guard('warn', preload => true);"]);
}

#[test]
fn what_it_lets_pass_need_not_be_told() {
    let (db, mut s) = lab("layers_silent");
    let work = "DELETE FROM users; CREATE INDEX ON users (v); ALTER TABLE users ALTER v TYPE bigint; DO $$BEGIN DROP TABLE users; END$$";
    let log = |word: &str| shared().log().lines().filter(|line| line.contains("layers_silent_word") && line.contains(word)).count();
    s.run(&format!("BEGIN; SET LOCAL zdm.guard_mode = warn; {work}; ROLLBACK"));
    s.run("BEGIN; SET LOCAL zdm.allow = '* (layers_silent_word)'; TRUNCATE users; ROLLBACK");
    assert!(s.texts().len() >= 2, "{:?}", s.texts());
    assert_eq!(log("zdm.allow is"), 1);
    s.forget_notices();
    s.run("SET zdm.guard_messages = off");
    s.run(&format!("BEGIN; SET LOCAL zdm.guard_mode = warn; {work}; ROLLBACK"));
    s.run("BEGIN; SET LOCAL zdm.allow = '* (layers_silent_word)'; TRUNCATE users; ROLLBACK");
    assert_eq!(s.texts(), Vec::<String>::new());
    assert_eq!(log("zdm.allow is"), 1);
    // What is refused is refused.
    refused(s.attempt("TRUNCATE users"), "ZDM01");
    s.run("CREATE ROLE layers_silent_bob LOGIN");
    refused(db.connect_as("layers_silent_bob").attempt("LOAD 'pg_zdm'; SET zdm.guard_messages = off"), "42501");
}
