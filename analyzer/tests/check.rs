//! What `check` says: positions, risks, scripts, and what it does not know.

use zdm_analyzer::catalog::{RelationKind, Size};
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::{Blocks, LockMode};
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, check_command, effects};

fn one(sql: &str) -> Finding {
    let mut all = check(sql, &examples());
    assert_eq!(all.len(), 1, "{sql}: {all:#?}");
    all.remove(0)
}

/// The worst risk of a text and the names of the rules that spoke.
fn verdict(sql: &str, db: &TestCatalog) -> (Risk, Vec<&'static str>) {
    let all = check(sql, db);
    let worst = all.iter().map(|finding| finding.risk).max().unwrap_or(Risk::Safe);
    (worst, all.iter().filter_map(|finding| finding.rule).collect())
}

#[test]
fn nothing_gives_nothing() {
    for sql in ["", "  \n", "-- only this", "/* or /* that */ */", ";;", " ; -- x\n;"] {
        assert!(check(sql, &examples()).is_empty(), "{sql:?}");
        assert_eq!(effects(sql, &examples()), Ok(Vec::new()), "{sql:?}");
    }
}

#[test]
fn a_fast_default_is_no_danger() {
    let finding = one("ALTER TABLE users ADD COLUMN b boolean NOT NULL DEFAULT false");
    assert_eq!((finding.risk, finding.rule), (Risk::Caution, Some("strong-lock")));
    assert_eq!((finding.rewrites, finding.scans), (Some(false), Some(false)));
    assert_eq!((finding.lock, finding.blocks), (Some(LockMode::AccessExclusive), Blocks::ReadsAndWrites));
    assert_eq!(finding.object.as_deref(), Some("public.users"));
}

#[test]
fn statements_know_their_place() {
    let sql = "-- first\nSELECT 1;\n\n  /* then; */ CREATE INDEX i ON users (age); -- end\nSELECT ';' -- no\n ;";
    let all = check(sql, &examples());
    let places: Vec<_> = all.iter().map(|finding| (finding.statement, finding.line, &sql[finding.span.clone()])).collect();
    assert_eq!(places, [(1, 2, "SELECT 1"), (2, 4, "CREATE INDEX i ON users (age)"), (3, 5, "SELECT ';'")]);
    let tags: Vec<_> = all.iter().map(|finding| finding.command.as_str()).collect();
    assert_eq!(tags, ["SELECT", "CREATE INDEX", "SELECT"]);
}

#[test]
fn what_cannot_be_known_is_not_safe() {
    let deep = format!("SELECT {}1{}", "(SELECT ".repeat(60), ")".repeat(60));
    let deeper = format!("SELECT {}1", "1+".repeat(50_000));
    for sql in
        ["DO $$ BEGIN EXECUTE x; END $$", "CALL p()", "EXECUTE q", "\\i other.sql", "ALTER TABLE users ADD", "SELECT 1 \0", &deep, &deeper]
    {
        let finding = one(sql);
        assert_eq!(finding.risk, Risk::Unknown, "{finding:#?}");
    }
    assert_eq!(one("ALTER TABLE users ADD").rule, Some("not-analyzable"));
    assert_eq!(one("DO 'x'").rule, Some("dynamic-sql"));
    assert!(effects("ALTER TABLE users ADD", &examples()).is_err());
}

#[test]
fn what_is_missing_is_said() {
    assert_eq!(one("ALTER TABLE nobody ADD COLUMN x int").rule, Some("missing-object"));
    assert_eq!(one("DROP TABLE nobody").rule, Some("missing-object"));
    assert_eq!(one("DROP TABLE IF EXISTS nobody").risk, Risk::Safe);
    assert_eq!(one("ALTER TABLE IF EXISTS nobody ADD COLUMN x int").risk, Risk::Safe);
    assert!(check("ALTER TABLE users DROP COLUMN nothing", &examples()).iter().any(|finding| finding.rule == Some("missing-object")));
}

