//! Hostile input costs an error at most, whoever is asked: `zdm.check_ddl`, `zdm.check_report`, `zdm.ddl_effects`, the guard. A witness that stays
//! connected all the time shows that the server never restarted; ordinary SQL is judged, however deep it is.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Database, Session, cpu, database, refused, shared};

/// The functions, as queries on a text.
const ASKED: [&str; 3] = [
    "SELECT count(*) FROM zdm.check_ddl($zdm$TEXT$zdm$)",
    "SELECT length(zdm.check_report($zdm$TEXT$zdm$))",
    "SELECT count(*) FROM zdm.ddl_effects($zdm$TEXT$zdm$)",
];

/// A session with a table, and the witness.
struct Lab {
    _db: Database<'static>,
    s: Session,
    witness: Session,
    postmaster: i32,
}

impl Lab {
    fn new(name: &str) -> Self {
        let db = database(name);
        let (mut s, mut witness) = (db.connect(), db.connect());
        s.run("CREATE TABLE t (a int, v text); INSERT INTO t VALUES (1)");
        witness.run("BEGIN; CREATE TEMP TABLE seen ON COMMIT DROP AS SELECT 1");
        Self { _db: db, s, witness, postmaster: shared().postmaster() }
    }

    /// Asks a function; the SQLSTATE of the error, if there was one.
    fn ask(&mut self, question: &str, text: &str) -> Option<String> {
        self.attempt(&question.replace("TEXT", text))
    }

    fn attempt(&mut self, sql: &str) -> Option<String> {
        let start = Instant::now();
        let shown: String = sql.chars().take(90).collect();
        let error = self.s.attempt(sql).err();
        assert!(start.elapsed() < Duration::from_secs(20), "{shown} took {:?}", start.elapsed());
        error.map(|error| error.code().unwrap_or_else(|| panic!("{shown}: the session is gone: {error}")).code().to_owned())
    }

    /// Nobody was cut off.
    fn end(mut self) {
        self.witness.expect("SELECT count(*) FROM pg_temp.seen", &["1"]);
        self.s.run("SELECT FROM t");
        assert_eq!(shared().postmaster(), self.postmaster, "expected the server not to restart");
    }
}

fn nested(open: &str, middle: &str, close: &str, times: usize) -> String {
    format!("{}{middle}{}", open.repeat(times), close.repeat(times))
}

/// Queries that are nested, or long, so many times.
fn queries(n: usize) -> Vec<String> {
    vec![
        format!("SELECT 1{}", "+1".repeat(n)),
        format!("SELECT {}", nested("(", "1", ")", n)),
        format!("SELECT 1{}", "::int".repeat(n)),
        format!("SELECT 1 FROM t{}", " CROSS JOIN t".repeat(n)),
        format!("SELECT 1 FROM t{}", " NATURAL JOIN t".repeat(n)),
        format!("SELECT 1{}", " UNION SELECT 1".repeat(n)),
        format!("SELECT {}1", "- ".repeat(n)),
        format!("SELECT {}", nested("(SELECT ", "1", ")", n)),
        format!("SELECT {}", nested("abs(", "1", ")", n)),
        format!("SELECT ARRAY{}", nested("[", "1", "]", n)),
        format!("SELECT {}", nested("CASE WHEN true THEN ", "1", " END", n)),
        format!("SELECT {}", nested("ROW(", "1", ")", n)),
        format!("SELECT {}", nested("xmlelement(name a, ", "1", ")", n)),
        format!("SELECT 1 IN (1{})", ",1".repeat(n)),
        format!("SELECT true{}", " AND (true OR false)".repeat(n)),
        format!("SELECT 1 /* {} */", "x /* y */ z ".repeat(n)),
    ]
}

/// Statements that are nested, or long, so many times.
fn statements(n: usize) -> Vec<String> {
    vec![
        format!("ALTER TABLE t ADD CHECK ({})", nested("NOT (", "a > 0", ")", n)),
        format!("ALTER TABLE t ADD COLUMN c int DEFAULT {}", nested("abs(", "1", ")", n)),
        format!("ALTER TABLE t ALTER a TYPE bigint USING a{}", "::bigint".repeat(n)),
        format!("DROP TABLE {}t", "t,".repeat(n)),
        format!("CREATE TABLE x ({} int)", "a int, ".repeat(n)),
        format!("ALTER TABLE t {} ADD z int", "ADD c int,".repeat(n.min(20_000))),
        format!("DO $a$BEGIN {} END$a$", nested("IF true THEN ", "NULL;", "END IF;", n)),
    ]
}

