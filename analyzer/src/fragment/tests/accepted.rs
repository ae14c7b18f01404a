//! What is taken, the text it becomes, and the names in it.

use super::{condition, set};
use crate::ir::QualifiedName;

fn functions(list: Vec<(QualifiedName, usize)>) -> Vec<String> {
    let schema = |n: &QualifiedName| n.schema.as_ref().map(|s| format!("{s}.")).unwrap_or_default();
    list.iter().map(|(n, count)| format!("{}{}/{count}", schema(n), n.name)).collect()
}

fn operators(list: Vec<QualifiedName>) -> Vec<String> {
    list.into_iter().map(|n| n.name).collect()
}

#[test]
fn assignments_are_written_anew() {
    for (text, sql) in [
        ("a = 1, b = lower(c)", "a = 1, b = lower(c)"),
        ("  A\n=\t'x'  ", "a = 'x'"),
        ("\"A b\" = \"C\"", "\"A b\" = \"C\""),
        ("\"select\" = 1", "\"select\" = 1"),
        ("a = 'it''s -- no comment'", "a = 'it''s -- no comment'"),
        ("a = $q$ it's; /* text */ $q$", "a = ' it''s; /* text */ '"),
        (r"a = E'\'--\n'", "a = '''--\n'"),
        (r"a = 'back\slash'", r"a = E'back\\slash'"),
        (r"a = U&'d\0061t\+000061'", "a = 'data'"),
        (r"a = U&'d!0061t' UESCAPE '!'", "a = 'dat'"),
        (r#"U&"\0061b" = 1"#, "ab = 1"),
        ("(a, b) = (1, DEFAULT)", "(a, b) = (1, DEFAULT)"),
        ("(a, b) = ROW(1, 2), c = 3", "(a, b) = ROW(1, 2), c = 3"),
        ("(a, b) = (SELECT x, y FROM o WHERE o.id = t.id)", "(a, b) = (SELECT x, y FROM o WHERE o.id = t.id)"),
        ("a = DEFAULT", "a = DEFAULT"),
        ("arr[1] = 5, arr[2:3] = ARRAY[6, 7]", "arr[1] = 5, arr[2:3] = ARRAY[6, 7]"),
        ("a = 0x1F + 1_000", "a = 31 + 1000"),
        ("a = x - -1", "a = x - -1"),
        ("a = a - (b - c)", "a = a - (b - c)"),
        ("a = 'x'\n'y'", "a = 'xy'"),
    ] {
        assert_eq!(set(text).sql(), sql, "{text}");
    }
}

#[test]
fn conditions_are_written_anew() {
    for (text, sql) in [
        ("a IS NULL", "a IS NULL"),
        ("((a))", "a"),
        ("(a) AND (b)", "a AND b"),
        ("a OR b AND c", "a OR (b AND c)"),
        ("NOT (a OR b)", "NOT (a OR b)"),
        ("x NOTNULL", "x IS NOT NULL"),
        ("(SELECT true)", "(SELECT true)"),
        ("s IN ('a', 'b') AND t LIKE '%x'", "s IN ('a', 'b') AND t LIKE '%x'"),
        ("(a = b) = c", "(a = b) = c"),
    ] {
        assert_eq!(condition(text).sql(), sql, "{text}");
    }
}

/// What is written can be read again and is written the same.
#[test]
fn writing_is_stable() {
    for text in EXPRESSIONS {
        let once = condition(text);
        assert_eq!(condition(once.sql()).sql(), once.sql(), "{text}");
        let once = set(&format!("v = {text}"));
        assert_eq!(set(once.sql()).sql(), once.sql(), "{text}");
    }
}

const EXPRESSIONS: &[&str] = &[
    "-1::int = (-1)::int AND 2 ^ -1 > - - a",
    "x AT TIME ZONE 'UTC' = extract(year FROM y)",
    "trim(both 'x' FROM z) = substring(a FROM 1 FOR 2) AND position('a' IN b) = overlay(a PLACING b FROM 1)",
    "x::numeric(10,2) = CAST(y AS varchar(3)) OR interval '1' hour > interval(3) '1 s'",
    "date '2020-01-01' = timestamp with time zone '2020-01-01' OR '{1}'::int[] = x::int[3]",
    "CASE WHEN a THEN 1 ELSE 2 END = CASE x WHEN 1 THEN 'a' END",
    "coalesce(a, b) = greatest(a, b, c) AND nullif(a, b) = least(a)",
    "a -> 'b' ->> 'c' = a #>> '{a,b}' || 'd'",
    "(r).f = (r).f.g AND (r).arr[1] = a[1:2] AND a[:] = b[1][2]",
    "ARRAY[1,2] = ARRAY(SELECT 1) AND ARRAY[[1,2],[3,4]] = b",
    "x COLLATE \"C\" = y AND current_timestamp(3) > current_date AND current_schema = 'x'",
    "f(a => 1, b := 2) = g(VARIADIC ARRAY[1]) AND a.b.f(1) = public.f()",
    "x OPERATOR(pg_catalog.+) 1 = - x AND @ x = |/ x",
    "x IS DISTINCT FROM y AND x IS NOT DISTINCT FROM y AND x IS UNKNOWN AND y IS NOT FALSE",
    "x IS NORMALIZED AND x IS JSON AND x IS NOT JSON OBJECT WITH UNIQUE KEYS AND x IS DOCUMENT",
    "json_object('a': 1) = json_value(x, '$.a') AND json_exists(x, '$') AND json_query(x, '$') IS NULL",
    "xmlelement(name foo, x) IS NULL AND xmlserialize(content y AS text) = 'a'",
    "x NOT ILIKE 'b' AND y LIKE 'a!%' ESCAPE '!' AND z SIMILAR TO 'c' AND a ~* 'b'",
    "x BETWEEN 1 AND 2 AND x NOT BETWEEN SYMMETRIC 1 AND 2",
    "x NOT IN (SELECT 1) AND a = ANY ('{1}') AND b < ALL (SELECT 2) AND EXISTS (SELECT 1) AND c > SOME (ARRAY[1])",
    "B'101' = X'1F' OR 1e10 > .5 OR 12345678901234567890 = 0b11",
    "(1, 2) = (3, 4) AND ROW(a, b) < (c, d) AND (a, b) OVERLAPS (c, d) AND ROW() IS NULL",
    "EXISTS (SELECT x FROM a JOIN b USING (id) LEFT JOIN c ON a.id = c.id, LATERAL (SELECT 1) q WHERE x = 1 \
     GROUP BY 1, rollup(a, b) HAVING count(*) > 1 ORDER BY 1 DESC NULLS LAST LIMIT 1 OFFSET 2)",
    "x = (SELECT x FROM a UNION ALL SELECT y FROM b EXCEPT (SELECT 1 INTERSECT SELECT 2))",
    "x = (WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT max(n) FROM r)",
    "x = (SELECT rank() OVER w + sum(a) FILTER (WHERE b) OVER (PARTITION BY c ROWS 2 PRECEDING) FROM o WINDOW w AS (ORDER BY z))",
    "x IN (VALUES (1), (2)) AND y IN (TABLE foo)",
    "x = (SELECT a FROM ROWS FROM (generate_series(1, 2), f(1)) WITH ORDINALITY AS t(a, b), json_table(x, '$' COLUMNS (a int)) j)",
    "(a < b AND b < c) OR NOT (d OR e) AND (f OR g) IS TRUE",
    "t.* IS NOT NULL AND (f(x)).g = 1 AND x = pg_temp.f(1)",
    "\"Ünï\".\"c ol\" = 'é'",
];

#[test]
fn columns_are_unquoted_and_in_order() {
    let a = set("\"B x\" = 1, a = 2, (C, \"d\"\"e\") = (3, 4), arr[1] = 1, arr[2] = 2");
    assert_eq!(a.columns(), ["B x", "a", "c", "d\"e", "arr"]);
}

#[test]
fn functions_are_listed_with_arguments() {
    let a = set("a = lower(b), c = pg_catalog.upper(d) || f(1, x => 2), e = (SELECT max(g(y)) FROM o WHERE h()), i = lower(j)");
    assert_eq!(functions(a.functions()), ["lower/1", "pg_catalog.upper/1", "f/2", "max/1", "g/1", "h/0"]);
    assert!(a.has_subselect());
    let c = condition(
        "coalesce(f(1), greatest(g())) = CASE WHEN h() THEN i() ELSE ARRAY[j()] END AND k()::int = ANY (SELECT l()) \
         AND m(DISTINCT_ => n()) AND x[o()] = (p()).q",
    );
    let names = ["f/1", "g/0", "h/0", "i/0", "j/0", "k/0", "l/0", "m/1", "n/0", "o/0", "p/0"];
    assert_eq!(functions(c.functions()), names);
    assert_eq!(c.attributes(), ["q"]);
    let c = condition("a AT TIME ZONE 'UTC' < now() AND b SIMILAR TO 'c' AND current_date > d AND e::text = 'f'");
    assert_eq!(functions(c.functions()), ["pg_catalog.timezone/2", "now/0", "pg_catalog.similar_to_escape/1"]);
    let c = condition("EXISTS (SELECT FROM o TABLESAMPLE bernoulli (10))");
    assert_eq!(functions(c.functions()), ["bernoulli/1"]);
    assert!(!condition("a").has_subselect());
}

#[test]
fn functions_of_every_clause_of_a_subselect_are_listed() {
    let c = condition(
        "EXISTS (WITH w AS (SELECT f1()) SELECT DISTINCT ON (f2()) f3() FROM f4() JOIN LATERAL f5() ON f6(), \
         ROWS FROM (f7()) AS r, (SELECT f8()) s WHERE f9() GROUP BY f10(), GROUPING SETS ((f11())) HAVING f12() \
         WINDOW v AS (PARTITION BY f13() ORDER BY f14()) ORDER BY f15() LIMIT f16() OFFSET f17()) \
         OR x IN (VALUES (f18())) OR y > ALL (SELECT 1 UNION SELECT f19())",
    );
    let mut names: Vec<_> = c.functions().into_iter().map(|(n, _)| n.name).collect();
    names.sort();
    let mut expected: Vec<_> = (1..=19).map(|i| format!("f{i}")).collect();
    expected.sort();
    assert_eq!(names, expected);
}

#[test]
fn operators_of_every_form_are_listed() {
    for (text, expected) in [
        ("a + b > c", &[">", "+"][..]),
        ("a LIKE 'b'", &["~~"]),
        ("a NOT ILIKE 'b'", &["!~~*"]),
        ("a IN (1, 2)", &["="]),
        ("a NOT IN (1, 2)", &["<>"]),
        ("a IN (SELECT 1)", &["="]),
        ("a > ALL (SELECT 1)", &[">"]),
        ("a <> ANY (b)", &["<>"]),
        ("a BETWEEN 1 AND 2", &[">=", "<="]),
        ("a NOT BETWEEN 1 AND 2", &["<", ">"]),
        ("a IS DISTINCT FROM b", &["="]),
        ("nullif(a, b)", &["="]),
        ("CASE a WHEN b THEN c END", &["="]),
        ("a != b", &["<>"]),
        ("a OPERATOR(s.~=) b", &["~="]),
        ("EXISTS (SELECT FROM a JOIN b USING (c))", &["="]),
        ("EXISTS (SELECT a ORDER BY a USING <<)", &["<<"]),
        ("- a", &["-"]),
        ("a IS NULL AND NOT b", &[]),
    ] {
        assert_eq!(operators(condition(text).operators()), expected, "{text}");
    }
    assert_eq!(condition("a OPERATOR(s.~=) b").operators()[0].schema.as_deref(), Some("s"));
}

#[test]
fn reads_and_attributes_are_listed() {
    let a = set("v = a + t.b + s.t.c, w = (r).d.e, x = f(t.*), y = (SELECT g FROM o)");
    assert_eq!(a.reads(), ["a", "b", "c", "r", "*", "g"]);
    assert_eq!(a.attributes(), ["b", "c", "d", "e"]);
    assert!(set("v = 1").reads().is_empty());
}
