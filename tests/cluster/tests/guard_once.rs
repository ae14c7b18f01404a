//! `zdm.allow_next`: one use, for one role, in the transaction of the statement; and what a reason is worth.

use zdm_cluster_tests::{Database, Session, database, refused};

const CREATE_INDEX: &str = "CREATE INDEX ON app.users (v)";
const ALLOW: &str = "SELECT zdm.allow_next('create-index-not-concurrent', 'app.users', reason => 'OPS-1')";

/// A database in enforce mode whose table belongs to a role that may set zdm.allow.
fn lab(name: &str) -> (Database<'static>, Session, Session) {
    let db = database(name);
    let mut admin = db.connect();
    let role = format!("{name}_owner");
    admin.run(&format!(
        "CREATE ROLE {role} LOGIN; GRANT SET ON PARAMETER zdm.allow TO {role}; CREATE SCHEMA app AUTHORIZATION {role};
         CREATE TABLE app.users (id bigint PRIMARY KEY, v integer); INSERT INTO app.users SELECT g, g FROM generate_series(1, 100) g;
         ALTER TABLE app.users OWNER TO {role}; ALTER ROLE {role} SET lock_timeout = '10s'; SELECT zdm.set_guard('enforce');
         SET lock_timeout = '10s'"
    ));
    let user = db.connect_as(&role);
    (db, admin, user)
}

fn pending(s: &mut Session) -> Vec<String> {
    s.rows("SELECT state, rule, object, role, reason FROM zdm.allowance ORDER BY id")
}

#[test]
fn an_allowance_is_used_once_in_the_transaction_of_the_statement() {
    let (db, mut admin, mut user) = lab("once_use");
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run(ALLOW);
    assert_eq!(pending(&mut user), ["pending|create-index-not-concurrent|app.users|once_use_owner|OPS-1"]);
    // It is for this role, this rule and this table.
    refused(admin.attempt(CREATE_INDEX), "ZDM01");
    refused(user.attempt("DROP TABLE app.users"), "ZDM01");
    user.run(&format!("BEGIN; {CREATE_INDEX}; ROLLBACK"));
    assert_eq!(pending(&mut user).len(), 1, "rolled back with the statement");
    user.run(&format!("BEGIN; SAVEPOINT a; {CREATE_INDEX}; ROLLBACK TO a; COMMIT"));
    assert_eq!(pending(&mut user).len(), 1, "rolled back with the subtransaction");
    user.run(CREATE_INDEX);
    assert_eq!(pending(&mut user), Vec::<String>::new());
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run(ALLOW);
    assert!(user.attempt_extended(CREATE_INDEX).is_ok());
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    // from another connection of the same role, and where the next statement is inside a block
    user.run(ALLOW);
    let mut other = db.connect_as("once_use_owner");
    other.run("SELECT zdm.guard_status()");
    other.run(&format!("DO $$BEGIN {CREATE_INDEX}; END$$"));
    assert_eq!(other.texts(), Vec::<String>::new());
    let log: String = admin.value("SELECT pg_read_file(current_setting('data_directory') || '/../log')");
    assert!(log.contains("let a statement pass: create-index-not-concurrent:app.users") && log.contains("the reason is: OPS-1"));
    assert!(log.contains("was given"));
}

#[test]
fn all_that_is_dangerous_needs_its_allowance_and_none_is_lost_in_a_refusal() {
    let (_db, _admin, mut user) = lab("once_two");
    let two = "ALTER TABLE app.users ALTER v SET NOT NULL, ADD COLUMN w float DEFAULT random()";
    user.run("SELECT zdm.allow_next('set-not-null-scan', 'app.users')");
    refused(user.attempt(two), "ZDM01");
    assert_eq!(pending(&mut user).len(), 1);
    user.run("SELECT zdm.allow_next('add-column-volatile-default')");
    user.run(two);
    assert_eq!(pending(&mut user), Vec::<String>::new());
    // one that names the table goes before one that does not, and two findings of one rule need one
    user.run("SELECT zdm.allow_next('drop-table'), zdm.allow_next('drop-table', 'app.a')");
    user.run("CREATE TABLE app.a AS SELECT 1 AS x; CREATE TABLE app.b AS SELECT 1 AS x; CREATE TABLE app.c AS SELECT 1 AS x");
    user.run("DROP TABLE app.a");
    assert_eq!(pending(&mut user), ["pending|drop-table|-|once_two_owner|-"]);
    user.run("DROP TABLE app.b, app.c");
    assert_eq!(pending(&mut user), Vec::<String>::new());
}

