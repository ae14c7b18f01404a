//! `drop-object`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Dropped, Kind};

super::rule! {
    /// Dropping a function or a type breaks programs that still use it.
    ///
    /// **What it detects.** `DROP FUNCTION`, `PROCEDURE`, `AGGREGATE`, `TYPE`, `DOMAIN` without CASCADE.
    ///
    /// **Why.** No table is locked, but statements that name the object fail from then on.
    ///
    /// **Instead.** Deploy code that no longer uses it first.
    ///
    /// **Does not fire when** CASCADE is there: then unbounded-effect speaks.
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
    DropObject, "drop-object", Caution
}

impl Rule for DropObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Drop(drop) = context.kind() else { return Vec::new() };
        let Dropped::Called(what, names) = &drop.what else { return Vec::new() };
        if drop.cascade {
            return Vec::new();
        }
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let report = context.remark(Risk::Caution, format!("drops {what} {}", names.join(", ")));
        vec![report.detail("Programs that still use it fail.").hint("Make sure that no running code uses it.")]
    }
}
