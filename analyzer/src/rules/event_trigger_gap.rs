//! `event-trigger-gap`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// The guard does not see the statement in a session that has not loaded its library: it fires no event trigger.
    ///
    /// **What it detects.** The first of these commands in a text that another rule calls a danger, while the guard warns or refuses and new sessions of
    /// the database do not begin with the library: `TRUNCATE`, `VACUUM FULL`, `CLUSTER`, `DROP DATABASE`, and before PostgreSQL 17 `REINDEX`.
    ///
    /// **Why.** An event trigger is all that the guard has until the session loads the library, which it does at its first DDL statement. These fire
    /// none, so that the guard neither refuses nor warns.
    ///
    /// **Instead.** Have every session load the library: SELECT zdm.set_guard('enforce', preload => true).
    ///
    /// **Does not fire when** session_preload_libraries, shared_preload_libraries or local_preload_libraries names pg_zdm, the guard is off, or it is the
    /// guard that asks. (LOCK TABLE, REASSIGN OWNED, and commands about roles, tablespaces and the server's settings fire no event trigger either, but
    /// nothing of what they do is a danger that the guard would refuse.)
    ///
    /// ### Bad
    ///
    /// ```sql
    /// TRUNCATE orders;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DELETE FROM orders WHERE status = 'cancelled';
    /// ```
    EventTriggerGap, "event-trigger-gap", Caution
}

impl Rule for EventTriggerGap {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        // what only takes long is none where there is little data
        let small = |oid| context.script().get(oid).is_some_and(|relation| context.is_small(&relation));
        let danger =
            |report: &Report| report.risk == Risk::Danger && (report.keeps_risk || !report.grows || !report.relation.is_some_and(small));
        let danger = context.said().iter().any(danger);
        if !danger || !fires_no_event(context) || context.past().has_said("event-trigger-gap") {
            return Vec::new();
        }
        if context.script().catalog().guard_sees_events_only() != Some(true) {
            return Vec::new();
        }
        let message = format!("the guard does not see {} in a session that has not loaded its library", context.tag());
        let report = context.report_on(Risk::Caution, context.main_relation().as_ref(), message).aside();
        vec![
            report
                .detail("It fires no event trigger, and new sessions of this database do not begin with the library.")
                .hint("SELECT zdm.set_guard('enforce', preload => true); has every session load it."),
        ]
    }
}

/// Whether it is one of the commands that the guard sees by its hooks alone (`src/shim/hook.c`).
fn fires_no_event(context: &Context) -> bool {
    match context.kind() {
        Kind::Truncate { .. } | Kind::Cluster { .. } | Kind::Vacuum { full: true, .. } | Kind::DropDatabase { .. } => true,
        Kind::Reindex { .. } => context.script().major() < 17,
        _ => false,
    }
}
