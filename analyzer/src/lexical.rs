//! What the server's lexer would take too long for, seen before it begins: it cannot be cancelled.
//!
//! It takes all characters of operators that follow each other for one token (scan.l, `{operator}`), and a `/*` with all of them behind it
//! (`{xcstart}`), and then puts back what does not belong to it: the sign of a comment and all after it, a `+` or `-` at the end. What was put back is read
//! again for the next token. So a run of them takes time that grows with the square of its length if it holds many tokens: `++++...`, `/**//**/...`.
//! One that is a single token (`*****...` in a banner) is read once or twice.
//!
//! The scan knows what the lexer knows: quotes, comments to the end of the line, comments in comments. It adds up what is put back, and gives up where
//! the lexer would take too long.

mod comments;

pub use comments::{Comment, comments};

/// The deepest nesting of comments that is read.
pub const COMMENTS: usize = 1000;

/// So many characters may be read again in any text: as many as comments nested [`COMMENTS`] deep need without a blank between them.
const AGAIN: usize = 4_000_000;

/// The same of a piece of a text: there may be thousands of them, and each is read by itself.
const AGAIN_IN_A_PIECE: usize = 10_000;

/// And so many times the text's size: of ordinary SQL no character is read more than two or three times.
const TIMES: usize = 16;

/// What is too much for the lexer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Excess {
    /// Comments in comments.
    Comments,
    /// Operators and signs of comments without anything between them.
    Operators,
}

impl std::fmt::Display for Excess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Comments => write!(f, "comments are nested more than {COMMENTS} deep"),
            Self::Operators => f.write_str("too many operators follow each other without a blank"),
        }
    }
}

/// What is too much in a text, if anything. `escapes` says that a backslash is one in every string constant (`standard_conforming_strings` is off).
pub fn excess(text: &[u8], escapes: bool) -> Option<Excess> {
    excess_over(AGAIN, text, escapes)
}

/// What is too much in a statement inside a block or in a text for EXECUTE.
pub fn excess_in_piece(text: &str) -> Option<Excess> {
    excess_over(AGAIN_IN_A_PIECE, text.as_bytes(), false)
}

fn excess_over(again: usize, text: &[u8], escapes: bool) -> Option<Excess> {
    let most = text.len().saturating_mul(TIMES).saturating_add(again);
    // a short text cannot hold so many comments, nor read itself so often: no token puts back more than all of it
    if text.len() <= 2 * COMMENTS && text.len() * text.len() <= most {
        return None;
    }
    let mut scan = Scan::new(text);
    while let Some(byte) = text.get(scan.at).copied() {
        match byte {
            b'\'' => scan.quoted(b'\'', escapes),
            b'"' => scan.quoted(b'"', false),
            b'$' => scan.dollar_quoted(),
            _ if is_word(byte) => scan.word(),
            _ if is_operator(byte) => {
                if let Err(excess) = scan.operator() {
                    return Some(excess);
                }
                if scan.again > most {
                    return Some(Excess::Operators);
                }
            }
            _ => scan.at += 1,
        }
    }
    None
}

/// How far the lexer has come.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    /// The end of the last run of operator characters that was seen.
    run: usize,
    /// The last of [`Self::stretch`].
    stretch: Stretch,
    /// How many characters were read and put back.
    again: usize,
}

