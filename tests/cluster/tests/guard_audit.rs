//! What the guard writes down: `zdm.audit`, the server's log, and who may read and write it.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Cluster, Database, Session, Stop, database, refused, shared, until};

const DANGER: &str = "CREATE INDEX ON users (v)";
const EVENTS: &str = "SELECT event, rule, object, risk, statement, reason FROM zdm.audit ORDER BY at";

/// A database in a mode, every session of it with the library, and a table with rows.
fn lab(name: &str, mode: &str) -> (Database<'static>, Session) {
    let db = database(name);
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT g AS id, g AS v, repeat('x', 100) AS note FROM generate_series(1, 1000) g");
    s.run(&format!("SELECT zdm.set_guard('{mode}', preload => true)"));
    s.run("DELETE FROM zdm.audit WHERE event <> ''");
    let mut s = db.connect();
    s.run("SET lock_timeout = '10s'");
    (db, s)
}

fn count(s: &mut Session, condition: &str) -> i64 {
    s.value(&format!("SELECT count(*) FROM zdm.audit WHERE {condition}"))
}

fn workers(s: &mut Session) -> i64 {
    s.value("SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'pg_zdm audit%' AND datname = current_database()")
}

/// The lines of the server's log that tell of an event in a database's session.
fn logged(pid: i32) -> Vec<String> {
    let log = shared().log();
    log.lines().filter(|line| line.contains(&format!("[{pid}] LOG:  zdm audit: {{"))).map(str::to_owned).collect()
}

#[test]
fn a_refusal_is_in_the_log_and_in_the_table() {
    let (db, mut s) = lab("audit_refused", "enforce");
    let mut other = db.connect();
    s.run("SET application_name = 'mi\"grate'");
    refused(s.attempt(DANGER), "ZDM01");
    until("the worker has written it down", || count(&mut other, "true") == 1);
    other.expect(
        "SELECT event, session_user_name, current_user_name, client_addr, application_name, rule, object, risk, command, statement, reason,
                at > now() - interval '1 minute', fingerprint ~ '^[0-9a-f]{16}$' FROM zdm.audit",
        &["refused|postgres|postgres|-|mi\"grate|create-index-not-concurrent|public.users|danger|CREATE INDEX|CREATE INDEX ON users (v)|-|t|t"],
    );
    other.expect(&format!("SELECT pid = {} FROM zdm.audit", s.pid), &["t"]);
    let lines = logged(s.pid);
    assert_eq!(lines.len(), 1, "{lines:?}");
    let json: serde_json::Value = serde_json::from_str(lines[0].split_once("zdm audit: ").expect("a prefix").1).expect("JSON");
    assert_eq!(json["event"], "refused");
    assert_eq!(json["application_name"], "mi\"grate");

    // Caught, prepared, and in a transaction that is rolled back.
    s.run(&format!("DO $$BEGIN BEGIN {DANGER}; EXCEPTION WHEN OTHERS THEN NULL; END; END$$"));
    refused(s.attempt_extended(DANGER), "ZDM01");
    refused(s.attempt(&format!("BEGIN; SELECT 1; {DANGER}; COMMIT")), "ZDM01");
    s.run("ROLLBACK");
    until("the others are there", || count(&mut other, "event = 'refused'") == 4);
    // It goes when there is nothing to do.
    until("the worker is gone", || workers(&mut other) == 0);
    other.run("DROP TABLE IF EXISTS nothing");
}