#[test]
fn what_fires_no_event_and_what_runs_outside_of_a_block_can_be_allowed() {
    let (_db, _admin, mut user) = lab("once_alone");
    user.run("SELECT zdm.guard_status()");
    let error = refused(user.attempt("VACUUM FULL app.users"), "ZDM01");
    let line = error.message().lines().find_map(|line| line.strip_prefix("  allow: ")).map(str::to_owned);
    let line = line.unwrap_or_else(|| panic!("{}", error.message()));
    assert!(line.starts_with("SELECT zdm.allow_next('") && line.ends_with("', 'app.users', reason => 'reason')"), "{line}");
    user.run(&line);
    user.run("VACUUM FULL app.users");
    refused(user.attempt("VACUUM FULL app.users"), "ZDM01");
    assert_eq!(pending(&mut user), Vec::<String>::new());
    let error = refused(user.attempt("TRUNCATE app.users"), "ZDM01");
    assert!(error.message().contains("\n  allow: SET LOCAL zdm.allow = 'truncate"), "{}", error.message());
    user.run("SELECT zdm.allow_next('truncate')");
    user.run("TRUNCATE app.users");
    user.run("INSERT INTO app.users SELECT g, g FROM generate_series(1, 100) g");
    refused(user.attempt("TRUNCATE app.users"), "ZDM01");
}

/// Allows it, runs it, and what it uses up is gone; before and afterwards it is refused.
fn once(s: &mut Session, rule: &str, sql: &str) {
    let error = refused(s.attempt(sql), "ZDM01");
    assert!(error.message().contains(&format!("\n  allow: SELECT zdm.allow_next('{rule}'")), "{sql:.200}: {}", error.message());
    s.run(&format!("SELECT zdm.allow_next('{rule}', reason => 'OPS-1')"));
    if let Err(error) = s.attempt_extended(sql) {
        panic!("{sql:.200}: {error:?}");
    }
    assert_eq!(pending(s), Vec::<String>::new(), "{sql:.200}");
}

#[test]
fn what_commits_on_its_way_uses_it_up() {
    let (_db, mut s, _user) = lab("once_apart");
    s.run("CREATE INDEX CONCURRENTLY by_v ON app.users (v)");
    s.run("SET allow_in_place_tablespaces = on");
    s.run("CREATE TABLESPACE once_apart_aside LOCATION ''");
    s.run("CREATE DATABASE once_apart_other");
    for rule in ["redundant-index", "unbounded-effect", "drop-used-index"] {
        s.run(&format!("SELECT zdm.set_rule_policy('{rule}', 'danger', 'a test')"));
    }
    // The guard never minds REINDEX CONCURRENTLY, unless it cannot read it.
    let hidden = |sql: &str| sql.replacen(' ', &format!(" {}{} ", "/*".repeat(5000), "*/".repeat(5000)), 1);
    let files = "SELECT c.relname, c.relfilenode FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
                  WHERE i.indrelid = 'app.users'::regclass AND i.indisvalid ORDER BY 1";
    for (sql, rebuilt) in [
        ("REINDEX INDEX CONCURRENTLY app.by_v", 1),
        ("REINDEX TABLE CONCURRENTLY app.users", 2),
        ("REINDEX (CONCURRENTLY, VERBOSE off) TABLE app.users", 2),
    ] {
        let before = s.rows(files);
        once(&mut s, "not-analyzable", &hidden(sql));
        let after = s.rows(files);
        assert_eq!((after.len(), after.iter().filter(|file| !before.contains(file)).count()), (2, rebuilt), "{sql}: {before:?}, {after:?}");
        refused(s.attempt(&hidden(sql)), "ZDM01");
    }
    once(&mut s, "redundant-index", "CREATE INDEX CONCURRENTLY again ON app.users (v)");
    // One that fails before its first commit has used nothing.
    s.run("SELECT zdm.allow_next('redundant-index')");
    refused(s.attempt("CREATE INDEX CONCURRENTLY again ON app.users (v)"), "42P07");
    assert_eq!(pending(&mut s), ["pending|redundant-index|-|postgres|-"]);
    s.run("CREATE INDEX CONCURRENTLY once_more ON app.users (v)");
    assert_eq!(pending(&mut s), Vec::<String>::new());

    once(&mut s, "unbounded-effect", "ALTER DATABASE once_apart_other SET TABLESPACE once_apart_aside");
    let place = "SELECT spcname FROM pg_database d JOIN pg_tablespace t ON t.oid = dattablespace WHERE datname = 'once_apart_other'";
    s.expect(place, &["once_apart_aside"]);
    refused(s.attempt("ALTER DATABASE once_apart_other SET TABLESPACE pg_default"), "ZDM01");
    s.expect(place, &["once_apart_aside"]);
    once(&mut s, "drop-database", "DROP DATABASE once_apart_other");
    s.expect(place, &[]);
}

