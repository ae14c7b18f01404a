//! `unbounded-effect`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, OpaqueRule};

super::rule! {
    /// The statement reaches objects that it does not name.
    ///
    /// **What it detects.** `DROP OWNED` and `REASSIGN OWNED` where it is not known what the role owns, `DROP EXTENSION`,
    /// `DROP TYPE ... CASCADE`, `REINDEX DATABASE`, `VACUUM FULL` and `CLUSTER` without a table, `ALTER DOMAIN` where the tables that use
    /// it are not known.
    ///
    /// **Why.** Which tables it locks, and for how long, cannot be read off its text.
    ///
    /// **Instead.** Name the objects one by one.
    ///
    /// **Does not fire when** the statement names all it changes.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CLUSTER;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP TABLE IF EXISTS no_such_table;
    /// ```
    ///
    /// **Known from** 7 of the tools named in check.md.
    UnboundedEffect, "unbounded-effect", Unknown
}

impl Rule for UnboundedEffect {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reason = match context.kind() {
            Kind::Opaque { .. } if context.facts().iter().any(|fact| matches!(fact, Fact::Owned(_))) => context.effects().unbounded(),
            Kind::Opaque { reason, rule: OpaqueRule::Unbounded } => Some(*reason),
            _ => context.effects().unbounded(),
        };
        let report =
            reason.map(|reason| context.remark(Risk::Unknown, format!("cannot be judged: {reason}")).hint("Name the objects one by one."));
        report.into_iter().collect()
    }
}
