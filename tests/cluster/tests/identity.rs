//! Names that are given away while a job runs, keys that move by themselves, and errors from the depths of a batch: the job changes the rows it was
//! begun for or none, says why it stopped, and leaves its session in order.

use zdm_cluster_tests::{Job, Session, database, refused, until};

fn table(session: &mut Session, name: &str) {
    session.run(&format!(
        "CREATE TABLE {name} (id integer PRIMARY KEY, id2 integer NOT NULL UNIQUE, v integer NOT NULL DEFAULT 0);
         INSERT INTO {name} SELECT g, 101 - g FROM generate_series(1, 100) g;"
    ));
}

#[test]
fn a_table_that_took_the_name_is_not_touched() {
    let db = database("name_taken");
    let mut s = db.connect();
    table(&mut s, "t");
    table(&mut s, "t_new");
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    s.run("BEGIN; ALTER TABLE t RENAME TO t_old; ALTER TABLE t_new RENAME TO t; COMMIT");
    let (mut session, result, _) = job.outcome();
    let error = refused(result, "55000");
    assert!(error.message().contains("renamed"), "came: {}", error.message());
    assert!(error.hint().unwrap_or_default().contains("zdm.run("), "came: {:?}", error.hint());
    s.expect("SELECT sum(v) FROM t", &["0"]);
    // The job belongs to the table, whatever it is called.
    let id = Job::newest(&mut s).unwrap().id;
    session.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v), count(*) FROM t_old", &["1|1|100"]);
    s.expect("SELECT sum(v) FROM t", &["0"]);
}

#[test]
fn columns_that_swap_their_names_stop_the_job() {
    let db = database("columns_swap");
    let mut s = db.connect();
    table(&mut s, "t");
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')");
    s.run("BEGIN; ALTER TABLE t RENAME id TO id_old; ALTER TABLE t RENAME id2 TO id; COMMIT");
    let (mut session, result, _) = job.outcome();
    refused(result, "55000");
    s.expect("SELECT sum(v), max(v) FROM t", &["10|1"]);
    let id = Job::newest(&mut s).unwrap().id;
    refused(session.attempt(&format!("CALL zdm.run({id})")), "55000");
    s.expect("SELECT sum(v), max(v) FROM t", &["10|1"]);
}

#[test]
fn a_table_renamed_between_two_runs_keeps_its_alias() {
    let db = database("alias_kept");
    let mut s = db.connect();
    table(&mut s, "q");
    let job = db.pausing_job("CALL zdm.backfill('q', 'v = q.v + 1', 'q.v = 0', batch => 10, pause => '1 h')");
    job.cancel();
    let mut session = job.canceled();
    s.run("ALTER TABLE q RENAME TO r; UPDATE zdm.job SET pause = '0'");
    let id = Job::newest(&mut s).unwrap().id;
    session.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM r", &["1|1"]);
}

#[test]
fn a_generated_key_is_not_walked_by() {
    let db = database("generated_key");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE g (a numeric, k numeric GENERATED ALWAYS AS (a * 2) STORED PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO g (a) SELECT generate_series(1, 100)",
    );
    refused(s.attempt("CALL zdm.backfill('g', 'a = a + 10.001, v = v + 1', batch => 10)"), "55000");
    s.expect("SELECT max(v) FROM g", &["0"]);
}

#[test]
fn a_trigger_that_changes_the_key_is_found_out() {
    let db = database("trigger_key");
    let mut s = db.connect();
    table(&mut s, "t");
    s.run(
        "CREATE FUNCTION move() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN NEW.id := NEW.id + 1000; RETURN NEW; END$$;
         CREATE TRIGGER move BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION move();",
    );
    let error = refused(s.attempt("CALL zdm.backfill('t', 'v = v + 1', batch => 10)"), "55000");
    assert!(error.message().contains("trigger changed the key"), "came: {}", error.message());
    s.expect("SELECT max(v), max(id) FROM t", &["0|100"]);
}

