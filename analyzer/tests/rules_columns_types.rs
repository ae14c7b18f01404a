//! Rules of columns and their types: when they speak, and when they must not.

use zdm_analyzer::catalog::{ColumnStatistics, DependentKind, Found, RelationKind, Size};
use zdm_analyzer::check;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::testing::{TestCatalog, examples};

/// What one rule says of a text.
fn said(rule: &str, sql: &str, db: &TestCatalog) -> Vec<Finding> {
    check(sql, db).into_iter().filter(|finding| finding.rule == Some(rule)).collect()
}

#[track_caller]
fn speaks(rule: &str, texts: &[&str], db: &TestCatalog) {
    for sql in texts {
        assert_eq!(said(rule, sql, db).len(), 1, "{sql}: {:#?}", check(sql, db));
    }
}

#[track_caller]
fn is_silent(rule: &str, texts: &[&str], db: &TestCatalog) {
    for sql in texts {
        assert!(said(rule, sql, db).is_empty(), "{sql}: {:#?}", check(sql, db));
    }
}

/// What is said of a table is not said when it is temporary, new or empty.
#[track_caller]
fn spares_private_and_empty(rule: &str, sql: &str, table: &str) {
    let mut db = examples();
    let oid = db.oid(table).expect(table);
    speaks(rule, &[sql], &db);
    db.change(oid, |relation| relation.size = Size::Bytes(0).into());
    is_silent(rule, &[sql], &db);
    db.change(oid, |relation| (relation.size, relation.temporary) = (Size::Unknown.into(), true));
    is_silent(rule, &[sql], &db);
    db.change(oid, |relation| (relation.temporary, relation.created_here) = (false, true));
    is_silent(rule, &[sql], &db);
}

fn detail(rule: &str, sql: &str, db: &TestCatalog) -> String {
    said(rule, sql, db).into_iter().next().and_then(|finding| finding.detail).unwrap_or_default()
}

#[test]
fn a_lost_default_breaks_inserts() {
    let db = examples();
    let (null, default) = ("drop-not-null", "drop-default");
    assert!(detail(null, "ALTER TABLE users ALTER id DROP NOT NULL", &db).starts_with("The statement fails, since the column is in the"));
    assert!(detail(null, "ALTER TABLE people ALTER level DROP NOT NULL", &db).contains("AccessExclusiveLock"));
    spares_private_and_empty(null, "ALTER TABLE people ALTER level DROP NOT NULL", "people");
    spares_private_and_empty(default, "ALTER TABLE people ALTER level DROP DEFAULT", "people");
    speaks(
        default,
        &[
            "ALTER TABLE people ALTER level SET DEFAULT NULL",
            "ALTER TABLE users ADD x int NOT NULL DEFAULT 1; ALTER TABLE users ALTER x DROP DEFAULT",
            "ALTER TABLE users ADD x int GENERATED ALWAYS AS IDENTITY; ALTER TABLE users ALTER x DROP IDENTITY",
        ],
        &db,
    );
    is_silent(
        default,
        &[
            "ALTER TABLE people ALTER email DROP DEFAULT",
            "ALTER TABLE users ALTER id DROP DEFAULT",
            "ALTER TABLE people ALTER level SET DEFAULT 1",
            "ALTER TABLE people ALTER level DROP DEFAULT; ALTER TABLE people ALTER level TYPE bigint, ALTER level SET DEFAULT 1",
            "ALTER TABLE people ALTER level DROP DEFAULT; ALTER TABLE people ALTER level ADD GENERATED ALWAYS AS IDENTITY",
            "ALTER TABLE people ALTER level DROP NOT NULL, ALTER level DROP DEFAULT",
        ],
        &db,
    );
    // One statement, one word on the lock.
    assert_eq!(check("ALTER TABLE people ALTER level DROP DEFAULT", &db).len(), 1);
    spares_private_and_empty("drop-expression", "ALTER TABLE people ALTER email_upper DROP EXPRESSION", "people");
}

