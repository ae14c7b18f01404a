//! The check answers whatever it is given: odd texts, odd encodings, odd rights. It runs nothing of what it reads.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Cluster, Session, Stop, database, refused, shared};

/// What is said of the statements themselves; the circumstances are `check_moment`'s matter.
fn check(s: &mut Session, sql: &str) -> Vec<String> {
    let others = "'missing-lock-timeout', 'idle-in-transaction-timeout', 'not-owner', 'blocked-now', 'partial-failure'";
    s.rows(&format!(
        "SELECT statement, line, object, risk, rule FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule IS NULL OR rule NOT IN ({others})"
    ))
}

#[test]
fn nothing_of_the_text_runs_and_nobodys_code_is_called() {
    let db = database("check_code");
    let mut s = db.connect();
    s.run(
        "CREATE FUNCTION boom() RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE FUNCTION boom(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE 'boom'; END$$;
         CREATE TABLE t (id int, v varchar(10)); INSERT INTO t VALUES (1, 'a');
         CREATE DOMAIN d AS int CHECK (boom(VALUE)); CREATE TABLE u (x d);
         CREATE TABLE w (a int CHECK (a = 1 OR boom(a)), b int GENERATED ALWAYS AS (a + 1) STORED)",
    );
    // What our own queries would find first if they trusted the search_path.
    for name in ["json_build_object", "json_agg", "format_type", "pg_relation_filepath", "array_to_json", "current_database"] {
        s.run(&format!("CREATE FUNCTION {name}(VARIADIC \"any\") RETURNS json LANGUAGE internal AS 'json_build_object'"));
    }
    s.run(
        "CREATE FUNCTION same(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'boom'; END$$;
         CREATE OPERATOR = (LEFTARG = oid, RIGHTARG = oid, FUNCTION = same);
         CREATE OPERATOR <> (LEFTARG = oid, RIGHTARG = oid, FUNCTION = same);
         CREATE TABLE pg_class (oid oid); CREATE TABLE pg_attribute (a int); CREATE TYPE text AS ENUM ('boom');
         SET search_path = public, pg_catalog",
    );
    let sql = "ALTER TABLE t ADD COLUMN z int DEFAULT boom(); CREATE INDEX ON t (boom(id)); ALTER TABLE t ADD CHECK (boom(id));
               ALTER TABLE t ADD COLUMN y d; ALTER TABLE u ALTER x TYPE int; ALTER TABLE w ALTER a TYPE bigint; ALTER TABLE w ALTER a SET NOT NULL;
               ALTER DOMAIN d ADD CHECK (boom(VALUE)); SELECT boom(); DO $$BEGIN PERFORM boom(); END$$; DROP TABLE t";
    let rows = check(&mut s, sql);
    assert_eq!(rows.iter().map(|row| row.split('|').next().unwrap()).collect::<std::collections::BTreeSet<_>>().len(), 11, "{rows:#?}");
    s.run(&format!("SELECT * FROM zdm.ddl_effects($zdm${sql}$zdm$)"));
    s.expect("SELECT count(*) FROM t", &["1"]);
    assert_eq!(s.texts().iter().filter(|text| text.contains("boom")).count(), 0, "{:?}", s.texts());
}

#[test]
fn what_the_caller_cannot_see_does_not_exist() {
    let db = database("check_rights");
    let mut admin = db.connect();
    admin.run(
        "CREATE ROLE check_plain LOGIN; CREATE SCHEMA hidden; CREATE TABLE hidden.t (a int); INSERT INTO hidden.t VALUES (1);
         CREATE TYPE hidden.e AS ENUM ('a'); CREATE FUNCTION hidden.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
         CREATE TABLE t (a int); INSERT INTO t VALUES (1); REVOKE ALL ON t FROM PUBLIC;
         REVOKE SELECT ON pg_catalog.pg_class, pg_catalog.pg_attribute, pg_catalog.pg_constraint, pg_catalog.pg_proc FROM PUBLIC",
    );
    let mut user = db.connect_as("check_plain");
    let rows = check(&mut user, "DROP TABLE hidden.t");
    assert_eq!(rows, ["1|1|-|unknown|missing-object"]);
    for sql in [
        "ALTER TABLE hidden.t ADD COLUMN b hidden.e DEFAULT hidden.f()",
        "ALTER TABLE t ADD COLUMN b hidden.e DEFAULT hidden.f()",
        "ALTER TABLE t ALTER a TYPE text COLLATE hidden.c",
        "DROP STATISTICS hidden.s",
        "DROP SCHEMA hidden CASCADE",
        "ALTER TABLE t ADD CHECK (a OPERATOR(hidden.=) 1)",
        "DROP INDEX hidden.i; DROP VIEW hidden.v; DROP SEQUENCE hidden.s; TRUNCATE hidden.t; REINDEX TABLE hidden.t; REINDEX SCHEMA hidden",
    ] {
        check(&mut user, sql);
    }
    // The catalogs are read with the rights of the function's owner: what is hidden there is not hidden here.
    assert_eq!(check(&mut user, "ALTER TABLE t ALTER a SET NOT NULL")[0], "1|1|public.t|danger|set-not-null-scan");
    admin.expect("SELECT risk FROM zdm.check_ddl('DROP TABLE hidden.t') WHERE risk <> 'caution'", &["danger"]);
}

