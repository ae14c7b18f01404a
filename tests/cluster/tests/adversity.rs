//! What others may do to a job while it runs, and what the job's own session may have been through: it goes on exactly, or says what is wrong.

use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Database, Job, Running, Session, cut_off, database, refused, shared, until};

fn table(session: &mut Session, rows: i64) {
    session.run(&format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, x integer);
         INSERT INTO t (id) SELECT generate_series(1, {rows});"
    ));
}

/// A job on table t that is in the pause after its first batch of ten rows.
fn pausing_job(db: &Database, arguments: &str, pause: &str) -> Running {
    let mut other = db.connect();
    let before = Job::newest(&mut other).map_or(0, |job| job.id);
    let job = db.connect().background(&format!("CALL zdm.backfill('t', {arguments}, batch => 10, pause => '{pause}')"));
    let progress = format!("SELECT count(*) FROM zdm.job WHERE id > {before} AND batches = 1");
    until("the first batch is done", || other.value::<i64>(&progress) == 1);
    job
}

#[test]
fn a_second_cancel_does_not_leave_the_job_running() {
    let db = database("two_cancels");
    let mut other = db.connect();
    table(&mut other, 30);
    // The first cancel is being written down when the second one comes.
    other.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(0.4); RETURN NEW; END$$;
         CREATE TRIGGER slow BEFORE UPDATE ON zdm.job FOR EACH ROW WHEN (NEW.state <> OLD.state) EXECUTE FUNCTION slow();",
    );
    let job = pausing_job(&db, "'v = v + 1'", "1 h");
    job.cancel();
    sleep(Duration::from_millis(150));
    job.cancel();
    let session = job.canceled();
    // The session that ran it is still there.
    let canceled = Job::newest(&mut other).unwrap();
    assert_eq!(canceled.state, "canceled", "{canceled:?}");
    other.run("DROP TRIGGER slow ON zdm.job; UPDATE zdm.job SET pause = '0'");
    other.run(&format!("CALL zdm.run({})", canceled.id));
    other.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    drop(session);
}

#[test]
fn a_storm_of_cancels_loses_nothing() {
    let db = database("cancel_storm");
    let mut s = db.connect();
    table(&mut s, 600);
    let mut call = "CALL zdm.backfill('t', 'v = v + 1', batch => 5)".to_owned();
    let mut canceled = 0;
    loop {
        let mut job = db.connect().background(&call);
        sleep(Duration::from_millis(3 + canceled % 7));
        while job.end().is_none() {
            job.cancel();
            sleep(Duration::from_micros(500));
        }
        let (session, result, _) = job.outcome();
        let Some(job) = Job::newest(&mut s) else { continue };
        if result.is_ok() {
            assert_eq!((job.state.as_str(), job.updated), ("done", 600), "{job:?}");
            break;
        }
        refused(result, "57014");
        assert_eq!(job.state, "canceled", "after {canceled} cancels: {job:?}");
        drop(session);
        canceled += 1;
        // Let it get to the end some time.
        call = format!("CALL zdm.run({})", job.id);
        if canceled == 40 {
            s.run(&call);
            break;
        }
    }
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn a_session_that_is_terminated_in_a_batch() {
    let db = database("terminated");
    let mut s = db.connect();
    table(&mut s, 30);
    s.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(600); RETURN NEW; END$$;
         CREATE TRIGGER slow BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.id = 15) EXECUTE FUNCTION slow();",
    );
    let postmaster = shared().postmaster();
    let job = pausing_job(&db, "'v = v + 1'", "0");
    s.run(&format!("SELECT pg_terminate_backend({}, 5000)", job.pid));
    cut_off(job.outcome().1);
    s.expect("SELECT state, rows_updated FROM zdm.progress", &["interrupted|10"]);
    s.run("DROP TRIGGER slow ON t");
    let id = Job::newest(&mut s).unwrap().id;
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    assert_eq!(shared().postmaster(), postmaster);
}

