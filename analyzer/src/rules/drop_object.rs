//! `drop-object`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{Dropped, Kind};

super::rule! {
    /// Dropping a function or a type breaks programs that still use it, and may take columns along.
    ///
    /// **What it detects.** `DROP FUNCTION`, `PROCEDURE`, `AGGREGATE`, `TYPE`, `DOMAIN` without CASCADE; and `DROP TYPE` or
    /// `DOMAIN` with CASCADE where tables that hold rows have columns of it; and `DROP FUNCTION` or `EXTENSION` with CASCADE where triggers, policies, defaults
    /// (a caution) or columns (a danger) go.
    ///
    /// **Why.** Statements that name the object fail from then on. With CASCADE the columns go, and their data is lost.
    ///
    /// **Instead.** Deploy code that no longer uses it first.
    ///
    /// **Does not fire when** CASCADE is there and nothing of that is, or what goes is not known: then only unbounded-effect speaks.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP FUNCTION total(int);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE OR REPLACE FUNCTION total(int) RETURNS int LANGUAGE sql AS 'select $1';
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-type`, `ban-drop-function`, `ban-drop-sequence`).
    DropObject, "drop-object", Danger
}

impl Rule for DropObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        if let Kind::DropCascade(cascade) = context.kind() {
            let losing = crate::effects::tables_losing_columns(context.effects(), cascade);
            let (lost, other): (Vec<_>, Vec<_>) = context.disturbed().into_iter().partition(|touch| losing.contains(&touch.relation.oid));
            let mut reports: Vec<Report> =
                lost.into_iter().map(|touch| loses_columns(context, &touch.relation, "that depend on it")).collect();
            let locked: Vec<String> = other.into_iter().map(|touch| super::name_of(&touch.relation)).collect();
            let names: Vec<String> = cascade.roots.iter().map(|root| root.name().to_string()).collect();
            let report = context.remark(Risk::Caution, format!("drops {} with all that depends on it", names.join(", ")));
            let report =
                report.detail(format!("Something goes or changes on {}: triggers, policies, defaults or columns.", locked.join(", ")));
            if !locked.is_empty() {
                reports.push(report.hint("Drop them by name first, or leave CASCADE out and see what is in the way."));
            }
            return reports;
        }
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let Dropped::Called(what, names) = &drop.what else { return Vec::new() };
        if drop.cascade {
            // What a CASCADE takes along cannot be listed in full; of a type it is the columns of these tables, with their data.
            let tables = if *what == "type" { context.disturbed() } else { Vec::new() };
            let gone = tables.into_iter().map(|touch| loses_columns(context, &touch.relation, "that have the type"));
            return gone.collect();
        }
        if context.missing_object().is_some() {
            return Vec::new();
        }
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let report = context.remark(Risk::Caution, format!("drops {what} {}", names.join(", ")));
        vec![report.detail("Programs that still use it fail.").hint("Make sure that no running code uses it.")]
    }
}

/// A table loses the columns of a type, or goes as a whole.
fn loses_columns(context: &Context, table: &Rc<Relation>, which: &str) -> Report {
    let name = super::name_of(table);
    let report = context.report(Risk::Danger, table, format!("drops the columns of {name} {which}"));
    report
        .detail("Their data is lost, and statements that name them fail.")
        .hint("Give the columns another type, or drop them one by one when no running code uses them; then drop the type.")
}