#[test]
fn what_is_warned_of_and_allowed_belongs_to_its_transaction() {
    let (_db, mut s) = lab("audit_allowed", "warn");
    s.run(DANGER);
    s.run(&format!("BEGIN; {DANGER}; ROLLBACK"));
    s.run(&format!("BEGIN; SAVEPOINT a; {DANGER}; ROLLBACK TO a; SAVEPOINT b; ALTER TABLE users ALTER id TYPE bigint; RELEASE b; COMMIT"));
    s.run(&format!("DO $$BEGIN {DANGER}; COMMIT; TRUNCATE users; ROLLBACK; END$$"));
    s.run("SELECT zdm.set_guard('enforce')");
    s.run(&format!("BEGIN; SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users (OPS-1 (now))'; {DANGER}; COMMIT"));
    s.run(&format!("BEGIN; SET LOCAL zdm.allow = 'create-index-not-concurrent'; {DANGER}; PREPARE TRANSACTION 'audit_allowed'"));
    assert_eq!(count(&mut s, "event = 'allowed'"), 1);
    s.run("COMMIT PREPARED 'audit_allowed'");
    s.expect(
        EVENTS,
        &[
            "warned|create-index-not-concurrent|public.users|danger|CREATE INDEX ON users (v)|-",
            "warned|alter-column-type-rewrite|public.users|danger|ALTER TABLE users ALTER id TYPE bigint|-",
            "warned|create-index-not-concurrent|public.users|danger|CREATE INDEX ON users (v)|-",
            "mode|-|-|-|from warn to enforce|-",
            "allowed|create-index-not-concurrent|public.users|danger|CREATE INDEX ON users (v)|OPS-1 (now)",
            "allowed|create-index-not-concurrent|public.users|danger|CREATE INDEX ON users (v)|-",
        ],
    );
}

#[test]
fn commands_that_stand_alone_are_written_down_too() {
    let (_db, mut s) = lab("audit_alone", "warn");
    s.run("SET client_min_messages = error; ALTER TABLE users ADD PRIMARY KEY (id)");
    s.run("CREATE DATABASE audit_alone_1");
    for sql in ["VACUUM FULL users", "REINDEX TABLE users", "DROP DATABASE IF EXISTS audit_alone_1"] {
        s.run(sql);
        assert_eq!(count(&mut s, &format!("event = 'warned' AND statement = '{sql}'")), 1, "{sql}: {:?}", s.rows(EVENTS));
    }
    s.run("CREATE TYPE mood AS ENUM ('fine')");
    s.run("CREATE TABLE parts (a int) PARTITION BY LIST (a); CREATE TABLE part PARTITION OF parts FOR VALUES IN (1)");
    s.run("CREATE DATABASE audit_alone_2");
    // Another mode is an event of the next statement, whatever it is; nothing written before it may keep it from beginning its transaction.
    for sql in [
        "CREATE INDEX CONCURRENTLY users_v_idx ON users (v)",
        "REINDEX INDEX CONCURRENTLY users_v_idx",
        "REINDEX TABLE CONCURRENTLY users",
        "DROP INDEX CONCURRENTLY users_v_idx",
        "VACUUM users",
        "VACUUM",
        "VACUUM FULL users",
        "CLUSTER users USING users_pkey",
        "CLUSTER",
        "ALTER TABLE parts DETACH PARTITION part CONCURRENTLY",
        "ALTER TYPE mood ADD VALUE 'good'",
        "ALTER DATABASE audit_alone_2 SET TABLESPACE pg_default",
        "DROP DATABASE audit_alone_2",
    ] {
        s.forget_notices();
        let before = count(&mut s, "statement = 'in this session: off'");
        s.run("SET zdm.guard_mode = off; SET client_min_messages = notice");
        s.run(sql);
        assert_eq!(count(&mut s, "statement = 'in this session: off'"), before + 1, "{sql}");
        let texts: Vec<_> = s.texts().into_iter().filter(|text| text.starts_with("WARNING")).collect();
        assert_eq!(texts, Vec::<String>::new(), "{sql}");
        s.run("RESET zdm.guard_mode; SET client_min_messages = error; COMMENT ON TABLE users IS 'x'");
    }
}

