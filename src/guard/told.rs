//! Where it is told that an allowance was used, and that what is let pass has changed: the server's log, and the audit.

use super::audit::{self, Event, Kind, What};
use super::message;
use super::permits::Permit;
use super::shim::Statement;
use super::tell::tell;
use crate::error::{Report, sqlstate};
use pgrx::pg_sys;
use zdm_analyzer::finding::Finding;

/// An allowance lets a statement pass.
pub fn used(permit: &Permit, findings: &[&Finding], statement: &Statement) {
    audit::findings(Kind::Allowed, findings, statement, permit.allowance.reason());
    tell(pg_sys::LOG, &message::allowed(permit, findings, &audit::text(statement)));
}

/// A change of what is let pass.
pub struct Change<'a> {
    pub kind: Kind,
    /// The function that did it.
    pub command: &'a str,
    /// What was done, as a message: `allowance 1 was given`.
    pub what: String,
    /// Rule and object, if it is about such.
    pub item: Option<(&'a str, Option<&'a str>)>,
    /// The role that it is for.
    pub role: Option<pg_sys::Oid>,
    pub reason: Option<&'a str>,
}

pub fn changed(change: &Change) {
    let role = change.role.map(message::role);
    let (rule, object) = change.item.map_or((None, None), |(rule, object)| (Some(rule), object));
    let what = role.as_ref().map_or_else(|| change.what.clone(), |role| format!("{}, for role {role}", change.what));
    audit::tell(&Event {
        kind: change.kind,
        rule,
        object,
        risk: None,
        command: change.command,
        what: What::Change(&what),
        reason: change.reason,
    });
    let parts = [
        rule.map(|rule| format!("It is for {rule}{}.", object.map(|object| format!(":{object}")).unwrap_or_default())),
        role.map(|role| format!("The role is {role}.")),
        change.reason.map(|reason| format!("The reason is: {reason}")),
    ];
    let detail = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    tell(
        pg_sys::LOG,
        &Report {
            sqlstate: sqlstate::SUCCESSFUL_COMPLETION,
            message: change.what.clone(),
            detail: (!detail.is_empty()).then_some(detail),
            hint: None,
        },
    );
}
