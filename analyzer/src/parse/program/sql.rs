//! Statements of SQL inside a block, and assignments.

use std::ops::Range;

use super::Program;
use crate::ir::{Kind, Part, Step};
use crate::parse::block::{PERFORM, STARTS};

impl Program<'_> {
    /// A statement of SQL, or an assignment.
    pub(super) fn sql(&mut self, word: &str) -> Option<Step> {
        let tokens = self.past_semicolon()?;
        if !STARTS.contains(&word) {
            return self.assignment(tokens);
        }
        let (first, last) = (self.tokens.get(tokens.start)?, self.tokens.get(tokens.end.checked_sub(1)?)?);
        let span = first.span.start..last.span.end;
        let mut text = self.text.get(span.clone())?.to_owned();
        if word == PERFORM {
            text.replace_range(..PERFORM.len(), "SELECT ");
        }
        let mut into = Vec::new();
        if let Some((names, blank)) = self.variables(tokens.clone()) {
            let blank = blank.start - span.start..blank.end - span.start;
            let filler: String = text.get(blank.clone())?.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            if filler.len() != blank.len() {
                return None;
            }
            text.replace_range(blank, &filler);
            into = names;
        }
        let part = self.part(text, span.start)?;
        let queries = ["select", "with", PERFORM].contains(&word);
        match queries {
            true if !into.is_empty() || word == PERFORM => Some(Step::Query { query: part.text.clone(), into, part }),
            _ if !into.is_empty() => Some(Step::Query { query: String::new(), into, part }),
            _ => Some(Step::Run(part)),
        }
    }

    pub(super) fn part(&self, text: String, at: usize) -> Option<Part> {
        let mut statements = (self.read)(&text).ok()?;
        let line = self.line_at(at);
        for statement in &mut statements {
            statement.line = statement.line.saturating_add(line).saturating_sub(1);
            // What ends a transaction is more than is followed here.
            if matches!(statement.kind, Kind::Transaction(_)) {
                return None;
            }
        }
        Some(Part { text, statements, offset: self.offset.map(|offset| offset + at), certain: true })
    }

    /// `name := value;` What is assigned to a part of a variable makes the whole unknown.
    pub(super) fn assignment(&mut self, tokens: Range<usize>) -> Option<Step> {
        let sign = tokens.clone().find(|at| self.is_at(*at, "="))?;
        let end = if sign > tokens.start && self.is_at(sign - 1, ":") { sign - 1 } else { sign };
        let after = self.at;
        self.at = tokens.start;
        let name = self.name()?;
        let whole = self.at == end;
        self.at = after;
        if !whole {
            return Some(Step::Forget(vec![name]));
        }
        Some(Step::Assign { name, value: self.text_of(sign + 1..tokens.end)? })
    }

    /// The variables after INTO, and where they stand with it; a part of a record is the record here.
    pub(super) fn variables(&self, tokens: Range<usize>) -> Option<(Vec<String>, Range<usize>)> {
        let first = ["insert", "merge"];
        let into = tokens.clone().skip(1).find(|at| self.is_at(*at, "into") && !first.iter().any(|word| self.is_at(at - 1, word)))?;
        let mut at = into + 1;
        if self.is_at(at, "strict") {
            at += 1;
        }
        let mut names = Vec::new();
        loop {
            let token = self.tokens.get(at).filter(|_| at < tokens.end)?;
            names.push(self.text.get(token.span.clone())?.trim_matches('"').to_lowercase());
            at += 1;
            while self.is_at(at, ".") {
                at += 2;
            }
            if !self.is_at(at, ",") {
                break;
            }
            at += 1;
        }
        Some((names, self.tokens.get(into)?.span.start..self.tokens.get(at - 1)?.span.end))
    }
}
