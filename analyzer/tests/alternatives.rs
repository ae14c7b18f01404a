//! What is offered to be run instead keeps what the statement says, and is advice where it could not. (Whether it leads to the same end, real servers
//! judge: `tests/cluster/tests/alternatives.rs`.)

use zdm_analyzer::check;
use zdm_analyzer::finding::Finding;
use zdm_analyzer::testing::{TestCatalog, examples};

fn by(rule: &str, sql: &str, db: &TestCatalog) -> Finding {
    let found = check(sql, db);
    let own = found.iter().find(|finding| finding.rule == Some(rule));
    own.unwrap_or_else(|| panic!("{sql}: {found:#?}")).clone()
}

fn offered(rule: &str, sql: &str) -> Option<String> {
    let mut db = examples();
    db.set_major(17);
    let finding = by(rule, sql, &db);
    finding.hint.filter(|_| finding.runnable)
}

#[test]
fn only_stays() {
    let text = offered("set-not-null-scan", "ALTER TABLE ONLY users ALTER age SET NOT NULL").unwrap_or_default();
    assert_eq!(text.matches("ALTER TABLE ONLY public.users ").count(), 4, "{text}");
    let text = offered("add-check-scan", "ALTER TABLE ONLY users ADD CHECK (age > 0) -- why\n;").unwrap_or_default();
    assert!(text.starts_with("ALTER TABLE ONLY users ADD CHECK (age > 0) NOT VALID;\n"), "{text}");
    assert!(text.ends_with("ALTER TABLE ONLY public.users VALIDATE CONSTRAINT users_age_check;"), "{text}");
    assert_eq!(
        offered("update-without-where", "UPDATE users SET active = true").as_deref(),
        Some("CALL zdm.backfill('public.users', 'active = true');")
    );
}

#[test]
fn what_says_more_gets_advice() {
    for (rule, sql) in [
        ("add-column-serial", "ALTER TABLE users ADD n serial CHECK (n > 0)"),
        ("add-column-volatile-default", "ALTER TABLE users ADD n text STORAGE EXTERNAL DEFAULT random()::text"),
        ("add-column-volatile-default", "ALTER TABLE users ADD n float CONSTRAINT named NOT NULL DEFAULT random()"),
        ("add-column-identity", "ALTER TABLE users ADD n int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME mine)"),
        ("add-unique-blocks", "ALTER TABLE users ADD UNIQUE (id, name WITHOUT OVERLAPS)"),
        ("update-without-where", "UPDATE users AS u SET age = u.age + 1"),
        ("update-without-where", "UPDATE users SET id = id + 1"),
        ("drop-partition-locks-parent", "DROP TABLE events_2024, events_2025"),
        (
            "create-partition-locks-parent",
            "CREATE TABLE p PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01') TABLESPACE fast",
        ),
        ("rename-table", "ALTER TABLE users RENAME TO people"),
    ] {
        assert_eq!(offered(rule, sql), None, "{sql}");
    }
    // a table without a key, by which a backfill could walk
    assert_eq!(offered("update-without-where", "UPDATE ledger SET amount = 0"), None);
}

#[test]
fn one_action_of_several_is_advice_with_its_sql() {
    let db = examples();
    let hint = by("add-check-scan", "ALTER TABLE users ADD x int, ADD CONSTRAINT c CHECK (age > 0)", &db);
    assert!(!hint.runnable);
    let text = hint.hint.unwrap_or_default();
    assert!(text.contains("\nALTER TABLE public.users ADD CONSTRAINT c CHECK (age > 0) NOT VALID;\n"), "{text}");
}

#[test]
fn a_comment_or_a_name_is_not_taken_for_the_word() {
    let text = offered("create-index-not-concurrent", "CREATE /* INDEX */ INDEX \"index\" ON users (age)");
    assert_eq!(text.as_deref(), Some("CREATE /* INDEX */ INDEX CONCURRENTLY \"index\" ON users (age);"));
    let text = offered("create-partition-locks-parent", "CREATE TABLE \"a for values b\" PARTITION OF events DEFAULT").unwrap_or_default();
    assert!(text.ends_with("ATTACH PARTITION public.\"a for values b\" DEFAULT;"), "{text}");
}

#[test]
fn inside_a_transaction_or_a_block_it_says_where_to_run_it() {
    let text = offered("create-index-not-concurrent", "BEGIN; CREATE INDEX i ON users (age); COMMIT");
    assert_eq!(text.as_deref(), Some("-- outside of the transaction:\nCREATE INDEX CONCURRENTLY i ON users (age);"));
    let advice = by("create-index-not-concurrent", "DO $$BEGIN CREATE INDEX i ON users (age); END$$", &examples());
    assert!(!advice.runnable);
    assert!(advice.hint.is_some_and(|hint| hint.contains("\nCREATE INDEX CONCURRENTLY i ON users (age);\n")));
}

/// A constraint without a name gets one from the server, which later statements use.
#[test]
fn names_that_the_server_chooses_are_known() {
    let db = examples();
    for sql in [
        "ALTER TABLE users ADD CHECK (age > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT users_age_check",
        "ALTER TABLE users ADD CHECK (age > id) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT users_check",
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey1",
        "ALTER TABLE users ADD UNIQUE (email); ALTER TABLE users DROP CONSTRAINT users_email_key",
    ] {
        let found = check(sql, &db);
        assert!(found.iter().all(|finding| finding.rule != Some("missing-object")), "{sql}: {found:#?}");
    }
    let wrong = check("ALTER TABLE users ADD CHECK (age > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT users_check", &db);
    assert!(wrong.iter().any(|finding| finding.rule == Some("missing-object")), "{wrong:#?}");
}
