//! `blocking-scan`.

use super::{Context, Report, Rule, Turn, hint};
use crate::catalog::{ConstraintKind, RelationKind};
use crate::chosen;
use crate::finding::Risk;
use crate::ir::{Action, Kind};

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
            match unchecked(context) {
                Some(steps) => report.instead(&steps),
                None => {
                    report.hint("Do it in steps that each keep nobody waiting, or when nobody uses the table, with a short lock_timeout.")
                }
            }
        });
        report.into_iter().collect()
    }
}

/// A foreign key of a new table, which nobody waits for, still keeps the writers of the other side waiting.
fn unchecked(context: &Context) -> Option<Vec<String>> {
    let (alter, relation) = context.existing_altered()?;
    let [action] = alter.actions.as_slice() else { return None };
    let Action::AddConstraint(added) = action else { return None };
    let fits = added.kind == ConstraintKind::ForeignKey && added.enforced && !added.not_valid;
    let partitioned = relation.kind == RelationKind::PartitionedTable && context.script().major() < 18;
    if !fits || partitioned {
        return None;
    }
    hint::not_valid(context, &relation, action, &chosen::constraint(context.script(), &relation, added))
}
