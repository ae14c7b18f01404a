//! What is seen in a DO block, and what a file holds for psql.

use zdm_analyzer::catalog::Volatility;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::testing::examples;
use zdm_analyzer::{check, effects};

fn said(sql: &str) -> Vec<(u32, u32, &'static str)> {
    let all: Vec<Finding> = check(sql, &examples());
    all.iter().map(|finding| (finding.statement, finding.line, finding.rule.unwrap_or("safe"))).collect()
}

fn touched(sql: &str) -> usize {
    effects(sql, &examples()).unwrap_or_else(|error| panic!("{sql}: {error}")).len()
}

#[test]
fn plain_sql_in_a_block_is_judged_like_plain_sql() {
    let sql = "SELECT 1;\nDO $$\nBEGIN\n  CREATE INDEX i\n    ON users (age);\n  RAISE NOTICE 'done; really';\nEND\n$$;\nSELECT 2";
    assert_eq!(said(sql), [(1, 1, "safe"), (2, 4, "create-index-not-concurrent"), (3, 9, "safe")]);
    let findings = check(sql, &examples());
    assert_eq!(&sql[findings[1].span.clone()], "CREATE INDEX i\n    ON users (age)");
    assert_eq!(touched(sql), 1);
}

#[test]
fn a_block_is_one_transaction() {
    let add = "ALTER TABLE users ADD COLUMN x int";
    let rules = |sql: &str| -> Vec<&'static str> { said(sql).into_iter().map(|(_, _, rule)| rule).collect() };
    let index = "CREATE INDEX i ON users (age)";
    assert_eq!(
        rules(&format!("DO $$BEGIN {add}; {index}; END$$; SELECT 1")),
        ["strong-lock", "create-index-not-concurrent", "work-while-locked", "safe"]
    );
    // its locks are given back at its end
    assert_eq!(rules(&format!("DO $$BEGIN {add}; END$$; {index}")), ["strong-lock", "create-index-not-concurrent"]);
    assert_eq!(
        rules(&format!("BEGIN; DO $$BEGIN {add}; END$$; {index}; COMMIT")),
        ["safe", "strong-lock", "create-index-not-concurrent", "work-while-locked", "safe"]
    );
    // what need not have run is not held
    assert!(!rules(&format!("DO $$BEGIN IF random() > 0.5 THEN {add}; END IF; {index}; END$$")).contains(&"work-while-locked"));
    assert!(rules("DO $$BEGIN CREATE INDEX CONCURRENTLY i ON users (age); END$$").contains(&"concurrently-in-transaction"));
}

#[test]
fn a_finding_in_a_block_stands_where_its_action_is() {
    let sql = "DO $$BEGIN\n  ALTER TABLE users ADD COLUMN x int, ALTER COLUMN age TYPE bigint;\nEND$$";
    let findings = check(sql, &examples());
    let rewrite = findings.iter().find(|finding| finding.rule == Some("alter-column-type-rewrite"));
    assert_eq!(rewrite.map(|finding| &sql[finding.place.clone()]), Some("ALTER COLUMN age TYPE bigint"));
}

#[test]
fn policies_count_in_blocks() {
    let mut db = examples();
    db.set_policy("create-index-not-concurrent", None, None, "at night");
    let findings = check("DO $$BEGIN CREATE INDEX i ON users (age); END$$", &db);
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!((findings[0].risk, findings[0].rule), (Risk::Safe, None));
    assert_eq!(findings[0].detail.as_deref(), Some("Policy switches create-index-not-concurrent off: at night."));
}

#[test]
fn a_constant_is_what_execute_runs() {
    for sql in [
        "DO $$BEGIN EXECUTE 'CREATE INDEX i ON users (age)'; END$$",
        "DO 'BEGIN EXECUTE $x$CREATE INDEX i ON users (age)$x$; END'",
        "DO $$DECLARE n int := 1; BEGIN n := n + 1; EXECUTE 'CREATE INDEX i ON users (age)' USING n; SELECT 1 INTO STRICT n; END$$ LANGUAGE plpgsql",
        "DO $$<<outer>> BEGIN BEGIN EXECUTE 'CREATE INDEX i ON users (age)'; END; END$$",
    ] {
        assert_eq!(said(sql), [(1, 1, "create-index-not-concurrent")], "{sql}");
        assert_eq!(touched(sql), 1, "{sql}");
    }
}

