//! `add-json-column`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A json column breaks queries with DISTINCT, GROUP BY or UNION.
    ///
    /// **What it detects.** `ADD COLUMN` of type json on a table that holds rows.
    ///
    /// **Why.** The type has no equality. Every query of all columns with DISTINCT, GROUP BY, UNION, EXCEPT or INTERSECT fails from that
    /// moment on; frameworks write such queries by themselves.
    ///
    /// **Instead.** jsonb, which has one.
    ///
    /// **Does not fire when** the type is jsonb or an array, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN settings json;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN settings jsonb;
    /// ```
    ///
    /// **Known from** eugene (`E3`), strong_migrations, online_migrations.
    AddJsonColumn, "add-json-column", Caution
}

impl Rule for AddJsonColumn {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if column.type_name.name != "json" || column.type_name.array || context.adds_nothing(relation, action) {
                return None;
            }
            let name = quote::ident(&column.name);
            let message = format!("column {name} of {} is json, which has no equality", super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).aside();
            let report = report.detail("Queries of all columns with DISTINCT, GROUP BY or UNION fail from then on.");
            Some(report.hint("Make it jsonb."))
        })
    }
}
