//! The checks on the text and its tokens that come before the grammar.
//!
//! After them the text holds no comment, semicolon or parameter, and all of its quotes are closed, so it cannot reach over its own end. Two
//! shapes that the parser would answer with minutes of work or gigabytes of tree are refused here as well: nested comments, and one source
//! assigned to many columns (the parser repeats it for each of them).

use crate::fragment::{FragmentError, FragmentErrorKind, MAX_BYTES, MAX_TOKENS};
use pg_query::protobuf::{ScanToken, Token};

/// The longest text whose syntax errors are located: it takes a parse for every halving.
const MAX_LOCATED: usize = 64 << 10;

/// The longest quote of the text that an error message repeats, in characters.
const MAX_NEAR: usize = 60;

/// A fragment that passed the checks here.
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    /// What the user calls it.
    pub(super) what: &'static str,
    tokens: Vec<ScanToken>,
}

impl<'a> Text<'a> {
    pub(super) fn check(text: &'a str, what: &'static str) -> Result<Self, FragmentError> {
        if text.len() > MAX_BYTES {
            let error = FragmentError::new(FragmentErrorKind::TooLarge, format!("{what} is too long"));
            return Err(error.detail(format!("It has {} bytes; at most {MAX_BYTES} are allowed.", text.len())));
        }
        if let Some(at) = text.find('\0') {
            let error = FragmentError::syntax(format!("{what} contains a null character"));
            return Err(error.at(position(text, at)));
        }
        if text.bytes().all(|b| matches!(b, b' ' | b'\t'..=b'\r')) {
            return Err(FragmentError::syntax(format!("{what} is empty")));
        }
        if let Some(at) = find_comment(text) {
            return Err(comment(text, what, at));
        }
        let tokens = pg_query::scan_tokens(text).map_err(|e| scan_error(text, what, e))?;
        let this = Self { text, what, tokens };
        this.check_number(this.tokens.len())?;
        this.check_tokens()?;
        this.check_repetition()?;
        Ok(this)
    }

