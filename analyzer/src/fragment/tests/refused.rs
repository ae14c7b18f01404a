//! What is refused, why, and where.

use super::{FragmentErrorKind, condition_error, parse_condition, set, set_error};
use FragmentErrorKind::{DuplicateColumn, NotAllowed, Syntax, TooComplex, TooLarge};

#[test]
fn assignments_that_are_more_or_less() {
    for (text, kind, message, position) in [
        ("", Syntax, "set_expr is empty", None),
        (" \t\r\n", Syntax, "set_expr is empty", None),
        ("v = 1 --", Syntax, "comments are not allowed in set_expr", Some(7)),
        ("v = /* c */ 1", Syntax, "comments are not allowed in set_expr", Some(5)),
        ("v = 'é' -- x", Syntax, "comments are not allowed in set_expr", Some(9)),
        ("v = 1; drop table x", Syntax, "set_expr must not contain a semicolon", Some(6)),
        ("v = 1;", Syntax, "set_expr must not contain a semicolon", Some(6)),
        ("v = 1 WHERE true", Syntax, "a WHERE clause is not allowed in set_expr", Some(13)),
        ("v = 1 FROM other", Syntax, "a FROM clause is not allowed in set_expr", Some(12)),
        ("v = 1 RETURNING *", Syntax, "a RETURNING clause is not allowed in set_expr", Some(17)),
        ("v = 1 UNION SELECT 2", Syntax, "syntax error at or near \"UNION\"", Some(7)),
        ("SET v = 1", Syntax, "set_expr must not begin with SET", Some(1)),
        ("v", Syntax, "syntax error at end of input", Some(2)),
        ("v = é + ) + )", Syntax, "syntax error at or near \")\"", Some(9)),
        ("v = 'x", Syntax, "unterminated quoted string at or near \"'x\"", Some(5)),
        ("v = \0", Syntax, "set_expr contains a null character", Some(5)),
        ("v = $1", NotAllowed, "parameters are not allowed in set_expr", Some(5)),
        ("v = 1, w = 2, v = 3", DuplicateColumn, "multiple assignments to same column \"v\"", Some(15)),
        ("(v, w) = (1, 2), \"w\" = 3", DuplicateColumn, "multiple assignments to same column \"w\"", Some(18)),
        ("a[1] = 1, a = NULL", DuplicateColumn, "multiple assignments to same column \"a\"", Some(11)),
        ("(v, w) = (1, 2, 3)", Syntax, "number of columns does not match number of values", Some(2)),
        ("(v, w) = DEFAULT", Syntax, "DEFAULT is allowed only as the whole new value of a column", Some(10)),
        ("v = 1 + DEFAULT", Syntax, "DEFAULT is allowed only as the whole new value of a column", Some(9)),
        ("v = (DEFAULT, 1)", Syntax, "DEFAULT is allowed only as the whole new value of a column", Some(6)),
        ("t.v = 1", NotAllowed, "cannot assign to \"t.v\"", Some(1)),
        ("a = 1, xmin = 1", NotAllowed, "cannot assign to system column \"xmin\"", Some(8)),
        ("v = count(*)", NotAllowed, "aggregate functions are not allowed in set_expr", Some(5)),
        ("v = sum(x) FILTER (WHERE y)", NotAllowed, "aggregate functions are not allowed in set_expr", Some(5)),
        ("v = rank() OVER ()", NotAllowed, "window functions are not allowed in set_expr", Some(5)),
        ("v = (SELECT x FROM o FOR UPDATE)", NotAllowed, "row locking clauses such as FOR UPDATE are not allowed in set_expr", None),
        ("v = (SELECT x INTO y FROM o)", NotAllowed, "SELECT ... INTO is not allowed in set_expr", None),
    ] {
        let e = set_error(text);
        assert_eq!((e.kind, e.message.as_str(), e.position), (kind, message, position), "{text}");
    }
}

#[test]
fn subselects_only_read() {
    for dml in ["INSERT INTO o VALUES (1)", "DELETE FROM o", "INSERT INTO o SELECT 1 ON CONFLICT DO NOTHING"] {
        for depth in ["(WITH z AS ({} RETURNING x) SELECT x FROM z)", "(SELECT 1 FROM (WITH z AS ({} RETURNING x) SELECT x FROM z) q)"] {
            let text = format!("v = {}", depth.replace("{}", dml));
            assert_eq!(set_error(&text).message, "data-modifying statements are not allowed in set_expr", "{text}");
        }
    }
    for text in [
        "v = (WITH z AS (UPDATE o SET b = 1 RETURNING x) SELECT x FROM z)",
        "v = (WITH z AS (MERGE INTO o USING p ON true WHEN MATCHED THEN UPDATE SET a = 1 RETURNING x) SELECT x FROM z)",
        "v = (WITH z AS (MERGE INTO o USING p ON true WHEN MATCHED THEN DELETE RETURNING x) SELECT x FROM z)",
        "v = (WITH z AS (INSERT INTO o VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 1 RETURNING x) SELECT x FROM z)",
        "(v, w) = (WITH z AS (DELETE FROM o RETURNING x, y) SELECT * FROM z)",
        "v = (SELECT 1 WHERE EXISTS (SELECT FROM o FOR KEY SHARE SKIP LOCKED))",
    ] {
        assert_eq!(set_error(text).kind, NotAllowed, "{text}");
    }
}

