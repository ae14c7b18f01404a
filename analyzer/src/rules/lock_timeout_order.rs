//! `lock-timeout-order`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;
use crate::script::{Timeout, milliseconds};

super::rule! {
    /// A lock_timeout that comes too late, or is too long, ends nothing.
    ///
    /// **What it detects.** `SET lock_timeout` after a statement of the text that needed it; and a lock_timeout that is as long as
    /// statement_timeout or longer.
    ///
    /// **Why.** The statement before it waits without end. And statement_timeout counts the wait for locks, too: if it is the shorter one, it
    /// ends the statement first, with a message that does not speak of a lock.
    ///
    /// **Instead.** SET lock_timeout at the top of the file, shorter than statement_timeout.
    ///
    /// **Does not fire when** nothing before it needed one, or statement_timeout is longer or off.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// SET lock_timeout = 0;
    /// ALTER TABLE users ADD COLUMN note text;
    /// SET lock_timeout = '2s';
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET lock_timeout = '2s';
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    ///
    /// **Known from** 4 of the tools named in check.md.
    LockTimeoutOrder, "lock-timeout-order", Caution
}

impl Rule for LockTimeoutOrder {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::SetVariable { name, values, local } = context.kind() else { return Vec::new() };
        let (lock, statement) = (name.eq_ignore_ascii_case("lock_timeout"), name.eq_ignore_ascii_case("statement_timeout"));
        let new = values.first().and_then(|value| milliseconds(value)).filter(|new| *new > 0 && (lock || statement));
        // outside a transaction block SET LOCAL does nothing
        let Some(new) = new.filter(|_| !local || context.in_block()) else { return Vec::new() };
        if lock && context.past().has_said("missing-lock-timeout") && !context.past().has_said("lock-timeout-order") {
            let report = context.remark(Risk::Caution, "lock_timeout is set after a statement that needed it");
            return vec![
                report.detail("The earlier statement waits for its lock as long as it takes.").hint("Move it to the top of the text."),
            ];
        }
        let known = |timeout| match timeout {
            Timeout::Is(known) => known,
            Timeout::Unknown => 0,
        };
        let (waits, runs) = match lock {
            true => (new, known(context.script().statement_timeout())),
            false => (known(context.script().lock_timeout()), new),
        };
        if waits == 0 || runs == 0 || waits < runs {
            return Vec::new();
        }
        let report = context.remark(Risk::Caution, "statement_timeout ends a statement before lock_timeout does");
        vec![
            report
                .detail(format!("lock_timeout is {waits} ms, statement_timeout {runs} ms."))
                .hint("SET lock_timeout shorter than statement_timeout."),
        ]
    }
}
