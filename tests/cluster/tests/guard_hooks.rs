//! Next to other libraries with hooks: they keep working before and after ours, and an ERROR that passes is the server's own, to the byte.

use std::collections::BTreeMap;

use zdm_cluster_tests::{Cluster, Database, Session, installed_library, refused};

/// What both kinds of server are asked to do: with rows to count, plans to log, and an end that is not always a good one.
const WORK: [&str; 16] = [
    "CREATE TABLE counted AS SELECT g AS a FROM generate_series(1, 10) g",
    "ALTER TABLE counted ADD COLUMN b int DEFAULT 1",
    "CREATE INDEX CONCURRENTLY counted_a ON counted (a)",
    "INSERT INTO counted SELECT g, g FROM generate_series(11, 30) g",
    "UPDATE counted SET b = 2 WHERE a <= 5",
    "DELETE FROM counted WHERE a > 28",
    "SELECT * FROM counted WHERE a < 8",
    "WITH gone AS (DELETE FROM counted WHERE a = 28 RETURNING a) SELECT * FROM gone",
    "CREATE MATERIALIZED VIEW seen AS SELECT * FROM counted WHERE a < 4",
    "ANALYZE counted",
    "CREATE TEMP TABLE mine AS SELECT 1 AS a",
    "TRUNCATE mine",
    "VACUUM counted",
    "EXPLAIN ANALYZE SELECT count(*) FROM counted",
    "DO $$BEGIN CREATE TABLE nested (a int); INSERT INTO nested VALUES (1), (2); DROP TABLE nested; END$$",
    "COPY (SELECT * FROM counted WHERE a < 3) TO '/dev/null'",
];

/// Statements that fail, and of which the guard has nothing to say.
const FAILING: [&str; 44] = [
    "SELEC 1",
    "SELECT 1 FROM no_such_table WHERE a = 1",
    "SELECT  no_such_column  FROM taken",
    "SELECT 1/0",
    "SELECT 'x'::int",
    "INSERT INTO taken VALUES (1, 1)",
    "INSERT INTO taken VALUES (2, -1)",
    "INSERT INTO taken VALUES (NULL, 1)",
    "INSERT INTO child VALUES (77)",
    "CREATE TABLE taken (a int)",
    "CREATE TABLE bad (a int, a int)",
    "CREATE TABLE bad (a int CHECK (b > 0))",
    "CREATE TABLE bad (a no_such_type)",
    "CREATE TABLE bad (a int REFERENCES no_such_table)",
    "CREATE TABLE bad (a text REFERENCES taken)",
    "CREATE VIEW bad AS SELECT a, nothing FROM taken",
    "CREATE INDEX CONCURRENTLY ON taken (nothing)",
    "CREATE UNIQUE INDEX CONCURRENTLY not_unique ON child (half(a))",
    "ALTER TABLE taken ADD COLUMN a int",
    "ALTER TABLE no_such_table ADD COLUMN a int",
    "ALTER TABLE child DROP CONSTRAINT nothing",
    "ALTER TABLE child ALTER COLUMN nothing SET DEFAULT 1",
    "COMMENT ON COLUMN taken.nothing IS 'x'",
    "TRUNCATE no_such_table",
    "REINDEX TABLE no_such_table",
    "VACUUM (NO_SUCH_OPTION) taken",
    "LOCK TABLE no_such_table",
    "EXPLAIN ANALYZE CREATE TABLE taken AS SELECT 1",
    "BEGIN; VACUUM taken",
    "BEGIN; CREATE INDEX CONCURRENTLY ON taken (a)",
    "BEGIN; CREATE TABLE fresh (a int PRIMARY KEY); CREATE TABLE of_fresh (a int REFERENCES fresh); CREATE VIEW on_fresh AS SELECT * FROM fresh; DROP TABLE fresh",
    "BEGIN; CREATE TABLE fresh AS SELECT -1 AS a; ALTER TABLE fresh ADD CONSTRAINT positive CHECK (a > 0)",
    "BEGIN; CREATE TABLE fresh AS SELECT 'x' AS a; ALTER TABLE fresh ALTER a TYPE int USING a::int",
    "BEGIN; CREATE TABLE fresh AS SELECT 1 AS a FROM generate_series(1, 2); ALTER TABLE fresh ADD PRIMARY KEY (a)",
    "SELECT 1; CREATE TABLE one (a int); SELECT nothing; CREATE TABLE two (a int)",
    "CREATE FUNCTION bad() RETURNS int LANGUAGE sql AS 'SELECT nothing FROM taken'",
    "CREATE FUNCTION bad() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETRUN 1; END'",
    "SELECT outer_one()",
    "SELECT raises()",
    "DO $$BEGIN EXECUTE 'CREATE TABLE bad (a int, b no_such_type)'; END$$",
    "DO $$BEGIN PERFORM raises(); EXCEPTION WHEN division_by_zero THEN NULL; END$$",
    "CREATE TABLE refused_by_another (a int)",
    "CREATE EXTENSION no_such_extension",
    "ROLLBACK PREPARED 'nothing'",
];

