//! docs/emergency.md, step by step.

use zdm_cluster_tests::{Cluster, Session, Stop, refused};

const DANGER: &str = "CREATE INDEX ON users (v)";

fn lab(cluster: &Cluster, name: &str) -> Session {
    let mut s = cluster.database(name).connect();
    s.run("CREATE TABLE users AS SELECT g AS v FROM generate_series(1, 100) g; SELECT zdm.set_guard('enforce', preload => true)");
    let mut s = cluster.connect(name);
    s.run("SET lock_timeout = '10s'");
    refused(s.attempt(DANGER), "ZDM01");
    s
}

/// It runs, and is undone.
fn runs(s: &mut Session) {
    for sql in [DANGER, "TRUNCATE users", "DO $$BEGIN DROP TABLE users; END$$"] {
        s.run(&format!("BEGIN; {sql}; ROLLBACK"));
    }
}

#[test]
fn each_step_lets_ddl_run_and_can_be_taken_back() {
    let cluster = Cluster::start(&[]);
    let mut s = lab(&cluster, "emergency_steps");
    s.run(&format!("BEGIN; SET LOCAL zdm.allow = '* (an outage)'; {DANGER}; ROLLBACK"));
    refused(s.attempt(DANGER), "ZDM01");

    s.run("SET zdm.guard_mode = off");
    runs(&mut s);
    s.run("RESET zdm.guard_mode");
    refused(s.attempt(DANGER), "ZDM01");

    s.run("SELECT zdm.set_guard('off')");
    runs(&mut s);
    s.run("SELECT zdm.set_guard('enforce')");
    refused(s.attempt(DANGER), "ZDM01");

    s.run("ALTER EVENT TRIGGER zdm_guard DISABLE");
    runs(&mut s);
    s.run("ALTER EVENT TRIGGER zdm_guard ENABLE ALWAYS");
    refused(s.attempt("TRUNCATE users"), "ZDM01");

    let version: i32 = s.value("SELECT current_setting('server_version_num')::int");
    if version >= 170_000 {
        s.run("SET event_triggers = off");
        runs(&mut s);
        s.run("RESET event_triggers");
    }
    s.run("DROP EXTENSION pg_zdm");
    runs(&mut s);
    s.expect("SELECT count(*) FROM pg_db_role_setting", &["0"]);
    runs(&mut cluster.connect("emergency_steps"));
}

#[test]
fn a_missing_library_can_be_got_round() {
    let cluster = Cluster::start_apart(&[]);
    let mut loaded = lab(&cluster, "emergency_missing");
    cluster.tree().remove_library("pg_zdm.so");
    // Who has the library goes on with it.
    refused(loaded.attempt(DANGER), "ZDM01");
    drop(loaded);
    let refusal = cluster.try_connect("emergency_missing").err().expect("a session that cannot begin");
    assert_eq!(refusal.code().map(postgres::error::SqlState::code), Some("58P01"), "{refusal:?}");

    // 1. In from another database.
    cluster.connect("postgres").run("ALTER DATABASE emergency_missing RESET session_preload_libraries");
    let mut s = cluster.connect("emergency_missing");
    no_ddl(&mut s);
    // 2.
    triggers(&mut s, "DISABLE");
    runs(&mut s);
    // 3. Back with the library, or without the extension.
    cluster.tree().restore_library("pg_zdm.so");
    triggers(&mut s, "ENABLE ALWAYS");
    refused(s.attempt(DANGER), "ZDM01");
    cluster.tree().remove_library("pg_zdm.so");
    gone(&mut cluster.connect("emergency_missing"));
}

#[test]
fn a_server_without_the_library_can_be_started() {
    let mut cluster = Cluster::start_apart(&["shared_preload_libraries = 'pg_zdm'"]);
    drop(lab(&cluster, "emergency_server"));
    cluster.connect("postgres").run("ALTER DATABASE emergency_server RESET session_preload_libraries");
    cluster.stop(Stop::Fast);
    cluster.tree().remove_library("pg_zdm.so");
    let file = cluster.folder().join("data/postgresql.auto.conf");
    let settings = std::fs::read_to_string(&file).expect("the settings of the cluster");
    std::fs::write(&file, settings.replace("shared_preload_libraries", "# ")).expect("the settings of the cluster");
    cluster.restart();
    let mut s = cluster.connect("emergency_server");
    s.run("SELECT 1; UPDATE users SET v = v");
    no_ddl(&mut s);
    gone(&mut s);
}

/// Every DDL statement fails, also the one that would drop the extension.
fn no_ddl(s: &mut Session) {
    for sql in [DANGER, "DROP EXTENSION pg_zdm", "CREATE TABLE t (a int)"] {
        let error = refused(s.attempt(sql), "58P01");
        assert!(error.message().starts_with("could not access file") && error.message().contains("pg_zdm"), "{error:?}");
    }
}

fn triggers(s: &mut Session, how: &str) {
    for trigger in ["zdm_guard", "zdm_guard_drop", "zdm_guard_rewrite"] {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} {how}"));
    }
}

/// The way out: without the triggers DDL runs, and the extension can go.
fn gone(s: &mut Session) {
    triggers(s, "DISABLE");
    runs(s);
    s.run("DROP EXTENSION pg_zdm");
    s.expect("SELECT count(*) FROM pg_event_trigger", &["0"]);
    s.expect("SELECT count(*) FROM pg_namespace WHERE nspname = 'zdm'", &["0"]);
    runs(s);
}
