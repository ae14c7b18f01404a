//! A standby: the guard has no part in what it replays, leaves refusing to the server, and enforces from the moment of promotion.

use zdm_cluster_tests::{Cluster, Session, Stop, refused, until};

const DANGER: &str = "CREATE INDEX ON users (v)";

/// Waits until the standby has what the primary has written.
fn caught_up(primary: &mut Session, standby: &mut Session) {
    let lsn: String = primary.value("SELECT pg_current_wal_lsn()::text");
    until("the standby has caught up", || standby.value(&format!("SELECT pg_last_wal_replay_lsn() >= '{lsn}'::pg_lsn")));
}

const CATALOG: &str = "
    SELECT c.relname || ' ' || c.relkind::text || ' ' || COALESCE(pg_get_indexdef(c.oid), '') || ' ' || COALESCE(string_agg(a.attname || ':' || a.atttypid::regtype, ',' ORDER BY attnum), '')
      FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace GROUP BY c.oid, c.relname, c.relkind ORDER BY 1";

const CHECKS: [&str; 4] = [
    "SELECT statement, object, risk, rule, lock_mode, blocks, rewrites, message, hint FROM zdm.check_ddl('CREATE INDEX ON users (v); ALTER TABLE users ALTER v TYPE bigint; DROP TABLE users')",
    "SELECT relation, lock_mode, rewrites FROM zdm.ddl_effects('ALTER TABLE users ADD PRIMARY KEY (v)')",
    "SELECT rule, risk FROM zdm.check_ddl('ALTER TABLE users ALTER v SET NOT NULL', probe => true)",
    "SELECT layer, active FROM zdm.guard_status()",
];

#[test]
fn replay_goes_by_and_a_promoted_standby_enforces() {
    let mut primary = Cluster::start(&[]);
    let db = primary.database("d");
    let mut s = db.connect();
    s.run("CREATE TABLE users AS SELECT g AS v FROM generate_series(1, 1000) g; ANALYZE users; SELECT zdm.set_guard('enforce', preload => true)");
    drop(s);
    drop(db);
    primary.stop(Stop::Fast);
    let standby = primary.standby();
    primary.restart();

    // What was allowed there, and what was not judged, is replayed here.
    let mut there = primary.connect("d");
    refused(there.attempt(DANGER), "ZDM01");
    there.run(&format!(
        "BEGIN; SET LOCAL zdm.allow = '*'; {DANGER}; ALTER TABLE users ALTER v TYPE bigint; CREATE TABLE gone AS SELECT 1 AS a; COMMIT"
    ));
    there
        .run("BEGIN; SET LOCAL zdm.allow = '*'; DROP TABLE gone; TRUNCATE users; INSERT INTO users SELECT generate_series(1, 500); COMMIT");
    there.run("VACUUM ANALYZE users");
    let mut here = standby.connect("d");
    here.expect("SELECT pg_is_in_recovery()", &["t"]);
    caught_up(&mut there, &mut here);
    assert_eq!(here.rows(CATALOG), there.rows(CATALOG));
    here.expect("SELECT count(*) FROM users", &["500"]);

    // What can be asked is answered as on the primary.
    for check in CHECKS {
        assert_eq!(here.rows(check), there.rows(check), "{check}");
    }
    // The server says no in its own words, whatever layer would see the statement, and however the guard's mode is set.
    for sql in [DANGER, "TRUNCATE users", "VACUUM FULL users", "DELETE FROM users", "DROP EXTENSION pg_zdm", "SELECT zdm.set_guard('off')"]
    {
        let error = refused(here.attempt(sql), "25006");
        assert!(error.message().starts_with("cannot execute"), "{sql}: {error:?}");
    }
    // A mode that is set on the primary comes by replay.
    there.run("SELECT zdm.set_guard('warn')");
    caught_up(&mut there, &mut here);
    here.expect("SELECT mode FROM zdm.guard_state", &["warn"]);
    there.run("SELECT zdm.set_guard('enforce')");
    caught_up(&mut there, &mut here);

    here.run("SELECT pg_promote()");
    here.expect("SELECT pg_is_in_recovery()", &["f"]);
    for s in [&mut here, &mut standby.connect("d")] {
        for sql in [DANGER, "TRUNCATE users", "DROP TABLE users", "DO $$BEGIN DROP TABLE users; END$$"] {
            refused(s.attempt(sql), "ZDM01");
        }
        s.run("CREATE INDEX CONCURRENTLY ON users (v)");
    }
    here.expect("SELECT zdm.set_guard('warn')", &["warn"]);
    here.run(DANGER);
    // The old primary is another database now.
    there.expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
}
