//! Findings as a document: for people ([`Format::Text`], [`Format::Markdown`]), for programs ([`Format::Json`], [`Format::Sarif`]), and for a CI
//! that reads what a command prints ([`Format::Github`]).
//!
//! Pure: from findings and the text that they speak of to a string. What we add of our own is ASCII, so that a document fits into a database of any
//! encoding that the checked text fits into.

mod github;
mod json;
mod markdown;
mod place;
mod sarif;
mod text;

use crate::finding::{Finding, Risk};
use crate::lock::LockMode;
use place::Places;

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Text,
    Markdown,
    Json,
    Sarif,
    Github,
}

impl Format {
    /// The names, in the order in which they are listed.
    pub const NAMES: [&str; 5] = ["text", "markdown", "json", "sarif", "github"];

    /// The format of this name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "text" => Self::Text,
            "markdown" => Self::Markdown,
            "json" => Self::Json,
            "sarif" => Self::Sarif,
            "github" => Self::Github,
            _ => return None,
        })
    }
}

/// What a document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The text that was checked.
    pub text: &'a str,
    /// The file that it came from, as others know it.
    pub file: Option<&'a str>,
    pub findings: &'a [Finding],
    /// Of pg_zdm.
    pub version: &'a str,
    /// Major version of the server.
    pub server: u32,
}

/// The document.
pub fn render(format: Format, source: &Source) -> String {
    let places = Places::new(source.text, source.findings);
    match format {
        Format::Text => text::render(source, &places),
        Format::Markdown => markdown::render(source, &places),
        Format::Json => json::render(source, &places),
        Format::Sarif => sarif::render(source, &places),
        Format::Github => github::render(source, &places),
    }
}

/// `1 danger, 2 safe in 3 statements`.
pub fn summary(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "no statement to check".to_owned();
    }
    let counts = Risk::ALL.into_iter().rev().filter_map(|risk| match count(findings, risk) {
        0 => None,
        number => Some(format!("{number} {}", risk.as_str())),
    });
    let statements = statements(findings);
    format!("{} in {statements} statement{}", counts.collect::<Vec<_>>().join(", "), if statements == 1 { "" } else { "s" })
}

fn count(findings: &[Finding], risk: Risk) -> usize {
    findings.iter().filter(|finding| finding.risk == risk).count()
}

/// How many statements the findings speak of; they come in the order of statements.
fn statements(findings: &[Finding]) -> usize {
    findings.chunk_by(|one, next| one.statement == next.statement).count()
}

/// What there is to say something about.
fn notable<'a>(source: &Source<'a>) -> impl Iterator<Item = &'a Finding> + use<'a> {
    source.findings.iter().filter(|finding| finding.risk > Risk::Safe)
}

/// The lock, for people: `ShareLock on public.users`.
fn lock(finding: &Finding) -> Option<String> {
    let lock = finding.lock?.pg_name();
    Some(match &finding.object {
        Some(object) => format!("{lock} on {object}"),
        None => lock.to_owned(),
    })
}

/// Who waits and for how long, for people: `writes, for 12 to 95 s`.
fn blocked(finding: &Finding) -> String {
    let whom = match finding.lock {
        None if finding.risk == Risk::Unknown => "not known",
        Some(LockMode::RowExclusive) if finding.estimate.is_some() => "changes of the same rows",
        _ => finding.blocks.as_str(),
    };
    match finding.estimate {
        Some(estimate) => format!("{whom}, for {}", estimate.text()),
        None => whom.to_owned(),
    }
}

/// What to do instead.
enum Instead<'a> {
    /// To be run in place of the statement.
    Sql(&'a str),
    Advice(&'a str),
}

fn instead(finding: &Finding) -> Option<Instead<'_>> {
    let hint = finding.hint.as_deref()?.trim();
    Some(if finding.runnable { Instead::Sql(hint) } else { Instead::Advice(hint) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;
    use crate::testing::examples;

    #[test]
    fn formats_have_their_names() {
        assert!(Format::NAMES.iter().all(|name| Format::named(name).is_some()));
        assert_eq!(Format::named("Text"), None);
        assert_eq!(Format::named(""), None);
    }

    #[test]
    fn summaries_count() {
        let db = examples();
        assert_eq!(summary(&check("", &db)), "no statement to check");
        assert_eq!(summary(&check("SELECT 1", &db)), "1 safe in 1 statement");
        let text = "DROP TABLE codes; ALTER TABLE users ADD a int; DO 'x'; SELECT 1; SELECT 2";
        assert_eq!(summary(&check(text, &db)), "1 danger, 1 unknown, 1 caution, 2 safe in 5 statements");
    }

    #[test]
    fn every_format_stands_any_text() {
        let db = examples();
        let long = format!("/* {} */ DROP TABLE orders", "é".repeat(5000));
        let name = "DROP TABLE \"a\nb|c`*<x>\"\"%\"";
        let texts =
            ["", "--", "ALTER TABLE", "\\d", "DROP TABLE\torders;\n\n\r\nDROP TABLE users -- ü", &long, name, "SELECT 1 \0", "DO 'ü\n'"];
        for text in texts {
            let findings = check(text, &db);
            for format in Format::NAMES.into_iter().filter_map(Format::named) {
                let source = Source { text, file: Some("a b/ü,:%.sql"), findings: &findings, version: "0", server: 18 };
                let document = render(format, &source);
                assert!(matches!(format, Format::Github) || !document.is_empty(), "{text:?}");
            }
        }
    }
}
