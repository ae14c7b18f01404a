//! From what the rules say to findings: with the facts that decide how much it matters in this database.
//!
//! A danger that is one because it takes long is a caution where there is little data ([`size`]), and gets an estimate where there is much.
//! After that the owner's policy has the word ([`crate::catalog::Policy`]): it changes the risk of a rule or switches it off, but it never makes
//! less of what could not be judged.

mod facts;
pub(crate) mod size;

use crate::catalog::Catalog;
use crate::finding::{Finding, Risk};
use crate::ir::Kind;
use crate::lock::{Blocks, LockMode};
use crate::rules::{Context, Report};

/// Said of a statement of which only such rules spoke as are switched off.
pub(crate) const OFF: &str = "no rule that is on has anything to say";

/// What is left of the rules' reports on a statement; one finding that says `safe` if there is nothing.
pub(crate) fn findings(context: &Context, reports: Vec<(&'static str, Report)>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut off = Vec::new();
    for (rule, report) in reports {
        if context.interrupted() {
            break;
        }
        let mut finding = finding(context, Some(rule), report);
        match obey(&mut finding, context.script().catalog()) {
            Some(reason) => off.push(format!("Policy switches {rule} off: {}.", sentence(&reason))),
            None => findings.push(finding),
        }
    }
    if findings.is_empty() {
        let mut safe = safe(context);
        if !off.is_empty() {
            off.dedup();
            safe.message = OFF.to_owned();
            safe.detail = Some(off.join(" "));
        }
        findings.push(safe);
    }
    findings
}

/// A finding that was not made by a rule, as the policy wants it.
pub fn under_policy(mut finding: Finding, catalog: &dyn Catalog) -> Finding {
    // only such findings come here
    debug_assert!(finding.risk == Risk::Unknown);
    obey(&mut finding, catalog);
    finding
}

/// Does what the policy says; the reason when it wants nothing to be said. What cannot be judged stays at least that.
fn obey(finding: &mut Finding, catalog: &dyn Catalog) -> Option<String> {
    let policy = catalog.policy(finding.rule?, finding.relation)?;
    let unjudged = finding.risk == Risk::Unknown && policy.risk.is_none_or(|risk| risk < Risk::Unknown);
    match policy.risk {
        None if !unjudged => return Some(policy.reason),
        Some(risk) if risk != finding.risk && !unjudged => {
            let was = finding.risk.as_str();
            add(&mut finding.detail, format!("Policy makes it {} instead of {was}: {}.", risk.as_str(), sentence(&policy.reason)));
            finding.risk = risk;
        }
        _ => {}
    }
    None
}

/// A reason, ready for a full stop.
fn sentence(reason: &str) -> &str {
    reason.trim().trim_end_matches('.')
}

fn finding(context: &Context, rule: Option<&'static str>, mut report: Report) -> Finding {
    let mut estimate = None;
    if report.grows {
        let measure = size::measure(context, &report);
        estimate = measure.estimate();
        let mut fact = measure.fact();
        if report.risk == Risk::Danger && !report.keeps_risk && measure.is_small(context.script().catalog().small_table()) {
            report.risk = Risk::Caution;
            fact = fact.map(|fact| format!("{fact}, which is small"));
        }
        if let Some(fact) = fact {
            add(&mut report.detail, format!("{fact}."));
        }
    } else if let Some(fact) = facts::decisive(context, &report) {
        add(&mut report.detail, fact);
    }
    let past = context.past();
    if let Some(sql) = report.hint.as_mut().filter(|_| report.runnable) {
        if past.is_inside() {
            // the block does more than this
            *sql = format!("Leave it out of the block, and run for it:\n{sql}\nRun each by itself.");
            report.runnable = false;
        } else if past.in_block() && !past.outer() {
            // as it is it would be refused there, or gain nothing
            sql.insert_str(0, "-- outside of the transaction:\n");
        }
    }
    let statement = context.statement();
    Finding {
        statement: statement.number,
        line: statement.line,
        place: report.place.unwrap_or_else(|| statement.span.clone()),
        span: statement.span.clone(),
        command: statement.tag.clone(),
        object: report.object,
        relation: report.relation,
        risk: report.risk,
        rule,
        lock: report.lock,
        blocks: report.lock.map_or(Blocks::Nothing, LockMode::blocks),
        rewrites: report.rewrites,
        scans: report.scans,
        estimate,
        message: report.message,
        detail: report.detail,
        hint: report.hint,
        runnable: report.runnable,
    }
}

/// Adds a sentence.
fn add(detail: &mut Option<String>, sentence: String) {
    *detail = Some(match detail.take() {
        Some(before) => format!("{before} {sentence}"),
        None => sentence,
    });
}

/// The row of a statement of which no rule has anything to say.
fn safe(context: &Context) -> Finding {
    let touches = context.effects().touches();
    let strongest = touches.iter().max_by_key(|touch| touch.lock);
    let main = context.main_relation().or_else(|| strongest.map(|touch| touch.relation.clone()));
    match context.kind() {
        Kind::Client(what) => return finding(context, None, context.remark(Risk::Safe, *what)),
        Kind::Block(_) => return finding(context, None, context.remark(Risk::Safe, "nothing in it keeps reads or writes waiting")),
        _ => {}
    }
    let message = match strongest {
        None => "takes no table lock that keeps reads or writes waiting",
        Some(touch) if touch.lock < LockMode::Share => "keeps neither reads nor writes waiting",
        Some(_) => "locks only what is new, temporary or empty",
    };
    let report = match main {
        Some(relation) => context.report(Risk::Safe, &relation, message),
        None => context.remark(Risk::Safe, message),
    };
    finding(context, None, report)
}
