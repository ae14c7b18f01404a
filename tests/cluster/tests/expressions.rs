//! The two fragments of SQL that a caller gives are an assignment list and a condition, and nothing else: whatever tries to be more is an
//! error that has touched nothing.

use zdm_cluster_tests::{Session, database, refused};

fn table(s: &mut Session) {
    s.run(
        "CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0, w text, ro integer GENERATED ALWAYS AS (1) STORED);
         INSERT INTO t (id) SELECT generate_series(1, 50);
         CREATE TABLE x (a integer); INSERT INTO x VALUES (1);
         CREATE FUNCTION drops() RETURNS boolean LANGUAGE plpgsql STABLE AS $$BEGIN DROP TABLE x; RETURN true; END$$;",
    );
}

/// All of these are refused, each as an error of syntax or meaning (classes 42 and 0A), with no trace but the error.
fn all_refused(s: &mut Session, calls: &[(&str, &str)]) {
    for (set_expr, where_expr) in calls {
        // Dollar quotes that none of them contains.
        let call = format!("CALL zdm.backfill('t', $zdm${set_expr}$zdm$, nullif($zdm${where_expr}$zdm$, ''), 10)");
        let came = s.attempt(&call);
        let code = came.as_ref().err().and_then(|e| e.code()).map(|code| code.code().to_owned()).unwrap_or_default();
        assert!(
            code.starts_with("42") || code.starts_with("0A") || code == "22P02",
            "{call}\nexpected an error of class 42 or 0A, came: {code:?} {came:?}"
        );
        s.expect("SELECT count(*), sum(v), count(w), count(DISTINCT xmin::text) FROM t", &["50|0|0|1"]);
        s.expect("SELECT * FROM x", &["1"]);
        s.expect("SELECT count(*) FROM zdm.job", &["0"]);
    }
}

#[test]
fn an_assignment_list_is_nothing_else() {
    let db = database("assignments");
    let mut s = db.connect();
    table(&mut s);
    let hostile = [
        "v = 1 --",
        "v = 1 -- comment\n",
        "v = 1 /* comment */",
        "/* comment */ v = 1",
        "v = 1 /*",
        "v = 1; DROP TABLE x",
        "v = 1; --",
        "v = 1;",
        "v = 1 WHERE true",
        "v = 1 FROM x",
        "v = 1 FROM x WHERE (true",
        "v = 1 RETURNING v",
        "v = 1) WHERE (true",
        "v = (1",
        "v = 1, ",
        ", v = 1",
        "v",
        "",
        " ",
        "v = ",
        "= 1",
        "v == 1",
        "v := 1",
        "t SET v = 1",
        "SET v = 1",
        "v = 1 WHERE id = 1; DELETE FROM t",
        "v = (DELETE FROM x RETURNING a)",
        "v = (WITH d AS (DELETE FROM x RETURNING a) SELECT a FROM d)",
        "v = (WITH d AS (INSERT INTO x VALUES (2) RETURNING a) SELECT a FROM d)",
        "v = (WITH d AS (UPDATE x SET a = 2 RETURNING a) SELECT a FROM d)",
        "v = (SELECT a FROM x FOR UPDATE)",
        "v = (SELECT 1 INTO y)",
        "v = generate_series(1, 3)",
        "v = count(*)",
        "v = sum(v) OVER ()",
        "v = $1",
        "v = $1 + 1",
        "v = :x",
        "v = 1, v = 2",
        "nothere = 1",
        "v = nothere",
        "v = nothere(v)",
        "id = id + 1",
        "v = 1, id = 5",
        "(v, id) = (1, 2)",
        "ro = 2",
        "ctid = '(0,1)'",
        "xmin = 1",
        "tableoid = 1",
        "t.v = 1",
        "v = 'no number'",
        "v = 1 + ",
        "v = CASE WHEN true THEN 1",
        "v = DEFAULT WHERE true",
        "v = 1 ORDER BY 1",
        "v = 1 LIMIT 1",
        "v = $$1",
        "v = E'\\",
        "v = '1",
        "v = \"v",
        "v = U&'\\",
        "v = other.v",
    ];
    let calls: Vec<_> = hostile.iter().map(|set_expr| (*set_expr, "")).collect();
    all_refused(&mut s, &calls);
}

#[test]
fn a_condition_is_nothing_else() {
    let db = database("conditions");
    let mut s = db.connect();
    table(&mut s);
    let hostile = [
        "true) OR (true",
        "true); DROP TABLE x; --",
        "true; DROP TABLE x",
        "true;",
        "true --",
        "true /* */",
        "true /*",
        "true) --",
        ") OR (true",
        "true RETURNING v",
        "true ORDER BY id",
        "true LIMIT 1",
        "true GROUP BY id",
        "true UNION SELECT true",
        "true, true",
        "",
        " ",
        "id",
        "1",
        "'x'",
        "WHERE true",
        "random() < 0.5",
        "id > 10 AND random() < 2",
        "clock_timestamp() > '2000-01-01'",
        "nextval('s') > 0",
        "EXISTS (DELETE FROM x)",
        "EXISTS (WITH d AS (DELETE FROM x RETURNING a) SELECT FROM d)",
        "EXISTS (SELECT FROM x FOR UPDATE)",
        "EXISTS (SELECT FROM x WHERE random() < 0.5)",
        "generate_series(1, 3) = 1",
        "count(*) > 0",
        "row_number() OVER () = 1",
        "CURRENT OF c",
        "$1",
        "id = $1",
        "nothere = 1",
        "nothere(id)",
        "'unclosed",
        "id = 1 = 2 =",
    ];
    // An empty one is not NULL: it is written so that the call below passes it on.
    let calls: Vec<_> = hostile.iter().map(|condition| ("v = 1", if condition.is_empty() { " " } else { condition })).collect();
    s.run("CREATE SEQUENCE s");
    all_refused(&mut s, &calls);
    refused(s.attempt("CALL zdm.backfill('t', 'v = 1', '')"), "42601");
    s.expect("SELECT is_called FROM s", &["f"]);
}