/// Operator characters up to a comment: a single operator, but for the signs at its end.
#[derive(Default, Clone, Copy)]
struct Stretch {
    end: usize,
    /// Behind the last character that lets a `+` or `-` be the end of an operator.
    odd: usize,
    /// Where the signs at the end begin.
    tail: usize,
}

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0, run: 0, stretch: Stretch::default(), again: 0 }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The operator characters from here on.
    fn operators(&mut self) -> &'a [u8] {
        if self.at >= self.run {
            self.run = self.at + length(self.rest(), is_operator);
        }
        self.text.get(self.at..self.run).unwrap_or_default()
    }

    /// A name, a keyword or a number, and the string behind an `E`.
    fn word(&mut self) {
        let rest = self.rest();
        // behind digits a dollar begins something new
        let number = rest.first().is_some_and(u8::is_ascii_digit);
        let length = length(rest, |byte| is_word(byte) || byte == b'$' && !number);
        self.at += length;
        if matches!(rest, [b'e' | b'E', b'\'', ..]) {
            self.quoted(b'\'', true);
        }
    }

    /// A quote up to its end; what a doubled quote goes on with is taken for another.
    fn quoted(&mut self, quote: u8, escapes: bool) {
        self.at += 1;
        while let Some(byte) = self.text.get(self.at).copied() {
            self.at += if escapes && byte == b'\\' { 2 } else { 1 };
            if byte != quote {
                continue;
            }
            if self.text.get(self.at) != Some(&quote) {
                return;
            }
            self.at += 1;
        }
    }

    /// `$mark$ ... $mark$`, or a dollar.
    fn dollar_quoted(&mut self) {
        let named = length(self.text.get(self.at + 1..).unwrap_or_default(), is_word);
        let mark = self.text.get(self.at..self.at + named + 2).unwrap_or_default();
        if mark.last() != Some(&b'$') || mark.get(1).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
            return;
        }
        self.at += mark.len();
        // from dollar to dollar: the mark is only compared where one may begin
        while let Some(dollar) = self.rest().iter().position(|byte| *byte == b'$') {
            self.at += dollar;
            if self.rest().starts_with(mark) {
                self.at += mark.len();
                return;
            }
            self.at += 1;
        }
        self.at = self.text.len();
    }

    /// An operator or a comment.
    fn operator(&mut self) -> Result<(), Excess> {
        let run = self.operators();
        if run.starts_with(b"--") {
            self.at += length(self.rest(), |byte| byte != b'\n' && byte != b'\r');
            return Ok(());
        }
        if run.starts_with(b"/*") {
            return self.comment();
        }
        let stretch = self.stretch();
        let end = if stretch.odd > self.at { stretch.end } else { stretch.tail.max(self.at + 1) };
        self.again += self.run.saturating_sub(end);
        self.at = end;
        Ok(())
    }

    /// The operator characters from here on up to a comment; looked at once, however many operators are in them.
    fn stretch(&mut self) -> Stretch {
        if self.at >= self.stretch.end {
            let run = self.operators();
            let length = run.windows(2).position(|two| two == b"/*" || two == b"--").unwrap_or(run.len());
            let run = run.get(..length).unwrap_or_default();
            self.stretch = Stretch {
                end: self.at + length,
                odd: run.iter().rposition(|byte| b"~!@#^&|`?%".contains(byte)).map_or(0, |last| self.at + last + 1),
                tail: self.at + run.iter().rposition(|byte| !matches!(byte, b'+' | b'-')).map_or(0, |last| last + 1),
            };
        }
        self.stretch
    }

    /// A comment with those in it.
    fn comment(&mut self) -> Result<(), Excess> {
        let mut depth = 0_usize;
        loop {
            match self.rest() {
                [b'/', b'*', ..] => {
                    depth += 1;
                    if depth > COMMENTS {
                        return Err(Excess::Comments);
                    }
                    self.again += self.operators().len() - 2;
                    self.at += 2;
                }
                [b'*', rest @ ..] => {
                    self.at += 1 + length(rest, |byte| byte == b'*');
                    if self.text.get(self.at) == Some(&b'/') {
                        self.at += 1;
                        depth -= 1;
                        if depth == 0 {
                            return Ok(());
                        }
                    }
                }
                [] => return Ok(()),
                _ => self.at += 1,
            }
        }
    }
}

