//! What others do to a table while a job on it runs, waits or is interrupted: triggers, rules, policies, indexes, collations, partitions. The job goes on
//! where it can be right, and stops with a reason where it cannot.

use zdm_cluster_tests::{Database, Job, Running, Session, database, refused, until};

fn table(session: &mut Session, rows: i32) {
    session.run(&format!(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, {rows})"
    ));
}

/// A job that waits for an older transaction, which the session given back holds open.
fn waiting(db: &Database, table: &str, call: &str) -> (Running, Session) {
    let (mut holder, mut other) = (db.connect(), db.connect());
    holder.run(&format!("BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE"));
    let job = db.connect().background(call);
    until("the job waits", || other.value::<i64>("SELECT count(*) FROM zdm.progress WHERE state = 'waiting'") == 1);
    (job, holder)
}

const CALL: &str = "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')";

#[test]
fn a_trigger_that_moves_keys_stops_the_job() {
    let db = database("moving");
    let mut s = db.connect();
    table(&mut s, 100);
    s.run("CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.id := OLD.id + 1000; RETURN NEW; END$$");
    let job = db.pausing_job(CALL);
    s.run("CREATE TRIGGER move BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION move()");
    let error = refused(job.outcome().1, "55000");
    assert!(error.message().contains("trigger changed the key"), "came: {}", error.message());
    s.expect("SELECT sum(v), max(id) FROM t", &["10|100"]);
}

#[test]
fn a_trigger_that_only_fires_on_replicas_counts_too() {
    let db = database("replica");
    let mut s = db.connect();
    table(&mut s, 100);
    s.run(
        "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.id := OLD.id + 1000; RETURN NEW; END$$;
         CREATE TRIGGER move BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION move(); ALTER TABLE t ENABLE REPLICA TRIGGER move;
         SET session_replication_role = replica",
    );
    refused(s.attempt(CALL), "55000");
    s.expect("SELECT sum(v), max(id) FROM t", &["0|100"]);
}

#[test]
fn rows_that_a_new_trigger_keeps_back_are_counted() {
    let db = database("keeping");
    let mut s = db.connect();
    table(&mut s, 100);
    s.run(
        "CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF OLD.id % 2 = 0 THEN RETURN NULL; END IF; RETURN NEW; END$$",
    );
    let job = db.pausing_job(CALL);
    s.run("CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep()");
    job.success();
    s.expect("SELECT rows_updated, rows_suppressed FROM zdm.progress", &["55|45"]);
}

#[test]
fn a_walk_by_blocks_ends_also_when_a_new_trigger_keeps_rows_back() {
    let db = database("keeping_blocks");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (n integer, v integer); INSERT INTO t SELECT generate_series(1, 2000); ANALYZE t;
         CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF OLD.n > 1990 THEN RETURN NULL; END IF; RETURN NEW; END$$",
    );
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = 1', 'v IS NULL', batch => 300, pause => '300 ms')");
    s.run("CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep()");
    job.success();
    s.expect("SELECT count(*) FILTER (WHERE v IS NULL) FROM t", &["10"]);
    s.expect("SELECT rows_remaining, batches < 30 FROM zdm.progress", &["10|t"]);
}

#[test]
fn a_rule_that_came_meanwhile_stops_the_job() {
    let db = database("rule");
    let mut s = db.connect();
    table(&mut s, 100);
    let job = db.pausing_job(CALL);
    s.run("CREATE RULE nothing AS ON UPDATE TO t DO INSTEAD NOTHING");
    refused(job.outcome().1, "42809");
    let job = Job::newest(&mut s).unwrap();
    s.run("UPDATE zdm.job SET pause = '0'");
    refused(s.attempt(&format!("CALL zdm.run({})", job.id)), "42809");
    s.run("DROP RULE nothing ON t");
    s.run(&format!("CALL zdm.run({})", job.id));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn another_collation_of_the_key_stops_the_job() {
    let db = database("other_collation");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id text COLLATE \"C\" PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT chr(n) FROM generate_series(65, 90) n UNION ALL SELECT chr(n) FROM generate_series(97, 122) n",
    );
    let job = db.pausing_job(CALL);
    s.run("ALTER TABLE t ALTER id TYPE text COLLATE \"POSIX\"");
    let error = refused(job.outcome().1, "55000");
    assert!(error.message().contains("the collation of column id"), "came: {}", error.message());
    let id = Job::newest(&mut s).unwrap().id;
    refused(s.attempt(&format!("CALL zdm.run({id})")), "55000");
    s.expect("SELECT sum(v) FROM t", &["10"]);
}

#[test]
fn a_better_index_that_came_meanwhile_is_not_in_the_way() {
    let db = database("better_index");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (u integer NOT NULL UNIQUE, id integer NOT NULL, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT n, 101 - n FROM generate_series(1, 100) n",
    );
    let job = db.pausing_job(CALL);
    job.cancel();
    job.canceled();
    s.run("ALTER TABLE t ADD PRIMARY KEY (id); UPDATE zdm.job SET pause = '0'");
    let id = Job::newest(&mut s).unwrap().id;
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
    s.expect("SELECT key_columns FROM zdm.job_part", &["{u}"]);
}

