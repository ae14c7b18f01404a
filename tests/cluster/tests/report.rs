//! The report where it is used: in a CI by psql, in databases of other encodings, and for texts that are long.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use zdm_cluster_tests::{Database, database, refused, shared};

/// `psql -v ON_ERROR_STOP=1 -v sql=TEXT <<< COMMAND`, as the README shows it.
fn ci(db: &Database, sql: &str, command: &str) -> Output {
    let mut psql = db.psql(&[]);
    psql.args(["-At", "-v", "ON_ERROR_STOP=1", "-v", &format!("sql={sql}")]);
    let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("psql starts");
    child.stdin.take().expect("it is piped").write_all(command.as_bytes()).expect("psql reads");
    child.wait_with_output().expect("psql ends")
}

#[test]
fn psql_fails_when_it_is_told_to() {
    let db = database("report_ci");
    db.connect().run("CREATE TABLE users AS SELECT 1 AS id");
    let bad = "ALTER TABLE users ADD COLUMN a int;\nDROP TABLE users; -- it's gone";
    for (sql, command, status) in [
        (bad, "SELECT zdm.check_report(:'sql', fail_on => 'danger')", 3),
        (bad, "SELECT zdm.check_report(:'sql', 'github', fail_on => 'unknown', file => '0042.sql')", 3),
        (bad, "SELECT zdm.check_report(:'sql')", 0),
        ("DO 'x'", "SELECT zdm.check_report(:'sql', fail_on => 'unknown')", 3),
        ("DO 'x'", "SELECT zdm.check_report(:'sql', fail_on => 'danger')", 0),
        ("DROP TABEL users", "SELECT zdm.check_report(:'sql')", 3),
        ("SELECT 1", "SELECT zdm.check_report(:'sql', fail_on => 'caution')", 0),
    ] {
        let output = ci(&db, sql, command);
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(status), "{command}: {said}");
        if sql == bad {
            let place = if command.contains("github") { "\n::error file=0042.sql,line=2," } else { "LINE 2: DROP TABLE users" };
            assert!(said.contains(place), "{said}");
        }
    }
}

/// The schema of SARIF 2.1.0, from the package of the `serde-sarif` crate.
fn sarif_schema() -> serde_json::Value {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--all-features",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .output()
        .expect("cargo starts");
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("it is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").expect("it is a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("it has a manifest"));
    let schema = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).expect("it holds the schema");
    let mut schema: serde_json::Value = serde_json::from_str(&schema).expect("it is JSON");
    // Its pattern for a language has a bracket too many, which not every engine of regular expressions forgives; we give no language.
    for of in ["run", "toolComponent"] {
        schema["definitions"][of]["properties"]["language"].as_object_mut().expect("it is there").remove("pattern");
    }
    schema
}

#[test]
fn sarif_is_valid_by_its_schema() {
    let schema = jsonschema::validator_for(&sarif_schema()).expect("it is a schema");
    let db = database("report_sarif");
    let mut s = db.connect();
    s.run(
        "CREATE TABLE users AS SELECT g AS id, 'm' || g AS email FROM generate_series(1, 100) g; CREATE VIEW v AS SELECT id FROM users;
         CREATE TABLE orders (id int PRIMARY KEY, user_id int); INSERT INTO orders VALUES (1, 1)",
    );
    for sql in [
        "",
        "SELECT 1",
        "CREATE TABLE fresh (a int)",
        "DROP TABLE users CASCADE; ALTER TABLE users ALTER id TYPE bigint, ADD COLUMN u uuid DEFAULT gen_random_uuid()",
        "CREATE INDEX ON users (email);\n\nDO 'x'; -- ein \u{fc}bler \u{1f600}\nALTER TABLE missing RENAME TO \"<b>\"; ALTER TABLE orders ADD UNIQUE (user_id)",
        "\\connect x\nALTER TABLE users ALTER email SET NOT NULL, ADD CHECK (id > 0); VACUUM FULL; REINDEX TABLE users",
    ] {
        for file in ["NULL", "'db/migrations/0042 add \u{fc}.sql'"] {
            let document: String = s.value(&format!("SELECT zdm.check_report($zdm${sql}$zdm$, 'sarif', file => {file})"));
            let document: serde_json::Value = serde_json::from_str(&document).expect("it is JSON");
            let errors: Vec<_> = schema.iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(errors.is_empty(), "{sql}: {errors:#?}");
        }
    }
    // The schema does find fault.
    let wrong = serde_json::json!({"version": "2.1.0", "runs": [{"tool": {"driver": {}}}]});
    assert!(!schema.is_valid(&wrong));
}

#[test]
fn every_encoding_is_rendered() {
    let mut admin = shared().connect("postgres");
    for (encoding, name, table) in
        [("LATIN1", "report_latin1", "tête"), ("EUC_JP", "report_eucjp", "表"), ("WIN1252", "report_win1252", "€")]
    {
        admin.run(&format!("CREATE DATABASE {name} ENCODING '{encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"));
        let mut s = shared().connect(name);
        s.run(&format!("CREATE EXTENSION pg_zdm; CREATE TABLE \"{table}\" AS SELECT 1 AS a"));
        for format in ["text", "markdown", "json", "sarif", "github"] {
            let call = format!("zdm.check_report('CREATE INDEX ON \"{table}\" (a)', '{format}', file => 'a.sql')");
            s.expect(&format!("SELECT strpos({call}, '{table}') > 0"), &["t"]);
        }
        let error = refused(s.attempt(&format!("SELECT zdm.check_report('DROP TABLE \"{table}\"', fail_on => 'danger')")), "ZDM02");
        assert!(error.detail().unwrap_or_default().contains(table), "{error:?}");
    }
    admin.run("CREATE DATABASE report_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0");
    let mut s = shared().connect("report_ascii");
    s.run("SET client_encoding = 'SQL_ASCII'; CREATE EXTENSION pg_zdm");
    for format in ["text", "markdown", "json", "sarif", "github"] {
        s.expect(&format!("SELECT zdm.check_report('COMMENT ON TABLE t IS ''' || chr(255) || '''', '{format}') <> ''"), &["t"]);
    }
}

#[test]
fn long_texts_are_reported_in_time() {
    let db = database("report_long");
    let mut s = db.connect();
    s.run("CREATE TABLE t AS SELECT 1 AS a");
    // on one line, so that each column is far from the line's beginning
    for format in ["text", "markdown", "json", "sarif", "github"] {
        let began = Instant::now();
        s.expect(&format!("SELECT length(zdm.check_report(repeat('DROP TABLE t; ', 10000), '{format}')) > 100000"), &["t"]);
        assert!(began.elapsed() < Duration::from_secs(30), "{format}: {:?}", began.elapsed());
    }
}
