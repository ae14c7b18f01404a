//! What a job does to the rows: each one that belongs to it once, in batches that commit separately, whatever other sessions do meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Job, Random, Session, database, until};

/// A table of `rows` rows with the counter `v` and the writers' column `w`.
fn table(session: &mut Session, rows: i64) {
    session.run(&format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, w integer NOT NULL DEFAULT 0, x integer);
         INSERT INTO t (id) SELECT generate_series(1, {rows});
         ANALYZE t;"
    ));
}

#[test]
fn each_batch_is_a_transaction_of_its_own() {
    let db = database("batches");
    let mut s = db.connect();
    table(&mut s, 2500);
    s.run("CALL zdm.backfill('t', 'v = v + 1', batch => 100)");
    s.expect("SELECT count(DISTINCT xmin::text), min(v), max(v) FROM t", &["25|1|1"]);
    s.expect("SELECT max(n) FROM (SELECT count(*) n FROM t GROUP BY xmin::text) b", &["100"]);

    // Without a number a batch is of 1,000 rows; so is it with NULL.
    s.run("CALL zdm.backfill('t', 'v = v + 1')");
    s.expect("SELECT count(DISTINCT xmin::text), min(v), max(v) FROM t", &["3|2|2"]);
    assert!(s.attempt_extended("CALL zdm.backfill('t', 'v = v + 1', NULL, NULL)").is_ok());
    s.expect("SELECT count(DISTINCT xmin::text), min(v), max(v) FROM t", &["3|3|3"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.updated, job.suppressed), ("done", 2500, 0), "{job:?}");

    // The arguments may come as parameters of a prepared statement.
    let call = "CALL zdm.backfill($1::text::regclass, $2, $3, $4, $5::text::interval)";
    let bound = s.attempt_bound(call, &[&"t", &"v = v + 1", &"id <= 10", &5_i32, &"1 ms"]);
    assert!(bound.is_ok(), "{call}: {bound:?}");
    s.expect("SELECT count(*), count(DISTINCT xmin::text) FROM t WHERE v = 4", &["10|2"]);
    s.run("UPDATE t SET v = 3 WHERE v = 4");

    // A batch is of matching rows, not of keys that were passed: 5 rows in 2,500 are one batch, not 25.
    s.run("CALL zdm.backfill('t', 'v = v + 1', 'id % 500 = 0', batch => 100)");
    s.expect("SELECT count(DISTINCT xmin::text), count(*) FROM t WHERE v = 4", &["1|5"]);
}

#[test]
fn other_sessions_see_the_batches_that_are_done() {
    let db = database("visible");
    let (mut s, mut other) = (db.connect(), db.connect());
    table(&mut s, 30);
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '400 ms')");
    for changed in [10, 20, 30] {
        until("the next batch is visible", || other.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == changed);
    }
    job.success();
}

#[test]
fn an_open_transaction_that_has_written_is_waited_for_and_its_row_included() {
    let db = database("older_writer");
    let (mut s, mut writer, mut other) = (db.connect(), db.connect(), db.connect());
    table(&mut s, 100);
    // Below the other keys, in the middle of them, and above: a walk that went past would miss each of these.
    s.run("DELETE FROM t WHERE id = 50");
    writer.run("BEGIN; INSERT INTO t (id) VALUES (0), (50), (1000)");
    let mut job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    sleep(Duration::from_millis(1500));
    assert!(job.end().is_none(), "expected the job to wait for the open transaction, came: {:?}", job.end());
    other.expect("SELECT count(*) FROM t WHERE v <> 0", &["0"]);
    let told = job.notices();
    let pid = writer.pid.to_string();
    assert!(
        told.iter().any(|n| n.message.contains("wait") && format!("{}{}", n.message, n.detail).contains(&pid)),
        "expected a notice that says who is waited for ({pid}), came: {told:#?}"
    );
    writer.run("COMMIT");
    job.success();
    other.expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|102"]);
}