#[test]
fn policies_of_a_partitioned_table_count() {
    let db = database("policies");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, tenant text, v integer) PARTITION BY RANGE (id);
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100);
         INSERT INTO t SELECT n, CASE WHEN n % 2 = 0 THEN 'policies_eve' ELSE 'x' END, 0 FROM generate_series(1, 20) n;
         CREATE ROLE policies_eve LOGIN; GRANT SELECT, UPDATE ON t, t1 TO policies_eve",
    );
    let mut eve = db.connect_as("policies_eve");
    s.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (tenant = current_user)");
    refused(eve.attempt("CALL zdm.backfill('t', 'v = v + 1')"), "42501");
    // Switched on while the job runs.
    s.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY");
    let job = eve.background("CALL zdm.backfill('t', 'v = v + 1', batch => 5, pause => '300 ms')");
    until("the first batch is done", || s.value::<i64>("SELECT count(*) FROM zdm.job WHERE batches = 1") == 1);
    s.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    let (mut eve, result, _) = job.outcome();
    refused(result, "42501");
    let id = Job::newest(&mut s).unwrap().id;
    refused(eve.attempt(&format!("CALL zdm.run({id})")), "42501");
    // The whole table's privileges count as well.
    s.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY; REVOKE ALL ON t FROM policies_eve");
    refused(eve.attempt("CALL zdm.backfill('t', 'v = v + 1')"), "42501");
    refused(eve.attempt(&format!("CALL zdm.run({id})")), "42501");
    s.expect("SELECT sum(v) FROM t", &["5"]);
}

#[test]
fn statement_triggers_that_would_not_fire_are_a_reason_to_refuse() {
    let db = database("statement_triggers");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (100); INSERT INTO t SELECT generate_series(1, 50);
         CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not this table'; END$$",
    );
    let forbid = "CREATE TRIGGER forbid BEFORE UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION forbid()";
    s.run(forbid);
    let error = refused(s.attempt(CALL), "42809");
    assert!(error.message().contains("statement-level triggers"), "came: {}", error.message());
    s.run("DROP TRIGGER forbid ON t");
    let job = db.pausing_job(CALL);
    s.run(forbid);
    refused(job.outcome().1, "42809");
    s.expect("SELECT sum(v) FROM t", &["10"]);
    // A partition by itself has none.
    s.run("CALL zdm.backfill('t1', 'v = v + 1')");
    // Of an ordinary table they fire, once a batch.
    s.run("CREATE TABLE log (n integer); CREATE TABLE plain (id integer PRIMARY KEY, v integer); INSERT INTO plain SELECT generate_series(1, 50)");
    s.run("CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO log SELECT count(*) FROM changed; RETURN NULL; END$$");
    s.run("CREATE TRIGGER note AFTER UPDATE ON plain REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION note()");
    s.run("CALL zdm.backfill('plain', 'v = 1', batch => 10)");
    s.expect("SELECT count(*), sum(n) FROM log", &["5|50"]);
}

#[test]
fn the_wait_for_older_transactions_is_shown_and_can_be_resumed() {
    let db = database("waits");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0, w integer) PARTITION BY RANGE (id);
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (50) TO (200);
         INSERT INTO t SELECT generate_series(1, 99)",
    );
    let (job, mut holder) = waiting(&db, "t2", "CALL zdm.backfill('t', 'v = t.v + 1', 't.v = 0', batch => 10)");
    holder.run("INSERT INTO t2 VALUES (100)");
    job.cancel();
    let mut session = job.canceled();
    holder.run("COMMIT");
    let id = Job::newest(&mut s).unwrap().id;
    // The table's name and a partition are gone when it goes on.
    s.run("ALTER TABLE t RENAME TO t_old; DROP TABLE t1");
    session.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v), count(*) FROM t_old", &["1|1|51"]);
    s.expect("SELECT state, rows_updated FROM zdm.progress", &["done|51"]);
}

#[test]
fn columns_are_those_of_the_beginning_also_before_the_bounds_are_fixed() {
    let db = database("waits_columns");
    let mut s = db.connect();
    table(&mut s, 20);
    let (job, mut holder) = waiting(&db, "t", "CALL zdm.backfill('t', 'v = v + 1')");
    job.cancel();
    job.canceled();
    holder.run("COMMIT");
    s.run("ALTER TABLE t RENAME v TO w; ALTER TABLE t ADD v integer NOT NULL DEFAULT 0");
    let id = Job::newest(&mut s).unwrap().id;
    refused(s.attempt(&format!("CALL zdm.run({id})")), "55000");
    s.expect("SELECT sum(v), sum(w) FROM t", &["0|0"]);
}

#[test]
fn a_partition_dropped_in_the_wait_is_left_out() {
    let db = database("waits_dropped");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
         CREATE TABLE t1 PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE t2 PARTITION OF t FOR VALUES FROM (50) TO (200);
         INSERT INTO t SELECT generate_series(1, 99)",
    );
    let (job, mut holder) = waiting(&db, "t2", "CALL zdm.backfill('t', 'v = v + 1', batch => 10)");
    s.run("ALTER TABLE t DETACH PARTITION t1 CONCURRENTLY");
    s.run("DROP TABLE t1");
    holder.run("COMMIT");
    job.success();
    s.expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|50"]);
}

#[test]
fn a_rename_at_the_very_end_is_not_taken_for_an_error_of_the_rows() {
    let db = database("late_rename");
    let mut s = db.connect();
    table(&mut s, 30);
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = 1', 'v = 0', batch => 20, pause => '300 ms')");
    s.run("ALTER TABLE t RENAME TO t_new");
    let error = refused(job.outcome().1, "55000");
    assert!(error.message().contains("renamed"), "came: {}", error.message());
    let id = Job::newest(&mut s).unwrap().id;
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT state, rows_updated, rows_remaining FROM zdm.progress", &["done|30|0"]);
}