#[test]
fn the_way_that_is_shown_fits_the_statement() {
    let (_db, mut s, _user) = lab("once_way");
    for sql in [
        "REINDEX TABLE app.users",
        "REINDEX (CONCURRENTLY false) TABLE app.users",
        "REINDEX (CONCURRENTLY, CONCURRENTLY off) TABLE app.users",
    ] {
        let error = refused(s.attempt(sql), "ZDM01");
        assert!(
            error.message().contains("\n  allow: SET LOCAL zdm.allow = 'reindex-not-concurrent:app.users"),
            "{sql}: {}",
            error.message()
        );
        s.run(&format!("BEGIN; SET LOCAL zdm.allow = 'reindex-not-concurrent'; {sql}; COMMIT"));
    }
    refused(s.attempt("REINDEX (CONCURRENTLY maybe) TABLE app.users"), "42601");
    s.run(
        "CREATE TABLE app.parts (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE app.part PARTITION OF app.parts DEFAULT;
         INSERT INTO app.parts SELECT g FROM generate_series(1, 100) g",
    );
    once(&mut s, "reindex-not-concurrent", "REINDEX TABLE app.parts");
    once(&mut s, "reindex-not-concurrent", "REINDEX INDEX app.parts_pkey");
    once(&mut s, "vacuum-full-or-cluster", "CLUSTER app.parts USING parts_pkey");
    for sql in ["REINDEX SCHEMA app", "VACUUM FULL app.users", "VACUUM (FULL) app.users"] {
        let error = refused(s.attempt(sql), "ZDM01");
        assert!(error.message().contains("\n  allow: SELECT zdm.allow_next("), "{sql}: {}", error.message());
    }
}

#[test]
fn drop_index_concurrently_uses_it_at_its_end() {
    let (db, mut admin, mut user) = lab("once_first");
    // an index that is in use, by a rule that refuses nothing by itself
    let index = |user: &mut Session| {
        user.run("CREATE INDEX CONCURRENTLY by_v ON app.users (v)");
        user.run("SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT FROM app.users WHERE v = 1");
        user.run("RESET enable_seqscan; RESET enable_bitmapscan; SELECT pg_stat_force_next_flush()");
    };
    admin.run("SELECT zdm.set_rule_policy('drop-used-index', 'danger', 'a test')");
    user.run("SELECT zdm.guard_status()");
    index(&mut user);
    refused(user.attempt("DROP INDEX CONCURRENTLY app.by_v"), "ZDM01");
    user.run("SELECT zdm.allow_next('drop-used-index')");
    // one that sees it with the command that loads the library cannot use it up at its end
    let mut fresh = db.connect_as("once_first_owner");
    let error = refused(fresh.attempt("DROP INDEX CONCURRENTLY app.by_v"), "ZDM01");
    assert!(error.message().contains("the library was not loaded before this statement"), "{}", error.message());
    fresh.run("DROP INDEX CONCURRENTLY app.by_v");
    user.expect("SELECT to_regclass('app.by_v')", &["-"]);
    assert_eq!(pending(&mut user), Vec::<String>::new());

    // Two sessions, one allowance: while one waits, the other is refused. What fails leaves it there.
    index(&mut user);
    user.run("SELECT zdm.allow_next('drop-used-index')");
    let mut holder = db.connect();
    holder.run("SET zdm.guard_mode = off; BEGIN; LOCK TABLE app.users IN SHARE UPDATE EXCLUSIVE MODE");
    let mut other = db.connect_as("once_first_owner");
    other.run("SELECT zdm.guard_status()");
    let first = user.background("DROP INDEX CONCURRENTLY app.by_v");
    zdm_cluster_tests::until("it waits", || {
        admin.value(&format!("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pid = {})", first.pid))
    });
    let error = refused(other.attempt("DROP INDEX CONCURRENTLY app.by_v"), "ZDM01");
    assert!(error.message().contains("note: allowance"), "{}", error.message());
    first.cancel();
    let mut user = first.canceled();
    assert_eq!(pending(&mut user).len(), 1);
    holder.run("COMMIT");
    other.run("DROP INDEX CONCURRENTLY app.by_v");
    assert_eq!(pending(&mut user), Vec::<String>::new());
    admin.expect("SELECT count(*) FROM pg_locks WHERE locktype = 'object' AND classid = 'zdm.stored_allowance'::regclass", &["0"]);
}

