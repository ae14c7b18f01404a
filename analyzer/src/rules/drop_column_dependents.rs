//! `drop-column-dependents`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// What uses a column goes with it, or keeps it from going.
    ///
    /// **What it detects.** `DROP COLUMN` of a column that a view, a policy, a trigger, an SQL-standard function, a generated column, a publication, a foreign
    /// key of another table or the partition key uses.
    ///
    /// **Why.** Without CASCADE the statement fails. With CASCADE it drops all of them, views of views included, and the statements that
    /// name them fail from then on.
    ///
    /// **Instead.** Drop or replace what uses the column by name, so that it is seen, and leave CASCADE out.
    ///
    /// **Does not fire when** nothing of that kind uses the column, the text drops it first, or the table is new or temporary.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people DROP COLUMN code;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP VIEW people_codes;
    /// ALTER TABLE people DROP COLUMN code;
    /// ```
    ///
    /// **Known from** 3 of the tools named in check.md.
    DropColumnDependents, "drop-column-dependents", Danger
}

impl Rule for DropColumnDependents {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, relation)) = context.alter() else { return Vec::new() };
        let report = |action: &Action| {
            let Action::DropColumn { name, cascade, .. } = action else { return None };
            let (column, table) = (quote::ident(name), super::name_of(&relation));
            if context.is_partition_key(&relation, name) {
                let message = format!("column {column} of {table} cannot be dropped: it is part of the partition key");
                return Some(context.report(Risk::Caution, &relation, message).aside().detail("The statement fails."));
            }
            let keys = context.keys_to(&relation, |columns| columns.contains(name)).into_iter();
            let keys = keys.filter(|(_, table)| table.oid != relation.oid);
            let keys = keys.map(|(key, table)| format!("foreign key {} of {}", quote::ident(&key), super::name_of(&table)));
            let users: Vec<String> = context.dependents(&relation, name).into_iter().chain(keys).collect();
            if users.is_empty() {
                return None;
            }
            let users = users.join(", ");
            Some(if *cascade {
                let message = format!("with column {column} of {table} go {users}");
                let report = context.report(Risk::Danger, &relation, message).aside();
                report.detail("Statements that name them fail from then on.").hint("Drop or replace them by name, and leave CASCADE out.")
            } else {
                let message = format!("column {column} of {table} cannot be dropped: it is used by {users}");
                let report = context.report(Risk::Caution, &relation, message).aside();
                report.detail("The statement fails.").hint("Drop or replace what uses the column first.")
            })
        };
        context.actions(alter).filter_map(report).collect()
    }
}
