//! Policies and small tables: who may set them, that they count for everybody, and that nobody gets round the guard by them.

use zdm_cluster_tests::{Cluster, Database, Session, database, refused};

const CREATE_INDEX: &str = "CREATE INDEX ON users (v)";
const SET: &str = "SELECT zdm.set_rule_policy('create-index-not-concurrent', 'off', 'OPS-1', 'users')";

/// A database in enforce mode whose table belongs to a plain role.
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
fn a_plain_role_reads_policies_and_sets_none() {
    let (db, mut admin, role) = lab("policy_plain");
    let mut user = db.connect_as(&role);
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    for sql in [
        SET,
        "SELECT zdm.reset_rule_policy('drop-table')",
        "INSERT INTO zdm.rule_policy VALUES ('create-index-not-concurrent', NULL, 'off', 'x', 'me', now())",
        "UPDATE zdm.rule_policy SET risk = 'off'",
        "DELETE FROM zdm.rule_policy",
        "TRUNCATE zdm.rule_policy",
        "SET zdm.small_table = '1TB'",
        "SELECT set_config('zdm.small_table', '1TB', false)",
    ] {
        refused(user.attempt(sql), "42501");
    }
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.expect("SELECT count(*) FROM zdm.rule_policy", &["0"]);
    user.expect("SELECT risk FROM zdm.rules WHERE name = 'drop-table'", &["danger"]);
    user.expect("SELECT zdm.check_report('DROP TABLE users') LIKE 'danger: drops table app.users%'", &["t"]);
    admin.run("SET search_path = app");
    admin.run(SET);
    user.expect("SELECT relation, risk, reason FROM zdm.rule_policy", &["users|off|OPS-1"]);
    user.run(CREATE_INDEX);
}

#[test]
fn policies_are_set_by_whom_it_was_granted_to() {
    let (db, mut admin, role) = lab("policy_granted");
    admin.run(&format!(
        "GRANT EXECUTE ON FUNCTION zdm.set_rule_policy TO {role}; GRANT EXECUTE ON FUNCTION zdm.reset_rule_policy TO {role}"
    ));
    let mut user = db.connect_as(&role);
    user.run(SET);
    user.expect("SELECT set_by, relation = 'app.users'::regclass FROM zdm.rule_policy", &[&format!("{role}|t")]);
    user.run(CREATE_INDEX);
    // the same transaction sees what it did
    user.run("BEGIN; SELECT zdm.reset_rule_policy('create-index-not-concurrent', 'users')");
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    user.run("ROLLBACK");
    user.run(CREATE_INDEX);
    refused(user.attempt("DELETE FROM zdm.rule_policy"), "42501");
}

#[test]
fn a_setting_made_before_the_library_is_loaded_does_not_pass() {
    let (db, mut admin, role) = lab("policy_placeholder");
    let mut user = db.connect_as(&role);
    user.run("SET zdm.small_table = '1TB'");
    refused(user.attempt(CREATE_INDEX), "ZDM01");
    admin.run(&format!("GRANT SET ON PARAMETER zdm.small_table TO {role}"));
    let mut user = db.connect_as(&role);
    user.run("SET zdm.small_table = '1TB'");
    user.run(CREATE_INDEX);
}

#[test]
fn small_tables_pass_the_guard_as_installed() {
    let cluster = Cluster::start(&["zdm.small_table = '8MB'"]);
    let db = cluster.database("policy_small");
    let mut s = db.connect();
    s.run("CREATE TABLE small AS SELECT g AS v FROM generate_series(1, 1000) g");
    s.run("CREATE TABLE big AS SELECT g AS v, repeat('x', 1000) AS filler FROM generate_series(1, 9000) g");
    s.run("CREATE TABLE parts (v int) PARTITION BY RANGE (v)");
    s.run("CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (200000); CREATE TABLE part2 PARTITION OF parts DEFAULT");
    s.run("INSERT INTO parts SELECT g + 50000 FROM generate_series(1, 300000) g; SELECT zdm.set_guard('enforce')");
    s.run("CREATE INDEX ON small (v); CREATE INDEX ON part1 (v)");
    refused(s.attempt("CREATE INDEX ON big (v)"), "ZDM01");
    refused(s.attempt("CREATE INDEX ON parts (v)"), "ZDM01");
    refused(s.attempt("DROP TABLE small"), "ZDM01");
    refused(s.attempt("ALTER TABLE small RENAME v TO w"), "ZDM01");
}

/// Such a publication demands a replica identity of every table that is changed.
#[test]
fn a_publication_for_all_tables_is_in_nobodys_way() {
    let (_db, mut admin, _) = lab("policy_published");
    admin.run("CREATE PUBLICATION everything FOR ALL TABLES; SET search_path = app");
    for _ in 0..2 {
        admin.run(SET);
    }
    admin.run("SELECT zdm.set_guard('warn')");
    admin.expect("SELECT zdm.reset_rule_policy('create-index-not-concurrent', 'users')", &["t"]);
    // an error of the server comes as the server words it
    admin.run("ALTER TABLE zdm.rule_policy REPLICA IDENTITY NOTHING");
    let error = refused(admin.attempt(SET), "55000");
    assert!(error.detail().is_none_or(|detail| !detail.contains("stack")), "{:?}", error.detail());
    assert_eq!(error.message(), "cannot update table \"rule_policy\" because it does not have a replica identity and publishes updates");
}
