//! Statements that the server would refuse, and the same where it would not. (`tests/cluster/tests/failures.rs` asks the server.)

use zdm_analyzer::catalog::{Class, ConstraintKind, Found, OnTable, RelationKind};
use zdm_analyzer::check;
use zdm_analyzer::finding::Finding;
use zdm_analyzer::testing::{TestCatalog, examples};

/// What is said of the last statement about its failing.
fn failure(sql: &str, db: &TestCatalog) -> Option<String> {
    let all = check(sql, db);
    let last = all.last().map_or(0, |finding| finding.statement);
    let fails = |one: &&Finding| one.statement == last && (one.message.starts_with("would fail: ") || one.rule == Some("missing-object"));
    let said = all.iter().find(fails).map(|one| one.message.trim_start_matches("would fail: ").to_owned());
    let of_last = || all.iter().filter(|one| one.statement == last);
    assert!(said.is_none() || of_last().all(|one| !one.runnable), "{sql}: what fails is offered something to run: {all:#?}");
    said
}

#[track_caller]
fn expect(db: &TestCatalog, cases: &[(&str, Option<&str>)]) {
    for (sql, expected) in cases {
        assert_eq!(failure(sql, db).as_deref(), *expected, "{sql}");
    }
}

#[test]
fn what_others_need_cannot_go() {
    let mut db = examples();
    let users = db.oid("users").unwrap_or(0);
    let key = db.oid("users_pkey");
    db.change(users, |users| {
        let mut primary = users.constraints[0].clone();
        (primary.name, primary.kind, primary.index) = ("users_pkey".to_owned(), ConstraintKind::PrimaryKey, key);
        users.constraints.change(|all| all.push(primary.clone()));
    });
    let base = db.table("base", "id int");
    let derived = db.table("derived", "id int");
    db.child(base, derived, false, false);
    let (above, below) = (db.relation(RelationKind::PartitionedIndex, "events_idx"), db.relation(RelationKind::Index, "events_2024_idx"));
    let (events, part) = (db.oid("events"), db.oid("events_2024"));
    db.change(above, |index| index.index_of = events);
    db.change(below, |index| (index.index_of, index.is_partition, index.parents) = (part, true, vec![above].into()));
    let numbered = db.oid("orders").unwrap_or(0);
    db.change(numbered, |orders| orders.columns[0].has_default = true);
    expect(
        &db,
        &[
            ("DROP INDEX users_pkey", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("DROP INDEX CONCURRENTLY users_pkey", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("DROP INDEX users_pkey CASCADE", Some("index public.users_pkey belongs to constraint users_pkey of public.users")),
            ("ALTER TABLE users DROP CONSTRAINT users_pkey; DROP INDEX users_pkey", None),
            ("DROP INDEX users_email_idx", None),
            ("DROP INDEX events_2024_idx", Some("index public.events_2024_idx is part of index public.events_idx")),
            ("DROP INDEX events_idx", None),
            ("DROP TABLE users", Some("view public.active_users depends on public.users")),
            ("DROP VIEW active_users; DROP TABLE users", Some("foreign key orders_user_id_fkey of public.orders depends on public.users")),
            ("DROP VIEW active_users; ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; DROP TABLE users", None),
            ("DROP VIEW active_users; DROP MATERIALIZED VIEW sales, sales_by_day; DROP VIEW daily; DROP TABLE users, orders", None),
            ("DROP TABLE users CASCADE", None),
            ("DROP VIEW active_users CASCADE; DROP TABLE users", None),
            ("CREATE OR REPLACE VIEW active_users AS SELECT 1; DROP TABLE users", None),
            ("DROP VIEW active_users", None),
            ("DROP TABLE base", Some("table public.derived depends on public.base")),
            ("DROP TABLE derived, base", None),
            ("DROP TABLE events", None),
            ("DROP SEQUENCE tickets", Some("a default of public.orders depends on public.tickets")),
            ("ALTER TABLE orders ALTER id DROP DEFAULT; DROP SEQUENCE tickets", None),
            ("TRUNCATE users", Some("foreign key orders_user_id_fkey of public.orders references public.users")),
            ("TRUNCATE users, orders", None),
            ("TRUNCATE users CASCADE", None),
            ("TRUNCATE orders", None),
            ("ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; TRUNCATE users", None),
        ],
    );
}

#[test]
fn what_a_statement_needs_is_there() {
    let mut db = examples();
    let users = db.oid("users").unwrap_or(0);
    db.hang(OnTable::Trigger, users, "stamp").hang(OnTable::Policy, users, "own");
    db.answer("OPERATOR(pg_catalog.=) 'nope'", Found::default()).object(Class::Schema, "public");
    let column = Some("column nope of relation public.users does not exist");
    let index = Some("index nope of public.users does not exist");
    let (role, kind, schema) = (Some("role nope does not exist"), Some("type nope does not exist"), Some("schema nope does not exist"));
    expect(
        &db,
        &[
            ("CREATE INDEX ON users (nope)", column),
            ("CREATE INDEX ON users (lower(nope))", column),
            ("CREATE INDEX ON users (id) INCLUDE (nope)", column),
            ("CREATE INDEX ON users (id) WHERE nope > 0", column),
            ("CREATE INDEX ON users (lower(email)) WHERE users.age > 0", None),
            ("ALTER TABLE users ADD COLUMN nope int; CREATE INDEX ON users (nope)", None),
            ("ALTER TABLE users RENAME COLUMN age TO nope; CREATE INDEX ON users (nope)", None),
            ("ALTER TABLE users ADD COLUMN nope int, ADD UNIQUE (nope)", None),
            ("ALTER TABLE users ADD UNIQUE (nope)", column),
            ("ALTER TABLE orders ADD PRIMARY KEY (id, nope)", Some("column nope of relation public.orders does not exist")),
            ("ALTER TABLE users ADD CHECK (nope > 0)", column),
            ("ALTER TABLE users ADD CHECK (users IS NOT NULL AND tableoid > 0)", None),
            ("ALTER TABLE users ADD EXCLUDE USING gist (nope WITH &&)", column),
            ("ALTER TABLE users ADD FOREIGN KEY (nope) REFERENCES orders (ref)", column),
            ("ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users (nope)", column),
            ("CREATE TABLE fresh (id int REFERENCES users (nope))", column),
            ("CREATE TABLE IF NOT EXISTS orders (id int REFERENCES users (nope))", None),
            ("CREATE TABLE fresh (nope int PRIMARY KEY, up int REFERENCES fresh (nope), CHECK (nope > 0))", None),
            ("ALTER TABLE users ALTER COLUMN nope SET STATISTICS 100", column),
            ("ALTER TABLE users ALTER COLUMN nope SET NOT NULL", column),
            ("ALTER TABLE users ALTER COLUMN age TYPE bigint USING nope::bigint", column),
            ("COMMENT ON COLUMN users.nope IS 'x'", column),
            ("ALTER TABLE users ADD COLUMN z nope", kind),
            ("CREATE TABLE fresh (z nope)", kind),
            ("CREATE TYPE nope AS ENUM ('a'); CREATE TABLE fresh (z nope)", None),
            ("CREATE TABLE nope (id int); CREATE TABLE fresh (z nope)", None),
            ("CREATE EXTENSION nope; CREATE TABLE fresh (z nope)", None),
            ("CREATE TABLE fresh (a serial, b text[], c users, d users.id%TYPE)", None),
            ("ALTER TABLE users OWNER TO nope", role),
            ("ALTER TABLE IF EXISTS gone OWNER TO nope", None),
            ("ALTER TABLE users OWNER TO CURRENT_USER", None),
            ("GRANT SELECT ON users TO nope", role),
            ("CREATE ROLE nope; GRANT SELECT ON users TO nope", None),
            ("DO $$ BEGIN CREATE ROLE nope; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT ON users TO nope", None),
            ("GRANT SELECT ON users TO PUBLIC", None),
            ("GRANT SELECT ON nope TO CURRENT_USER", Some("relation nope does not exist")),
            ("CREATE POLICY p ON users TO nope", role),
            ("ALTER TABLE users SET SCHEMA nope", schema),
            ("CREATE TABLE nope.fresh (id int)", schema),
            ("CREATE SCHEMA nope; CREATE TABLE nope.fresh (id int)", None),
            ("CREATE VIEW nope.fresh AS SELECT 1", schema),
            ("CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nope()", Some("function nope() does not exist")),
            (
                "CREATE FUNCTION nope() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; \
                 CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION nope()",
                None,
            ),
            ("DROP TRIGGER nope ON users", Some("trigger nope of public.users does not exist")),
            ("DROP TRIGGER IF EXISTS nope ON users", None),
            ("DROP TRIGGER stamp ON users", None),
            ("ALTER TABLE users DISABLE TRIGGER nope", Some("trigger nope of public.users does not exist")),
            (
                "CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION now()",
                Some("trigger stamp of public.users already exists"),
            ),
            ("CREATE OR REPLACE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION now()", None),
            ("DROP TRIGGER stamp ON users; CREATE TRIGGER stamp BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION now()", None),
            ("CREATE POLICY own ON users", Some("policy own of public.users already exists")),
            ("DROP POLICY nope ON users", Some("policy nope of public.users does not exist")),
            ("ALTER TABLE users CLUSTER ON nope", index),
            ("ALTER TABLE users REPLICA IDENTITY USING INDEX nope", index),
            ("ALTER TABLE users REPLICA IDENTITY USING INDEX users_pkey", None),
            ("CREATE UNIQUE INDEX nope ON users (id); ALTER TABLE users REPLICA IDENTITY USING INDEX nope", None),
            ("ALTER TABLE users ADD CONSTRAINT nope UNIQUE (id); ALTER TABLE users REPLICA IDENTITY USING INDEX nope", None),
            ("CLUSTER users USING nope", index),
        ],
    );
}

#[test]
fn tables_below_stay_like_those_above() {
    let mut db = examples();
    let (base, derived) = (db.table("base", "id int, b text"), db.table("derived", "id int, b text, x int"));
    db.child(base, derived, false, false);
    for table in [base, derived] {
        db.check(table, "positive", &["id"], "(id > 0)", true);
    }
    db.check(derived, "own", &["x"], "(x > 0)", true);
    let column = |name: &str| format!("column {name} of public.derived comes from public.base");
    let b = column("b");
    let same = "column b of public.base must be the same in the tables below it";
    expect(
        &db,
        &[
            ("ALTER TABLE derived DROP COLUMN b", Some(&b)),
            ("ALTER TABLE derived RENAME COLUMN b TO c", Some(&b)),
            ("ALTER TABLE derived ALTER COLUMN b TYPE varchar(10)", Some(&b)),
            ("ALTER TABLE derived DROP COLUMN x", None),
            ("ALTER TABLE derived NO INHERIT base", None),
            ("ALTER TABLE base DROP COLUMN b", None),
            ("ALTER TABLE derived ADD COLUMN y int", None),
            ("ALTER TABLE derived DROP CONSTRAINT positive", Some("constraint positive of public.derived comes from public.base")),
            ("ALTER TABLE derived DROP CONSTRAINT own", None),
            ("ALTER TABLE ONLY base ADD CHECK (id > 1)", Some("a CHECK of public.base must be added to the tables below it too")),
            ("ALTER TABLE ONLY base ADD CHECK (id > 1) NO INHERIT", None),
            ("ALTER TABLE ONLY base RENAME COLUMN b TO c", Some(same)),
            ("ALTER TABLE ONLY base ALTER COLUMN b TYPE varchar(10)", Some(same)),
            ("ALTER TABLE ONLY base ADD COLUMN q int", Some("column q of public.base must be the same in the tables below it")),
            ("ALTER TABLE ONLY base DROP COLUMN b", None),
            ("ALTER TABLE ONLY derived ADD CHECK (id > 1)", None),
            ("ALTER TABLE events_2024 ADD COLUMN q int", Some("public.events_2024 is a partition, which has no columns of its own")),
            ("ALTER TABLE events_2024 ADD COLUMN IF NOT EXISTS kind text", None),
            ("ALTER TABLE events_2024 DROP COLUMN kind", Some("column kind of public.events_2024 comes from public.events")),
            ("ALTER TABLE events DETACH PARTITION events_2024; ALTER TABLE events_2024 DROP COLUMN kind", None),
            (
                "ALTER TABLE ONLY events DROP COLUMN kind",
                Some("column kind of public.events cannot be dropped without that of its partitions"),
            ),
            (
                "ALTER TABLE events ADD CHECK (id > 1) NO INHERIT",
                Some("public.events is partitioned, and a CHECK of it cannot be NO INHERIT"),
            ),
        ],
    );
}

#[test]
fn a_foreign_key_leads_to_a_key() {
    let db = examples();
    let email = Some("no constraint makes (email) of public.people unique");
    expect(
        &db,
        &[
            ("ALTER TABLE orders ADD FOREIGN KEY (note) REFERENCES people (email)", email),
            ("CREATE TABLE fresh (e text REFERENCES people (email))", email),
            ("ALTER TABLE people ADD UNIQUE (email); CREATE TABLE fresh (e text REFERENCES people (email))", None),
            ("CREATE UNIQUE INDEX e ON people (email); CREATE TABLE fresh (e text REFERENCES people (email))", None),
            (
                "ALTER TABLE orders ADD FOREIGN KEY (id, user_id) REFERENCES people (id)",
                Some("the foreign key has 2 columns and references 1"),
            ),
            (
                "ALTER TABLE orders ADD FOREIGN KEY (id, user_id) REFERENCES people (id, level)",
                Some("no constraint makes (id, level) of public.people unique"),
            ),
            ("ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES orders (ref)", None),
            ("ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES orders", Some("public.orders has no primary key to reference")),
            ("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users", None),
            ("CREATE TABLE fresh (id int PRIMARY KEY, up int REFERENCES fresh)", None),
        ],
    );
}

#[test]
fn what_18_does_not_do() {
    let mut db = examples();
    let readings = db.oid("readings").unwrap_or(0);
    let virtual_key = Some("column twice of public.readings is virtual, and cannot be in a key");
    let virtual_index = Some("column twice of public.readings is virtual, and cannot be indexed");
    db.check(readings, "idle", &["value"], "(value > 0)", false);
    let unchecked = Found { columns: Vec::new(), rows: vec![vec![Some("1".to_owned())]] };
    db.answer("'idle' AND NOT conenforced", unchecked);
    expect(
        &db,
        &[
            ("CREATE INDEX ON readings (twice)", virtual_index),
            ("CREATE INDEX ON readings ((twice + 1))", virtual_index),
            ("CREATE INDEX ON readings (value)", None),
            ("ALTER TABLE readings ADD UNIQUE (twice)", virtual_key),
            (
                "ALTER TABLE readings ALTER COLUMN twice DROP EXPRESSION",
                Some("column twice of public.readings is virtual: its values are stored nowhere"),
            ),
            (
                "ALTER TABLE readings ALTER COLUMN twice SET EXPRESSION AS (value * 3)",
                Some("the expression of a virtual column (twice) cannot be changed while public.readings has a CHECK (idle)"),
            ),
            ("ALTER TABLE readings DROP CONSTRAINT idle; ALTER TABLE readings ALTER COLUMN twice SET EXPRESSION AS (value * 3)", None),
            (
                "ALTER TABLE readings VALIDATE CONSTRAINT idle",
                Some("constraint idle of public.readings is NOT ENFORCED, and cannot be validated"),
            ),
            ("ALTER TABLE people ALTER COLUMN email_upper DROP EXPRESSION", None),
            ("ALTER TABLE people VALIDATE CONSTRAINT people_nick_present", None),
        ],
    );
    assert!(check("ALTER TABLE readings ALTER COLUMN twice DROP EXPRESSION", &db).iter().all(|one| one.rule != Some("drop-expression")));
    for (sql, fails) in
        [("BEGIN; VACUUM users", true), ("BEGIN; COMMIT; VACUUM users", false), ("VACUUM users", false), ("BEGIN; ANALYZE users", false)]
    {
        let said = check(sql, &db).iter().any(|one| one.rule == Some("concurrently-in-transaction"));
        assert_eq!(said, fails, "{sql}");
    }
}

#[test]
fn rights_are_those_of_the_role_in_force() {
    let mut db = examples();
    let answer = |value: &str| Found { columns: Vec::new(), rows: vec![vec![Some(value.to_owned())]] };
    db.answer("pg_has_role('clerk'", answer("f")).answer("has_table_privilege('clerk'", answer("f"));
    db.answer("has_any_column_privilege('clerk'", answer("f")).answer("has_database_privilege('clerk'", answer("f"));
    db.answer("SELECT rolsuper OR", answer("f"));
    db.object(Class::Role, "clerk");
    db.object(Class::Role, "boss");
    db.object(Class::Schema, "public");
    db.answer("has_schema_privilege('clerk'", answer("f")).answer("pg_has_role('boss'", answer("t"));
    db.answer("has_schema_privilege('boss'", answer("t")).answer("has_table_privilege(current_user", answer("f"));
    let (clerk, ledger) = (Some("role clerk does not own public.users"), Some("you do not own public.ledger"));
    expect(
        &db,
        &[
            ("SET ROLE clerk; ALTER TABLE users ADD COLUMN x int", clerk),
            ("SET SESSION AUTHORIZATION clerk; ALTER TABLE users ADD COLUMN x int", clerk),
            ("SET ROLE clerk; RESET ROLE; ALTER TABLE users ADD COLUMN x int", None),
            ("SET ROLE clerk; SET ROLE NONE; ALTER TABLE users ADD COLUMN x int", None),
            ("SET ROLE boss; ALTER TABLE ledger ADD COLUMN x int", None),
            ("ALTER TABLE users OWNER TO clerk; SET ROLE clerk; ALTER TABLE users ADD COLUMN x int", None),
            ("SET ROLE clerk; TRUNCATE orders", Some("role clerk does not have the TRUNCATE privilege on public.orders")),
            ("SET ROLE clerk; CREATE TABLE fresh (id int)", Some("role clerk does not have the CREATE privilege on schema public")),
            ("SET ROLE clerk; CREATE TEMP TABLE fresh (id int)", None),
            ("SET ROLE boss; CREATE TABLE fresh (id int)", None),
            ("SET ROLE clerk; DROP SCHEMA public", Some("role clerk does not own schema public")),
            ("TRUNCATE ledger", Some("you do not have the TRUNCATE privilege on public.ledger")),
            ("REINDEX TABLE ledger", Some("you do not have the MAINTAIN privilege on public.ledger")),
            ("COMMENT ON TABLE ledger IS 'x'", ledger),
            ("CREATE POLICY p ON ledger", ledger),
            ("ALTER TABLE ledger ADD COLUMN x int", ledger),
            ("TRUNCATE orders", None),
            // what was granted is not ownership
            ("GRANT SELECT ON users TO clerk; SET ROLE clerk; CREATE INDEX ON users (age)", clerk),
            ("GRANT boss TO clerk; SET ROLE clerk; CREATE INDEX ON users (age)", None),
            ("GRANT TRUNCATE ON orders TO clerk; SET ROLE clerk; TRUNCATE orders", None),
            ("SET ROLE clerk; DELETE FROM orders WHERE id = 1", Some("role clerk does not have the DELETE privilege on public.orders")),
            ("SET ROLE clerk; SELECT * FROM orders", Some("role clerk does not have the SELECT privilege on public.orders")),
            (
                "SET ROLE clerk; INSERT INTO orders SELECT * FROM users",
                Some("role clerk does not have the INSERT privilege on public.orders"),
            ),
            (
                "SET ROLE clerk; LOCK TABLE orders",
                Some("role clerk does not have one of the privileges UPDATE, DELETE, TRUNCATE, MAINTAIN on public.orders"),
            ),
            (
                "SET ROLE clerk; GRANT SELECT ON orders TO boss",
                Some("role clerk does not have any privilege on public.orders, and cannot grant one"),
            ),
            ("SET ROLE clerk; CREATE ROLE other", Some("role clerk does not have the attribute CREATEROLE")),
            ("SET ROLE clerk; CREATE SCHEMA other", Some("role clerk does not have the CREATE privilege on the database")),
            ("SET ROLE clerk; CREATE DATABASE other", Some("role clerk does not have the attribute CREATEDB")),
            ("SET ROLE clerk; COPY orders TO '/tmp/x'", Some("role clerk does not have the rights of pg_write_server_files")),
            ("SET ROLE clerk; ALTER SYSTEM SET work_mem = '1MB'", Some("role clerk does not have the rights of a superuser")),
            ("SET ROLE boss; SELECT * FROM orders", None),
        ],
    );
}

#[test]
fn objects_that_are_no_relations() {
    let mut db = examples();
    let rows = |value: &str| Found { columns: Vec::new(), rows: vec![vec![Some(value.to_owned())]] };
    db.answer("pg_describe_object", rows("view daily"));
    for (class, name) in
        [(Class::Type, "mood"), (Class::Schema, "crm"), (Class::Role, "boss"), (Class::Extension, "hstore"), (Class::Publication, "feed")]
    {
        db.object(class, name);
    }
    let total = db.object(Class::Function, "total");
    db.answer("to_regprocedure", rows(&total.to_string()));
    db.answer("pg_available_extensions", Found::default());
    db.answer("enumlabel OPERATOR(pg_catalog.=) 'glad'", rows("1")).answer("enumlabel", Found::default());
    expect(
        &db,
        &[
            ("DROP FUNCTION nosuch()", Some("function nosuch() does not exist")),
            ("DROP FUNCTION IF EXISTS nosuch()", None),
            ("CREATE FUNCTION nosuch() RETURNS int LANGUAGE sql AS 'select 1'; DROP FUNCTION nosuch()", None),
            ("DROP TYPE nosuch", Some("type nosuch does not exist")),
            ("DROP ROLE nosuch", Some("role nosuch does not exist")),
            ("ALTER ROLE nosuch LOGIN", Some("role nosuch does not exist")),
            ("CREATE ROLE nosuch; ALTER ROLE nosuch LOGIN", None),
            ("SET ROLE nosuch", Some("role nosuch does not exist")),
            ("DROP EXTENSION nosuch", Some("extension nosuch does not exist")),
            ("DROP PUBLICATION nosuch", Some("publication nosuch does not exist")),
            ("CREATE EXTENSION nosuch", Some("extension nosuch does not exist")),
            ("CREATE SCHEMA crm", Some("schema crm already exists")),
            ("CREATE SCHEMA IF NOT EXISTS crm", None),
            ("CREATE SCHEMA fresh", None),
            ("CREATE TYPE mood AS ENUM ('a')", Some("type mood already exists")),
            ("ALTER TYPE mood ADD VALUE 'glad'", Some("value 'glad' of type mood already exists")),
            ("ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad'", None),
            ("ALTER TYPE mood ADD VALUE 'sad'", None),
            ("CREATE DOMAIN mood AS int", Some("type mood already exists")),
            ("CREATE ROLE boss", Some("role boss already exists")),
            ("CREATE PUBLICATION feed", Some("publication feed already exists")),
            ("CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'select 1'", Some("function total(int4) already exists")),
            ("CREATE OR REPLACE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'select 1'", None),
            ("DROP FUNCTION total(int); CREATE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'select 1'", None),
            ("DROP FUNCTION total(int)", Some("view daily depends on function total(int4)")),
            ("DROP FUNCTION total(int) CASCADE", None),
            ("DROP TYPE mood", Some("view daily depends on type mood")),
            ("INSERT INTO users (nope) VALUES (1)", Some("column nope of relation public.users does not exist")),
            ("UPDATE users SET nope = 1", Some("column nope of relation public.users does not exist")),
            ("UPDATE users SET age = 1", None),
        ],
    );
}

#[test]
fn what_is_dropped_if_it_exists_and_is_not_there() {
    let mut db = examples();
    db.set_guard_sees_events_only(true);
    db.object(Class::Database, "shop");
    db.object(Class::Type, "shop");
    let rules = |sql: &str| check(sql, &db).iter().map(|one| one.rule.unwrap_or("safe")).collect::<Vec<_>>();
    for sql in [
        "DROP DATABASE IF EXISTS nosuch",
        "DROP DATABASE IF EXISTS nosuch WITH (FORCE)",
        "DROP TABLESPACE IF EXISTS nosuch",
        "DROP ROLE IF EXISTS nosuch, nosuch_either",
        "DROP USER IF EXISTS nosuch",
        "DROP SUBSCRIPTION IF EXISTS nosuch",
        "DROP PUBLICATION IF EXISTS nosuch",
        "DROP EXTENSION IF EXISTS nosuch CASCADE",
        "DROP FUNCTION IF EXISTS nosuch(int)",
        "DROP TYPE IF EXISTS nosuch CASCADE",
        "DROP SCHEMA IF EXISTS nosuch CASCADE",
    ] {
        assert_eq!(rules(sql), ["safe"], "{sql}");
        assert_eq!(zdm_analyzer::effects(sql, &db).map(|all| all.len()), Ok(0), "{sql}");
    }
    for (sql, expected) in [
        ("DROP DATABASE IF EXISTS shop", vec!["drop-database", "event-trigger-gap"]),
        ("DROP DATABASE shop", vec!["drop-database", "event-trigger-gap"]),
        ("DROP TYPE IF EXISTS shop, nosuch", vec!["drop-object"]),
    ] {
        assert_eq!(rules(sql), expected, "{sql}");
    }
    expect(
        &db,
        &[
            ("DROP DATABASE nosuch", Some("database nosuch does not exist")),
            ("DROP TABLESPACE nosuch", Some("tablespace nosuch does not exist")),
            ("DROP SUBSCRIPTION nosuch", Some("subscription nosuch does not exist")),
        ],
    );
    assert!(!rules("DROP DATABASE nosuch").contains(&"drop-database"));
    // the text may have made it
    assert!(rules("CREATE DATABASE nosuch; DROP DATABASE IF EXISTS nosuch").contains(&"drop-database"));
}

#[test]
fn what_queries_name_is_there() {
    let mut db = examples();
    db.object(Class::Function, "lower");
    let (relation, function) = (Some("relation nothere does not exist"), Some("function nope() does not exist"));
    expect(
        &db,
        &[
            ("SELECT * FROM nothere", relation),
            ("SELECT 1 FROM users WHERE EXISTS (SELECT FROM nothere)", relation),
            ("WITH nothere AS (SELECT 1) SELECT * FROM nothere", None),
            ("INSERT INTO nothere VALUES (1)", relation),
            ("UPDATE nothere SET a = 1 WHERE b = 2", relation),
            ("DELETE FROM nothere WHERE b = 2", relation),
            ("CREATE VIEW v AS SELECT * FROM nothere", relation),
            ("CREATE TABLE nothere (a int); SELECT * FROM nothere", None),
            ("CREATE EXTENSION x; SELECT * FROM nothere", None),
            ("SELECT * FROM pg_nothing, information_schema.tables", None),
            ("SELECT nope('x')", function),
            ("INSERT INTO orders (note) VALUES (nope('x', 1))", function),
            ("SELECT lower('x')", None),
            ("CREATE VIEW v AS SELECT nope FROM users", Some("column nope of relation public.users does not exist")),
            ("CREATE VIEW v AS SELECT u, u.age FROM users u WHERE u.age > 0", None),
            (
                "CREATE VIEW v AS SELECT o.nope FROM users u JOIN orders o ON true",
                Some("column nope of relation public.orders does not exist"),
            ),
        ],
    );
}

#[test]
fn kinds_that_do_not_fit() {
    let mut db = examples();
    let other = db.table("other", "id int, label text");
    db.index(other, "other_pkey", &["id"], true, true);
    let active = db.oid("active_users").unwrap_or(0);
    db.columns(active, "id int");
    let (view, table) = (Some("public.active_users is a view"), Some("public.users is a table"));
    expect(
        &db,
        &[
            ("ALTER TABLE active_users ADD COLUMN x int", view),
            ("ALTER TABLE active_users RENAME TO busy", None),
            ("ALTER TABLE active_users ALTER COLUMN id SET DEFAULT 1", None),
            ("ALTER FOREIGN TABLE users ADD COLUMN x int", table),
            ("ALTER VIEW users RENAME TO x", table),
            ("ALTER SEQUENCE users RENAME TO x", table),
            ("ALTER SEQUENCE users INCREMENT 2", table),
            ("ALTER SEQUENCE tickets INCREMENT 2", None),
            ("ALTER MATERIALIZED VIEW users SET SCHEMA public", table),
            ("ALTER INDEX users SET (fillfactor = 70)", table),
            ("ALTER INDEX users RENAME TO x", None),
            ("ALTER VIEW active_users RENAME COLUMN id TO x", None),
            ("ALTER TABLE events DETACH PARTITION users", Some("public.users is no partition of public.events")),
            ("ALTER TABLE events DETACH PARTITION events_2024", None),
            ("ALTER TABLE users ADD COLUMN xmin int", Some("column xmin of public.users already exists")),
            ("ALTER TABLE users ADD COLUMN min int", None),
            ("ALTER TABLE other ALTER id TYPE bytea", Some("column id of public.other cannot be cast to bytea automatically")),
            ("ALTER TABLE other ALTER id TYPE bytea USING int4send(id)", None),
            ("ALTER TABLE other ALTER id TYPE text", None),
        ],
    );
}

#[test]
fn some_definitions_the_server_does_not_take() {
    let mut db = examples();
    let docs = db.table("docs", "id int not null, j json, jb jsonb, t text");
    let key = db.index(docs, "docs_pkey", &["id"], true, true);
    db.index(docs, "docs_t_idx", &["t"], false, false);
    let partial = db.index(docs, "docs_t_part", &["t"], true, false);
    let half_built = db.index(docs, "docs_t_half", &["t"], true, false);
    db.index(docs, "docs_t_key", &["t"], true, false);
    db.change(docs, |docs| {
        docs.indexes.change(|all| {
            all.iter_mut().filter(|one| one.oid == partial).for_each(|one| one.partial_or_expression = true);
            all.iter_mut().filter(|one| one.oid == half_built).for_each(|one| one.valid = false);
        });
    });
    assert!(key > 0);
    db.answer(&format!("prrelid OPERATOR(pg_catalog.=) {docs} "), Found { rows: vec![vec![Some("1".to_owned())]], ..Found::default() });
    let theirs = db.table("theirs", "id int");
    db.owned_by_another(theirs, "accounting");
    let numbers = db.relation(RelationKind::Sequence, "numbers");
    db.change(db.oid("counters").unwrap_or(0), |table| table.schema = "stats".to_owned());
    assert!(numbers > 0);
    let class = |column: &str, method: &str| format!("the type of column {column} has no default operator class for {method}");
    let (json, gin, fresh) = (class("j", "btree"), class("t", "gin"), class("k", "btree"));
    let (json, gin, fresh) = (Some(json.as_str()), Some(gin.as_str()), Some(fresh.as_str()));
    let check = Some("a CHECK cannot hold a subquery");
    expect(
        &db,
        &[
            ("ALTER TABLE docs ADD CHECK (id > (SELECT 1))", check),
            ("ALTER TABLE docs ADD CHECK (id > 0 AND t IN (SELECT 'x')) NOT VALID", check),
            ("ALTER TABLE docs ADD CHECK (id IN (1, 2))", None),
            ("ALTER TABLE IF EXISTS gone ADD CHECK (id > (SELECT 1))", None),
            ("CREATE TABLE fresh (id int CHECK (EXISTS (SELECT 1)))", check),
            ("CREATE TABLE IF NOT EXISTS docs (id int CHECK (EXISTS (SELECT 1)))", None),
            ("CREATE DOMAIN d AS int CHECK (value > (SELECT 1))", check),
            ("ALTER TABLE docs ADD COLUMN z int DEFAULT (SELECT 1)", Some("a DEFAULT cannot hold a subquery")),
            ("ALTER TABLE docs ALTER id SET DEFAULT (SELECT 1)", Some("a DEFAULT cannot hold a subquery")),
            ("ALTER TABLE docs ALTER id TYPE bigint USING (SELECT 1)", Some("a USING cannot hold a subquery")),
            ("CREATE INDEX ON docs ((id + (SELECT 1)))", Some("the expression of an index cannot hold a subquery")),
            ("CREATE INDEX ON docs (id) WHERE id > (SELECT 1)", Some("the WHERE of an index cannot hold a subquery")),
            ("CREATE POLICY p ON docs USING (id > (SELECT 1))", None),
            ("CREATE INDEX ON docs (j)", json),
            ("CREATE INDEX ON docs (t, j)", json),
            ("CREATE INDEX ON docs (jb)", None),
            ("CREATE INDEX ON docs USING gin (jb)", None),
            ("CREATE INDEX ON docs USING gin (t)", gin),
            ("CREATE INDEX ON docs USING gin (t gin_trgm_ops)", None),
            ("CREATE EXTENSION btree_gin; CREATE INDEX ON docs USING gin (t)", None),
            ("ALTER TABLE docs ADD UNIQUE (j)", json),
            ("ALTER TABLE docs ADD COLUMN k json UNIQUE", fresh),
            ("CREATE TABLE fresh (k json PRIMARY KEY)", fresh),
            ("CREATE TABLE fresh (k json, t text, UNIQUE (t, k))", fresh),
            ("CREATE TABLE fresh (k json, t text UNIQUE)", None),
            ("ALTER TABLE docs ALTER j TYPE jsonb USING j::jsonb; CREATE INDEX ON docs (j)", None),
            ("CREATE TYPE mine AS ENUM ('a'); ALTER TABLE docs ADD z mine; CREATE INDEX ON docs (z)", None),
            ("ALTER TABLE docs ADD UNIQUE USING INDEX docs_pkey", Some("index public.docs_pkey belongs to constraint docs_pkey already")),
            ("ALTER TABLE docs ADD UNIQUE USING INDEX docs_t_idx", Some("index public.docs_t_idx is not unique")),
            ("ALTER TABLE docs ADD UNIQUE USING INDEX docs_t_part", Some("index public.docs_t_part is partial, or has an expression")),
            ("ALTER TABLE docs ADD UNIQUE USING INDEX docs_t_half", Some("index public.docs_t_half is not valid")),
            ("REINDEX INDEX docs_t_half; ALTER TABLE docs ADD UNIQUE USING INDEX docs_t_half", None),
            ("ALTER TABLE docs ADD UNIQUE USING INDEX docs_t_key", None),
            ("ALTER TABLE docs SET UNLOGGED", Some("public.docs is part of a publication, and cannot be unlogged")),
            ("DROP PUBLICATION p; ALTER TABLE docs SET UNLOGGED", None),
            ("ALTER TABLE people SET UNLOGGED", None),
            ("ALTER TABLE users SET UNLOGGED", Some("public.orders references public.users, and is logged")),
            ("ALTER SEQUENCE numbers OWNED BY docs.id", None),
            ("ALTER SEQUENCE numbers OWNED BY NONE", None),
            ("ALTER SEQUENCE numbers OWNED BY theirs.id", Some("public.numbers belongs to me, and public.theirs to accounting")),
            ("ALTER TABLE theirs OWNER TO me; ALTER SEQUENCE numbers OWNED BY theirs.id", None),
            ("ALTER SEQUENCE numbers OWNED BY stats.counters.id", Some("public.numbers and stats.counters are in different schemas")),
        ],
    );
}

#[test]
fn a_table_fits_under_another_or_it_does_not() {
    let mut db = examples();
    let base = db.table("base", "id int not null, b text");
    db.check(base, "positive", &["id"], "(id > 0)", true);
    for (name, columns) in [
        ("fits", "id int not null, b text"),
        ("less", "id int not null"),
        ("more", "id int not null, b text, c int"),
        ("other", "id bigint not null, b text"),
        ("short", "id int not null, b varchar(10)"),
        ("null", "id int, b text"),
        ("plain", "id int not null, b text"),
    ] {
        let table = db.table(name, columns);
        if name != "plain" {
            db.check(table, "positive", &["id"], "(id > 0)", true);
        }
    }
    db.set_major(17);
    expect(
        &db,
        &[
            ("ALTER TABLE fits INHERIT base", None),
            ("ALTER TABLE more INHERIT base", None),
            ("ALTER TABLE less INHERIT base", Some("public.less has no column b, which public.base has")),
            ("ALTER TABLE less ADD COLUMN b text, INHERIT base", None),
            ("ALTER TABLE less ADD COLUMN b text; ALTER TABLE less INHERIT base", None),
            ("ALTER TABLE other INHERIT base", Some("column id of public.other has another type or collation than that of public.base")),
            ("ALTER TABLE short INHERIT base", Some("column b of public.short has another type or collation than that of public.base")),
            ("ALTER TABLE \"null\" INHERIT base", Some("column id of public.\"null\" is not NOT NULL, as that of public.base is")),
            ("ALTER TABLE plain INHERIT base", Some("public.plain has no CHECK positive, which public.base has")),
            ("ALTER TABLE plain ADD CONSTRAINT positive CHECK (id > 0); ALTER TABLE plain INHERIT base", None),
            ("CREATE TABLE fresh (x int); ALTER TABLE fresh INHERIT base", None),
            ("ALTER TABLE events ATTACH PARTITION events_import DEFAULT", None),
            ("ALTER TABLE events ATTACH PARTITION events_2024 DEFAULT", Some("public.events_2024 is a partition already")),
            (
                "ALTER TABLE events ATTACH PARTITION base DEFAULT",
                Some("column id of public.base has another type or collation than that of public.events"),
            ),
            ("ALTER TABLE base ATTACH PARTITION fits DEFAULT", Some("public.base is not partitioned")),
            ("ALTER TABLE fits INHERIT events", Some("public.events is partitioned, and nothing can inherit from it")),
            ("ALTER TABLE events_import ADD COLUMN own int; ALTER TABLE events ATTACH PARTITION events_import DEFAULT", None),
        ],
    );
    let import = db.oid("events_import").unwrap_or(0);
    db.columns(import, "own int");
    expect(
        &db,
        &[(
            "ALTER TABLE events ATTACH PARTITION events_import DEFAULT",
            Some("public.events_import has a column own, which public.events has not"),
        )],
    );
}

#[test]
fn a_query_reads_columns_that_are_there() {
    let mut db = examples();
    db.answer("OPERATOR(pg_catalog.=) 'nope'", Found::default());
    let column = Some("column nope of relation public.users does not exist");
    expect(
        &db,
        &[
            ("SELECT u.nope FROM users u JOIN orders o ON o.user_id = u.id", column),
            ("SELECT u.id FROM users u JOIN orders o ON o.user_id = u.nope", column),
            ("SELECT u.id FROM users u JOIN orders o USING (nope)", column),
            ("SELECT u.id FROM users u, orders o WHERE u.nope > 0", column),
            ("SELECT u.id FROM users u JOIN orders o ON o.user_id = u.id ORDER BY u.nope", column),
            ("SELECT 1 FROM orders UNION SELECT users.nope FROM users", column),
            ("SELECT x.id FROM (SELECT u.nope AS id FROM users u) x", column),
            ("CREATE VIEW v AS SELECT u.id FROM users u JOIN orders o ON o.user_id = u.nope", column),
            ("SELECT u.age, u.xmin, u FROM users u JOIN orders o ON o.user_id = u.id", None),
            ("SELECT nope FROM users u JOIN orders o ON o.user_id = u.id", None),
            ("SELECT u.nope FROM users AS u (nope) JOIN orders o ON true", None),
            ("WITH users AS (SELECT 1 AS nope) SELECT users.nope FROM users JOIN orders ON true", None),
            ("SELECT u.nope FROM (SELECT 1 AS nope) u JOIN orders ON true", None),
            ("SELECT u.lower FROM users u JOIN orders o ON true", None),
            ("ALTER TABLE users ADD nope int; SELECT u.nope FROM users u JOIN orders o ON true", None),
            ("DO $$BEGIN PERFORM u.nope FROM users u JOIN orders o ON true; END$$", None),
            ("DROP RULE nope ON users", None),
        ],
    );
    let users = db.oid("users").unwrap_or(0);
    db.hang(OnTable::Rule, users, "own");
    expect(
        &db,
        &[
            ("DROP RULE nope ON users", Some("rule nope of public.users does not exist")),
            ("DROP RULE IF EXISTS nope ON users", None),
            ("DROP RULE own ON users", None),
        ],
    );
}
