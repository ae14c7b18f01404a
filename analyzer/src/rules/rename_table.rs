//! `rename-table`.

use super::{Context, Report, Rule, hint};
use crate::catalog::RelationKind;
use crate::finding::Risk;
use crate::ir::{Kind, QualifiedName, Renamed};
use crate::quote;

super::rule! {
    /// Renaming a table or moving it to another schema breaks programs that still use the old name.
    ///
    /// **What it detects.** `RENAME TO` and `SET SCHEMA` of a table, view, materialized view or sequence that others see.
    ///
    /// **Why.** The lock is held only briefly, but from that moment on statements with the old name fail.
    ///
    /// **Instead.** Rename it and create a view with the old name in the same transaction; drop the view when no old code runs.
    ///
    /// **Does not fire when** it is new or temporary, or an index. On an empty table, or where a later statement of the same text
    /// creates a view with the old name, it is a caution only.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users RENAME TO accounts;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER INDEX users_email_idx RENAME TO users_email_index;
    /// ```
    ///
    /// **Known from** squawk (`renaming-table`, `ban-set-schema`), strong_migrations, online_migrations, Atlas (`BC101`).
    RenameTable, "rename-table", Danger
}

impl Rule for RenameTable {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Rename(rename) = context.kind() else { return Vec::new() };
        let Some(relation) = context.existing(&rename.target.name).filter(|relation| !super::is_private(relation)) else {
            return Vec::new();
        };
        let new = match &rename.what {
            Renamed::Relation { to } => quote::qualified(&relation.schema, to),
            Renamed::Schema { to } => quote::qualified(to, &relation.name),
            _ => return Vec::new(),
        };
        if matches!(relation.kind, RelationKind::Index | RelationKind::PartitionedIndex) {
            return Vec::new();
        }
        let old = super::name_of(&relation);
        let replaces =
            |name: &QualifiedName| name.name == relation.name && name.schema.as_ref().is_none_or(|schema| *schema == relation.schema);
        let shimmed = context.later().iter().any(|later| matches!(&later.kind, Kind::CreateView { name, .. } if replaces(name)));
        let report = context.report(Risk::Danger, &relation, format!("renames {old} to {new}")).about_names();
        let report = report
            .softened(context.is_empty(&relation) || shimmed)
            .detail("Statements that use the old name fail, while old code still runs.");
        if relation.kind == RelationKind::Sequence {
            return vec![report];
        }
        if relation.kind == RelationKind::MaterializedView {
            let hint = format!("Create {new} as a second materialized view, and drop {old} when no running code uses it.");
            return vec![report.hint(hint)];
        }
        // In one transaction nobody sees the moment between the two; the guard, which sees one statement at a time, must be told.
        let steps = hint::steps(&[
            "BEGIN".to_owned(),
            format!("SET LOCAL zdm.allow = {}", quote::literal(&format!("rename-table:{old} (a view keeps the old name)"))),
            context.text().to_owned(),
            format!("CREATE VIEW {old} AS SELECT * FROM {new}"),
            "COMMIT".to_owned(),
        ]);
        vec![report.hint(format!("Keep a view under the old name:\n{steps}\nDrop it when no running code uses that name."))]
    }
}
