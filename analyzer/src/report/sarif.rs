//! SARIF 2.1.0 (OASIS), for code scanning. Safe statements are left out; risks become levels: danger is an error, unknown a warning, caution a
//! note.

use serde_json::{Value, json};

use super::place::Places;
use super::{Source, blocked, notable};
use crate::finding::{Finding, Risk};
use crate::rules::{RuleInfo, rules};

pub fn render(source: &Source, places: &Places) -> String {
    let used: Vec<RuleInfo> =
        rules().into_iter().filter(|rule| source.findings.iter().any(|finding| finding.rule == Some(rule.name))).collect();
    let results: Vec<Value> = notable(source).map(|finding| result(source, places, &used, finding)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "pg_zdm", "version": source.version, "rules": used.iter().map(rule).collect::<Vec<_>>() } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_string_pretty(&document).unwrap_or_default()
}

fn level(risk: Risk) -> &'static str {
    match risk {
        Risk::Danger => "error",
        Risk::Unknown => "warning",
        Risk::Caution => "note",
        Risk::Safe => "none",
    }
}

fn rule(rule: &RuleInfo) -> Value {
    json!({
        "id": rule.name,
        "shortDescription": { "text": rule.summary },
        "help": { "text": rule.docs, "markdown": rule.docs },
        "defaultConfiguration": { "level": level(rule.risk) },
    })
}

fn result(source: &Source, places: &Places, used: &[RuleInfo], finding: &Finding) -> Value {
    let (start, end) = places.of(finding);
    let mut message = vec![finding.message.as_str()];
    message.extend(finding.detail.as_deref());
    message.extend(finding.hint.as_deref());
    let mut result = json!({
        "level": level(finding.risk),
        "message": { "text": message.join("\n") },
        "locations": [{
            "physicalLocation": {
                "artifactLocation": { "uri": uri(source.file.unwrap_or("migration.sql")) },
                "region": {
                    "startLine": start.line,
                    "startColumn": start.column,
                    "endLine": end.line,
                    "endColumn": end.column,
                    "snippet": { "text": places.text(finding) },
                },
            },
        }],
        "partialFingerprints": { "zdmFinding/v1": fingerprint(finding, places) },
        "properties": {
            "risk": finding.risk.as_str(),
            "blocks": blocked(finding),
            "lock": finding.lock.map(|lock| lock.pg_name()),
            "object": finding.object,
            "rewrites": finding.rewrites,
            "scans": finding.scans,
            "instead": finding.hint.as_ref().filter(|_| finding.runnable),
        },
    });
    let index = used.iter().position(|rule| Some(rule.name) == finding.rule);
    if let (Some(rule), Some(index), Some(members)) = (finding.rule, index, result.as_object_mut()) {
        members.insert("ruleId".to_owned(), json!(rule));
        members.insert("ruleIndex".to_owned(), json!(index));
    }
    result
}

/// A path as a URI reference: what is no plain character is written as percent and two digits.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The same for the same finding after lines were put before it (FNV-1a, 64 bits).
fn fingerprint(finding: &Finding, places: &Places) -> String {
    let parts = [finding.rule.unwrap_or_default(), finding.object.as_deref().unwrap_or_default(), places.text(finding)];
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in parts.join("\0").bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    format!("{hash:016x}")
}
