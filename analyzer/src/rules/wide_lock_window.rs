//! `wide-lock-window`.

use super::work_while_locked::WorkWhileLocked;
use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;

super::rule! {
    /// A transaction locks one table after the other.
    ///
    /// **What it detects.** In a transaction block, the first statement that takes a lock that keeps readers or writers of a table waiting
    /// while an earlier one holds such a lock on another table.
    ///
    /// **Why.** While it waits for the second lock, the first is held. A program that uses the tables in the other order runs into a
    /// deadlock, and one of the two is ended with an error.
    ///
    /// **Instead.** One table a transaction, or all locks at the beginning, in the order in which the application takes them.
    ///
    /// **Does not fire when** no block is open, the same statement takes both, the locks are those of foreign keys
    /// (multiple-foreign-keys-one-transaction), a whole table is read or rewritten under the first (work-while-locked), or a table is new,
    /// temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// ALTER TABLE orders ADD COLUMN more text;
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// ALTER TABLE users ADD COLUMN more text;
    /// COMMIT;
    /// ```
    ///
    /// **Known from** 4 of the tools named in check.md.
    WideLockWindow, "wide-lock-window", Caution
}

impl Rule for WideLockWindow {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        // Those that know more say it.
        if context.has_said("multiple-foreign-keys-one-transaction") || !WorkWhileLocked.check(context).is_empty() {
            return Vec::new();
        }
        let (past, disturbed) = (context.past(), context.disturbed());
        // what the session holds is asked last: the server has to look it up
        if disturbed.is_empty() {
            return Vec::new();
        }
        let Some(held) = past.held().max_by_key(|held| held.mode).filter(|_| !past.has_said_here("wide-lock-window")) else {
            return Vec::new();
        };
        let another = disturbed.into_iter().find(|touch| past.held().all(|held| held.relation.oid != touch.relation.oid));
        let report = another.map(|touch| {
            let (locked, table) = (super::name_of(&held.relation), super::name_of(&touch.relation));
            let report = context.report(Risk::Caution, &touch.relation, format!("locks {table} while {locked} stays locked"));
            report
                .aside()
                .detail(format!(
                    "{} on {locked} is held while it waits; a program that uses both tables in the other order deadlocks with it.",
                    held.mode.pg_name()
                ))
                .hint("Commit in between.")
        });
        report.into_iter().collect()
    }
}
