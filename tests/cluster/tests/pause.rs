//! Between batches a job is nobody's hindrance: no snapshot, no lock, and a cancel ends it at once.

use std::thread::sleep;
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Database, Job, Running, Session, database, until};

/// What a cancel may take.
const AT_ONCE: Duration = Duration::from_millis(500);

/// A job of three batches that has just ended its first one and pauses for `pause` seconds.
fn pausing_job(db: &Database, pause: f32) -> (Running, Session) {
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run(
        "CREATE TABLE IF NOT EXISTS t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         TRUNCATE t;
         INSERT INTO t SELECT generate_series(1, 30);",
    );
    let job = s.background(&format!("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '{pause} s')"));
    until("the first batch is done", || other.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 10);
    sleep(Duration::from_millis(50));
    (job, other)
}

#[test]
fn a_pause_holds_no_snapshot_and_no_lock() {
    let db = database("nothing_held");
    let (job, mut other) = pausing_job(&db, 2.0);
    let end = Instant::now() + Duration::from_millis(1500);
    let mut samples = 0;
    while Instant::now() < end {
        let held = other.rows(&format!(
            "SELECT 'backend_xmin ' || backend_xmin FROM pg_stat_activity WHERE pid = {0} AND backend_xmin IS NOT NULL
              UNION ALL SELECT 'backend_xid ' || backend_xid FROM pg_stat_activity WHERE pid = {0} AND backend_xid IS NOT NULL
              UNION ALL SELECT format('lock: %s %s %s', locktype, mode, relation::regclass) FROM pg_locks
                         WHERE pid = {0} AND locktype <> 'virtualxid'",
            job.pid
        ));
        assert!(held.is_empty(), "expected nothing to be held in a pause, came: {held:?}");
        samples += 1;
        sleep(Duration::from_millis(3));
    }
    assert!(samples > 100, "only {samples} samples");
    other.expect("SELECT count(*) FROM t WHERE v = 1", &["10"]);
    job.cancel();
    job.canceled();
}

#[test]
fn in_a_pause_others_do_what_they_like_with_the_table() {
    let db = database("free_table");
    let (job, mut other) = pausing_job(&db, 3.0);
    let start = Instant::now();
    other.run("SET lock_timeout = '200ms'");
    other.run("UPDATE t SET v = v WHERE id = 25");
    other.run("ALTER TABLE t ADD COLUMN more integer");
    // Removes the dead rows of the first batch, and waits for everyone who might still see the table without the index.
    other.run("CREATE INDEX CONCURRENTLY ON t (v)");
    other.run("VACUUM t");
    other.expect("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 't'", &["0"]);
    assert!(start.elapsed() < Duration::from_secs(2), "expected all that to fit into one pause, came: {:?}", start.elapsed());
    other.expect("SELECT count(*) FROM t WHERE v = 1", &["10"]);
    job.success().expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn a_cancel_in_a_pause_works_at_once_and_the_job_can_go_on() {
    let db = database("cancel_pause");
    let (job, mut witness) = pausing_job(&db, 600.0);
    let start = Instant::now();
    job.cancel();
    let (mut s, result, end) = job.outcome();
    let error = zdm_cluster_tests::refused(result, "57014");
    assert!(end - start < AT_ONCE, "expected the cancel to work within {AT_ONCE:?}, came: {:?}", end - start);

    let canceled = Job::newest(&mut s).unwrap();
    assert_eq!((canceled.state.as_str(), canceled.updated), ("canceled", 10), "{canceled:?}");
    let hint = error.hint().unwrap_or_default();
    assert_eq!(zdm_cluster_tests::job_number(hint), Some(canceled.id), "expected the hint to name the job, came: {hint}");

    // The same session goes on; the pause is part of the job, so shorten it.
    s.run("UPDATE zdm.job SET pause = '1 ms'");
    s.run(&format!("CALL zdm.run({})", canceled.id));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    let done = Job::numbered(&mut s, canceled.id);
    assert_eq!((done.state.as_str(), done.updated, done.error), ("done", 30, None), "the job after its second run");
    witness.expect("SELECT 1", &["1"]);
}

#[test]
fn a_cancel_in_a_batch_undoes_that_batch_only() {
    let db = database("cancel_batch");
    let (mut s, mut witness) = (db.connect(), db.connect());
    s.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, 100);
         CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(600); RETURN NEW; END$$;
         CREATE TRIGGER slow BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.id = 35) EXECUTE FUNCTION slow();",
    );
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    until("three batches are done", || witness.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 30);
    let sleeping = format!("SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE pid = {}", job.pid);
    until("the fourth batch is in its fifth row", || witness.value::<Option<bool>>(&sleeping) == Some(true));
    let start = Instant::now();
    job.cancel();
    let (mut s, result, end) = job.outcome();
    zdm_cluster_tests::refused(result, "57014");
    assert!(end - start < AT_ONCE, "expected the cancel to work within {AT_ONCE:?}, came: {:?}", end - start);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.updated, job.batches), ("canceled", 30, 3), "{job:?}");
    s.expect("SELECT count(*) FILTER (WHERE v = 1 AND id <= 30), count(*) FILTER (WHERE v = 0) FROM t", &["30|70"]);

    s.run("DROP TRIGGER slow ON t");
    s.run(&format!("CALL zdm.run({})", job.id));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    witness.expect("SELECT 1", &["1"]);
}

