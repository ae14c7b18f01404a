//! Where a statement starts and ends.

use std::ops::Range;

/// The bytes of a statement, from its first token to its end. The parser's own location counts the blanks and comments before it, and a
/// length of 0 means "to the end of the text".
pub fn span(sql: &str, location: i32, length: i32) -> Range<usize> {
    let from = usize::try_from(location).unwrap_or(0).min(sql.len());
    let to = match usize::try_from(length) {
        Ok(0) | Err(_) => sql.len(),
        Ok(length) => from.saturating_add(length).min(sql.len()),
    };
    let bytes = sql.as_bytes().get(from..to).unwrap_or_default();
    let start = from + leading(bytes);
    let end = start + content(sql.as_bytes().get(start..to).unwrap_or_default());
    start..end
}

/// How many bytes of blanks and comments a text starts with.
fn leading(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match bytes.get(at..).unwrap_or_default() {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b | b';', ..] => at += 1,
            [b'-', b'-', ..] => at += line_comment(&bytes[at..]),
            [b'/', b'*', ..] => at += block_comment(&bytes[at..]),
            _ => return at,
        }
    }
}

pub(super) fn line_comment(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len())
}

/// The length of a block comment; they nest.
pub(super) fn block_comment(bytes: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        match rest {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The length of a statement's text up to its last token: trailing blanks, comments and the semicolon are left out. Strings, quoted names and
/// dollar quotes are passed over, so that a comment sign inside them is none.
fn content(bytes: &[u8]) -> usize {
    let mut at = 0;
    let mut end = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let step = match rest {
            [b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b, ..] => {
                at += 1;
                continue;
            }
            [b'-', b'-', ..] => {
                at += line_comment(rest);
                continue;
            }
            [b'/', b'*', ..] => {
                at += block_comment(rest);
                continue;
            }
            [quote @ (b'\'' | b'"'), ..] => quoted(rest, *quote, at > 0 && matches!(bytes[at - 1], b'e' | b'E')),
            [b'$', ..] => dollar_quoted(rest).unwrap_or(1),
            [b';'] => {
                at += 1;
                continue;
            }
            _ => 1,
        };
        at += step;
        end = at;
    }
    end.min(bytes.len())
}

fn quoted(bytes: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        if escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            return at + 1;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

fn dollar_quoted(bytes: &[u8]) -> Option<usize> {
    let tag = 2 + bytes.get(1..)?.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))?;
    let mark = bytes.get(..tag).filter(|mark| mark.last() == Some(&b'$') && !mark.get(1).is_some_and(u8::is_ascii_digit))?;
    let body = bytes.get(tag..)?;
    body.windows(tag).position(|window| window == mark).map(|found| tag + found + tag)
}

/// Counts lines, going forward only.
pub struct Lines<'a> {
    sql: &'a str,
    at: usize,
    line: u32,
}

impl<'a> Lines<'a> {
    pub fn new(sql: &'a str) -> Self {
        Self { sql, at: 0, line: 1 }
    }

    /// The line of a byte; positions must not go back.
    pub fn line_at(&mut self, position: usize) -> u32 {
        let passed = self.sql.as_bytes().get(self.at..position).unwrap_or_default();
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = self.at.max(position);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_start_at_the_first_token_and_end_at_the_last() {
        for (sql, expected) in [
            ("select 1", "select 1"),
            ("  \n-- a; b\n/* x /* y */ ; */ select 1 -- end\n", "select 1"),
            ("select '--x' /* c */ ;", "select '--x'"),
            ("do $a$ -- ; $$ $a$ -- x", "do $a$ -- ; $$ $a$"),
            ("select $1", "select $1"),
            (r"select E'\'--' -- x", r"select E'\'--'"),
        ] {
            assert_eq!(&sql[span(sql, 0, 0)], expected, "{sql}");
        }
    }

    #[test]
    fn lines_count_from_one() {
        let mut lines = Lines::new("a\nb\nc");
        assert_eq!([lines.line_at(0), lines.line_at(2), lines.line_at(4)], [1, 2, 3]);
    }
}
