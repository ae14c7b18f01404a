//! What becomes of the findings on a statement: it is refused, or warned of, or allowed.

use super::allow::Allowance;
use super::shim::Statement;
use super::tell::tell;
use super::{message, say};
use crate::check::input;
use crate::error::Error;
use crate::guc::{self, GuardMode};
use pgrx::pg_sys;
use zdm_analyzer::finding::{Finding, Risk};

/// What `zdm.allow` lets pass.
fn allowance() -> (Allowance, String) {
    let setting = guc::ALLOW.get().and_then(|value| input::to_utf8(value.to_bytes())).unwrap_or_default();
    // the check hook has accepted it
    (Allowance::parse(&setting).unwrap_or_default(), setting)
}

/// Refuses or warns, as the mode says; what `zdm.allow` covers passes and is logged. Says whether there was such.
pub fn decide(statement: &Statement, findings: &[Finding], mode: GuardMode) -> Result<bool, Error> {
    let (allowance, setting) = allowance();
    let (covered, left): (Vec<_>, Vec<_>) =
        findings.iter().filter(|finding| finding.risk == Risk::Danger).partition(|finding| allowance.covers(finding));
    // A statement that is refused here is not written down as let pass below.
    if !left.is_empty() {
        say(message::report(&left, mode))?;
    }
    if !covered.is_empty() {
        let text = statement.text.exact().and_then(input::to_utf8).unwrap_or_default();
        tell(pg_sys::LOG, &message::allowed(&covered, &setting, &text));
    }
    if left.is_empty() && !allowance.covers_everything() {
        // of what does not exist the server will tell
        let unjudged = |finding: &&Finding| finding.risk == Risk::Unknown && finding.rule != Some("missing-object");
        for finding in findings.iter().filter(unjudged).filter(|finding| !allowance.covers(finding)) {
            tell(pg_sys::WARNING, &message::unjudged(finding, false));
        }
    }
    Ok(!covered.is_empty() || allowance.covers_everything())
}

/// The same for what is seen only when it happens.
pub fn refuse_or_warn(findings: &[Finding], mode: GuardMode) -> Result<(), Error> {
    let (allowance, _) = allowance();
    let left: Vec<_> = findings.iter().filter(|finding| !allowance.covers(finding)).collect();
    if left.is_empty() { Ok(()) } else { say(message::report(&left, mode)) }
}

/// Warns of a statement that a function runs.
pub fn warn_nested(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.risk >= Risk::Unknown) {
        tell(pg_sys::WARNING, &message::unjudged(finding, true));
    }
}