#[test]
fn a_cancel_while_older_transactions_are_waited_for_works_at_once() {
    let db = database("cancel_wait");
    let (mut s, mut writer) = (db.connect(), db.connect());
    s.run("CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0); INSERT INTO t SELECT generate_series(1, 30)");
    writer.run("BEGIN; INSERT INTO t VALUES (31)");
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    sleep(Duration::from_millis(700));
    // It waits without a snapshot, too: nobody knows how long that will take.
    let xmin = format!("SELECT count(*) FROM pg_stat_activity WHERE pid = {} AND backend_xmin IS NOT NULL", job.pid);
    let mut other = db.connect();
    let held = (0..20).filter(|_| other.value::<i64>(&xmin) > 0).count();
    assert!(held < 10, "expected no snapshot while the job waits, came: one in {held} of 20 samples");
    let start = Instant::now();
    job.cancel();
    let (mut s, result, end) = job.outcome();
    zdm_cluster_tests::refused(result, "57014");
    assert!(end - start < AT_ONCE, "expected the cancel to work within {AT_ONCE:?}, came: {:?}", end - start);
    // The row of the transaction that was not waited for to the end is not lost to the next run.
    writer.run("COMMIT");
    let job = Job::newest(&mut s).unwrap();
    assert_eq!(job.state, "canceled", "{job:?}");
    s.run(&format!("CALL zdm.run({})", job.id));
    s.expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|31"]);
}

#[test]
fn a_terminated_session_ends_at_once_and_leaves_a_job_that_can_go_on() {
    let db = database("terminate");
    let (job, mut other) = pausing_job(&db, 600.0);
    let start = Instant::now();
    other.run(&format!("SELECT pg_terminate_backend({})", job.pid));
    let (_, result, end) = job.outcome();
    zdm_cluster_tests::cut_off(result);
    assert!(end - start < AT_ONCE, "expected the end within {AT_ONCE:?}, came: {:?}", end - start);
    until("its process has gone", || other.value::<i64>("SELECT count(*) FROM zdm.progress WHERE state <> 'running'") == 1);
    let id = Job::newest(&mut other).unwrap().id;
    other.run("UPDATE zdm.job SET pause = '1 ms'");
    other.run(&format!("CALL zdm.run({id})"));
    other.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    other.expect("SELECT state, percent FROM zdm.progress", &["done|100.0"]);
}

#[test]
fn the_pause_is_kept_between_partitions() {
    let db = database("pause_partitions");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (10);
         CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20);
         CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (20) TO (30);
         INSERT INTO t SELECT generate_series(0, 29);",
    );
    let start = Instant::now();
    s.run("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '600 ms')");
    let took = start.elapsed();
    assert!(took > Duration::from_millis(1200), "three batches in three partitions: expected two pauses of 600 ms, came {took:?} in all");
    // After the last batch there is nothing to pause for.
    assert!(took < Duration::from_millis(1750), "three batches in three partitions: expected two pauses of 600 ms, came {took:?} in all");
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn a_pause_holds_nothing_in_a_procedure_either() {
    let db = database("pause_procedure");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, 30);
         CREATE PROCEDURE p() LANGUAGE plpgsql AS $$
         DECLARE r record;
         BEGIN
             FOR r IN SELECT relname FROM pg_class WHERE relname = 't' LOOP
                 CALL zdm.backfill(r.relname::regclass, 'v = v + 1', batch => 10, pause => '600 ms');
             END LOOP;
         END$$;",
    );
    let job = s.background("CALL p()");
    until("the first batch is done", || other.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 10);
    sleep(Duration::from_millis(50));
    let held = format!(
        "SELECT (SELECT count(*) FROM pg_stat_activity WHERE pid = {0} AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL))
              + (SELECT count(*) FROM pg_locks WHERE pid = {0} AND locktype <> 'virtualxid')",
        job.pid
    );
    for _ in 0..30 {
        other.expect(&held, &["0"]);
        sleep(Duration::from_millis(10));
    }
    job.success().expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}
