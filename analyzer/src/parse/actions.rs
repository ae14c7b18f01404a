//! Where the actions of an `ALTER TABLE` stand in its text. The parser's tree does not say.

use std::ops::Range;

use pg_query::protobuf::{ScanToken, Token};

/// The bytes of each action; `None` when the text is not of the form `ALTER kind name action, ...`.
pub fn actions(sql: &str) -> Option<Vec<Range<usize>>> {
    let tokens = pg_query::scan_tokens(sql).ok()?;
    let tokens: Vec<_> = tokens.iter().filter(|token| !is_comment(token) && token.token != Token::Ascii59 as i32).collect();
    let mut at = header(&tokens)?;
    let mut out: Vec<Range<usize>> = Vec::new();
    let (mut depth, mut begins) = (0_usize, true);
    while let Some(token) = tokens.get(at) {
        at += 1;
        let (start, end) = (usize::try_from(token.start).ok()?, usize::try_from(token.end).ok()?);
        match token.token() {
            Token::Ascii40 | Token::Ascii91 => depth += 1,
            Token::Ascii41 | Token::Ascii93 => depth = depth.saturating_sub(1),
            Token::Ascii44 if depth == 0 => {
                begins = true;
                continue;
            }
            _ => {}
        }
        match out.last_mut().filter(|_| !begins) {
            Some(action) => action.end = end,
            None => out.push(start..end),
        }
        begins = false;
    }
    Some(out)
}

fn is_comment(token: &ScanToken) -> bool {
    matches!(token.token(), Token::SqlComment | Token::CComment)
}

/// The number of tokens before the first action.
fn header(tokens: &[&ScanToken]) -> Option<usize> {
    let is = |at: usize, wanted: &[Token]| tokens.get(at).is_some_and(|token| wanted.contains(&token.token()));
    if !is(0, &[Token::Alter]) {
        return None;
    }
    let mut at = 1;
    if is(at, &[Token::Foreign, Token::Materialized]) {
        at += 1;
    }
    if !is(at, &[Token::Table, Token::Index, Token::View, Token::Sequence, Token::TypeP]) {
        return None;
    }
    at += 1;
    if is(at, &[Token::IfP]) && is(at + 1, &[Token::Exists]) {
        at += 2;
    }
    if is(at, &[Token::Only]) {
        at += 1;
    }
    let parenthesis = is(at, &[Token::Ascii40]);
    at += usize::from(parenthesis) + 1;
    while is(at, &[Token::Ascii46]) {
        at += 2;
    }
    at += usize::from(parenthesis);
    if is(at, &[Token::Ascii42]) {
        at += 1;
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::actions;

    #[test]
    fn actions_are_found_where_they_stand() {
        for (sql, expected) in [
            ("ALTER TABLE users ADD COLUMN a int", &["ADD COLUMN a int"][..]),
            (
                "alter table if exists only \"a.b\" . \"c\" add d numeric(1, 2) -- , no\n , /* , */ drop e",
                &["add d numeric(1, 2)", "drop e"][..],
            ),
            (
                "ALTER TABLE ONLY (t) ADD CHECK (a IN (1, 2)), ADD b int[] DEFAULT ARRAY[1, 2];",
                &["ADD CHECK (a IN (1, 2))", "ADD b int[] DEFAULT ARRAY[1, 2]"],
            ),
            ("ALTER TABLE t * ADD a text DEFAULT ',', ADD b int", &["ADD a text DEFAULT ','", "ADD b int"]),
            ("ALTER TABLE é ADD \"ü, ö\" int, ADD b int", &["ADD \"ü, ö\" int", "ADD b int"]),
            ("ALTER FOREIGN TABLE s.t DROP a", &["DROP a"]),
        ] {
            let found = actions(sql).unwrap_or_default();
            let texts: Vec<_> = found.into_iter().map(|range| &sql[range]).collect();
            assert_eq!(texts, expected, "{sql}");
        }
        assert_eq!(actions("CREATE TABLE t (a int, b int)"), None);
        assert_eq!(actions("ALTER TABLE"), Some(Vec::new()));
    }
}
