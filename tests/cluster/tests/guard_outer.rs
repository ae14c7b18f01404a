//! Whose statement it is, and when it counts: functions with another's rights, prepared transactions, a whole database that moves.

use zdm_cluster_tests::{Database, Session, database, refused};

/// A database in enforce mode that loads the library into every session. A superuser's table, functions that change it with a superuser's rights,
/// and a role that may call them.
fn lab(name: &str) -> (Database<'static>, Session, Session) {
    let db = database(name);
    let mut admin = db.connect();
    admin.run(&format!(
        "CREATE ROLE {name}_bob LOGIN; CREATE TABLE users AS SELECT g AS v FROM generate_series(1, 100) g;
         CREATE FUNCTION make_index() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN CREATE INDEX ON public.users (v); END';
         CREATE FUNCTION make_any(sql text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN EXECUTE sql; END';
         CREATE FUNCTION empty_it() RETURNS void LANGUAGE sql SECURITY DEFINER AS 'TRUNCATE public.users';
         CREATE PROCEDURE drop_it() LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN DROP TABLE public.users; END';
         SELECT zdm.set_guard('enforce', preload => true)"
    ));
    let user = db.connect_as(&format!("{name}_bob"));
    (db, admin, user)
}

const CALLS: [&str; 5] = [
    "SELECT make_index()",
    "SELECT make_any('CREATE INDEX ON public.users (v)')",
    "SELECT empty_it()",
    "CALL drop_it()",
    "DO $$BEGIN PERFORM make_index(); END$$",
];

#[test]
fn the_rights_of_a_definer_do_not_pass_the_guard() {
    let (db, mut admin, mut user) = lab("outer_definer");
    for sql in CALLS {
        refused(user.attempt(sql), "ZDM01");
        refused(admin.attempt(sql), "ZDM01");
    }
    // The caller may not allow it, and a function that does not either cannot be made to.
    for sql in
        ["SET zdm.allow = '*'", "SELECT make_any('CREATE INDEX ON public.users (v)') FROM (SELECT set_config('zdm.allow', '*', true)) x"]
    {
        refused(user.attempt(sql), "42501");
    }
    // What counts is the session's word: with the grant the caller's own, inside such functions too.
    admin.run("GRANT SET ON PARAMETER zdm.allow TO outer_definer_bob");
    for sql in CALLS {
        user.run(&format!("BEGIN; SET LOCAL zdm.allow = '* (OPS-1)'; {sql}; ROLLBACK"));
        refused(user.attempt(sql), "ZDM01");
    }
    // A superuser who writes it into the function has allowed it to all who may call it.
    admin.run("ALTER FUNCTION make_index() SET zdm.allow = 'create-index-not-concurrent:public.users (nightly)'");
    db.connect_as("outer_definer_bob").run("SELECT make_index()");
    refused(user.attempt("SELECT empty_it()"), "ZDM01");
}

#[test]
fn a_prepared_transaction_was_judged_when_it_ran() {
    let (db, mut admin, _user) = lab("outer_prepared");
    refused(admin.attempt("BEGIN; TRUNCATE users; PREPARE TRANSACTION 'outer_refused'"), "ZDM01");
    admin.run("ROLLBACK");
    admin.expect("SELECT count(*) FROM pg_prepared_xacts", &["0"]);
    admin.run("BEGIN; SET LOCAL zdm.allow = 'create-index-not-concurrent:public.users'; CREATE INDEX prepared ON users (v); PREPARE TRANSACTION 'outer_allowed'");
    // It ends in any session, allowed or not, and also when the guard has become stricter.
    let mut other = db.connect();
    other.run("COMMIT PREPARED 'outer_allowed'");
    other.expect("SELECT 'prepared'::regclass", &["prepared"]);
    other.run("BEGIN; CREATE TABLE fresh AS SELECT 1 AS a; DROP TABLE fresh; PREPARE TRANSACTION 'outer_back'");
    other.run("ROLLBACK PREPARED 'outer_back'");
    // The allowance ended with its transaction, and so did the lock_timeout.
    refused(admin.attempt("TRUNCATE users"), "ZDM01");
    admin.expect("SHOW lock_timeout", &["0"]);
}

#[test]
fn a_database_does_not_move_unseen() {
    let (db, mut admin, _user) = lab("outer_moves");
    admin.run("SET allow_in_place_tablespaces = on");
    admin.run("CREATE TABLESPACE outer_space LOCATION ''");
    db.cluster.connect("postgres").run("CREATE DATABASE outer_other");
    let error = refused(admin.attempt("DROP DATABASE outer_other"), "ZDM01");
    assert!(error.message().contains("outer_other"), "{error:?}");
    // What changes nothing in it passes in silence: its settings, its limits.
    admin.run("ALTER DATABASE outer_other SET work_mem = '5MB'");
    admin.run("ALTER DATABASE outer_other CONNECTION LIMIT 5");
    assert_eq!(admin.texts(), Vec::<String>::new());
    // Nobody may be connected to a database that moves: those who come are kept waiting, and the guard warns.
    admin.run("ALTER DATABASE outer_other SET TABLESPACE outer_space");
    let texts = admin.texts();
    assert!(texts.len() == 1 && texts[0].contains("it copies all of the database"), "{texts:?}");
    admin.run("SET zdm.allow = '*'");
    admin.run("DROP DATABASE outer_other");
    admin.run("DROP TABLESPACE outer_space");
}
