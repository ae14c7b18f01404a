//! `unbounded-effect`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, OpaqueRule, Reindexed};

super::rule! {
    /// The statement reaches objects that it does not name.
    ///
    /// **What it detects.** `DROP OWNED` and `REASSIGN OWNED` where it is not known what the role owns, `DROP EXTENSION`,
    /// `DROP TYPE ... CASCADE`, `REINDEX DATABASE`, `VACUUM FULL` and `CLUSTER` without a table, `ALTER DOMAIN` where the tables that use
    /// it are not known. It is a danger where all tables of the database, or of a tablespace, are written anew: `REINDEX DATABASE` and `SYSTEM`,
    /// `VACUUM FULL` and `CLUSTER` without a table, `ALTER TABLE ALL IN TABLESPACE`.
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
    UnboundedEffect, "unbounded-effect", Danger
}

impl Rule for UnboundedEffect {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reason = match context.kind() {
            Kind::Opaque { .. } if context.facts().iter().any(|fact| matches!(fact, Fact::Owned(_))) => context.effects().unbounded(),
            Kind::Opaque { reason, rule: OpaqueRule::Unbounded | OpaqueRule::All } => Some(*reason),
            _ => context.effects().unbounded(),
        };
        let report = reason.map(|reason| match writes_all_anew(context.kind()) {
            true => context.remark(Risk::Danger, format!("reaches more than it names: {reason}")),
            false => context.remark(Risk::Unknown, format!("cannot be judged: {reason}")),
        });
        report.map(|report| report.hint("Name the objects one by one.")).into_iter().collect()
    }
}

/// Whether it copies or builds whatever there is, one after the other, while nobody can use it.
fn writes_all_anew(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Reindex { what: Reindexed::Everything, concurrently: false }
            | Kind::Cluster { table: None }
            | Kind::Vacuum { full: true, .. }
            | Kind::Opaque { rule: OpaqueRule::All, .. }
    )
}
