//! Several statements in one text: each is judged as the ones before it leave the database.

use zdm_analyzer::catalog::{Class, Found, RelationKind, Size, Volatility};
use zdm_analyzer::check;
use zdm_analyzer::finding::Risk;
use zdm_analyzer::testing::{TestCatalog, examples};

/// The rules that spoke of the last statement, or `safe`. That a text ends inside a transaction is left out.
fn last(sql: &str, db: &TestCatalog) -> Vec<&'static str> {
    let all = check(sql, db);
    let number = all.last().map_or(0, |finding| finding.statement);
    let of_last = all.iter().filter(|finding| finding.statement == number).map(|finding| finding.rule.unwrap_or("safe"));
    of_last.filter(|rule| *rule != "transaction-nesting").collect()
}

#[track_caller]
fn expect(db: &TestCatalog, cases: &[(&str, &str)]) {
    for (sql, rule) in cases {
        assert_eq!(last(sql, db).join(", "), *rule, "{sql}: {:#?}", check(sql, db));
    }
}

#[test]
fn if_not_exists_makes_nothing_new_of_what_is_there() {
    let mut db = examples();
    db.relation(RelationKind::Sequence, "numbers");
    expect(
        &db,
        &[
            ("CREATE TABLE IF NOT EXISTS codes AS SELECT 1; DROP TABLE codes", "drop-table"),
            ("CREATE TABLE IF NOT EXISTS codes (id int); DROP TABLE codes", "drop-table"),
            ("CREATE UNLOGGED TABLE IF NOT EXISTS public.codes AS SELECT 1; DROP TABLE codes", "drop-table"),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS sales AS SELECT 1; REFRESH MATERIALIZED VIEW sales", "refresh-not-concurrent"),
            ("CREATE SEQUENCE IF NOT EXISTS numbers; ALTER SEQUENCE numbers RESTART", "alter-sequence"),
            ("CREATE INDEX IF NOT EXISTS users_email_idx ON users (email); DROP INDEX users_email_idx", "drop-index-not-concurrent"),
            ("CREATE TABLE IF NOT EXISTS fresh AS SELECT 1; DROP TABLE fresh", "safe"),
            ("CREATE MATERIALIZED VIEW IF NOT EXISTS fresh AS SELECT 1; REFRESH MATERIALIZED VIEW fresh", "safe"),
            ("CREATE SEQUENCE IF NOT EXISTS fresh; DROP SEQUENCE fresh", "safe"),
        ],
    );
}

#[test]
fn a_changed_type_is_the_old_type_of_the_next_change() {
    expect(
        &examples(),
        &[
            (
                "ALTER TABLE orders ALTER total TYPE numeric; ALTER TABLE orders ALTER total TYPE numeric(10,2)",
                "alter-column-type-rewrite, alter-type-narrowing",
            ),
            ("ALTER TABLE orders ALTER total TYPE numeric(12,2); ALTER TABLE orders ALTER total TYPE numeric(14,2)", "strong-lock"),
            (
                "ALTER TABLE users ALTER name TYPE text; ALTER TABLE users ALTER name TYPE varchar(40)",
                "alter-column-type-rewrite, alter-type-narrowing",
            ),
            ("ALTER TABLE users ADD c varchar(10); ALTER TABLE users ALTER c TYPE varchar(20)", "strong-lock"),
            ("ALTER TABLE users ADD c serial; ALTER TABLE users ALTER c TYPE bigint", "alter-column-type-rewrite, repeated-work"),
            ("CREATE TYPE m AS ENUM ('a'); ALTER TABLE users ADD c m; ALTER TABLE users ALTER c TYPE text", "unknown-effect"),
            ("ALTER TABLE users SET TABLESPACE fast; ALTER TABLE users SET TABLESPACE pg_default", "set-tablespace, repeated-work"),
            ("ALTER TABLE users SET UNLOGGED; ALTER TABLE users SET LOGGED", "table-rewrite, repeated-work"),
            ("ALTER TABLE users SET ACCESS METHOD other; ALTER TABLE users SET ACCESS METHOD heap", "table-rewrite, repeated-work"),
        ],
    );
}