const SCHEMA: &str = "
    CREATE TABLE taken (a int PRIMARY KEY, b int CONSTRAINT positive CHECK (b > 0)); INSERT INTO taken VALUES (1, 1);
    CREATE TABLE child (a int REFERENCES taken); INSERT INTO child VALUES (1), (1);
    CREATE FUNCTION half(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 / 2';
    CREATE FUNCTION inner_one() RETURNS void LANGUAGE plpgsql AS 'BEGIN CREATE TABLE taken (a int); END';
    CREATE FUNCTION outer_one() RETURNS void LANGUAGE sql AS 'SELECT inner_one()';
    CREATE FUNCTION raises() RETURNS void LANGUAGE plpgsql AS $f$BEGIN
      RAISE 'all of it' USING ERRCODE = 'ZQ042', DETAIL = E'two\\nlines', HINT = 'a hint', COLUMN = 'c', CONSTRAINT = 'k', DATATYPE = 't', TABLE = 'r', SCHEMA = 's';
    END$f$;
    CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $f$BEGIN
      IF current_query() LIKE '%refused_by_another%' THEN RAISE 'not by me' USING ERRCODE = 'ZQ043', HINT = 'ask another'; END IF;
    END$f$;
    CREATE EVENT TRIGGER another ON ddl_command_end EXECUTE FUNCTION refuse();
    CREATE EVENT TRIGGER another_drop ON sql_drop EXECUTE FUNCTION refuse()";

/// A server with these libraries in each session, and a database; with the extension in enforce mode where ours is among them.
fn server(libraries: &str) -> Cluster {
    let shared = format!("shared_preload_libraries = '{libraries}'");
    let cluster = Cluster::start(&[
        &shared,
        "auto_explain.log_min_duration = 0",
        "auto_explain.log_timing = off",
        "pgaudit.log = 'ddl, write, role, misc'",
    ]);
    prepare(&cluster, libraries.contains("pg_zdm"));
    cluster
}

fn prepare(cluster: &Cluster, guarded: bool) {
    cluster.connect("postgres").run("CREATE DATABASE d");
    let mut s = cluster.connect("d");
    s.run(SCHEMA);
    if guarded {
        s.run("CREATE EXTENSION pg_zdm; SELECT zdm.set_guard('enforce')");
    }
}

fn work(cluster: &Cluster) {
    let mut s = cluster.connect("d");
    for sql in WORK {
        s.run(sql);
        // In the extended protocol what it made is there already, or gone: an error passes all hooks too.
        let _ = s.attempt_extended(sql);
    }
}

/// Each error with all of its fields, file and line of the server's source included.
fn errors(cluster: &Cluster) -> Vec<String> {
    let mut s = cluster.connect("d");
    let mut came = Vec::new();
    let mut failed = |s: &mut Session, result: Result<(), postgres::Error>, sql: &str| {
        let error = result.expect_err(sql);
        let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error}"));
        came.push(format!("{sql}: {error:?}"));
        s.run("ROLLBACK");
    };
    for sql in FAILING {
        let result = s.attempt(sql);
        failed(&mut s, result, sql);
        if !sql.contains("; ") || sql.starts_with("DO") || sql.starts_with("CREATE FUNCTION") {
            let result = s.attempt_extended(sql);
            failed(&mut s, result, sql);
        }
        s.run("DROP INDEX IF EXISTS not_unique");
    }
    let result = s.attempt_copy("COPY taken FROM stdin", "5\t5\n6\tx\n");
    failed(&mut s, result, "COPY");

    // One that waits in vain.
    let mut holder = cluster.connect("d");
    holder.run("BEGIN; LOCK TABLE taken");
    s.run("SET lock_timeout = '20ms'");
    for sql in ["ALTER TABLE taken ADD COLUMN c int", "LOCK TABLE taken", "DO $$BEGIN ALTER TABLE taken ADD COLUMN c int; END$$"] {
        let result = s.attempt(sql);
        failed(&mut s, result, sql);
    }
    came
}

fn same_errors(bare: &[String], cluster: &Cluster, who: &str) {
    let came = errors(cluster);
    for (expected, came) in bare.iter().zip(&came) {
        assert_eq!(expected, came, "{who}");
    }
    assert_eq!(bare.len(), came.len());
}

