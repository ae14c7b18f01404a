//! What stands in a file for psql and is not for the server: its own commands, and the rows that follow a `COPY ... FROM stdin`.
//!
//! They are replaced by blanks, so that every position stays what it was, and told apart from statements. psql reads a backslash as the beginning of a
//! command wherever it does not stand inside quotes or a comment; SQL has no other use for one.

use std::ops::Range;

use super::token::{Kind, Token, Tokens};
use crate::ir;

/// A text without what is psql's.
#[derive(Debug)]
pub struct Cut {
    pub text: String,
    pub pieces: Vec<Piece>,
}

/// Something for psql.
#[derive(Debug)]
pub struct Piece {
    pub span: Range<usize>,
    pub tag: String,
    pub kind: ir::Kind,
}

/// The byte order mark that some editors put at the beginning of a file; psql leaves it out.
const MARK: char = '\u{feff}';

/// `None` when there is nothing for psql in the text.
pub fn cut(sql: &str) -> Option<Cut> {
    if !sql.contains('\\') && !sql.starts_with(MARK) {
        return None;
    }
    let mut cut = Cut { text: String::new(), pieces: Vec::new() };
    let mut blanks: Vec<(Range<usize>, bool)> = Vec::new();
    if sql.starts_with(MARK) {
        blanks.push((0..MARK.len_utf8(), false));
    }
    let mut tokens = Tokens::new(sql);
    tokens.jump(blanks.first().map_or(0, |(span, _)| span.end));
    let mut copy = Seen::Start;
    let mut depth = 0_u32;
    // From here on no line ends data.
    let mut endless = false;
    while let Some(token) = tokens.next() {
        match token.kind {
            Kind::Sign(b'(') => depth = depth.saturating_add(1),
            Kind::Sign(b')') => depth = depth.saturating_sub(1),
            Kind::Sign(b';') if depth == 0 => {
                let data = if copy == Seen::Stdin && !endless { data_after(sql, token.span.end) } else { None };
                endless |= copy == Seen::Stdin && data.is_none();
                if let Some(data) = data {
                    tokens.jump(data.end);
                    blanks.push((data.clone(), false));
                    cut.pieces.push(Piece {
                        span: data,
                        tag: "COPY DATA".to_owned(),
                        kind: ir::Kind::Client("rows for COPY, not looked at"),
                    });
                }
                copy = Seen::Start;
            }
            Kind::Sign(b'\\') => {
                let (piece, ends) = command(sql, token.span.start);
                tokens.jump(piece.span.end);
                blanks.push((piece.span.clone(), ends));
                if ends {
                    (copy, depth) = (Seen::Start, 0);
                }
                cut.pieces.extend((!piece.tag.is_empty()).then_some(piece));
            }
            _ if depth == 0 => copy = copy.next(sql, &token),
            _ => {}
        }
    }
    if blanks.is_empty() {
        return None;
    }
    let mut text = sql.as_bytes().to_vec();
    for (span, ends) in blanks {
        let start = span.start;
        for byte in text.get_mut(span).unwrap_or_default().iter_mut().filter(|byte| **byte != b'\n') {
            *byte = b' ';
        }
        if let (true, Some(byte)) = (ends, text.get_mut(start)) {
            *byte = b';';
        }
    }
    cut.text = String::from_utf8(text).ok()?;
    Some(cut)
}

/// How much of `COPY ... FROM stdin` was read of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    Start,
    Word,
    From,
    Stdin,
    Other,
}

impl Seen {
    fn next(self, sql: &str, token: &Token) -> Self {
        let word =
            |wanted: &str| token.kind == Kind::Word && sql.get(token.span.clone()).is_some_and(|word| word.eq_ignore_ascii_case(wanted));
        match self {
            Self::Start if word("copy") => Self::Word,
            Self::Start => Self::Other,
            Self::Word if word("from") => Self::From,
            Self::From if word("stdin") => Self::Stdin,
            Self::From => Self::Other,
            other => other,
        }
    }
}

