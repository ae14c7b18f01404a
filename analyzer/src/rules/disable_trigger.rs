//! `disable-trigger`.

use super::{Context, Report, Rule};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;
use crate::ir::{Fact, Triggers};

super::rule! {
    /// Disabled triggers are disabled for everybody.
    ///
    /// **What it detects.** `DISABLE TRIGGER` on a table that others use; with ALL, the foreign keys that are no longer checked.
    ///
    /// **Why.** The ShareRowExclusiveLock keeps writers waiting, and after the commit no session's writes fire the triggers: rows that
    /// come in meanwhile are never checked, audited or copied. DISABLE TRIGGER ALL switches off the foreign keys of both sides.
    ///
    /// **Instead.** To switch them off for one session only: SET session_replication_role = replica (superusers, or those who were granted it).
    ///
    /// **Does not fire when** they are enabled, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders DISABLE TRIGGER ALL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ENABLE TRIGGER ALL;
    /// ```
    ///
    /// **Known from** squawk (`ban-disable-trigger`).
    DisableTrigger, "disable-trigger", Caution
}

impl Rule for DisableTrigger {
    fn check(&self, context: &Context) -> Vec<Report> {
        let disabled = context.facts().iter().find_map(|fact| match fact {
            Fact::Triggers { enable: false, which } => Some(which),
            _ => None,
        });
        let (Some(which), Some((_, table))) = (disabled, context.alter()) else { return Vec::new() };
        if context.is_harmless(&table) {
            return Vec::new();
        }
        let name = super::name_of(&table);
        let what = match which {
            Triggers::Named(trigger) => format!("trigger {}", crate::quote::ident(trigger)),
            Triggers::User => "all triggers".to_owned(),
            Triggers::All => "all triggers, those of foreign keys included,".to_owned(),
        };
        let own = table.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey).map(|one| one.name.as_str());
        let keys: Vec<&str> = own.chain(table.referenced_by.iter().map(|key| key.constraint.as_str())).collect();
        let unchecked = match which {
            Triggers::All if !keys.is_empty() => format!(" No longer checked: {}.", keys.join(", ")),
            _ => String::new(),
        };
        let report = context.report(Risk::Caution, &table, format!("disables {what} of {name} for all sessions"));
        let report = report
            .for_a_moment()
            .detail(format!("What others write meanwhile never fires them, also after they are enabled again.{unchecked}"));
        vec![report.hint("For this session only: SET session_replication_role = replica; and RESET session_replication_role; afterwards.")]
    }
}
