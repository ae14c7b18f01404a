//! Where it is told that an allowance was used, and that what is let pass has changed: the server's log.

use super::message;
use super::permits::Permit;
use super::shim::Statement;
use crate::check::input;
use crate::error::{Report, sqlstate};
use crate::shim::report;
use pgrx::pg_sys;
use zdm_analyzer::finding::Finding;

/// An allowance lets a statement pass.
pub fn used(permit: &Permit, findings: &[&Finding], statement: &Statement) {
    let text = statement.text.exact().and_then(input::to_utf8).unwrap_or_default();
    report(pg_sys::LOG, &message::allowed(permit, findings, &text));
}

/// A change of what is let pass.
pub struct Change<'a> {
    /// What was done, as a message: `allowance 1 was given`.
    pub what: String,
    /// Rule and object, if it is about such.
    pub item: Option<String>,
    /// The role that it is for.
    pub role: Option<pg_sys::Oid>,
    pub reason: Option<&'a str>,
}

pub fn changed(change: &Change) {
    let parts = [
        change.item.as_ref().map(|item| format!("It is for {item}.")),
        change.role.map(|role| format!("The role is {}.", message::role(role))),
        change.reason.map(|reason| format!("The reason is: {reason}")),
    ];
    let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    report(
        pg_sys::LOG,
        &Report {
            sqlstate: sqlstate::SUCCESSFUL_COMPLETION,
            message: change.what.clone(),
            detail: (!detail.is_empty()).then_some(detail),
            hint: None,
        },
    );
}
