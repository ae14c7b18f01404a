//! What the check says of what is stored, and of the session's timeouts, is what the server has: updates, functions behind indexes, maintenance that
//! runs, and the room on the disk.

use std::time::Duration;

use zdm_cluster_tests::{Session, database, until};

/// The findings of one rule: message, detail and hint.
fn of(s: &mut Session, rule: &str, sql: &str) -> Vec<String> {
    s.rows(&format!("SELECT message, detail, hint FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule = '{rule}'"))
}

#[track_caller]
fn silent(s: &mut Session, rule: &str, sql: &str) {
    assert_eq!(of(s, rule, sql), Vec::<String>::new(), "{sql}");
}

#[test]
fn updates_are_counted() {
    let db = database("stored_updates");
    let mut s = db.connect();
    s.run("CREATE TABLE t (id int PRIMARY KEY, a int, b int) WITH (fillfactor = 50); INSERT INTO t SELECT g, g, g FROM generate_series(1, 6000) g");
    let index = "CREATE INDEX CONCURRENTLY i ON t (a)";
    silent(&mut s, "index-on-updated-table", index);
    s.run("UPDATE t SET a = a + 1");
    s.run("VACUUM t");
    s.run("UPDATE t SET a = a + 1");
    s.run("SELECT pg_stat_force_next_flush()");
    until("updates to be counted", || s.value::<i64>("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 't'") >= 12_000);
    let hot: i64 = s.value("SELECT n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 't'");
    let found = of(&mut s, "index-on-updated-table", index);
    assert!(hot >= 6_000 && found.len() == 1 && found[0].contains(&format!("Of its 12000 updates {hot} were HOT")), "{hot}: {found:?}");
    silent(&mut s, "index-on-updated-table", "CREATE INDEX CONCURRENTLY i ON t (id)");
}