/// What pg_stat_statements has of the work: calls and rows by query.
fn statistics(cluster: &Cluster) -> BTreeMap<String, String> {
    let mut s = cluster.connect("postgres");
    s.run("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    let rows = s.rows(
        "SELECT regexp_replace(query, '\\s+', ' ', 'g') || ' => ' || toplevel || ' ' || sum(calls) || ' ' || sum(rows)
           FROM pg_stat_statements JOIN pg_database d ON d.oid = dbid WHERE datname = 'd' GROUP BY query, toplevel",
    );
    rows.iter().filter_map(|row| row.rsplit_once(" => ")).map(|(query, counts)| (query.to_owned(), counts.to_owned())).collect()
}

/// The queries whose plans auto_explain has logged.
fn plans(cluster: &Cluster) -> Vec<String> {
    let log = cluster.log();
    let texts = log.lines().filter_map(|line| line.trim().strip_prefix("Query Text: "));
    texts.filter(|text| text.contains("counted") && !text.contains("pg_catalog")).map(str::to_owned).collect()
}

/// The lines that pgaudit has written, without the numbers of statements.
fn audited(cluster: &Cluster) -> Vec<String> {
    let log = cluster.log();
    let lines = log.lines().filter_map(|line| line.split_once("AUDIT: SESSION,").map(|(_, rest)| rest));
    let own = |line: &&str| !line.contains("zdm") && !line.contains("pg_catalog");
    lines.filter(own).map(|line| line.splitn(3, ',').nth(2).unwrap_or_default().to_owned()).collect()
}

/// The library is there, or the server's packages have none.
fn have(library: &str) -> bool {
    let there = installed_library(&format!("{library}.so"));
    if !there {
        println!("{library} is not installed for this server: left out");
    }
    there
}

/// The libraries in this order, ours first and last.
fn orders(others: &str) -> [String; 2] {
    [format!("pg_zdm,{others}"), format!("{others},pg_zdm")]
}

#[test]
fn errors_are_the_servers_own() {
    let bare = errors(&server(""));
    same_errors(&bare, &server("pg_zdm"), "shared_preload_libraries");
    // Loaded by the first event, and by session_preload_libraries.
    let cluster = Cluster::start(&[]);
    prepare(&cluster, true);
    same_errors(&bare, &cluster, "not preloaded");
    cluster.connect("d").run("SELECT zdm.set_guard('enforce', preload => true)");
    same_errors(&bare, &cluster, "session_preload_libraries");
}

#[test]
fn statements_are_counted_and_plans_logged() {
    if !have("pg_stat_statements") || !have("auto_explain") {
        return;
    }
    let others = "pg_stat_statements,auto_explain";
    let bare = server(others);
    work(&bare);
    let (counted, logged) = (statistics(&bare), plans(&bare));
    assert!(counted.len() > 15 && logged.len() > 10, "{counted:?} {logged:?}");
    let failed = errors(&bare);
    for order in orders(others) {
        let cluster = server(&order);
        work(&cluster);
        let came = statistics(&cluster);
        for (query, counts) in &counted {
            assert_eq!(came.get(query), Some(counts), "{order}: {query}");
        }
        assert_eq!(plans(&cluster), logged, "{order}");
        same_errors(&failed, &cluster, &order);
        refused(cluster.connect("d").attempt("TRUNCATE counted"), "ZDM01");
    }
}

#[test]
fn auto_explain_works_beside_it_in_a_session() {
    if !have("auto_explain") {
        return;
    }
    let sessions = |libraries: &str| {
        let cluster = Cluster::start(&["auto_explain.log_min_duration = 0", "auto_explain.log_timing = off"]);
        prepare(&cluster, libraries.contains("pg_zdm"));
        cluster.connect("postgres").run(&format!("ALTER DATABASE d SET session_preload_libraries = {libraries}"));
        work(&cluster);
        cluster
    };
    let logged = plans(&sessions("'auto_explain'"));
    assert!(logged.len() > 10, "{logged:?}");
    for order in ["'auto_explain', 'pg_zdm'", "'pg_zdm', 'auto_explain'"] {
        let cluster = sessions(order);
        assert_eq!(plans(&cluster), logged, "{order}");
        refused(cluster.connect("d").attempt("TRUNCATE counted"), "ZDM01");
    }
}

#[test]
fn audit_lines_are_written() {
    if !have("pgaudit") {
        return;
    }
    let audit = |libraries: &str| {
        let cluster = server(libraries);
        Database { cluster: &cluster, name: "d".to_owned() }.connect().run("SET client_min_messages = error; CREATE EXTENSION pgaudit");
        let before = audited(&cluster).len();
        work(&cluster);
        let failed = errors(&cluster);
        (audited(&cluster).split_off(before), failed, cluster)
    };
    let (lines, failed, _bare) = audit("pgaudit");
    assert!(lines.len() > 20, "{lines:?}");
    for order in orders("pgaudit") {
        let (came, errors, cluster) = audit(&order);
        assert_eq!(came, lines, "{order}");
        assert_eq!(errors, failed, "{order}");
        refused(cluster.connect("d").attempt("TRUNCATE counted"), "ZDM01");
    }
}
