//! DO blocks are followed as far as the catalogs answer; what they would be asked is checked by the claims on real servers (`tests/verify`).

use zdm_analyzer::catalog::Found;
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, effects};

/// A catalog that says yes or no to every condition that has a part of a text in it.
fn asked(answers: &[(&str, bool)]) -> TestCatalog {
    let mut db = examples();
    for (part, yes) in answers {
        let row = vec![Some(if *yes { "t" } else { "f" }.to_owned())];
        db.answer(part, Found { columns: vec![("bool".to_owned(), "boolean".to_owned())], rows: vec![row] });
    }
    db
}

fn rules(sql: &str, db: &TestCatalog) -> Vec<&'static str> {
    check(sql, db).iter().filter_map(|finding| finding.rule).filter(|rule| *rule != "missing-lock-timeout").collect()
}

const GUARDED: &str =
    "DO $$BEGIN IF NOT EXISTS (SELECT FROM pg_indexes WHERE indexname = 'age_i') THEN CREATE INDEX age_i ON users (age); END IF; END$$";

#[test]
fn the_answer_decides() {
    assert_eq!(rules(GUARDED, &asked(&[("age_i", true)])), ["create-index-not-concurrent"]);
    assert_eq!(effects(GUARDED, &asked(&[("age_i", true)])).map(|rows| rows.len()), Ok(1));
    assert_eq!(rules(GUARDED, &asked(&[("age_i", false)])), [""; 0]);
    assert_eq!(effects(GUARDED, &asked(&[("age_i", false)])), Ok(Vec::new()));
    // Nobody knows: it stays unknown.
    assert_eq!(rules(GUARDED, &asked(&[])), ["create-index-not-concurrent", "dynamic-sql"]);
}

#[test]
fn an_answer_counts_until_the_text_changes_what_it_is_about() {
    let db = asked(&[("age_i", true)]);
    for (before, known) in [
        ("ALTER TABLE users ADD COLUMN other int", true),
        ("CREATE TABLE age_index (id int)", true),
        ("UPDATE users SET age = 1 WHERE id = 1", true),
        ("CREATE INDEX CONCURRENTLY age_i ON users (age)", false),
        ("ALTER INDEX some_i RENAME TO \"age_i\"", false),
        ("DROP TABLE users", false),
        ("DROP TABLE IF EXISTS no_such", true),
        ("DROP INDEX some_i", true),
        ("GRANT SELECT ON age_i TO public", true),
        ("COMMENT ON INDEX age_i IS 'x'", true),
        ("ALTER TABLE users DROP COLUMN age", false),
        ("CALL something()", false),
        ("SET search_path = other", false),
    ] {
        let found = rules(&format!("{before}; {GUARDED}"), &db);
        assert_eq!(!found.contains(&"dynamic-sql"), known, "{before}: {found:?}");
    }
}

#[test]
fn a_category_is_no_name() {
    let guarded = GUARDED.replace("indexname", "contype");
    let found = rules(&format!("ALTER TABLE users ADD COLUMN other int; {guarded}"), &asked(&[("age_i", true)]));
    assert!(found.contains(&"dynamic-sql"), "{found:?}");
    let either = GUARDED.replace("= 'age_i'", "= 'age_i' OR true");
    let found = rules(&format!("ALTER TABLE users ADD COLUMN other int; {either}"), &asked(&[("age_i", true)]));
    assert!(found.contains(&"dynamic-sql"), "{found:?}");
}

#[test]
fn what_is_not_known_and_does_not_matter_is_passed_over() {
    let db = asked(&[]);
    let fails = "DO $$BEGIN IF EXISTS (SELECT FROM users) THEN RAISE EXCEPTION 'no'; END IF; CREATE INDEX i ON users (age); END$$";
    assert_eq!(rules(fails, &db), ["create-index-not-concurrent"]);
    let changes = "DO $$BEGIN IF EXISTS (SELECT FROM users) THEN UPDATE users SET age = 1 WHERE id = 1; END IF; END$$";
    assert_eq!(rules(changes, &db), [""; 0]);
    let drops = "DO $$BEGIN IF EXISTS (SELECT FROM users) THEN DROP INDEX some_i; END IF; END$$";
    assert!(rules(drops, &db).contains(&"dynamic-sql"));
}

#[test]
fn a_handler_takes_back_what_failed() {
    let handled = |rest: &str| format!("DO $$BEGIN ALTER TABLE users ADD COLUMN age int; EXCEPTION WHEN {rest}; END$$");
    assert_eq!(effects(&handled("duplicate_column THEN NULL"), &examples()), Ok(Vec::new()));
    assert_eq!(effects(&handled("others THEN NULL"), &examples()), Ok(Vec::new()));
    let other = effects(&handled("duplicate_column THEN CREATE INDEX i ON users (age)"), &examples()).map(|rows| rows.len());
    assert_eq!(other, Ok(1));
    // Another condition is not handled: it fails as a whole, which already-exists says.
    assert!(rules(&handled("unique_violation THEN NULL"), &examples()).contains(&"already-exists"));
}

