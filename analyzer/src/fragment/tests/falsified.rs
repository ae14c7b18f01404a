//! Proofs, and that there is none where there must not be one.

use super::{condition, set};
use crate::fragment::{ColumnFact, Falsified, falsifies, falsifies_knowing};

/// The first letters of a column's name tell its type: `i` int4, `n` numeric(10,2), `b` bool, `t` text, `v` varchar(10), `c` bpchar, `e` an
/// enum, `r` a row type, `p` point; a name that ends in `_nn` is not null.
fn column(name: &str) -> Option<ColumnFact> {
    let (type_name, typmod, row_type) = match name.chars().next()? {
        'i' => ("int4", -1, false),
        'n' => ("numeric", 655_366, false),
        'b' => ("bool", -1, false),
        't' => ("text", -1, false),
        'v' => ("varchar", 14, false),
        'c' => ("bpchar", 14, false),
        'e' => ("public.status", -1, false),
        'r' => ("public.pair", -1, true),
        'p' => ("point", -1, false),
        _ => return None,
    };
    Some(ColumnFact { type_name: type_name.to_owned(), typmod, not_null: name.ends_with("_nn"), row_type })
}

fn proved(set_expr: &str, where_expr: &str) -> bool {
    falsifies(&set(set_expr), &condition(where_expr), &column) == Falsified::Yes
}

#[test]
fn proofs() {
    for (set, condition) in [
        ("t = 'x'", "t IS NULL"),
        ("e = 'active'", "e IS NULL"),
        ("n = 1.5", "n IS NULL"),
        ("t = NULL", "t IS NOT NULL"),
        ("t = NULL::text", "t IS NOT NULL"),
        ("t = 'x'", "NOT t IS NOT NULL"),
        ("t = 'x'", "t IS NULL AND i > 5"),
        ("t = 'x', i = 1", "t IS NULL OR i IS NULL"),
        ("t = 'x', i = 1", "NOT (t IS NOT NULL AND i IS NOT NULL)"),
        ("t = now()", "t IS NULL"),
        ("t = current_user", "t IS NULL"),
        ("t = coalesce(t2, '')", "t IS NULL"),
        ("t = coalesce(t2, t_nn)", "t IS NULL"),
        ("t = greatest(t2, 'a')", "t IS NULL"),
        ("t = CASE WHEN b THEN 'x' ELSE 'y' END", "t IS NULL"),
        ("t = t_nn", "t IS NULL"),
        ("n = i_nn + 1", "n IS NULL"),
        ("t = t_nn || '/' || v_nn", "t IS NULL"),
        ("t = ARRAY[1]", "t IS NULL"),
        ("b = (i IS NULL)", "b IS NULL"),
        ("b = EXISTS (SELECT FROM o)", "b IS NULL"),
        ("t = pg_catalog.lower(t_nn)", "t IS NULL"),
        ("t = pg_catalog.concat(t2, t3)", "t IS NULL"),
        ("t = DEFAULT, i = 0", "t IS NULL AND i IS NULL"),
        ("(t, i) = (t2, 0)", "i IS NULL"),
        ("i = 0::bigint", "i IS NULL"),
        ("t = '2020-01-01'::timestamptz", "t IS NULL"),
        // What the condition says of the old row.
        ("t = t2", "t IS NULL AND t2 IS NOT NULL"),
        ("t = pg_catalog.lower(t2)", "t IS NULL AND t2 IS NOT NULL"),
        ("n = i * 100", "n IS NULL AND i > 0"),
        ("b = b2", "b IS NULL AND b2"),
        ("t = t2", "t IS NULL AND NOT t2 IS NULL"),
        // Constants.
        ("b = true", "NOT b"),
        ("b = true", "b IS NOT TRUE"),
        ("b = true", "b = false"),
        ("b = true", "b <> true"),
        ("b = true", "b IS DISTINCT FROM true"),
        ("b = true", "NOT coalesce(b, false)"),
        ("b = false", "b"),
        ("b = false", "b IS NOT FALSE"),
        ("b = NULL", "b"),
        ("b = NULL", "NOT b"),
        ("b = NULL", "b IS NOT UNKNOWN"),
        ("i = 5", "i <> 5"),
        ("i = 5", "i IS DISTINCT FROM 5"),
        ("i = 5", "i = 4"),
        ("i = 5", "i IN (1, 2, 3)"),
        ("i = 5", "i NOT IN (4, 5)"),
        ("i = 5", "i < 5"),
        ("i = -5", "i >= 0"),
        ("i = 5", "i IS NULL OR i <> 5"),
        ("t = 'a'", "t <> 'a'"),
        ("t = 'a'", "t IS DISTINCT FROM 'a'"),
        ("t = 'a'", "t NOT IN ('a', 'b')"),
        ("t = NULL", "t <> ''"),
        ("t = NULL", "t = ''"),
        // Columns.
        ("t = t2", "t IS DISTINCT FROM t2"),
        ("t = t2", "t2 IS DISTINCT FROM t"),
        ("v = v2", "v <> v2"),
        ("n = n2", "NOT (n IS NOT DISTINCT FROM n2)"),
        ("t = 'x'", "false"),
    ] {
        let answer = falsifies(&super::set(set), &super::condition(condition), &column);
        assert_eq!(answer, Falsified::Yes, "SET {set} WHERE {condition}");
    }
}