/// What may be said of them: too complex, too long, a syntax error, no memory, not supported.
const STATES: [&str; 5] = ["54001", "54000", "42601", "53200", "0A000"];

#[test]
fn hostile_texts_cost_an_error_at_most() {
    let mut lab = Lab::new("hostile_functions");
    lab.s.run("SET zdm.max_check_size = '8MB'");
    for n in [100, 1000, 100_000] {
        let more = [
            "SELECT 1;".repeat(n),
            ";".repeat(n),
            "CREATE INDEX ON t (a);".repeat(n.min(1000)),
            format!("UPDATE t SET ({}) = (SELECT 1)", vec!["a"; n].join(",")),
        ];
        for text in queries(n).into_iter().chain(statements(n)).chain(more) {
            for question in ASKED {
                let state = lab.ask(question, &text);
                let shown: String = text.chars().take(50).collect();
                assert!(state.as_deref().is_none_or(|state| STATES.contains(&state)), "{shown} x {n}: {state:?}");
            }
        }
    }
    lab.end();
}

#[test]
fn the_guard_survives_hostile_statements() {
    let mut lab = Lab::new("hostile_guard");
    lab.s.run("SELECT zdm.set_guard('enforce'); SET statement_timeout = '15s'; SET zdm.max_check_size = '8MB'");
    for n in [100, 1000, 100_000] {
        let views = queries(n).into_iter().map(|query| format!("CREATE VIEW x AS {query}"));
        for text in views.chain(statements(n)) {
            // the server has limits of its own, and may be the first to say no
            let state = lab.attempt(&format!("BEGIN; {text}"));
            lab.s.run("ROLLBACK");
            let shown: String = text.chars().take(60).collect();
            assert_ne!(state.as_deref(), Some("XX000"), "{shown} x {n}");
        }
    }
    lab.end();
}

#[test]
fn ordinary_deep_sql_is_judged() {
    let mut lab = Lab::new("hostile_ordinary");
    lab.s.run("SELECT zdm.set_guard('enforce'); SET client_min_messages = warning");
    lab.s.forget_notices();
    let joins: String = (0..47).map(|number| format!(" JOIN t AS u{number} USING (a)")).collect();
    for query in [
        format!("SELECT 1 AS one FROM t{joins}"),
        format!("SELECT 1 AS one{}", " UNION ALL SELECT 1".repeat(91)),
        format!("SELECT v{} AS one FROM t", " || v".repeat(44)),
        format!("SELECT {} AS one", nested("(SELECT ", "1", ")", 16)),
        format!("SELECT {} AS one", nested("CASE WHEN true THEN 1 ELSE ", "1", " END", 24)),
        format!("SELECT {} AS one", nested("((", "1", "))", 400)),
    ] {
        let text = format!("CREATE VIEW x AS {query}");
        lab.s.expect(&format!("SELECT risk FROM zdm.check_ddl($zdm${text}$zdm$)"), &["safe"]);
        lab.s.expect(&format!("SELECT zdm.check_report($zdm${text}$zdm$) ~ '1 safe'"), &["t"]);
        lab.s.expect(&ASKED[2].replace("TEXT", &text), &["0"]);
        lab.s.run(&format!("{text}; DROP VIEW x"));
    }
    let check = format!("ALTER TABLE t ADD CHECK ({})", nested("NOT (", "a > 0", ")", 44));
    assert_eq!(lab.attempt(&check).as_deref(), Some("ZDM01"));
    assert!(!lab.s.texts().iter().any(|text| text.contains("cannot be")), "{:?}", lab.s.texts());
    lab.end();
}

#[test]
fn nothing_is_not_too_much() {
    let mut lab = Lab::new("hostile_nothing");
    for text in ["", " ", "\n\t", ";", ";;;", "-- a comment", "/* a comment */", "/* a /* b */ c */ -- d\n;"] {
        lab.s.expect(&ASKED[0].replace("TEXT", text), &["0"]);
        lab.s.expect(&format!("SELECT zdm.check_report($zdm${text}$zdm$) LIKE 'no statement to check%'"), &["t"]);
        lab.s.expect(&ASKED[2].replace("TEXT", text), &["0"]);
    }
    lab.s.expect("SELECT count(*) FROM zdm.check_ddl(NULL)", &["0"]);
    lab.s.expect("SELECT zdm.check_report(NULL)", &["-"]);
    lab.s.expect("SELECT count(*) FROM zdm.ddl_effects(NULL)", &["0"]);
    lab.end();
}

