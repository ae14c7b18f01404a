//! For a terminal: each finding with its place underlined, and what to run instead, ready to be pasted.

use std::fmt::Write;
use std::ops::Range;

use super::place::Places;
use super::{Instead, Source, blocked, instead, lock, notable, summary};
use crate::finding::Finding;

/// So many lines of a place are shown.
const LINES: usize = 6;
/// So many characters of a line, and so many of them before the place.
const WIDTH: usize = 120;
const BEFORE: usize = 30;
/// So many characters of a sentence in a line.
const SENTENCE: usize = 100;

pub fn render(source: &Source, places: &Places) -> String {
    let mut out = String::new();
    for finding in notable(source) {
        let _ = writeln!(out, "{}: {}", finding.risk.as_str(), finding.message);
        quote(&mut out, finding, places);
        labelled(&mut out, "rule", finding.rule.unwrap_or("none"));
        if let Some(lock) = lock(finding) {
            labelled(&mut out, "lock", &lock);
        }
        labelled(&mut out, "blocks", &blocked(finding));
        if let Some(detail) = &finding.detail {
            labelled(&mut out, "why", &wrapped(detail));
        }
        match instead(finding) {
            Some(Instead::Sql(sql)) => labelled(&mut out, "instead", &format!("\n{sql}")),
            Some(Instead::Advice(advice)) => labelled(&mut out, "advice", &advice.lines().map(wrapped).collect::<Vec<_>>().join("\n")),
            None => {}
        }
        out.push('\n');
    }
    out.push_str(&summary(source.findings));
    out
}

/// `  lock:    ShareLock`, further lines of the value set in.
fn labelled(out: &mut String, label: &str, value: &str) {
    let label = format!("{label}:");
    let mut lines = value.lines();
    // a value that begins with a line end is SQL
    let set_in = if value.starts_with('\n') { "    " } else { "           " };
    let _ = writeln!(out, "{}", format!("  {label:<8} {}", lines.next().unwrap_or_default()).trim_end());
    for line in lines {
        let _ = writeln!(out, "{}", format!("{set_in}{line}").trim_end());
    }
}

/// Sentences, broken into lines.
fn wrapped(text: &str) -> String {
    let (mut out, mut length) = (String::new(), 0);
    for word in text.split_whitespace() {
        let letters = word.chars().count();
        if length > 0 && length + 1 + letters > SENTENCE {
            out.push('\n');
            length = 0;
        } else if length > 0 {
            out.push(' ');
            length += 1;
        }
        out.push_str(word);
        length += letters;
    }
    out
}

/// The lines of the place, as the server shows them in its errors, each with marks below.
fn quote(out: &mut String, finding: &Finding, places: &Places) {
    let mut lines = places.lines(finding);
    for (number, line, place) in lines.by_ref().take(LINES) {
        let label = format!("LINE {number}: ");
        let (shown, place) = window(line, place);
        let _ = writeln!(out, "{label}{shown}");
        let (before, marked) = (shown.get(..place.start).unwrap_or_default(), shown.get(place.clone()).unwrap_or_default());
        let blanks = marked.len() - marked.trim_start().len();
        let (inner, marked) = marked.split_at(blanks);
        if !marked.trim().is_empty() {
            let pad: String = before.chars().chain(inner.chars()).flat_map(|letter| blank(letter).chars()).collect();
            let marks = marked.trim_end().chars().map(width).sum();
            let _ = writeln!(out, "{}{pad}{}", " ".repeat(label.len()), "^".repeat(marks));
        }
    }
    if lines.next().is_some() {
        out.push_str("...\n");
    }
}

/// A part of a line, not too long, and where the place is in it.
fn window(line: &str, place: Range<usize>) -> (String, Range<usize>) {
    if line.len() <= WIDTH {
        return (line.to_owned(), place);
    }
    let head = line.get(..place.start).unwrap_or_default();
    let from = head.char_indices().rev().take(BEFORE).last().map_or(0, |(at, _)| at);
    let rest = line.get(from..).unwrap_or_default();
    let length = rest.char_indices().nth(WIDTH).map_or(rest.len(), |(at, _)| at);
    let (start, end) = (if from > 0 { "..." } else { "" }, if length < rest.len() { "..." } else { "" });
    let shown = format!("{start}{}{end}", rest.get(..length).unwrap_or_default());
    let shift = |at: usize| (at - from).min(length) + start.len();
    (shown, shift(place.start)..shift(place.end))
}

/// Blanks as wide as a character.
fn blank(letter: char) -> &'static str {
    match (letter, width(letter)) {
        ('\t', _) => "\t",
        (_, 0) => "",
        (_, 1) => " ",
        _ => "  ",
    }
}

/// The columns that a character takes on a terminal.
fn width(letter: char) -> usize {
    match letter as u32 {
        0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}