#[test]
fn secrets_and_rows_are_left_out() {
    let (db, mut s) = lab("audit_secrets", "enforce");
    let mut other = db.connect();
    s.run("SET zdm.guard_dml = enforce");
    refused(s.attempt("UPDATE users SET note = 'hunter2' /* hunter2 */"), "ZDM01");
    refused(s.attempt("ALTER TABLE users ADD COLUMN a float DEFAULT length('password=hunter2') * random()"), "ZDM01");
    refused(s.attempt("EXPLAIN ANALYZE CREATE TABLE x AS SELECT 'hunter2'; TRUNCATE users"), "ZDM01");
    refused(s.attempt(&format!("DO $$BEGIN PERFORM 'hunter2'; {DANGER}; END$$")), "ZDM01");
    refused(s.attempt("ALTER ROLE postgres PASSWORD 'hunter2'; DROP TABLE users"), "ZDM01");
    s.run("BEGIN; SET LOCAL zdm.allow = '*'; UPDATE users SET note = 'hunter2'; COMMIT");
    until("all are there", || count(&mut other, "event = 'refused'") >= 4 && count(&mut other, "event = 'allowed'") == 1);
    let rows = other.rows(EVENTS);
    assert!(rows.iter().all(|row| !row.contains("hunter2")), "{rows:?}");
    assert!(rows.iter().any(|row| row.contains("UPDATE users SET note = $1")), "{rows:?}");
    let lines = logged(s.pid);
    assert!(lines.len() >= 4 && lines.iter().all(|line| !line.contains("hunter2")), "{lines:?}");
    let allowed: Vec<_> = shared().log().lines().filter(|l| l.contains("; the statement is: ")).map(str::to_owned).collect();
    assert!(allowed.iter().any(|line| line.ends_with("UPDATE users SET note = $1")), "{allowed:?}");
    assert!(allowed.iter().all(|line| !line.contains("hunter2")), "{allowed:?}");
}

#[test]
fn a_long_statement_is_cut() {
    let (db, mut s) = lab("audit_long", "enforce");
    let mut other = db.connect();
    // what JSON escapes takes six times the room
    for letter in ["y", "ü", "\u{1}"] {
        let sql = format!("CREATE INDEX ON users (v) WHERE note <> '{}'", letter.repeat(50_000));
        refused(s.attempt(&sql), "ZDM01");
        let cut = format!("statement LIKE 'CREATE INDEX ON users (v) WHERE note <> ''{letter}%... (cut: {} bytes)'", sql.len());
        until("it is there", || count(&mut other, &cut) == 1);
    }
    let longest: i32 = other.value("SELECT max(octet_length(statement)) FROM zdm.audit");
    assert!((7000..8100).contains(&longest), "{longest}");
    // One that is too long to be judged is told of by its command.
    s.run("SET zdm.max_check_size = 100");
    refused(s.attempt(&format!("CREATE INDEX ON users (v) WHERE note <> '{}'", "y".repeat(1000))), "ZDM01");
    until("it is there", || count(&mut other, "event = 'refused' AND statement = 'CREATE INDEX'") == 1);
}

#[test]
fn the_session_sees_nothing_of_what_it_writes() {
    let (_db, mut s) = lab("audit_unseen", "warn");
    s.run("CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY, v int); INSERT INTO numbered (v) VALUES (1), (2)");
    s.run(DANGER);
    s.expect("SELECT lastval()", &["2"]);
    assert_eq!(count(&mut s, "event = 'warned'"), 1);
}

#[test]
fn nobody_waits_for_a_locked_table() {
    let (db, mut s) = lab("audit_locked", "enforce");
    let mut holder = db.connect();
    holder.run("SET zdm.guard_mode = off; BEGIN; LOCK TABLE zdm.audit IN ACCESS EXCLUSIVE MODE");
    // the library and its caches are there
    refused(s.attempt(DANGER), "ZDM01");
    let mut times: Vec<Duration> = (0..20)
        .map(|_| {
            let start = Instant::now();
            refused(s.attempt(DANGER), "ZDM01");
            start.elapsed()
        })
        .collect();
    times.sort();
    // others may need the machine too, but somebody who waits would wait each time
    assert!(times[5] < Duration::from_millis(20), "{times:?}");
    let start = Instant::now();
    s.run(&format!("BEGIN; SET LOCAL zdm.allow = '*'; {DANGER}; COMMIT"));
    s.run("SET zdm.guard_mode = warn; TRUNCATE users");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    assert_eq!(logged(s.pid).iter().filter(|line| line.contains("\"event\":\"refused\"")).count(), 21);
    holder.run("COMMIT");
    until("the worker has written them down", || {
        count(&mut holder, "event = 'allowed'") == 1 && count(&mut holder, "event = 'refused'") > 0
    });
}