#[test]
fn what_cascade_takes_is_asked() {
    let mut db = examples();
    let answer = |rows: &[&str]| Found {
        columns: vec![("oid".to_owned(), "bigint".to_owned())],
        rows: rows.iter().map(|oid| vec![Some((*oid).to_owned())]).collect(),
    };
    let table = effects("LOCK TABLE users", &db).expect("SQL")[0].relation.to_string();
    db.answer("'touch()'", answer(&[&table])).answer("'gone(", answer(&[]));
    let drop = "DROP FUNCTION IF EXISTS touch() CASCADE";
    assert_eq!(rules(drop, &db), ["drop-object"]);
    assert_eq!(effects(drop, &db).map(|rows| rows.len()), Ok(1));
    assert_eq!(rules("DROP FUNCTION IF EXISTS gone(int) CASCADE", &db), [""; 0]);
    assert_eq!(rules("DROP FUNCTION other() CASCADE", &db), ["unbounded-effect"]);
    // What the text made of the name is not in the catalogs.
    let made = "CREATE FUNCTION touch() RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION touch() CASCADE";
    assert_eq!(rules(made, &db), ["unbounded-effect"]);
}

#[test]
fn what_is_not_there_is_dropped_under_no_lock() {
    use zdm_analyzer::catalog::OnTable;
    let mut db = examples();
    let table = effects("LOCK TABLE users", &db).expect("SQL")[0].relation;
    db.hang(OnTable::Policy, table, "own");
    let touched = |sql: &str| effects(sql, &db).map(|rows| rows.iter().map(|row| row.statement).collect::<Vec<_>>());
    assert_eq!(touched("DROP POLICY IF EXISTS own ON users; DROP POLICY IF EXISTS own ON users"), Ok(vec![1]));
    assert_eq!(touched("DROP POLICY IF EXISTS other ON users"), Ok(Vec::new()));
    assert_eq!(touched("DROP TRIGGER IF EXISTS own ON users"), Ok(Vec::new()));
    assert_eq!(touched("CREATE POLICY other ON users; DROP POLICY IF EXISTS other ON users"), Ok(vec![1, 2]));
    assert_eq!(touched("BEGIN; DROP POLICY own ON users; ROLLBACK; DROP POLICY IF EXISTS own ON users"), Ok(vec![2, 4]));
}

#[test]
fn a_byte_order_mark_is_no_syntax_error() {
    let findings = check("\u{feff}-- first\nDROP TABLE users;", &examples());
    assert_eq!((findings[0].line, findings[0].rule), (2, Some("drop-table")));
    assert_eq!(zdm_analyzer::for_server("\u{feff}SELECT 1").as_deref(), Some("   SELECT 1"));
}

#[test]
fn a_type_that_was_just_made_is_like_no_other() {
    let change = |using: &str| format!("CREATE TYPE size AS ENUM ('s'); ALTER TABLE users ALTER COLUMN name TYPE size USING {using}");
    for using in ["name::text::size", "name::size", "upper(name)::size"] {
        assert_eq!(effects(&change(using), &examples()).map(|rows| rows[0].rewrites), Ok(Some(true)), "{using}");
    }
    let domain = "CREATE DOMAIN label AS varchar(20); ALTER TABLE users ALTER COLUMN name TYPE label";
    assert_eq!(effects(domain, &examples()).map(|rows| rows[0].rewrites), Ok(None));
}

const ADDS: &str = "BEGIN ALTER TABLE users ADD COLUMN more int; END";

fn made(name: &str, body: &str) -> String {
    format!("CREATE FUNCTION {name}() RETURNS void LANGUAGE plpgsql AS $f${body}$f$")
}

#[test]
fn a_call_is_what_the_function_does() {
    let touched = |sql: &str, db: &TestCatalog| effects(sql, db).map(|rows| rows.len());
    let text = made("f", ADDS);
    for call in ["SELECT f()", "SELECT * FROM f()", "CALL f()", "DO $$BEGIN PERFORM f(); END$$", "SELECT f() AS done, now()"] {
        let known = !call.contains("now");
        let sql = format!("{text}; {call}");
        assert_eq!(touched(&sql, &examples()), Ok(usize::from(known)), "{call}");
        assert_eq!(!rules(&sql, &examples()).contains(&"dynamic-sql"), known, "{call}");
    }
    // One that was there before: its definition is asked for.
    let mut db = examples();
    db.function("f", 0, zdm_analyzer::catalog::Volatility::Volatile, None);
    assert_eq!(rules("SELECT f()", &db), ["dynamic-sql"]);
    let definition = vec![Some(text)];
    db.answer("pg_get_functiondef", Found { columns: vec![("d".to_owned(), "text".to_owned())], rows: vec![definition] });
    assert_eq!(touched("SELECT f()", &db), Ok(1));
    assert!(!rules("SELECT f()", &db).contains(&"dynamic-sql"));
    // The text made another of that name: which is meant is not known.
    assert!(
        rules("CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'UPDATE users SET age = 1 RETURNING 1'; SELECT f()", &db)
            .contains(&"dynamic-sql")
    );
}

#[test]
fn functions_that_call_functions() {
    let two = format!("{}; {}; SELECT g()", made("f", ADDS), made("g", "BEGIN PERFORM f(); CREATE INDEX i ON orders (id); END"));
    let rows = effects(&two, &examples()).unwrap_or_default();
    assert_eq!(rows.len(), 2, "{rows:?}");
    // What is found stands where the outermost is called.
    let lines: Vec<u32> =
        check(&format!("\n{two}"), &examples()).iter().filter(|finding| finding.statement == 3).map(|finding| finding.line).collect();
    assert!(!lines.is_empty() && lines.iter().all(|line| *line == 2), "{lines:?}");
    let endless = format!("{}; SELECT f()", made("f", "BEGIN PERFORM f(); END"));
    assert_eq!(rules(&endless, &examples()), ["dynamic-sql"]);
    let caught =
        format!("{}; SELECT f()", made("f", "BEGIN ALTER TABLE users ADD COLUMN age int; EXCEPTION WHEN duplicate_column THEN NULL; END"));
    assert_eq!(effects(&caught, &examples()), Ok(Vec::new()));
}
