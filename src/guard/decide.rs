//! What becomes of the findings on a statement: it is refused, or warned of, or allowed.

use super::audit::{self, Kind};
use super::message::{self, Ways};
use super::permits::{Note, Permit, Permits};
use super::shim::Statement;
use super::tell::tell;
use super::{once, say, told, unless_broken};
use crate::error::{Error, Report, sqlstate};
use crate::guc::GuardMode;
use pgrx::pg_sys;
use zdm_analyzer::finding::{Finding, Risk};

/// Refuses or warns, as the mode says; what is allowed passes and is told. Says whether there was such.
pub fn decide(statement: &Statement, findings: &[Finding], mode: GuardMode) -> Result<bool, Error> {
    let mut permits = Permits::of(statement, findings)?;
    let everything = permits.cover_everything();
    let unjudged: Vec<&Finding> = findings
        .iter()
        // of what does not exist the server will tell
        .filter(|finding| finding.risk == Risk::Unknown && finding.rule != Some("missing-object") && !permits.cover(finding))
        .collect();
    let dangers: Vec<&Finding> = findings.iter().filter(|finding| finding.risk == Risk::Danger).collect();
    let (used, clean) = pass(statement, &mut permits, dangers, mode)?;
    if clean {
        permits.notes.iter().for_each(remark);
        audit::findings(Kind::Warned, &unjudged, statement, None);
        unjudged.into_iter().for_each(|finding| tell(pg_sys::WARNING, &message::unjudged(finding, false)));
    }
    Ok(used || everything)
}

/// The same for what is seen only when it happens.
pub fn refuse_or_warn(statement: &Statement, findings: &[Finding], mode: GuardMode) -> Result<(), Error> {
    let mut permits = Permits::of(statement, findings)?;
    pass(statement, &mut permits, findings.iter().collect(), mode).map(|_| ())
}

/// Refuses or warns of what is not allowed. Says whether anything is, and whether all is.
fn pass(statement: &Statement, permits: &mut Permits, findings: Vec<&Finding>, mode: GuardMode) -> Result<(bool, bool), Error> {
    // the allowances, each with what it covers, and what none covers
    let mut used: Vec<(Permit, Vec<&Finding>)> = std::mem::take(&mut permits.list).into_iter().map(|permit| (permit, Vec::new())).collect();
    let mut left = Vec::new();
    for finding in findings {
        match used.iter_mut().find(|(permit, _)| permit.allowance.covers(finding)) {
            Some((_, covered)) => covered.push(finding),
            None => left.push(finding),
        }
    }
    if !left.is_empty() {
        if let Some(claimed) = unless_broken(statement, mode, || once::claim(statement, &left))? {
            used.extend(claimed.used);
            left = claimed.left;
            permits.notes.extend(claimed.notes);
        }
        permits.note_missing_reasons(&left);
    }
    // A statement that is refused here is not told of as let pass below.
    if !left.is_empty() {
        audit::findings(Kind::of(mode), &left, statement, None);
        let notes = permits.notes.iter().map(|note| note.text.clone()).collect();
        say(message::report(&left, mode, &Ways { alone: statement.alone, notes }))?;
    }
    used.retain(|(_, covered)| !covered.is_empty());
    used.iter().for_each(|(permit, covered)| told::used(permit, covered, statement));
    Ok((!used.is_empty(), left.is_empty()))
}

/// Says what is wrong with an allowance.
fn remark(note: &Note) {
    let code = if note.level == pg_sys::WARNING { sqlstate::WARNING } else { sqlstate::SUCCESSFUL_COMPLETION };
    tell(note.level, &Report { sqlstate: code, message: format!("zdm: {}", note.text), detail: None, hint: None });
}

/// Warns of a statement that a function runs.
pub fn warn_nested(statement: &Statement, findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.risk >= Risk::Unknown) {
        audit::findings(Kind::Warned, &[finding], statement, None);
        tell(pg_sys::WARNING, &message::unjudged(finding, true));
    }
}
