//! Where a job cannot run it says so at once, says what to do, and has touched nothing. A witness session proves that no refusal cost the
//! other sessions their server.

use zdm_cluster_tests::{Cluster, Database, Session, Stop, database, refused, shared};

/// A table, and a witness who sees that nothing happened to it.
struct Lab {
    db: Database<'static>,
    s: Session,
    witness: Session,
    postmaster: i32,
}

impl Lab {
    fn new(name: &str) -> Self {
        let db = database(name);
        let mut s = db.connect();
        s.run(
            "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
             INSERT INTO t SELECT generate_series(1, 100);",
        );
        Self { s, witness: db.connect(), db, postmaster: shared().postmaster() }
    }

    /// The call fails with this SQLSTATE, and its message, detail or hint holds all of these words.
    fn refuses(&mut self, call: &str, sqlstate: &str, words: &[&str]) {
        println!("{call}");
        let error = refused(self.s.attempt(call), sqlstate);
        let text = format!("{}\n{}\n{}", error.message(), error.detail().unwrap_or_default(), error.hint().unwrap_or_default());
        for word in words {
            assert!(text.contains(word), "{call}\nexpected the text to hold {word:?}, came:\n{text}");
        }
        self.s.run("ROLLBACK");
        self.untouched();
    }

    fn untouched(&mut self) {
        self.witness.expect("SELECT sum(v), count(*), count(DISTINCT xmin::text) FROM t", &["0|100|1"]);
        self.witness.expect("SELECT count(*) FROM zdm.job", &["0"]);
        assert_eq!(shared().postmaster(), self.postmaster, "expected the server not to restart");
    }
}

const CALL: &str = "CALL zdm.backfill('t', 'v = v + 1')";

#[test]
fn atomic_contexts_are_refused() {
    let mut lab = Lab::new("atomic");
    let say = &["zdm.backfill", "transaction block", "autocommit"];
    lab.refuses(&format!("BEGIN; {CALL}"), "2D000", say);
    lab.refuses(&format!("SELECT 1; {CALL}"), "2D000", say);
    lab.refuses(&format!("{CALL}; {CALL}"), "2D000", say);
    lab.s.run("BEGIN");
    lab.refuses(CALL, "2D000", say);
    lab.s.run("BEGIN; SAVEPOINT a");
    lab.refuses(CALL, "2D000", say);
    lab.s.run(&format!("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$BEGIN {CALL}; END$$"));
    lab.refuses("SELECT f()", "2D000", say);
    lab.refuses(&format!("DO $$BEGIN {CALL}; EXCEPTION WHEN division_by_zero THEN NULL; END$$"), "2D000", say);
    lab.s.run(&format!("CREATE PROCEDURE definer() LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN {CALL}; END$$"));
    lab.refuses("CALL definer()", "2D000", say);
    lab.s.run(&format!("CREATE PROCEDURE sets() LANGUAGE plpgsql SET search_path = public AS $$BEGIN {CALL}; END$$"));
    lab.refuses("CALL sets()", "2D000", say);
    lab.refuses("BEGIN; CALL zdm.run(1)", "2D000", &["zdm.run", "transaction block", "autocommit"]);
    // Refused before anything else is looked at: also when there would be more to say.
    lab.refuses("BEGIN; CALL zdm.backfill('t', 'nonsense = = 1')", "2D000", say);
}

