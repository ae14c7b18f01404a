//! `blocking-scan`.

use super::{Context, Report, Rule, Turn, hint};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;
use crate::ir::Kind;
use crate::{chosen, quote};

super::rule! {
    /// The statement reads a whole table while others wait.
    ///
    /// **What it detects.** Any statement that reads all rows of a table under a lock that keeps readers or writers waiting, and that no
    /// other rule explains.
    ///
    /// **Why.** The lock is held until the rows are read, which takes as long as the table is big.
    ///
    /// **Instead.** That depends on the statement; most have a form that works beside readers and writers.
    ///
    /// **Does not fire when** another rule speaks of it, the lock is given back before the rows are read (REINDEX CONCURRENTLY of a partitioned
    /// table), or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE x (d percent);
    /// ALTER TABLE users ADD COLUMN d int GENERATED ALWAYS AS (age + 1) VIRTUAL NOT NULL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN d int GENERATED ALWAYS AS (age + 1) VIRTUAL;
    /// ```
    ///
    /// **Known from** squawk (`ban-alter-domain-with-add-constraint`).
    BlockingScan, "blocking-scan", Danger
}

impl Rule for BlockingScan {
    fn turn(&self) -> Turn {
        Turn::ByEffect
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if matches!(context.kind(), Kind::Reindex { concurrently: true, .. }) {
            // The ShareLock under which the partitions are listed is given back before anything is read.
            return Vec::new();
        }
        if context.said().iter().any(|report| report.explains_data) {
            return Vec::new();
        }
        let read = context.disturbed().into_iter().find(|touch| touch.scans == Some(true) && touch.rewrites != Some(true));
        let report = read.map(|touch| {
            let message = format!("reads all of {} under {}", super::name_of(&touch.relation), touch.lock.pg_name());
            let report = context.report(Risk::Danger, &touch.relation, message).detail(format!("{}.", super::waits(Some(touch.lock))));
            report.hint(advice(context))
        });
        report.into_iter().collect()
    }
}

/// A foreign key of a new table, which nobody waits for, still keeps the writers of the other side waiting.
fn advice(context: &Context) -> String {
    let unchecked = context.existing_altered().and_then(|(alter, relation)| {
        let added = alter.actions.iter().flat_map(|action| context.added(action));
        let key = added.into_iter().find(|added| added.kind == ConstraintKind::ForeignKey && added.enforced && !added.not_valid)?;
        let name = quote::ident(&chosen::constraint(context.script(), &relation, key));
        Some(format!("Add the foreign key NOT VALID, commit, and run {} VALIDATE CONSTRAINT {name}.", hint::alter(context, &relation)))
    });
    unchecked.unwrap_or_else(|| {
        "Do it in steps that each keep nobody waiting, or when nobody uses the table, with a short lock_timeout.".to_owned()
    })
}
