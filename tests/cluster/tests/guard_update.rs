//! The extension is updated, or its library alone is, and it goes: the guard is in nobody's way, and leaves nothing.

use zdm_cluster_tests::{Cluster, Database, Session, database, refused};

const HARMLESS: [&str; 4] =
    ["CREATE TABLE fresh (a int)", "CREATE INDEX ON fresh (a)", "COMMENT ON TABLE users IS 'x'", "DROP TABLE fresh"];
const DANGER: &str = "CREATE INDEX ON users (v)";

/// What a version makes of its own that the guard would refuse anybody else.
const UPDATE: &str = "
    CREATE TABLE zdm.more AS SELECT g AS a, g AS b FROM generate_series(1, 1000) g;
    CREATE INDEX ON zdm.more (a);
    ALTER TABLE zdm.more ALTER a TYPE bigint;
    ALTER TABLE zdm.more DROP COLUMN b;
    UPDATE zdm.more SET a = a + 1;
    TRUNCATE zdm.more;
    DROP TABLE zdm.more;
    CREATE TABLE zdm.of_the_new_version (a int)";

/// A version that knows nothing of what came later: the guard and its mode, and no more. Its C functions are the names that every later library keeps.
const OLD: &str = "
    CREATE SCHEMA zdm;
    GRANT USAGE ON SCHEMA zdm TO PUBLIC;
    CREATE TABLE zdm.guard_state (mode text NOT NULL);
    INSERT INTO zdm.guard_state VALUES ('enforce');
    CREATE FUNCTION zdm.guard_ddl() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_ddl';
    CREATE FUNCTION zdm.guard_drop() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_drop';
    CREATE FUNCTION zdm.guard_rewrite() RETURNS event_trigger LANGUAGE c AS 'MODULE_PATHNAME', 'zdm_guard_rewrite';
    CREATE EVENT TRIGGER zdm_guard ON ddl_command_start EXECUTE FUNCTION zdm.guard_ddl();
    CREATE EVENT TRIGGER zdm_guard_drop ON sql_drop EXECUTE FUNCTION zdm.guard_drop();
    CREATE EVENT TRIGGER zdm_guard_rewrite ON table_rewrite EXECUTE FUNCTION zdm.guard_rewrite();
    ALTER EVENT TRIGGER zdm_guard ENABLE ALWAYS";

fn cluster(settings: &[&str]) -> Cluster {
    let cluster = Cluster::start_apart(settings);
    let version = default_version(&cluster);
    cluster.tree().write_extension("pg_zdm--0.0.1.sql", OLD);
    cluster.tree().write_extension("pg_zdm--0.0.1--99.0.sql", UPDATE);
    cluster.tree().write_extension(&format!("pg_zdm--{version}--99.0.sql"), UPDATE);
    cluster
}

/// The version that CREATE EXTENSION installs.
fn default_version(cluster: &Cluster) -> String {
    let control = cluster.tree().read_extension("pg_zdm.control");
    let line = control.lines().find_map(|line| line.strip_prefix("default_version = ")).expect("the control file names it");
    line.trim_matches('\'').to_owned()
}

fn users(s: &mut Session) {
    s.run("CREATE TABLE users AS SELECT g AS v FROM generate_series(1, 1000) g");
}

#[test]
fn an_update_passes_its_own_guard() {
    for settings in [&[][..], &["shared_preload_libraries = 'pg_zdm'"][..]] {
        let cluster = cluster(settings);
        let db = cluster.database("d");
        let mut s = db.connect();
        users(&mut s);
        s.run("SELECT zdm.set_guard('enforce')");
        // In the session that is there already, in a new one, and not in the way of what comes after.
        s.run("BEGIN; ALTER EXTENSION pg_zdm UPDATE TO '99.0'; ROLLBACK");
        let mut s = db.connect();
        s.run("ALTER EXTENSION pg_zdm UPDATE TO '99.0'");
        s.expect("SELECT extversion FROM pg_extension WHERE extname = 'pg_zdm'", &["99.0"]);
        s.expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
        HARMLESS.iter().for_each(|sql| s.run(sql));
        refused(s.attempt(DANGER), "ZDM01");
    }
}

#[test]
fn a_new_library_serves_old_objects() {
    for settings in [&[][..], &["shared_preload_libraries = 'pg_zdm'"][..]] {
        let cluster = cluster(settings);
        let mut s = cluster.connect("postgres");
        s.run("CREATE EXTENSION pg_zdm VERSION '0.0.1'");
        users(&mut s);
        HARMLESS.iter().for_each(|sql| s.run(sql));
        s.run("DO $$BEGIN CREATE TABLE nested (a int); DROP TABLE nested; END$$");
        // It does not let pass more than it must.
        refused(s.attempt(DANGER), "ZDM01");
        s.run("ALTER EXTENSION pg_zdm UPDATE TO '99.0'");
        s.run("DROP EXTENSION pg_zdm");
        s.run(DANGER);
    }
}

