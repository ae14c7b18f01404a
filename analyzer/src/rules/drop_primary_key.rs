//! `drop-primary-key`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{Constraint, ConstraintKind, Relation, ReplicaIdentity};
use crate::finding::Risk;
use crate::ir::{Action, ConstraintDef};
use crate::quote;

super::rule! {
    /// Without its primary key a table loses what identifies a row.
    ///
    /// **What it detects.** `DROP CONSTRAINT` of a primary key on a table that holds rows.
    ///
    /// **Why.** Duplicates can be written from then on, and the index that finds a row by its key is gone. Foreign keys that reference it
    /// make the statement fail, or go with it by CASCADE. If a publication passes the table on and the key is its replica identity, every
    /// UPDATE and DELETE fails from that moment.
    ///
    /// **Instead.** Have another unique index on NOT NULL columns first, make it the REPLICA IDENTITY, and swap the key in one statement:
    /// DROP CONSTRAINT ..., ADD CONSTRAINT ... PRIMARY KEY USING INDEX ....
    ///
    /// **Does not fire when** the same statement, or one soon after it, adds another primary key, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users DROP CONSTRAINT users_pkey;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users DROP CONSTRAINT users_email_present;
    /// ```
    ///
    /// **Known from** 3 of the tools named in check.md.
    DropPrimaryKey, "drop-primary-key", Danger
}

impl Rule for DropPrimaryKey {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::DropConstraint { name, cascade, .. } = action else { return None };
            let key = relation.constraints.iter().find(|one| one.name == *name && one.kind == ConstraintKind::PrimaryKey)?;
            let in_its_place = |added: &ConstraintDef| added.kind == ConstraintKind::PrimaryKey;
            if context.adds_soon(relation, in_its_place) {
                return None;
            }
            let catalog = context.script().catalog();
            let facts = catalog.table_facts(relation.oid).unwrap_or_default();
            let breaks = catalog.is_published(relation.oid) == Some(true) && facts.replica_identity == ReplicaIdentity::Default;
            let message = format!("drops the primary key of {}", super::name_of(relation));
            let report = context.report(if breaks { Risk::Danger } else { Risk::Caution }, relation, message).about_names();
            let published = match breaks {
                true => " A publication passes the table on, and UPDATE and DELETE fail without a replica identity.",
                false => "",
            };
            let needing = needing(context, relation, key, *cascade);
            let report = report.detail(format!(
                "The same key can be written twice, and no index finds it.{published}{needing} {}",
                context.brief_lock(relation)
            ));
            Some(report.hint("Build the index of the new key CONCURRENTLY first, and swap both keys in one ALTER TABLE."))
        })
    }
}

/// A sentence on the foreign keys that need the constraint, with a blank before it; empty when there are none.
pub(super) fn needing(context: &Context, relation: &Relation, constraint: &Constraint, cascade: bool) -> String {
    let same =
        |columns: &[String]| columns.len() == constraint.columns.len() && columns.iter().all(|column| constraint.columns.contains(column));
    let name = |(key, table): (String, Rc<Relation>)| format!("{} of {}", quote::ident(&key), super::name_of(&table));
    let keys: Vec<String> = context.keys_to(relation, same).into_iter().map(name).collect();
    match (keys.is_empty(), cascade) {
        (true, _) => String::new(),
        (false, true) => format!(" Foreign keys go with it: {}.", keys.join(", ")),
        (false, false) => format!(" The statement fails, since foreign keys need it: {}.", keys.join(", ")),
    }
}