#[test]
fn a_pipeline_that_began_something_else_is_refused() {
    let mut lab = Lab::new("pipeline");
    lab.s.run("CREATE TABLE other (n integer)");
    let pipeline = |db: &Database, statements: &str| {
        let done = db.pgbench(&format!("\\startpipeline\n{statements}\n\\endpipeline\n"));
        (done.status.success(), String::from_utf8_lossy(&done.stderr).into_owned())
    };
    let (ok, said) = pipeline(&lab.db, &format!("INSERT INTO other VALUES (1);\n{CALL};"));
    assert!(!ok && said.contains("zdm.backfill cannot run inside a transaction block"), "came: {said}");
    lab.s.expect("SELECT count(*) FROM other", &["0"]);
    lab.untouched();
    // The first of a pipeline has nothing before it that it could commit.
    let (ok, said) = pipeline(&lab.db, &format!("{CALL};"));
    assert!(ok, "came: {said}");
    lab.s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn contexts_that_can_commit_are_accepted() {
    let mut lab = Lab::new("nonatomic");
    let call = "CALL zdm.backfill('t', 'v = v + 1', batch => 10)";
    lab.s.run(&format!("CREATE PROCEDURE inner_one() LANGUAGE plpgsql AS $$BEGIN {call}; END$$"));
    lab.s.run("CREATE PROCEDURE outer_one() LANGUAGE plpgsql AS $$BEGIN CALL inner_one(); END$$");
    lab.s.run(call);
    lab.s.run(&format!("DO $$BEGIN {call}; END$$"));
    lab.s.run("CALL outer_one()");
    lab.s.run(&format!("DO $$BEGIN FOR i IN 1..2 LOOP {call}; END LOOP; END$$"));
    assert!(lab.s.attempt_extended(call).is_ok());
    lab.s.expect("SELECT min(v), max(v) FROM t", &["6|6"]);
    lab.s.expect("SELECT count(*) FROM zdm.job WHERE state = 'done' AND batches = 10", &["6"]);
    // Each of them in ten transactions, not in one.
    lab.s.expect("SELECT count(DISTINCT xmin::text) FROM t", &["10"]);
}

#[test]
fn a_statement_timeout_is_refused() {
    let mut lab = Lab::new("timeout");
    lab.s.run("SET statement_timeout = '1h'");
    lab.refuses(CALL, "55000", &["SET statement_timeout = 0"]);
    lab.refuses("CALL zdm.run(1)", "55000", &["SET statement_timeout = 0"]);
    lab.s.run("SET statement_timeout = 0");
    lab.s.run(CALL);
}

#[test]
fn a_read_only_transaction_is_refused() {
    let mut lab = Lab::new("read_only");
    lab.s.run("SET default_transaction_read_only = on");
    lab.refuses(CALL, "25006", &["read-only"]);
    lab.refuses("CALL zdm.run(1)", "25006", &["read-only"]);
}

#[test]
fn a_standby_is_refused() {
    let mut primary = Cluster::start(&[]);
    let db = primary.database("d");
    db.connect().run("CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO t SELECT generate_series(1, 100)");
    drop(db);
    primary.stop(Stop::Fast);
    let standby = primary.standby();
    let mut s = standby.connect("d");
    s.expect("SELECT pg_is_in_recovery()", &["t"]);
    for call in [CALL, "CALL zdm.run(1)"] {
        let error = refused(s.attempt(call), "25006");
        assert!(error.message().contains("standby"), "expected the standby to be named, came: {}", error.message());
        assert!(error.hint().unwrap_or_default().contains("primary"), "expected the way out, came: {:?}", error.hint());
    }
    s.expect("SELECT sum(v) FROM t", &["0"]);
}

#[test]
fn arguments_that_make_no_sense_are_refused() {
    let mut lab = Lab::new("arguments");
    lab.refuses("CALL zdm.backfill(NULL, 'v = 1')", "22004", &["target"]);
    lab.refuses("CALL zdm.backfill('t', NULL)", "22004", &["set_expr"]);
    lab.refuses("CALL zdm.backfill('t', 'v = 1', batch => 0)", "22023", &["batch"]);
    lab.refuses("CALL zdm.backfill('t', 'v = 1', batch => -5)", "22023", &["batch", "-5"]);
    lab.refuses("CALL zdm.backfill('t', 'v = 1', pause => '-1 s')", "22023", &["pause"]);
    lab.refuses("CALL zdm.backfill('t', 'v = 1', pause => '1 month -40 days')", "22023", &["pause"]);
    lab.refuses("CALL zdm.backfill('t', 'v = 1', pause => '178000000 years')", "22023", &["pause"]);
    lab.refuses("CALL zdm.backfill('nothere', 'v = 1')", "42P01", &["nothere"]);
    lab.refuses("CALL zdm.backfill(4294967295::oid::regclass, 'v = 1')", "42704", &[]);
    lab.refuses("CALL zdm.run(NULL)", "22004", &["job"]);
    lab.refuses("CALL zdm.run(4711)", "42704", &["4711"]);
    // The largest batch is taken, and NULL is the default where there is one.
    lab.s.run("CALL zdm.backfill('t', 'v = 1', batch => 2147483647)");
    lab.s.run("CALL zdm.backfill('t', 'v = 2', NULL, NULL, NULL)");
    lab.s.expect("SELECT min(v), max(v) FROM t", &["2|2"]);
}

#[test]
fn what_is_no_ordinary_table_is_refused() {
    let mut lab = Lab::new("kinds");
    lab.s.run(
        "CREATE VIEW v AS SELECT * FROM t;
         CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
         CREATE SEQUENCE sq;
         CREATE TYPE ty AS (v integer);
         CREATE TEMP TABLE tt (id integer PRIMARY KEY, v integer);
         CREATE FOREIGN DATA WRAPPER w; CREATE SERVER srv FOREIGN DATA WRAPPER w;
         CREATE FOREIGN TABLE ft (id integer, v integer) SERVER srv;
         CREATE TABLE parted (id integer, v integer) PARTITION BY RANGE (id);
         CREATE TABLE parted_1 PARTITION OF parted (PRIMARY KEY (id)) FOR VALUES FROM (0) TO (10);
         CREATE FOREIGN TABLE parted_2 PARTITION OF parted FOR VALUES FROM (10) TO (20) SERVER srv;
         CREATE TABLE ruled (id integer PRIMARY KEY, v integer);
         CREATE RULE r AS ON UPDATE TO ruled DO INSTEAD NOTHING;
         CREATE TABLE also_ruled (id integer PRIMARY KEY, v integer);
         CREATE RULE r AS ON UPDATE TO also_ruled DO ALSO DELETE FROM t;",
    );
    for (target, reason) in [
        ("v", "view"),
        ("m", "materialized view"),
        ("sq", "not a table"),
        ("ty", "not a table"),
        ("t_pkey", "not a table"),
        ("tt", "temporary"),
        ("ft", "foreign table"),
        ("parted", "foreign table"),
        ("ruled", "rule"),
        ("also_ruled", "rule"),
    ] {
        lab.refuses(&format!("CALL zdm.backfill('{target}', 'v = 1')"), "42809", &[reason]);
    }
    for target in ["pg_catalog.pg_class", "zdm.job", "zdm.job_part", "information_schema.sql_features"] {
        lab.refuses(&format!("CALL zdm.backfill('{target}', 'v = 1')"), "42501", &[]);
    }
    let toast: String = lab.s.value("SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'pg_proc'");
    lab.refuses(&format!("CALL zdm.backfill('{toast}', 'chunk_seq = 1')"), "42501", &[]);
}

#[test]
fn a_table_without_a_key_needs_a_where_that_excludes_the_rows_done() {
    let mut lab = Lab::new("no_key");
    lab.s.run("CREATE TABLE n (v integer, x integer, y integer NOT NULL DEFAULT 0); INSERT INTO n (v) SELECT generate_series(1, 10)");
    for arguments in [
        "'v = v + 1'",
        "'x = 1'",
        "'x = 1', 'v > 3'",
        "'x = 1', 'v IS NULL'",
        "'x = NULL', 'x IS NULL'",
        "'x = y', 'x IS NULL OR v = 1'",
        "'x = v', 'x IS NULL'",
        "'x = 1', 'x IS NOT NULL'",
        "'x = 1', 'x IS NULL OR true'",
        "'x = 2', 'x < 3'",
    ] {
        lab.refuses(&format!("CALL zdm.backfill('n', {arguments})"), "55000", &["key"]);
    }
    lab.s.expect("SELECT sum(v), count(x), sum(y) FROM n", &["55|0|0"]);
    lab.s.run("CALL zdm.backfill('n', 'x = 1', 'x IS NULL')");
    lab.s.run("CALL zdm.backfill('n', 'x = 2', 'x = 1')");
    lab.s.run("CALL zdm.backfill('n', 'x = 3', 'x IS DISTINCT FROM 3')");
    lab.s.expect("SELECT sum(v), min(x), max(x) FROM n", &["55|3|3"]);
}
