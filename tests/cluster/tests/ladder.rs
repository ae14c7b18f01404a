//! The ladder: a big table whose pages are full is visited several times, so that new row versions find room beside the old ones, and every row is
//! changed, whatever others do meanwhile.

use std::thread::sleep;
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Database, Job, Session, database, refused, until};

const CALL: &str = "CALL zdm.backfill('t', 'v = b', 'v IS DISTINCT FROM b'";

/// A table of some 1,800 full pages, with indexes on what is not changed.
fn table(s: &mut Session, options: &str) {
    s.run(&format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, a text, b integer NOT NULL, v integer) WITH (autovacuum_enabled = off{options});
         INSERT INTO t SELECT i, md5(i::text), (i * 7919) % 1000003 FROM generate_series(1, 150000) i;
         CREATE INDEX t_a ON t (a);
         CREATE INDEX t_b ON t (b);"
    ));
    s.run("VACUUM (ANALYZE) t");
}

fn blocks(s: &mut Session) -> i64 {
    s.value("SELECT pg_relation_size('t') / current_setting('block_size')::bigint")
}

/// The share of the updates that wrote to no index.
fn hot(s: &mut Session) -> f64 {
    // the figures of other sessions come when these end or, in an idle moment, after a second
    until("the figures are there", || s.value::<i64>("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 't'") >= 150_000);
    s.value("SELECT n_tup_hot_upd::float8 / n_tup_upd FROM pg_stat_user_tables WHERE relname = 't'")
}

fn walk(s: &mut Session) -> String {
    s.rows("SELECT walk FROM zdm.job_part ORDER BY job DESC LIMIT 1").concat()
}

fn all_done(s: &mut Session) {
    s.expect("SELECT count(*) FROM t WHERE v IS DISTINCT FROM b", &["0"]);
}

#[test]
fn most_rows_find_room_on_their_pages() {
    let db = database("ladder_hot");
    let mut s = db.connect();
    table(&mut s, "");
    let before = blocks(&mut s);
    s.run(&format!("{CALL})"));
    assert_eq!(walk(&mut s), "ladder");
    all_done(&mut s);
    let (job, grown) = (Job::newest(&mut s).unwrap(), blocks(&mut s) as f64 / before as f64);
    assert_eq!((job.state.as_str(), job.updated), ("done", 150_000), "{job:?}");
    drop(s);
    let share = hot(&mut db.connect());
    println!("HOT {:.1} %, heap {grown:.2} times", share * 100.0);
    assert!(share > 0.75, "only {share} of the updates were HOT");
    assert!(grown < 1.3, "the heap grew to {grown} times its size");
}

#[test]
fn the_walk_is_chosen_by_facts() {
    let db = database("ladder_choice");
    let mut s = db.connect();
    let begins = |s: &mut Session| {
        let notices: Vec<_> = s.notices().into_iter().filter(|notice| notice.message.contains("begins")).collect();
        s.forget_notices();
        notices.last().map(|notice| notice.detail.clone()).unwrap_or_default()
    };
    let try_it = |s: &mut Session, prepare: &str, call: &str, expected: &str, why: &str| {
        s.run("DROP TABLE IF EXISTS t");
        table(s, if prepare.starts_with(',') { prepare } else { "" });
        for statement in prepare.split("; ").filter(|statement| !statement.starts_with(',')) {
            s.run(statement);
        }
        s.forget_notices();
        s.run(call);
        assert_eq!(walk(s), expected, "{prepare}: {call}");
        let said = begins(s);
        assert!(said.contains(why), "{prepare}: {call}: {said}");
    };
    let falsified = format!("{CALL})");
    try_it(&mut s, "", &falsified, "ladder", "16 visits of each page");
    try_it(&mut s, ", fillfactor = 45", &falsified, "block", "its pages have room for the new rows");
    try_it(&mut s, "CREATE INDEX ON t (v)", &falsified, "key", "an index has an assigned column");
    try_it(&mut s, "CREATE INDEX ON t ((v + 1))", &falsified, "key", "an index has an assigned column");
    try_it(&mut s, "CREATE INDEX ON t (a) WHERE v > 0", &falsified, "key", "an index has an assigned column");
    let brin = if s.value::<i32>("SELECT current_setting('server_version_num')::int4") >= 160_000 { "ladder" } else { "key" };
    try_it(&mut s, "CREATE INDEX ON t USING brin (v)", &falsified, brin, "");
    try_it(&mut s, "", "CALL zdm.backfill('t', 'v = b + 1')", "key", "by key (id)");
    let few = "CALL zdm.backfill('t', 'v = b', 'v IS DISTINCT FROM b AND id < 100')";
    try_it(&mut s, "", few, "key", "few rows of a page match");
    let wide = "ALTER TABLE t ADD COLUMN \"zdm row\" text; ALTER TABLE t ALTER COLUMN \"zdm row\" SET STORAGE EXTERNAL; UPDATE t SET \"zdm row\" = repeat('x', 3000) WHERE id % 100 = 0; VACUUM ANALYZE t";
    try_it(&mut s, wide, &falsified, "ladder", "visits of each page");
    try_it(&mut s, "", &format!("{CALL}, strategy => 'key')"), "key", "by key (id)");
    try_it(&mut s, "", &format!("{CALL}, strategy => 'block')"), "block", "by blocks");
    try_it(&mut s, "DELETE FROM t WHERE id > 1000; VACUUM t", &falsified, "key", "by key (id)");
    try_it(&mut s, "DELETE FROM t WHERE id > 1000; VACUUM t", &format!("{CALL}, strategy => 'ladder')"), "ladder", "as a ladder");
    all_done(&mut s);
}