#[test]
fn a_client_that_is_killed() {
    let db = database("client_killed");
    let mut s = db.connect();
    table(&mut s, 30);
    // Its server process notices in the pause, where it is told to look for the client.
    let mut client =
        db.psql(&["SET client_connection_check_interval = '50 ms'", "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')"]);
    client.stdout(Stdio::null()).stderr(Stdio::null());
    let mut client = client.spawn().expect("psql can be started");
    until("the first batch is done", || s.value::<i64>("SELECT count(*) FROM zdm.job WHERE batches = 1") == 1);
    client.kill().expect("the client runs");
    client.wait().expect("the client is our child");
    let start = Instant::now();
    until("its server process has gone", || s.rows("SELECT state FROM zdm.progress") != ["running"]);
    assert!(start.elapsed() < Duration::from_secs(1), "expected the job to notice soon, came {:?}", start.elapsed());
    s.run("UPDATE zdm.job SET pause = '0'");
    let id = Job::newest(&mut s).unwrap().id;
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn a_lock_timeout_of_the_session_is_survived() {
    let db = database("lock_timeout");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 30);
    s.run("SET lock_timeout = '100ms'");
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE v = 1") == 10);
    writer.run("BEGIN; UPDATE t SET x = 1 WHERE id = 15");
    sleep(Duration::from_millis(1200));
    writer.run("COMMIT");
    let mut s = job.success();
    s.expect("SELECT min(v), max(v), count(x) FROM t", &["1|1|1"]);
    s.expect("SHOW lock_timeout", &["100ms"]);
}

#[test]
fn other_timeouts_are_survived_or_refused_at_once() {
    let db = database("timeouts");
    let mut s = db.connect();
    for timeout in ["idle_in_transaction_session_timeout", "idle_session_timeout", "transaction_timeout"] {
        if s.value::<i64>(&format!("SELECT count(*) FROM pg_settings WHERE name = '{timeout}'")) == 0 {
            continue;
        }
        s.run("DROP TABLE IF EXISTS t");
        table(&mut s, 30);
        let mut session = db.connect();
        session.run(&format!("SET {timeout} = '250ms'"));
        let (_, result, _) = session.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '500 ms')").outcome();
        match result {
            Ok(()) => s.expect("SELECT min(v), max(v) FROM t", &["1|1"]),
            Err(error) => {
                let message = refused(Err(error), "55000");
                assert!(message.message().contains(timeout), "expected {timeout} to be named, came: {}", message.message());
                s.expect("SELECT max(v) FROM t", &["0"]);
            }
        }
    }
}

#[test]
fn two_jobs_on_one_table_do_not_disturb_each_other() {
    let db = database("two_jobs");
    let mut s = db.connect();
    table(&mut s, 1000);
    let call = "CALL zdm.backfill('t', 'v = v + 1', batch => 10)";
    let jobs: Vec<_> = (0..3).map(|_| db.connect().background(call)).collect();
    for job in jobs {
        job.success();
    }
    s.expect("SELECT min(v), max(v) FROM t", &["3|3"]);
    s.expect("SELECT state, rows_updated FROM zdm.job", &["done|1000"; 3]);
}

#[test]
fn a_table_that_is_rewritten_meanwhile() {
    let db = database("rewritten");
    let mut s = db.connect();
    for (key, arguments) in [("PRIMARY KEY", "'v = v + 1'"), ("", "'v = 1', 'v = 0'")] {
        for rewrite in
            ["VACUUM FULL t", "ALTER TABLE t ALTER COLUMN x TYPE bigint", "ALTER TABLE t ADD COLUMN more uuid DEFAULT gen_random_uuid()"]
        {
            s.run(&format!(
                "DROP TABLE IF EXISTS t;
                 CREATE TABLE t (id bigint {key}, v integer NOT NULL DEFAULT 0, x integer, pad text DEFAULT repeat('p', 900));
                 INSERT INTO t (id) SELECT generate_series(1, 200);
                 ANALYZE t;
                 DELETE FROM t WHERE id % 2 = 0;"
            ));
            let job = pausing_job(&db, arguments, "30 ms");
            s.run(rewrite);
            job.success();
            s.expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|100"]);
        }
        s.run("TRUNCATE t; INSERT INTO t (id) SELECT generate_series(1, 200)");
        let job = pausing_job(&db, arguments, "300 ms");
        s.run("TRUNCATE t");
        job.success();
    }
}

