//! A job that ended before its time can be gone on with: by whom, when, and with what meaning.

use zdm_cluster_tests::{Database, Job, Session, database, job_number, refused, until};

fn table(session: &mut Session, rows: i64) {
    session.run(&format!(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, x text);
         INSERT INTO t (id) SELECT generate_series(1, {rows});"
    ));
}

/// Begins a job and cancels it in the pause after its first batch; its number.
fn canceled_job(db: &Database, session: Session, call: &str) -> i64 {
    let mut other = db.connect();
    let job = db.pausing_job_of(session, call);
    job.cancel();
    job.canceled();
    let job = Job::newest(&mut other).unwrap();
    assert_eq!(job.state, "canceled", "{job:?}");
    other.run(&format!("UPDATE zdm.job SET pause = '0' WHERE id = {}", job.id));
    job.id
}

#[test]
fn an_error_in_a_batch_keeps_its_fields_and_the_earlier_batches() {
    let db = database("failed");
    let (mut s, mut witness) = (db.connect(), db.connect());
    s.run(
        "CREATE SCHEMA app;
         CREATE TABLE app.accounts (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, amount integer NOT NULL);
         ALTER TABLE app.accounts ADD CONSTRAINT amount_is_positive CHECK (amount > 0 OR v = 0);
         INSERT INTO app.accounts SELECT n, 0, CASE n WHEN 5500 THEN -1 ELSE 1 END FROM generate_series(1, 8000) n;",
    );
    let error = refused(s.attempt("CALL zdm.backfill('app.accounts', 'v = v + 1')"), "23514");
    assert_eq!(error.message(), "new row for relation \"accounts\" violates check constraint \"amount_is_positive\"");
    assert_eq!(error.detail(), Some("Failing row contains (5500, 1, -1)."));
    assert_eq!((error.schema(), error.table(), error.constraint()), (Some("app"), Some("accounts"), Some("amount_is_positive")));
    let context = error.where_().unwrap_or_default();
    assert!(context.contains("UPDATE"), "expected the batch's UPDATE in the CONTEXT, came: {context:?}");
    let failed = Job::newest(&mut s).unwrap();
    let hint = error.hint().unwrap_or_default();
    assert_eq!(job_number(hint), Some(failed.id), "expected the hint to name job {}, came: {hint}", failed.id);
    assert!(hint.contains("zdm.run"), "expected the hint to say how to go on, came: {hint}");

    assert_eq!((failed.state.as_str(), failed.updated, failed.batches), ("failed", 5000, 5), "{failed:?}");
    assert_eq!(failed.sqlstate.as_deref(), Some("23514"));
    assert_eq!(failed.error.as_deref(), Some(error.message()));
    s.expect("SELECT count(*) FILTER (WHERE v = 1 AND id <= 5000), sum(v) FROM app.accounts", &["5000|5000"]);
    s.expect("SELECT state, sqlstate, pid, time_left FROM zdm.progress", &["failed|23514|-|-"]);

    // The same again changes nothing; with the data in order it ends, exactly.
    refused(s.attempt(&format!("CALL zdm.run({})", failed.id)), "23514");
    s.expect("SELECT sum(v) FROM app.accounts", &["5000"]);
    witness.run("UPDATE app.accounts SET amount = 1 WHERE id = 5500");
    s.run(&format!("CALL zdm.run({})", failed.id));
    s.expect("SELECT min(v), max(v) FROM app.accounts", &["1|1"]);
    let done = Job::numbered(&mut s, failed.id);
    assert_eq!((done.state.as_str(), done.updated, done.sqlstate, done.error), ("done", 8000, None, None));
    witness.expect("SELECT 1", &["1"]);
}

