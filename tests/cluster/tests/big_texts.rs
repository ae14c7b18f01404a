//! Texts of nearly a megabyte, of every shape that comes to mind: a check of each can be cancelled within a second, whenever the cancel comes.
//!
//! Each is checked to its end first, if that comes soon enough; then `statement_timeout` ends it at several moments on its way. What is printed is the time that a
//! check takes, and the longest that one went on after its cancel.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Session, cpu, database, shared, until};

/// `zdm.max_check_size` by default.
const LIMIT: usize = 1 << 20;
/// A check is not watched for longer.
const PATIENCE: Duration = Duration::from_secs(2);
/// Within a second, on a machine that does other things too.
const LATEST: Duration = Duration::from_millis(1_000);

/// More tokens are not analyzed (`analyzer/src/parse/size.rs`); a little is left for what is counted otherwise there.
const TOKENS: usize = 290_000;

/// `piece(0) piece(1) ...` between two ends, as long as it may be.
fn whole(begin: &str, end: &str, piece: impl Fn(usize) -> String) -> String {
    at_most(LIMIT, usize::MAX, begin, end, piece)
}

/// The same, of as many tokens as are analyzed.
fn many(begin: &str, end: &str, piece: impl Fn(usize) -> String) -> String {
    at_most(LIMIT, TOKENS, begin, end, piece)
}

/// The same, of so many bytes and tokens.
fn at_most(bytes: usize, tokens: usize, begin: &str, end: &str, piece: impl Fn(usize) -> String) -> String {
    let (mut text, mut left) = (begin.to_owned(), tokens);
    for number in 0.. {
        let next = piece(number);
        let needed = signs(&next);
        if text.len() + next.len() + end.len() > bytes || needed > left {
            break;
        }
        left -= needed;
        text.push_str(&next);
    }
    text + end
}

/// Words and signs.
fn signs(text: &str) -> usize {
    let word = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.split(|letter: char| !word(letter)).filter(|word| !word.is_empty()).count()
        + text.chars().filter(|letter| !word(*letter) && !letter.is_whitespace()).count()
}

fn nested(open: &str, middle: &str, close: &str, times: usize) -> String {
    format!("{}{middle}{}", open.repeat(times), close.repeat(times))
}

