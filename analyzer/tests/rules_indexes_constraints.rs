//! Rules of indexes and constraints: when they speak, and when they must not.

use zdm_analyzer::catalog::{IndexShape, RelationKind, ReplicaIdentity, Size, TableFacts};
use zdm_analyzer::check;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::LockMode;
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

/// What is said of `users` is not said when it is temporary, new or empty.
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

#[test]
fn reindex_of_a_materialized_view_keeps_its_readers_waiting() {
    let mut db = examples();
    let rule = "reindex-not-concurrent";
    let index = db.relation(RelationKind::Index, "sales_by_day_key");
    let view = db.oid("sales_by_day");
    db.change(index, |index| index.index_of = view);
    for sql in ["REINDEX TABLE sales_by_day", "REINDEX INDEX sales_by_day_key"] {
        let found = said(rule, sql, &db);
        assert_eq!(found.len(), 1, "{sql}: {:#?}", check(sql, &db));
        assert_eq!((found[0].risk, found[0].runnable, found[0].lock), (Risk::Danger, true, Some(LockMode::Share)), "{sql}: {found:#?}");
        assert!(found[0].message.ends_with("keeps reads waiting"), "{sql}: {found:#?}");
    }
    is_silent(rule, &["REINDEX TABLE CONCURRENTLY sales_by_day", "REINDEX TABLE sales", "CREATE INDEX i ON sales_by_day (total)"], &db);
    spares_private_and_empty(rule, "REINDEX TABLE sales_by_day", "sales_by_day");
}

#[test]
fn concurrently_needs_no_block() {
    let mut db = examples();
    let rule = "concurrently-in-transaction";
    let bare = [
        "CREATE INDEX CONCURRENTLY i ON users (age)",
        "DROP INDEX CONCURRENTLY users_email_idx",
        "REINDEX TABLE CONCURRENTLY users",
        "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY",
    ];
    is_silent(rule, &bare, &db);
    // A text of several statements is no block by itself.
    is_silent(rule, &["SELECT 1; CREATE INDEX CONCURRENTLY i ON users (age)", "BEGIN; ROLLBACK; REINDEX TABLE CONCURRENTLY users"], &db);
    for sql in bare {
        speaks(rule, &[&format!("START TRANSACTION; {sql}"), &format!("BEGIN; COMMIT AND CHAIN; {sql}")], &db);
    }
    db.set_in_block(true);
    speaks(rule, &bare, &db);
    is_silent(rule, &["COMMIT; CREATE INDEX CONCURRENTLY i ON users (age)", "CREATE INDEX i ON users (age)"], &db);
}

#[test]
fn partitioned_indexes_go_one_by_one() {
    let mut db = examples();
    db.relation(RelationKind::PartitionedIndex, "events_at_idx");
    let rule = "concurrently-on-partitioned";
    speaks(rule, &["CREATE INDEX CONCURRENTLY ON ONLY events (at)", "DROP INDEX CONCURRENTLY events_at_idx"], &db);
    is_silent(rule, &["CREATE INDEX CONCURRENTLY ON events_2024 (at)", "DROP INDEX events_at_idx", "CREATE INDEX ON events (at)"], &db);
}

#[test]
fn an_invalid_index_is_named() {
    let db = examples();
    let rule = "invalid-index-stays";
    speaks(rule, &["CREATE INDEX people_nick_idx ON people (nick)"], &db);
    is_silent(rule, &["CREATE INDEX CONCURRENTLY IF NOT EXISTS people_pkey ON people (id)", "CREATE INDEX other ON people (nick)"], &db);
    let kept = said(rule, "create index concurrently if not exists people_nick_idx on people (nick)", &db);
    let hint = "DROP INDEX CONCURRENTLY public.people_nick_idx;\ncreate index concurrently if not exists people_nick_idx on people (nick);";
    assert_eq!(kept[0].hint.as_deref(), Some(hint));
}

