//! What is said while a job runs and when it ends: notices to its own session, the view zdm.progress to all others.

use std::thread::sleep;
use std::time::Duration;

use zdm_cluster_tests::{Job, Session, database, job_number, percentages, until};

fn table(session: &mut Session, rows: i64) {
    session.run(&format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, x integer);
         INSERT INTO t (id) SELECT generate_series(1, {rows});
         ANALYZE t;"
    ));
}

#[test]
fn the_first_notice_names_the_job() {
    let db = database("first_notice");
    let mut s = db.connect();
    table(&mut s, 10);
    for _ in 0..2 {
        s.forget_notices();
        s.run("CALL zdm.backfill('t', 'v = v + 1')");
        let first = s.notices().into_iter().next().expect("a notice");
        let id = Job::newest(&mut s).unwrap().id;
        assert_eq!(first.severity, "NOTICE");
        assert_eq!(job_number(&first.message), Some(id), "expected the first notice to name job {id}, came: {}", first.message);
    }
}

#[test]
fn notices_come_at_the_wanted_interval_with_all_figures() {
    let db = database("notices");
    let mut s = db.connect();
    table(&mut s, 400);
    s.run("SET zdm.notice_interval = 100");
    let s = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '30 ms')").success();
    let lines: Vec<_> = s.notices().into_iter().filter(|n| n.message.contains("rows/s") && n.message.contains("left")).collect();
    assert!(lines.len() >= 5, "expected a line every 100 ms of more than a second, came: {:#?}", s.texts());
    let mut percent = 0.0;
    for pair in lines.windows(2) {
        let apart = pair[1].at - pair[0].at;
        assert!(apart >= Duration::from_millis(80), "expected the lines 100 ms apart, came {apart:?}");
    }
    for line in &lines {
        let [now] = percentages(&line.message)[..] else { panic!("expected one percentage, came: {}", line.message) };
        assert!(now > percent && now < 100.0, "expected growing percentages below 100, came {now} after {percent}: {}", line.message);
        assert!(line.message.contains("rows"), "expected the number of rows, came: {}", line.message);
        percent = now;
    }
    assert!(percent > 50.0, "expected the last line near the end, came: {:#?}", s.texts());
}

#[test]
fn the_interval_is_the_user_s_own_setting() {
    let db = database("interval");
    let mut s = db.connect();
    table(&mut s, 50);
    // The first use in a session loads the library, and with it the setting.
    s.run("CALL zdm.backfill('t', 'v = v + 1')");
    s.expect("SELECT current_setting('zdm.notice_interval')", &["5s"]);
    s.expect("SELECT context, unit FROM pg_settings WHERE name = 'zdm.notice_interval'", &["user|ms"]);
    s.run("CREATE ROLE interval_user LOGIN; GRANT SELECT, UPDATE ON t TO interval_user");
    let mut user = db.connect_as("interval_user");
    user.run("SET zdm.notice_interval = '1h'");
    user.run("CALL zdm.backfill('t', 'v = v + 1', batch => 5, pause => '10 ms')");
    let between = user.texts().into_iter().filter(|n| n.contains("left")).count();
    assert_eq!(between, 0, "expected no line between first and last, came: {:#?}", user.texts());
    user.forget_notices();
    user.run("SET client_min_messages = warning");
    user.run("CALL zdm.backfill('t', 'v = v + 1')");
    assert!(user.texts().is_empty(), "expected silence at client_min_messages = warning, came: {:#?}", user.texts());
}

#[test]
fn the_view_shows_a_running_job_to_another_session() {
    let db = database("view");
    let (mut s, mut other) = (db.connect(), db.connect());
    table(&mut s, 200);
    let mut job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '30 ms')");
    until("the job has begun", || other.value::<i64>("SELECT count(*) FROM zdm.progress WHERE rows_updated > 0") == 1);
    let mut seen = Vec::new();
    while job.end().is_none() {
        let row = other.rows(
            "SELECT target, state, walk, current_relation, pid, percent, rows_updated, batches, rows_per_second > 0, time_left >= '0'
               FROM zdm.progress",
        );
        seen.push(row[0].clone());
        sleep(Duration::from_millis(20));
    }
    let mut last = (0.0, 0);
    let mut steps = 0;
    for row in seen.iter().filter(|row| row.contains("|running|")) {
        let c: Vec<&str> = row.split('|').collect();
        let expected = ["t", "running", "key", "t", &job.pid.to_string()];
        assert_eq!(c[..5], expected, "the running job as another session sees it");
        let now: (f64, i64) = (c[5].parse().unwrap(), c[6].parse().unwrap());
        assert!(now.0 < 100.0 && now.0 >= last.0 && now.1 >= last.1, "expected growing figures, came {now:?} after {last:?}");
        assert_eq!(c[7], (now.1 / 10).to_string(), "batches at {} rows", now.1);
        assert_eq!(c[8..], ["t", "t"], "expected speed and time left, came: {row}");
        steps += i32::from(now.1 > last.1);
        last = now;
    }
    assert!(steps >= 5, "expected to see the job grow, came: {seen:#?}");
    job.success();
    other.expect(
        "SELECT state, percent, rows_updated, time_left, finished_at IS NOT NULL, sqlstate, error FROM zdm.progress",
        &["done|100.0|200|-|t|-|-"],
    );
}

