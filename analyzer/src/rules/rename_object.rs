//! `rename-object`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Renaming a schema, a function, a type or a part of one breaks programs that still use the old name.
    ///
    /// **What it detects.** `ALTER SCHEMA ... RENAME`, `RENAME` or `SET SCHEMA` of functions, procedures and types, and
    /// `ALTER TYPE ... RENAME VALUE` or `RENAME ATTRIBUTE`.
    ///
    /// **Why.** No table is locked, but statements with the old name fail from that moment on.
    ///
    /// **Instead.** Create the new name beside the old one, move the code over, and drop the old one at the end.
    ///
    /// **Does not fire when** a table or view is renamed: rename-table speaks of those.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER SCHEMA app RENAME TO app_old;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE SCHEMA app_new;
    /// ```
    RenameObject, "rename-object", Danger
}

impl Rule for RenameObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::RenameCalled { what, to } = context.kind() else { return Vec::new() };
        let report = context.remark(Risk::Danger, format!("renames {what} to {to}"));
        vec![
            report
                .detail("Statements that use the old name fail.")
                .hint("Create the new name beside the old one, and move the code over first."),
        ]
    }
}
