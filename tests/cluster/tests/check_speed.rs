//! Many checks in one session: each takes little time, they leave nothing behind, and no answer is older than the question.

use zdm_cluster_tests::{Session, database};

/// More than the time of a statement on a busy machine; what had to be cured once took 300 ms.
const MICROSECONDS: f64 = 2_000.0;
/// What the memory contexts, and what the process may grow by in 20,000 checks: 16 bytes a check would be 320 kB.
const CONTEXTS: i64 = 100_000;
const PROCESS: i64 = 3_000_000;

/// Statements of all kinds over the 30 tables made here; `%` stands for the number of the table.
const STATEMENTS: [&str; 16] = [
    "ALTER TABLE t% ADD COLUMN extra text NOT NULL DEFAULT 'a'",
    "ALTER TABLE t% ADD CONSTRAINT other FOREIGN KEY (a) REFERENCES t1 (id)",
    "ALTER TABLE t% ALTER COLUMN b SET NOT NULL, ALTER COLUMN a TYPE bigint",
    "ALTER TABLE t% DROP COLUMN b",
    "ALTER TABLE t% ADD CONSTRAINT unique_b UNIQUE (b)",
    "ALTER TABLE t% RENAME COLUMN b TO c",
    "CREATE INDEX CONCURRENTLY IF NOT EXISTS more ON t% (b, a)",
    "CREATE UNIQUE INDEX more ON t% (b)",
    "CREATE TABLE fresh_% (id bigserial PRIMARY KEY, t int REFERENCES t%)",
    "DROP TABLE t% CASCADE",
    "DROP INDEX t%_b",
    "ALTER TABLE p% DETACH PARTITION p%_1",
    "ALTER TABLE p% ATTACH PARTITION t% FOR VALUES IN (7)",
    "GRANT SELECT ON t% TO PUBLIC",
    "UPDATE t% SET b = lower(b) WHERE b IS NOT NULL",
    "CREATE OR REPLACE VIEW v% AS SELECT id, b FROM t%",
];

fn prepare(s: &mut Session) {
    s.run("SET zdm.guard_mode = off");
    for n in 1..=30 {
        s.run(&format!(
            "CREATE TABLE t{n} (id int PRIMARY KEY, a int REFERENCES t{parent}, b text DEFAULT 'x' CHECK (b <> ''), c numeric);
             CREATE INDEX t{n}_b ON t{n} (b); CREATE INDEX t{n}_lower ON t{n} (lower(b)) WHERE a > 0;
             CREATE VIEW v{n} AS SELECT id, b FROM t{n};
             INSERT INTO t{n} (id) SELECT generate_series(1, 100);
             CREATE TABLE p{n} (id int, k int) PARTITION BY LIST (k);
             CREATE TABLE p{n}_1 PARTITION OF p{n} FOR VALUES IN (1)",
            parent = (n / 2).max(1)
        ));
    }
    s.run("ANALYZE");
    s.run("CREATE TABLE times (microseconds float8)");
    // $more is done after each check, and its time counts
    s.run(
        "CREATE PROCEDURE many(calls int, statements text[], more text DEFAULT NULL) LANGUAGE plpgsql AS $$
         DECLARE
           began timestamptz;
           first timestamptz := clock_timestamp();
         BEGIN
           TRUNCATE times;
           FOR i IN 1..calls LOOP
             began := clock_timestamp();
             PERFORM count(*) FROM zdm.check_ddl(replace(statements[1 + i % cardinality(statements)], '%', (1 + i / 16 % 30)::text));
             IF more IS NOT NULL THEN EXECUTE more; END IF;
             INSERT INTO times SELECT extract(epoch FROM clock_timestamp() - began) * 1e6 WHERE i % 10 = 0;
             IF i % 1000 = 0 THEN COMMIT; END IF;
             EXIT WHEN clock_timestamp() > first + interval '20 s';
           END LOOP;
         END $$",
    );
}

fn many(s: &mut Session, calls: u32, more: &str) -> f64 {
    let list = STATEMENTS.map(|one| format!("$zdm${one}$zdm$")).join(", ");
    s.run(&format!("CALL many({calls}, ARRAY[{list}], {more})"));
    s.value("SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) FROM times")
}

/// The bytes in the memory contexts of the session, and those that the process has to itself.
fn memory(s: &mut Session) -> (i64, i64) {
    let contexts = s.value("SELECT sum(used_bytes)::int8 FROM pg_backend_memory_contexts");
    let status = std::fs::read_to_string(format!("/proc/{}/status", s.pid)).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or("0 kB");
    (contexts, line.trim().trim_end_matches(" kB").trim().parse::<i64>().unwrap() * 1024)
}