#[test]
fn plain_statements_are_safe() {
    for sql in [
        "BEGIN",
        "COMMIT",
        "SET lock_timeout = '2s'",
        "SELECT * FROM users",
        "INSERT INTO users (id) VALUES (1)",
        "UPDATE users SET age = 1 WHERE id = 1",
        "DELETE FROM users WHERE id = 1",
        "GRANT SELECT ON users TO clerk",
        "CREATE TABLE t (id int)",
        "CREATE INDEX CONCURRENTLY i ON users (age)",
        "ALTER TABLE users VALIDATE CONSTRAINT users_email_present",
        "COMMENT ON TABLE users IS 'x'",
        "ANALYZE users",
        "VACUUM users",
        "ALTER TABLE users ALTER COLUMN age SET STATISTICS 500",
        "ALTER INDEX users_email_idx RENAME TO users_by_email",
        "ALTER TYPE mood ADD VALUE 'great'",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'select 1'",
    ] {
        assert_eq!(one(sql).risk, Risk::Safe, "{sql}");
    }
}

#[test]
fn what_the_text_makes_is_new_to_it() {
    let db = examples();
    for sql in [
        "CREATE TABLE fresh (id int); CREATE INDEX i ON fresh (id); ALTER TABLE fresh ALTER COLUMN id SET NOT NULL; DROP TABLE fresh",
        "CREATE TABLE app.fresh (id int); UPDATE app.fresh SET id = 1; ALTER TABLE app.fresh RENAME TO older; DROP TABLE app.older",
        "CREATE TEMP TABLE users (id int); DROP TABLE users",
        "CREATE TABLE fresh AS SELECT 1 AS x; ALTER TABLE fresh ADD PRIMARY KEY (x)",
    ] {
        assert_eq!(verdict(sql, &db).0, Risk::Safe, "{sql}: {:#?}", check(sql, &db));
    }
    let twice = "DROP TABLE codes; CREATE TABLE codes (id int); CREATE INDEX i ON codes (id)";
    assert_eq!(verdict(twice, &db).1, ["drop-and-create-table", "drop-table"]);
    // A table that references an old one keeps the old one's writers waiting.
    assert_eq!(verdict("CREATE TABLE fresh (u bigint REFERENCES users)", &db), (Risk::Caution, vec!["create-table-references"]));
}

#[test]
fn later_statements_see_earlier_ones() {
    let db = examples();
    let proved = "ALTER TABLE users ADD CONSTRAINT c CHECK (age IS NOT NULL) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c; \
                  ALTER TABLE users ALTER COLUMN age SET NOT NULL; ALTER TABLE users DROP CONSTRAINT c";
    assert_eq!(verdict(proved, &db).1, ["strong-lock", "strong-lock", "strong-lock"]);
    let unproved = "ALTER TABLE users ADD CONSTRAINT c CHECK (age IS NOT NULL) NOT VALID; ALTER TABLE users ALTER COLUMN age SET NOT NULL";
    assert_eq!(verdict(unproved, &db).1, ["strong-lock", "set-not-null-scan"]);
    let renamed = "ALTER TABLE users RENAME TO persons; CREATE INDEX i ON persons (age); CREATE INDEX j ON users (age)";
    assert_eq!(verdict(renamed, &db).1, ["rename-table", "create-index-not-concurrent", "missing-object"]);
    let zoned = "SET timezone = 'UTC'; ALTER TABLE users ALTER COLUMN created_at TYPE timestamptz";
    assert_eq!(verdict(zoned, &db).1, ["strong-lock"]);
    let added = "ALTER TABLE users ADD COLUMN city text; ALTER TABLE users ALTER COLUMN city SET NOT NULL";
    assert_eq!(verdict(added, &db).1, ["strong-lock", "set-not-null-scan"]);
}