/// Whatever table or function of ours is not there yet, or no more: a statement that hurts nobody runs.
#[test]
fn no_object_is_needed_by_every_statement() {
    let cluster = cluster(&["shared_preload_libraries = 'pg_zdm'"]);
    let db = cluster.database("d");
    users(&mut db.connect());
    let objects = db.connect().rows(
        "SELECT CASE WHEN d.classid = 'pg_class'::regclass
                     THEN CASE (SELECT relkind FROM pg_class WHERE oid = d.objid) WHEN 'v' THEN 'VIEW ' ELSE 'TABLE ' END || d.objid::regclass
                     ELSE CASE (SELECT prokind FROM pg_proc WHERE oid = d.objid) WHEN 'p' THEN 'PROCEDURE ' ELSE 'FUNCTION ' END || d.objid::regprocedure END
           FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
          WHERE e.extname = 'pg_zdm' AND d.deptype = 'e'
            AND (d.classid = 'pg_class'::regclass AND (SELECT relkind FROM pg_class WHERE oid = d.objid) IN ('r', 'v')
                 OR d.classid = 'pg_proc'::regclass AND (SELECT prorettype FROM pg_proc WHERE oid = d.objid) <> 'event_trigger'::regtype)
          ORDER BY 1",
    );
    assert!(objects.len() > 10, "{objects:?}");
    let mut s = db.connect();
    for object in objects {
        s.run("SET zdm.guard_mode = off; BEGIN");
        s.run(&format!("ALTER EXTENSION pg_zdm DROP {object}; DROP {object} CASCADE; SET LOCAL zdm.guard_mode = enforce"));
        for sql in HARMLESS.iter().chain(&["ALTER TABLE users ADD COLUMN w int", "ALTER TABLE users ALTER w SET DEFAULT 1"]) {
            if let Err(error) = s.attempt(sql) {
                panic!("without {object}, {sql}: {error:?}");
            }
        }
        // What only warns lets a danger run too.
        s.run(&format!("SET LOCAL zdm.guard_mode = warn; {DANGER}; TRUNCATE users; ROLLBACK; RESET zdm.guard_mode"));
    }
}

/// What the cluster holds that has to do with us: of the database, and of all of them.
const TRACES: &str = "
    SELECT 'event trigger ' || evtname FROM pg_event_trigger
    UNION ALL SELECT 'setting ' || setconfig::text FROM pg_db_role_setting
    UNION ALL SELECT 'role ' || rolname FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> 'postgres'
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname ~ 'zdm'
    UNION ALL SELECT 'relation ' || relname FROM pg_class WHERE relname ~ 'zdm' OR relnamespace::regnamespace::text ~ 'zdm'
    UNION ALL SELECT 'function ' || proname FROM pg_proc WHERE proname ~ 'zdm' OR probin ~ 'zdm'
    UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typname ~ 'zdm'
    UNION ALL SELECT 'parameter ' || parname FROM pg_parameter_acl
    UNION ALL SELECT 'shared dependency ' || count(*) FROM pg_shdepend WHERE deptype <> 'p' AND dbid <> 0 HAVING count(*) > 0
    UNION ALL SELECT 'lock ' || locktype FROM pg_locks WHERE locktype = 'advisory'";

#[test]
fn nothing_is_left() {
    let cluster = Cluster::start(&[]);
    let mut admin = cluster.connect("postgres");
    admin.run("CREATE DATABASE gone");
    let mut s = cluster.connect("gone");
    users(&mut s);
    s.run("ALTER TABLE users ADD PRIMARY KEY (v), ADD COLUMN w int");
    for drop_it in ["DROP EXTENSION pg_zdm", "DROP EXTENSION IF EXISTS plpgsql, pg_zdm CASCADE"] {
        s.run("CREATE EXTENSION pg_zdm; SELECT zdm.set_guard('enforce', preload => true); SELECT zdm.set_rule_policy('drop-table', 'off', 'a test')");
        s.run("CALL zdm.backfill('users', 'w = 1')");
        assert!(s.rows(TRACES).len() > 10);
        let mut s = cluster.connect("gone");
        s.run(&format!("BEGIN; SET LOCAL zdm.allow = '*'; {drop_it}; COMMIT"));
        s.expect(TRACES, &[]);
        // Those whose library is loaded go on as if it were not.
        for sql in HARMLESS.iter().chain(&["TRUNCATE users", "VACUUM FULL users", "DELETE FROM users"]) {
            s.run(sql);
        }
    }
}

/// What the library was added to is what stays.
#[test]
fn a_setting_that_was_there_stays() {
    let db: Database = database("farewell_setting");
    let mut s = db.connect();
    let setting = "SELECT setconfig FROM pg_db_role_setting WHERE setrole = 0 AND setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())";
    s.run(
        "ALTER DATABASE farewell_setting SET session_preload_libraries = 'plpgsql'; ALTER DATABASE farewell_setting SET work_mem = '5MB'",
    );
    s.run("SELECT zdm.set_guard('enforce', preload => true)");
    s.run("BEGIN; DROP EXTENSION pg_zdm; ROLLBACK");
    s.expect(setting, &["{\"session_preload_libraries=plpgsql, pg_zdm\",work_mem=5MB}"]);
    s.run("DROP EXTENSION pg_zdm");
    s.expect(setting, &["{session_preload_libraries=plpgsql,work_mem=5MB}"]);
}