#[test]
fn thousands_of_refusals_do_not_start_thousands_of_workers() {
    // its own server: the slots for workers are not shared with other tests
    let cluster = Cluster::start(&[]);
    let db = cluster.database("audit_flood");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce', preload => true)");
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let flood = format!("DO $$BEGIN FOR i IN 1..500 LOOP BEGIN {DANGER}; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END$$");
        sessions.push(db.connect().background(&flood));
    }
    let mut most = 0;
    while sessions.iter_mut().any(|one| one.end().is_none()) {
        most = most.max(workers(&mut s));
        std::thread::sleep(Duration::from_millis(5));
    }
    for session in sessions {
        session.success();
    }
    assert!(most <= 4, "{most} workers at once");
    until("the last worker is gone", || workers(&mut s) == 0);
    let written = count(&mut s, "event = 'refused'");
    let lost: i64 = s.value("SELECT coalesce(sum(split_part(statement, ' ', 1)::bigint), 0)::bigint FROM zdm.audit WHERE event = 'lost'");
    assert_eq!(written + lost, 2000, "{written} written, {lost} lost");
}

#[test]
fn without_a_worker_the_log_has_it() {
    let (db, mut s) = lab("audit_no_worker", "enforce");
    s.run("SET zdm.audit_worker = off");
    refused(s.attempt(DANGER), "ZDM01");
    let mut other = db.connect();
    std::thread::sleep(Duration::from_millis(400));
    assert_eq!(count(&mut other, "true"), 0);
    assert_eq!(logged(s.pid).len(), 1);
}

#[test]
fn a_read_only_transaction_leaves_it_to_the_worker() {
    let (db, mut s) = lab("audit_read_only", "warn");
    let mut other = db.connect();
    s.run(&format!("BEGIN; {DANGER}; SET TRANSACTION READ ONLY; COMMIT"));
    until("the worker has written it down", || count(&mut other, "event = 'warned'") == 1);
    s.run(&format!("BEGIN ISOLATION LEVEL SERIALIZABLE; {DANGER}; COMMIT"));
    assert_eq!(count(&mut s, "event = 'warned'"), 2);
}

#[test]
fn nobody_can_forge_or_delete() {
    let (db, mut s) = lab("audit_rights", "enforce");
    s.run("CREATE ROLE audit_user LOGIN; CREATE ROLE audit_monitor LOGIN; GRANT pg_monitor TO audit_monitor; ALTER TABLE users OWNER TO audit_user");
    s.run("GRANT CREATE ON SCHEMA public TO audit_user; GRANT SET ON PARAMETER zdm.allow TO audit_user");
    let mut user = db.connect_as("audit_user");
    for sql in [
        "SELECT * FROM zdm.audit",
        "SELECT * FROM zdm.would_refuse()",
        "INSERT INTO zdm.audit (at, event) VALUES (now(), 'x')",
        "DELETE FROM zdm.audit",
        "SET zdm.audit_worker = off",
        "SET zdm.audit_retention = 1",
    ] {
        refused(user.attempt(sql), "42501");
    }
    assert!(user.attempt("SET zdm.allow = '*'; LOCK TABLE zdm.audit IN ACCESS EXCLUSIVE MODE").is_err());
    // Names of their own in front of the server's are not taken.
    user.run(
        "CREATE TYPE public.text AS (a int); CREATE TYPE public.jsonb AS (a int); CREATE TYPE public.timestamptz AS (a int);
         CREATE FUNCTION public.jsonb_to_record(pg_catalog.jsonb) RETURNS record LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''forged''; END';
         SET search_path = public, pg_catalog",
    );
    user.run(&format!("BEGIN; SET LOCAL zdm.allow = '* (mine)'; {DANGER}; COMMIT"));
    refused(user.attempt(DANGER), "ZDM01");
    let mut monitor = db.connect_as("audit_monitor");
    until("both are there", || count(&mut monitor, "session_user_name = 'audit_user' AND event IN ('allowed', 'refused')") == 2);
    monitor.expect(
        "SELECT event, current_user_name, reason FROM zdm.audit WHERE session_user_name = 'audit_user' AND event IN ('allowed', 'refused') ORDER BY event",
        &["allowed|audit_user|mine", "refused|audit_user|-"],
    );
    monitor.expect("SELECT count(*) FROM zdm.would_refuse()", &["0"]);
    refused(monitor.attempt("DELETE FROM zdm.audit"), "42501");
    // Who answers for what a function of somebody else does.
    s.run(
        "CREATE FUNCTION definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN TRUNCATE public.users; END';
         GRANT EXECUTE ON FUNCTION definer TO audit_user",
    );
    refused(user.attempt("SELECT definer()"), "ZDM01");
    until("it is there", || count(&mut monitor, "rule = 'truncate' AND current_user_name = 'audit_user'") == 1);
}

