//! Roles that the guard leaves alone, and what one who may allow cannot do.

use zdm_cluster_tests::{Database, Session, database, refused};

const CREATE_INDEX: &str = "CREATE INDEX ON app.users (v)";

fn lab(name: &str) -> (Database<'static>, Session, Session) {
    let db = database(name);
    let mut admin = db.connect();
    admin.run(&format!(
        "CREATE ROLE {name}_owner LOGIN; CREATE ROLE {name}_member LOGIN IN ROLE {name}_owner; CREATE SCHEMA app AUTHORIZATION {name}_owner;
         CREATE TABLE app.users (id bigint PRIMARY KEY, v integer); INSERT INTO app.users SELECT g, g FROM generate_series(1, 100) g;
         ALTER TABLE app.users OWNER TO {name}_owner; SELECT zdm.set_guard('enforce', preload => true); SET lock_timeout = '10s'"
    ));
    let user = db.connect_as(&format!("{name}_owner"));
    (db, admin, user)
}

#[test]
fn the_sessions_of_an_exempt_role_are_left_alone() {
    let (db, mut admin, mut user) = lab("exempt_role");
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    admin.expect("SELECT zdm.guard_exempt('exempt_role_owner', reason => 'OPS-1')", &["t"]);
    admin.expect("SELECT role, reason, set_by FROM zdm.guard_exemption", &["exempt_role_owner|OPS-1|postgres"]);
    for sql in [CREATE_INDEX, "TRUNCATE app.users", "DO $$BEGIN CREATE INDEX ON app.users (v); END$$", "VACUUM FULL app.users"] {
        user.run(sql);
    }
    user.run("INSERT INTO app.users SELECT g, g FROM generate_series(1, 100) g");
    assert_eq!(user.texts(), Vec::<String>::new(), "no lock_timeout either");
    user.expect("SELECT active, detail FROM zdm.guard_status() WHERE layer = 'mode'", &["f|off, since role exempt_role_owner is exempt"]);
    // Whom the session belongs to decides: neither membership nor SET ROLE nor a definer's function does.
    let mut member = db.connect_as("exempt_role_member");
    refused(member.attempt(CREATE_INDEX), "ZDM01");
    member.run("SET ROLE exempt_role_owner");
    refused(member.attempt(CREATE_INDEX), "ZDM01");
    user.run(
        "CREATE FUNCTION app.definer() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN CREATE INDEX ON app.users (v); END';
         GRANT USAGE ON SCHEMA app TO PUBLIC",
    );
    refused(member.attempt("SELECT app.definer()"), "ZDM01");
    refused(admin.attempt("SELECT app.definer()"), "ZDM01");
    user.run("SET ROLE exempt_role_owner");
    user.run("SELECT app.definer()");

    admin.expect("SELECT zdm.guard_exempt('exempt_role_owner', false)", &["t"]);
    admin.expect("SELECT zdm.guard_exempt('exempt_role_owner', false)", &["f"]);
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    let log: String = admin.value("SELECT pg_read_file(current_setting('data_directory') || '/../log')");
    assert!(log.contains("role exempt_role_owner is now exempt from the guard") && log.contains("is no longer exempt from the guard"));
}

#[test]
fn wrong_calls_are_errors_and_a_role_that_goes_leaves_nothing() {
    let (_db, mut admin, _user) = lab("exempt_wrong");
    for (call, code) in [("NULL", "22004"), ("'exempt_wrong_owner', NULL", "22004"), ("'no_such_role'", "42704"), ("4294967290", "42704")] {
        refused(admin.attempt(&format!("SELECT zdm.guard_exempt({call})")), code);
    }
    admin.run("CREATE ROLE exempt_wrong_gone; SELECT zdm.guard_exempt('exempt_wrong_gone'); DROP ROLE exempt_wrong_gone");
    admin.run("SELECT zdm.guard_exempt('exempt_wrong_owner', true, 'OPS-1')");
    admin.run("SELECT zdm.guard_exempt('exempt_wrong_owner', reason => 'OPS-2')");
    admin.expect("SELECT role, reason FROM zdm.guard_exemption", &["exempt_wrong_owner|OPS-2"]);
    admin.run("SET zdm.require_reason = on");
    refused(admin.attempt("SELECT zdm.guard_exempt('exempt_wrong_owner')"), "22023");
    admin.run("SELECT zdm.guard_exempt('exempt_wrong_owner', false)");
}

#[test]
fn one_who_may_allow_can_do_nothing_else() {
    let (db, mut admin, mut user) = lab("exempt_rights");
    admin.run("GRANT SET ON PARAMETER zdm.allow TO exempt_rights_owner");
    for sql in [
        "SELECT zdm.guard_exempt('exempt_rights_owner')",
        "INSERT INTO zdm.guard_exemption VALUES ('exempt_rights_owner', 'x', 'x', now())",
        "SELECT zdm.set_guard('off')",
        "SET zdm.guard_mode = off",
        "SET zdm.guard_dml = off",
        "SET zdm.comment_allow = on",
        "SET zdm.require_reason = off",
        "SET zdm.small_table = '1 TB'",
        "SELECT zdm.set_rule_policy('create-index-not-concurrent', 'off', 'x')",
        "SELECT zdm.reset_rule_policy('create-index-not-concurrent')",
        "ALTER ROLE exempt_rights_member SET zdm.allow = '*'",
    ] {
        refused(user.attempt(sql), "42501");
    }
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run(&format!("BEGIN; SET LOCAL zdm.allow = 'create-index-not-concurrent (OPS-1)'; {CREATE_INDEX}; COMMIT"));
    user.run("SELECT zdm.allow_next('create-index-not-concurrent')");
    user.run(CREATE_INDEX);
    user.run("ALTER ROLE CURRENT_USER SET zdm.allow = 'create-index-not-concurrent (OPS-1)'");
    db.connect_as("exempt_rights_owner").run(CREATE_INDEX);
    user.run("ALTER ROLE CURRENT_USER RESET zdm.allow");
    admin.run("ALTER DATABASE exempt_rights SET zdm.comment_allow = on");
    let mut user = db.connect_as("exempt_rights_owner");
    user.run(&format!("/* zdm:allow create-index-not-concurrent OPS-1 */ {CREATE_INDEX}"));
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    // The right goes by membership, as that of the setting does.
    let mut member = db.connect_as("exempt_rights_member");
    member.run("SELECT zdm.allow_next('create-index-not-concurrent')");
    member.run(CREATE_INDEX);
    // Who may exempt is a matter of GRANT.
    admin.run("GRANT EXECUTE ON FUNCTION zdm.guard_exempt TO exempt_rights_member");
    member.run("SELECT zdm.guard_exempt('exempt_rights_member', reason => 'OPS-1')");
    member.run(CREATE_INDEX);
}
