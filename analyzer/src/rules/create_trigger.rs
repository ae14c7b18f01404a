//! `create-trigger`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;
use crate::quote;

super::rule! {
    /// A new trigger keeps writers waiting until the transaction ends, and works in every write after that.
    ///
    /// **What it detects.** `CREATE TRIGGER` on a table that others use.
    ///
    /// **Why.** A ShareRowExclusiveLock on the table and its partitions waits for every running write, and keeps later ones waiting. An
    /// error in the trigger's function fails the statement that fired it, in programs that know nothing of it.
    ///
    /// **Instead.** There is no way without the lock: create it alone in its transaction, under a short lock_timeout.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TRIGGER audit AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note_change();
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (id int);
    /// CREATE TRIGGER audit AFTER UPDATE ON fresh FOR EACH ROW EXECUTE FUNCTION note_change();
    /// ```
    ///
    /// **Known from** Atlas (`PG308`).
    CreateTrigger, "create-trigger", Caution
}

impl Rule for CreateTrigger {
    fn check(&self, context: &Context) -> Vec<Report> {
        let created = context.facts().iter().filter_map(|fact| match fact {
            Fact::CreateTrigger { table, name, .. } => Some((context.existing(table)?, name)),
            _ => None,
        });
        let reports = created.filter(|(table, _)| !context.is_harmless(table)).filter_map(|(table, name)| {
            let lock = context.effects().on(table.oid)?.lock;
            let message = format!("trigger {} takes {} on {}", quote::ident(name), lock.pg_name(), super::name_of(&table));
            let report = context.report(Risk::Caution, &table, message);
            let report = report
                .for_a_moment()
                .detail(format!("{}; from then on every write that fires it runs its function.", super::waits(Some(lock))));
            Some(report.hint("Create it alone in its transaction, under a short lock_timeout: SET lock_timeout = '2s'."))
        });
        reports.collect()
    }
}
