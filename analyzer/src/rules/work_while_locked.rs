//! `work-while-locked`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, QualifiedName};
use crate::parse;
use crate::script::Held;

super::rule! {
    /// Long work while an earlier statement of the same transaction keeps a table locked.
    ///
    /// **What it detects.** In a transaction block, a statement that reads or rewrites a whole table, after one that took a lock that keeps
    /// readers or writers waiting. Locks that the session holds before the text begins count too. A query of a big table is a caution.
    ///
    /// **Why.** The lock of the earlier statement is held to the end of the transaction, and now that is as far away as the table is big.
    ///
    /// **Instead.** Commit in between.
    ///
    /// **Does not fire when** no block is open, the earlier lock lets readers and writers pass, the same statement takes that lock anyway,
    /// it validates a constraint of the locked table (other rules speak of that), or the tables are new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TABLE users ADD COLUMN note text;
    /// CREATE INDEX users_age ON users (age);
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN note text;
    /// CREATE INDEX CONCURRENTLY users_age ON users (age);
    /// ```
    ///
    /// **Known from** eugene (`E4`).
    WorkWhileLocked, "work-while-locked", Danger
}

/// They say the same of a constraint.
const SPECIAL: [&str; 2] = ["not-valid-and-validate-same-transaction", "validate-constraint-under-strong-lock"];

impl Rule for WorkWhileLocked {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        // Changes of rows are another rule's matter; a TRUNCATE takes no time.
        if !context.past().in_block() || !context.kind().changes().is_empty() || matches!(context.kind(), Kind::Truncate { .. }) {
            return Vec::new();
        }
        if SPECIAL.iter().any(|rule| context.has_said(rule)) {
            return Vec::new();
        }
        let mut long = context
            .effects()
            .touches()
            .iter()
            .filter(|touch| (touch.scans == Some(true) || touch.rewrites == Some(true)) && !context.is_harmless(&touch.relation));
        let Some(work) = long.next() else { return query(context).into_iter().collect() };
        let newly = |held: &&Held| context.effects().on(held.relation.oid).is_none_or(|touch| touch.lock < held.mode);
        let Some(held) = context.past().held().filter(newly).max_by_key(|held| held.mode) else { return Vec::new() };
        let verb = if work.rewrites == Some(true) { "rewrites" } else { "reads" };
        let (table, locked) = (super::name_of(&work.relation), super::name_of(&held.relation));
        let report = context.report(Risk::Danger, &work.relation, format!("{verb} all of {table} while {locked} stays locked"));
        vec![
            report
                .detail(format!("{} {}: {} wait to its end.", since(held), took(held), held.mode.blocks().as_str()))
                .hint("Commit before it, so that the earlier lock is given back."),
        ]
    }
}

/// A query that reads a big table: it may be quick, by an index.
fn query(context: &Context) -> Option<Report> {
    if !matches!(context.tag(), "SELECT" | "CREATE TABLE AS" | "SELECT INTO" | "CREATE MATERIALIZED VIEW") {
        return None;
    }
    let held = context.past().held().max_by_key(|held| held.mode)?;
    let big = |name: &QualifiedName| context.existing(name).filter(|table| !context.is_harmless(table) && !context.is_small(table));
    let queried = context.facts().iter().find_map(|fact| if let Fact::Reads(tables) = fact { tables.iter().find_map(big) } else { None });
    let table = queried.or_else(|| parse::reads(context.text()).iter().find_map(|read| big(&read.table)))?;
    let (name, locked) = (super::name_of(&table), super::name_of(&held.relation));
    let report = context.report(Risk::Caution, &table, format!("reads rows of {name} while {locked} stays locked")).aside();
    let detail = format!("{} {}: {} wait until the query is done.", since(held), took(held), held.mode.blocks().as_str());
    Some(report.detail(detail).hint("Commit before it, so that the earlier lock is given back."))
}

/// Who took the lock.
fn since(held: &Held) -> String {
    match held.since {
        0 => "Before this text, the session".to_owned(),
        number => format!("Statement {number} of the same transaction"),
    }
}

fn took(held: &Held) -> String {
    format!("took {} on {}", held.mode.pg_name(), super::name_of(&held.relation))
}
