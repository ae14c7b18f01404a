//! For programs: `docs/check-json.md` describes every member. One that is added leaves the version as it is, one that changes or goes raises it.

use serde::Serialize;

use super::place::Places;
use super::{Source, count, statements};
use crate::finding::{Finding, Risk};

/// Of the document.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    zdm: &'a str,
    server: u32,
    file: Option<&'a str>,
    risk: &'static str,
    summary: Summary,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Summary {
    statements: usize,
    danger: usize,
    unknown: usize,
    caution: usize,
    safe: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    statement: u32,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    text: &'a str,
    command: &'a str,
    object: Option<&'a str>,
    risk: &'static str,
    rule: Option<&'static str>,
    lock_mode: Option<&'static str>,
    blocks: Option<&'static str>,
    rewrites: Option<bool>,
    scans: Option<bool>,
    estimate_low: Option<f64>,
    estimate_high: Option<f64>,
    message: &'a str,
    detail: Option<&'a str>,
    hint: Option<&'a str>,
    runnable: bool,
}

pub fn render(source: &Source, places: &Places) -> String {
    let findings = source.findings;
    let document = Document {
        version: VERSION,
        zdm: source.version,
        server: source.server,
        file: source.file,
        risk: findings.iter().map(|finding| finding.risk).max().unwrap_or(Risk::Safe).as_str(),
        summary: Summary {
            statements: statements(findings),
            danger: count(findings, Risk::Danger),
            unknown: count(findings, Risk::Unknown),
            caution: count(findings, Risk::Caution),
            safe: count(findings, Risk::Safe),
        },
        findings: findings.iter().map(|finding| entry(finding, places)).collect(),
    };
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn entry<'a>(finding: &'a Finding, places: &Places<'a>) -> Entry<'a> {
    let (start, end) = places.of(finding);
    Entry {
        statement: finding.statement,
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        text: places.text(finding),
        command: &finding.command,
        object: finding.object.as_deref(),
        risk: finding.risk.as_str(),
        rule: finding.rule,
        lock_mode: finding.lock.map(|lock| lock.pg_name()),
        blocks: (finding.lock.is_some() || finding.risk != Risk::Unknown).then(|| finding.blocks.as_str()),
        rewrites: finding.rewrites,
        scans: finding.scans,
        estimate_low: finding.estimate.map(|estimate| estimate.low.as_secs_f64()),
        estimate_high: finding.estimate.map(|estimate| estimate.high.as_secs_f64()),
        message: &finding.message,
        detail: finding.detail.as_deref(),
        hint: finding.hint.as_deref(),
        runnable: finding.runnable,
    }
}
