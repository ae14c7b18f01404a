//! `rename-column`.

use super::{Context, Report, Rule};
use crate::catalog::RelationKind;
use crate::finding::Risk;
use crate::ir::{Kind, Renamed};
use crate::quote;

super::rule! {
    /// Renaming a column breaks programs that still use the old name.
    ///
    /// **What it detects.** `RENAME COLUMN` of a table or view that others see.
    ///
    /// **Why.** The lock is held only briefly, but from that moment on statements with the old name fail, while code that knows the new one
    /// may not run yet.
    ///
    /// **Instead.** Add a column with the new name, keep both in step, move the code over, and drop the old one at the end; or put a view
    /// with the old names in front.
    ///
    /// **Does not fire when** the table is new or temporary. On an empty table it is a caution only.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users RENAME COLUMN name TO full_name;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN full_name text;
    /// ```
    ///
    /// **Known from** squawk (`renaming-column`), strong_migrations, online_migrations, Atlas (`BC102`).
    RenameColumn, "rename-column", Danger
}

impl Rule for RenameColumn {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Rename(rename) = context.kind() else { return Vec::new() };
        let Renamed::Column { from, to } = &rename.what else { return Vec::new() };
        let Some(relation) = context.existing(&rename.target.name).filter(|relation| !super::is_private(relation)) else {
            return Vec::new();
        };
        if !relation.columns.iter().any(|column| column.name == *from) {
            return Vec::new();
        }
        let (from, to) = (quote::ident(from), quote::ident(to));
        let message = format!("renames column {from} of {} to {to}", super::name_of(&relation));
        let report = context.report(Risk::Danger, &relation, message).about_names().softened(context.is_empty(&relation));
        let report = report.detail("Statements that use the old name fail, while old code still runs.");
        if matches!(relation.kind, RelationKind::View | RelationKind::MaterializedView) {
            return vec![
                report.hint(format!("Make a view with both columns, {from} and {to}, and drop {from} when no running code uses it.")),
            ];
        }
        vec![report.hint(format!(
            "Add {to} as a new column, keep both in step with a trigger, fill the old rows with zdm.backfill, and drop {from} when no running code \
             uses it."
        ))]
    }
}
