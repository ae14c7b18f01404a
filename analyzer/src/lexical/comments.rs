//! The comments that belong to a statement: those in it, and those right before it.

use super::{Scan, is_operator, is_word};

/// A comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comment<'a> {
    /// What is in it, without its signs.
    pub text: &'a [u8],
    /// It stands behind the statement before, on the line on which that one ends.
    pub trails: bool,
}

/// The comments in a statement, and those between it and the statement before. `before` is the text up to the statement, of which as much may be left
/// out as ends with a semicolon; `follows` says that something was left out. `escapes` is that of [`super::excess`].
pub fn comments<'a>(before: &'a [u8], statement: &'a [u8], follows: bool, escapes: bool) -> Vec<Comment<'a>> {
    let mut reader = Reader { found: Vec::new(), gap: true, same_line: follows && before.is_empty() };
    reader.read(before, escapes, true);
    reader.read(statement, escapes, false);
    reader.found
}

struct Reader<'a> {
    found: Vec<Comment<'a>>,
    /// No word of the statement has come yet.
    gap: bool,
    /// The line is the one on which the statement before has ended.
    same_line: bool,
}

impl<'a> Reader<'a> {
    fn read(&mut self, text: &'a [u8], escapes: bool, before: bool) {
        let mut scan = Scan::new(text);
        while let Some(byte) = text.get(scan.at).copied() {
            let start = scan.at;
            match byte {
                b';' if before => {
                    self.found.clear();
                    self.same_line = true;
                    scan.at += 1;
                    continue;
                }
                b'\n' | b'\r' => {
                    self.end_line();
                    scan.at += 1;
                    continue;
                }
                b' ' | b'\t' | b'\x0b' | b'\x0c' => {
                    scan.at += 1;
                    continue;
                }
                b'\'' => scan.quoted(b'\'', escapes),
                b'"' => scan.quoted(b'"', false),
                b'$' => scan.dollar_quoted(),
                _ if is_word(byte) => scan.word(),
                _ if is_operator(byte) => {
                    if scan.operator().is_err() {
                        return;
                    }
                }
                _ => scan.at += 1,
            }
            match text.get(start..scan.at.min(text.len())).unwrap_or_default() {
                [b'-', b'-', inside @ ..] => self.comment(inside),
                [b'/', b'*', inside @ ..] => self.comment(inside.strip_suffix(b"*/").unwrap_or(inside)),
                _ => {
                    self.gap = before;
                    self.same_line = false;
                    // what stands before a word, but no semicolon, belongs to another statement
                    if before {
                        self.found.clear();
                    }
                }
            }
        }
    }

    fn comment(&mut self, text: &'a [u8]) {
        self.found.push(Comment { text, trails: false });
    }

    /// Whatever has come since the statement before ended stands on its line.
    fn end_line(&mut self) {
        if self.same_line && self.gap {
            self.found.iter_mut().for_each(|comment| comment.trails = true);
        }
        self.same_line = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(before: &str, statement: &str, follows: bool) -> Vec<(String, bool)> {
        let list = comments(before.as_bytes(), statement.as_bytes(), follows, false);
        list.into_iter().map(|one| (String::from_utf8_lossy(one.text).trim().to_owned(), one.trails)).collect()
    }

    fn expect(before: &str, statement: &str, follows: bool, expected: &[(&str, bool)]) {
        let expected: Vec<(String, bool)> = expected.iter().map(|(text, trails)| ((*text).to_owned(), *trails)).collect();
        assert_eq!(found(before, statement, follows), expected, "{before}|{statement}");
    }

    #[test]
    fn comments_in_a_statement_and_before_it_are_its_own() {
        expect("", "/* a */ DROP -- b\n TABLE t /* c /* d */ */", false, &[("a", false), ("b", false), ("c /* d */", false)]);
        expect("SELECT 1; /* a */ ", "DROP TABLE t", false, &[("a", false)]);
        expect("", " /* a */ DROP TABLE t", true, &[("a", false)]);
        expect("SELECT /* of the other */ 1;\n-- a\n/* b */\n", "DROP TABLE t", false, &[("a", false), ("b", false)]);
        expect("SELECT 1; SELECT ';'; ", "DROP TABLE t", false, &[]);
        expect("", "DROP TABLE t -- to the end", false, &[("to the end", false)]);
    }

    #[test]
    fn what_stands_behind_a_statement_on_its_line_is_told_apart() {
        expect("SELECT 1; -- a\n/* b */ ", "DROP TABLE t", false, &[("a", true), ("b", false)]);
        expect("SELECT 1; /* a */\n", "DROP TABLE t", false, &[("a", true)]);
        expect("", " -- a\n DROP TABLE t", true, &[("a", true)]);
        expect("", " -- a\n DROP TABLE t", false, &[("a", false)]);
        expect("", " /* a */ DROP\n TABLE t -- b\n", true, &[("a", false), ("b", false)]);
    }

    #[test]
    fn quotes_hold_no_comments() {
        expect("", "COMMENT ON TABLE \"/* a */\" IS '/* b */ -- c' || E'\\'/* d */' || $$ /* e */ $$ || $x$ -- f $x$", false, &[]);
        expect("SELECT ';/* a */';", " DROP TABLE t", true, &[]);
        expect("", "SELECT 1 */* a */ 2", false, &[("a", false)]);
        expect("", "SELECT '\\' /* a */, ''", false, &[("a", false)]);
        let escaped = comments(b"", b"SELECT '\\' /* a */, ''", false, true);
        assert_eq!(escaped, vec![]);
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        for text in ["/* a", "-- a", "'/* a", "$$/* a", "/*", "--", "/", "/* /* */"] {
            assert!(found(text, text, true).len() <= 2, "{text}");
        }
    }
}
