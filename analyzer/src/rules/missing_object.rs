//! `missing-object`.

use super::{Context, Report, Rule};
use crate::finding::Risk;

super::rule! {
    /// The statement names something that does not exist.
    ///
    /// **What it detects.** A table, column, constraint, index or schema that a statement needs and that is not there, and that no earlier
    /// statement of the same text makes.
    ///
    /// **Why.** The statement would fail now. What it does once the object is there cannot be judged.
    ///
    /// **Instead.** Check the name and the search_path; check the text together with the statements that make the object.
    ///
    /// **Does not fire when** IF EXISTS is there, or an earlier statement of the same text makes the object.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE no_such_table ADD COLUMN x int;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE IF EXISTS no_such_table ADD COLUMN x int;
    /// ```
    MissingObject, "missing-object", Unknown
}

impl Rule for MissingObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reports = context.effects().missing().iter().map(|what| {
            let report = context.remark(Risk::Unknown, format!("{what} does not exist"));
            report.fails().detail("What the statement would do cannot be judged.").hint("Check the name and the search_path.")
        });
        reports.take(1).collect()
    }
}
