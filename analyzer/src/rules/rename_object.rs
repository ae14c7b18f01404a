//! `rename-object`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Creation, Kind, New, QualifiedName, Statement, TypeName};
use crate::quote;
use crate::script::{FoundType, Script};

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
    /// **Does not fire when** a table or view is renamed: rename-table speaks of those; or when the same text made the type, or gives the old name to
    /// another one (the way to take a value out of an enum).
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
    ///
    /// **Known from** squawk (`renaming-object`).
    RenameObject, "rename-object", Danger
}

impl Rule for RenameObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::RenameCalled { what, to, type_name, .. } = context.kind() else { return Vec::new() };
        if type_name.as_ref().is_some_and(|name| is_new(name, context.script()) || context.later().iter().any(|later| gives(later, name))) {
            return Vec::new();
        }
        let report = context.remark(Risk::Danger, format!("renames {what} to {to}"));
        vec![
            report
                .detail("Statements that use the old name fail.")
                .hint("Create the new name beside the old one, and move the code over first."),
        ]
    }
}

fn is_new(name: &QualifiedName, script: &Script) -> bool {
    let name = TypeName { schema: name.schema.clone(), name: name.name.clone(), modifiers: Vec::new(), array: false };
    matches!(script.find_type(&name), FoundType::New { .. })
}

/// Whether a statement gives a type this name.
fn gives(statement: &Statement, name: &QualifiedName) -> bool {
    match &statement.kind {
        Kind::RenameCalled { to, type_name: Some(_), .. } => *to == quote::ident(&name.name),
        Kind::Create(Creation { new: New::Type(made), .. }) => made.name == name.name,
        _ => false,
    }
}