#[test]
fn two_sessions_do_not_use_one_allowance_and_nobody_waits() {
    let (db, _admin, mut user) = lab("once_race");
    user.run(ALLOW);
    let mut other = db.connect_as("once_race_owner");
    refused(other.attempt("DROP TABLE app.users"), "ZDM01");
    user.run(&format!("BEGIN; {CREATE_INDEX}"));
    let start = std::time::Instant::now();
    let error = refused(other.attempt(CREATE_INDEX), "ZDM01");
    assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
    assert!(error.message().contains("is being used or withdrawn by another session"), "{}", error.message());
    user.run("ROLLBACK");
    other.run(CREATE_INDEX);
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    // one that is being withdrawn is not waited for either
    user.run(ALLOW);
    let id: i32 = user.value("SELECT max(id) FROM zdm.allowance");
    user.run(&format!("BEGIN; SELECT zdm.withdraw_allowance({id})"));
    refused(other.attempt(CREATE_INDEX), "ZDM01");
    user.run("ROLLBACK");
    user.expect(&format!("SELECT zdm.withdraw_allowance({id}), zdm.withdraw_allowance({id})"), &["t|f"]);
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    // and a transaction with an old snapshot does not use what was used since
    user.run(ALLOW);
    user.run("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1");
    other.run(CREATE_INDEX);
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run("ROLLBACK");
}

#[test]
fn only_those_who_may_set_the_setting_give_and_get_allowances() {
    let (db, mut admin, mut user) = lab("once_rights");
    admin.run("CREATE ROLE once_rights_other LOGIN; GRANT USAGE, CREATE ON SCHEMA app TO once_rights_other");
    let mut other = db.connect_as("once_rights_other");
    let error = refused(other.attempt(ALLOW), "42501");
    assert_eq!(error.hint(), Some("GRANT SET ON PARAMETER zdm.allow TO once_rights_other;"));
    refused(other.attempt("SELECT zdm.withdraw_allowance(1)"), "42501");
    refused(other.attempt("INSERT INTO zdm.stored_allowance DEFAULT VALUES"), "42501");
    refused(user.attempt("DELETE FROM zdm.stored_allowance"), "42501");
    refused(other.attempt("SELECT zdm.allow_next('drop-table', for_role => 'once_rights_owner')"), "42501");
    refused(user.attempt("SELECT zdm.allow_next('drop-table', for_role => 'once_rights_other')"), "42501");
    admin.run("SELECT zdm.allow_next('create-index-not-concurrent', 'app.users', for_role => 'once_rights_owner')");
    user.run(CREATE_INDEX);

    // In a definer's function the one who calls it is judged.
    admin.run(
        "CREATE FUNCTION public.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN CREATE INDEX ON app.users (v); END';
         CREATE FUNCTION public.allow() RETURNS void LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC
           SELECT zdm.allow_next('create-index-not-concurrent', 'app.users'); END",
    );
    user.run("SELECT zdm.guard_status()");
    refused(user.attempt("SELECT public.definer()"), "ZDM01");
    admin.run(ALLOW);
    refused(user.attempt("SELECT public.definer()"), "ZDM01");
    user.run(ALLOW);
    user.run("SELECT public.definer()");
    // And a DBA's function may give what its caller may not; but not to one who must not have it.
    refused(other.attempt("SELECT public.allow()"), "42501");
    user.run("SELECT public.allow()");
    user.run(CREATE_INDEX);
    // A right that is taken away takes its allowances along.
    user.run(ALLOW);
    admin.run("REVOKE SET ON PARAMETER zdm.allow FROM once_rights_owner");
    let error = refused(user.attempt(CREATE_INDEX), "ZDM01");
    assert!(error.message().contains("may not set zdm.allow any more"), "{}", error.message());
}