#[test]
fn private_and_empty_tables_are_no_danger() {
    let statements = [
        "CREATE INDEX i ON users (age)",
        "ALTER TABLE users ALTER COLUMN age SET NOT NULL",
        "ALTER TABLE users ALTER COLUMN age TYPE bigint",
        "ALTER TABLE users ADD COLUMN x uuid DEFAULT gen_random_uuid()",
        "ALTER TABLE users ADD CHECK (age > 0)",
        "ALTER TABLE users DROP COLUMN age",
        "ALTER TABLE users RENAME TO persons",
        "TRUNCATE users",
        "DELETE FROM users",
        "VACUUM FULL users",
    ];
    for sql in statements {
        let mut db = examples();
        let users = db.oid("users").expect("users");
        assert!(verdict(sql, &db).0 == Risk::Danger, "{sql}");
        db.change(users, |relation| relation.size = Size::Bytes(0).into());
        assert!(verdict(sql, &db).0 <= Risk::Caution, "{sql} on an empty table: {:#?}", check(sql, &db));
        db.change(users, |relation| {
            relation.size = Size::Unknown.into();
            relation.temporary = true;
        });
        assert_eq!(verdict(sql, &db).0, Risk::Safe, "{sql} on a temporary table");
        db.change(users, |relation| {
            relation.temporary = false;
            relation.created_here = true;
        });
        assert_eq!(verdict(sql, &db).0, Risk::Safe, "{sql} on a new table");
        db.change(users, |relation| relation.created_here = false);
        assert_eq!(verdict(sql, &db).0, Risk::Danger, "{sql} on a table of unknown size");
    }
}

#[test]
fn one_full_partition_is_enough() {
    let mut db = examples();
    let sql = "CREATE INDEX i ON events (kind)";
    let parts: Vec<_> = ["events_2024", "events_2025"].iter().filter_map(|name| db.oid(name)).collect();
    db.change(parts[0], |relation| relation.size = Size::Bytes(0).into());
    assert_eq!(verdict(sql, &db), (Risk::Danger, vec!["create-index-not-concurrent"]));
    db.change(parts[1], |relation| relation.size = Size::Bytes(0).into());
    assert_eq!(verdict(sql, &db).0, Risk::Safe);
}

#[test]
fn several_actions_are_judged_together() {
    let db = examples();
    let sql = "ALTER TABLE users ALTER COLUMN age SET NOT NULL, ADD COLUMN x int DEFAULT 1, DROP COLUMN name";
    assert_eq!(verdict(sql, &db).1, ["drop-column", "set-not-null-scan"]);
    let sql = "ALTER TABLE users DROP COLUMN name, SET TABLESPACE fast";
    assert_eq!(verdict(sql, &db).1, ["drop-column", "set-tablespace"]);
    let sql = "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID, VALIDATE CONSTRAINT c";
    assert_eq!(verdict(sql, &db).1, ["add-check-scan"]);
}

#[test]
fn rows_hidden_in_with_are_found() {
    let db = examples();
    assert_eq!(verdict("WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone", &db).1, ["delete-without-where"]);
    assert_eq!(verdict("EXPLAIN ANALYZE UPDATE users SET age = 1", &db).1, ["update-without-where"]);
    assert_eq!(verdict("EXPLAIN UPDATE users SET age = 1", &db).0, Risk::Safe);
}