#[test]
fn a_proof_reaches_as_far_as_its_constraint() {
    let mut db = examples();
    let parent = db.table("parent", "a int, b int");
    let child = db.table("child", "a int, b int");
    db.child(parent, child, false, false);
    let proved = |options: &str, only: &str| {
        format!(
            "ALTER TABLE {only} parent ADD CONSTRAINT c CHECK (a IS NOT NULL) {options}; ALTER TABLE parent VALIDATE CONSTRAINT c; \
             ALTER TABLE parent ALTER a SET NOT NULL"
        )
    };
    expect(
        &db,
        &[
            (&proved("NOT VALID", ""), "strong-lock"),
            (&proved("NO INHERIT NOT VALID", ""), "set-not-null-scan"),
            (&proved("NO INHERIT NOT VALID", "ONLY"), "set-not-null-scan"),
            ("ALTER TABLE ONLY parent ALTER a SET NOT NULL; ALTER TABLE parent ALTER a SET NOT NULL", "set-not-null-scan"),
        ],
    );
    // A child's own constraint of the same name is not validated with the parent's.
    db.check(child, "c", &["a"], "(a IS NOT NULL)", false);
    expect(&db, &[(&proved("NO INHERIT NOT VALID", ""), "set-not-null-scan")]);
}

#[test]
fn a_proof_goes_with_its_column_and_its_constraint() {
    let db = examples();
    expect(
        &db,
        &[
            ("ALTER TABLE users RENAME email TO mail; ALTER TABLE users ALTER mail SET NOT NULL", "strong-lock"),
            (
                "ALTER TABLE users RENAME email TO mail; ALTER TABLE users RENAME name TO email; ALTER TABLE users ALTER email SET NOT NULL",
                "set-not-null-scan",
            ),
            (
                "ALTER TABLE users ADD CONSTRAINT n NOT NULL age NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT n; \
                 ALTER TABLE users DROP CONSTRAINT n; ALTER TABLE users ALTER age SET NOT NULL",
                "set-not-null-scan",
            ),
        ],
    );
}

