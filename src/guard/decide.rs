//! What becomes of the findings on a statement: it is refused, or warned of, or allowed.

use super::allow::{self, Allowance};
use super::audit::{self, Kind};
use super::shim::Statement;
use super::{message, say};
use crate::check::input;
use crate::error::Error;
use crate::guc::{self, GuardMode};
use crate::shim::report;
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
        audit::findings(Kind::of(mode), &left, statement, None);
        say(message::report(&left, mode))?;
    }
    if !covered.is_empty() {
        audit::findings(Kind::Allowed, &covered, statement, allow::reason(&setting));
        report(pg_sys::LOG, &message::allowed(&covered, &setting, &audit::text(statement)));
    }
    if left.is_empty() && !allowance.covers_everything() {
        // of what does not exist the server will tell
        let unjudged = |finding: &&Finding| finding.risk == Risk::Unknown && finding.rule != Some("missing-object");
        for finding in findings.iter().filter(unjudged).filter(|finding| !allowance.covers(finding)) {
            audit::findings(Kind::Warned, &[finding], statement, None);
            report(pg_sys::WARNING, &message::unjudged(finding, false));
        }
    }
    Ok(!covered.is_empty() || allowance.covers_everything())
}

/// The same for what is seen only when it happens.
pub fn refuse_or_warn(statement: &Statement, findings: &[Finding], mode: GuardMode) -> Result<(), Error> {
    let (allowance, setting) = allowance();
    let (covered, left): (Vec<_>, Vec<_>) = findings.iter().partition(|finding| allowance.covers(finding));
    if !left.is_empty() {
        audit::findings(Kind::of(mode), &left, statement, None);
        say(message::report(&left, mode))?;
    }
    audit::findings(Kind::Allowed, &covered, statement, allow::reason(&setting));
    Ok(())
}

/// Warns of a statement that a function runs.
pub fn warn_nested(statement: &Statement, findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.risk >= Risk::Unknown) {
        audit::findings(Kind::Warned, &[finding], statement, None);
        report(pg_sys::WARNING, &message::unjudged(finding, true));
    }
}