#[test]
fn a_join_is_no_condition() {
    let db = examples();
    let (update, delete) = ("update-without-where", "delete-without-where");
    for (sql, rule) in [
        ("UPDATE users SET age = 1 FROM orders", update),
        ("UPDATE users SET age = 1 FROM orders WHERE true", update),
        ("DELETE FROM orders USING users", delete),
        ("COPY (DELETE FROM orders RETURNING *) TO STDOUT", delete),
        ("COPY (UPDATE users SET age = 1 RETURNING *) TO STDOUT", update),
        ("COPY (WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d) TO STDOUT", delete),
        ("CREATE TABLE x AS WITH d AS (DELETE FROM orders RETURNING 1) SELECT * FROM d", delete),
        ("CREATE TABLE IF NOT EXISTS x AS WITH d AS (DELETE FROM orders RETURNING 1) SELECT * FROM d", delete),
        ("WITH d AS (DELETE FROM orders RETURNING 1) SELECT * INTO x FROM d", delete),
        ("EXPLAIN ANALYZE CREATE TABLE x AS WITH d AS (DELETE FROM orders RETURNING 1) SELECT * FROM d", delete),
        ("WITH d AS (DELETE FROM orders RETURNING *) INSERT INTO archive SELECT * FROM d", delete),
        ("INSERT INTO archive WITH d AS (DELETE FROM orders RETURNING *) SELECT * FROM d", delete),
        ("CREATE TABLE x AS EXECUTE p", "dynamic-sql"),
    ] {
        assert_eq!(verdict(sql, &db).1, [rule], "{sql}");
    }
    for sql in [
        "UPDATE users SET age = 1 FROM orders WHERE orders.user_id = users.id",
        "DELETE FROM orders USING users WHERE orders.user_id = users.id",
        "COPY (DELETE FROM orders WHERE ref = 1 RETURNING *) TO STDOUT",
        "COPY orders TO STDOUT",
        "COPY orders FROM STDIN",
        "CREATE TABLE x AS SELECT * FROM orders",
        "PREPARE p AS DELETE FROM orders",
    ] {
        assert_eq!(verdict(sql, &db).0, Risk::Safe, "{sql}");
    }
    assert_eq!(
        one("UPDATE users SET age = 1 FROM orders").hint.as_deref(),
        Some("Change the rows in batches, each in its own transaction.")
    );
}

#[test]
fn every_blocking_scan_has_advice() {
    let mut db = examples();
    let orders = db.oid("orders").expect("orders");
    db.change(orders, |relation| relation.created_here = true);
    let all = check("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES users (id)", &db);
    assert_eq!((all.len(), all[0].rule, all[0].object.as_deref()), (1, Some("blocking-scan"), Some("public.users")));
    assert_eq!(
        all[0].hint.as_deref(),
        Some("Add the foreign key NOT VALID, commit, and run ALTER TABLE public.orders VALIDATE CONSTRAINT f.")
    );
}

#[test]
fn parts_of_types_have_names_too() {
    for (sql, message) in [
        ("ALTER TYPE mood RENAME VALUE 'a' TO 'q'", "renames value 'a' of type mood to 'q'"),
        ("ALTER TYPE app.comp RENAME ATTRIBUTE x TO \"Y\"", "renames attribute x of type app.comp to \"Y\""),
        ("ALTER TYPE mood RENAME TO spirit", "renames type mood to spirit"),
        ("ALTER FUNCTION f(int) SET SCHEMA app", "renames function f to app"),
    ] {
        let finding = one(sql);
        assert_eq!((finding.risk, finding.rule, finding.message.as_str()), (Risk::Danger, Some("rename-object"), message));
    }
}

#[test]
fn hints_hold_the_real_statement() {
    let hint = |sql: &str| one(sql).hint.unwrap_or_default();
    assert_eq!(hint("create unique index i on users (age)"), "create unique index CONCURRENTLY i on users (age);");
    assert_eq!(hint("UPDATE users SET active = true, age = 1 -- all"), "CALL zdm.backfill('public.users', 'active = true, age = 1');");
    assert_eq!(
        hint("ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES users"),
        "ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES users NOT VALID;\n-- in a later transaction:\n\
         ALTER TABLE public.orders VALIDATE CONSTRAINT f;"
    );
    assert_eq!(
        hint("ALTER TABLE users ALTER age SET NOT NULL"),
        "ALTER TABLE public.users ADD CONSTRAINT users_age_not_null NOT NULL age NOT VALID;\n\
         ALTER TABLE public.users VALIDATE CONSTRAINT users_age_not_null;"
    );
}

#[test]
fn odd_names_are_quoted() {
    let mut db = examples();
    db.table("Order \"x\"", "select int");
    let all = check("ALTER TABLE \"Order \"\"x\"\"\" ALTER \"select\" SET NOT NULL", &db);
    assert_eq!(all[0].object.as_deref(), Some("public.\"Order \"\"x\"\"\""));
    assert!(all[0].message.contains("column \"select\""), "{}", all[0].message);
}