#[test]
fn errors_of_every_origin_pass_whole() {
    let db = database("origins");
    let mut s = db.connect();
    table(&mut s, 10);
    s.run(
        "CREATE FUNCTION raises() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
             RAISE EXCEPTION 'message' USING ERRCODE = 'ZZ123', DETAIL = 'detail', HINT = 'own hint', SCHEMA = 's', TABLE = 'ta', COLUMN = 'c',
                 DATATYPE = 'd', CONSTRAINT = 'co';
         END$$;
         CREATE TRIGGER raises BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.id = 7) EXECUTE FUNCTION raises();",
    );
    let error = refused(s.attempt("CALL zdm.backfill('t', 'v = v + 1', batch => 3)"), "ZZ123");
    assert_eq!((error.message(), error.detail()), ("message", Some("detail")));
    assert_eq!((error.schema(), error.table(), error.column()), (Some("s"), Some("ta"), Some("c")));
    assert_eq!((error.datatype(), error.constraint()), (Some("d"), Some("co")));
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("own hint") && hint.contains("zdm.run"), "expected both hints, came: {hint}");
    let context = error.where_().unwrap_or_default();
    assert!(context.contains("PL/pgSQL function raises() line 2 at RAISE"), "expected the trigger in the CONTEXT, came: {context}");
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.sqlstate.as_deref(), job.updated), ("failed", Some("ZZ123"), 6), "{job:?}");

    // An error of the commit itself, from a deferred constraint.
    s.run(
        "DROP TRIGGER raises ON t;
         CREATE CONSTRAINT TRIGGER late AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW WHEN (NEW.id = 8) EXECUTE FUNCTION raises();",
    );
    let error = refused(s.attempt(&format!("CALL zdm.run({})", job.id)), "ZZ123");
    assert!(error.hint().unwrap_or_default().contains("zdm.run"), "expected our hint, came: {:?}", error.hint());
    s.expect("SELECT sum(v) FROM t", &["6"]);
    let job = Job::newest(&mut s).unwrap();
    assert_eq!((job.state.as_str(), job.sqlstate.as_deref(), job.updated), ("failed", Some("ZZ123"), 6), "{job:?}");
    s.run("DROP TRIGGER late ON t");
    s.run(&format!("CALL zdm.run({})", job.id));
    s.expect("SELECT min(v), max(v) FROM t", &["1|1"]);

    // An error of an expression.
    let error = refused(s.attempt("CALL zdm.backfill('t', 'v = 1 / (id - 5)', batch => 3)"), "22012");
    assert!(error.hint().unwrap_or_default().contains("zdm.run"), "expected our hint, came: {:?}", error.hint());
}

#[test]
fn jobs_that_cannot_be_run() {
    let db = database("cannot_run");
    let mut s = db.connect();
    table(&mut s, 30);
    s.run("CALL zdm.backfill('t', 'v = v + 1')");
    let id = Job::newest(&mut s).unwrap().id;
    let error = refused(s.attempt(&format!("CALL zdm.run({id})")), "55000");
    assert!(error.message().contains(&format!("job {id} is done")), "expected the reason, came: {}", error.message());
    let error = refused(s.attempt("CALL zdm.run(4711)"), "42704");
    assert!(error.message().contains("4711"), "expected the number, came: {}", error.message());

    s.run("CREATE ROLE run_a LOGIN; CREATE ROLE run_b LOGIN; GRANT SELECT, UPDATE ON t TO run_a, run_b");
    let id = canceled_job(&db, db.connect_as("run_a"), "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')");
    for user in ["run_b", "postgres"] {
        let error = refused(db.connect_as(user).attempt(&format!("CALL zdm.run({id})")), "42501");
        assert!(error.message().contains(&format!("job {id}")), "{user}: expected the job's number, came: {}", error.message());
    }
    s.expect("SELECT count(*) FROM t WHERE v = 2", &["10"]);
    db.connect_as("run_a").run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM t", &["2|2"]);
}

#[test]
fn a_running_job_cannot_be_run_twice() {
    let db = database("twice");
    let (mut s, mut other) = (db.connect(), db.connect());
    table(&mut s, 30);
    let first = s.background("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 s')");
    until("the job runs", || other.value::<i64>("SELECT count(*) FROM zdm.job WHERE batches = 1") == 1);
    let id = Job::newest(&mut other).unwrap().id;
    let error = refused(other.attempt(&format!("CALL zdm.run({id})")), "55006");
    let pid = first.pid.to_string();
    assert!(error.message().contains(&pid), "expected process {pid} to be named, came: {}", error.message());
    first.success().expect("SELECT min(v), max(v) FROM t", &["1|1"]);
}