#[test]
fn it_leaves_no_trace_and_works_where_nothing_can_be_written() {
    let db = database("check_trace");
    let mut s = db.connect();
    s.run("CREATE TABLE t (a int, v varchar(10)); INSERT INTO t VALUES (1)");
    s.run("BEGIN READ ONLY");
    let rows = check(&mut s, "ALTER TABLE t ALTER v TYPE varchar(5), ALTER v TYPE numeric(10,2), ALTER a SET NOT NULL");
    assert!(!rows.is_empty());
    s.expect("SELECT pg_current_xact_id_if_assigned()", &["-"]);
    s.expect("SELECT count(*) FROM pg_locks JOIN pg_class c ON c.oid = relation WHERE pid = pg_backend_pid() AND relname = 't'", &["0"]);
    s.expect("SELECT current_setting('search_path'), current_user", &["\"$user\", public|postgres"]);
    s.run("COMMIT; BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    let mut other = db.connect();
    other.run("CREATE TABLE later AS SELECT 1 AS a");
    assert_eq!(check(&mut s, "CREATE INDEX ON later (a)"), ["1|1|public.later|danger|create-index-not-concurrent"]);
    s.run("COMMIT");
}

#[test]
fn a_table_made_in_the_same_transaction_is_new_and_one_that_was_changed_is_not() {
    let db = database("check_new");
    let mut s = db.connect();
    s.run("CREATE TABLE old AS SELECT 1 AS a");
    s.run("BEGIN; CREATE TABLE fresh AS SELECT 1 AS a; ALTER TABLE old SET (fillfactor = 90)");
    s.run("LOCK TABLE old IN ACCESS EXCLUSIVE MODE");
    let rows = check(&mut s, "CREATE INDEX ON old (a)");
    assert_eq!(rows, ["1|1|public.old|danger|create-index-not-concurrent", "1|1|public.old|danger|work-while-locked"]);
    let risk = |rows: Vec<String>| rows.iter().any(|row| row.contains("danger"));
    assert!(!risk(check(&mut s, "CREATE INDEX ON fresh (a)")));
    s.run("COMMIT");
    assert!(risk(check(&mut s, "CREATE INDEX ON fresh (a)")));
}

/// Whoever may create functions could once keep a backend busy for hours, and out of reach.
#[test]
fn functions_that_call_functions_cost_milliseconds() {
    let db = database("check_levels");
    let mut admin = db.connect();
    admin.run("CREATE TABLE t AS SELECT 1 AS a; CREATE ROLE check_levels LOGIN; GRANT CREATE ON SCHEMA public TO check_levels");
    let mut s = db.connect_as("check_levels");
    s.run("CREATE FUNCTION l0() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'");
    for level in 1..=10 {
        let body = vec![format!("l{}()", level - 1); 40].join(", ");
        s.run(&format!("CREATE FUNCTION l{level}() RETURNS int LANGUAGE sql VOLATILE AS 'SELECT coalesce({body})'"));
    }
    let bodies = [
        format!("SELECT {}1{}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("SELECT {}", vec!["nested0()"; 5_000].join(" + ")),
        format!("SELECT ''{}''", "x".repeat(1_000_000)),
    ];
    s.run("SET check_function_bodies = off");
    for (number, body) in bodies.iter().enumerate() {
        s.run(&format!("CREATE FUNCTION nested{number}() RETURNS int LANGUAGE sql VOLATILE AS '{body}'"));
    }
    let start = Instant::now();
    assert_eq!(check(&mut s, "ALTER TABLE t ADD COLUMN z int DEFAULT l10()"), ["1|1|public.t|caution|strong-lock"]);
    for call in ["nested0()", "nested1()", "nested2()"] {
        let rows = check(&mut s, &format!("ALTER TABLE t ADD COLUMN z int DEFAULT {call}"));
        assert!(rows[0].contains("unknown") || rows[0].contains("danger"), "{call}: {rows:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[test]
fn a_domains_default_is_the_columns() {
    let db = database("check_domains");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t AS SELECT 1 AS a; CREATE SCHEMA hidden; CREATE ROLE check_domains LOGIN;
         CREATE FUNCTION hidden.f() RETURNS float LANGUAGE plpgsql VOLATILE AS 'BEGIN RETURN random(); END';
         CREATE DOMAIN rnd AS float DEFAULT random(); CREATE DOMAIN rnd2 AS rnd; CREATE DOMAIN one AS rnd DEFAULT 1;
         CREATE DOMAIN never AS rnd; ALTER DOMAIN never DROP DEFAULT; CREATE DOMAIN far AS float DEFAULT hidden.f();
         CREATE DOMAIN plain AS int; CREATE DOMAIN above AS plain; ALTER DOMAIN plain SET DEFAULT random() * 10",
    );
    let volatile = "1|1|public.t|danger|add-column-volatile-default";
    let cheap = "1|1|public.t|caution|strong-lock";
    for (column, row) in [
        ("rnd", volatile),
        ("rnd2", volatile),
        ("plain", volatile),
        ("far", volatile),
        ("rnd NOT NULL", volatile),
        ("one", cheap),
        ("never", cheap),
        ("above", cheap),
        ("rnd DEFAULT 1", cheap),
        ("rnd DEFAULT NULL", cheap),
    ] {
        assert_eq!(check(&mut s, &format!("ALTER TABLE t ADD COLUMN z {column}")), [row], "{column}");
    }
    let mut plain = db.connect_as("check_domains");
    assert_eq!(check(&mut plain, "ALTER TABLE t ADD COLUMN z far"), ["1|1|public.t|unknown|unknown-effect"]);
    // What the guard refuses would have rewritten the table, and what it advises does not.
    s.run("SELECT zdm.set_guard('enforce')");
    let file = s.value::<i64>("SELECT pg_relation_filenode('t')::bigint");
    let error = refused(s.attempt("ALTER TABLE t ADD COLUMN z rnd"), "ZDM01");
    assert!(error.message().contains("advice: Add column z without a default"), "{}", error.message());
    s.run("ALTER TABLE t ADD COLUMN z rnd DEFAULT NULL; ALTER TABLE t ALTER COLUMN z DROP DEFAULT");
    s.run("CALL zdm.backfill('public.t', 'z = random()', 'z IS NULL')");
    s.run("INSERT INTO t VALUES (2)");
    s.expect("SELECT count(*), count(z), count(DISTINCT z) FROM t", &["2|2|2"]);
    assert_eq!(s.value::<i64>("SELECT pg_relation_filenode('t')::bigint"), file);
}

#[test]
fn a_schema_that_is_not_there_or_may_not_be_seen_is_missing() {
    let db = database("check_schemas");
    let mut s = db.connect();
    s.run("CREATE SCHEMA hidden; CREATE ROLE check_schemas LOGIN");
    assert_eq!(check(&mut s, "DROP SCHEMA nowhere"), ["1|1|-|unknown|missing-object"]);
    assert_eq!(check(&mut s, "DROP SCHEMA hidden"), ["1|1|-|safe|-"]);
    assert_eq!(check(&mut db.connect_as("check_schemas"), "DROP SCHEMA hidden"), ["1|1|-|unknown|missing-object"]);
}

#[test]
fn every_encoding_is_understood() {
    let mut admin = shared().connect("postgres");
    for (encoding, name, table) in [("LATIN1", "check_latin1", "tête"), ("EUC_JP", "check_eucjp", "表"), ("WIN1252", "check_win1252", "€")]
    {
        admin.run(&format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"));
        let mut s = shared().connect(name);
        s.run(&format!("CREATE EXTENSION pg_zdm; CREATE TABLE \"{table}\" AS SELECT 1 AS \"é\""));
        assert_eq!(
            check(&mut s, &format!("CREATE INDEX ON \"{table}\" (\"é\")")),
            [format!("1|1|public.\"{table}\"|danger|create-index-not-concurrent")]
        );
        let text = format!("DROP TABLE \"{table}\" -- é");
        for format in ["text", "markdown", "json", "sarif", "github"] {
            s.expect(&format!("SELECT zdm.check_report($zdm${text}$zdm$, '{format}') LIKE '%{table}%'"), &["t"]);
        }
        s.expect(&format!("SELECT relation, rewrites FROM zdm.ddl_effects($zdm${text}$zdm$)"), &[&format!("\"{table}\"|f")]);
        s.run("SELECT zdm.set_guard('enforce')");
        let error = refused(s.attempt(&format!("CREATE INDEX ON \"{table}\" (\"é\") -- é")), "ZDM01");
        assert!(error.message().contains(&format!("public.\"{table}\"")), "{}", error.message());
        s.run(&format!("SET zdm.allow = 'create-index-not-concurrent:public.\"{table}\" (né)'; CREATE INDEX ON \"{table}\" (\"é\")"));
    }
    admin.run("CREATE DATABASE check_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    let mut s = shared().connect("check_ascii");
    s.run("SET client_encoding = 'SQL_ASCII'; CREATE EXTENSION pg_zdm; CREATE SCHEMA odd; CREATE TABLE odd.t AS SELECT 1 AS a");
    s.run("DO $$BEGIN EXECUTE 'CREATE TABLE odd.\"' || chr(255) || '\" AS SELECT 1 AS \"' || chr(254) || '\"'; END$$");
    s.expect("SELECT risk, command FROM zdm.check_ddl('COMMENT ON TABLE t IS ''' || chr(255) || '''')", &["unknown|???"]);
    refused(s.attempt("SELECT * FROM zdm.ddl_effects('COMMENT ON TABLE t IS ''' || chr(255) || '''')"), "0A000");
    s.expect("SELECT zdm.check_report('COMMENT ON TABLE t IS ''' || chr(255) || '''') LIKE '%not valid UTF-8%'", &["t"]);
    s.run("CREATE TABLE t (a int); SELECT zdm.set_guard('warn')");
    s.run("DO $$BEGIN EXECUTE 'COMMENT ON TABLE t IS ''' || chr(255) || ''''; END$$");
    s.expect("SELECT risk FROM zdm.check_ddl('DROP SCHEMA odd CASCADE') WHERE risk <> 'caution'", &["danger"]);
    s.expect("SELECT risk FROM zdm.check_ddl('CREATE INDEX ON odd.t (a)') WHERE risk <> 'caution'", &["danger"]);
}

#[test]
fn a_cancel_is_a_cancel() {
    let db = database("check_cancel");
    let mut s = db.connect();
    s.run("CREATE TABLE t AS SELECT 1 AS a; SELECT zdm.set_guard('enforce'); SET statement_timeout = '1ms'");
    for _ in 0..20 {
        if let Err(error) = s.attempt("SELECT pg_sleep(0.0005); CREATE INDEX ON t (a)") {
            let code = error.code().map(|code| code.code().to_owned());
            assert!(matches!(code.as_deref(), Some("57014" | "ZDM01")), "{error}");
        }
    }
}

#[test]
fn a_standby_answers_too() {
    let mut primary = Cluster::start(&[]);
    let db = primary.database("d");
    db.connect().run("CREATE TABLE t (a int, v varchar(10)); INSERT INTO t VALUES (1)");
    drop(db);
    primary.stop(Stop::Fast);
    let standby = primary.standby();
    let mut s = standby.connect("d");
    s.expect("SELECT pg_is_in_recovery()", &["t"]);
    let both = ["1|1|public.t|danger|alter-column-type-rewrite", "1|1|public.t|danger|alter-type-narrowing"];
    assert_eq!(check(&mut s, "ALTER TABLE t ALTER v TYPE varchar(5)"), both);
    s.expect("SELECT relation, lock_mode, rewrites FROM zdm.ddl_effects('DROP TABLE t')", &["t|AccessExclusiveLock|f"]);
    // The guard leaves it to the server to say no.
    refused(s.attempt("CREATE TABLE u (a int)"), "25006");
}

#[test]
fn readers_of_a_materialized_view_wait_for_its_indexes() {
    let db = database("check_reindex");
    let mut s = db.connect();
    s.run(
        "SET zdm.guard_mode = 'off'; SET zdm.small_table = 0;
         CREATE MATERIALIZED VIEW kept AS SELECT g AS id FROM generate_series(1, 1000) g; CREATE INDEX kept_id ON kept (id)",
    );
    let mut reader = db.connect();
    reader.run("SET lock_timeout = '100ms'");
    for sql in ["REINDEX TABLE kept", "REINDEX INDEX kept_id"] {
        assert_eq!(check(&mut s, sql), ["1|1|public.kept|danger|reindex-not-concurrent"], "{sql}");
        s.run(&format!("BEGIN; {sql}"));
        refused(reader.attempt("SELECT count(*) FROM kept"), "55P03");
        s.run("ROLLBACK");
        reader.run("SELECT count(*) FROM kept");
    }
}
