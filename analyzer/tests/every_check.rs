//! Every check that the tools for migrations know between them, by the SQL that triggers it, and the rule of ours that speaks of it. Checks of
//! servers older than 15 are left out.

use zdm_analyzer::check;
use zdm_analyzer::testing::{TestCatalog, examples};

/// The examples, in a session without any timeout, with a role of its own.
fn database() -> TestCatalog {
    let mut db = examples();
    for name in ["lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "transaction_timeout"] {
        db.set(name, "0");
    }
    let parts = db.table("parts", "id bigint not null, size percent");
    db.index(parts, "parts_size_idx", &["size"], false, false);
    db.new_type("comp");
    db
}

#[track_caller]
fn speak(cases: &[(&str, &str)]) {
    let db = database();
    let missing: Vec<_> = cases
        .iter()
        .filter(|(rule, sql)| !check(sql, &db).iter().any(|finding| finding.rule == Some(rule)))
        .map(|(rule, sql)| {
            let said: Vec<_> = check(sql, &db).iter().map(|finding| finding.rule.unwrap_or("safe")).collect();
            format!("{sql}: expected {rule}, got {said:?}")
        })
        .collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn indexes() {
    speak(&[
        ("create-index-not-concurrent", "CREATE INDEX i ON users (age)"),
        ("drop-index-not-concurrent", "DROP INDEX users_email_idx"),
        ("reindex-not-concurrent", "REINDEX TABLE users"),
        ("unbounded-effect", "REINDEX DATABASE x"),
        ("concurrently-in-transaction", "BEGIN; CREATE INDEX CONCURRENTLY i ON users (age); COMMIT"),
        ("concurrently-on-partitioned", "CREATE INDEX CONCURRENTLY i ON events (id)"),
        ("invalid-index-stays", "CREATE INDEX CONCURRENTLY IF NOT EXISTS people_nick_idx ON people (nick)"),
        ("concurrent-index-blocked", "CREATE INDEX CONCURRENTLY i ON audit (note)"),
        ("redundant-index", "CREATE INDEX CONCURRENTLY i ON users (email)"),
        ("replace-index-order", "DROP INDEX CONCURRENTLY users_email_idx; CREATE INDEX CONCURRENTLY j ON users (email, id)"),
        ("drop-used-index", "DROP INDEX CONCURRENTLY orders_ref_idx"),
        ("wide-index", "CREATE INDEX CONCURRENTLY i ON users (email, name, age, active)"),
        ("hash-index", "CREATE INDEX CONCURRENTLY i ON users USING hash (age)"),
        ("hash-index", "CREATE TABLE fresh (a int, b int); CREATE INDEX i ON fresh USING hash (a, b)"),
        ("long-index-build", "CREATE INDEX CONCURRENTLY i ON metrics (value)"),
        ("index-on-updated-table", "CREATE INDEX CONCURRENTLY i ON counters (hits)"),
        ("unnamed-index", "CREATE INDEX CONCURRENTLY ON users (age)"),
    ]);
}

#[test]
fn constraints() {
    speak(&[
        ("add-check-scan", "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0)"),
        ("add-foreign-key-scan", "ALTER TABLE orders ADD CONSTRAINT c FOREIGN KEY (ref) REFERENCES users (id)"),
        ("create-table-references", "CREATE TABLE x (u bigint REFERENCES users (id))"),
        (
            "multiple-foreign-keys-one-transaction",
            "BEGIN; ALTER TABLE metrics ADD FOREIGN KEY (id) REFERENCES users (id) NOT VALID;
             ALTER TABLE metrics ADD FOREIGN KEY (id) REFERENCES orders (ref) NOT VALID; COMMIT",
        ),
        (
            "not-valid-and-validate-same-transaction",
            "BEGIN; ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c; COMMIT",
        ),
        ("add-foreign-key-scan", "ALTER TABLE orders ADD CONSTRAINT c FOREIGN KEY (ref) REFERENCES users NOT VALID, VALIDATE CONSTRAINT c"),
        (
            "validate-constraint-under-strong-lock",
            "BEGIN; ALTER TABLE orders ADD COLUMN z int; ALTER TABLE orders VALIDATE CONSTRAINT orders_total_positive; COMMIT",
        ),
        ("validate-will-fail", "ALTER TABLE people VALIDATE CONSTRAINT people_nick_present"),
        ("set-not-null-scan", "ALTER TABLE users ALTER age SET NOT NULL"),
        ("set-not-null-has-nulls", "ALTER TABLE people ALTER nick SET NOT NULL"),
        ("add-unique-blocks", "ALTER TABLE users ADD CONSTRAINT u UNIQUE (age)"),
        ("unique-has-duplicates", "CREATE UNIQUE INDEX CONCURRENTLY i ON people (nick)"),
        ("add-primary-key-blocks", "ALTER TABLE orders ADD PRIMARY KEY (id)"),
        ("add-exclusion-blocks", "ALTER TABLE users ADD CONSTRAINT x EXCLUDE USING gist (age WITH =)"),
        ("add-unique-blocks", "ALTER TABLE users ADD CONSTRAINT x UNIQUE (age, created_at WITHOUT OVERLAPS)"),
        ("drop-constraint", "ALTER TABLE people DROP CONSTRAINT people_level_positive"),
        ("drop-foreign-key-locks-both", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey"),
        ("drop-primary-key", "ALTER TABLE people DROP CONSTRAINT people_pkey"),
        ("blocking-scan", "ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey ENFORCED"),
        ("constraint-not-enforced", "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT ENFORCED"),
        ("fk-missing-index", "ALTER TABLE orders ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES users (id) NOT VALID"),
        ("fk-type-mismatch", "ALTER TABLE people ADD CONSTRAINT c FOREIGN KEY (id) REFERENCES users (id) NOT VALID"),
        ("fk-on-delete-cascade", "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users (id) ON DELETE CASCADE NOT VALID"),
        (
            "name-too-long",
            "ALTER TABLE users ADD CONSTRAINT the_age_of_a_user_who_is_no_robot_is_always_greater_than_nothing CHECK (age > 0) NOT VALID",
        ),
    ]);
}

#[test]
fn columns() {
    speak(&[
        ("add-column-volatile-default", "ALTER TABLE users ADD COLUMN z float DEFAULT random()"),
        ("add-column-serial", "ALTER TABLE users ADD COLUMN z serial"),
        ("add-column-identity", "ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS IDENTITY"),
        ("add-column-generated-stored", "ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS (age + 1) STORED"),
        ("add-column-constrained-domain", "ALTER TABLE users ADD COLUMN z percent"),
        ("add-column-not-null", "ALTER TABLE users ADD COLUMN z int NOT NULL"),
        ("add-check-scan", "ALTER TABLE users ADD COLUMN z int DEFAULT 5 CHECK (z > 0)"),
        ("blocking-scan", "ALTER TABLE users ADD COLUMN z int GENERATED ALWAYS AS (age + 1) VIRTUAL NOT NULL"),
        ("add-json-column", "ALTER TABLE users ADD COLUMN z json"),
        ("drop-column", "ALTER TABLE orders DROP COLUMN ref"),
        ("drop-column-dependents", "ALTER TABLE people DROP COLUMN code"),
        ("rename-column", "ALTER TABLE users RENAME COLUMN age TO years"),
        ("drop-not-null", "ALTER TABLE people ALTER level DROP NOT NULL"),
        ("drop-default", "ALTER TABLE people ALTER level DROP DEFAULT"),
        ("change-default", "ALTER TABLE people ALTER level SET DEFAULT 5"),
        ("set-volatile-default", "ALTER TABLE users ALTER age SET DEFAULT random()"),
        ("identity-collides", "ALTER TABLE people ALTER id ADD GENERATED ALWAYS AS IDENTITY"),
        ("identity-collides", "ALTER TABLE people ALTER id RESTART WITH 5"),
        ("identity-always", "ALTER TABLE people ALTER id SET GENERATED ALWAYS"),
        ("table-rewrite", "ALTER TABLE people ALTER email_upper SET EXPRESSION AS (lower(code))"),
        ("drop-expression", "ALTER TABLE people ALTER email_upper DROP EXPRESSION"),
        ("set-storage", "ALTER TABLE users ALTER email SET STORAGE EXTERNAL"),
        ("set-storage", "ALTER TABLE users ALTER email SET COMPRESSION lz4"),
        ("column-limit", "ALTER TABLE people ADD COLUMN z int"),
        ("int-key-overflow", "ALTER TABLE people ADD CONSTRAINT u UNIQUE USING INDEX people_pkey"),
        ("create-table-if-not-exists-noop", "CREATE TABLE IF NOT EXISTS users (x int)"),
    ]);
}

#[test]
fn types() {
    speak(&[
        ("alter-column-type-rewrite", "ALTER TABLE users ALTER age TYPE bigint"),
        ("alter-column-type-scan", "ALTER TABLE users ALTER email TYPE text COLLATE \"C\""),
        ("alter-column-type-scan", "ALTER TABLE people ALTER level TYPE oid"),
        ("alter-column-type-rewrite", "ALTER TABLE users ALTER created_at TYPE timestamptz"),
        ("alter-type-narrowing", "ALTER TABLE users ALTER name TYPE varchar(10)"),
        ("alter-type-dependents", "ALTER TABLE people ALTER code TYPE text"),
        ("fk-type-mismatch", "ALTER TABLE orders ALTER user_id TYPE int"),
        ("alter-type-dependents", "ALTER TABLE events ALTER at TYPE date"),
        ("enum-value-in-transaction", "BEGIN; ALTER TYPE weather ADD VALUE 'x'; SELECT 'x'::weather; COMMIT"),
        ("enum-value-order", "ALTER TYPE weather ADD VALUE 'x'"),
        ("rename-object", "ALTER TYPE weather RENAME VALUE 'a' TO 'b'"),
        ("create-enum", "CREATE TYPE moods AS ENUM ('a')"),
        ("drop-object", "DROP TYPE weather"),
        ("blocking-scan", "ALTER DOMAIN percent ADD CHECK (VALUE > 0)"),
        ("blocking-scan", "ALTER DOMAIN percent VALIDATE CONSTRAINT x"),
        ("blocking-scan", "ALTER DOMAIN percent SET NOT NULL"),
        ("domain-with-constraint", "CREATE DOMAIN d AS int CHECK (VALUE > 0)"),
    ]);
}

#[test]
fn partitions() {
    speak(&[
        ("attach-partition-scan", "ALTER TABLE events ATTACH PARTITION metrics FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        ("create-partition-locks-parent", "CREATE TABLE e26 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')"),
        ("detach-partition-not-concurrent", "ALTER TABLE events DETACH PARTITION events_2024"),
        ("detach-pending", "ALTER TABLE logs ADD COLUMN z int"),
        ("drop-partition-locks-parent", "DROP TABLE events_2024"),
        ("max-locks-exhaustion", "ALTER TABLE measurements ADD COLUMN z int"),
        ("default-partition", "CREATE TABLE e_rest PARTITION OF events DEFAULT"),
        ("default-partition", "ALTER TABLE events ATTACH PARTITION metrics DEFAULT"),
        ("unique-without-partition-key", "ALTER TABLE events ADD PRIMARY KEY (id)"),
        ("unique-without-partition-key", "CREATE UNIQUE INDEX u ON events (id)"),
        ("change-inheritance", "ALTER TABLE users NO INHERIT orders"),
        ("change-inheritance", "ALTER TABLE users INHERIT orders"),
    ]);
}

#[test]
fn triggers_rules_policies_views_functions() {
    speak(&[
        ("create-trigger", "CREATE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"),
        ("create-trigger", "CREATE OR REPLACE TRIGGER t BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION f()"),
        ("drop-trigger", "DROP TRIGGER t ON users"),
        ("drop-trigger", "ALTER TRIGGER t ON users RENAME TO u"),
        ("disable-trigger", "ALTER TABLE users DISABLE TRIGGER ALL"),
        ("change-rule", "CREATE RULE r AS ON INSERT TO users DO ALSO NOTHING"),
        ("change-rule", "DROP RULE r ON users"),
        ("change-rule", "ALTER TABLE users DISABLE RULE r"),
        ("rls-enable-without-policy", "ALTER TABLE users ENABLE ROW LEVEL SECURITY"),
        ("change-policy", "CREATE POLICY p ON users USING (true)"),
        ("change-policy", "ALTER POLICY p ON users USING (false)"),
        ("change-policy", "DROP POLICY p ON users"),
        ("replace-view-columns", "CREATE OR REPLACE VIEW daily AS SELECT id FROM orders"),
        ("drop-view", "DROP VIEW daily"),
        ("drop-object", "DROP FUNCTION f()"),
        ("unbounded-effect", "DROP EXTENSION x"),
        ("refresh-not-concurrent", "REFRESH MATERIALIZED VIEW sales"),
        ("create-from-big-table", "CREATE MATERIALIZED VIEW m AS SELECT * FROM metrics"),
        (
            "create-from-big-table",
            "CREATE TABLE m AS WITH w AS (SELECT * FROM users JOIN (SELECT * FROM metrics) s USING (id)) SELECT * FROM w",
        ),
        ("create-from-big-table", "SELECT id INTO m FROM users UNION SELECT id FROM metrics"),
        ("security-definer-search-path", "CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'"),
        ("change-used-function", "ALTER FUNCTION normal_code(text) VOLATILE"),
        ("change-used-function", "CREATE OR REPLACE FUNCTION normal_code(text) RETURNS text LANGUAGE sql AS 'SELECT $1'"),
        ("concatenated-sql", "CREATE FUNCTION f(a text) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DROP TABLE ' || a; END$$"),
    ]);
}

#[test]
fn drops_renames_and_rights() {
    speak(&[
        ("drop-table", "DROP TABLE users"),
        ("drop-cascade", "DROP TABLE users CASCADE"),
        ("drop-schema", "DROP SCHEMA public CASCADE"),
        ("drop-database", "DROP DATABASE x"),
        ("truncate", "TRUNCATE orders"),
        ("truncate-cascade", "TRUNCATE users CASCADE"),
        ("rename-table", "ALTER TABLE users RENAME TO people2"),
        ("rename-object", "ALTER SCHEMA public RENAME TO p2"),
        ("rename-table", "ALTER TABLE users SET SCHEMA s"),
        ("change-owner", "ALTER TABLE users OWNER TO x"),
        ("change-privileges", "REVOKE ALL ON users FROM app"),
        ("change-privileges", "GRANT SELECT ON users TO PUBLIC"),
        ("change-privileges", "GRANT ALL ON ALL TABLES IN SCHEMA public TO app"),
        ("event-trigger-gap", "TRUNCATE orders"),
        ("drop-owned", "DROP OWNED BY clerk"),
        ("drop-and-create-table", "DROP TABLE IF EXISTS users; CREATE TABLE users (id int)"),
        ("unlogged-table", "CREATE UNLOGGED TABLE x (a int)"),
    ]);
}

#[test]
fn storage_and_maintenance() {
    speak(&[
        ("table-rewrite", "ALTER TABLE users SET UNLOGGED"),
        ("table-rewrite", "ALTER TABLE users SET ACCESS METHOD columnar"),
        ("set-tablespace", "ALTER TABLE users SET TABLESPACE x"),
        ("vacuum-full-or-cluster", "VACUUM FULL users"),
        ("vacuum-full-or-cluster", "CLUSTER users"),
        ("set-table-options", "ALTER TABLE users SET (fillfactor = 70)"),
        ("strong-lock", "ALTER TABLE users SET (user_catalog_table = true)"),
        ("autovacuum-disabled", "ALTER TABLE users SET (autovacuum_enabled = false)"),
        ("autovacuum-disabled", "CREATE TABLE fresh (a int) WITH (autovacuum_enabled = off)"),
        ("replica-identity", "ALTER TABLE users REPLICA IDENTITY FULL"),
        ("alter-sequence", "ALTER SEQUENCE tickets RESTART"),
        ("lock-table-explicit", "LOCK TABLE users"),
        ("waits-for-maintenance", "COMMENT ON TABLE archive IS 'x'"),
        ("waits-for-maintenance", "CREATE STATISTICS s ON id, note FROM archive"),
        ("waits-for-maintenance", "ALTER TABLE archive ALTER note SET STATISTICS 100"),
    ]);
}

#[test]
fn transactions_locks_and_time() {
    speak(&[
        ("missing-lock-timeout", "ALTER TABLE users ADD COLUMN z int"),
        ("lock-timeout-order", "ALTER TABLE users ADD COLUMN z int; SET lock_timeout = '1s'"),
        ("lock-timeout-order", "SET statement_timeout = '1s'; SET lock_timeout = '2s'"),
        ("lock-timeout-order", "SET lock_timeout = '2s'; SET statement_timeout = '1s'"),
        ("statement-timeout", "CREATE INDEX i ON metrics (value)"),
        ("statement-timeout", "SET statement_timeout = '1s'; CREATE INDEX CONCURRENTLY i ON metrics (value)"),
        ("idle-in-transaction-timeout", "BEGIN; ALTER TABLE users ADD COLUMN z int; ALTER TABLE users ADD COLUMN y int; COMMIT"),
        ("work-while-locked", "BEGIN; ALTER TABLE users ADD COLUMN z int; CREATE INDEX i ON orders (status); COMMIT"),
        ("wide-lock-window", "BEGIN; ALTER TABLE users ADD COLUMN z int; ALTER TABLE orders ADD COLUMN z int; COMMIT"),
        ("repeated-work", "ALTER TABLE users ALTER age TYPE bigint; ALTER TABLE users ALTER name TYPE varchar(10)"),
        ("ddl-and-backfill", "BEGIN; ALTER TABLE users ADD COLUMN z int; UPDATE users SET z = 1; COMMIT"),
        ("transaction-nesting", "BEGIN; BEGIN; ALTER TABLE users ADD COLUMN z int"),
        ("partial-failure", "ALTER TABLE users ADD COLUMN z int; CREATE INDEX CONCURRENTLY i ON users (z)"),
        ("blocked-now", "ALTER TABLE audit ADD COLUMN z int"),
        ("replication-lag", "ALTER TABLE metrics ALTER value TYPE bigint"),
        ("disk-headroom", "VACUUM FULL history"),
        ("dynamic-sql", "DO $$BEGIN EXECUTE 'DROP TABLE ' || 'users'; END$$"),
        ("missing-object", "ALTER TABLE nothere ADD COLUMN z int"),
        ("already-exists", "CREATE TABLE users (id int)"),
        ("wrong-kind", "TRUNCATE active_users"),
        ("not-owner", "ALTER TABLE ledger ADD COLUMN z int"),
    ]);
}

#[test]
fn rows() {
    speak(&[
        ("delete-without-where", "DELETE FROM orders"),
        ("update-without-where", "UPDATE orders SET note = 'x'"),
        ("nearly-all-rows", "DELETE FROM metrics WHERE value IS NOT NULL"),
        ("rows-changed-before-ddl", "UPDATE orders SET note = 'x' WHERE id = 1; ALTER TABLE orders ADD COLUMN z int"),
        ("rows-changed-before-ddl", "INSERT INTO users (id) SELECT id FROM people; ALTER TABLE orders ADD COLUMN z int"),
        ("work-while-locked", "BEGIN; ALTER TABLE users ADD COLUMN z int; SELECT count(*) FROM orders; COMMIT"),
        ("work-while-locked", "BEGIN; ALTER TABLE users ADD COLUMN z int; CREATE TABLE fresh AS SELECT * FROM orders; COMMIT"),
        ("rows-changed-before-ddl", "BEGIN; UPDATE orders SET note = 'x' WHERE id = 1; ALTER TABLE orders ADD COLUMN z int; COMMIT"),
        ("analyze-after", "CREATE INDEX CONCURRENTLY i ON users (lower(email))"),
        ("analyze-after", "CREATE STATISTICS s ON age, email FROM users"),
        ("sequence-not-reset", "INSERT INTO metrics (id, value) VALUES (1, 1)"),
    ]);
}