#[test]
fn a_rollback_takes_everything_back() {
    let prove = "ALTER TABLE users ADD CONSTRAINT c CHECK (age IS NOT NULL)";
    let use_it = "ALTER TABLE users ALTER age SET NOT NULL";
    expect(
        &examples(),
        &[
            (&format!("BEGIN; {prove}; {use_it}"), "strong-lock"),
            (&format!("BEGIN; {prove}; COMMIT; {use_it}"), "strong-lock"),
            (&format!("BEGIN; {prove}; COMMIT; BEGIN; ROLLBACK; {use_it}"), "strong-lock"),
            (&format!("BEGIN; {prove}; ROLLBACK; {use_it}"), "set-not-null-scan"),
            (&format!("START TRANSACTION; {prove}; ABORT; {use_it}"), "set-not-null-scan"),
            (&format!("{prove}; ROLLBACK; {use_it}"), "set-not-null-scan"),
            (&format!("BEGIN; {prove}; COMMIT AND CHAIN; {use_it}; ROLLBACK; {use_it}"), "strong-lock"),
            (&format!("BEGIN; {prove}; PREPARE TRANSACTION 'x'; {use_it}"), "set-not-null-scan"),
            (&format!("BEGIN; SAVEPOINT s; {prove}; ROLLBACK TO s; {use_it}"), "set-not-null-scan"),
            (&format!("BEGIN; {prove}; SAVEPOINT s; ROLLBACK TO SAVEPOINT s; {use_it}"), "strong-lock"),
            (&format!("BEGIN; SAVEPOINT s; {prove}; RELEASE s; {use_it}"), "strong-lock"),
            (&format!("BEGIN; SAVEPOINT s; SAVEPOINT t; {prove}; RELEASE t; ROLLBACK TO s; {use_it}"), "set-not-null-scan"),
            (
                &format!("BEGIN; {} {prove}; ROLLBACK TO s99; {use_it}", (0..100).map(|n| format!("SAVEPOINT s{n};")).collect::<String>()),
                "set-not-null-scan",
            ),
            ("BEGIN; CREATE TABLE q (a int); ROLLBACK; DROP TABLE q", "missing-object"),
            ("BEGIN; CREATE TEMP TABLE codes (a int); ROLLBACK; DROP TABLE codes", "drop-table"),
            ("BEGIN; DROP TABLE users; ROLLBACK; CREATE INDEX ON users (age)", "create-index-not-concurrent"),
            ("BEGIN; ALTER TABLE users RENAME TO people; ROLLBACK; CREATE INDEX ON users (age)", "create-index-not-concurrent"),
            ("BEGIN; ALTER TABLE users ALTER name TYPE text; ROLLBACK; ALTER TABLE users ALTER name TYPE varchar(50)", "strong-lock"),
            ("BEGIN; CREATE DOMAIN d AS int; ROLLBACK; ALTER TABLE users ADD c d", "unknown-effect"),
            ("BEGIN; SET timezone = 'UTC'; ROLLBACK; ALTER TABLE users ALTER created_at TYPE timestamptz", "alter-column-type-rewrite"),
            ("BEGIN; SET LOCAL timezone = 'UTC'; COMMIT; ALTER TABLE users ALTER created_at TYPE timestamptz", "alter-column-type-rewrite"),
            ("BEGIN; SET LOCAL timezone = 'UTC'; ALTER TABLE users ALTER created_at TYPE timestamptz", "strong-lock"),
        ],
    );
}

#[test]
fn long_texts_of_savepoints_take_no_time() {
    let db = examples();
    let start = std::time::Instant::now();
    for part in
        ["BEGIN; ALTER TABLE users ADD a int; ROLLBACK;", "SAVEPOINT s; CREATE TABLE t (a int);", "BEGIN; CREATE TABLE t (a int); COMMIT;"]
    {
        assert!(!check(&part.repeat(5_000), &db).is_empty());
    }
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}

#[test]
fn rows_of_an_attached_table_are_rows_of_the_parent() {
    let mut db = examples();
    let parent = db.relation(RelationKind::PartitionedTable, "parent");
    db.columns(parent, "id bigint not null");
    db.table("part", "id bigint not null");
    expect(
        &db,
        &[
            ("CREATE INDEX ON parent (id)", "safe"),
            ("ALTER TABLE parent ATTACH PARTITION part FOR VALUES IN (1); CREATE INDEX ON parent (id)", "create-index-not-concurrent"),
            (
                "ALTER TABLE parent ATTACH PARTITION part DEFAULT; ALTER TABLE parent DETACH PARTITION part; CREATE INDEX ON parent (id)",
                "safe",
            ),
        ],
    );
}

#[test]
fn a_schema_that_is_not_searched_hides_nothing() {
    let mut db = examples();
    let other = db.table("t", "a int");
    db.change(other, |relation| {
        relation.schema = "S p".to_owned();
        relation.name = "T$1".to_owned();
        relation.size = Size::Bytes(0).into();
    });
    let sql = "ALTER TABLE \"S p\".\"T$1\" RENAME TO users; CREATE INDEX ON users (age)";
    let index = check(sql, &db).pop().expect("a finding");
    assert_eq!((index.object.as_deref(), index.risk), (Some("public.users"), Risk::Danger));
    let sql = "ALTER TABLE users RENAME TO users_old; ALTER TABLE orders RENAME TO users; CREATE INDEX ON users (ref)";
    assert_eq!(check(sql, &db).pop().and_then(|finding| finding.relation), db.oid("orders"));
}

