//! Refuses texts whose tree would need gigabytes, before the grammar sees them.
//!
//! The tree takes some hundred times the text's size, and lies outside the server's own accounting of memory. Two shapes are worse than that: very
//! many small tokens, and `SET (a, b, ...) = (source)`, where the parser's tree holds the source once for each column.

use pg_query::protobuf::{ScanToken, Token};

/// The most tokens a tree is made of, repetitions counted.
const MAX_TOKENS: usize = 300_000;

/// What is wrong with the size of a text, if anything.
pub(super) fn check(sql: &str) -> Result<(), String> {
    // Every token has a byte, and a repetition needs an equals sign.
    if sql.len() <= MAX_TOKENS && !sql.contains('=') {
        return Ok(());
    }
    // What the scanner refuses the parser refuses, too, in better words.
    let Ok(tokens) = pg_query::scan_tokens(sql) else { return Ok(()) };
    match weight(&tokens) {
        weight if weight <= MAX_TOKENS => Ok(()),
        weight => Err(format!("the text is too large: it counts {weight} tokens, at most {MAX_TOKENS} are analyzed")),
    }
}

/// The number of tokens; after `(a, b, c) =` all up to the end of the statement count once for each column.
fn weight(tokens: &[ScanToken]) -> usize {
    let mut commas: Vec<usize> = Vec::new();
    let (mut total, mut columns) = (0_usize, 1_usize);
    for (index, token) in tokens.iter().enumerate() {
        total = total.saturating_add(columns);
        match token.token() {
            Token::Ascii40 => commas.push(0),
            Token::Ascii44 => {
                if let Some(count) = commas.last_mut() {
                    *count += 1;
                }
            }
            Token::Ascii41 => {
                let count = commas.pop().unwrap_or(0);
                if tokens.get(index + 1).is_some_and(|next| next.token() == Token::Ascii61) {
                    columns = columns.max(count + 1);
                }
            }
            Token::Ascii59 if commas.is_empty() => columns = 1,
            _ => {}
        }
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_texts_pass() {
        assert_eq!(check(&"UPDATE t SET (a, b) = (SELECT 1, 2) WHERE (a, b) = (3, 4);\n".repeat(1000)), Ok(()));
    }

    #[test]
    fn many_small_tokens_are_refused() {
        let text = format!("SELECT 1{}", ",1".repeat(MAX_TOKENS / 2));
        assert!(check(&text).is_err(), "expected a refusal of {} bytes", text.len());
    }

    #[test]
    fn a_source_repeated_for_many_columns_is_refused() {
        let columns: Vec<_> = (0..100).map(|number| format!("c{number}")).collect();
        let text = format!("UPDATE t SET ({}) = (SELECT {}1)", columns.join(","), "1+".repeat(5_000));
        assert!(check(&text).is_err(), "expected a refusal of {} bytes", text.len());
    }
}
