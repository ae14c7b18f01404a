//! `waits-for-maintenance`.

use super::{Context, Report, Rule, Turn, activity};
use crate::finding::Risk;
use crate::lock::LockMode;

super::rule! {
    /// VACUUM, ANALYZE or an index build holds a lock right now that the statement would wait for.
    ///
    /// **What it detects.** A statement that keeps no reader and no writer waiting (`COMMENT`, `CREATE STATISTICS`, `SET STATISTICS`, storage
    /// parameters, VALIDATE CONSTRAINT, CONCURRENTLY), on a table that is being vacuumed, analyzed, indexed or altered now, for longer than a
    /// second.
    ///
    /// **Why.** Only one of these can work on a table at a time. The statement waits until the other is done, which may take hours; nobody
    /// waits behind it but others of its kind. An autovacuum gives way, unless it works to prevent wraparound.
    ///
    /// **Instead.** Wait until it is done.
    ///
    /// **Does not fire when** nobody holds such a lock; in the guard, which does not ask. Stronger locks are the matter of blocked-now.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// COMMENT ON TABLE archive IS 'who did what';
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// COMMENT ON TABLE users IS 'who does what';
    /// ```
    ///
    /// **Known from** smaller tools.
    WaitsForMaintenance, "waits-for-maintenance", Caution
}

impl Rule for WaitsForMaintenance {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let weak = context.effects().touches().iter();
        let weak = weak.filter(|touch| touch.lock == LockMode::ShareUpdateExclusive && !super::is_private(&touch.relation));
        let found = weak.take(ASKED).find_map(|touch| {
            let first = context.script().catalog().lock_holders(touch.relation.oid, touch.lock).into_iter().next()?;
            Some((touch, first))
        });
        let report = found.map(|(touch, first)| {
            let report = context.report(Risk::Caution, &touch.relation, format!("would wait now for {}", activity::who(&first))).aside();
            let held = first.mode.map_or("a conflicting lock", LockMode::pg_name);
            let report = report.detail(format!("It holds {held} on {}.{}", super::name_of(&touch.relation), activity::query(&first)));
            if first.autovacuum {
                report.hint("It gives way by itself, unless it works to prevent wraparound.")
            } else {
                report.hint("Wait until it is done.")
            }
        });
        report.into_iter().collect()
    }
}

/// So many relations of one statement are asked about.
const ASKED: usize = 16;