#[test]
fn functions_are_known_by_what_they_compute() {
    let db = database("stored_functions");
    let mut s = db.connect();
    s.run(
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
         CREATE FUNCTION f(int, int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
         CREATE FUNCTION g(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN $1; END';
         CREATE FUNCTION unused(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';
         CREATE TABLE t (a int, b int GENERATED ALWAYS AS (g(a)) STORED, CONSTRAINT k CHECK (g(a) > 0), d int DEFAULT unused(1));
         INSERT INTO t VALUES (1); CREATE INDEX t_f ON t (f(a))",
    );
    let replace =
        |name: &str, parameters: &str| format!("CREATE OR REPLACE FUNCTION {name}({parameters}) RETURNS int LANGUAGE sql AS 'SELECT 1'");
    let found = of(&mut s, "change-used-function", &replace("f", "int"));
    assert!(found.len() == 1 && found[0].starts_with("what index public.t_f holds was computed by f as it is now|"), "{found:?}");
    assert!(found[0].ends_with("REINDEX INDEX CONCURRENTLY public.t_f."), "{found:?}");
    let found = of(&mut s, "change-used-function", "ALTER FUNCTION g STABLE");
    assert!(found.len() == 1 && found[0].contains("column b of public.t") && found[0].contains("constraint k of public.t"), "{found:?}");
    for sql in [replace("f", "int, int"), replace("unused", "int"), replace("fresh", "int"), "ALTER FUNCTION g(int) COST 5".to_owned()] {
        silent(&mut s, "change-used-function", &sql);
    }
}

#[test]
fn maintenance_that_runs_is_waited_for() {
    let db = database("stored_maintenance");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run("CREATE TABLE t (a int, b int); INSERT INTO t VALUES (1, 1)");
    let comment = "COMMENT ON TABLE t IS 'x'";
    silent(&mut s, "waits-for-maintenance", comment);
    let pid: i32 = other.value("SELECT pg_backend_pid()");
    other.run("BEGIN; LOCK TABLE t IN SHARE UPDATE EXCLUSIVE MODE");
    std::thread::sleep(Duration::from_millis(1_500));
    for sql in [comment, "CREATE STATISTICS st ON a, b FROM t", "ALTER TABLE t ALTER a SET STATISTICS 5"] {
        let found = of(&mut s, "waits-for-maintenance", sql);
        assert!(found.len() == 1 && found[0].contains(&format!("process {pid} ")), "{sql}: {found:?}");
    }
    s.run("SET lock_timeout = '200ms'");
    assert!(s.attempt(comment).is_err());
    other.run("COMMIT");
    silent(&mut s, "waits-for-maintenance", comment);
    s.run(comment);
}

#[test]
fn timeouts_are_those_in_force() {
    let db = database("stored_timeouts");
    let mut s = db.connect();
    s.run("CREATE TABLE t AS SELECT g AS a, repeat('x', 100) AS b FROM generate_series(1, 100000) g");
    let (index, block) =
        ("CREATE INDEX CONCURRENTLY i ON t (a)", "BEGIN; ALTER TABLE t ADD COLUMN z int; ALTER TABLE t ADD COLUMN y int; COMMIT");
    s.run("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
    silent(&mut s, "statement-timeout", "CREATE INDEX i ON t (a)");
    assert_eq!(of(&mut s, "idle-in-transaction-timeout", block).len(), 1);
    let short = of(&mut s, "statement-timeout", &format!("SET statement_timeout = 5; {index}"));
    assert!(short.len() == 1 && short[0].contains("An invalid index stays behind."), "{short:?}");
    s.run("SET statement_timeout = '1min'; SET idle_in_transaction_session_timeout = '10s'");
    silent(&mut s, "statement-timeout", index);
    silent(&mut s, "idle-in-transaction-timeout", block);
    s.run("SET statement_timeout = '10s'");
    assert_eq!(of(&mut s, "lock-timeout-order", "SET lock_timeout = '10s'").len(), 1);
    silent(&mut s, "lock-timeout-order", "SET lock_timeout = '9s'");
}

#[test]
fn a_disk_with_room_is_not_spoken_of() {
    let db = database("stored_disk");
    let mut s = db.connect();
    s.run("CREATE TABLE t AS SELECT g AS a, repeat('x', 100) AS b FROM generate_series(1, 50000) g");
    for sql in ["ALTER TABLE t ALTER a TYPE bigint", "VACUUM FULL t", "CREATE INDEX i ON t (a)"] {
        silent(&mut s, "disk-headroom", sql);
    }
}

/// The bytes of a segment of a table's file (RELSEG_SIZE blocks).
const SEGMENT: u64 = 1 << 30;

/// What df says of the room on the disk of a file, in MB.
fn room(file: &str) -> u64 {
    let df = std::process::Command::new("df").args(["--output=avail", "--block-size=1M", file]).output().expect("df");
    let text = String::from_utf8_lossy(&df.stdout).into_owned();
    text.lines().last().and_then(|line| line.trim().parse().ok()).unwrap_or_else(|| panic!("df {file}: {text}"))
}

#[test]
fn a_table_that_is_bigger_than_the_room_on_its_disk_is_spoken_of() {
    let db = database("stored_full_disk");
    let mut s = db.connect();
    s.run("CREATE TABLE t AS SELECT g AS a FROM generate_series(1, 1000) g");
    let file: String = s.value("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('t')");
    let rewrites = ["ALTER TABLE t ALTER a TYPE bigint", "VACUUM FULL t"];
    for sql in rewrites {
        silent(&mut s, "disk-headroom", sql);
    }
    // Files with holes are as big as one likes, and take no room: a page of zeros is an empty one.
    let before = std::fs::metadata(&file).expect("the table's file").len();
    let segments = room(&file) * (1 << 20) / SEGMENT + 2;
    let segment = |number: u64| if number == 0 { file.clone() } else { format!("{file}.{number}") };
    for number in 0..segments {
        let file = std::fs::File::options().write(true).create(true).truncate(false).open(segment(number)).expect("a segment");
        file.set_len(SEGMENT).expect("a file with holes");
    }
    let needed = (segments * SEGMENT) >> 20;
    let start = format!("needs {needed} MB more on the disk of public.t, which has ");
    for sql in rewrites {
        let found = of(&mut s, "disk-headroom", sql);
        assert!(found.len() == 1 && found[0].starts_with(&start), "{sql}: {found:?}");
        let left = found[0].trim_start_matches(&start).split(' ').next().and_then(|left| left.parse::<u64>().ok());
        let (left, room) = (left.expect("a number of MB"), room(&file));
        // others write to the disk as well
        assert!(left < needed && left.abs_diff(room) < room / 10 + 1024, "{sql}: {left} MB were said to be left, df says {room}");
    }
    // A tenth of it does fit.
    silent(&mut s, "disk-headroom", "CREATE INDEX i ON t (a)");
    (1..segments).for_each(|number| std::fs::remove_file(segment(number)).expect("a segment"));
    std::fs::File::options().write(true).open(&file).and_then(|file| file.set_len(before)).expect("the table's file");
    for sql in rewrites {
        silent(&mut s, "disk-headroom", sql);
    }
    s.expect("SELECT count(*) FROM t", &["1000"]);
}

#[test]
fn what_a_publication_names_is_known() {
    let db = database("stored_publication");
    let mut s = db.connect();
    s.run("CREATE TABLE a (x int); CREATE TABLE b (x int); CREATE PUBLICATION pub FOR TABLE a, b");
    s.expect(
        "SELECT relation, lock_mode FROM zdm.ddl_effects('ALTER PUBLICATION pub SET TABLE a') ORDER BY 1",
        &["a|ShareUpdateExclusiveLock", "b|ShareUpdateExclusiveLock"],
    );
    s.expect("SELECT count(*) FROM zdm.ddl_effects('ALTER PUBLICATION nobody SET TABLE a')", &["1"]);
}