#[test]
fn the_time_left_has_the_pauses_in_it_from_the_first_batch_on() {
    let db = database("pauses_count");
    let (mut s, mut other) = (db.connect(), db.connect());
    table(&mut s, 200);
    let job = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 min')");
    until("the first batch is done", || other.value::<i64>("SELECT count(*) FROM zdm.progress WHERE batches = 1") == 1);
    // 19 more batches, a minute each.
    other.expect("SELECT time_left BETWEEN '18 min' AND '20 min', rows_per_second FROM zdm.progress", &["t|0"]);
    job.cancel();
    job.canceled();
}

#[test]
fn the_summary_counts_what_was_done_and_what_is_left() {
    let db = database("summary");
    let (mut s, mut writer) = (db.connect(), db.connect());
    table(&mut s, 30);
    let job = s.background("CALL zdm.backfill('t', 'x = 1', 'x IS NULL', batch => 10, pause => '200 ms')");
    until("the first batch is done", || writer.value::<i64>("SELECT count(*) FROM t WHERE x = 1") == 10);
    writer.run("INSERT INTO t (id) SELECT generate_series(1001, 1007)");
    let mut s = job.success();
    let last = s.notices().pop().expect("a notice");
    let said = format!("{} {} {}", last.message, last.detail, last.hint);
    assert!(said.contains("30") && said.contains('7'), "expected 30 rows updated and 7 that still match, came: {said}");
    s.expect("SELECT rows_updated, rows_remaining FROM zdm.progress", &["30|7"]);

    // Nothing left.
    s.forget_notices();
    s.run("CALL zdm.backfill('t', 'x = 1', 'x IS NULL')");
    s.expect("SELECT rows_updated, rows_remaining FROM zdm.progress ORDER BY job DESC LIMIT 1", &["7|0"]);

    // Where done rows may still match, a number would mislead.
    s.run("CALL zdm.backfill('t', 'v = v + 1', 'id > 10')");
    s.expect("SELECT rows_updated, rows_remaining FROM zdm.progress ORDER BY job DESC LIMIT 1", &["27|-"]);
}

#[test]
fn rows_that_a_trigger_keeps_back_are_reported() {
    let db = database("suppressed");
    let mut s = db.connect();
    table(&mut s, 100);
    s.run(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NULL; END$$;
         CREATE TRIGGER no BEFORE UPDATE ON t FOR EACH ROW WHEN (OLD.id % 7 = 0) EXECUTE FUNCTION no();",
    );
    for (call, updated) in
        [("CALL zdm.backfill('t', 'v = v + 1', batch => 9)", 86), ("CALL zdm.backfill('t', 'x = 1', 'x IS NULL', batch => 9)", 86)]
    {
        s.forget_notices();
        s.run(call);
        let job = Job::newest(&mut s).unwrap();
        assert_eq!((job.state.as_str(), job.updated, job.suppressed), ("done", updated, 14), "{call}: {job:?}");
        let warnings: Vec<_> = s.notices().into_iter().filter(|n| n.severity == "WARNING").collect();
        let said: Vec<_> = warnings.iter().map(|w| format!("{} {}", w.message, w.detail)).collect();
        assert!(
            matches!(&said[..], [one] if one.contains("14") && one.contains("trigger")),
            "{call}\nexpected one warning with the number 14 that names the trigger as cause, came: {said:#?}"
        );
    }
    s.expect("SELECT count(*) FILTER (WHERE v = 1 AND x = 1), count(*) FILTER (WHERE v = 0 AND x IS NULL) FROM t", &["86|14"]);

    // The same without a key, where rows that match are visited until there are none: those kept back must not be visited for ever.
    s.run("ALTER TABLE t DROP CONSTRAINT t_pkey; UPDATE t SET x = NULL");
    s.run("CALL zdm.backfill('t', 'x = 1', 'x IS NULL', batch => 9)");
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.updated, job.remaining), ("done", 86, Some(14)), "{job:?}");
    assert!(job.suppressed >= 14, "expected the rows kept back to be counted, came: {job:?}");
}

#[test]
fn no_rows_is_fine() {
    let db = database("no_rows");
    let mut s = db.connect();
    table(&mut s, 0);
    s.run("CALL zdm.backfill('t', 'v = v + 1')");
    s.run("INSERT INTO t (id) SELECT generate_series(1, 5)");
    s.run("CALL zdm.backfill('t', 'v = v + 1', 'id > 100')");
    s.run("CREATE TABLE nokey (x integer)");
    s.run("CALL zdm.backfill('nokey', 'x = 1', 'x IS NULL')");
    s.run("CREATE TABLE parted (id integer PRIMARY KEY, v integer) PARTITION BY RANGE (id)");
    s.run("CALL zdm.backfill('parted', 'v = 1')");
    s.expect("SELECT state, percent, rows_updated FROM zdm.progress", &["done|100.0|0"; 4]);
    s.expect("SELECT max(v) FROM t", &["0"]);
}
