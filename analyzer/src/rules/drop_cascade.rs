//! `drop-cascade`.

use super::{Context, Report, Rule};
use crate::catalog::Dependents;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// CASCADE drops things that the statement does not name.
    ///
    /// **What it detects.** `DROP ... CASCADE` of a table, view or sequence on which something else depends, and what that is.
    ///
    /// **Why.** Views, functions and constraints go without a question, and programs that use them fail. It is a caution only where
    /// nothing goes but constraints.
    ///
    /// **Instead.** Drop what depends on it by name first, or leave CASCADE out and see what is in the way.
    ///
    /// **Does not fire when** nothing depends on it, or it is new or temporary.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP TABLE users CASCADE;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP TABLE users;
    /// ```
    ///
    /// **Known from** 3 of the tools named in check.md.
    DropCascade, "drop-cascade", Danger
}

impl Rule for DropCascade {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        if !drop.cascade {
            return Vec::new();
        }
        let dropped = context.dropped().into_iter().filter(|one| !super::is_private(one));
        let reports = dropped.filter_map(|relation| {
            let all = context.script().catalog().dependents(relation.oid).filter(|all| all.count > 0)?;
            let bound = |one: &String| one.starts_with("constraint ") || one.starts_with("trigger ") || one.starts_with("default value ");
            let harmless = all.count == all.first.len() && all.first.iter().all(bound);
            let risk = if harmless { Risk::Caution } else { Risk::Danger };
            let things = if all.count == 1 { "1 other object".to_owned() } else { format!("{} other objects", all.count) };
            let report = context.report(risk, &relation, format!("dropping {} takes {things} along", super::name_of(&relation)));
            Some(
                report
                    .about_names()
                    .detail(format!("Dropped with it: {}.", listed(&all)))
                    .hint("Drop them by name first, or leave CASCADE out."),
            )
        });
        reports.collect()
    }
}

/// The first of them, and how many more there are.
pub(super) fn listed(all: &Dependents) -> String {
    let more = all.count.saturating_sub(all.first.len());
    let first = all.first.join(", ");
    if more == 0 { first } else { format!("{first}, and {more} more") }
}