#[test]
fn long_and_foreign_names() {
    let mut lab = Lab::new("hostile_names");
    lab.s.run("SELECT zdm.set_guard('enforce')");
    for name in
        ["X".repeat(63), format!("{}x", "é".repeat(31)), "表".repeat(21), "a\"b.c; DROP".to_owned(), "😀".to_owned(), " ".to_owned()]
    {
        let quoted = format!("\"{}\"", name.replace('"', "\"\""));
        lab.s.run(&format!("CREATE TABLE {quoted} AS SELECT 1 AS {quoted}"));
        let text = format!("CREATE INDEX ON {quoted} ({quoted})");
        let danger = format!("SELECT object, rule FROM zdm.check_ddl($zdm${text}$zdm$) WHERE risk = 'danger'");
        lab.s.expect(&danger, &[&format!("public.{quoted}|create-index-not-concurrent")]);
        lab.s.expect(&ASKED[2].replace("TEXT", &text), &["1"]);
        for format in ["text", "markdown", "json", "sarif", "github"] {
            lab.s.run(&format!("SELECT zdm.check_report($zdm${text}$zdm$, '{format}')"));
        }
        assert_eq!(lab.attempt(&text).as_deref(), Some("ZDM01"), "{name}");
    }
    lab.end();
}

#[test]
fn deep_comments_are_refused_before_anybody_reads_them() {
    let mut lab = Lab::new("hostile_comments");
    let deep = |n: usize| format!("{} SELECT 1", nested("/*", "", "*/", n));
    for question in ASKED {
        let start = Instant::now();
        assert_eq!(lab.ask(question, &deep(50_000)).as_deref(), Some("54001"));
        assert_eq!(lab.ask(question, &"/*".repeat(100_000)).as_deref(), Some("54001"));
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(lab.ask(question, &deep(1_000)), None);
    }
    lab.s.run("SELECT zdm.set_guard('enforce')");
    // the server has read it, which takes its time; the guard does not read it again
    let said = refused(lab.s.attempt(&format!("ALTER TABLE t ADD z int {}", nested("/*", "", "*/", 2_000))), "ZDM01");
    assert!(said.message().contains("the text of this ALTER TABLE holds too deeply nested comments"), "{said:?}");
    lab.end();
}

#[test]
fn operators_that_the_lexer_reads_again_and_again_are_refused_before_it_does() {
    let mut lab = Lab::new("hostile_operators");
    lab.s.run("SET statement_timeout = '10s'");
    for question in ASKED {
        let start = Instant::now();
        for text in [
            format!("{}SELECT 1", "/**/".repeat(50_000)),
            format!("{}SELECT 1", "/*/**/*/".repeat(20_000)),
            format!("SELECT 1 {}", "+".repeat(160_000)),
            format!("SELECT 1 {}", "@/**/".repeat(100_000)),
            format!("SELECT '/*', $$/*$$, \"/*\" {}", "/**/".repeat(50_000)),
            format!("COPY t FROM stdin;\n1\tit's\n\\.\nSELECT 1 {}", "/**/".repeat(50_000)),
        ] {
            assert_eq!(lab.ask(question, &text).as_deref(), Some("54001"), "{:.50}", text);
        }
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        for text in [
            format!("-- {}\nSELECT 1", "=".repeat(900_000)),
            format!("/*{}*/ SELECT 1", "*".repeat(900_000)),
            format!("SELECT '{}'", "/*+".repeat(300_000)),
            format!("{}SELECT 1", "/* y */ ".repeat(100_000)),
            format!("COPY t FROM stdin;\n{}\n\\.\nSELECT 1", "+".repeat(900_000)),
        ] {
            assert_eq!(lab.ask(question, &text), None, "{:.50}", text);
        }
    }
    lab.s.run("SELECT zdm.set_guard('enforce')");
    let said = refused(lab.s.attempt(&format!("ALTER TABLE t ADD z int {}", "/**/".repeat(3_000))), "ZDM01");
    assert!(said.message().contains("the text of this ALTER TABLE holds too many operators without a blank"), "{said:?}");
    lab.end();
}

