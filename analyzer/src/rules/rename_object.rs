//! `rename-object`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Renaming a schema, a function or a type breaks programs that still use the old name.
    ///
    /// **What it detects.** `ALTER SCHEMA ... RENAME`, and `RENAME` or `SET SCHEMA` of functions, procedures and types.
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
        let Kind::RenameCalled { what, name, to } = context.kind() else { return Vec::new() };
        let message = format!("renames {what} {} to {}", crate::effects::display(name), crate::quote::ident(to));
        let report = context.remark(Risk::Danger, message);
        vec![
            report
                .detail("Statements that use the old name fail.")
                .hint("Create the new name beside the old one, and move the code over first."),
        ]
    }
}