#[test]
fn numbers_in_use_are_not_given_out_again() {
    let mut db = examples();
    let (collides, full) = ("identity-collides", "int-key-overflow");
    let add = "ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY";
    assert_eq!(said(collides, add, &db)[0].risk, Risk::Danger);
    is_silent(
        collides,
        &[
            "ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY (START WITH 2000000001)",
            &format!("BEGIN; {add}; SELECT setval(pg_get_serial_sequence('people', 'id'), 2000000000)"),
            &format!("{add}; ALTER TABLE people ALTER id RESTART WITH 2000000001"),
            "ALTER TABLE users ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        ],
        &db,
    );
    speaks(collides, &["ALTER TABLE people ALTER id RESTART WITH 5"], &db);
    let restart = "ALTER TABLE people ALTER id RESTART";
    speaks(collides, &["ALTER TABLE people ALTER id SET START WITH 7 RESTART"], &db);
    is_silent(collides, &[restart, "ALTER TABLE people ALTER id SET START 2000000001 RESTART"], &db);
    let people = db.oid("people").expect("people");
    let numbers = db.relation(RelationKind::Sequence, "people_id_seq");
    db.change(people, |table| table.owned_sequences.change(|owned| owned.push(("id".to_owned(), numbers))));
    let seqstart = |number: &str| Found { columns: Vec::new(), rows: vec![vec![Some(number.to_owned())]] };
    db.answer("seqstart", seqstart("1"));
    speaks(collides, &[restart, "ALTER TABLE people ALTER COLUMN id SET INCREMENT 2 RESTART"], &db);
    is_silent(
        collides,
        &[
            &format!("TRUNCATE people; {restart}"),
            &format!("ALTER TABLE people ALTER id SET START 2000000001; {restart}"),
            &format!("{restart}; ALTER TABLE people ALTER id RESTART WITH 2000000001"),
            "ALTER TABLE users ALTER id RESTART",
        ],
        &db,
    );
    spares_private_and_empty(collides, add, "people");
    speaks(full, &[add, "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES users NOT VALID"], &db);
    spares_private_and_empty(full, add, "people");
    let some = |greatest| ColumnStatistics { null_fraction: 0.0, distinct: -1.0, greatest };
    db.set_statistics(people, "id", some(Some(1_000_000_000)));
    is_silent(full, &[add], &db);
    db.set_statistics(people, "id", some(None));
    is_silent(collides, &[add], &db);
}

#[test]
fn json_has_no_equality() {
    let db = examples();
    let rule = "add-json-column";
    is_silent(rule, &["ALTER TABLE users ADD x jsonb", "ALTER TABLE users ADD x json[]", "CREATE TABLE x (x json)"], &db);
    spares_private_and_empty(rule, "ALTER TABLE users ADD x json", "users");
}

#[test]
fn columns_have_numbers_of_their_own() {
    let mut db = examples();
    let rule = "column-limit";
    let people = db.oid("people").expect("people");
    db.set_column_numbers(people, 1599);
    is_silent(rule, &["ALTER TABLE people ADD a int", "ALTER TABLE people ADD a int, ADD COLUMN IF NOT EXISTS id int"], &db);
    speaks(rule, &["ALTER TABLE people ADD a int, ADD b int"], &db);
}

#[test]
fn an_existing_table_keeps_its_shape() {
    let db = examples();
    let rule = "create-table-if-not-exists-noop";
    let columns = "id int NOT NULL, email text, nick text, code varchar(10), level int, email_upper text";
    is_silent(
        rule,
        &[
            &format!("CREATE TABLE IF NOT EXISTS people ({columns})"),
            "CREATE TABLE IF NOT EXISTS people (LIKE users)",
            "CREATE TABLE IF NOT EXISTS unknown (id int)",
            "CREATE TEMP TABLE IF NOT EXISTS people (id int)",
        ],
        &db,
    );
    let short = "CREATE TABLE IF NOT EXISTS people (id serial, email text, nick text, code varchar(20), extra int)";
    assert_eq!(
        detail(rule, short, &db),
        "In what exists, column code has another type, column extra is not there, column level is there too, column email_upper is there too."
    );
}

#[test]
fn new_tables_hold_locks_on_old_ones() {
    let mut db = examples();
    let rule = "create-table-references";
    let sql = "CREATE TABLE x (u bigint REFERENCES users, o bigint, FOREIGN KEY (o) REFERENCES orders (ref))";
    assert!(detail(rule, sql, &db).contains("public.orders (ShareRowExclusiveLock)"));
    assert_eq!(check(sql, &db).len(), 1);
    is_silent(rule, &["CREATE TABLE x (id int REFERENCES x)", "CREATE TABLE x (id int); CREATE TABLE y (x int REFERENCES x)"], &db);
    let users = db.oid("users").expect("users");
    db.change(users, |relation| relation.size = Size::Bytes(0).into());
    is_silent(rule, &["CREATE TABLE x (u bigint REFERENCES users)"], &db);
}

#[test]
fn pairs_of_a_foreign_key_are_alike() {
    let mut db = examples();
    let rule = "fk-type-mismatch";
    speaks(
        rule,
        &[
            "CREATE TABLE x (u int REFERENCES users)",
            "CREATE TABLE x (u serial REFERENCES users)",
            "ALTER TABLE orders ADD COLUMN u int REFERENCES users",
            "ALTER TABLE users ADD FOREIGN KEY (age) REFERENCES users NOT VALID",
            "ALTER TABLE orders ALTER user_id TYPE numeric",
            "ALTER TABLE users ALTER id TYPE numeric",
        ],
        &db,
    );
    is_silent(
        rule,
        &[
            "CREATE TABLE x (u bigserial REFERENCES users, n int)",
            "CREATE TABLE x (u int REFERENCES x)",
            "CREATE TABLE x (u no_type REFERENCES users)",
            "CREATE TABLE x (n varchar(20) REFERENCES users (email))",
            "ALTER TABLE orders ADD COLUMN u bigint REFERENCES users",
            "ALTER TABLE orders ALTER user_id TYPE bigint",
            "ALTER TABLE users ALTER age TYPE bigint",
        ],
        &db,
    );
    db.domain("key", "bigint", false);
    is_silent(rule, &["CREATE TABLE x (u key REFERENCES users)"], &db);
}

#[test]
fn what_holds_less_is_named() {
    let mut db = examples();
    let rule = "alter-type-narrowing";
    let wide =
        db.table("wide", "b bigint, s smallint, t text, v varchar(20), n numeric(10,2), u numeric, f float8, ts timestamptz, d date");
    let column = |column: &str, to: &str| format!("ALTER TABLE wide ALTER {column} TYPE {to} USING {column}::{to}");
    for (name, to) in [
        ("b", "int"),
        ("t", "varchar(5)"),
        ("t", "char(5)"),
        ("v", "varchar(10)"),
        ("n", "numeric(10,1)"),
        ("n", "numeric(8,2)"),
        ("n", "int"),
        ("u", "numeric(10,2)"),
        ("f", "bigint"),
        ("f", "real"),
        ("ts", "date"),
        ("ts", "timestamptz(0)"),
    ] {
        speaks(rule, &[&column(name, to)], &db);
    }
    for (name, to) in [
        ("b", "bigint"),
        ("s", "int"),
        ("b", "numeric"),
        ("b", "text"),
        ("v", "varchar(30)"),
        ("v", "text"),
        ("t", "varchar"),
        ("n", "numeric(12,2)"),
        ("n", "numeric"),
        ("n", "numeric(11,3)"),
        ("ts", "timestamptz(6)"),
        ("d", "timestamptz"),
    ] {
        is_silent(rule, &[&column(name, to)], &db);
    }
    assert!(!detail(rule, &column("b", "int"), &db).contains("ANALYZE"));
    db.set_statistics(wide, "b", ColumnStatistics { null_fraction: 0.0, distinct: -1.0, greatest: Some(3_000_000_000) });
    assert!(detail(rule, &column("b", "int"), &db).contains("ANALYZE found the number 3000000000, which does not fit."));
    spares_private_and_empty(rule, "ALTER TABLE orders ALTER note TYPE varchar(10)", "orders");
}

#[test]
fn what_uses_a_column_is_named() {
    let mut db = examples();
    let (alter, drop) = ("alter-type-dependents", "drop-column-dependents");
    let finding = |rule: &str, sql: &str, db: &TestCatalog| said(rule, sql, db).remove(0);
    let (change, go) = ("ALTER TABLE people ALTER code TYPE text", "ALTER TABLE people DROP COLUMN code");
    assert!(finding(alter, change, &db).message.ends_with("it is used by view public.people_codes"));
    assert_eq!(finding(drop, go, &db).risk, Risk::Caution);
    let cascade = finding(drop, &format!("{go} CASCADE"), &db);
    assert_eq!((cascade.risk, cascade.message.as_str()), (Risk::Danger, "with column code of public.people go view public.people_codes"));
    is_silent(alter, &["ALTER TABLE people ALTER nick TYPE varchar", &format!("DROP VIEW people_codes; {change}")], &db);
    is_silent(drop, &["ALTER TABLE people DROP COLUMN nick", &format!("DROP VIEW people_codes; {go}")], &db);
    speaks(alter, &["ALTER TABLE events ALTER at TYPE timestamp"], &db);
    speaks(drop, &["ALTER TABLE events DROP COLUMN at", "ALTER TABLE users DROP COLUMN id"], &db);
    is_silent(drop, &["ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; ALTER TABLE users DROP COLUMN id"], &db);
    is_silent(drop, &["DROP TABLE orders; ALTER TABLE users DROP COLUMN id"], &db);
    let referenced = finding(drop, "ALTER TABLE users DROP COLUMN id CASCADE", &db);
    assert!(referenced.message.contains("foreign key orders_user_id_fkey of public.orders"), "{}", referenced.message);
    let people = db.oid("people").expect("people");
    db.dependent(people, "nick", DependentKind::Trigger, "on_nick");
    speaks(alter, &["ALTER TABLE people ALTER nick TYPE varchar"], &db);
    is_silent(alter, &["DROP TRIGGER on_nick ON people; ALTER TABLE people ALTER nick TYPE varchar"], &db);
    db.dependent(people, "email", DependentKind::Column, "email_upper");
    speaks(drop, &["ALTER TABLE people DROP email"], &db);
    is_silent(
        drop,
        &["ALTER TABLE people DROP email_upper, DROP email", "ALTER TABLE people DROP email_upper; ALTER TABLE people DROP email"],
        &db,
    );
    is_silent(alter, &["ALTER TABLE people ALTER email_upper DROP EXPRESSION; ALTER TABLE people ALTER email TYPE varchar"], &db);
    let along = detail("drop-column", "ALTER TABLE users DROP COLUMN email", &db);
    assert!(along.contains("With it go constraint users_email_present, index users_email_idx."), "{along}");
}

#[test]
fn new_enum_values_are_for_later() {
    let db = examples();
    let rule = "enum-value-in-transaction";
    is_silent(
        rule,
        &[
            "BEGIN; ALTER TYPE mood ADD VALUE 'great'; COMMIT; UPDATE users SET name = 'great' WHERE id = 1",
            "BEGIN; ALTER TYPE mood ADD VALUE 'great'; UPDATE users SET name = 'good' WHERE id = 1",
            "BEGIN; CREATE TYPE mood AS ENUM (); ALTER TYPE mood ADD VALUE 'great'; SELECT 'great'::mood",
        ],
        &db,
    );
    speaks(rule, &["BEGIN; ALTER TYPE mood ADD VALUE 'it''s'; ALTER TABLE users ADD m mood DEFAULT 'it''s'"], &db);
}

#[test]
fn statistics_foretell_failures() {
    let mut db = examples();
    let (null, valid, unique) = ("set-not-null-has-nulls", "validate-will-fail", "unique-has-duplicates");
    let set = "ALTER TABLE people ALTER nick SET NOT NULL";
    assert_eq!(detail(null, set, &db), "It was NULL in 25 % of the rows. The statement fails as long as one of them is left.");
    speaks(null, &["ALTER TABLE people ADD CONSTRAINT n NOT NULL nick"], &db);
    is_silent(
        null,
        &[
            "ALTER TABLE people ALTER email SET NOT NULL",
            "ALTER TABLE users ALTER age SET NOT NULL",
            "ALTER TABLE people ADD CONSTRAINT n NOT NULL nick NOT VALID",
            "UPDATE people SET nick = '' WHERE nick IS NULL; ALTER TABLE people ALTER nick SET NOT NULL",
            "ALTER TABLE people VALIDATE CONSTRAINT people_nick_present; ALTER TABLE people ALTER nick SET NOT NULL",
        ],
        &db,
    );
    spares_private_and_empty(null, set, "people");

    speaks(valid, &["ALTER TABLE people ADD CHECK (nick IS NOT NULL)", "ALTER TABLE people VALIDATE CONSTRAINT people_nick_present"], &db);
    is_silent(valid, &["ALTER TABLE people ADD CHECK (nick IS NOT NULL) NOT VALID", "ALTER TABLE people ADD CHECK (level > 0)"], &db);
    spares_private_and_empty(valid, "ALTER TABLE people VALIDATE CONSTRAINT people_nick_present", "people");

    let index = "CREATE UNIQUE INDEX CONCURRENTLY i ON people (nick)";
    assert!(detail(unique, index, &db).contains("invalid index"));
    let hint = |sql: &str| check(sql, &db).into_iter().find(|one| one.rule == Some(unique)).and_then(|one| one.hint).unwrap_or_default();
    assert!(hint(index).contains("WHERE nick IS NOT NULL"));
    assert!(!hint(&format!("{index} NULLS NOT DISTINCT")).contains("WHERE"));
    speaks(unique, &["ALTER TABLE people ADD UNIQUE (nick)"], &db);
    is_silent(
        unique,
        &[
            "CREATE INDEX i ON people (nick)",
            "CREATE UNIQUE INDEX IF NOT EXISTS people_pkey ON people (nick)",
            "CREATE UNIQUE INDEX i ON people (nick, email)",
            "CREATE UNIQUE INDEX i ON people (nick) WHERE level > 0",
            "CREATE UNIQUE INDEX i ON people (lower(nick))",
            "CREATE UNIQUE INDEX i ON users (age)",
            "DELETE FROM people WHERE id = 1; CREATE UNIQUE INDEX i ON people (nick)",
        ],
        &db,
    );
    spares_private_and_empty(unique, index, "people");
    let people = db.oid("people").expect("people");
    for (null_fraction, distinct, speaks) in [(0.5, -0.5, false), (0.5, -0.499, true), (0.0, -0.99998, true), (1.0, 0.0, false)] {
        db.set_statistics(people, "nick", ColumnStatistics { null_fraction, distinct, greatest: None });
        assert_eq!(!said(unique, index, &db).is_empty(), speaks, "{null_fraction} {distinct}");
    }
}

/// What the effects judge already needs no rule of its own.
#[test]
fn effects_speak_for_types() {
    let mut db = examples();
    let worst = |sql: &str, db: &TestCatalog| check(sql, db).iter().map(|finding| (finding.risk, finding.rule)).max();
    let used = db.table("measures", "p bigint");
    let percent =
        ["ALTER DOMAIN percent ADD CHECK (VALUE < 200)", "ALTER DOMAIN percent SET NOT NULL", "ALTER DOMAIN percent VALIDATE CONSTRAINT c"];
    db.columns(used, "q percent");
    for sql in percent {
        assert_eq!(worst(sql, &db), Some((Risk::Danger, Some("blocking-scan"))), "{sql}");
    }
    assert_eq!(worst("ALTER DOMAIN percent ADD CHECK (VALUE < 200) NOT VALID", &db), Some((Risk::Safe, None)));
    assert_eq!(worst("DROP TYPE mood", &db), Some((Risk::Caution, Some("drop-object"))));
    assert_eq!(worst("DROP TYPE mood CASCADE", &db), Some((Risk::Unknown, Some("unbounded-effect"))));
    let pair = db.relation(RelationKind::CompositeType, "pair");
    let pairs = db.table("pairs", "a int, b int");
    db.of_type(pair, pairs);
    assert_eq!(worst("ALTER TYPE pair ALTER ATTRIBUTE a TYPE text CASCADE", &db), Some((Risk::Danger, Some("table-rewrite"))));
    assert_eq!(worst("ALTER TYPE mood RENAME VALUE 'a' TO 'b'", &db), Some((Risk::Danger, Some("rename-object"))));
    db.relation(RelationKind::Sequence, "numbers");
    assert_eq!(
        worst("ALTER TABLE people ALTER email_upper SET EXPRESSION AS (lower(code))", &db),
        Some((Risk::Danger, Some("table-rewrite")))
    );
}