#[test]
fn wrong_calls_are_errors_and_time_runs_out() {
    let (_db, mut admin, mut user) = lab("once_wrong");
    for (call, code) in [
        ("NULL", "22004"),
        ("'no-such-rule'", "42704"),
        ("'*'", "22023"),
        ("'drop-table', 'users'", "22023"),
        ("'drop-table', valid_for => NULL", "22004"),
        ("'drop-table', valid_for => '0'", "22023"),
        ("'drop-table', valid_for => '-1 minute'", "22023"),
        ("'drop-table', valid_for => '25 hours'", "22023"),
        ("'drop-table', for_role => 'no_such_role'", "42704"),
    ] {
        refused(user.attempt(&format!("SELECT zdm.allow_next({call})")), code);
    }
    refused(user.attempt("SELECT zdm.withdraw_allowance(NULL)"), "22004");
    user.expect("SELECT zdm.withdraw_allowance(0)", &["f"]);
    user.run("SELECT zdm.allow_next('create-index-not-concurrent', valid_for => '1 ms')");
    let error = refused(user.attempt(CREATE_INDEX), "ZDM01");
    assert!(error.message().contains("\n  note: allowance ") && error.message().ends_with(" has expired"), "{}", error.message());
    assert_eq!(pending(&mut user), ["expired|create-index-not-concurrent|-|once_wrong_owner|-"]);
    // What expired long ago, and what is for roles that are gone, goes.
    admin.run("UPDATE zdm.stored_allowance SET expires_at = expires_at - interval '2 days'");
    admin.run("CREATE ROLE once_wrong_gone SUPERUSER; SELECT zdm.allow_next('drop-table', for_role => 'once_wrong_gone')");
    admin.run("DROP ROLE once_wrong_gone");
    assert_eq!(pending(&mut user), Vec::<String>::new());
    admin.run("SELECT zdm.allow_next('drop-table')");
    admin.expect("SELECT count(*) FROM zdm.stored_allowance", &["1"]);
}

#[test]
fn without_a_reason_nothing_counts_where_one_is_demanded() {
    let (_db, mut admin, mut user) = lab("once_reason");
    user.run("SELECT zdm.allow_next('create-index-not-concurrent', 'app.users')");
    refused(user.attempt("SET zdm.require_reason = off"), "42501");
    admin.run("ALTER DATABASE once_reason SET zdm.require_reason = on");
    drop(user);
    let mut user = _db.connect_as("once_reason_owner");
    for setting in ["create-index-not-concurrent", "*", "* ()", "* (  )"] {
        user.run(&format!("SET zdm.allow = '{setting}'"));
        let error = refused(user.attempt(CREATE_INDEX), "ZDM01");
        assert!(error.message().contains("\n  note: zdm.allow gives no reason, which zdm.require_reason demands"), "{}", error.message());
        assert!(error.message().contains("\n  allow: SET LOCAL zdm.allow = 'create-index-not-concurrent:app.users (reason)'"));
        assert!(error.message().contains("gives no reason, which zdm.require_reason demands"), "{}", error.message());
    }
    assert_eq!(pending(&mut user).len(), 1);
    user.run("RESET zdm.allow");
    let error = refused(user.attempt("DROP TABLE app.users"), "ZDM01");
    assert!(!error.message().contains("note:"), "{}", error.message());
    refused(user.attempt("SELECT zdm.allow_next('drop-table')"), "22023");
    refused(user.attempt("SELECT zdm.allow_next('drop-table', reason => ' ')"), "22023");
    user.run(&format!("BEGIN; SET LOCAL zdm.allow = '* (OPS-1)'; {CREATE_INDEX}; COMMIT"));
    user.run(ALLOW);
    user.run(CREATE_INDEX);
}
