//! The guard and what DDL waits for: lock_timeout, and whoever is in the way.

use std::time::Duration;

use zdm_cluster_tests::{database, refused};

#[test]
fn ddl_that_may_queue_gets_a_lock_timeout() {
    let db = database("waits_timeout");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce')");
    s.forget_notices();
    s.run("BEGIN; COMMENT ON TABLE users IS 'x'");
    s.expect("SHOW lock_timeout", &["0"]);
    s.run("ALTER TABLE users ADD COLUMN a int");
    s.expect("SHOW lock_timeout", &["5s"]);
    s.run("ALTER TABLE users ADD COLUMN b int; COMMIT");
    let texts = s.texts();
    assert_eq!(texts, ["NOTICE: lock_timeout is 5 s until the end of this transaction"]);
    s.expect("SHOW lock_timeout", &["0"]);

    // It is in force.
    let mut holder = db.connect();
    holder.run("BEGIN; SELECT * FROM users");
    s.run("SET zdm.default_lock_timeout = '150ms'");
    refused(s.attempt("ALTER TABLE users ADD COLUMN c int"), "55P03");
    s.expect("SHOW lock_timeout", &["0"]);
    s.forget_notices();

    // A timeout of one's own, none wanted, nothing that others use: it is left alone.
    s.run("SET lock_timeout = '100ms'");
    refused(s.attempt("ALTER TABLE users ADD COLUMN c int"), "55P03");
    holder.run("ROLLBACK");
    s.run("ALTER TABLE users ADD COLUMN c int; RESET lock_timeout; SET zdm.default_lock_timeout = 0; ALTER TABLE users ADD COLUMN d int");
    s.run("RESET zdm.default_lock_timeout; CREATE TABLE fresh (a int); CREATE TEMP TABLE mine (a int); ALTER TABLE mine ADD COLUMN b int");
    assert_eq!(s.texts(), Vec::<String>::new());
}

#[test]
fn where_it_only_warns_a_session_may_want_to_wait() {
    let db = database("waits_warn");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('warn')");
    // What queues hurts in each mode.
    s.run("BEGIN; ALTER TABLE users ADD COLUMN a int");
    s.expect("SHOW lock_timeout", &["5s"]);
    s.run("COMMIT; SET zdm.guard_mode = off; BEGIN; ALTER TABLE users ADD COLUMN b int");
    s.expect("SHOW lock_timeout", &["0"]);
    s.run("COMMIT; RESET zdm.guard_mode");
    // pg_restore, and what pg_dump writes, say that they will wait.
    for set in ["SET lock_timeout = 0", "SELECT set_config('lock_timeout', '0', false)", "BEGIN; SET LOCAL lock_timeout = 0"] {
        let mut s = db.connect();
        s.run(set);
        s.run("ALTER TABLE users ALTER v SET DEFAULT 1");
        s.expect("SHOW lock_timeout", &["0"]);
        s.run("COMMIT; RESET lock_timeout; BEGIN; ALTER TABLE users ALTER v SET DEFAULT 1");
        s.expect("SHOW lock_timeout", &["5s"]);
    }
    s.run("SET zdm.default_lock_timeout = '100ms'; SET lock_timeout = 0");
    let mut holder = db.connect();
    holder.run("BEGIN; SELECT * FROM users");
    let waiting = s.background("ALTER TABLE users ADD COLUMN c int");
    std::thread::sleep(Duration::from_millis(400));
    holder.run("COMMIT");
    let mut s = waiting.success();
    // Where it refuses, it is the DBA's word that counts.
    s.run("SELECT zdm.set_guard('enforce'); BEGIN; ALTER TABLE users ADD COLUMN d int");
    s.expect("SHOW lock_timeout", &["100ms"]);
}

#[test]
fn an_old_transaction_in_the_way_is_named() {
    let db = database("waits_blocker");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce'); SET lock_timeout = '100ms'");
    let mut holder = db.connect();
    let pid: i32 = holder.value("SELECT pg_backend_pid()");
    holder.run("BEGIN; SELECT v AS looked_at FROM users");
    std::thread::sleep(Duration::from_millis(1_300));
    // Off by default.
    refused(s.attempt("ALTER TABLE users ADD COLUMN a int"), "55P03");
    s.run("SET zdm.max_blocker_age = '1s'");
    let error = refused(s.attempt("ALTER TABLE users ADD COLUMN a int"), "ZDM01");
    for part in
        [format!("zdm[blocked-now]: would wait for process {pid} of postgres"), "pg_terminate_backend".to_owned(), " for ".to_owned()]
    {
        assert!(error.message().contains(&part), "{part}: {}", error.message());
    }
    assert!(error.detail().unwrap_or_default().contains("looked_at"), "{:?}", error.detail());
    // What does not conflict runs; what is allowed waits.
    s.run("COMMENT ON TABLE users IS 'x'");
    s.run("BEGIN; SET LOCAL zdm.allow = 'blocked-now:public.users'");
    refused(s.attempt("ALTER TABLE users ADD COLUMN a int"), "55P03");
    s.run("ROLLBACK; SET zdm.max_blocker_age = '1h'");
    refused(s.attempt("ALTER TABLE users ADD COLUMN a int"), "55P03");
    holder.run("ROLLBACK");
    s.run("ALTER TABLE users ADD COLUMN a int");
}