#[test]
fn a_walk_that_would_not_be_exact_is_refused() {
    let db = database("ladder_refuse");
    let mut s = db.connect();
    table(&mut s, "");
    for strategy in ["block", "ladder"] {
        let error = refused(s.attempt(&format!("CALL zdm.backfill('t', 'v = b + 1', strategy => '{strategy}')")), "55000");
        assert_eq!(error.message(), format!("cannot walk public.t by strategy \"{strategy}\": rows could be changed twice or not at all"));
        assert!(error.detail().unwrap_or_default().ends_with("There is no where_expr."), "{error:?}");
    }
    let error = refused(s.attempt(&format!("{CALL}, strategy => 'fast')")), "22023");
    assert_eq!(error.message(), "unrecognized strategy: \"fast\"");
    assert_eq!(error.hint(), Some("Available strategies are key, block and ladder; leave it out to have the fitting one chosen."));
    s.run("ALTER TABLE t DROP CONSTRAINT t_pkey");
    refused(s.attempt(&format!("{CALL}, strategy => 'key')")), "55000");
    s.expect("SELECT count(*) FROM zdm.job", &["0"]);
}

/// Runs the job beside sessions that do something again and again.
fn beside(db: &Database, what: &[&str], call: &str) {
    let mut s = db.connect();
    s.run("CREATE UNLOGGED TABLE stop (yes boolean)");
    let others: Vec<_> = what
        .iter()
        .map(|body| {
            db.connect().background(&format!("DO $$ BEGIN WHILE NOT EXISTS (SELECT FROM stop) LOOP {body}; COMMIT; END LOOP; END $$"))
        })
        .collect();
    let job = db.connect().background(call);
    job.success();
    s.run("INSERT INTO stop VALUES (true)");
    for other in others {
        other.success();
    }
}

#[test]
fn rows_that_others_move_are_not_lost() {
    let db = database("ladder_writers");
    let mut s = db.connect();
    table(&mut s, "");
    // new versions of rows all over the table, some of them with another value to come to
    let writers = [
        "UPDATE t SET a = md5(random()::text) WHERE id = (SELECT (random() * 150000)::int)",
        "UPDATE t SET b = b + 1 WHERE id = (SELECT (random() * 150000)::int)",
        "DELETE FROM t WHERE id = (SELECT (random() * 150000)::int)",
    ];
    beside(&db, &writers, &format!("{CALL}, batch => 300)"));
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), walk(&mut s).as_str()), ("done", "ladder"), "{job:?}");
    // what was changed after the sweep saw it is the writers' own
    let left: i64 = s.value("SELECT count(*) FROM t WHERE v IS DISTINCT FROM b AND v IS NULL");
    assert_eq!(left, 0, "{left} rows were never changed");
}

#[test]
fn old_snapshots_are_waited_for() {
    let db = database("ladder_snapshots");
    let mut s = db.connect();
    table(&mut s, "");
    // overlapping snapshots, each of 0.3 s
    let snapshots = ["PERFORM count(*) FROM pg_class; PERFORM pg_sleep(0.3)", "PERFORM pg_sleep(0.15); PERFORM pg_sleep(0.3)"];
    beside(&db, &snapshots, &format!("{CALL})"));
    all_done(&mut s);
    let share = hot(&mut s);
    println!("HOT {:.1} %", share * 100.0);
    assert!(share > 0.75, "only {share} of the updates were HOT");
}

#[test]
fn a_snapshot_that_stays_is_named_and_not_waited_for() {
    let db = database("ladder_held");
    let (mut s, mut holder) = (db.connect(), db.connect());
    table(&mut s, "");
    holder.run("BEGIN ISOLATION LEVEL REPEATABLE READ");
    let pid: i32 = holder.value("SELECT pg_backend_pid()");
    let started = Instant::now();
    s.run("SET zdm.horizon_timeout = '300ms'");
    s.run(&format!("{CALL})"));
    assert!(started.elapsed() < Duration::from_secs(60));
    let named = s.texts().into_iter().find(|text| text.contains("goes on without waiting for")).unwrap_or_default();
    assert!(named.contains(&format!("process {pid}")), "{named}");
    holder.run("COMMIT");
    all_done(&mut s);
}

#[test]
fn a_ladder_goes_on_after_its_session_is_killed() {
    let db = database("ladder_resume");
    let (mut s, mut other) = (db.connect(), db.connect());
    table(&mut s, "");
    for round in 0..4 {
        let call = if round == 0 { format!("{CALL}, batch => 500, pause => '20 ms')") } else { "CALL zdm.run(1)".to_owned() };
        let session = db.connect();
        let before: i64 = other.value("SELECT COALESCE(max(rows_updated), 0) FROM zdm.job");
        let job = session.background(&call);
        until("some batches are done", || other.value::<i64>("SELECT COALESCE(max(rows_updated), 0) FROM zdm.job") > before + 4000);
        other.run(&format!("SELECT pg_terminate_backend({})", job.pid));
        drop(job.outcome());
        sleep(Duration::from_millis(50));
    }
    other.run("UPDATE zdm.job SET pause = '0'");
    s.run("CALL zdm.run(1)");
    all_done(&mut s);
    // each row once: none matched after it was changed
    s.expect("SELECT state, rows_updated, rows_remaining FROM zdm.job", &["done|150000|0"]);
}

#[test]
fn triggers_that_drop_changes_are_counted() {
    let db = database("ladder_trigger");
    let mut s = db.connect();
    table(&mut s, "");
    s.run(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.id % 1000 = 0 THEN NULL ELSE NEW END; END $$;
         CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();",
    );
    s.run(&format!("{CALL})"));
    s.expect("SELECT count(*) FROM t WHERE v IS DISTINCT FROM b", &["150"]);
    s.expect("SELECT walk, rows_updated, rows_suppressed FROM zdm.progress", &["ladder|149850|150"]);
}
