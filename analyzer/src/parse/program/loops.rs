//! Loops.

use std::ops::Range;

use super::Program;
use crate::ir::{Rows, Step};

impl Program<'_> {
    pub(super) fn body(&mut self) -> Option<Vec<Step>> {
        self.expect("loop")?;
        let body = self.steps()?;
        self.closing("loop")?;
        Some(body)
    }

    pub(super) fn plain_loop(&mut self) -> Option<Step> {
        let condition = match self.accept("while") {
            true => {
                let tokens = self.until(&["loop"])?;
                Some(self.text_of(tokens)?)
            }
            false => None,
        };
        Some(Step::Loop { condition, body: self.body()? })
    }

    pub(super) fn names(&mut self) -> Option<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        Some(names)
    }

    pub(super) fn loop_over(&mut self) -> Option<Step> {
        self.at += 1;
        let targets = self.names()?;
        self.expect("in")?;
        let reverse = self.accept("reverse");
        let tokens = self.until(&["loop"])?;
        let inner = tokens.clone();
        let range = tokens.clone().find(|at| self.is_at(*at, ".") && self.is_at(at + 1, "."));
        if self.is_at(inner.start, "execute") {
            if inner.clone().any(|at| self.is_at(at, "using")) {
                return None;
            }
            let text = self.text_of(inner.start + 1..inner.end)?;
            return Some(Step::Rows { targets, query: Rows::Dynamic(text), body: self.body()? });
        }
        let query = |word: &str| ["select", "with", "values", "(", "table"].contains(&word);
        let is_query = self.word_at(inner.start).is_some_and(|word| query(&word));
        match (range, targets.as_slice()) {
            (Some(dots), [name]) if !is_query => {
                let name = name.clone();
                let (first, last, step) = self.bounds(inner, dots)?;
                Some(Step::Range { name, first, last, step, reverse, body: self.body()? })
            }
            _ if is_query && !reverse => {
                let text = self.text_of(inner)?;
                Some(Step::Rows { targets, query: Rows::Query(text), body: self.body()? })
            }
            _ => None,
        }
    }

    pub(super) fn bounds(&self, tokens: Range<usize>, dots: usize) -> Option<(String, String, Option<String>)> {
        let by = tokens.clone().find(|at| self.is_at(*at, "by"));
        let step = match by {
            Some(by) => Some(self.text_of(by + 1..tokens.end)?),
            None => None,
        };
        let last = self.text_of(dots + 2..by.unwrap_or(tokens.end))?;
        Some((self.text_of(tokens.start..dots)?, last, step))
    }

    pub(super) fn elements(&mut self) -> Option<Step> {
        self.at += 1;
        let name = self.name()?;
        self.expect("in")?;
        self.expect("array")?;
        let tokens = self.until(&["loop"])?;
        let array = self.text_of(tokens)?;
        Some(Step::Elements { name, array, body: self.body()? })
    }

    pub(super) fn leave(&mut self, next: bool) -> Option<Step> {
        self.at += 1;
        let tokens = self.past_semicolon()?;
        if tokens.is_empty() {
            return Some(Step::Leave { condition: None, next });
        }
        if !self.is_at(tokens.start, "when") {
            return None;
        }
        Some(Step::Leave { condition: Some(self.text_of(tokens.start + 1..tokens.end)?), next })
    }
}
