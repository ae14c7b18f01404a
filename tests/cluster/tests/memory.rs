//! A batch leaves nothing behind in the memory of its session: a job of a million batches needs no more than one of a thousand.

use std::thread::sleep;
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Job, Session, database, shared, until};

/// A context may take another block now and then. 20 bytes a batch would be 360 kB.
const ALLOWED: i64 = 100_000;

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
        memory_in_use(&mut other, job.pid)
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