#[test]
fn an_index_is_redundant_only_to_one_that_does_the_same() {
    let mut db = examples();
    let rule = "redundant-index";
    let users = db.oid("users").expect("users");
    let pair = db.index(users, "users_pair_idx", &["name", "age"], false, false);
    speaks(
        rule,
        &[
            "CREATE INDEX x ON users (name)",
            "CREATE INDEX x ON users (name ASC)",
            "CREATE INDEX x ON users (name, age)",
            "CREATE UNIQUE INDEX x ON users (id)",
        ],
        &db,
    );
    let different = [
        "CREATE INDEX x ON users (age)",
        "CREATE INDEX x ON users (age, name)",
        "CREATE INDEX x ON users (name DESC)",
        "CREATE INDEX x ON users (name NULLS FIRST)",
        "CREATE INDEX x ON users (name text_pattern_ops)",
        "CREATE INDEX x ON users (name COLLATE \"C\")",
        "CREATE INDEX x ON users (name) INCLUDE (active)",
        "CREATE INDEX x ON users (name) WHERE active",
        "CREATE INDEX x ON users USING hash (name)",
        "CREATE UNIQUE INDEX x ON users (name, age)",
        "CREATE INDEX IF NOT EXISTS users_email_idx ON users (email)",
        "CREATE INDEX IF NOT EXISTS users_pair_idx ON users (email)",
        "DROP INDEX users_pair_idx; CREATE INDEX x ON users (name)",
    ];
    is_silent(rule, &different, &db);
    db.set_shape(pair, IndexShape { method: "btree".to_owned(), keys: vec!["name".to_owned()], plain: true });
    is_silent(rule, &["CREATE INDEX x ON users (name, age)"], &db);
    db.set_shape(pair, IndexShape { method: "btree".to_owned(), keys: vec!["name".to_owned()], plain: false });
    is_silent(rule, &["CREATE INDEX x ON users (name)"], &db);
    spares_private_and_empty(rule, "CREATE INDEX x ON users (email)", "users");
}

#[test]
fn the_new_index_comes_first() {
    let mut db = examples();
    let rule = "replace-index-order";
    let text = "DROP INDEX users_email_idx; CREATE INDEX users_email_idx ON users (email, age)";
    speaks(rule, &[text], &db);
    is_silent(
        rule,
        &[
            &format!("BEGIN; {text}; COMMIT"),
            "DROP INDEX users_email_idx; CREATE INDEX x ON users (age)",
            "DROP INDEX users_email_idx; CREATE INDEX x ON people (email)",
            "DROP INDEX people_nick_idx; CREATE INDEX x ON people (nick)",
        ],
        &db,
    );
    spares_private_and_empty(rule, text, "users");
    let users = db.oid("users").expect("users");
    db.index(users, "users_email_age_idx", &["email", "age"], false, false);
    is_silent(rule, &[text], &db);
}

#[test]
fn an_index_in_use_is_missed() {
    let mut db = examples();
    let rule = "drop-used-index";
    let drop = "DROP INDEX orders_ref_idx";
    let detail = said(rule, drop, &db).remove(0).detail.unwrap_or_default();
    assert!(detail.starts_with("It was scanned 12 times "), "{detail}");
    is_silent(rule, &[&format!("CREATE INDEX CONCURRENTLY i ON orders (ref, id); {drop}"), "DROP INDEX people_nick_idx"], &db);
    spares_private_and_empty(rule, drop, "orders");
    let index = db.oid("orders_ref_idx").expect("index");
    db.set_index_scans(index, 0);
    is_silent(rule, &[drop], &db);
}

#[test]
fn a_delete_that_cascades_has_no_bound() {
    let db = examples();
    let rule = "fk-on-delete-cascade";
    let add = "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users ON DELETE CASCADE NOT VALID";
    speaks(rule, &["ALTER TABLE orders ADD COLUMN u bigint REFERENCES users ON DELETE CASCADE"], &db);
    is_silent(
        rule,
        &[
            "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users ON UPDATE CASCADE ON DELETE SET NULL NOT VALID",
            "CREATE TABLE x (u bigint REFERENCES users ON DELETE CASCADE)",
        ],
        &db,
    );
    spares_private_and_empty(rule, add, "orders");
}