#[test]
fn a_key_that_changes_meanwhile() {
    let db = database("key_changes");
    let mut s = db.connect();
    for change in [
        "ALTER TABLE t DROP CONSTRAINT t_pkey",
        "ALTER TABLE t DROP CONSTRAINT t_pkey; ALTER TABLE t ADD PRIMARY KEY (v, id)",
        "ALTER TABLE t ALTER COLUMN id TYPE numeric",
        "ALTER TABLE t ALTER COLUMN id TYPE text",
        "ALTER TABLE t RENAME COLUMN id TO key",
    ] {
        s.run("DROP TABLE IF EXISTS t");
        table(&mut s, 30);
        let job = pausing_job(&db, "'v = v + 1'", "300 ms");
        s.run(change);
        let (_, result, _) = job.outcome();
        let outcome = s.rows("SELECT state, rows_updated FROM zdm.job ORDER BY id DESC LIMIT 1").remove(0);
        // Exact to the end, or an error and nothing done twice; what is left then is the user's to decide.
        match result {
            Ok(()) => {
                assert_eq!(outcome, "done|30", "{change}");
                s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
            }
            Err(error) => {
                assert!(
                    error.as_db_error().is_some() && outcome == "failed|10",
                    "{change}\nexpected a failed job, came: {error} {outcome}"
                );
                s.expect("SELECT sum(v), max(v) FROM t", &["10|1"]);
            }
        }
    }
}

#[test]
fn partitions_that_come_and_go_meanwhile() {
    let db = database("parts_change");
    let mut s = db.connect();
    for change in [
        "DROP TABLE t_3",
        "ALTER TABLE t DETACH PARTITION t_3",
        "TRUNCATE t_2",
        "CREATE TABLE t_4 PARTITION OF t FOR VALUES FROM (30) TO (40); INSERT INTO t SELECT generate_series(30, 39)",
    ] {
        s.run(
            "DROP TABLE IF EXISTS t, t_3;
             CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
             CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (-20) TO (10);
             CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (10) TO (20);
             CREATE TABLE t_3 PARTITION OF t FOR VALUES FROM (20) TO (30);
             INSERT INTO t SELECT generate_series(-20, 29);",
        );
        let job = pausing_job(&db, "'v = v + 1'", "200 ms");
        s.run(change);
        job.success();
        // Whatever is still a partition and was one at the start is done; what has come later is not the job's.
        s.expect("SELECT count(*) FILTER (WHERE v <> 1 AND id < 30), count(*) FILTER (WHERE v <> 0 AND id >= 30) FROM t", &["0|0"]);
    }
}

#[test]
fn the_extension_that_is_dropped_meanwhile() {
    let db = database("dropped_extension");
    let (mut s, mut witness) = (db.connect(), db.connect());
    table(&mut s, 30);
    let job = pausing_job(&db, "'v = v + 1'", "300 ms");
    s.run("DROP EXTENSION pg_zdm CASCADE");
    let (mut session, result, _) = job.outcome();
    assert!(result.as_ref().is_err_and(|error| error.as_db_error().is_some()), "expected an error, came: {result:?}");
    session.expect("SELECT sum(v) FROM t", &["10"]);
    witness.expect("SELECT 1", &["1"]);
}

#[test]
fn what_code_in_a_batch_sets_stays_in_the_batch() {
    let db = database("batch_sets");
    let mut s = db.connect();
    table(&mut s, 30);
    s.run(
        "CREATE ROLE batch_sets_other;
         CREATE FUNCTION sets() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
             PERFORM set_config('role', 'batch_sets_other', true), set_config('search_path', '', true), set_config('TimeZone', 'Asia/Tokyo', true);
             RETURN NEW;
         END$$;
         CREATE TRIGGER sets AFTER UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION sets();",
    );
    s.run("CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    s.expect("SELECT current_user, min(v), max(v) FROM t", &["postgres|1|1"]);
    s.expect("SHOW search_path", &["\"$user\", public"]);
    s.expect("SELECT state, rows_updated FROM zdm.job", &["done|30"]);
}
