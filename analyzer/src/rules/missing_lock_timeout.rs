//! `missing-lock-timeout`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::script::Timeout;

super::rule! {
    /// No lock_timeout is in force: whoever comes later queues behind the statement for as long as it waits.
    ///
    /// **What it detects.** The first statement of a text that needs a ShareLock or a stronger one on a table that holds rows, while
    /// lock_timeout is 0 or more than 10 seconds. What counts is the session's setting, and SET lock_timeout in the text.
    ///
    /// **Why.** The statement waits for every transaction that uses the table. While it waits, every later query of the table waits behind
    /// it, also such as would not have disturbed anybody: one forgotten transaction stops the application.
    ///
    /// **Instead.** SET lock_timeout = '2s' before it, and try again when it fails.
    ///
    /// **Does not fire when** a lock_timeout of up to 10 seconds is in force, an earlier statement was reported, or the table is new,
    /// temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// SET lock_timeout = 0;
    /// ALTER TABLE users ADD COLUMN note text;
    /// ALTER TABLE users ADD COLUMN more text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET lock_timeout = '2s';
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    ///
    /// **Known from** squawk (`require-lock-timeout`), eugene (`E9`), strong_migrations.
    MissingLockTimeout, "missing-lock-timeout", Caution
}

/// Longer than that nobody wants to wait behind it.
const LONG: u64 = 10_000;

impl Rule for MissingLockTimeout {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Timeout::Is(timeout) = context.script().lock_timeout() else { return Vec::new() };
        if (timeout > 0 && timeout <= LONG) || context.past().has_said("missing-lock-timeout") {
            return Vec::new();
        }
        let strongest = context.disturbed().into_iter().max_by_key(|touch| (touch.lock, std::cmp::Reverse(touch.relation.oid)));
        let report = strongest.map(|touch| {
            let (lock, name) = (touch.lock.pg_name(), super::name_of(&touch.relation));
            let message = if timeout == 0 {
                format!("may wait for {lock} on {name} without end: lock_timeout is 0")
            } else {
                format!("may wait {} s for {lock} on {name}: that is what lock_timeout says", timeout.div_ceil(1000))
            };
            let set = if context.past().in_block() { "SET LOCAL" } else { "SET" };
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            report
                .detail("While it waits for a running transaction, every later query of the table waits behind it.")
                .hint(format!("{set} lock_timeout = '2s'; before it, and try again when it fails."))
        });
        report.into_iter().collect()
    }
}