#[test]
fn validation_wants_a_transaction_of_its_own() {
    let (same, strong) = ("not-valid-and-validate-same-transaction", "validate-constraint-under-strong-lock");
    let db = examples();
    let pair = "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c";
    is_silent(same, &[pair], &db);
    is_silent(strong, &[pair], &db);
    let block = format!("BEGIN; {pair}");
    speaks(same, &[&block], &db);
    is_silent(strong, &[&block], &db);
    spares_private_and_empty(same, &block, "users");
    let foreign = "BEGIN; ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (ref) REFERENCES users NOT VALID; \
                   ALTER TABLE orders VALIDATE CONSTRAINT f";
    let all = said(same, foreign, &db);
    assert_eq!((all.len(), all[0].lock, all[0].risk), (1, Some(LockMode::ShareRowExclusive), Risk::Danger));

    let other = "ALTER TABLE people VALIDATE CONSTRAINT people_email_present";
    for before in ["LOCK people", "CREATE INDEX ON people (code)", "ALTER TABLE people ADD x int"] {
        speaks(strong, &[&format!("BEGIN; {before}; {other}")], &db);
        is_silent(strong, &[&format!("{before}; {other}"), &format!("BEGIN; {before}; COMMIT; {other}")], &db);
        is_silent(strong, &[&format!("BEGIN; SAVEPOINT s; {before}; ROLLBACK TO s; {other}")], &db);
    }
    is_silent(strong, &[&format!("BEGIN; LOCK users; {other}"), &format!("BEGIN; ANALYZE people; {other}")], &db);
    let mut db = db;
    let people = db.oid("people").expect("people");
    db.set_in_block(true);
    is_silent(strong, &[other], &db);
    db.hold(people, LockMode::ShareRowExclusive);
    speaks(strong, &[other], &db);
    is_silent(strong, &["ALTER TABLE people VALIDATE CONSTRAINT people_level_positive"], &db);
}

#[test]
fn foreign_keys_come_one_at_a_time() {
    let db = examples();
    let rule = "multiple-foreign-keys-one-transaction";
    let (one, other) = (
        "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        "ALTER TABLE people ADD FOREIGN KEY (id) REFERENCES orders (ref) NOT VALID",
    );
    speaks(rule, &[&format!("BEGIN; {one}; {other}; COMMIT"), &format!("BEGIN; {one}; {other}; {one}")], &db);
    let separate = [format!("{one}; {other}"), format!("BEGIN; {one}; COMMIT; BEGIN; {other}"), format!("BEGIN; {one}; {one}")];
    separate.iter().for_each(|sql| is_silent(rule, &[sql], &db));
    is_silent(rule, &["BEGIN; CREATE TABLE x (a bigint REFERENCES users, b bigint REFERENCES orders (ref)); COMMIT"], &db);
}

#[test]
fn dropped_constraints_say_what_is_lost() {
    let mut db = examples();
    let users = db.oid("users").expect("users");
    is_silent(
        "drop-constraint",
        &[
            "ALTER TABLE users ADD CONSTRAINT c CHECK (age > 0); ALTER TABLE users DROP CONSTRAINT c",
            "ALTER TABLE orders DROP CONSTRAINT orders_total_positive",
            "ALTER TABLE users ALTER email SET NOT NULL; ALTER TABLE users DROP CONSTRAINT users_email_present",
            "ALTER TABLE users DROP CONSTRAINT users_pkey",
            "ALTER TABLE users DROP CONSTRAINT users_email_present, ADD CONSTRAINT users_email_present CHECK (email > '') NOT VALID",
            "ALTER TABLE users DROP CONSTRAINT users_email_present; ALTER TABLE users ADD CONSTRAINT users_email_present CHECK (email > '')",
        ],
        &db,
    );
    speaks("drop-constraint", &["ALTER TABLE users DROP CONSTRAINT users_email_present"], &db);
    spares_private_and_empty("drop-constraint", "ALTER TABLE users DROP CONSTRAINT users_email_present", "users");
    spares_private_and_empty("drop-foreign-key-locks-both", "ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey", "orders");

    let rule = "drop-primary-key";
    let drop = "ALTER TABLE users DROP CONSTRAINT users_pkey";
    let detail = |db: &TestCatalog, sql: &str| said(rule, sql, db).remove(0).detail.unwrap_or_default();
    assert_eq!(said(rule, drop, &db)[0].risk, Risk::Caution);
    assert!(detail(&db, drop).contains("The statement fails, since foreign keys need it: orders_user_id_fkey of public.orders."));
    assert!(detail(&db, &format!("{drop} CASCADE")).contains("Foreign keys go with it: orders_user_id_fkey of public.orders."));
    let alone = format!("ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; {drop}");
    assert!(!detail(&db, &alone).contains("fails"), "{}", detail(&db, &alone));
    is_silent(rule, &[&format!("{drop}; ALTER TABLE users ADD PRIMARY KEY USING INDEX users_email_idx")], &db);
    db.publish(users);
    assert_eq!(said(rule, drop, &db)[0].risk, Risk::Danger);
    db.set_facts(users, TableFacts { replica_identity: ReplicaIdentity::Full, ..TableFacts::default() });
    assert_eq!(said(rule, drop, &db)[0].risk, Risk::Caution);
    is_silent(rule, &["ALTER TABLE users DROP CONSTRAINT users_pkey, ADD PRIMARY KEY USING INDEX users_email_idx"], &db);
    // One statement, one word on the lock.
    assert_eq!(check(drop, &db).len(), 1);
}