#[test]
fn changes_of_the_guard_are_written_down() {
    let (_db, mut s) = lab("audit_changes", "enforce");
    s.run("SELECT zdm.set_guard('warn')");
    s.run("SELECT zdm.set_rule_policy('truncate', 'caution', 'it is empty', 'users'); SELECT zdm.reset_rule_policy('truncate', 'users')");
    s.run("SELECT zdm.reset_rule_policy('truncate')");
    s.run("SET zdm.guard_mode = off; DROP TABLE IF EXISTS nothing; TRUNCATE users; RESET zdm.guard_mode; DROP TABLE IF EXISTS nothing");
    s.expect(
        "SELECT event, command, rule, object, risk, statement, reason FROM zdm.audit ORDER BY at",
        &[
            "mode|zdm.set_guard|-|-|-|from enforce to warn|-",
            "policy|zdm.set_rule_policy|truncate|public.users|caution|the risk of truncate: caution|it is empty",
            "policy|zdm.reset_rule_policy|truncate|public.users|-|the risk of truncate: its own|-",
            "mode|zdm.guard_mode|-|-|-|in this session: off|-",
            "mode|zdm.guard_mode|-|-|-|in this session: default|-",
        ],
    );
    assert_eq!(logged(s.pid).len(), 5);
    s.run("CREATE ROLE audit_changes_deploy; GRANT SET ON PARAMETER zdm.allow TO audit_changes_deploy");
    s.run("SELECT zdm.allow_next('truncate', 'public.users', reason => 'OPS-1', for_role => 'audit_changes_deploy')");
    s.run("SELECT zdm.withdraw_allowance(id) FROM zdm.allowance; SELECT zdm.guard_exempt('audit_changes_deploy', reason => 'OPS-2')");
    s.run("SELECT zdm.guard_exempt('audit_changes_deploy', false)");
    s.run("REVOKE SET ON PARAMETER zdm.allow FROM audit_changes_deploy; DROP ROLE audit_changes_deploy");
    let changes = s.rows("SELECT event, command, reason FROM zdm.audit WHERE event IN ('allowance', 'exempt') ORDER BY at");
    println!("{changes:?}");
    assert_eq!(changes.iter().filter(|row| row.starts_with("allowance|")).count(), 2, "{changes:?}");
    assert_eq!(changes.iter().filter(|row| row.starts_with("exempt|")).count(), 2, "{changes:?}");
    assert!(changes.iter().any(|row| row.ends_with("|OPS-1")) && changes.iter().any(|row| row.ends_with("|OPS-2")), "{changes:?}");
}

#[test]
fn a_team_sees_what_enforcing_would_refuse() {
    let (db, mut s) = lab("audit_would", "warn");
    s.run("SET application_name = 'a'");
    s.run("CREATE INDEX one ON users (v) WHERE id > 1; DROP INDEX one; CREATE INDEX one ON users (v) WHERE id > 2");
    let mut other = db.connect();
    other.run("SET application_name = 'b'; create index  one_more on users (v)");
    for _ in 0..3 {
        other.run("UPDATE users SET v = v + 1");
    }
    s.expect(
        "SELECT rule, object, count, users, applications, refused_by, first <= last FROM zdm.would_refuse()
          WHERE rule IN ('create-index-not-concurrent', 'update-without-where')",
        &[
            "create-index-not-concurrent|public.users|2|{postgres}|{a}|zdm.set_guard('enforce')|t",
            "create-index-not-concurrent|public.users|1|{postgres}|{b}|zdm.set_guard('enforce')|t",
            "update-without-where|public.users|1|{postgres}|{b}|zdm.guard_dml = enforce|t",
        ],
    );
    s.expect("SELECT count(*) FROM zdm.would_refuse('0 seconds')", &["0"]);
}