#[test]
fn of_many_who_run_a_job_at_once_one_does() {
    let db = database("race");
    let mut s = db.connect();
    table(&mut s, 400);
    for round in 1..=5 {
        let id = canceled_job(&db, db.connect(), "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '30 ms')");
        s.run(&format!("UPDATE zdm.job SET pause = '5 ms' WHERE id = {id}"));
        let runners = (0..4).map(|_| db.connect()).collect::<Vec<_>>();
        let runners = runners.into_iter().map(|r| r.background(&format!("CALL zdm.run({id})"))).collect::<Vec<_>>();
        let mut winners = 0;
        for runner in runners {
            match runner.outcome().1 {
                Ok(()) => winners += 1,
                error => drop(refused(error, "55006")),
            }
        }
        assert_eq!(winners, 1, "sessions that ran job {id}");
        s.expect("SELECT min(v), max(v) FROM t", &[&format!("{round}|{round}")]);
    }
}

#[test]
fn another_session_s_settings_do_not_change_the_meaning() {
    let db = database("meaning");
    let mut s = db.connect();
    table(&mut s, 30);
    s.run(
        "CREATE SCHEMA one; CREATE SCHEMA two;
         CREATE FUNCTION one.f() RETURNS text LANGUAGE sql STABLE AS $$SELECT 'one ' || extract(month FROM '02/03/2024'::date)$$;
         CREATE FUNCTION two.f() RETURNS text LANGUAGE sql STABLE AS $$SELECT 'two'$$;
         CREATE TABLE one.names (n text); INSERT INTO one.names VALUES ('one');
         CREATE TABLE two.names (n text); INSERT INTO two.names VALUES ('two');",
    );
    let mut begins = db.connect();
    begins.run("SET search_path = one, public; SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'ISO, DMY'; SET IntervalStyle = 'postgres'");
    let call = "CALL zdm.backfill('public.t',
        $$x = concat_ws(' ', f(), (SELECT n FROM names), '2024-01-01 12:00'::timestamptz AT TIME ZONE 'UTC', '1 day'::interval)$$,
        $$x IS NULL AND f() <> 'two'$$, batch => 10, pause => '1 h')";
    let id = canceled_job(&db, begins, call);
    let mut other = db.connect();
    other.run("SET search_path = two; SET TimeZone = 'America/New_York'; SET DateStyle = 'SQL, MDY'; SET IntervalStyle = 'iso_8601'");
    other.run(&format!("CALL zdm.run({id})"));
    other.expect("SELECT x, count(*) FROM public.t GROUP BY x", &["one 3 one 2024-01-01 03:00:00 1 day|30"]);
    // What the session had set is as it was.
    for (name, value) in [
        ("search_path", "two"),
        ("TimeZone", "America/New_York"),
        ("DateStyle", "SQL, MDY"),
        ("IntervalStyle", "iso_8601"),
        ("row_security", "on"),
    ] {
        other.expect(&format!("SHOW {name}"), &[value]);
    }
}

#[test]
fn settings_of_the_session_survive_an_error() {
    let db = database("settings_kept");
    let mut s = db.connect();
    table(&mut s, 10);
    s.run("SET search_path = public, pg_temp; SET TimeZone = 'Asia/Tokyo'; SET lock_timeout = '7s'; SET application_name = 'mine'");
    refused(s.attempt("CALL zdm.backfill('t', 'v = 1 / (id - 5)', batch => 3)"), "22012");
    for (name, value) in
        [("search_path", "public, pg_temp"), ("TimeZone", "Asia/Tokyo"), ("lock_timeout", "7s"), ("application_name", "mine")]
    {
        s.expect(&format!("SHOW {name}"), &[value]);
    }
    s.expect("SELECT current_user, session_user", &["postgres|postgres"]);
}