#[test]
fn unknown_functions_and_types_are_unknown() {
    let db = examples();
    assert_eq!(verdict("ALTER TABLE users ADD COLUMN x int DEFAULT f()", &db), (Risk::Unknown, vec!["unknown-effect"]));
    assert_eq!(verdict("ALTER TABLE users ADD COLUMN x no_type", &db), (Risk::Unknown, vec!["unknown-effect"]));
    assert_eq!(verdict("CREATE TYPE m AS ENUM ('a'); ALTER TABLE users ADD COLUMN x m", &db).1, ["create-enum", "strong-lock"]);
    // Overloads that differ only between stable and immutable do not matter.
    assert_eq!(verdict("ALTER TABLE users ADD COLUMN x timestamptz DEFAULT date_trunc('day', now())", &db).1, ["strong-lock"]);
}

#[test]
fn views_break_programs_too() {
    let db = examples();
    assert_eq!(verdict("DROP VIEW active_users", &db).1, ["drop-view"]);
    assert_eq!(verdict("ALTER VIEW active_users RENAME TO x", &db).1, ["rename-table"]);
    assert_eq!(verdict("CREATE OR REPLACE VIEW active_users AS SELECT 1", &db).1, ["strong-lock"]);
    assert_eq!(verdict("REFRESH MATERIALIZED VIEW CONCURRENTLY sales_by_day", &db).0, Risk::Safe);
    let mut db = db;
    db.relation(RelationKind::Sequence, "numbers");
    assert_eq!(verdict("ALTER SEQUENCE numbers RESTART", &db).1, ["alter-sequence"]);
}

#[test]
fn a_tag_alone_is_not_enough() {
    for tag in ["ALTER TABLE", "DROP TABLE", "CREATE INDEX", "TRUNCATE TABLE", "DO", "VACUUM", "REINDEX"] {
        assert_eq!(check_command(tag).map(|finding| finding.risk), Some(Risk::Unknown), "{tag}");
    }
    for tag in ["SELECT", "BEGIN", "CREATE VIEW", "GRANT", "ALTER ROLE", "SET"] {
        assert!(check_command(tag).is_none(), "{tag}");
    }
}

