//! What a batch costs does not depend on how many there were before: it leaves nothing behind in the memory of its session, and it reads its own
//! part of the table by the index.

use std::thread::sleep;
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Job, Session, database, shared, until};

/// A context may take another block now and then. 20 bytes a batch would be 360 kB.
const ALLOWED: i64 = 100_000;

/// In the middle of a batch there is up to 200 kB more: the least of so many looks counts.
const LOOKS: usize = 7;

#[test]
fn memory_does_not_grow_with_the_batches() {
    let db = database("memory");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, x integer);
         INSERT INTO t (id) SELECT generate_series(1, 22000);
         ANALYZE t;",
    );
    // With the notices of progress, which are made whether or not they are sent.
    s.run("SET zdm.notice_interval = '10 ms'");
    s.run("SET client_min_messages = warning");
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', 'x IS NULL', batch => 1)");
    let mut used = |batches: i64| {
        let start = Instant::now();
        while Job::newest(&mut other).is_none_or(|job| job.batches < batches) {
            assert!(start.elapsed() < Duration::from_secs(40), "the job takes too long");
            sleep(Duration::from_millis(5));
        }
        (0..LOOKS).map(|_| memory_in_use(&mut other, job.pid)).min().unwrap()
    };
    let (early, late) = (used(2000), used(20_000));
    println!("{early} bytes after 2,000 batches, {late} after 20,000");
    assert!(late - early < ALLOWED, "expected less than {ALLOWED} bytes more after 18,000 batches, came {}", late - early);
    job.success().expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

/// What the process logs of its memory: the bytes in use, over all contexts.
fn memory_in_use(other: &mut Session, pid: i32) -> i64 {
    let seen = totals(pid).len();
    other.run(&format!("SELECT pg_log_backend_memory_contexts({pid})"));
    until("the process has logged its memory", || totals(pid).len() > seen);
    totals(pid)[seen]
}

fn totals(pid: i32) -> Vec<i64> {
    let (mine, log) = (format!("[{pid}]"), shared().log());
    let lines = log.lines().filter(|line| line.contains(&mine) && line.contains("Grand total:") && line.ends_with(" used"));
    lines.filter_map(|line| line.rsplit(' ').nth(1)?.parse().ok()).collect()
}

#[test]
fn batches_read_the_table_by_its_key() {
    let db = database("index_scans");
    let mut s = db.connect();
    for (table, columns, key, values) in [
        ("one", "id bigint", "PRIMARY KEY (id)", "n * 7919 % 1000003"),
        ("other", "id uuid", "PRIMARY KEY (id)", "md5(n::text)::uuid"),
        ("pair", "a integer, b text", "PRIMARY KEY (a, b)", "n / 500, md5(n::text)"),
        ("triple", "a integer, b integer, c date", "PRIMARY KEY (c, a, b)", "n, n / 2, date '2024-01-01' + n / 100"),
    ] {
        s.run(&format!(
            "CREATE TABLE {table} ({columns}, v integer NOT NULL DEFAULT 0, x integer, {key}) WITH (autovacuum_enabled = off);
             INSERT INTO {table} SELECT {values} FROM generate_series(1, 20000) n;
             ANALYZE {table};"
        ));
        for arguments in ["'v = v + 1', batch => 100", "'x = 1', 'x IS NULL', batch => 100", "'v = v + 1', 'v = 4711', batch => 100"] {
            let scans = |s: &mut Session| {
                s.run("SELECT pg_stat_force_next_flush()");
                s.run("SELECT pg_stat_clear_snapshot()");
                s.rows(&format!("SELECT seq_scan, seq_tup_read, idx_tup_fetch FROM pg_stat_user_tables WHERE relname = '{table}'"))
                    .remove(0)
            };
            let numbers = |row: String| row.split('|').map(|n| n.parse::<i64>().unwrap()).collect::<Vec<_>>();
            let before = numbers(scans(&mut s));
            s.run(&format!("CALL zdm.backfill('{table}', {arguments})"));
            let after = numbers(scans(&mut s));
            let (scans, rows) = (after[0] - before[0], after[1] - before[1] + after[2] - before[2]);
            // Each row once for the batch and once for its bound; some count at the end once more.
            assert!(
                scans <= 2 && rows <= 100_000,
                "{table} {arguments}: expected each of 20,000 rows to be read a few times by index, came {scans} scans of the table, {rows} rows read"
            );
        }
    }
}
