//! Where the guard keeps out: in single-user mode, in binary upgrade mode, in logical replication workers, and in the scripts of extensions.

use zdm_cluster_tests::{Cluster, Session, Stop, refused, until};

/// Fills a database with a table that has rows, and shows that the guard is at work there.
fn guarded(s: &mut Session) {
    s.run("CREATE TABLE users (id bigint PRIMARY KEY, v integer); INSERT INTO users SELECT g, g FROM generate_series(1, 100) g");
    s.run("SELECT zdm.set_guard('enforce')");
    refused(s.attempt("CREATE INDEX by_v ON users (v)"), "ZDM01");
    expect_indexes(s, &["users_pkey"]);
    s.forget_notices();
}

#[track_caller]
fn expect_indexes(s: &mut Session, expected: &[&str]) {
    s.expect("SELECT indexrelid::regclass FROM pg_index WHERE indrelid = 'users'::regclass ORDER BY indexrelid::regclass::text", expected);
}

/// The session got one WARNING about DDL of which the guard knew the command alone. It is forgotten.
#[track_caller]
fn expect_warning(s: &mut Session, about: &str) {
    let texts = s.texts();
    let right = |text: &String| text.starts_with("WARNING: zdm[not-analyzable]: ") && text.contains(about);
    assert!(texts.len() == 1 && right(&texts[0]), "expected one warning about {about}, came: {texts:?}");
    s.forget_notices();
}

/// How often the guard has spoken in the server's log.
fn remarks(cluster: &Cluster) -> usize {
    cluster.log().matches("zdm[").count()
}

#[test]
fn single_user_mode_is_not_judged() {
    let mut cluster = Cluster::start(&[]);
    guarded(&mut cluster.database("exempt_single").connect());

    // No event trigger fires there at all, so this holds whatever the guard does; what it shows is that the way out is open.
    cluster.stop(Stop::Fast);
    let printed = cluster.single_user("exempt_single", "CREATE INDEX by_v ON users (v)\n");
    assert!(!printed.contains("zdm"), "{printed}");

    cluster.restart();
    let mut s = cluster.connect("exempt_single");
    expect_indexes(&mut s, &["by_v", "users_pkey"]);
    refused(s.attempt("CREATE INDEX ON users (v)"), "ZDM01");
}

#[test]
fn binary_upgrade_mode_is_not_judged() {
    let mut cluster = Cluster::start(&[]);
    guarded(&mut cluster.database("exempt_upgrade").connect());
    cluster.stop(Stop::Fast);
    let before = remarks(&cluster);

    // As pg_upgrade starts it; in this mode the client says which OID and which file a new index gets.
    cluster.restart_with(&["-b"]);
    let mut s = cluster.connect("exempt_upgrade");
    s.run("SELECT binary_upgrade_set_next_index_pg_class_oid('100000'), binary_upgrade_set_next_index_relfilenode('100000')");
    s.run("CREATE INDEX by_v ON users (v)");
    expect_indexes(&mut s, &["by_v", "users_pkey"]);
    assert_eq!(s.texts(), Vec::<String>::new());
    assert_eq!(remarks(&cluster), before, "{}", cluster.log_tail());

    cluster.stop(Stop::Fast);
    cluster.restart();
    refused(cluster.connect("exempt_upgrade").attempt("CREATE INDEX ON users (v)"), "ZDM01");
}

#[test]
fn logical_replication_workers_are_not_judged() {
    let cluster = Cluster::start(&["wal_level = logical", "wal_retrieve_retry_interval = '100ms'"]);
    cluster.connect("postgres").run("CREATE DATABASE exempt_publisher");
    let mut publisher = cluster.connect("exempt_publisher");
    publisher
        .run("CREATE TABLE arrivals (id bigint PRIMARY KEY); INSERT INTO arrivals VALUES (1); CREATE PUBLICATION p FOR TABLE arrivals");
    // CREATE SUBSCRIPTION in the same cluster would wait for itself if it made the slot.
    publisher.run("SELECT pg_create_logical_replication_slot('s', 'pgoutput')");

    // On this side each row makes an index on another table.
    let mut s = cluster.database("exempt_subscriber").connect();
    guarded(&mut s);
    s.run(
        "CREATE TABLE arrivals (id bigint PRIMARY KEY);
         CREATE FUNCTION arrive() RETURNS trigger LANGUAGE plpgsql AS
         $$BEGIN EXECUTE format('CREATE INDEX IF NOT EXISTS by_row_%s ON public.users (v)', NEW.id); RETURN NEW; END$$;
         CREATE TRIGGER arrive BEFORE INSERT ON arrivals FOR EACH ROW EXECUTE FUNCTION arrive();
         ALTER TABLE arrivals ENABLE ALWAYS TRIGGER arrive",
    );
    s.forget_notices();

    // In a session the guard refuses it.
    refused(s.attempt("INSERT INTO arrivals VALUES (0)"), "ZDM01");
    let before = remarks(&cluster);

    // The first row comes by a worker that copies the table, the second by the one that applies changes.
    let folder: String = s.value("SELECT current_setting('unix_socket_directories')");
    s.run(&format!(
        "CREATE SUBSCRIPTION s CONNECTION 'host={folder} port=5432 user=postgres dbname=exempt_publisher' PUBLICATION p
         WITH (create_slot = false, slot_name = 's')"
    ));
    until("the table is copied", || s.value("SELECT bool_and(srsubstate = 'r') FROM pg_subscription_rel"));
    publisher.run("INSERT INTO arrivals VALUES (2)");
    until("the second row is there", || s.value("SELECT EXISTS (SELECT FROM arrivals WHERE id = 2)"));
    expect_indexes(&mut s, &["by_row_1", "by_row_2", "users_pkey"]);
    assert_eq!(remarks(&cluster), before, "{}", cluster.log_tail());
}

#[test]
fn scripts_of_extensions_are_not_judged() {
    let cluster = Cluster::start(&[]);
    let mut s = cluster.database("exempt_script").connect();
    guarded(&mut s);
    // Its script has this statement too, and every server has the extension. A session that has not loaded the library has no text of it.
    let mut fresh = cluster.connect("exempt_script");
    fresh.run("DO $$BEGIN ALTER LANGUAGE plpgsql OWNER TO CURRENT_USER; END$$");
    expect_warning(&mut fresh, "ALTER LANGUAGE");
    s.run("SET zdm.allow = '*'; DROP EXTENSION plpgsql; RESET zdm.allow");
    s.forget_notices();

    let before = remarks(&cluster);
    s.run("CREATE EXTENSION plpgsql");
    assert_eq!(s.texts(), Vec::<String>::new());
    assert_eq!(remarks(&cluster), before, "{}", cluster.log_tail());
    refused(s.attempt("CREATE INDEX ON users (v)"), "ZDM01");
}
