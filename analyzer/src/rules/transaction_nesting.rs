//! `transaction-nesting`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Kind, Transaction};

super::rule! {
    /// BEGIN and COMMIT that do not belong together.
    ///
    /// **What it detects.** In a text of several statements: `BEGIN` while a transaction is open, `COMMIT` or `ROLLBACK` while none is,
    /// and a transaction that the text leaves open at its end.
    ///
    /// **Why.** Transactions do not nest: the server only warns. The first COMMIT ends everything, and what follows it is committed
    /// statement by statement; what is left open is rolled back when the session ends, and holds its locks until then.
    ///
    /// **Instead.** One BEGIN for each COMMIT; SAVEPOINT for what is to be undone alone.
    ///
    /// **Does not fire when** they belong together, or the text is a single statement.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE one (id int);
    /// BEGIN;
    /// CREATE TABLE two (id int);
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// BEGIN;
    /// CREATE TABLE one (id int);
    /// COMMIT;
    /// ```
    ///
    /// **Known from** squawk (`transaction-nesting`, `ban-uncommitted-transaction`).
    TransactionNesting, "transaction-nesting", Caution
}

impl Rule for TransactionNesting {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let past = context.past();
        let last = context.later().is_empty();
        if context.number() == 1 && last || past.is_inside() {
            return Vec::new();
        }
        let open = past.in_block();
        let (message, detail) = match context.kind() {
            Kind::Transaction(Transaction::Begin) if open => (
                "a transaction is open already: this BEGIN does nothing",
                "Transactions do not nest. The next COMMIT or ROLLBACK ends the one that is open.",
            ),
            Kind::Transaction(Transaction::Commit { chain: false } | Transaction::Rollback { chain: false }) => {
                if open || context.number() == 1 {
                    return Vec::new();
                }
                (
                    "no transaction of this text is open here",
                    "Run alone, the earlier statements are committed one by one; run by a tool in a transaction, this ends the tool's.",
                )
            }
            kind if last && (open && !past.outer() || matches!(kind, Kind::Transaction(Transaction::Begin))) => (
                "the text ends inside a transaction",
                "Its locks are held until somebody commits, and its changes are lost when the session ends before that.",
            ),
            _ => return Vec::new(),
        };
        vec![context.remark(Risk::Caution, message).detail(detail)]
    }
}
