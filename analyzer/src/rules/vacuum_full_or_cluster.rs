//! `vacuum-full-or-cluster`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// VACUUM FULL and CLUSTER write a whole table anew while nobody can use it.
    ///
    /// **What it detects.** `VACUUM FULL` and `CLUSTER` of a table that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is held until the table and all its indexes are written, which takes as long as it is big, and
    /// needs its space once more. No event trigger sees these commands.
    ///
    /// **Instead.** A plain VACUUM makes the space usable again and lets readers and writers pass. Where the file must shrink,
    /// pg_repack and pg_squeeze do it beside them.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// VACUUM FULL users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// VACUUM (ANALYZE) users;
    /// ```
    ///
    /// **Known from** squawk (`prefer-repack`).
    VacuumFullOrCluster, "vacuum-full-or-cluster", Danger
}

impl Rule for VacuumFullOrCluster {
    fn check(&self, context: &Context) -> Vec<Report> {
        let cluster = match context.kind() {
            Kind::Vacuum { full: true, .. } => false,
            Kind::Cluster { table: Some(_) } => true,
            _ => return Vec::new(),
        };
        let rewritten = context.disturbed().into_iter().filter(|touch| touch.rewrites == Some(true));
        let reports = rewritten.map(|touch| {
            let name = super::name_of(&touch.relation);
            let report = context.report(Risk::Danger, &touch.relation, format!("rewrites {name} while nobody can use it"));
            let report = report.detail(format!("{}, and the table and its indexes need their space once more.", super::waits(Some(touch.lock))));
            if cluster {
                report.hint("pg_repack can order a table beside its readers and writers; otherwise do it when nobody uses the table.")
            } else {
                report.hint(format!(
                    "A plain VACUUM makes the space usable again beside readers and writers: VACUUM {name}; to shrink the file beside them, use pg_repack or pg_squeeze."
                ))
            }
        });
        reports.collect()
    }
}