    fn check_tokens(&self) -> Result<(), FragmentError> {
        let what = self.what;
        for (i, token) in self.tokens.iter().enumerate() {
            let at = position(self.text, offset(token.start));
            match token.token() {
                Token::SqlComment | Token::CComment => {
                    return Err(comment(self.text, what, offset(token.start)));
                }
                Token::Ascii59 => {
                    let error = FragmentError::syntax(format!("{what} must not contain a semicolon"));
                    return Err(error.hint("Give only the part of one statement, without the semicolon.").at(at));
                }
                Token::Param => {
                    let error = FragmentError::not_allowed(format!("parameters are not allowed in {what}"));
                    return Err(error.at(at));
                }
                Token::Set => return Err(self.set(i == 0).at(at)),
                Token::CurrentP if self.next_is(i, Token::Of) => {
                    let error = FragmentError::not_allowed(format!("CURRENT OF is not allowed in {what}"));
                    return Err(error.at(at));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The word SET begins nothing that may stand here, and a column of that name can be quoted.
    fn set(&self, first: bool) -> FragmentError {
        let what = self.what;
        if first {
            return FragmentError::syntax(format!("{what} must not begin with SET"))
                .hint("Leave the word out; if it is the name of a column, put it in double quotes.");
        }
        FragmentError::not_allowed(format!("the word SET is not allowed in {what}"))
            .detail("The fragment may only read; it cannot contain another UPDATE.")
            .hint("If it is the name of a column, put it in double quotes.")
    }

    fn next_is(&self, i: usize, token: Token) -> bool {
        self.tokens.get(i + 1).is_some_and(|t| t.token() == token)
    }

    fn check_number(&self, tokens: usize) -> Result<(), FragmentError> {
        if tokens <= MAX_TOKENS {
            return Ok(());
        }
        let error = FragmentError::new(FragmentErrorKind::TooLarge, format!("{} is too large", self.what));
        Err(error.detail(format!(
            "It has {tokens} words, symbols and constants; at most {MAX_TOKENS} are allowed. What is assigned to several columns at once \
             counts for each of them."
        )))
    }

    /// `(a, b, ...) = source`: the parser puts the source into the tree once for each column.
    fn check_repetition(&self) -> Result<(), FragmentError> {
        let mut depth = 0_usize;
        let mut commas = 0_usize;
        // Columns and first token of the source of the assignment that is open.
        let mut open: Option<(usize, usize)> = None;
        let mut total = self.tokens.len();
        for (i, token) in self.tokens.iter().enumerate() {
            match token.token() {
                Token::Ascii40 | Token::Ascii91 => {
                    if depth == 0 {
                        commas = 0;
                    }
                    depth += 1;
                }
                Token::Ascii41 | Token::Ascii93 => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && open.is_none() && self.next_is(i, Token::Ascii61) {
                        open = Some((commas + 1, i));
                    }
                }
                Token::Ascii44 => {
                    commas += 1;
                    if depth == 0
                        && let Some((columns, start)) = open.take()
                    {
                        total += columns * (i - start);
                    }
                }
                _ => {}
            }
        }
        if let Some((columns, start)) = open {
            total += columns * (self.tokens.len() - start);
        }
        self.check_number(total)
    }

    /// The refusal for what the parser says of `prefix`, this text and more.
    pub(super) fn syntax_error(&self, prefix: &str, error: pg_query::Error) -> FragmentError {
        let message = match too_complex(self.what, error) {
            Ok(message) => message,
            Err(error) => return error,
        };
        let at = self.locate(prefix, &message);
        FragmentError::syntax(shorten(&message)).detail(format!("{} could not be parsed.", self.what)).at(at)
    }

    /// The position of the token that the parser stumbled over. It tells only the token's text, so the shortest piece of the text that has
    /// the error already is searched for.
    fn locate(&self, prefix: &str, message: &str) -> Option<usize> {
        if message.ends_with("at end of input") {
            return position(self.text, self.text.len());
        }
        if !message.contains(" at or near \"") || self.text.len() > MAX_LOCATED {
            return None;
        }
        let (mut low, mut high) = (0, self.tokens.len().checked_sub(1)?);
        while low < high {
            let middle = low + (high - low) / 2;
            let piece = self.text.get(..offset(self.tokens.get(middle)?.end))?;
            if fails_within(&format!("{prefix}{piece}")) {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        position(self.text, offset(self.tokens.get(low)?.start))
    }
}

/// The text has a syntax error before its end.
fn fails_within(text: &str) -> bool {
    match super::parse(text) {
        Err(pg_query::Error::Parse(m)) => !m.ends_with("at end of input"),
        _ => false,
    }
}

/// The parser's message, or the refusal if it is that the text is nested too deeply.
pub(super) fn too_complex(what: &str, error: pg_query::Error) -> Result<String, FragmentError> {
    let message = match error {
        pg_query::Error::Parse(m) | pg_query::Error::Scan(m) => m,
        // Only the depth of nesting makes the decoding of a tree fail.
        _ => String::new(),
    };
    // Behind that comes the user's text.
    let said = message.split(" at or near ").next().unwrap_or_default();
    let deep = ["stack depth", "too deep", "memory exhausted"];
    if said.is_empty() || deep.iter().any(|d| said.contains(d)) {
        let error = FragmentError::new(FragmentErrorKind::TooComplex, format!("{what} is nested too deeply"));
        return Err(error.hint("Simplify the expression, for instance by moving a part of it into a function."));
    }
    Ok(message)
}

fn scan_error(text: &str, what: &str, error: pg_query::Error) -> FragmentError {
    let message = match too_complex(what, error) {
        Ok(message) => message,
        Err(error) => return error,
    };
    // What is unterminated is repeated to its end.
    let near = message
        .split_once(" at or near \"")
        .and_then(|(_, near)| near.strip_suffix('"'))
        .filter(|near| !near.is_empty() && text.ends_with(near))
        .map(|near| text.len() - near.len());
    FragmentError::syntax(shorten(&message)).detail(format!("{what} could not be parsed.")).at(near.and_then(|at| position(text, at)))
}

fn comment(text: &str, what: &str, at: usize) -> FragmentError {
    FragmentError::syntax(format!("comments are not allowed in {what}")).at(position(text, at))
}

/// A message with at most [`MAX_NEAR`] characters of the text.
fn shorten(message: &str) -> String {
    let Some((start, near)) = message.split_once(" at or near \"") else {
        return message.to_owned();
    };
    if near.chars().count() <= MAX_NEAR + 1 {
        return message.to_owned();
    }
    let near: String = near.chars().take(MAX_NEAR).collect();
    format!("{start} at or near \"{near}...\"")
}

/// The character position, from 1, of a byte offset.
pub(super) fn position(text: &str, at: usize) -> Option<usize> {
    text.get(..at).map(|before| before.chars().count() + 1)
}

fn offset(of_token: i32) -> usize {
    usize::try_from(of_token).unwrap_or(0)
}

/// No string constant means another thing when `standard_conforming_strings` is off: none has a backslash, but those with E.
pub(super) fn is_safe_without_standard_strings(sql: &str) -> bool {
    pg_query::scan_tokens(sql).is_ok_and(|tokens| {
        tokens.iter().all(|t| {
            let plain = sql.get(offset(t.start)..offset(t.end)).filter(|s| t.token() == Token::Sconst && s.starts_with('\''));
            plain.is_none_or(|s| !s.contains('\\'))
        })
    })
}

/// The first `--` or `/*` outside of quotes. An unclosed quote is for the scanner to report.
fn find_comment(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut i = 0;
    // The identifier, keyword or number that ends here began there.
    let mut word: Option<usize> = None;
    while let Some(&byte) = bytes.get(i) {
        let rest = bytes.get(i..)?;
        if rest.starts_with(b"--") || rest.starts_with(b"/*") {
            return Some(i);
        }
        match byte {
            b'\'' => {
                let escapes = matches!(word.and_then(|w| bytes.get(w..i)), Some(b"e" | b"E"));
                i = end_of_quoted(bytes, i + 1, b'\'', escapes)?;
                word = None;
                continue;
            }
            b'"' => {
                i = end_of_quoted(bytes, i + 1, b'"', false)?;
                word = None;
                continue;
            }
            b'$' if word.is_none() => {
                if let Some(tag) = dollar_tag(rest) {
                    let body = text.get(i + tag.len()..)?;
                    i += 2 * tag.len() + body.find(tag)?;
                    continue;
                }
            }
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'$' | 0x80.. => {
                word = word.or(Some(i));
                i += 1;
                continue;
            }
            _ => {}
        }
        word = None;
        i += 1;
    }
    None
}

/// Behind the closing quote. A doubled quote ends one piece and begins the next, which comes to the same.
fn end_of_quoted(bytes: &[u8], from: usize, quote: u8, escapes: bool) -> Option<usize> {
    let mut i = from;
    loop {
        match *bytes.get(i)? {
            b'\\' if escapes => i += 2,
            // In E'' a doubled quote must not end the reading of escapes.
            b if b == quote && escapes && bytes.get(i + 1) == Some(&quote) => i += 2,
            b if b == quote => return Some(i + 1),
            _ => i += 1,
        }
    }
}

/// `$$` or `$tag$` at the start.
fn dollar_tag(rest: &[u8]) -> Option<&str> {
    let end = 1 + rest.get(1..)?.iter().position(|b| *b == b'$')?;
    let tag = std::str::from_utf8(rest.get(..=end)?).ok()?;
    let inner = tag.get(1..end)?;
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let good = inner.bytes().all(name) && !inner.starts_with(|c: char| c.is_ascii_digit());
    good.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_need_an_e() {
        assert!(is_safe_without_standard_strings(r"a = E'\\x' AND b = 'x' AND c = $$\$$"));
        assert!(!is_safe_without_standard_strings(r"a = '\'"));
        assert!(!is_safe_without_standard_strings(r"a = E'b' || 'it''s \'"));
    }

    #[test]
    fn fragment_comments_are_found_only_outside_of_quotes() {
        for text in [
            "a = '--'",
            "a = '/*'' --'",
            "\"--\" = 1",
            "\"a\"\"/*\" = 1",
            "a = $$--$$",
            "a = $t$ $$ /* $t$",
            r"a = E'\'--'",
            r"a = e'''\\''--'",
            "a = 1 - -1",
            "a = b / c * d",
            "a = U&'--'",
        ] {
            assert_eq!(find_comment(text), None, "{text}");
        }
        for (text, at) in [
            ("a = 1 --", 6),
            ("a /* b */ = 1", 2),
            ("a = 'b'--", 7),
            (r"a = '\'--", 7),
            (r"a = ae'\'--", 9),
            ("a = b$$--$$", 7),
            ("a = $1--", 6),
            ("a = +/*", 5),
            ("é = 'é' --é", 10),
        ] {
            assert_eq!(find_comment(text), Some(at), "{text}");
        }
    }
}