#[test]
fn no_proofs() {
    for (set, condition) in [
        ("t = 'x'", "i IS NULL"),
        ("t = 'x'", "t IS NULL OR i > 5"),
        ("t = t2", "t IS NULL"),
        ("t = DEFAULT", "t IS NULL"),
        ("t = f(t2)", "t IS NULL"),
        ("t = lower(t_nn)", "t IS NULL"),
        ("t = pg_catalog.lower(t2)", "t IS NULL"),
        // lower() of an empty range is null.
        ("t = pg_catalog.lower(p_nn)", "t IS NULL"),
        ("t = myschema.lower(t_nn)", "t IS NULL"),
        ("t = CASE WHEN b THEN 'x' END", "t IS NULL"),
        ("t = coalesce(t2, t3)", "t IS NULL"),
        ("t = (SELECT 'x')", "t IS NULL"),
        ("t = current_schema", "t IS NULL"),
        ("t = t_nn::public.thing", "t IS NULL"),
        ("t = t2 || 'x'", "t IS NULL"),
        ("t = p_nn || 'x'", "t IS NULL"),
        ("t = pg_catalog.concat(VARIADIC t_nn)", "t IS NULL"),
        ("t = NULL", "t IS NULL"),
        ("unknown = 1", "unknown IS NULL"),
        ("arr[1] = 1", "arr IS NULL"),
        ("i[1] = 1", "i IS NULL"),
        ("(t, i) = (SELECT 'a', 1)", "t IS NULL"),
        // A row is null when all of its fields are.
        ("r = '(,)'", "r IS NULL"),
        ("r = r_nn", "r IS NULL"),
        ("r = ROW(NULL)", "r IS NULL"),
        ("r = NULL", "r IS NULL"),
        ("t = 'a'", "t.t IS NULL"),
        // The new value reads the old row.
        ("t = t2, t2 = NULL", "t IS DISTINCT FROM t2"),
        ("i = i2, i2 = i", "i <> i2"),
        ("t = t", "t IS DISTINCT FROM t2"),
        ("i = i + 1", "i < 10"),
        ("b = NOT b", "b"),
        // What is stored is not what was written, or compares in its own way.
        ("n = 1.001", "n <> 1.001"),
        ("n = 1", "n <> 1"),
        ("i = 1.4", "i <> 1.4"),
        ("v = 'abcdefghijkl'", "v <> 'abcdefghijkl'"),
        ("c = 'a'", "c <> 'a'"),
        ("e = 'a'", "e <> 'a'"),
        ("t = 'a'", "t = 'b'"),
        ("t = 'a'", "t > 'b'"),
        ("t = v2", "t <> v2"),
        ("v = t2", "v IS DISTINCT FROM t2"),
        ("p = p2", "p IS DISTINCT FROM p2"),
        ("e = e2", "e <> e2"),
        ("i = 5", "i OPERATOR(mine.<>) 5"),
        ("i = 5", "i = 5"),
        ("i = 5", "i <> 4"),
        ("b = true", "b"),
        ("b = true", "b IS NOT FALSE"),
        ("b = NULL", "b IS NOT TRUE"),
        ("b = NULL", "b IS UNKNOWN"),
        ("t = NULL", "t IS DISTINCT FROM 'a'"),
        // With transform_null_equals this is IS NULL.
        ("t = NULL", "t = NULL"),
        ("t = t2", "t IS NULL AND t2 = NULL"),
        // An operator of an unknown type need not be strict.
        ("e = NULL", "e <> 'a'"),
        ("t = e", "t IS NULL AND e <> 'a'"),
        ("t = t2", "t IS NULL AND (t2 IS NOT NULL OR b)"),
        ("t = 'x'", "t IS NULL OR t LIKE '%x'"),
        ("t = 'x'", "true"),
    ] {
        assert!(!proved(set, condition), "SET {set} WHERE {condition}");
    }
}

#[test]
fn reasons_are_sentences() {
    for (set, condition, expected) in [
        ("t = 'x'", "i IS NULL", "The condition reads none of the assigned columns."),
        ("t = lower(t2)", "i > 1 AND t IS NULL", "The new value of column \"t\" may be null."),
        ("t = NULL", "t IS NULL", "The new value of column \"t\" is null."),
        ("x = 1", "x IS NULL", "Column \"x\" is not known."),
        (
            "n = 1.001",
            "n <> 1.001",
            "The stored value of column \"n\" may differ from the assigned one, or it may not compare by its text.",
        ),
        ("i = 5", "i > 4", "It cannot be proved that the condition is false for the new value of column \"i\"."),
        ("t = 'x'", "f(t)", "It cannot be proved that the condition is false for the new value of column \"t\"."),
        ("t = 'x'", "length(s.t) = 1", "The condition reads an assigned column in a form that is not understood."),
    ] {
        match falsifies(&super::set(set), &super::condition(condition), &column) {
            Falsified::NotProved { why } => assert_eq!(why, expected, "SET {set} WHERE {condition}"),
            Falsified::Yes => panic!("SET {set} WHERE {condition}"),
        }
    }
}

#[test]
fn the_caller_can_vouch_for_functions() {
    let (set, condition) = (set("t = lower(t2)"), condition("t IS NULL AND t2 IS NOT NULL"));
    let lower = |name: &str, arguments: usize| name == "lower" && arguments == 1;
    assert_eq!(falsifies_knowing(&set, &condition, &column, &lower), Falsified::Yes);
    assert_ne!(falsifies(&set, &condition, &column), Falsified::Yes);
}