#[test]
fn an_error_while_a_key_is_read_leaves_job_and_session_in_order() {
    let db = database("enum_key");
    let mut s = db.connect();
    s.run(
        "CREATE TYPE e AS ENUM ('a', 'b', 'c');
         CREATE TABLE t (k e, n integer, v integer NOT NULL DEFAULT 0, PRIMARY KEY (k, n));
         INSERT INTO t SELECT k, n FROM unnest(enum_range(NULL::e)) k, generate_series(1, 10) n",
    );
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = v + 1', batch => 5, pause => '300 ms')");
    // The position and the bound are texts of the type; one of them is no value any more.
    s.run("ALTER TYPE e RENAME VALUE 'c' TO 'ccc'");
    let (mut session, result, _) = job.outcome();
    let error = refused(result, "22P02");
    assert!(error.hint().unwrap_or_default().contains("zdm.run("), "came: {:?}", error.hint());
    let failed = Job::newest(&mut s).unwrap();
    assert_eq!((failed.state.as_str(), failed.sqlstate.as_deref()), ("failed", Some("22P02")), "{failed:?}");
    session.expect("SELECT 1", &["1"]);
    s.run("ALTER TYPE e RENAME VALUE 'ccc' TO 'c'");
    session.run(&format!("CALL zdm.run({})", failed.id));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn a_cancel_counts_also_when_a_partition_is_gone() {
    let db = database("cancel_gone");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (id integer PRIMARY KEY, v integer NOT NULL DEFAULT 0) PARTITION BY RANGE (id);
         CREATE TABLE t_1 PARTITION OF t FOR VALUES FROM (0) TO (50); CREATE TABLE t_2 PARTITION OF t FOR VALUES FROM (50) TO (100);
         INSERT INTO t SELECT generate_series(0, 99)",
    );
    let job = db.pausing_job("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')");
    s.run("DROP TABLE t_1");
    job.cancel();
    let mut session = job.canceled();
    let canceled = Job::newest(&mut s).unwrap();
    assert_eq!(canceled.state, "canceled", "{canceled:?}");
    s.run("UPDATE zdm.job SET pause = '0'");
    session.run(&format!("CALL zdm.run({})", canceled.id));
    s.expect("SELECT min(v), max(v), count(*) FROM t", &["1|1|50"]);
}

#[test]
fn rows_behind_those_that_a_trigger_keeps_are_not_forgotten() {
    let db = database("kept_by_trigger");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE t (n integer, v integer) WITH (autovacuum_enabled = false);
         INSERT INTO t SELECT g FROM generate_series(1, 3000) g;
         CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN IF OLD.n <= 1500 THEN RETURN NULL; END IF; RETURN NEW; END$$;
         CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();",
    );
    s.run("CALL zdm.backfill('t', 'v = 1', 'v IS NULL', batch => 20)");
    s.expect("SELECT count(*) FILTER (WHERE v IS NULL AND n > 1500), count(*) FILTER (WHERE v IS NULL) FROM t", &["0|1500"]);
    assert!(s.texts().iter().any(|text| text.contains("selected but not updated")), "expected the warning, came: {:?}", s.texts());
}

#[test]
fn rows_that_moved_behind_the_walk_are_found_behind_those_that_a_trigger_keeps() {
    let db = database("moved_back");
    let mut s = db.connect();
    // Rows that the trigger keeps, then free space, then rows to change.
    s.run(
        "CREATE TABLE t (n integer, v integer, filler text DEFAULT repeat('x', 100)) WITH (autovacuum_enabled = false);
         INSERT INTO t SELECT g FROM generate_series(1, 8000) g;
         DELETE FROM t WHERE n BETWEEN 4001 AND 5000;
         CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
         BEGIN IF OLD.n <= 4000 AND NEW.v IS NOT NULL THEN RETURN NULL; END IF; RETURN NEW; END$$;
         CREATE TRIGGER keep BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION keep();",
    );
    s.run("VACUUM t");
    let job = db.connect().background("CALL zdm.backfill('t', 'v = 1', 'v IS NULL', batch => 100, pause => '100 ms')");
    until("the walk is behind the free space", || s.value::<i64>("SELECT count(*) FROM zdm.job WHERE rows_updated > 0") == 1);
    // Other updates move rows from the end into the free space.
    s.run("UPDATE t SET filler = filler WHERE n > 7500");
    s.expect("SELECT count(*) > 300 FROM t WHERE v IS NULL AND n > 7500 AND ctid < (SELECT min(ctid) FROM t WHERE n = 5001)", &["t"]);
    job.success();
    s.expect("SELECT count(*) FILTER (WHERE v IS NULL AND n > 4000), count(*) FILTER (WHERE v IS NULL) FROM t", &["0|4000"]);
}
