//! Words, and the pieces between them.

use std::ops::Range;

use super::Program;
use crate::parse::token::Kind;

impl Program<'_> {
    pub(super) fn word_at(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        self.text.get(token.span.clone()).map(str::to_ascii_lowercase)
    }

    pub(super) fn is_at(&self, at: usize, wanted: &str) -> bool {
        self.word_at(at).is_some_and(|word| word == wanted)
    }

    pub(super) fn is(&self, wanted: &str) -> bool {
        self.is_at(self.at, wanted)
    }

    /// Past a word that has to be there.
    pub(super) fn expect(&mut self, wanted: &str) -> Option<()> {
        if !self.is(wanted) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    pub(super) fn accept(&mut self, wanted: &str) -> bool {
        let there = self.is(wanted);
        self.at += usize::from(there);
        there
    }

    /// A name, folded as the server folds it.
    pub(super) fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let raw = self.text.get(token.span.clone())?;
        let name = match token.kind {
            Kind::Word => raw.to_lowercase(),
            Kind::Name => raw.trim_matches('"').replace("\"\"", "\""),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// `<< label >>`, if there is one.
    pub(super) fn label(&mut self) -> Option<()> {
        if self.is("<") && self.is_at(self.at + 1, "<") {
            self.at += 2;
            self.name()?;
            self.expect(">")?;
            self.expect(">")?;
        }
        Some(())
    }

    pub(super) fn text_of(&self, tokens: Range<usize>) -> Option<String> {
        if tokens.is_empty() {
            return None;
        }
        let (first, last) = (self.tokens.get(tokens.start)?, self.tokens.get(tokens.end - 1)?);
        self.text.get(first.span.start..last.span.end).map(str::to_owned)
    }

    /// The tokens up to the first of some words that is in no parentheses and in no CASE; stands on that word then.
    pub(super) fn until(&mut self, wanted: &[&str]) -> Option<Range<usize>> {
        let (start, mut open, mut cases) = (self.at, 0_u32, 0_u32);
        while let Some(word) = self.word_at(self.at) {
            if open == 0 && cases == 0 && wanted.contains(&word.as_str()) {
                return Some(start..self.at);
            }
            match word.as_str() {
                "(" | "[" => open += 1,
                ")" | "]" => open = open.checked_sub(1)?,
                "case" => cases += 1,
                "end" => cases = cases.checked_sub(1)?,
                ";" => return None,
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// The same, as text, and past the word.
    pub(super) fn upto(&mut self, wanted: &str) -> Option<String> {
        let tokens = self.until(&[wanted])?;
        self.at += 1;
        self.text_of(tokens)
    }

    pub(super) fn past_semicolon(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let rest = self.tokens.get(start..)?;
        let length = rest.iter().position(|token| token.is(b';'))?;
        self.at = start + length + 1;
        Some(start..start + length)
    }
}
