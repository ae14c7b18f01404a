//! Words, quotes and signs of SQL and PL/pgSQL text, as far as one must tell them apart to see where statements begin and end.

use std::ops::Range;

use super::position::{block_comment, line_comment};

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A keyword, a name or a number, not quoted.
    Word,
    /// A quoted name.
    Name,
    /// `'...'`
    Text,
    /// `$$...$$`
    Dollar,
    /// A single character.
    Sign(u8),
}

/// A token and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub kind: Kind,
    pub span: Range<usize>,
}

impl Token {
    pub fn is(&self, sign: u8) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// The tokens of a text, one after the other; blanks and comments are left out.
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Goes on at another byte.
    pub fn jump(&mut self, at: usize) {
        self.at = at;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The length of what is quoted; a doubled quote is part of it.
fn quoted(bytes: &[u8], quote: u8, escapes: bool) -> usize {
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        if escapes && *byte == b'\\' {
            at += 2;
        } else if *byte != quote {
            at += 1;
        } else if bytes.get(at + 1) == Some(&quote) {
            at += 2;
        } else {
            return at + 1;
        }
    }
    bytes.len()
}

/// `$mark$` at the beginning of a text.
fn mark(bytes: &[u8]) -> Option<&[u8]> {
    let length = 2 + bytes.get(1..)?.iter().position(|byte| !(byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80))?;
    bytes.get(..length).filter(|mark| mark.last() == Some(&b'$') && !mark.get(1).is_some_and(u8::is_ascii_digit))
}

/// Where the next mark ends.
fn end_of(text: &str, from: usize, mark: &[u8]) -> Option<usize> {
    let mark = std::str::from_utf8(mark).ok()?;
    text.get(from..)?.find(mark).map(|at| from + at + mark.len())
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let bytes = self.text.as_bytes();
        loop {
            let rest = bytes.get(self.at..)?;
            let (kind, length) = match rest {
                [] => return None,
                [b' ' | b'\t' | b'\n' | b'\r' | 0x0c | 0x0b, ..] => {
                    self.at += 1;
                    continue;
                }
                [b'-', b'-', ..] => {
                    self.at += line_comment(rest);
                    continue;
                }
                [b'/', b'*', ..] => {
                    self.at += block_comment(rest);
                    continue;
                }
                [b'e' | b'E', b'\'', ..] => (Kind::Text, 1 + quoted(rest.get(1..).unwrap_or_default(), b'\'', true)),
                [b'\'', ..] => (Kind::Text, quoted(rest, b'\'', false)),
                [b'"', ..] => (Kind::Name, quoted(rest, b'"', false)),
                [b'$', ..] => match mark(rest) {
                    // Without its end it takes the rest of the text, as the server reads it.
                    Some(mark) => (Kind::Dollar, end_of(self.text, self.at + mark.len(), mark).map_or(rest.len(), |end| end - self.at)),
                    None => (Kind::Sign(b'$'), 1),
                },
                [byte, ..] if is_word(*byte) => (Kind::Word, rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len())),
                [byte, ..] => (Kind::Sign(*byte), 1),
            };
            let span = self.at..self.at.saturating_add(length).min(bytes.len());
            self.at = span.end;
            return Some(Token { kind, span });
        }
    }
}

/// What a string constant says; `None` when it has escapes.
pub fn unquoted(token: &Token, text: &str) -> Option<String> {
    let raw = text.get(token.span.clone())?;
    match token.kind {
        Kind::Text => Some(raw.strip_prefix('\'')?.strip_suffix('\'')?.replace("''", "'")),
        Kind::Dollar => {
            let mark = mark(raw.as_bytes())?.len();
            raw.get(mark..raw.len().checked_sub(mark)?).map(str::to_owned)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_told_apart() {
        let text = "a -- ; x\n\"b;\" /* ; */ 'c;''' $x$ ; $$ $x$ E'\\';' , d1";
        let kinds: Vec<Kind> = Tokens::new(text).map(|token| token.kind).collect();
        assert_eq!(kinds, [Kind::Word, Kind::Name, Kind::Text, Kind::Dollar, Kind::Text, Kind::Sign(b','), Kind::Word]);
    }

    #[test]
    fn string_constants_are_read() {
        let said = |text: &str| Tokens::new(text).next().and_then(|token| unquoted(&token, text));
        assert_eq!(said("'it''s'").as_deref(), Some("it's"));
        assert_eq!(said("$q$it's$q$").as_deref(), Some("it's"));
        assert_eq!(said("E'x'"), None);
    }
}