#[test]
fn a_prepared_transaction_is_waited_for_too() {
    let cluster = zdm_cluster_tests::Cluster::start(&["max_prepared_transactions = 2"]);
    let db = cluster.database("prepared");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 20);
    writer.run("BEGIN; INSERT INTO t (id) VALUES (100); PREPARE TRANSACTION 'p'");
    let mut job = s.background("CALL zdm.backfill('t', 'v = v + 1')");
    sleep(Duration::from_millis(600));
    assert!(job.end().is_none(), "expected the job to wait for the prepared transaction, came: {:?}", job.end());
    writer.run("COMMIT PREPARED 'p'");
    job.success().expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|21"]);
}

#[test]
fn nobody_else_is_waited_for() {
    let db = database("bystanders");
    let (mut s, mut reader, mut elsewhere) = (db.connect(), db.connect(), db.connect());
    table(&mut s, 100);
    s.run("CREATE TABLE other (id integer)");
    reader.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM t");
    elsewhere.run("BEGIN; INSERT INTO other VALUES (1)");
    let start = Instant::now();
    s.run("CALL zdm.backfill('t', 'v = v + 1')");
    assert!(start.elapsed() < Duration::from_secs(2), "expected no wait, came {:?}", start.elapsed());
    // A row of another table's writer, who comes to this table only now, is not one that was there at the start.
    reader.expect("SELECT count(*) FROM t WHERE v <> 0", &["0"]);
}

#[test]
fn a_transaction_that_begins_to_write_later_is_not_waited_for() {
    let db = database("younger_writer");
    let (mut s, mut old, mut young) = (db.connect(), db.connect(), db.connect());
    table(&mut s, 10);
    old.run("BEGIN; UPDATE t SET w = 1 WHERE id = 1");
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1')");
    until("the job has begun", || Job::newest(&mut young).is_some());
    sleep(Duration::from_millis(300));
    young.run("BEGIN; INSERT INTO t (id) VALUES (-5)");
    old.run("COMMIT");
    // The younger one is still open when the job ends.
    let mut s = job.success();
    young.run("COMMIT");
    s.expect("SELECT count(*) FROM t WHERE id > 0 AND v = 1", &["10"]);
}

#[test]
fn rows_above_the_frozen_bound_are_not_touched() {
    let db = database("bound");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 30);
    let job = s.background("CALL zdm.backfill('t', 'x = 7', 'x IS NULL', batch => 10, pause => '300 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE x = 7") == 10);
    writer.run("INSERT INTO t (id) SELECT generate_series(31, 60)");
    let mut s = job.success();
    s.expect("SELECT count(*) FILTER (WHERE id <= 30 AND x = 7), count(*) FILTER (WHERE id > 30 AND x IS NULL) FROM t", &["30|30"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.updated, job.remaining), (30, Some(30)), "expected the new rows to be reported as remaining: {job:?}");
}

#[test]
fn endless_inserts_do_not_keep_the_job_going() {
    let db = database("endless");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 200);
    let mut job = s.background("CALL zdm.backfill('t', 'x = 7', 'x IS NULL', batch => 10, pause => '5 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE x = 7") > 0);
    let start = Instant::now();
    let mut next = 1000;
    while job.end().is_none() {
        writer.run(&format!("INSERT INTO t (id) SELECT generate_series({next}, {next} + 20)"));
        next += 21;
        assert!(start.elapsed() < Duration::from_secs(5), "expected the job to end at its bound: {:?}", Job::newest(&mut writer));
    }
    job.success().expect("SELECT count(*) FILTER (WHERE id <= 200), count(*) FROM t WHERE x = 7", &["200|200"]);
}

