//! `alter-type-dependents`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// The type of a column that a view or the partition key uses cannot be changed.
    ///
    /// **What it detects.** `ALTER COLUMN ... TYPE` of a column that a view, a policy, the definition of a trigger, the body of an SQL-
    /// standard function, another generated column, a publication's filter or the partition key uses.
    ///
    /// **Why.** The statement fails. In a script it fails half-way.
    ///
    /// **Instead.** Drop what uses the column and create it again afterwards, in one transaction; a partition key needs a new table.
    ///
    /// **Does not fire when** nothing of that kind uses the column, or the text drops it first.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN code TYPE text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP VIEW people_codes;
    /// ALTER TABLE people ALTER COLUMN code TYPE text;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    AlterTypeDependents, "alter-type-dependents", Caution
}

impl Rule for AlterTypeDependents {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, relation)) = context.existing_altered() else { return Vec::new() };
        let report = |action: &Action| {
            let Action::AlterType { column: name, .. } = action else { return None };
            let in_key = context.is_partition_key(&relation, name);
            let users = context.dependents(&relation, name);
            let why = match users.as_slice() {
                _ if in_key => "it is part of the partition key".to_owned(),
                [] => return None,
                users => format!("it is used by {}", users.join(", ")),
            };
            let message = format!("the type of column {} of {} cannot be changed: {why}", quote::ident(name), super::name_of(&relation));
            let report = context.report(Risk::Caution, &relation, message).aside().detail("The statement fails.");
            Some(report.hint(match in_key {
                true => "Create a new table with the type wanted, and move the rows over.",
                false => "Drop what uses the column first, and create it again in the same transaction.",
            }))
        };
        context.actions(alter).filter_map(report).collect()
    }
}