#[test]
fn a_job_of_a_table_that_has_gone_or_changed_says_so() {
    let db = database("gone");
    let mut s = db.connect();
    let call = "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '300 ms')";
    // While it pauses it holds no lock, so anyone may do this.
    for (change, sqlstates) in [
        ("DROP TABLE t", &["42P01", "42704"][..]),
        ("ALTER TABLE t DROP COLUMN v", &["42703"]),
        ("ALTER TABLE t DROP CONSTRAINT t_pkey, DROP COLUMN id", &["42703", "55000"]),
    ] {
        table(&mut s, 30);
        let mut other = db.connect();
        let job = db.pausing_job(call);
        other.run(change);
        let (_, result, _) = job.outcome();
        let code = result.as_ref().err().and_then(|e| e.code()).map(|c| c.code().to_owned()).unwrap_or_default();
        assert!(sqlstates.contains(&code.as_str()), "{change}\nexpected one of {sqlstates:?}, came: {result:?}");
        let job = Job::newest(&mut other).unwrap();
        assert_eq!((job.state.as_str(), job.updated), ("failed", 10), "{change}: {job:?}");
        let again = other.attempt(&format!("CALL zdm.run({})", job.id));
        assert!(again.is_err(), "{change}\nexpected the second run to fail, too");
        other.run("DROP TABLE IF EXISTS t");
    }
}

#[test]
fn a_renamed_table_is_still_the_same_table() {
    let db = database("renamed");
    let mut s = db.connect();
    table(&mut s, 30);
    let id = canceled_job(&db, db.connect(), "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')");
    s.run("CREATE SCHEMA elsewhere; ALTER TABLE t RENAME TO was_t; ALTER TABLE was_t SET SCHEMA elsewhere; CREATE TABLE t (id bigint PRIMARY KEY, v integer)");
    s.run("INSERT INTO t VALUES (25, 0)");
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT min(v), max(v) FROM elsewhere.was_t", &["1|1"]);
    s.expect("SELECT v FROM t", &["0"]);
}

#[test]
fn a_copy_of_the_database_does_not_go_on_with_the_original_s_jobs() {
    let db = database("original");
    table(&mut db.connect(), 30);
    let id = canceled_job(&db, db.connect(), "CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')");
    let mut admin = db.cluster.connect("postgres");
    until("nobody is connected to the original", || admin.attempt("CREATE DATABASE copied TEMPLATE original").is_ok());
    let mut copied = db.cluster.connect("copied");
    let error = refused(copied.attempt(&format!("CALL zdm.run({id})")), "55000");
    assert!(error.message().contains("another database"), "expected the reason, came: {}", error.message());
    copied.expect("SELECT sum(v) FROM t", &["10"]);
}

#[test]
fn nor_do_those_settings_that_shape_text() {
    let db = database("shapes");
    let mut s = db.connect();
    table(&mut s, 30);
    let mut begins = db.connect();
    begins
        .run("SET default_text_search_config = 'simple'; SET extra_float_digits = -10; SET bytea_output = 'escape'; SET xmlbinary = 'hex'");
    // One of each setting that an ordinary expression depends on without naming it.
    let call = "CALL zdm.backfill('t',
        $$x = concat_ws(' ', to_tsvector('the running dogs'), 1 / 3::float8, 'abc'::bytea), v = v + 1$$, batch => 10, pause => '1 h')";
    let id = canceled_job(&db, begins, call);
    let first = s.rows("SELECT DISTINCT x FROM t WHERE x IS NOT NULL");
    let mut other = db.connect();
    other.run("SET default_text_search_config = 'english'; SET extra_float_digits = 3; SET bytea_output = 'hex'");
    other.run(&format!("CALL zdm.run({id})"));
    let first: Vec<&str> = first.iter().map(String::as_str).collect();
    assert_eq!(first, ["'dogs':3 'running':2 'the':1 0.33333 abc"], "what the session that began it wrote");
    other.expect("SELECT DISTINCT x FROM t", &first);
}