/// The shapes, by name.
fn texts() -> Vec<(&'static str, String)> {
    let columns =
        |number: usize| (0..1600).map(|column| format!(",c{column} int")).collect::<String>().replacen(',', &format!("w{number} ("), 1);
    let block = |body: String| format!("DO $block$BEGIN {body} END$block$");
    let inside = LIMIT - 100;
    vec![
        ("tables of 1600 columns", many("", "", |n| format!("CREATE TABLE {});", columns(n)))),
        ("an INSERT with many VALUES", many("INSERT INTO t VALUES (0, 'x')", "", |n| format!(",({n},'x')"))),
        ("a literal", whole("COMMENT ON TABLE t IS '", "'", |_| "0123456789".to_owned())),
        ("a quoted name", whole("DROP TABLE \"", "\"", |_| "0123456789".to_owned())),
        (
            "a body of a function",
            many("CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $f$BEGIN ", "END$f$; SELECT f()", |n| format!("PERFORM {n};\n")),
        ),
        ("deep expressions", many("", "", |_| format!("SELECT {};", nested("(", "1", ")", 250)))),
        ("deep subselects", many("", "", |_| format!("SELECT {};", nested("(SELECT ", "1", ")", 40)))),
        ("long sums", many("", "", |_| format!("SELECT 1{};", "+a".repeat(140)))),
        ("deep defaults", many("", "", |n| format!("ALTER TABLE t ADD c{n} int DEFAULT {};", nested("abs(", "1", ")", 90)))),
        ("a CASE", many("SELECT CASE", " END FROM t", |n| format!(" WHEN a={n} THEN {n}"))),
        ("an IN of a DELETE", many("DELETE FROM t WHERE a IN (0", ")", |n| format!(",{n}"))),
        ("an IN that is planned", at_most(65_000, TOKENS, "DELETE FROM t WHERE a IN (0", ")", |n| format!(",{n}"))),
        ("strings in an IN that is planned", at_most(65_000, TOKENS, "DELETE FROM t WHERE v NOT IN (''", ")", |n| format!(",'{n}'"))),
        ("a WHERE of ANDs that is planned", at_most(65_000, TOKENS, "DELETE FROM t WHERE a<>-1", "", |n| format!(" AND a<>{n}"))),
        ("an IN of a CHECK", many("ALTER TABLE t ADD CHECK (a IN (0", "))", |n| format!(",{n}"))),
        ("ORs of a CHECK", many("ALTER TABLE t ADD CHECK (a=0", ")", |n| format!(" OR a={n}"))),
        ("an index with a WHERE", many("CREATE INDEX i ON t (a) WHERE a IN (0", ")", |n| format!(",{n}"))),
        ("a USING", many("ALTER TABLE t ALTER a TYPE text USING CASE", " END", |n| format!(" WHEN a={n} THEN 'x'"))),
        ("a list of tables", many("SELECT FROM t", "", |n| format!(",t a{n}"))),
        ("WITH queries", many("WITH b AS (SELECT 1)", " SELECT 1", |n| format!(",a{n} AS (DELETE FROM t WHERE a={n})"))),
        ("an enum", many("CREATE TYPE e AS ENUM ('x'", ")", |n| format!(",'{n}'"))),
        ("rights", many("GRANT SELECT ON t TO postgres", "", |n| format!(",r{n}"))),
        ("comments", whole("", "SELECT 1", |n| format!("/* {n} */\n"))),
        ("comments of lines", whole("", "SELECT 1", |n| format!("-- {n}\n"))),
        ("nested comments", whole("", "SELECT 1", |_| format!("{} ", nested("/*", " ", "*/", 900)))),
        ("too many tokens", whole("SELECT 1", "", |_| ",1".to_owned())),
        ("semicolons", whole("", "", |_| ";".to_owned())),
        ("blanks", whole("", "SELECT 1", |_| " \n".to_owned())),
        ("SELECTs", many("", "", |n| format!("SELECT {n};"))),
        ("INSERTs", many("", "", |n| format!("INSERT INTO t VALUES ({n}, 'x');"))),
        ("UPDATEs that are planned", many("", "", |n| format!("UPDATE t SET v='' WHERE a>{n};"))),
        ("new columns", many("", "", |n| format!("ALTER TABLE t ADD c{n} int;"))),
        ("new columns of partitions", many("", "", |n| format!("ALTER TABLE parts ADD c{n} int;"))),
        ("CHECKs of partitions", many("BEGIN;", "", |n| format!("ALTER TABLE parts ADD CONSTRAINT k{n} CHECK (a > 0) NOT VALID;"))),
        ("many effects", at_most(118_000, TOKENS, "", "", |_| "ALTER TABLE parts ADD CONSTRAINT k CHECK (a > 0) NOT VALID;".to_owned())),
        ("partitions", many("", "", |n| format!("CREATE TABLE n{n} PARTITION OF parts FOR VALUES FROM ({n}000) TO ({n}001);"))),
        ("new tables", many("", "", |n| format!("CREATE TABLE n{n} (id int PRIMARY KEY);"))),
        ("tables with foreign keys", many("", "", |n| format!("CREATE TABLE n{n} (id int PRIMARY KEY, t int REFERENCES many);"))),
        ("indexes", many("", "", |n| format!("CREATE INDEX i{n} ON t (a);"))),
        ("indexes of partitions", many("", "", |n| format!("CREATE INDEX i{n} ON parts (a);"))),
        ("renames", many("", "", |_| "ALTER TABLE t RENAME a TO b;ALTER TABLE t RENAME b TO a;".to_owned())),
        ("savepoints", many("BEGIN;", "", |n| format!("SAVEPOINT s{n};ALTER TABLE t ADD c int;"))),
        ("drops of what is not there", many("", "", |n| format!("DROP FUNCTION IF EXISTS f{n}(int);"))),
        ("types", many("", "", |n| format!("CREATE TYPE e{n} AS ENUM ('x');ALTER TYPE e{n} ADD VALUE 'y';"))),
        ("functions", many("", "", |n| format!("CREATE FUNCTION f{n}() RETURNS int LANGUAGE sql AS 'SELECT 1';SELECT f{n}();"))),
        ("rows of COPY", whole("COPY t FROM stdin;\n", "\\.\n", |n| format!("{n}\tx\n"))),
        ("commands of psql", whole("", "", |n| format!("\\echo {n}\n"))),
        ("a block of ALTERs", block(at_most(inside, TOKENS, "", "", |n| format!("ALTER TABLE t ADD c{n} int;")))),
        ("a block of ALTERs of many tables", block(at_most(inside, TOKENS, "", "", |n| format!("ALTER TABLE p{} ADD c{n} int;", n % 200)))),
        ("a block of PERFORMs", block(at_most(inside, TOKENS, "", "", |n| format!("PERFORM {n};")))),
        ("a block of EXECUTEs", block(at_most(inside, TOKENS, "", "", |n| format!("EXECUTE 'ALTER TABLE t ADD c{n} int';")))),
        (
            "a block of IFs",
            block(at_most(inside, TOKENS, "", "", |n| {
                format!("IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'x{n}') THEN ALTER TABLE t ADD c{n} int; END IF;")
            })),
        ),
        ("a block of updates", block(at_most(inside, TOKENS, "", "", |n| format!("UPDATE t SET v = '' WHERE a = {n};")))),
        ("a block of loops", block(at_most(inside, TOKENS, "", "", |_| "FOR i IN 1..1000000 LOOP PERFORM 1; END LOOP;".to_owned()))),
        (
            "a block of handlers",
            block(at_most(inside, TOKENS, "", "", |n| {
                format!("BEGIN ALTER TABLE t ADD c{n} int; EXCEPTION WHEN duplicate_column THEN NULL; END;")
            })),
        ),
    ]
}