#[test]
fn not_enforced_is_not_valid_for_ever() {
    let db = examples();
    let rule = "constraint-not-enforced";
    speaks(
        rule,
        &[
            "ALTER TABLE users ADD CHECK (age > 0) NOT ENFORCED",
            "ALTER TABLE users ADD COLUMN x int CHECK (x > 0) NOT ENFORCED",
            "ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey NOT ENFORCED",
        ],
        &db,
    );
    is_silent(rule, &["ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey ENFORCED"], &db);
    let back = check("ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey ENFORCED", &db);
    assert_eq!((back.len(), back[0].risk, back[0].rule), (1, Risk::Danger, Some("blocking-scan")));
    spares_private_and_empty(rule, "ALTER TABLE users ADD CHECK (age > 0) NOT ENFORCED", "users");
}

#[test]
fn foreign_keys_want_an_index() {
    let mut db = examples();
    let rule = "fk-missing-index";
    let add = "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID";
    speaks(rule, &[add, "ALTER TABLE orders ADD COLUMN u bigint REFERENCES users"], &db);
    is_silent(
        rule,
        &[
            "ALTER TABLE orders ADD FOREIGN KEY (ref) REFERENCES users NOT VALID",
            &format!("CREATE INDEX CONCURRENTLY i ON orders (user_id, ref); {add}"),
            &format!("{add}; CREATE INDEX CONCURRENTLY i ON orders (user_id)"),
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID, ADD UNIQUE (user_id, ref)",
            "CREATE TABLE x (u bigint REFERENCES users)",
        ],
        &db,
    );
    spares_private_and_empty(rule, add, "orders");
    assert_eq!(
        said(rule, add, &db)[0].hint.as_deref(),
        Some("Build one first: CREATE INDEX CONCURRENTLY orders_user_id_idx ON public.orders (user_id).")
    );
    let orders = db.oid("orders").expect("orders");
    let index = db.index(orders, "orders_user_idx", &["ref", "user_id"], false, false);
    speaks(rule, &[add], &db);
    is_silent(rule, &["ALTER TABLE orders ADD FOREIGN KEY (user_id, ref) REFERENCES users (id, age) NOT VALID"], &db);
    // A column that is only included serves nothing.
    db.set_shape(index, IndexShape { method: "btree".to_owned(), keys: vec!["ref".to_owned()], plain: true });
    speaks(rule, &["ALTER TABLE orders ADD FOREIGN KEY (user_id, ref) REFERENCES users (id, age) NOT VALID"], &db);
}

#[test]
fn a_key_from_an_index_scans_only_for_nulls() {
    let mut db = examples();
    let users = db.oid("users").expect("users");
    db.index(users, "users_key", &["age"], true, false);
    let add = "ALTER TABLE users ADD CONSTRAINT k UNIQUE USING INDEX users_key";
    assert_eq!(check(add, &db)[0].risk, Risk::Caution);
    let primary = "ALTER TABLE users ADD PRIMARY KEY USING INDEX users_key";
    speaks("add-primary-key-blocks", &[primary], &db);
    db.change(users, |relation| relation.columns.iter_mut().for_each(|column| column.not_null = true));
    is_silent("add-primary-key-blocks", &[primary], &db);
}

#[test]
fn an_index_is_attached_without_reading() {
    let mut db = examples();
    db.relation(RelationKind::PartitionedIndex, "events_at");
    db.relation(RelationKind::Index, "events_2024_at");
    let sql = "ALTER INDEX events_at ATTACH PARTITION events_2024_at";
    is_silent("attach-partition-scan", &[sql], &db);
    assert!(check(sql, &db).iter().all(|finding| finding.risk < Risk::Danger && finding.scans != Some(true)), "{:#?}", check(sql, &db));
}