#[test]
fn schemas_are_known() {
    expect(
        &examples(),
        &[
            ("DROP SCHEMA nowhere", "missing-object"),
            ("DROP SCHEMA nowhere CASCADE", "missing-object"),
            ("DROP SCHEMA IF EXISTS nowhere CASCADE", "safe"),
            ("CREATE SCHEMA fresh; DROP SCHEMA fresh", "safe"),
            ("CREATE SCHEMA AUTHORIZATION fresh; DROP SCHEMA fresh", "safe"),
            ("BEGIN; CREATE SCHEMA fresh; ROLLBACK; DROP SCHEMA fresh", "missing-object"),
        ],
    );
}

/// `SET search_path`, by whatever means, decides what names mean; types and functions of the system are found all the same.
#[test]
fn settings_of_the_text_are_followed() {
    let db = examples();
    let last = |sql: &str| check(sql, &db).pop().and_then(|finding| finding.rule);
    let index = "CREATE INDEX i ON users (age)";
    for sql in [
        "SET search_path = nowhere",
        "SET LOCAL search_path TO nowhere, elsewhere",
        "SELECT pg_catalog.set_config('search_path', '', false)",
    ] {
        assert_eq!(last(&format!("{sql}; {index}")), Some("missing-object"), "{sql}");
        assert_eq!(last(&format!("{sql}; CREATE INDEX i ON public.users (age)")), Some("create-index-not-concurrent"), "{sql}");
        for reset in ["RESET search_path", "SET search_path TO DEFAULT", "RESET ALL", "DISCARD ALL", "SET search_path = nowhere, public"] {
            assert_eq!(last(&format!("{sql}; {reset}; {index}")), Some("create-index-not-concurrent"), "{sql}; {reset}");
        }
    }
    // The path is a role's own.
    assert_eq!(last(&format!("SET search_path = \"$user\"; {index}")), Some("missing-object"));
    assert_eq!(last(&format!("SET search_path = \"$user\"; SET ROLE public; {index}")), Some("create-index-not-concurrent"));
    assert_eq!(last(&format!("SET search_path = \"$user\"; SET ROLE public; RESET ROLE; {index}")), Some("missing-object"));
    let volatile = "SET search_path = nowhere; ALTER TABLE public.users ADD COLUMN z float8 DEFAULT random()";
    assert_eq!(last(volatile), Some("add-column-volatile-default"));
}

#[test]
fn what_is_made_goes_where_the_search_path_says() {
    expect(
        &examples(),
        &[
            (
                "CREATE SCHEMA s2; SET search_path = s2; CREATE TABLE codes (a int); SET search_path = public; DROP TABLE codes",
                "drop-table",
            ),
            ("CREATE SCHEMA s2; CREATE TABLE fresh (a int); SET search_path = s2, public; DROP TABLE fresh", "missing-object"),
            ("CREATE SCHEMA s2; SET search_path = s2, public; CREATE TABLE codes (a int); DROP TABLE codes", "safe"),
            ("CREATE SCHEMA s2; SET search_path = s2, public; CREATE TABLE codes (a int); DROP TABLE s2.codes", "safe"),
            (
                "CREATE SCHEMA s2; SET search_path = s2, public; CREATE TABLE codes (a int); DROP TABLE codes; DROP TABLE codes",
                "drop-table",
            ),
            ("CREATE SCHEMA s2; CREATE TABLE s2.codes (a int); SET search_path TO s2, public; DROP TABLE codes", "safe"),
            ("CREATE SCHEMA s2; CREATE TABLE s2.codes (a int); SET search_path TO public, s2; DROP TABLE codes", "drop-table"),
            ("CREATE SCHEMA s2; CREATE TABLE fresh (a int); DROP TABLE fresh", "safe"),
        ],
    );
}