#[test]
fn what_need_not_run_is_judged_and_the_block_stays_unknown() {
    for sql in [
        "DO $$BEGIN IF CASE WHEN true THEN 1 ELSE 2 END = 1 THEN CREATE INDEX i ON users (age); END IF; END$$",
        "DO $$BEGIN FOR n IN 1..2 LOOP CREATE INDEX i ON users (age); END LOOP; END$$",
        "DO $$BEGIN CASE 1 WHEN 1 THEN CREATE INDEX i ON users (age); ELSE NULL; END CASE; END$$",
        "DO $$BEGIN NULL; EXCEPTION WHEN others THEN CREATE INDEX i ON users (age); END$$",
        "DO $$BEGIN IF now() > 'today' THEN RETURN; END IF; CREATE INDEX i ON users (age); END$$",
        "DO $$BEGIN CREATE INDEX i ON users (age); EXECUTE format('DROP TABLE %I', 'users'); END$$",
        "DO $$BEGIN CREATE INDEX i ON users (age); what is this; END$$",
    ] {
        assert_eq!(said(sql), [(1, 1, "create-index-not-concurrent"), (1, 1, "dynamic-sql")], "{sql}");
        assert_eq!(touched(sql), 0, "{sql}");
    }
    // Handlers that run no SQL change nothing.
    let guarded = "DO $$BEGIN CREATE INDEX i ON users (age); EXCEPTION WHEN duplicate_table THEN NULL; WHEN others THEN RAISE; END$$";
    assert_eq!(said(guarded), [(1, 1, "create-index-not-concurrent")]);
}

#[test]
fn what_is_not_seen_is_unknown() {
    for sql in [
        "DO $$BEGIN EXECUTE 'DROP TABLE ' || name; END$$",
        "DO $$BEGIN FOR r IN EXECUTE text LOOP NULL; END LOOP; END$$",
        "DO $$import os$$ LANGUAGE plpython3u",
        "DO $$BEGIN CALL p(); END$$",
        "DO $$BEGIN$$",
        "DO $$BEGIN CREATE TABLE; END$$",
        "DO 'x'",
    ] {
        let worst = check(sql, &examples()).iter().map(|finding| finding.risk).max();
        if sql != "DO $$BEGIN$$" {
            assert_eq!(worst, Some(Risk::Unknown), "{sql}");
        }
    }
    assert_eq!(said("DO $$BEGIN NULL; PERFORM 1; END$$"), [(1, 1, "safe")]);
}

#[test]
fn a_function_may_do_anything() {
    let mut db = examples();
    db.function("migrate", 1, Volatility::Volatile, None).function("answer", 0, Volatility::Stable, None);
    db.function("one", 0, Volatility::Volatile, Some("SELECT 1"));
    db.function("wraps", 1, Volatility::Volatile, Some("SELECT migrate($1)")).function(
        "endless",
        0,
        Volatility::Volatile,
        Some("SELECT endless()"),
    );
    let rule = |sql: &str| check(sql, &db).last().and_then(|finding| finding.rule);
    for sql in [
        "SELECT migrate(1)",
        "SELECT 1 + migrate(2), now()",
        "DO $$BEGIN PERFORM migrate(1); END$$",
        "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS 'begin execute (select name from users limit 1); end'; SELECT f()",
        "SELECT migrate(id::int) FROM users",
        "SELECT * FROM migrate(1)",
        "SELECT wraps(1)",
        "SELECT endless()",
        "VALUES (migrate(1))",
        "WITH x AS (SELECT migrate(1)) SELECT * FROM x",
        "SELECT 1 UNION ALL SELECT migrate(1)",
        "SELECT id FROM users WHERE migrate(id) > 0",
        "COPY (SELECT migrate(1)) TO STDOUT",
        "INSERT INTO users (id) SELECT migrate(1)",
        "UPDATE users SET age = migrate(age) WHERE id = 1",
        "DELETE FROM users WHERE id = migrate(1)",
        "CREATE TABLE made AS SELECT migrate(1)",
        "CREATE MATERIALIZED VIEW made AS SELECT migrate(1)",
        "DECLARE c CURSOR FOR SELECT migrate(1)",
        "EXPLAIN ANALYZE UPDATE users SET age = migrate(age) WHERE id = 1",
        "DO $$DECLARE i int; BEGIN i := migrate(1); END$$",
        "DO $$DECLARE i int DEFAULT migrate(1); BEGIN NULL; END$$",
        "DO $$BEGIN IF migrate(1) = 1 THEN NULL; END IF; END$$",
        "DO $$DECLARE i int; BEGIN FOR i IN SELECT migrate(1) LOOP NULL; END LOOP; END$$",
        "DO $$BEGIN WHILE migrate(1) > 0 LOOP NULL; END LOOP; END$$",
        "DO $$BEGIN UPDATE users SET age = migrate(age) WHERE id = 1; END$$",
    ] {
        assert_eq!(rule(sql), Some("dynamic-sql"), "{sql}");
    }
    for sql in [
        "SELECT answer(), one()",
        "SELECT now()",
        "SELECT pg_advisory_lock(1)",
        "SELECT zdm.migrate(1)",
        "SELECT count(*), lower(name) FROM users GROUP BY 2",
        "DO $$BEGIN PERFORM now(); END$$",
        "INSERT INTO users (id) VALUES (one())",
        "CREATE TABLE migrate (a int); INSERT INTO migrate (a) VALUES (1)",
        "CREATE VIEW later AS SELECT migrate(1)",
        "CREATE MATERIALIZED VIEW made AS SELECT migrate(1) WITH NO DATA",
        "EXPLAIN SELECT migrate(1)",
        "DO $$DECLARE i int DEFAULT one(); BEGIN i := answer() + one(); END$$",
        "CREATE FUNCTION fills() RETURNS int LANGUAGE plpgsql AS 'begin update users set age = 1 where id = 1; return 1; end'; INSERT INTO users (id) SELECT fills()",
    ] {
        assert_eq!(rule(sql), None, "{sql}");
    }
}

