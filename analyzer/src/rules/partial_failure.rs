//! `partial-failure`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// A text that can fail in the middle, and cannot be rolled back as a whole.
    ///
    /// **What it detects.** Statements that run only outside a transaction block (CONCURRENTLY, VACUUM, CREATE DATABASE, ...) together with
    /// others that change something, without BEGIN around those. It is said once in a text.
    ///
    /// **Why.** If one of them fails, what ran before it stays, what follows does not run, and the text cannot simply be run again. Tools
    /// that run a file in one transaction refuse it.
    ///
    /// **Instead.** One such statement a file. What must stay together, in a file of its own with BEGIN and COMMIT.
    ///
    /// **Does not fire when** the text holds nothing else that changes something.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN note text;
    /// CREATE INDEX CONCURRENTLY users_note ON users (note);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET lock_timeout = '2s';
    /// CREATE INDEX CONCURRENTLY users_age ON users (age);
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    PartialFailure, "partial-failure", Caution
}

impl Rule for PartialFailure {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let past = context.past();
        if past.in_block() || past.has_said("partial-failure") {
            return Vec::new();
        }
        let other = if context.facts().contains(&Fact::Alone) {
            past.changes()
        } else if !crate::script::changes_something(context.statement()) {
            None
        } else {
            past.alone()
        };
        let report = other.map(|other| {
            let message = format!("cannot be rolled back together with statement {other}");
            let report = match context.main_relation() {
                Some(relation) => context.report(Risk::Caution, &relation, message).aside(),
                None => context.remark(Risk::Caution, message),
            };
            report
                .detail("One of them runs only outside a transaction block: if this one fails, what ran before it stays.")
                .hint("Put a statement that cannot run in a transaction block into a file of its own.")
        });
        report.into_iter().collect()
    }
}
