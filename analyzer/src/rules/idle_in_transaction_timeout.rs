//! `idle-in-transaction-timeout`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Kind, Statement, Transaction};
use crate::script::Timeout;

super::rule! {
    /// A client that hangs in its transaction keeps the table locked.
    ///
    /// **What it detects.** The first statement between BEGIN and COMMIT that takes a lock which keeps readers or writers of a table that
    /// holds rows waiting, and after which the transaction goes on, while neither idle_in_transaction_session_timeout nor transaction_timeout (PostgreSQL 17) is set.
    ///
    /// **Why.** If the client stops between two statements (a lost connection, a prompt, a debugger) the lock stays until somebody ends the
    /// session.
    ///
    /// **Instead.** SET idle_in_transaction_session_timeout = '10s' before BEGIN.
    ///
    /// **Does not fire when** one of them is set or not known, there is no transaction block or COMMIT comes next, an earlier statement was reported, or the table
    /// is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// SET idle_in_transaction_session_timeout = 0;
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// COMMENT ON COLUMN users.note IS 'what support wrote';
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET idle_in_transaction_session_timeout = '10s';
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// COMMENT ON COLUMN users.note IS 'what support wrote';
    /// COMMIT;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    IdleInTransactionTimeout, "idle-in-transaction-timeout", Caution
}

impl Rule for IdleInTransactionTimeout {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let past = context.past();
        if !past.in_block() || past.is_inside() || past.has_said("idle-in-transaction-timeout") {
            return Vec::new();
        }
        if context.script().timeout("idle_in_transaction_session_timeout") != Timeout::Is(0)
            || matches!(context.script().timeout("transaction_timeout"), Timeout::Is(1..))
        {
            return Vec::new();
        }
        // right before COMMIT the lock is there for a moment only
        let ends = |later: &Statement| matches!(later.kind, Kind::Transaction(Transaction::Commit { .. } | Transaction::Rollback { .. }));
        if context.later().first().map_or(!past.outer(), ends) {
            return Vec::new();
        }
        let strongest = context.disturbed().into_iter().max_by_key(|touch| (touch.lock, std::cmp::Reverse(touch.relation.oid)));
        let report = strongest.map(|touch| {
            let message = format!("{} stays locked if the client hangs before its COMMIT", super::name_of(&touch.relation));
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            report
                .detail("Nothing ends the session: idle_in_transaction_session_timeout is 0.")
                .hint("SET idle_in_transaction_session_timeout = '10s'; before BEGIN.")
        });
        report.into_iter().collect()
    }
}
