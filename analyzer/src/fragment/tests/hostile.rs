//! Texts made to break out: each is refused, or what it becomes is one statement of the expected shape whatever stands around it.

use super::{parse_assignments, parse_condition};
use crate::parse::fragment::shape;

/// Pieces from which the texts are made.
const PIECES: &[&str] = &[
    "v = 1",
    "v",
    "=",
    "1",
    "true",
    "a IS NULL",
    " ",
    "\n",
    "\r",
    "\t",
    "\u{b}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}",
    "\u{1}",
    "\0",
    ",",
    ";",
    "'",
    "''",
    "\"",
    "\"\"",
    "'x'",
    "\"x\"",
    "$$",
    "$a$",
    "$a",
    "$1",
    "$",
    "--",
    "/*",
    "*/",
    "-",
    "/",
    "*",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ":",
    "::",
    "::int",
    ":=",
    "=>",
    ".",
    "..",
    "\\",
    "\\'",
    "E'",
    "E'\\'",
    "e'\\\\'",
    "U&'",
    "U&\"",
    "U&'\\0027'",
    "U&\"\\0022\"",
    "U&'\\003B'",
    "UESCAPE '!'",
    "B'1'",
    "X'F'",
    "N'x'",
    ") OR (",
    ")or(true",
    "true) OR (true",
    "1=1",
    " OR 1=1",
    " AND ",
    " OR ",
    " NOT ",
    " WHERE true",
    " FROM pg_authid",
    " RETURNING *",
    " ORDER BY 1",
    " LIMIT 1",
    " UNION SELECT 1",
    " FOR UPDATE",
    " GROUP BY 1",
    " HAVING true",
    " INTO x",
    "; DROP TABLE x",
    ";--",
    "'; --",
    "\"; --",
    "$$; --",
    "$a$; DROP TABLE x; $a$",
    "SET v = 1",
    "UPDATE x SET v = 1",
    "WITH x AS (DELETE FROM y RETURNING 1) SELECT 1",
    "(SELECT 1)",
    "(DELETE FROM x)",
    "(TABLE x)",
    "(VALUES (1))",
    "DEFAULT",
    "NULL",
    "ROW(1)",
    "ARRAY[1]",
    "CASE WHEN a THEN b END",
    "END",
    "THEN",
    "current of c",
    "pg_temp.f()",
    "pg_temp",
    "\"pg_temp\".x",
    "xmin = 1",
    "v[1] = 1",
    "t.v = 1",
    "(a, b) = (1, 2)",
    "(a, b) = (SELECT 1, 2)",
    "IS TRUE",
    "IS",
    "NOT NULL",
    "COLLATE \"C\"",
    "AT TIME ZONE 'x'",
    "OPERATOR(pg_catalog.=)",
    "@@",
    "!",
    "~",
    "||",
    "<>",
    "é",
    "😀",
    "ａ＝１",
    "‘",
    "’",
    "＇",
    "İ",
    "ß",
    "SeLeCt",
    "sElEcT 1",
    "a.b.c.d.e",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
    "\"ééééééééééééééééééééééééééééééééé\"",
    "1e",
    "1e5",
    "0x",
    "0xFF",
    "1_0",
    "1.",
    ".5",
    "1..2",
    "interval '1' day",
    "%s",
    "{0}",
    "\\x27",
    "&#39;",
    "%27",
];

/// A small generator, so that every run makes the same texts.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap_or(0) % n
    }
}

fn try_both(text: &str, taken: &mut usize) {
    if let Ok(a) = parse_assignments(text) {
        *taken += 1;
        assert!(!a.columns().is_empty(), "{text:?}");
        shape::assignments(text, a.sql());
    }
    if let Ok(c) = parse_condition(text) {
        *taken += 1;
        shape::condition(text, c.sql());
    }
}

#[test]
fn single_pieces_and_pairs() {
    let mut taken = 0;
    for a in PIECES {
        try_both(a, &mut taken);
        try_both(&format!("v = {a}"), &mut taken);
        try_both(&format!("v = 1{a}"), &mut taken);
        try_both(&format!("v = 'x'{a}"), &mut taken);
        try_both(&format!("v = (1{a}"), &mut taken);
        try_both(&format!("{a}v = 1"), &mut taken);
        try_both(&format!("a = b {a} c"), &mut taken);
        try_both(&format!("f({a})"), &mut taken);
    }
    assert!(taken > 100, "{taken}");
}

#[test]
fn random_texts() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut taken = 0;
    for round in 0..6_000 {
        let mut text = String::from(["", "v = ", "v = 1", "a IS NULL", "v = 'x", "f("][round % 6]);
        for _ in 0..=random.below(7) {
            text.push_str(PIECES[random.below(PIECES.len())]);
            if random.below(3) == 0 {
                text.push(' ');
            }
        }
        try_both(&text, &mut taken);
    }
    assert!(taken > 50, "{taken}");
}

/// Good texts with one piece put in anywhere, one character taken out, or doubled.
#[test]
fn mutated_texts() {
    let good = [
        "v = lower(x), \"W\" = 'it''s' || E'\\n', (a, b) = (SELECT c, d FROM o WHERE o.id = 1)",
        "a IS NULL AND b = $q$x$q$ OR (c, d) IN ((1, 2)) AND U&'\\0061' LIKE '%' AND NOT e::int[] @> ARRAY[1]",
        "v = CASE WHEN a THEN 'b' ELSE interval '1' day END",
    ];
    let mut random = Random(42);
    let mut taken = 0;
    for text in good {
        let chars: Vec<char> = text.chars().collect();
        for at in 0..chars.len() {
            let (before, after): (String, String) = (chars[..at].iter().collect(), chars[at..].iter().collect());
            let mut rest = after.chars();
            let first = rest.next().unwrap_or(' ');
            try_both(&format!("{before}{}", rest.as_str()), &mut taken);
            try_both(&format!("{before}{first}{after}"), &mut taken);
            try_both(&format!("{before}{}{after}", PIECES[random.below(PIECES.len())]), &mut taken);
            try_both(&before, &mut taken);
        }
    }
    assert!(taken > 100, "{taken}");
}