#[test]
fn rows_that_others_update_meanwhile_are_changed_once() {
    let db = database("updaters");
    let mut s = db.connect();
    table(&mut s, 4000);
    let seed = Random::seed_of_run();
    println!("seed {seed}");
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 40, pause => '2 ms')");
    let writes = (0..3).map(|number| {
        let mut writer = db.connect();
        let mut random = Random::new(seed, number);
        std::thread::spawn(move || {
            for _ in 0..400 {
                // Ordered, so that the writers do not deadlock among themselves; some transactions stay open for a moment.
                let (a, b) = (1 + random.below(2000), 2001 + random.below(1999));
                let nap = random.below(3) as f64 / 1000.0;
                writer.run(&format!(
                    "BEGIN; UPDATE t SET w = w + 1 WHERE id = {a}; UPDATE t SET w = w + 1 WHERE id = {b}; SELECT pg_sleep({nap}); COMMIT"
                ));
            }
        })
    });
    for thread in writes.collect::<Vec<_>>() {
        thread.join().expect("the writers succeed");
    }
    let mut s = job.success();
    s.expect("SELECT min(v), max(v), sum(w) FROM t", &["1|1|2400"]);
}

#[test]
fn deleted_rows_do_not_matter() {
    let db = database("deleters");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 1000);
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '3 ms')");
    for from in (1..1000).step_by(20) {
        // Some of them done already, some not, and the last key, which is the bound.
        writer.run(&format!("DELETE FROM t WHERE id BETWEEN {from} AND {from} + 9"));
        writer.run(&format!("DELETE FROM t WHERE id = 1001 - {from} / 20"));
    }
    job.success().expect("SELECT min(v), max(v), count(*) BETWEEN 400 AND 500 FROM t", &["1|1|t"]);
}

#[test]
fn a_row_that_stops_to_match_while_it_is_waited_for_is_left_alone() {
    let db = database("recheck");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 20);
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', 'x IS NULL', batch => 5, pause => '300 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 5);
    writer.run("BEGIN; UPDATE t SET x = 1 WHERE id = 8; UPDATE t SET w = 1 WHERE id = 9");
    sleep(Duration::from_millis(600));
    writer.run("COMMIT");
    job.success().expect("SELECT id, v, w FROM t WHERE id IN (7, 8, 9) ORDER BY 1", &["7|1|0", "8|0|0", "9|1|1"]);
}

#[test]
fn a_walk_by_blocks_leaves_no_row_that_writers_move() {
    let db = database("movers");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (n integer, w integer NOT NULL DEFAULT 0, x integer, pad text DEFAULT repeat('p', 150));
         INSERT INTO t (n) SELECT generate_series(1, 20000);
         CREATE INDEX ON t (w);
         CREATE INDEX ON t (n);",
    );
    let seed = Random::seed_of_run();
    println!("seed {seed}");
    let mut job = s.background("CALL zdm.backfill('t', 'x = 1', 'x IS NULL', batch => 500, pause => '1 ms')");
    let stop = AtomicBool::new(false);
    let moved: u64 = scope(|threads| {
        let writers = [0, 1].map(|number| {
            let mut writer = db.connect();
            let mut random = Random::new(seed, number);
            let stop = &stop;
            threads.spawn(move || {
                let mut moved = 0;
                while !stop.load(Ordering::Relaxed) {
                    // w is indexed, so each update is a new row version, at the end of the table or wherever there is room.
                    let from = random.below(19_000);
                    writer.run(&format!("UPDATE t SET w = w + 1 WHERE n BETWEEN {from} AND {from} + 20"));
                    moved += 21;
                }
                moved
            })
        });
        while job.end().is_none() {
            sleep(Duration::from_millis(2));
        }
        stop.store(true, Ordering::Relaxed);
        writers.into_iter().map(|writer| writer.join().expect("the writers succeed")).sum()
    });
    assert!(moved > 500, "the writers moved only {moved} rows: the test shows nothing");
    let mut s = job.success();
    s.expect("SELECT count(*) FILTER (WHERE x IS DISTINCT FROM 1), count(*) FROM t", &["0|20000"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.updated, job.remaining), (20000, Some(0)), "expected each row to be updated once: {job:?}");
}

