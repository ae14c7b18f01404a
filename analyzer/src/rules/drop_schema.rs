//! `drop-schema`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Dropped, Kind};
use crate::quote;

super::rule! {
    /// Dropping a schema with CASCADE destroys everything in it.
    ///
    /// **What it detects.** `DROP SCHEMA ... CASCADE` where the schema holds tables or materialized views.
    ///
    /// **Why.** All its tables go, with their data; foreign keys from outside lock and lose their side.
    ///
    /// **Instead.** Drop the tables one by one, when no running code uses them.
    ///
    /// **Does not fire when** the schema holds no table, or CASCADE is not there: then the statement fails if anything is in it.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP SCHEMA public CASCADE;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP SCHEMA empty;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-schema`), Atlas (`DS101`).
    DropSchema, "drop-schema", Danger
}

impl Rule for DropSchema {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let Dropped::Schemas(names) = &drop.what else { return Vec::new() };
        let full = names.iter().filter(|_| drop.cascade).filter_map(|name| {
            let inside = context.script().catalog().relations_in_schema(name).len();
            (inside > 0).then_some((name, inside))
        });
        let reports = full.map(|(name, inside)| {
            let mut report = context.remark(Risk::Danger, format!("drops schema {} with {inside} tables and views", quote::ident(name)));
            report.lock = context.effects().touches().iter().map(|touch| touch.lock).max();
            report.detail("Their data is lost.").hint("Drop the tables one by one, when no running code uses them.")
        });
        reports.collect()
    }
}