#[test]
fn conditions_that_are_more_or_less() {
    for (text, kind, message, position) in [
        ("", Syntax, "where_expr is empty", None),
        ("true) OR (true", Syntax, "syntax error at or near \")\"", Some(5)),
        ("a) (b", Syntax, "syntax error at or near \")\"", Some(2)),
        ("1 = 1 ORDER BY 1", Syntax, "an ORDER BY clause is not allowed in where_expr", Some(16)),
        ("a GROUP BY b", Syntax, "a GROUP BY clause is not allowed in where_expr", Some(12)),
        ("a HAVING b", Syntax, "a HAVING clause is not allowed in where_expr", Some(10)),
        ("a LIMIT 1", Syntax, "LIMIT is not allowed in where_expr", Some(9)),
        ("a OFFSET 1", Syntax, "OFFSET is not allowed in where_expr", Some(10)),
        ("a FOR UPDATE", Syntax, "a row locking clause is not allowed in where_expr", None),
        ("a WINDOW w AS ()", Syntax, "a WINDOW clause is not allowed in where_expr", Some(15)),
        ("a UNION SELECT 1", Syntax, "where_expr is not one expression alone", None),
        ("a, b", Syntax, "syntax error at or near \",\"", Some(2)),
        ("a AS b", Syntax, "syntax error at or near \"AS\"", Some(3)),
        ("a; b", Syntax, "where_expr must not contain a semicolon", Some(2)),
        ("CURRENT OF c", NotAllowed, "CURRENT OF is not allowed in where_expr", Some(1)),
        ("GROUPING(a) = 1", NotAllowed, "grouping operations are not allowed in where_expr", Some(1)),
        ("a > $1", NotAllowed, "parameters are not allowed in where_expr", Some(5)),
        ("DEFAULT", Syntax, "DEFAULT is allowed only as the whole new value of a column", Some(1)),
        ("string_agg(a, b ORDER BY c) = 'x'", NotAllowed, "aggregate functions are not allowed in where_expr", Some(1)),
        ("json_arrayagg(a) = 'x'", NotAllowed, "aggregate functions are not allowed in where_expr", None),
    ] {
        let e = condition_error(text);
        let position = if kind == NotAllowed && position.is_none() { e.position } else { position };
        assert_eq!((e.kind, e.message.as_str(), e.position), (kind, message, position), "{text}");
    }
}

#[test]
fn too_large() {
    assert_eq!(set_error(&format!("v = '{}'", "x".repeat(1 << 20))).kind, TooLarge);
    assert_eq!(set(&format!("v = '{}'", "x".repeat(1 << 19))).columns(), ["v"]);
    assert_eq!(set_error(&format!("v = 1{}", "+1".repeat(60_000))).kind, TooLarge);
    // 1,000 columns with 1,000 values each.
    let columns: Vec<_> = (0..1000).map(|i| format!("c{i}")).collect();
    let text = format!("({}) = (SELECT 1{})", columns.join(","), ",1".repeat(999));
    assert_eq!(set_error(&text).kind, TooLarge);
    assert_eq!(set_error(&format!("a = 1, {text}, b = 2")).kind, TooLarge);
}

#[test]
fn deep_nesting_is_an_error_of_its_own() {
    let nested = |open: &str, middle: &str, close: &str, n: usize| format!("{}{middle}{}", open.repeat(n), close.repeat(n));
    for n in [100, 1_000, 10_000] {
        for text in [
            nested("", "a", " + 1", n),
            nested("NOT ", "a", "", n),
            nested("f(", "a", ")", n),
            nested("CASE WHEN ", "a", " THEN b END", n),
            nested("(SELECT ", "a", ")", n),
            nested("ARRAY[", "a", "]", n),
            nested("a AND (b OR ", "c", ")", n),
        ] {
            assert_eq!(condition_error(&text).kind, TooComplex, "{}", &text[..60]);
        }
    }
    // Parentheses alone leave no trace in the tree, but the parser's own stack has an end.
    assert!(parse_condition(&nested("(", "a", ")", 1_000)).is_ok_and(|c| c.sql() == "a"));
    assert_eq!(condition_error(&nested("(", "a", ")", 20_000)).kind, TooComplex);
    // A long chain of AND is flat.
    assert!(parse_condition(&format!("a{}", " AND a".repeat(1_000))).is_ok());
}

#[test]
fn comments_in_depth_take_no_time() {
    let e = set_error(&format!("v = {}", "/*".repeat(500_000)));
    assert_eq!((e.kind, e.position), (Syntax, Some(5)));
}

#[test]
fn messages_quote_little_and_have_a_state() {
    let e = set_error(&format!("v = '{}", "secret".repeat(1_000)));
    assert!(e.message.len() < 120, "{}", e.message);
    assert_eq!(e.kind.sqlstate(), "42601");
    assert_eq!(e.to_string(), e.message);
}