/// How many bytes at the beginning of a text are such.
fn length(text: &[u8], such: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| !such(*byte)).unwrap_or(text.len())
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn is_operator(byte: u8) -> bool {
    b"~!@#^&|`?+-*/%<>=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn found(text: &str) -> Option<Excess> {
        excess(text.as_bytes(), false)
    }

    #[test]
    fn ordinary_texts_pass() {
        for text in [
            format!("-- {}\nSELECT 1", "=".repeat(1_000_000)),
            format!("--{}\nSELECT 1", "-".repeat(1_000_000)),
            format!("/*{}*/ SELECT 1", "*".repeat(1_000_000)),
            format!("/*{}/\nSELECT 1", "*".repeat(1_000_000)),
            format!("/{0}\n * a banner\n {0}/ SELECT 1;\n", "*".repeat(70)).repeat(7_000),
            format!("SELECT '{}'", "+/*".repeat(300_000)),
            format!("SELECT E'\\'{}'", "+/*".repeat(300_000)),
            format!("SELECT \"{}\"", "+/*".repeat(300_000)),
            format!("SELECT $a$ $ $$ $b$ {} $a$", "+/*".repeat(300_000)),
            format!("-- {}", "/*".repeat(300_000)),
            format!("/* {} */", "+-".repeat(300_000)),
            "/* y */ ".repeat(100_000),
            "/**/\n".repeat(100_000),
            "SELECT a->>'b' || -1 <= +2 AND c @> d /* e *//* f */;\n".repeat(20_000),
            "SELECT - - - 1;".repeat(50_000),
            format!("SELECT 1{}", "- ".repeat(400_000)),
            format!("SELECT 1 {} 2", "<".repeat(1_000_000)),
            format!("{}{} SELECT 1", "/*".repeat(COMMENTS), "*/".repeat(COMMENTS)),
        ] {
            assert_eq!(found(&text), None, "{:.50}", text);
        }
    }

    #[test]
    fn runs_of_many_tokens_are_refused() {
        for text in [
            "/**/".repeat(50_000),
            "/*/**/*/".repeat(20_000),
            format!("SELECT 1 {}", "+".repeat(40_000)),
            format!("SELECT 1 {}", "@/**/".repeat(8_000)),
            format!("SELECT 1 {}", "<-- \n".repeat(2) + &"-+".repeat(8_000)),
            format!("SELECT $1 {}", "/**/".repeat(50_000)),
            format!("SELECT 1$a$ x $a$ {}", "/**/".repeat(50_000)),
            format!("SELECT a$b$ {}", "/**/".repeat(50_000)),
            format!("SELECT 'it''s' \"'\" e'\\'' {}", "/**/".repeat(50_000)),
            format!("-- it's\n/* it's */ {}", "/**/".repeat(50_000)),
            // many runs, each of a length that would do
            format!("SELECT 1 {}", format!("{} ", "+".repeat(1_000)).repeat(1_000)),
        ] {
            let start = Instant::now();
            assert_eq!(found(&text), Some(Excess::Operators), "{:.50}", text);
            assert!(start.elapsed() < Duration::from_secs(20), "{:.50}", text);
        }
        // the longest run of a single operator that needs no blank: its last character decides
        assert_eq!(found(&format!("SELECT 1 {}@", "+".repeat(40_000))), None);
    }

    #[test]
    fn many_pieces_together_are_read_in_no_more_time_than_one_text() {
        for n in [100, 2_000] {
            let piece = format!("SELECT {}1", "+".repeat(n));
            assert_eq!(found(&piece), None);
            assert_eq!(excess_in_piece(&piece), (n > 100).then_some(Excess::Operators));
        }
    }

    #[test]
    fn deep_comments_are_refused() {
        let deep = |open: &str, n: usize| format!("{}{}", open.repeat(n), "*/".repeat(n));
        for open in ["/*", "/* ", "/*+"] {
            assert_eq!(found(&deep(open, COMMENTS + 1)), Some(Excess::Comments), "{open}");
        }
        assert_eq!(found(&"/*".repeat(200_000)), Some(Excess::Comments));
        assert_eq!(found(&deep("/* ", COMMENTS)), None);
        assert_eq!(found(&format!("SELECT '{}'", "/*".repeat(COMMENTS + 1))), None);
    }

    #[test]
    fn strings_end_where_the_setting_says() {
        let text = format!("SELECT '\\' {} '", "/**/".repeat(50_000));
        assert_eq!(excess(text.as_bytes(), false), Some(Excess::Operators));
        assert_eq!(excess(text.as_bytes(), true), None);
    }

    #[test]
    fn what_does_not_end_ends_with_the_text() {
        for text in ["'", "'a", "E'\\", "\"", "$", "$a", "$a$", "$$ $", "/*", "/**", "--", "-", "e", "+", "1$", "\u{e9}$$"] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
