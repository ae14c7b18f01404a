//! `ddl-and-backfill`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Fact, Target};

super::rule! {
    /// Rows are changed while an earlier statement of the same transaction keeps a table locked.
    ///
    /// **What it detects.** `UPDATE`, `DELETE`, `INSERT ... SELECT` and `COPY FROM` on a table that holds rows, after a statement that took
    /// a lock that keeps readers or writers waiting. It is a danger where a transaction block is open and all rows are changed; a caution
    /// where only some are, or where the text has no BEGIN: most migration tools run such a file in one transaction.
    ///
    /// **Why.** The lock of the earlier statement is held until the last row is changed.
    ///
    /// **Instead.** The schema first, in a transaction of its own; then the rows in batches: zdm.backfill does that.
    ///
    /// **Does not fire when** there was no such lock, it was given back by a COMMIT, only some rows of a small table are changed, or the table is new,
    /// temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN level int;
    /// UPDATE users SET level = 1;
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN level int;
    /// CALL zdm.backfill('users', 'level = 1', 'level IS NULL');
    /// ```
    ///
    /// **Known from** strong_migrations, online_migrations.
    DdlAndBackfill, "ddl-and-backfill", Danger
}

impl Rule for DdlAndBackfill {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let past = context.past();
        let changes = context.kind().changes().iter().map(|change| (&change.target, !change.filtered));
        let inserts = context.facts().iter().filter_map(|fact| match fact {
            Fact::Insert(insert) if insert.bulk => Some((&insert.target, false)),
            _ => None,
        });
        let rows = |(target, whole): (&Target, bool)| {
            let table = context.existing(&target.name).filter(|table| !context.is_harmless(table))?;
            Some((table, whole))
        };
        // some rows of a table with few, for instance where a tool notes how far it came
        let changes = changes.filter_map(rows).filter(|(table, whole)| *whole || !context.is_small(table));
        let Some((table, whole)) = changes.chain(inserts.filter_map(rows)).max_by_key(|(_, whole)| *whole) else { return Vec::new() };
        // what the session holds is asked last: the server has to look it up
        let Some(held) = past.held().max_by_key(|held| held.mode).or(past.first_lock()) else { return Vec::new() };
        let certain = past.in_block();
        if !certain && past.has_said_here("ddl-and-backfill") {
            return Vec::new();
        }
        let risk = if whole && certain { Risk::Danger } else { Risk::Caution };
        let (name, locked) = (super::name_of(&table), super::name_of(&held.relation));
        let message = format!("changes rows of {name} while {locked} {} locked", if certain { "stays" } else { "may stay" });
        let took = match held.since {
            0 => "The session took".to_owned(),
            number => format!("Statement {number} took"),
        };
        let (mode, blocked) = (held.mode.pg_name(), held.mode.blocks().as_str());
        let when = if certain { "" } else { " If the text runs in one transaction, as most tools have it, that is after the last row." };
        let report = context.report(risk, &table, message);
        vec![
            report
                .detail(format!("{took} {mode} on {locked}: {blocked} wait to the end of the transaction.{when}"))
                .hint("Commit before it, and change the rows in batches with zdm.backfill."),
        ]
    }
}
