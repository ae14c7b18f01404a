//! `drop-view`.

use super::{Context, Report, Rule};
use crate::catalog::{Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Creation, Kind, New};

super::rule! {
    /// Dropping a view or a sequence breaks programs that still use it.
    ///
    /// **What it detects.** `DROP VIEW`, `DROP MATERIALIZED VIEW`, `DROP SEQUENCE`.
    ///
    /// **Why.** The lock is held only briefly, but statements that name it fail from then on.
    ///
    /// **Instead.** Deploy code that no longer uses it first. To change a view, CREATE OR REPLACE VIEW.
    ///
    /// A view that the same text makes anew is a caution: its privileges go, and its columns may be others. So is a sequence. A materialized view keeps its
    /// readers waiting until it is filled again.
    ///
    /// **Does not fire when** it is new or temporary, or does not exist (IF EXISTS).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP VIEW active_users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE OR REPLACE VIEW active_users AS SELECT id, active FROM users;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-view`).
    DropView, "drop-view", Danger
}

impl Rule for DropView {
    fn check(&self, context: &Context) -> Vec<Report> {
        let dropped = context.dropped().into_iter().filter(|one| !super::is_private(one));
        let reports = dropped.filter_map(|relation| {
            let what = match relation.kind {
                RelationKind::View => "view",
                RelationKind::MaterializedView => "materialized view",
                RelationKind::Sequence => "sequence",
                _ => return None,
            };
            let name = super::name_of(&relation);
            if is_made_anew(&relation, context) {
                let filled = relation.kind == RelationKind::MaterializedView;
                let risk = if filled { Risk::Danger } else { Risk::Caution };
                let report = context.report(risk, &relation, format!("drops {what} {name}, which the text makes anew")).about_names();
                let report = match filled {
                    true => report
                        .detail("In one transaction, whoever reads it waits until the new one is filled. Its privileges and indexes go."),
                    false => report.detail("In one transaction, whoever uses it waits for the new one. Its privileges go."),
                };
                let hint = match relation.kind {
                    RelationKind::View => {
                        "Use CREATE OR REPLACE VIEW if columns are only added at the end; else do both in one transaction, and grant anew."
                    }
                    RelationKind::MaterializedView => "Fill a new one under another name, and swap the names in a transaction.",
                    _ => "Do both in one transaction, and grant anew.",
                };
                return Some(report.hint(hint));
            }
            let report = context.report(Risk::Danger, &relation, format!("drops {what} {name}")).about_names();
            Some(report.detail("Statements that name it fail.").hint("Make sure that no running code uses it."))
        });
        reports.collect()
    }
}

fn is_made_anew(relation: &Relation, context: &Context) -> bool {
    context.soon().any(|later| {
        let (name, fits) = match &later.kind {
            Kind::CreateView { name, .. } => (name, relation.kind == RelationKind::View),
            // what kind of relation it is, its tag says
            Kind::Create(Creation { new: New::Relation(name), .. }) => {
                let tag = match relation.kind {
                    RelationKind::MaterializedView => "CREATE MATERIALIZED VIEW",
                    _ => "CREATE SEQUENCE",
                };
                (name, later.tag == tag)
            }
            _ => return false,
        };
        fits && name.name == relation.name && name.schema.as_ref().is_none_or(|schema| *schema == relation.schema)
    })
}