#[test]
fn a_function_that_writes_under_a_false_label_cannot_do_so_in_the_condition() {
    let db = database("false_label");
    let mut s = db.connect();
    table(&mut s);
    // Labelled STABLE, so nobody can tell before it runs; the server itself forbids such functions to write.
    assert!(s.attempt("CALL zdm.backfill('t', 'v = 1', 'drops()')").is_err());
    s.expect("SELECT count(*), sum(v) FROM t", &["50|0"]);
    s.expect("SELECT * FROM x", &["1"]);
}

#[test]
fn honest_expressions_mean_what_they_say() {
    let db = database("honest");
    let mut s = db.connect();
    table(&mut s);
    s.run("CREATE TYPE pair AS (a integer, b integer); ALTER TABLE t ADD p pair, ADD arr integer[], ADD j jsonb, ADD \"Mixed Case\" integer DEFAULT 5");
    for (arguments, check) in [
        ("'v = v + 1'", "bool_and(v = 1)"),
        ("'v = t.v + 1'", "bool_and(v = 2)"),
        ("'v = 7, w = ''it''''s''', 'id <= 25'", "count(*) FILTER (WHERE v = 7 AND w = 'it''s') = 25"),
        ("$q$w = $$a -- b; ') OR (true /* $$$q$", "bool_and(w = 'a -- b; '') OR (true /* ')"),
        ("$q$w = E'\\'; DROP TABLE x; --'$q$", "bool_and(w = '''; DROP TABLE x; --')"),
        ("$q$w = U&'d\\0061ta'$q$", "bool_and(w = 'data')"),
        ("$q$w = 'a' || $tag$;$tag$$q$, $q$w <> $$;$$$q$", "bool_and(w = 'a;')"),
        ("'(v, w) = (id, id::text)'", "bool_and(v = id AND w = id::text)"),
        ("'(v, w) = (SELECT a, ''x'' FROM x)'", "bool_and(v = 1 AND w = 'x')"),
        ("'v = (SELECT max(a) FROM x WHERE x.a <= t.id)'", "bool_and(v = 1)"),
        ("'v = DEFAULT'", "bool_and(v = 0)"),
        ("'p = ROW(3, id)'", "bool_and((p).a = 3 AND (p).b = id)"),
        ("'arr[2] = id'", "bool_and(arr[2] = id)"),
        ("$q$j = jsonb_build_object('a', id)$q$, $q$NOT coalesce(j ? 'a', false)$q$", "bool_and(j = jsonb_build_object('a', id))"),
        ("'\"Mixed Case\" = \"Mixed Case\" * 2', '\"Mixed Case\" = 5'", "bool_and(\"Mixed Case\" = 10)"),
        ("'v = CASE WHEN id % 2 = 0 THEN 1 ELSE 2 END', 'id IN (SELECT a FROM x) OR id > 1 AND id BETWEEN 1 AND 100'", "sum(v) = 75"),
        ("'v = random() * 0 + 9'", "bool_and(v = 9)"),
        ("'w = gen_random_uuid()::text'", "count(DISTINCT w) = 50"),
        ("'v = 3', 'EXISTS (SELECT FROM x WHERE a = t.id)'", "count(*) FILTER (WHERE v = 3) = 1"),
        ("'v = 4', 'v <> 4'", "bool_and(v = 4)"),
        ("'v = -1 - -1', 'v > 0 OR v IS NULL'", "bool_and(v = 0)"),
        ("E'\\n v =\\t 6 \\n', E'\\n true \\n'", "bool_and(v = 6)"),
    ] {
        s.run(&format!("CALL zdm.backfill('t', {arguments}, batch => 7)"));
        let right: Option<bool> = s.value(&format!("SELECT {check} FROM t"));
        assert_eq!(right, Some(true), "{arguments}\nexpected {check}, came e.g.: {:?}", s.rows("SELECT * FROM t LIMIT 3"));
    }
    s.expect("SELECT * FROM x", &["1"]);
}

#[test]
fn the_text_that_is_kept_says_the_same() {
    let db = database("kept_text");
    let mut s = db.connect();
    table(&mut s);
    s.run("CALL zdm.backfill('t', $q$v = v + 1, w = $$;$$$q$, 'id > 3 OR v = 1')");
    let kept = s.rows("SELECT set_expr, where_expr FROM zdm.job").remove(0);
    let (set_expr, where_expr) = kept.split_once('|').unwrap();
    s.run(&format!("UPDATE t SET {set_expr} WHERE {where_expr}"));
    s.expect("SELECT count(*) FROM t WHERE v = 2 AND w = ';'", &["47"]);
}