#[test]
fn an_over_long_text_is_refused_before_it_is_unpacked() {
    let mut lab = Lab::new("hostile_size");
    for question in ["SELECT * FROM zdm.check_ddl(TEXT)", "SELECT zdm.check_report(TEXT)", "SELECT * FROM zdm.ddl_effects(TEXT)"] {
        for text in ["repeat('x', 1048577)", "repeat('x', 500000000)"] {
            let error = refused(lab.s.attempt(&question.replace("TEXT", text)), "54000");
            assert!(error.detail().is_some_and(|detail| detail.ends_with("zdm.max_check_size allows 1048576.")), "{error:?}");
        }
        assert_eq!(lab.ask(question, "repeat(' ', 1048576)"), None);
    }
    // of a stored text no block is read
    let read = |s: &mut Session| -> i64 {
        s.run("SELECT pg_stat_force_next_flush()");
        s.value("SELECT (toast_blks_read + toast_blks_hit)::bigint FROM pg_statio_user_tables WHERE relname = 'texts'")
    };
    lab.s.run("CREATE TABLE texts (sql text); ALTER TABLE texts ALTER sql SET STORAGE EXTERNAL");
    lab.s.run("INSERT INTO texts SELECT repeat('x', 2000000); SET zdm.max_check_size = '1999999B'");
    let before = read(&mut lab.s);
    assert_eq!(lab.attempt("SELECT count(*) FROM texts, zdm.check_ddl(sql)").as_deref(), Some("54000"));
    assert_eq!(read(&mut lab.s), before);
    lab.s.run("SET zdm.max_check_size = '2000000B'");
    assert_eq!(lab.attempt("SELECT count(*) FROM texts, zdm.check_ddl(sql)").as_deref(), Some("42601"));
    assert!(read(&mut lab.s) > before);
    lab.end();
}

#[test]
fn in_the_guard_an_over_long_text_is_judged_by_its_tag_and_refused() {
    let mut lab = Lab::new("hostile_tag");
    lab.s.run("SELECT zdm.set_guard('enforce'); SET zdm.max_check_size = '1kB'; SET client_min_messages = warning");
    lab.s.forget_notices();
    let long = format!("/* {} */", "x".repeat(1024));
    // commands that disturb nobody run without a word
    lab.s.run(&format!("CREATE SCHEMA s {long}; CREATE VIEW w AS SELECT 1 {long}"));
    assert_eq!(lab.s.texts(), Vec::<String>::new());
    // others are refused: what cannot be read is not safe
    let said = refused(lab.s.attempt(&format!("CREATE INDEX ON t (a) {long}")), "ZDM01");
    assert!(said.message().starts_with("zdm[not-analyzable]: cannot be judged: the text of this CREATE INDEX has "), "{said:?}");
    assert!(said.message().contains("zdm.max_check_size allows 1024"), "{said:?}");
    assert!(said.hint().is_some_and(|hint| hint.contains("zdm.max_check_size")), "{said:?}");
    lab.s.run(&format!("SET zdm.allow = 'not-analyzable'; CREATE INDEX ON t (v) {long}; RESET zdm.allow"));
    assert_eq!(lab.s.texts(), Vec::<String>::new());
    // what is short enough is judged as ever
    refused(lab.s.attempt("CREATE INDEX ON t (a)"), "ZDM01");
    lab.end();
}