/// Whatever expression and type: written down again or not, but never a crash.
#[test]
fn all_kinds_of_defaults_are_read() {
    let db = examples();
    let expressions = [
        "1",
        "-1",
        "'x'::text",
        "E'a\\nb'",
        "B'101'",
        "X'1F'",
        "1.5e10",
        "true",
        "NULL::int",
        "ARRAY[1,2]",
        "ARRAY[]::text[]",
        "'{}'",
        "ROW(1,2)",
        "(1,2)",
        "current_date",
        "current_timestamp(3)",
        "localtime",
        "current_user",
        "session_user",
        "now() AT TIME ZONE 'utc'",
        "extract(epoch from now())",
        "interval '1 day'",
        "interval '3' hour",
        "interval(3) '1.5 s'",
        "CASE WHEN 1 < 2 THEN 'a' ELSE 'b' END",
        "coalesce(1, 2)",
        "greatest(1, 2)",
        "nullif(1, 2)",
        "1 IN (1, 2)",
        "1 BETWEEN 0 AND 2",
        "'a' LIKE 'b'",
        "NOT true",
        "1 IS NOT NULL",
        "true IS TRUE",
        "'a' COLLATE \"C\"",
        "substring('abc' from 1 for 2)",
        "trim(both 'x' from 'xax')",
        "position('a' in 'b')",
        "overlay('abc' placing 'x' from 1)",
        "xmlelement(name a, 'b')",
        "xmlparse(content '<a/>')",
        "json_object('a': 1)",
        "json_array(1, 2)",
        "json_scalar(1)",
        "(SELECT 1)",
        "EXISTS (SELECT 1)",
        "ARRAY(SELECT 1)",
        "(ARRAY[1,2])[1]",
        "(ARRAY[1,2])[1:2]",
        "f(a => 1)",
        "f(VARIADIC ARRAY[1])",
        "1 OPERATOR(pg_catalog.+) 2",
        "1 = ANY (ARRAY[1])",
        "grouping(1)",
        "count(*)",
        "sum(1) OVER ()",
        "'a'::public.label",
        "cast('1' as numeric(10,2))",
        "json_value('{}', '$.a')",
        "json_query('{}', '$.a')",
        "merge_action()",
        "normalize('a', NFC)",
        "'x' IS NORMALIZED",
        "'a' SIMILAR TO 'b'",
        "xmlserialize(content '<a/>' as text)",
        "treat('a' as text)",
        "collation for ('a')",
        "nextval('s'::regclass)",
        "pg_catalog.now()",
        "$1",
        "row(1,2) OVERLAPS row(3,4)",
        "'1' || 2",
        "@ 5",
        "5 !",
        "system_user",
        "json_arrayagg(1)",
        "DEFAULT",
    ];
    let types = [
        "int",
        "varchar(3)",
        "numeric(3,1)",
        "int[]",
        "int[3][]",
        "int array[4]",
        "interval day to second(3)",
        "timestamp(3) with time zone",
        "time with time zone",
        "bit varying(3)",
        "char",
        "\"char\"",
        "national character varying(3)",
        "double precision",
        "float(3)",
        "public.percent",
        "\"Odd Type\"(1)",
        "users.id%TYPE",
        "setof int",
        "serial",
        "dec(3)",
        "json",
        "xml",
        "a.b.c",
        "character(3)[]",
    ];
    for expression in expressions {
        for type_text in types {
            let sql = format!("ALTER TABLE users ADD COLUMN z {type_text} DEFAULT {expression}");
            assert!(!check(&sql, &db).is_empty(), "{sql}");
        }
        let sql = format!("ALTER TABLE users ALTER age TYPE int USING {expression}, ADD CHECK (age IS NOT NULL AND {expression})");
        assert!(!check(&sql, &db).is_empty(), "{sql}");
    }
}

/// A text cut anywhere is judged or refused, and what is judged lies inside it.
#[test]
fn cut_texts_do_no_harm() {
    let db = examples();
    let sql = "-- ü\nALTER TABLE users ADD COLUMN \"ü\" text DEFAULT E'\\'ä' || $q$;$q$; /* ö /* */ */ UPDATE users SET name = 'é' -- é\n;";
    for at in (0..=sql.len()).filter(|at| sql.is_char_boundary(*at)) {
        for part in [&sql[..at], &sql[at..]] {
            for finding in check(part, &db) {
                assert!(part.get(finding.span.clone()).is_some(), "{part:?}: {:?}", finding.span);
            }
        }
    }
}

#[test]
fn hints_keep_what_the_statement_says() {
    for (sql, parts) in [
        (
            "ALTER TABLE users ADD CONSTRAINT u UNIQUE NULLS NOT DISTINCT (email) INCLUDE (name) WITH (fillfactor = 70) USING INDEX TABLESPACE fast",
            &["ON public.users (email) INCLUDE (name) NULLS NOT DISTINCT WITH (fillfactor = 70) TABLESPACE fast;", "UNIQUE USING INDEX u;"]
                [..],
        ),
        (
            "ALTER TABLE users ADD CONSTRAINT u UNIQUE (email) DEFERRABLE INITIALLY DEFERRED",
            &["UNIQUE USING INDEX u DEFERRABLE INITIALLY DEFERRED;"],
        ),
        ("ALTER TABLE users ADD CONSTRAINT u UNIQUE (email) DEFERRABLE", &["UNIQUE USING INDEX u DEFERRABLE;"]),
        ("ALTER TABLE events_2024 ADD PRIMARY KEY (id) INCLUDE (kind)", &["(id) INCLUDE (kind);"]),
        (
            "ALTER TABLE users ADD n serial",
            &["ADD COLUMN n integer;", "SET DEFAULT nextval", "'n IS NULL'", "VALIDATE CONSTRAINT users_n_not_null;"],
        ),
        (
            "ALTER TABLE users ADD n bigint GENERATED BY DEFAULT AS IDENTITY (START 5)",
            &[
                "START 5 OWNED BY",
                "VALIDATE CONSTRAINT users_n_not_null;",
                "ADD GENERATED BY DEFAULT AS IDENTITY (START 5);",
                "DROP SEQUENCE",
            ],
        ),
        ("ALTER TABLE users ADD c varchar(40) COLLATE \"C\" DEFAULT gen_random_uuid()::text", &["ADD COLUMN c varchar(40) COLLATE \"C\";"]),
    ] {
        let hint = one(sql).hint.unwrap_or_default();
        for part in parts {
            assert!(hint.contains(part), "{sql}\nexpected {part}\ncame {hint}");
        }
    }
}