#[test]
fn a_type_is_exchanged_for_another_of_its_name() {
    let swap =
        "CREATE TYPE mood_new AS ENUM ('a'); ALTER TYPE mood RENAME TO mood_old; ALTER TYPE mood_new RENAME TO mood; DROP TYPE mood_old";
    let rules: Vec<_> = check(swap, &examples()).iter().filter_map(|finding| finding.rule).collect();
    assert_eq!(rules, ["create-enum", "drop-object"]);
    expect(
        &examples(),
        &[
            ("CREATE TYPE other AS ENUM ('a'); ALTER TYPE mood RENAME TO mood_old", "rename-object"),
            ("ALTER TYPE mood RENAME TO mood_old; ALTER TYPE fresh RENAME TO fresher", "rename-object"),
        ],
    );
}

#[test]
fn a_view_is_made_anew() {
    let mut db = examples();
    db.relation(RelationKind::View, "shown");
    db.relation(RelationKind::MaterializedView, "kept");
    let first = |sql: &str| check(sql, &db).into_iter().find(|finding| finding.rule == Some("drop-view")).map(|finding| finding.risk);
    assert_eq!(first("DROP VIEW shown; CREATE VIEW shown AS SELECT 1 AS a"), Some(Risk::Caution));
    assert_eq!(first("DROP VIEW IF EXISTS shown; CREATE OR REPLACE VIEW public.shown AS SELECT 1 AS a"), Some(Risk::Caution));
    assert_eq!(first("DROP VIEW shown; CREATE VIEW other AS SELECT 1 AS a"), Some(Risk::Danger));
    assert_eq!(first("DROP VIEW shown; CREATE VIEW app.shown AS SELECT 1 AS a"), Some(Risk::Danger));
    assert_eq!(first("DROP VIEW shown; CREATE TABLE shown (a int)"), Some(Risk::Danger));
    // Its readers wait for as long as its query takes.
    assert_eq!(first("DROP MATERIALIZED VIEW kept; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS a"), Some(Risk::Danger));
}

#[test]
fn a_new_table_reaches_others() {
    let mut db = examples();
    let old = db.table("old", "id bigint not null, at timestamptz");
    db.index(old, "old_pkey", &["id"], true, true);
    let parts = "CREATE TABLE z (id bigint, at timestamptz) PARTITION BY RANGE (id); \
                 ALTER TABLE z ATTACH PARTITION old FOR VALUES FROM (0) TO (4000)";
    let after = |statement: &str| format!("{parts}; {statement}");
    expect(
        &db,
        &[
            ("CREATE TABLE z (id int PRIMARY KEY, c bigint); ALTER TABLE z ADD FOREIGN KEY (c) REFERENCES users", "strong-lock"),
            ("CREATE TABLE z (id int); ALTER TABLE z ADD COLUMN c bigint REFERENCES users", "strong-lock"),
            ("CREATE TABLE z (c bigint REFERENCES users); DROP TABLE z", "strong-lock"),
            ("CREATE TABLE z (c bigint REFERENCES users); ALTER TABLE z DROP COLUMN c", "strong-lock"),
            ("CREATE TABLE z (id int); ALTER TABLE z ADD COLUMN nowhere int, DROP COLUMN other", "safe"),
            ("CREATE TABLE z (c bigint); ALTER TABLE z ADD FOREIGN KEY (c) REFERENCES z; DROP TABLE z", "safe"),
            (parts, "blocking-scan"),
            (&after("ALTER TABLE z ADD COLUMN x float DEFAULT random()"), "table-rewrite"),
            (&after("CREATE INDEX ON z (at)"), "blocking-scan"),
            (&after("ALTER TABLE z ALTER at SET NOT NULL"), "blocking-scan"),
            (&after("ALTER TABLE z DETACH PARTITION old; ALTER TABLE z ALTER at SET NOT NULL"), "safe"),
            (&format!("BEGIN; {parts}; ROLLBACK; CREATE TABLE z (at int); ALTER TABLE z ALTER at SET NOT NULL"), "safe"),
        ],
    );
}