#[test]
fn a_cancel_works_within_a_second() {
    let mut lab = Lab::new("hostile_cancel");
    let columns: Vec<String> = (0..1500).map(|number| format!("c{number} int")).collect();
    lab.s.run(&format!("CREATE TABLE wide ({}); INSERT INTO wide (c0) VALUES (1)", columns.join(", ")));
    lab.s.run(
        "SET zdm.guard_mode = off;
         CREATE TABLE parts (a int, b int) PARTITION BY RANGE (a);
         DO $$BEGIN FOR i IN 1..200 LOOP EXECUTE format('CREATE TABLE p%s PARTITION OF parts FOR VALUES FROM (%s) TO (%s)', i, i, i + 1); END LOOP; END$$;
         RESET zdm.guard_mode; SET statement_timeout = '500ms'",
    );
    for text in [
        format!("CREATE INDEX ON t (a{})", ",a".repeat(140_000)),
        format!("CREATE INDEX i ON t (a{})", ",a".repeat(140_000)),
        format!("CREATE INDEX ON t (a) INCLUDE (a{})", ",a".repeat(140_000)),
        format!("DROP TABLE parts{}", ", parts".repeat(100_000)),
        format!("DROP TABLE parts{} CASCADE", ", parts".repeat(100_000)),
        format!("DROP SCHEMA public{} CASCADE", ", public".repeat(100_000)),
        format!("ALTER TABLE parts ADD c int{}; SELECT 1", ", ALTER b TYPE bigint".repeat(40_000)),
        format!("ALTER TABLE wide ADD c int{}; SELECT 1", (0..30_000).map(|n| format!(", ADD z{n} int")).collect::<String>()),
        format!("ALTER TABLE wide ADD c int{}", (0..30_000).map(|n| format!(", DROP c{}", n % 1500)).collect::<String>()),
        format!("ALTER TABLE wide ADD c int{}", (0..80_000).map(|n| format!(", DROP c{n}")).collect::<String>()),
        format!("ALTER TABLE wide ADD c int{}", (0..50_000).map(|n| format!(", DROP c{} CASCADE", n % 1500)).collect::<String>()),
        format!("ALTER TABLE wide ADD c int{}", (0..40_000).map(|n| format!(", ALTER c{n} TYPE bigint")).collect::<String>()),
        (0..60_000).map(|n| format!("SET my.a{n} = 1;")).collect(),
        format!("SET search_path = a{}; {}", (0..50_000).map(|n| format!(",a{n}")).collect::<String>(), "SET ROLE a;".repeat(50_000)),
        "\\;".repeat(500_000),
        "\\x\\\\".repeat(200_000),
        "SELECT 1;".repeat(100_000),
        format!("DO $a$BEGIN {} END$a$", format!("PERFORM {}1;", "+".repeat(2_300)).repeat(400)),
        "ALTER TABLE wide ADD COLUMN z int; ALTER TABLE wide DROP COLUMN z;".repeat(15_000),
        "DROP TABLE t;".repeat(70_000),
        format!("DO $a$BEGIN {} END$a$", "ALTER TABLE wide ADD COLUMN z int;".repeat(20_000)),
        format!("ALTER TABLE wide {} ADD y int", "ADD z int,".repeat(20_000)),
        format!("SELECT 1{}", ",a+1".repeat(200_000)),
        "VACUUM FULL wide;".repeat(50_000),
    ] {
        for question in ASKED {
            let (start, before) = (Instant::now(), cpu(lab.s.pid));
            let state = lab.ask(question, &text);
            // on a machine that is busy with something else, what counts is what the server did
            let took = start.elapsed().min(cpu(lab.s.pid) - before);
            assert!(took < Duration::from_millis(1500), "{} of {question}: {state:?} after {took:?}", &text[..50]);
            assert!(state.as_deref().is_none_or(|state| matches!(state, "57014" | "0A000" | "54000")), "{state:?}");
        }
    }
    lab.s.run("RESET statement_timeout");
    lab.end();
}

/// Deep inside functions that call each other there is little room left.
#[test]
fn a_check_at_the_end_of_the_stack() {
    let mut lab = Lab::new("hostile_stack");
    lab.s.run(
        "SET max_stack_depth = '7MB'; SET check_function_bodies = off;
         CREATE FUNCTION down(depth int, sql text) RETURNS int LANGUAGE plpgsql AS $$
         BEGIN
             PERFORM count(*) FROM zdm.check_ddl(sql);
             RETURN down(depth + 1, sql);
         EXCEPTION WHEN statement_too_complex THEN
             RETURN depth;
         END$$",
    );
    for text in
        [format!("SELECT 1{}", "+1".repeat(140)), format!("SELECT {}", nested("(SELECT ", "1", ")", 40)), nested("(", "SELECT 1", ")", 900)]
    {
        let depth: i32 = lab.s.value(&format!("SELECT down(0, $zdm${text}$zdm$)"));
        println!("{depth} functions deep");
        assert!(depth > 20, "{depth}");
    }
    lab.end();
}