#[test]
fn a_check_takes_little_time_and_leaves_nothing_behind() {
    let db = database("check_speed");
    let mut s = db.connect();
    prepare(&mut s);
    many(&mut s, 4_000, "NULL");
    let early = memory(&mut s);
    let median = many(&mut s, 20_000, "NULL");
    let late = memory(&mut s);
    println!("median {median:.0} microseconds; {early:?} bytes after 4,000 checks, {late:?} after 24,000");
    assert!(median < MICROSECONDS, "a check took {median:.0} microseconds");
    assert!(late.0 - early.0 < CONTEXTS, "the contexts grew from {} to {} bytes", early.0, late.0);
    assert!(late.1 - early.1 < PROCESS, "the process grew from {} to {} bytes", early.1, late.1);

    // The instruments notice what they are for: 3 ms more, a prepared statement that is left behind.
    assert!(many(&mut s, 300, "'SELECT pg_sleep(0.003)'") > MICROSECONDS);
    let before = memory(&mut s);
    let leave = "EXECUTE format('PREPARE x%s AS SELECT 1', replace(gen_random_uuid()::text, '-', ''))";
    many(&mut s, 500, &format!("$x$DO $d$BEGIN {leave}; END$d$$x$"));
    let after = memory(&mut s);
    assert!(after.0 - before.0 > CONTEXTS, "{before:?} {after:?}");
}

/// The rules that speak of a statement, sorted.
fn rules(s: &mut Session, sql: &str) -> Vec<String> {
    let mut rules = s.rows(&format!(
        "SELECT coalesce(rule, 'safe') FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule IS DISTINCT FROM 'missing-lock-timeout'"
    ));
    rules.sort();
    rules.dedup();
    rules
}