#[test]
fn old_events_go() {
    let (db, mut s) = lab("audit_old", "warn");
    s.run(
        "INSERT INTO zdm.audit (at, event) SELECT now() - interval '91 days', 'old' FROM generate_series(1, 2500);
         INSERT INTO zdm.audit (at, event) SELECT now() - interval '89 days', 'young' FROM generate_series(1, 10)",
    );
    let mut other = db.connect();
    other.run(DANGER);
    until("they are gone", || count(&mut s, "event = 'old'") == 0);
    assert_eq!(count(&mut s, "event = 'young'"), 10);
    assert_eq!(count(&mut s, "event = 'warned'"), 1);
    // Without a worker some go with each new event of a session that looks; with 0 none do.
    s.run("INSERT INTO zdm.audit (at, event) SELECT now() - interval '91 days', 'old' FROM generate_series(1, 150)");
    let mut keeps = db.connect();
    keeps.run(&format!("SET zdm.audit_retention = 0; {DANGER}"));
    assert_eq!(count(&mut s, "event = 'old'"), 150);
    let mut without = db.connect();
    without.run(&format!("SET zdm.audit_worker = off; {DANGER}"));
    assert_eq!(count(&mut s, "event = 'old'"), 50);
}

#[test]
fn other_encodings_are_written_down() {
    let cluster = shared();
    let db = cluster.database_with("audit_latin1", "ENCODING 'LATIN1' TEMPLATE template0");
    let mut s = db.connect();
    s.run("CREATE TABLE \"zé\" AS SELECT 1 AS v; SELECT zdm.set_guard('enforce', preload => true)");
    let mut s = db.connect();
    refused(s.attempt("CREATE INDEX ON \"zé\" (v)"), "ZDM01");
    let mut other = db.connect();
    until("it is there", || count(&mut other, "event = 'refused'") == 1);
    other.expect("SELECT object, statement FROM zdm.audit WHERE event = 'refused'", &["public.\"zé\"|CREATE INDEX ON \"zé\" (v)"]);
    let db = cluster.database_with("audit_ascii", "ENCODING 'SQL_ASCII' TEMPLATE template0");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('warn')");
    s.run("SET client_min_messages = error; SET client_encoding = 'SQL_ASCII'");
    s.run("DO $$BEGIN EXECUTE convert_from('\\x435245415445205441424c452022ff2220286120696e7429', 'SQL_ASCII'); END$$");
    s.run("DO $$BEGIN EXECUTE convert_from('\\x5452554e43415445202022ff22', 'SQL_ASCII'); END$$");
    s.run("SELECT zdm.set_guard('enforce')");
    assert!(count(&mut s, "event = 'mode'") >= 2);
}

#[test]
fn a_refusal_outlives_its_session() {
    let (db, s) = lab("audit_gone", "enforce");
    let mut other = db.connect();
    drop(s);
    for refusal in 1..=3 {
        let mut s = db.connect();
        refused(s.attempt(DANGER), "ZDM01");
        drop(s);
        until("it is there", || count(&mut other, "event = 'refused'") == refusal);
        until("no worker is left", || workers(&mut other) == 0);
    }
}

#[test]
fn where_no_worker_can_be_started_nothing_fails() {
    let mut cluster = Cluster::start(&["max_worker_processes = 0"]);
    let db = cluster.database("audit_slots");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce', preload => true)");
    for _ in 0..3 {
        refused(s.attempt(DANGER), "ZDM01");
    }
    s.run(&format!("BEGIN; SET LOCAL zdm.allow = '*'; {DANGER}; SET TRANSACTION READ ONLY; COMMIT"));
    assert_eq!(count(&mut s, "event <> 'mode'"), 0);
    let log = cluster.log();
    let told = |event: &str| log.matches(&format!("zdm audit: {{\"event\":\"{event}\"")).count();
    assert_eq!((told("refused"), told("allowed")), (3, 1));
    drop(s);
    drop(db);

    // Nor on a standby, which cannot write at all.
    cluster.stop(Stop::Fast);
    let standby = cluster.standby();
    let mut s = standby.connect("audit_slots");
    assert!(s.attempt("TRUNCATE users").is_err());
    assert!(s.attempt("SET zdm.guard_mode = warn; LOCK TABLE users IN ACCESS SHARE MODE").is_ok());
    s.expect("SELECT count(*) FROM users", &["1"]);
}
