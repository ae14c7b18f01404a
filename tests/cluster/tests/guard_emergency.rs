//! docs/emergency.md, step by step.

use zdm_cluster_tests::{Cluster, Session, refused};

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
    s.run("ALTER DATABASE emergency_steps RESET session_preload_libraries");
    runs(&mut cluster.connect("emergency_steps"));
}

#[test]
fn a_missing_library_can_be_got_round() {
    let cluster = Cluster::start(&[]);
    let mut s = lab(&cluster, "emergency_missing");
    // What a move without the library leaves: functions that point at a file that is not there.
    let missing = |s: &mut Session, library: &str| {
        s.run(&format!("UPDATE pg_proc SET probin = '{library}' WHERE pronamespace = 'zdm'::regnamespace AND probin IS NOT NULL"));
    };
    missing(&mut s, "$libdir/pg_zdm_gone");
    s.run("ALTER DATABASE emergency_missing SET session_preload_libraries = 'pg_zdm_gone'");
    let refusal = cluster.try_connect("emergency_missing");
    assert!(refusal.is_err(), "expected a session that cannot begin");
    drop(s);

    let mut other = cluster.connect("postgres");
    other.run("ALTER DATABASE emergency_missing RESET session_preload_libraries");
    let mut s = cluster.connect("emergency_missing");
    for sql in [DANGER, "DROP EXTENSION pg_zdm", "CREATE TABLE t (a int)"] {
        refused(s.attempt(sql), "58P01");
    }
    for trigger in ["zdm_guard", "zdm_guard_drop", "zdm_guard_rewrite"] {
        s.run(&format!("ALTER EVENT TRIGGER {trigger} DISABLE"));
    }
    runs(&mut s);
    s.run("DROP EXTENSION pg_zdm");
    s.expect("SELECT count(*) FROM pg_event_trigger", &["0"]);
    runs(&mut s);
}
