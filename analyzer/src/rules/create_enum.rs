//! `create-enum`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// The values of an enum cannot be removed.
    ///
    /// **What it detects.** `CREATE TYPE ... AS ENUM`.
    ///
    /// **Why.** Values can be added and renamed; to take one away, or to change their order, a new type has to be made and every table that
    /// uses it rewritten.
    ///
    /// **Instead.** Where values may go, a table of values with a foreign key, or a text column with a CHECK, can be changed without a
    /// rewrite. Where they are there to stay, an enum is fine.
    ///
    /// **Does not fire when** another kind of type is made.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TYPE order_state AS ENUM ('open', 'paid', 'sent');
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE order_states (name text PRIMARY KEY);
    /// ```
    ///
    /// **Known from** eugene (`W13`).
    CreateEnum, "create-enum", Caution
}

impl Rule for CreateEnum {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reports = context.facts().iter().filter_map(|fact| {
            let Fact::CreatesEnum(name) = fact else { return None };
            let report = context.remark(Risk::Caution, format!("the values of enum {name} can never be removed"));
            let report = report.detail("They can be added to and renamed; for anything else every table that uses the type is rewritten.");
            Some(report.hint("If values may go one day, use a table of values with a foreign key, or text with a CHECK."))
        });
        reports.collect()
    }
}
