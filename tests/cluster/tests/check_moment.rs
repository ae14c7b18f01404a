//! What the check says of this moment is what the server shows: locks of others and of the session itself, snapshots, ownership, dependents.

use std::time::Duration;

use zdm_cluster_tests::{Session, database};

/// The findings of one rule: message, detail and hint.
fn of(s: &mut Session, rule: &str, sql: &str) -> Vec<String> {
    s.rows(&format!("SELECT message, detail, hint FROM zdm.check_ddl($zdm${sql}$zdm$) WHERE rule = '{rule}'"))
}

#[test]
fn the_holder_of_a_lock_is_named_to_those_who_may_see_it() {
    let db = database("check_moment");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run("CREATE ROLE check_moment_owner LOGIN; GRANT CREATE ON SCHEMA public TO check_moment_owner");
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1); ALTER TABLE t OWNER TO check_moment_owner");
    let pid: i32 = other.value("SELECT pg_backend_pid()");
    other.run("BEGIN; SELECT count(*) AS watched FROM t");
    let add = "ALTER TABLE t ADD COLUMN b int";
    // A transaction of a moment ago is nobody's concern.
    assert_eq!(of(&mut s, "blocked-now", add), Vec::<String>::new());
    std::thread::sleep(Duration::from_millis(1_500));
    let found = of(&mut s, "blocked-now", add);
    assert_eq!(found.len(), 1, "{found:?}");
    for part in [
        format!("process {pid} of postgres (idle in transaction, for "),
        "AccessShareLock on public.t".to_owned(),
        "AS watched FROM t".to_owned(),
    ] {
        assert!(found[0].contains(&part), "{part}: {found:?}");
    }
    assert_eq!(of(&mut s, "blocked-now", "CREATE INDEX ON t (a)"), Vec::<String>::new());
    let mut user = db.connect_as("check_moment_owner");
    let found = of(&mut user, "blocked-now", add);
    assert!(found[0].starts_with(&format!("would wait now for process {pid}|")) && !found[0].contains("watched"), "{found:?}");
    // What it says, happens.
    s.run("SET lock_timeout = '200ms'");
    assert!(s.attempt(add).is_err());
    other.run("COMMIT");
    assert_eq!(of(&mut s, "blocked-now", add), Vec::<String>::new());
    s.run(add);
}

#[test]
fn an_old_snapshot_keeps_concurrently_waiting() {
    let db = database("check_snapshot");
    let (mut s, mut other) = (db.connect(), db.connect());
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1)");
    let pid: i32 = other.value("SELECT pg_backend_pid()");
    let index = "CREATE INDEX CONCURRENTLY t_a ON t (a)";
    assert_eq!(of(&mut s, "concurrent-index-blocked", index), Vec::<String>::new());
    other.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    std::thread::sleep(Duration::from_millis(1_500));
    let found = of(&mut s, "concurrent-index-blocked", index);
    assert!(found.len() == 1 && found[0].contains(&format!("process {pid} ")), "{found:?}");
    assert_eq!(of(&mut s, "concurrent-index-blocked", "CREATE INDEX ON t (a)"), Vec::<String>::new());
    other.run("COMMIT");
    // One that only wrote to the table is waited for, too.
    other.run("BEGIN; INSERT INTO t VALUES (2)");
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(of(&mut s, "concurrent-index-blocked", index).len(), 1);
    other.run("ROLLBACK");
    assert_eq!(of(&mut s, "concurrent-index-blocked", index), Vec::<String>::new());
}

#[test]
fn locks_of_the_session_itself_count() {
    let db = database("check_held");
    let mut s = db.connect();
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE TABLE u (a int); INSERT INTO u VALUES (1)");
    s.run("ALTER TABLE u ADD CONSTRAINT u_a CHECK (a > 0) NOT VALID");
    let validate = "ALTER TABLE u VALIDATE CONSTRAINT u_a";
    assert_eq!(of(&mut s, "work-while-locked", validate), Vec::<String>::new());
    s.run("BEGIN; ALTER TABLE t ADD COLUMN b int");
    let found = of(&mut s, "work-while-locked", validate);
    assert_eq!(
        found,
        ["reads all of public.u while public.t stays locked|Before this text, the session took AccessExclusiveLock on public.t: \
          reads and writes wait to its end. public.u takes 8 kB.|Commit before it, so that the earlier lock is given back."]
    );
    s.run("ROLLBACK; BEGIN; UPDATE t SET a = 2; CREATE TABLE fresh (a int)");
    assert_eq!(of(&mut s, "work-while-locked", validate), Vec::<String>::new());
    s.run("ROLLBACK");
}

