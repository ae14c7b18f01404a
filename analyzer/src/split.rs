//! A text in its statements, for programs that run them one by one.

use std::ops::Range;

use crate::ir::Kind;
use crate::parse;

/// A statement, or something for psql.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The line on which it begins, from 1.
    pub line: u32,
    /// Its bytes in the text.
    pub span: Range<usize>,
    /// The command tag; empty when the text is not understood as a whole.
    pub tag: String,
    /// psql reads it, and the server must not.
    pub client: bool,
}

/// The pieces of a text in their order. A text that the parser refuses is cut at its semicolons.
pub fn split(sql: &str) -> Vec<Piece> {
    match parse::statements(sql, &|| false) {
        Ok(statements) => statements
            .into_iter()
            .map(|statement| Piece {
                line: statement.line,
                span: statement.span,
                client: matches!(statement.kind, Kind::Client(_)) || statement.tag.starts_with('\\'),
                tag: statement.tag,
            })
            .collect(),
        Err(_) => {
            let piece = |span: Range<usize>| Piece { line: parse::line_of(sql, span.start), span, tag: String::new(), client: false };
            parse::cut_at_semicolons(sql).into_iter().map(piece).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut() {
        let said = |sql: &str| -> Vec<(u32, String)> { split(sql).into_iter().map(|one| (one.line, sql[one.span].to_owned())).collect() };
        let expected =
            |list: &[(u32, &str)]| -> Vec<(u32, String)> { list.iter().map(|(line, text)| (*line, (*text).to_owned())).collect() };
        assert_eq!(said("SELECT ';';\n-- a;\nSELECT $$;$$;"), expected(&[(1, "SELECT ';'"), (3, "SELECT $$;$$")]));
        assert_eq!(said("SELECT 1;\nSELEC ';';\n;"), expected(&[(1, "SELECT 1"), (2, "SELEC ';'")]));
        assert_eq!(said("\\set x 1\nSELECT 1"), expected(&[(1, "\\set x 1"), (2, "SELECT 1")]));
    }
}