#[test]
fn no_answer_is_older_than_the_question() {
    let db = database("check_stale");
    let (mut s, mut other) = (db.connect(), db.connect());
    other.run("SET zdm.guard_mode = off");
    s.run("SET zdm.guard_mode = off");
    other.run("CREATE TABLE t (id int PRIMARY KEY, a int, b text); INSERT INTO t SELECT g, g, g FROM generate_series(1, 100) g");
    s.run("SET zdm.small_table = 0");
    let not_null = "ALTER TABLE t ALTER COLUMN a SET NOT NULL";
    let has = |s: &mut Session, sql: &str, rule: &str| rules(s, sql).iter().any(|one| one == rule);
    // Others change it between two questions.
    assert!(has(&mut s, not_null, "set-not-null-scan"));
    other.run("ALTER TABLE t ADD CONSTRAINT proof CHECK (a IS NOT NULL)");
    assert!(!has(&mut s, not_null, "set-not-null-scan"));
    other.run("ALTER TABLE t DROP CONSTRAINT proof");
    assert!(has(&mut s, not_null, "set-not-null-scan"));
    let drop_column = "ALTER TABLE t DROP COLUMN b";
    assert!(!has(&mut s, drop_column, "drop-column-dependents"));
    other.run("CREATE VIEW v AS SELECT b FROM t");
    assert!(has(&mut s, drop_column, "drop-column-dependents"));
    other.run("DROP VIEW v; CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
    assert!(!has(&mut s, drop_column, "drop-column-dependents"));
    other.run("CREATE TRIGGER g BEFORE UPDATE OF b ON t FOR EACH ROW EXECUTE FUNCTION f()");
    assert!(has(&mut s, drop_column, "drop-column-dependents"));
    other.run("DROP TRIGGER g ON t; ALTER TABLE t ADD g text GENERATED ALWAYS AS (lower(b)) STORED");
    assert!(has(&mut s, drop_column, "drop-column-dependents"));
    let index = "CREATE INDEX CONCURRENTLY more ON t (a)";
    assert!(!has(&mut s, index, "redundant-index"));
    other.run("CREATE INDEX t_a ON t (a)");
    assert!(has(&mut s, index, "redundant-index"));
    other.run("DROP INDEX t_a; CREATE INDEX t_a ON t (a DESC)");
    assert!(!has(&mut s, index, "redundant-index"));
    other.run("ANALYZE t");
    assert!(!has(&mut s, not_null, "set-not-null-has-nulls"));
    other.run("UPDATE t SET a = NULL WHERE id > 50; ANALYZE t");
    assert!(has(&mut s, not_null, "set-not-null-has-nulls"));
    // What only others may know, they alone are told.
    s.run("CREATE ROLE check_stale_reader; SET ROLE check_stale_reader");
    assert!(!has(&mut s, not_null, "set-not-null-has-nulls"));
    other.run("GRANT SELECT (a) ON t TO check_stale_reader");
    assert!(has(&mut s, not_null, "set-not-null-has-nulls"));
    other.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    assert!(!has(&mut s, not_null, "set-not-null-has-nulls"));
    s.run("RESET ROLE");
    assert!(has(&mut s, not_null, "set-not-null-has-nulls"));
    // The session's own changes count at once, and no longer after a ROLLBACK.
    s.run("BEGIN; UPDATE t SET a = 0 WHERE a IS NULL; ALTER TABLE t ADD CONSTRAINT proof CHECK (a IS NOT NULL)");
    assert!(!has(&mut s, not_null, "set-not-null-scan"));
    s.run("ROLLBACK");
    assert!(has(&mut s, not_null, "set-not-null-scan"));
    // Another table by the same name.
    s.run("CREATE SCHEMA first; CREATE TABLE first.t (id int, a int NOT NULL)");
    s.run("SET search_path = first, public");
    assert_eq!(rules(&mut s, not_null), ["safe"]);
    s.run("SET search_path = public");
    assert!(has(&mut s, not_null, "set-not-null-scan"));
    // Publications and policies.
    let identity = |s: &mut Session| {
        s.rows("SELECT risk FROM zdm.check_ddl('ALTER TABLE t REPLICA IDENTITY NOTHING') WHERE rule = 'replica-identity'")
    };
    for what in ["TABLE t", "ALL TABLES", "TABLES IN SCHEMA public"] {
        assert_eq!(identity(&mut s), ["caution"]);
        other.run(&format!("CREATE PUBLICATION check_stale FOR {what}"));
        assert_eq!(identity(&mut s), ["danger"], "{what}");
        other.run("ALTER PUBLICATION check_stale SET (publish = 'insert')");
        assert_eq!(identity(&mut s), ["caution"], "{what}");
        other.run("DROP PUBLICATION check_stale");
    }
    other.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY");
    let protect = "ALTER TABLE t ENABLE ROW LEVEL SECURITY";
    assert!(has(&mut s, protect, "rls-enable-without-policy"));
    other.run("CREATE POLICY own ON t USING (true)");
    assert!(!has(&mut s, protect, "rls-enable-without-policy"));
}

#[test]
fn locks_of_the_session_are_seen_as_pg_locks_shows_them() {
    let db = database("check_held");
    let mut s = db.connect();
    s.run("SET zdm.guard_mode = off");
    for n in 1..=100 {
        s.run(&format!("CREATE TABLE t{n} (id int PRIMARY KEY, a int); INSERT INTO t{n} VALUES (1, 1)"));
    }
    let held = |s: &mut Session| {
        s.rows(
            "SELECT coalesce(message, '') || ' ' || detail FROM zdm.check_ddl('CREATE INDEX ON t1 (a)') WHERE rule = 'work-while-locked'",
        )
    };
    s.run("BEGIN");
    assert_eq!(held(&mut s), Vec::<String>::new());
    // Weak locks do not count, nor do those of others.
    s.run("LOCK TABLE t100 IN ROW EXCLUSIVE MODE; LOCK TABLE t99 IN SHARE UPDATE EXCLUSIVE MODE");
    let mut other = db.connect();
    other.run("BEGIN; LOCK TABLE t3 IN EXCLUSIVE MODE");
    assert_eq!(held(&mut s), Vec::<String>::new());
    other.run("ROLLBACK");
    // Of several modes on one table the strongest counts, of many tables the one with the strongest.
    s.run("SAVEPOINT a");
    for n in 2..=90 {
        s.run(&format!("LOCK TABLE t{n} IN SHARE MODE"));
    }
    s.run("SAVEPOINT b; LOCK TABLE t77 IN ROW SHARE MODE; LOCK TABLE t77 IN ACCESS EXCLUSIVE MODE");
    let found = held(&mut s);
    assert!(found.len() == 1 && found[0].contains("AccessExclusiveLock") && found[0].contains("t77"), "{found:?}");
    s.run("ROLLBACK TO b");
    let found = held(&mut s);
    assert!(found.len() == 1 && found[0].contains("ShareLock"), "{found:?}");
    // What the transaction made itself, and what is temporary, disturbs nobody.
    s.run("ROLLBACK TO a; CREATE TABLE mine (a int); CREATE TEMPORARY TABLE passing (a int); LOCK TABLE mine, passing");
    assert_eq!(held(&mut s), Vec::<String>::new());
    s.run("ROLLBACK");
    assert_eq!(held(&mut s), Vec::<String>::new());
}