#[test]
fn a_block_is_part_of_its_text() {
    let made = "DO $$BEGIN IF true THEN CREATE TABLE fresh (id int); END IF; END$$; CREATE INDEX i ON fresh (id)";
    assert_eq!(said(made).last(), Some(&(2, 1, "safe")));
    // What may have been proved is not.
    let proof = "ALTER TABLE users ADD CONSTRAINT c CHECK (age IS NOT NULL)";
    let perhaps = format!("DO $$BEGIN IF true THEN {proof}; END IF; END$$; ALTER TABLE users ALTER COLUMN age SET NOT NULL");
    assert_eq!(said(&perhaps).last(), Some(&(2, 1, "set-not-null-scan")));
    let surely = format!("DO $$BEGIN {proof}; END$$; ALTER TABLE users ALTER COLUMN age SET NOT NULL");
    assert_eq!(said(&surely).last(), Some(&(2, 1, "strong-lock")));
    // What exists stays what it is.
    let old = "DO $$BEGIN IF false THEN CREATE TABLE users (id int); END IF; END$$; CREATE INDEX i ON users (age)";
    assert_eq!(said(old).last(), Some(&(2, 1, "create-index-not-concurrent")));
}

#[test]
fn psql_is_stepped_over() {
    let sql = "\\set ON_ERROR_STOP on\n\\i schema.sql\nCOPY users (id) FROM stdin;\n1\n2\n\\.\nCREATE INDEX i ON users (age);\n\\echo it's done\n";
    assert_eq!(
        said(sql),
        [(1, 1, "safe"), (2, 2, "dynamic-sql"), (3, 3, "safe"), (4, 4, "safe"), (5, 7, "create-index-not-concurrent"), (6, 8, "safe")]
    );
    let findings = check(sql, &examples());
    assert_eq!(findings[0].command, "\\set");
    assert_eq!(findings[3].command, "COPY DATA");
    assert_eq!(effects(sql, &examples()).map(|rows| rows.iter().map(|row| row.statement).collect::<Vec<_>>()), Ok(vec![5]));
}

/// Each of these took quadratic time once, or could have.
#[test]
fn hostile_blocks_come_to_an_end() {
    let start = std::time::Instant::now();
    let many = |piece: &str| piece.repeat(200_000 / piece.len());
    for body in [
        many("$a"),
        many("$a$ $b$ "),
        many("begin "),
        many("if x then "),
        many("case "),
        many("execute 'select 1';"),
        many("a := 1;\n"),
        many("<<"),
    ] {
        for sql in [format!("DO $zdm$ BEGIN {body} END $zdm$"), format!("\\x\n{body}")] {
            check(&sql, &examples());
        }
    }
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}

/// Functions that call each other many times over are looked at once each.
#[test]
fn functions_that_call_others_many_times_cost_little() {
    let mut db = examples();
    let many = |name: &str| format!("SELECT greatest({})", vec![format!("{name}()"); 100].join(", "));
    for level in 0..7 {
        db.function(&format!("f{level}"), 0, Volatility::Volatile, Some(&many(&format!("f{}", level + 1))));
    }
    db.function("f7", 0, Volatility::Volatile, Some("SELECT 1"));
    let start = std::time::Instant::now();
    assert!(check("SELECT f0()", &db).iter().all(|finding| finding.risk < Risk::Unknown));
    assert!(start.elapsed() < std::time::Duration::from_secs(10), "{:?}", start.elapsed());
}
