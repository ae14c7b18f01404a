//! A dump that is restored into an empty database loses nothing, and brings no mode along.

use std::process::{Command, Stdio};

use zdm_cluster_tests::{Cluster, refused, shared};

/// Runs a program of the server's.
fn program(cluster: &Cluster, name: &str) -> Command {
    let config = std::env::var("PG_CONFIG").expect("PG_CONFIG says which server");
    let bindir = Command::new(config).arg("--bindir").output().expect("pg_config runs");
    let bindir = String::from_utf8(bindir.stdout).expect("a path");
    let socket: String = cluster.connect("postgres").value("SELECT current_setting('unix_socket_directories')");
    let mut command = Command::new(format!("{}/{name}", bindir.trim()));
    command.args(["-h", &socket, "-p", "5432", "-U", "postgres"]);
    command
}

fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().expect("the program runs");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

const CONTENT: &str = "SELECT (SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = 'public'::regnamespace),
    (SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace), (SELECT count(*) FROM users), (SELECT count(*) FROM orders)";

#[test]
fn a_restore_into_an_empty_database_is_complete() {
    let cluster = shared();
    let source = cluster.database("restore_source");
    let mut s = source.connect();
    s.run(
        "CREATE TABLE users (id bigint PRIMARY KEY, email text UNIQUE, v int CHECK (v > 0));
         INSERT INTO users SELECT g, g, g FROM generate_series(1, 100) g;
         CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, day date) PARTITION BY RANGE (id);
         CREATE TABLE orders_1 PARTITION OF orders FOR VALUES FROM (1) TO (1000);
         INSERT INTO orders SELECT g, g FROM generate_series(1, 100) g;
         CREATE INDEX ON orders (day); CREATE INDEX ON users (v);
         CREATE MATERIALIZED VIEW m AS SELECT * FROM users; CREATE UNIQUE INDEX ON m (id);
         SELECT zdm.set_guard('enforce')",
    );
    let content = s.rows(CONTENT);
    let folder: String = s.value("SELECT current_setting('data_directory')");
    let dump = format!("{folder}/../dump-{}", std::process::id());

    for (format, name) in [("plain", "restore_plain"), ("custom", "restore_custom"), ("directory", "restore_directory")] {
        let file = format!("{dump}-{format}");
        run(program(cluster, "pg_dump").args(["-F", format, "-f", &file, "restore_source"]));
        cluster.connect("postgres").run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        if format == "plain" {
            run(program(cluster, "psql").args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", &file, name]));
        } else {
            run(program(cluster, "pg_restore").args([
                "--exit-on-error",
                "-j",
                if format == "directory" { "2" } else { "1" },
                "-d",
                name,
                &file,
            ]));
        }
        let mut restored = cluster.connect(name);
        restored.expect(CONTENT, &content.iter().map(String::as_str).collect::<Vec<_>>());
        restored.expect("SELECT mode FROM zdm.guard_state", &["warn"]);
        restored.expect("SELECT evtenabled FROM pg_event_trigger WHERE evtname = 'zdm_guard'", &["A"]);
        restored.run("SELECT zdm.set_guard('enforce')");
        refused(restored.attempt("CREATE INDEX ON users (email)"), "ZDM01");
    }
    // The source keeps its mode.
    s.expect("SELECT mode FROM zdm.guard_state", &["enforce"]);
}

#[test]
fn a_copy_by_template_keeps_the_mode() {
    let cluster = shared();
    let source = cluster.database("template_source");
    source.connect().run("CREATE TABLE users AS SELECT 1 AS v; SELECT zdm.set_guard('enforce')");
    zdm_cluster_tests::until("the session has gone", || {
        cluster.connect("postgres").value::<i64>("SELECT count(*) FROM pg_stat_activity WHERE datname = 'template_source'") == 0
    });
    cluster.connect("postgres").run("CREATE DATABASE template_copy TEMPLATE template_source");
    refused(cluster.connect("template_copy").attempt("CREATE INDEX ON users (v)"), "ZDM01");
}