#[test]
fn nothing_of_a_foreign_table_is_rewritten() {
    let mut db = examples();
    let remote = db.relation(RelationKind::ForeignTable, "remote");
    db.columns(remote, "id int, v int");
    for sql in [
        "ALTER FOREIGN TABLE remote ALTER v TYPE text",
        "ALTER TABLE remote ADD w float DEFAULT random()",
        "ALTER TABLE remote ADD n serial",
    ] {
        let (risk, rules) = verdict(sql, &db);
        assert_eq!(risk, Risk::Caution, "{sql}: {rules:?}");
    }
}

#[test]
fn a_type_takes_columns_along() {
    let mut db = examples();
    db.table("t", "id int, l label");
    let (risk, rules) = verdict("DROP DOMAIN label CASCADE", &db);
    assert_eq!(risk, Risk::Danger, "{rules:?}");
    assert!(rules.contains(&"drop-object"), "{rules:?}");
    assert_eq!(verdict("DROP DOMAIN label", &db), (Risk::Caution, vec!["drop-object"]));
}

#[test]
fn every_kind_of_statement_is_known() {
    let db = examples();
    let quiet = [
        "SECURITY LABEL FOR provider ON ROLE boss IS 'x'",
        "IMPORT FOREIGN SCHEMA remote FROM SERVER s INTO public",
        "CREATE CONVERSION c FOR 'LATIN1' TO 'UTF8' FROM f",
        "CREATE TRANSFORM FOR int LANGUAGE sql (FROM SQL WITH FUNCTION f(internal))",
        "ALTER COLLATION c REFRESH VERSION",
        "ALTER LARGE OBJECT 1 OWNER TO boss",
        "CREATE USER MAPPING FOR boss SERVER s",
        "ALTER USER MAPPING FOR boss SERVER s OPTIONS (SET user 'x')",
        "DROP USER MAPPING FOR boss SERVER s",
        "ALTER OPERATOR FAMILY f USING btree ADD FUNCTION 1 g(int, int)",
        "ALTER TEXT SEARCH CONFIGURATION c ADD MAPPING FOR word WITH simple",
        "ALTER TEXT SEARCH DICTIONARY d (language = 'english')",
        "ALTER EXTENSION hstore ADD FUNCTION f(int)",
    ];
    for sql in quiet {
        let said = check(sql, &db);
        assert!(said.iter().all(|one| one.rule != Some("unbounded-effect") && one.rule != Some("not-analyzable")), "{sql}: {said:?}");
        assert_eq!(effects(sql, &db).map(|all| all.len()), Ok(0), "{sql}");
    }
    for sql in
        ["ALTER EXTENSION hstore ADD TABLE users", "ALTER EXTENSION hstore DROP TABLE users", "SECURITY LABEL ON COLUMN users.email IS 'x'"]
    {
        let found = effects(sql, &db).unwrap_or_default();
        assert_eq!(found.iter().map(|one| one.lock.pg_name()).collect::<Vec<_>>(), ["ShareUpdateExclusiveLock"], "{sql}");
    }
}