/// The lines after a COPY up to the one that ends the data. Without that line there are none.
fn data_after(sql: &str, semicolon: usize) -> Option<Range<usize>> {
    let start = semicolon + sql.get(semicolon..)?.find('\n')? + 1;
    let mut at = start;
    for line in sql.get(start..)?.split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\n', '\r']) == "\\." {
            return Some(start..at);
        }
    }
    None
}

/// A command of psql at a backslash, and whether it sends off the statement before it.
fn command(sql: &str, start: usize) -> (Piece, bool) {
    let rest = sql.get(start..).unwrap_or_default();
    if rest.starts_with("\\;") || rest.starts_with("\\\\") {
        // A semicolon that psql does not act on, or a separator of commands.
        return (Piece { span: start..start + 2, tag: String::new(), kind: ir::Kind::Ignored }, rest.starts_with("\\;"));
    }
    // Another command may follow on the same line.
    let end = rest.as_bytes().windows(2).position(|two| two == b"\\\\" || two.starts_with(b"\n"));
    let line = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end();
    let name: String = line.chars().skip(1).take_while(|letter| !letter.is_whitespace() && *letter != '\\').collect();
    let span = start..start + line.len();
    let dynamic = |reason| ir::Kind::Opaque { reason, rule: ir::OpaqueRule::DynamicSql };
    let kind = match name.as_str() {
        "i" | "ir" | "include" | "include_relative" => dynamic("the file that psql reads here is not at hand"),
        "gexec" => dynamic("psql runs the rows of the query as statements"),
        "c" | "connect" => dynamic("what follows runs in another session, perhaps in another database"),
        "!" => dynamic("a command of the shell may do anything"),
        "if" | "elif" | "else" | "endif" => ir::Kind::Client("a condition for psql; all branches are looked at"),
        "copy" => ir::Kind::Client("rows that psql copies, not looked at"),
        _ => ir::Kind::Client("a command for psql"),
    };
    let sends = name.starts_with('g') && !name.starts_with("getenv") || matches!(name.as_str(), "crosstabview" | "watch" | "bind");
    (Piece { span, tag: format!("\\{name}"), kind }, sends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(sql: &str) -> (String, Vec<String>) {
        let cut = cut(sql).expect("something for psql");
        assert_eq!(cut.text.len(), sql.len());
        (cut.text.split_whitespace().collect::<Vec<_>>().join(" "), cut.pieces.into_iter().map(|piece| piece.tag).collect())
    }

    #[test]
    fn commands_are_cut_out() {
        let (text, found) = tags("\\set ON_ERROR_STOP on\nSELECT 1 \\gset x_\n\\if :x\n\\i other.sql\n\\endif\nSELECT 2;");
        assert_eq!(text, "SELECT 1 ; SELECT 2;");
        assert_eq!(found, ["\\set", "\\gset", "\\if", "\\i", "\\endif"]);
    }

    #[test]
    fn many_on_one_line_are_cut_out_in_no_time() {
        let start = std::time::Instant::now();
        for sql in ["\\;".repeat(300_000), "\\x\\\\".repeat(200_000)] {
            assert!(cut(&sql).is_some());
        }
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }

    #[test]
    fn data_is_cut_out() {
        let (text, found) = tags("COPY public.t (a, \"from\") FROM stdin;\n1\tit's\n\\N\t;\n\\.\n\nSELECT 1;");
        assert_eq!(text, "COPY public.t (a, \"from\") FROM stdin; SELECT 1;");
        assert_eq!(found, ["COPY DATA"]);
    }

    #[test]
    fn quotes_keep_their_backslashes() {
        for sql in [r"SELECT E'\'', '\d'", r"SELECT $$\i x$$ -- \c", r#"SELECT "a\b" /* \! */"#] {
            assert!(cut(sql).is_none(), "{sql}");
        }
    }
}
