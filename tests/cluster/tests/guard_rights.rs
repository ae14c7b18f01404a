//! Who may switch the guard, who may allow, and that it works for everybody.

use zdm_cluster_tests::{Database, Session, database, refused};

const CREATE_INDEX: &str = "CREATE INDEX ON users (v)";

/// A database in enforce mode whose table belongs to a plain role, and a function that connects as that role.
fn lab(name: &str) -> (Database<'static>, Session, String) {
    let db = database(name);
    let mut admin = db.connect();
    let role = format!("{name}_owner");
    admin.run(&format!(
        "CREATE ROLE {role} LOGIN; CREATE SCHEMA app AUTHORIZATION {role};
         CREATE TABLE app.users (id bigint PRIMARY KEY, v integer); INSERT INTO app.users SELECT g, g FROM generate_series(1, 100) g;
         ALTER TABLE app.users OWNER TO {role}; ALTER ROLE {role} SET search_path = app; SELECT zdm.set_guard('enforce')"
    ));
    (db, admin, role)
}

#[test]
fn a_plain_role_is_guarded_and_cannot_switch_it_off() {
    let (db, _admin, role) = lab("guard_plain");
    let mut user = db.connect_as(&role);
    let error = refused(user.attempt(CREATE_INDEX), "ZDM01");
    assert!(error.message().contains("app.users"), "names are resolved as the user's: {}", error.message());
    for sql in [
        "SET zdm.allow = '*'",
        "SET zdm.guard_mode = off",
        "SET zdm.max_check_size = 1",
        "SELECT set_config('zdm.allow', '*', true)",
        "ALTER ROLE CURRENT_USER SET zdm.allow = '*'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql SET zdm.allow = '*' AS 'SELECT 1'",
        "SELECT zdm.set_guard('off')",
        "UPDATE zdm.guard_state SET mode = 'off'",
        "DELETE FROM zdm.guard_state",
        "CREATE TABLE zdm.guard_state2 ()",
    ] {
        refused(user.attempt(sql), "42501");
    }
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    assert!(user.attempt("ALTER EVENT TRIGGER zdm_guard DISABLE").is_err());
    assert!(user.attempt("DROP EXTENSION pg_zdm").is_err());
    assert!(user.attempt("DROP FUNCTION zdm.guard_ddl()").is_err());
    user.run("CREATE INDEX CONCURRENTLY ON users (v)");
    user.expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
    user.expect("SELECT risk FROM zdm.check_ddl('DROP TABLE users') WHERE rule = 'drop-table'", &["danger"]);
}

#[test]
fn settings_made_before_the_library_is_loaded_do_not_pass_either() {
    let (db, mut admin, role) = lab("guard_placeholder");
    for setting in ["zdm.allow = '*'", "zdm.guard_mode = 'off'"] {
        let mut user = db.connect_as(&role);
        user.run(&format!("SET {setting}"));
        refused(user.attempt(CREATE_INDEX), "ZDM01");
    }
    // With the grant it works, before as after.
    admin.run(&format!("GRANT SET ON PARAMETER zdm.allow TO {role}"));
    let mut user = db.connect_as(&role);
    user.run(&format!("BEGIN; SET LOCAL zdm.allow = 'create-index-not-concurrent (first of the session)'; {CREATE_INDEX}; COMMIT"));
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run(&format!("BEGIN; SET LOCAL zdm.allow = '*'; {CREATE_INDEX}; COMMIT"));
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    refused(user.attempt("SET zdm.guard_mode = off"), "42501");
}

#[test]
fn a_configuration_file_allows_nothing() {
    let (db, _admin, role) = lab("guard_file");
    // A session that has not loaded the library takes any name with a dot, and does not know what the setting forbids.
    let mut fresh = db.connect();
    fresh.run("SET zdm.allow = 'x'");
    fresh.run("ALTER SYSTEM SET zdm.allow = '*'");
    fresh.run("SELECT pg_reload_conf()");
    let mut before = db.connect_as(&role);
    std::thread::sleep(std::time::Duration::from_millis(300));
    refused(before.attempt(CREATE_INDEX), "ZDM01");
    refused(db.connect_as(&role).attempt(CREATE_INDEX), "ZDM01");
    fresh.run("ALTER SYSTEM RESET zdm.allow");
    fresh.run("SELECT pg_reload_conf()");
}

#[test]
fn the_mode_is_set_by_whom_it_was_granted_to() {
    let (db, mut admin, role) = lab("guard_granted");
    let mut user = db.connect_as(&role);
    refused(user.attempt("SELECT zdm.set_guard('warn')"), "42501");
    admin.run(&format!("GRANT EXECUTE ON FUNCTION zdm.set_guard TO {role}"));
    user.expect("SELECT zdm.set_guard('warn')", &["warn"]);
    user.run(CREATE_INDEX);
    user.expect("SELECT mode, changed_by FROM zdm.guard_state", &[&format!("warn|{role}")]);
    refused(user.attempt("SELECT zdm.set_guard('on')"), "22023");
    refused(user.attempt("SELECT zdm.set_guard(NULL)"), "22004");
}

#[test]
fn the_callers_names_count_inside_a_definers_function_too() {
    let (db, mut admin, role) = lab("guard_definer");
    admin.run(
        "CREATE FUNCTION public.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = app AS
         'BEGIN CREATE INDEX ON users (v); END'",
    );
    let mut user = db.connect_as(&role);
    user.run("SELECT public.definer()");
    assert_eq!(user.texts().len(), 1, "{:?}", user.texts());
}

#[test]
fn the_settings_have_their_contexts() {
    let (_db, mut admin, _role) = lab("guard_settings");
    admin.run("SELECT zdm.set_guard('warn')");
    admin.expect(
        "SELECT name, context, setting FROM pg_settings WHERE name IN ('zdm.allow', 'zdm.guard_mode', 'zdm.max_check_size') ORDER BY name",
        &["zdm.allow|superuser|", "zdm.guard_mode|superuser|default", "zdm.max_check_size|superuser|1048576"],
    );
    refused(admin.attempt("ALTER SYSTEM SET zdm.allow = '*'"), "55P02");
}