#[test]
fn lock_timeout_owners_dependents_and_particulars() {
    let db = database("check_facts");
    let mut s = db.connect();
    s.run(
        "CREATE ROLE check_facts_role; CREATE TABLE t (a int PRIMARY KEY, s serial); INSERT INTO t VALUES (1);
         CREATE TABLE u (a int REFERENCES t, b int); INSERT INTO u VALUES (1); CREATE VIEW v AS SELECT a FROM t; CREATE VIEW w AS SELECT a FROM v;
         CREATE MATERIALIZED VIEW m AS SELECT a FROM w; CREATE FUNCTION f(t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    );
    let add = "ALTER TABLE t ADD COLUMN x int";
    s.run("SET lock_timeout = 0");
    assert_eq!(of(&mut s, "missing-lock-timeout", add).len(), 1);
    s.run("SET lock_timeout = '2s'");
    assert_eq!(of(&mut s, "missing-lock-timeout", add).len(), 0);
    // The server's own words for what CASCADE takes along.
    let found = of(&mut s, "drop-cascade", "DROP TABLE t CASCADE");
    let said = "dropping public.t takes 5 other objects along|Dropped with it: constraint u_a_fkey on table public.u, \
                function public.f(public.t), materialized view public.m, view public.v, view public.w.";
    assert!(found[0].starts_with(said), "{found:?}");
    s.forget_notices();
    s.run("BEGIN; DROP TABLE t CASCADE");
    let notice = s.texts().join("\n");
    assert!(notice.contains("drop cascades to 5 other objects"), "{notice}");
    s.run("ROLLBACK");
    assert_eq!(of(&mut s, "drop-cascade", "DROP TABLE u CASCADE"), Vec::<String>::new());
    // Ownership is the caller's, with its memberships.
    s.run("CREATE ROLE check_facts_plain LOGIN; GRANT check_facts_role TO check_facts_plain; ALTER TABLE u OWNER TO check_facts_role");
    let mut user = db.connect_as("check_facts_plain");
    assert_eq!(of(&mut user, "not-owner", "ALTER TABLE u ADD COLUMN x int"), Vec::<String>::new());
    assert_eq!(of(&mut user, "not-owner", add).len(), 1);
    assert!(user.attempt(add).is_err());
    let owned = of(&mut s, "drop-owned", "DROP OWNED BY check_facts_role");
    assert!(owned[0].starts_with("drops 1 object owned by role check_facts_role|It owns table public.u."), "{owned:?}");
    // Policies, sequences, publications.
    let force = "ALTER TABLE t FORCE ROW LEVEL SECURITY";
    assert_eq!(of(&mut s, "rls-enable-without-policy", force), Vec::<String>::new());
    s.run("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
    assert_eq!(of(&mut s, "rls-enable-without-policy", force).len(), 1);
    s.run("ALTER TABLE t DISABLE ROW LEVEL SECURITY");
    assert_eq!(of(&mut s, "rls-enable-without-policy", "ALTER TABLE t ENABLE ROW LEVEL SECURITY").len(), 1);
    s.run("CREATE POLICY p ON t USING (true)");
    assert_eq!(of(&mut s, "rls-enable-without-policy", "ALTER TABLE t ENABLE ROW LEVEL SECURITY"), Vec::<String>::new());
    assert!(of(&mut s, "alter-sequence", "ALTER SEQUENCE t_s_seq RESTART")[0].contains("public.t"));
    assert_eq!(of(&mut s, "already-exists", "CREATE TABLE t (a int)").len(), 1);
    s.run("CREATE SCHEMA app; SET search_path = app, public");
    assert_eq!(of(&mut s, "already-exists", "CREATE TABLE t (a int)"), Vec::<String>::new());
    s.run("CREATE TABLE app.gone (a int)");
    s.run("RESET search_path; CREATE PUBLICATION everything FOR TABLE u");
    let found = of(&mut s, "replica-identity", "ALTER TABLE u REPLICA IDENTITY DEFAULT");
    assert!(found[0].starts_with("updates and deletes of public.u would fail"), "{found:?}");
    s.run("ALTER TABLE u REPLICA IDENTITY NOTHING");
    assert!(s.attempt("UPDATE u SET b = 1").is_err());
}

#[test]
fn what_the_guard_sees_by_its_hooks_alone_is_told_of() {
    let db = database("check_gap");
    let mut s = db.connect();
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1); SELECT zdm.set_guard('enforce', preload => false)");
    let said = "the guard does not see TRUNCATE TABLE in a session that has not loaded its library|\
                It fires no event trigger, and new sessions of this database do not begin with the library.|\
                SELECT zdm.set_guard('enforce', preload => true); has every session load it.";
    assert_eq!(of(&mut s, "event-trigger-gap", "TRUNCATE t"), [said]);
    assert_eq!(of(&mut s, "event-trigger-gap", "DROP TABLE t"), Vec::<String>::new());
    // A role without rights is told the same.
    s.run("CREATE ROLE check_gap_plain LOGIN");
    let mut plain = db.connect_as("check_gap_plain");
    assert_eq!(of(&mut plain, "event-trigger-gap", "TRUNCATE t").len(), 1);
    // What is said is so: in a new session the command runs.
    let mut fresh = db.connect();
    fresh.run("BEGIN; TRUNCATE t; ROLLBACK");
    // What new sessions begin with counts, not what this one began with.
    s.run("SELECT zdm.set_guard('enforce', preload => true)");
    assert_eq!(of(&mut s, "event-trigger-gap", "TRUNCATE t"), Vec::<String>::new());
    let mut fresh = db.connect();
    let error = zdm_cluster_tests::refused(fresh.attempt("TRUNCATE t"), "ZDM01");
    assert!(!error.message().contains("event-trigger-gap"), "{}", error.message());
    s.run("SELECT zdm.set_guard('off', preload => false)");
    assert_eq!(of(&mut fresh, "event-trigger-gap", "TRUNCATE t"), Vec::<String>::new());
}

#[test]
fn a_running_job_is_told_of() {
    let db = database("check_job");
    let mut s = db.connect();
    s.run("CREATE TABLE t (id int PRIMARY KEY, a int); INSERT INTO t SELECT g, 0 FROM generate_series(1, 2000) g");
    let running = db.connect().background("CALL zdm.backfill('t', 'a = 1', 'a = 0', batch => 10, pause => '100ms')");
    let mut found = Vec::new();
    zdm_cluster_tests::until("the job is told of", || {
        found = of(&mut s, "running-job", "ALTER TABLE t ADD COLUMN b int");
        !found.is_empty()
    });
    assert!(found[0].starts_with("backfill job 1 is running on public.t|"), "{found:?}");
    running.cancel();
    running.canceled();
    assert_eq!(of(&mut s, "running-job", "ALTER TABLE t ADD COLUMN b int"), Vec::<String>::new());
}

#[test]
fn the_guard_asks_nothing_of_the_moment_and_holds_the_session_to_its_own_locks() {
    let db = database("check_guard_moment");
    let mut s = db.connect();
    s.run("CREATE TABLE t (a int); INSERT INTO t VALUES (1); CREATE TABLE u (a int); INSERT INTO u VALUES (1)");
    s.run("ALTER TABLE u ADD CONSTRAINT u_a CHECK (a > 0) NOT VALID; SELECT zdm.set_guard('enforce')");
    s.run("BEGIN; ALTER TABLE t ADD COLUMN b int");
    let error = zdm_cluster_tests::refused(s.attempt("ALTER TABLE u VALIDATE CONSTRAINT u_a"), "ZDM01");
    assert!(
        error.message().starts_with("zdm[work-while-locked]: reads all of public.u while public.t stays locked"),
        "{}",
        error.message()
    );
    s.run("ROLLBACK; ALTER TABLE u VALIDATE CONSTRAINT u_a");
}