/// Sets it anew; on a busy machine the one before may come in between.
fn set_timeout(s: &mut Session, milliseconds: u128) {
    until("the timeout is set", || s.attempt(&format!("SET statement_timeout = {milliseconds}")).is_ok());
}

/// Runs a question until the timeout, if it has not come to an end by then; how long it took, and how long it was late.
fn ask(s: &mut Session, question: &str, timeout: Duration) -> (Duration, Duration, Option<String>) {
    set_timeout(s, timeout.as_millis().max(5));
    let (start, before) = (Instant::now(), cpu(s.pid));
    let error = s.attempt(question).err();
    let (took, worked) = (start.elapsed(), cpu(s.pid) - before);
    let state = error.map(|error| error.code().unwrap_or_else(|| panic!("the session is gone: {error}")).code().to_owned());
    // on a machine that is busy with something else, what counts is what the server did
    (took, took.saturating_sub(timeout).min(worked), state)
}

#[test]
fn a_check_of_a_megabyte_can_be_cancelled_at_any_moment() {
    let db = database("big_texts");
    let mut s = db.connect();
    let postmaster = shared().postmaster();
    s.run(
        "SET zdm.guard_mode = off; SET zdm.small_table = 0;
         CREATE TABLE t (a int, v text); INSERT INTO t SELECT g, g FROM generate_series(1, 10000) g; CREATE TABLE many (id int PRIMARY KEY);
         CREATE TABLE parts (a int, b int) PARTITION BY RANGE (a);
         DO $$BEGIN FOR i IN 0..199 LOOP EXECUTE format('CREATE TABLE p%s PARTITION OF parts FOR VALUES FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END$$;
         INSERT INTO parts SELECT g % 200, g FROM generate_series(1, 10000) g; ANALYZE;
         CREATE TABLE texts (name text, sql text)",
    );
    let picked = std::env::var("ZDM_CASE").ok();
    let mut late = Vec::new();
    // each major takes every fourth, so that all have their turn; ZDM_CASE=all, or the name of one, takes what it says
    let major: usize = s.value::<i32>("SELECT current_setting('server_version_num')::int4 / 10000").unsigned_abs() as usize;
    let is_picked = |at: usize, name: &str| match picked.as_deref() {
        None => at % 4 == major % 4,
        Some(picked) => picked == "all" || picked == name,
    };
    for (_, (name, text)) in texts().into_iter().enumerate().filter(|(at, (name, _))| is_picked(*at, name)) {
        assert!(text.len() <= LIMIT, "{name}: {} bytes", text.len());
        set_timeout(&mut s, 0);
        s.run("TRUNCATE texts");
        s.attempt_bound("INSERT INTO texts VALUES ($1, $2)", &[&name, &text]).expect("a row");
        for function in ["check_ddl", "ddl_effects"] {
            let question = format!("SELECT count(*) FROM texts, zdm.{function}(sql)");
            let (whole, mut latest, end) = ask(&mut s, &question, PATIENCE);
            if latest > LATEST {
                latest = ask(&mut s, &question, PATIENCE).1;
            }
            for part in [2, 5, 8] {
                let mut once = || ask(&mut s, &question, whole.min(PATIENCE) * part / 10).1;
                // what was late because of something else is not late again
                let more = once();
                latest = latest.max(if more > LATEST { more.min(once()).min(once()) } else { more });
            }
            let how = end.as_deref().unwrap_or("to its end");
            println!("{function:11} {:9} bytes {name}: {whole:9.1?} ({how}), {latest:7.1?} after a cancel", text.len());
            assert!(matches!(how, "to its end" | "57014" | "0A000" | "54000" | "54001"), "{name}: {how}");
            if latest > LATEST {
                late.push(format!("{function} of {name}: {latest:?}"));
            }
        }
    }
    assert_eq!(shared().postmaster(), postmaster, "the server did not restart");
    assert!(late.is_empty(), "too late:\n{}", late.join("\n"));
}
