//! For a comment on a pull request.

use std::fmt::Write;

use super::place::Places;
use super::{Instead, Source, blocked, instead, lock, notable, summary};

pub fn render(source: &Source, places: &Places) -> String {
    let mut out = match source.file {
        Some(file) => format!("## {}: {}\n", code(file), summary(source.findings)),
        None => format!("## zdm check: {}\n", summary(source.findings)),
    };
    if notable(source).next().is_some() {
        out.push_str("\n| line | risk | rule | relation | lock | blocks |\n|---|---|---|---|---|---|\n");
    }
    for finding in notable(source) {
        let (start, _) = places.of(finding);
        let cells = [
            start.line.to_string(),
            finding.risk.as_str().to_owned(),
            finding.rule.map(code).unwrap_or_default(),
            finding.object.as_deref().map(code).unwrap_or_default(),
            finding.lock.map(|lock| lock.pg_name().to_owned()).unwrap_or_default(),
            blocked(finding),
        ];
        let _ = writeln!(out, "| {} |", cells.map(|cell| cell.replace('|', "\\|")).join(" | "));
    }
    for finding in notable(source) {
        let (start, _) = places.of(finding);
        let _ = write!(out, "\n### {}: {} (line {})\n\n", finding.risk.as_str(), prose(&finding.message), start.line);
        out.push_str(&fence(places.text(finding)));
        let lock = lock(finding).map(|lock| format!(" Lock: {}.", prose(&lock))).unwrap_or_default();
        let _ = writeln!(out, "\nBlocks: {}.{lock}", blocked(finding));
        if let Some(detail) = &finding.detail {
            let _ = writeln!(out, "\n{}", prose(detail));
        }
        match instead(finding) {
            Some(Instead::Sql(sql)) => {
                let _ = write!(out, "\nInstead:\n\n{}", fence(sql));
            }
            Some(Instead::Advice(advice)) => {
                // SQL stands on lines of its own between the first and the last sentence
                let lines: Vec<&str> = advice.lines().collect();
                match lines.as_slice() {
                    [first, sql @ .., last] if !sql.is_empty() => {
                        let _ = write!(out, "\nAdvice: {}\n\n{}", prose(first), fence(&sql.join("\n")));
                        let _ = writeln!(out, "\n{}", prose(last));
                    }
                    _ => {
                        let _ = writeln!(out, "\nAdvice: {}", prose(advice));
                    }
                }
            }
            None => {}
        }
    }
    out
}

/// A code span that holds any text.
fn code(text: &str) -> String {
    let ticks = "`".repeat(longest(text, '`') + 1);
    let blank = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{ticks}{blank}{}{blank}{ticks}", flat(text))
}

/// A fenced block that holds any text.
fn fence(sql: &str) -> String {
    let ticks = "`".repeat((longest(sql, '`') + 1).max(3));
    format!("{ticks}sql\n{}\n{ticks}\n", sql.trim_end())
}

/// The longest run of a character.
fn longest(text: &str, wanted: char) -> usize {
    let mut run = 0;
    let runs = text.chars().map(|letter| {
        run = if letter == wanted { run + 1 } else { 0 };
        run
    });
    runs.max().unwrap_or(0)
}

/// Text in which no character means anything.
fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let letters: Vec<char> = flat(text).chars().collect();
    let in_word = |letter: Option<&char>| letter.is_some_and(|letter| letter.is_alphanumeric());
    for (at, letter) in letters.iter().enumerate() {
        let inside = at > 0 && in_word(letters.get(at - 1)) && in_word(letters.get(at + 1));
        if matches!(letter, '\\' | '`' | '*' | '<' | '[' | ']' | '|' | '~' | '&' | '#' | '$' | '@') || (*letter == '_' && !inside) {
            out.push('\\');
        }
        out.push(*letter);
    }
    out
}

fn flat(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