#[test]
fn what_was_empty_may_be_full_after_a_query_filled_it() {
    let mut db = examples();
    let table = db.table("notes", "id bigint not null, v int");
    db.change(table, |table| table.size = Size::Bytes(0).into());
    expect(
        &db,
        &[
            (
                "INSERT INTO notes SELECT g, g FROM generate_series(1, 10000000) g; CREATE INDEX i ON notes (v)",
                "create-index-not-concurrent",
            ),
            ("COPY notes FROM '/a/file'; CREATE INDEX i ON notes (v)", "create-index-not-concurrent"),
            ("INSERT INTO notes VALUES (1, 1), (2, 2); CREATE INDEX i ON notes (v)", "safe"),
        ],
    );
}

/// The worst that is said of the last statement.
fn worst(sql: &str, db: &TestCatalog) -> Option<(Risk, Option<&'static str>)> {
    let all = check(sql, db);
    let last = all.last()?.statement;
    all.iter().filter(|one| one.statement == last).map(|one| (one.risk, one.rule)).max_by_key(|(risk, _)| *risk)
}

#[test]
fn what_may_have_been_made_is_not_called_safe() {
    let mut db = examples();
    db.object(Class::Function, "lower");
    db.object(Class::Function, "count");
    db.object(Class::Database, "app");
    let unknown = Some((Risk::Unknown, Some("dynamic-sql")));
    for (sql, expected) in [
        ("CREATE EXTENSION dblink; SELECT dblink_exec('c', 'DROP TABLE users')", unknown),
        ("CREATE EXTENSION dblink; DO $$BEGIN PERFORM dblink_exec('c', 'DROP TABLE users'); END$$", unknown),
        ("CREATE EXTENSION dblink; INSERT INTO orders (note) VALUES (dblink_exec('c', 'DROP TABLE users'))", unknown),
        ("CREATE EXTENSION dblink; INSERT INTO orders (note) VALUES (coalesce(lower('c'), 'x'))", Some((Risk::Safe, None))),
        ("CREATE EXTENSION dblink; SELECT count(*) FROM users", Some((Risk::Safe, None))),
        ("ALTER DATABASE app SET TABLESPACE fast", Some((Risk::Unknown, Some("unbounded-effect")))),
        ("ALTER DATABASE app SET work_mem = '1MB'", Some((Risk::Safe, None))),
    ] {
        assert_eq!(worst(sql, &db), expected, "{sql}");
    }
}

#[test]
fn what_was_prepared_is_judged_when_it_runs() {
    let db = examples();
    let without = Some((Risk::Danger, Some("delete-without-where")));
    for (sql, expected) in [
        ("PREPARE s AS DELETE FROM users", Some((Risk::Safe, None))),
        ("PREPARE s AS DELETE FROM users; EXECUTE s", without),
        ("PREPARE \"as\" (int, text) AS DELETE FROM users; EXECUTE \"as\" (1, 'x')", without),
        ("PREPARE s (int) AS DELETE FROM users WHERE id = $1; EXECUTE s (1)", Some((Risk::Safe, None))),
        ("PREPARE s AS DELETE FROM users; DEALLOCATE s; EXECUTE s", Some((Risk::Unknown, Some("dynamic-sql")))),
        ("EXECUTE s", Some((Risk::Unknown, Some("dynamic-sql")))),
    ] {
        assert_eq!(worst(sql, &db), expected, "{sql}");
    }
}

#[test]
fn a_view_runs_what_its_query_calls() {
    let mut db = examples();
    db.function("wipe", 0, Volatility::Volatile, None);
    let row = ["public", "wipe", "0"].map(|one| Some(one.to_owned()));
    let view = db.oid("active_users").unwrap_or(0);
    db.answer(&format!("SELECT {view}::pg_catalog.oid"), Found { columns: Vec::new(), rows: vec![row.to_vec()] });
    assert_eq!(worst("SELECT * FROM active_users", &db), Some((Risk::Unknown, Some("dynamic-sql"))));
    assert_eq!(worst("SELECT * FROM daily", &db), Some((Risk::Safe, None)));
}