#[test]
fn the_session_s_isolation_level_does_not_matter() {
    let db = database("isolation");
    for (level, protocol) in [("repeatable read", "simple"), ("serializable", "simple"), ("serializable", "extended")] {
        let (mut s, mut writer) = (db.connect(), db.connect());
        s.run("DROP TABLE IF EXISTS t");
        table(&mut s, 30);
        s.run(&format!("SET default_transaction_isolation = '{level}'"));
        let call = "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '100 ms')";
        if protocol == "extended" {
            assert!(s.attempt_extended(call).is_ok());
        } else {
            let job = s.background(call);
            // The job's second batch meets a row of an open transaction: an error 40001 unless the level is READ COMMITTED.
            until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 10);
            writer.run("BEGIN; UPDATE t SET w = w + 1 WHERE id = 15");
            sleep(Duration::from_millis(400));
            writer.run("COMMIT");
            s = job.success();
        }
        s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
        s.expect("SHOW default_transaction_isolation", &[level]);
        let job = Job::newest(&mut s).unwrap();
        assert_eq!((job.state.as_str(), job.updated, job.batches), ("done", 30, 3), "{level}: {job:?}");
    }
}

#[test]
fn a_deadlock_with_a_writer_is_survived() {
    let db = database("deadlock");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 40);
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 10);
    // The writer has a row in the middle of the next batch, and asks for an earlier one once the job waits for it. It would wait for long
    // before it looked for a deadlock: the job has to give way.
    writer.run("SET deadlock_timeout = '1min'; BEGIN; UPDATE t SET w = 1 WHERE id = 18");
    let mut other = db.connect();
    let blocked = format!("SELECT {} = ANY (pg_blocking_pids({}))", writer.pid, job.pid);
    until("the job waits for the writer", || other.value::<bool>(&blocked));
    let start = Instant::now();
    writer.run("UPDATE t SET w = 1 WHERE id = 12");
    assert!(start.elapsed() < Duration::from_secs(10), "expected the job to give way soon, came: {:?}", start.elapsed());
    writer.run("COMMIT");
    let mut s = job.success();
    s.expect("SELECT min(v), max(v), sum(w) FROM t", &["1|1|2"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.updated), ("done", 40), "{job:?}");
}

#[test]
fn a_walk_by_blocks_leaves_no_row_that_is_always_busy() {
    let db = database("busy_row");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (n integer, w integer NOT NULL DEFAULT 0, x integer, pad text NOT NULL DEFAULT repeat('p', 1500));
         CREATE INDEX ON t (n);
         CREATE INDEX ON t (w);
         INSERT INTO t (n) SELECT generate_series(1, 400);",
    );
    let stop = AtomicBool::new(false);
    scope(|threads| {
        // Both have the row for nearly all the time, and every transaction moves it to another block.
        for _ in 0..2 {
            let (mut writer, stop) = (db.connect(), &stop);
            threads.spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    writer.run("BEGIN; UPDATE t SET w = w + 1 WHERE n = 7; SELECT pg_sleep(0.003); COMMIT");
                }
            });
        }
        sleep(Duration::from_millis(100));
        // Whether the job meets the row between two of them is a matter of luck: several rounds.
        let rounds = catch_unwind(AssertUnwindSafe(|| {
            for _ in 0..8 {
                s.run("UPDATE t SET x = NULL; DELETE FROM zdm.job");
                s.run("CALL zdm.backfill('t', 'x = 1', 'x IS NULL', batch => 100)");
                s.expect("SELECT n FROM t WHERE x IS DISTINCT FROM 1", &[]);
                s.expect("SELECT state, rows_updated, rows_remaining FROM zdm.job", &["done|400|0"]);
            }
        }));
        stop.store(true, Ordering::Relaxed);
        rounds.unwrap_or_else(|failure| resume_unwind(failure));
    });
}
