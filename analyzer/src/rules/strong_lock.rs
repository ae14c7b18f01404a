//! `strong-lock`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::script::Timeout;

super::rule! {
    /// The statement takes a lock that keeps readers or writers waiting, if only briefly.
    ///
    /// **What it detects.** Any statement that takes a ShareLock or a stronger one on a table that holds rows, and of which no other rule
    /// has anything to say.
    ///
    /// **Why.** The work itself is short. But the lock waits for every running transaction that uses the table, and whoever comes later
    /// waits behind it.
    ///
    /// **Instead.** Set a short lock_timeout and try again when it fails, when no long transaction runs on the table.
    ///
    /// **Does not fire when** another rule speaks of the statement, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// COMMENT ON TABLE users IS 'people';
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    StrongLock, "strong-lock", Caution
}

impl Rule for StrongLock {
    fn turn(&self) -> Turn {
        Turn::Last
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.said().iter().any(|report| !report.aside) {
            return Vec::new();
        }
        let touched = context.disturbed();
        let Some(strongest) = touched.iter().max_by_key(|touch| (touch.lock, std::cmp::Reverse(touch.relation.oid))) else {
            return Vec::new();
        };
        let first = context.main_relation().filter(|relation| touched.iter().any(|touch| touch.relation.oid == relation.oid));
        let relation = first.unwrap_or_else(|| std::rc::Rc::clone(&strongest.relation));
        let lock = context.effects().on(relation.oid).map_or(strongest.lock, |touch| touch.lock);
        let message = format!("takes {} on {}", lock.pg_name(), super::name_of(&relation));
        let report = context.report(Risk::Caution, &relation, message);
        let waits = super::waits(Some(lock));
        let others = context.others(&relation);
        let report = report.detail(format!(
            "{waits}; it is held briefly, but it waits for running transactions, and later statements wait behind it.{others}"
        ));
        // Where none is in force, missing-lock-timeout says it, once in a text.
        vec![match context.script().lock_timeout() {
            Timeout::Unknown => report.hint("Set a short lock_timeout, for instance SET lock_timeout = '2s', and try again when it fails."),
            Timeout::Is(0) => report,
            Timeout::Is(_) => report.hint("Try again when lock_timeout ends it."),
        }]
    }
}
