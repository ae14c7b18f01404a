//! `alter-column-type-scan`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A change of type rebuilds indexes or verifies constraints while nobody can use the table.
    ///
    /// **What it detects.** `ALTER COLUMN ... TYPE` that leaves the rows alone, but must rebuild an index on the column (another collation
    /// or operator class, an expression or partial index) or verify a CHECK that reads it.
    ///
    /// **Why.** The rows are read under an AccessExclusiveLock, so that reads and writes wait.
    ///
    /// **Instead.** Drop the CHECK and add it again NOT VALID afterwards; build a new index CONCURRENTLY for the new type and drop the old
    /// one before.
    ///
    /// **Does not fire when** no valid CHECK and no such index uses the column, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN email TYPE text COLLATE "C";
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN name TYPE varchar(80);
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    AlterColumnTypeScan, "alter-column-type-scan", Danger
}

impl Rule for AlterColumnTypeScan {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AlterType { column, to, to_text, collation, using } = action else { return None };
            let old = relation.columns.iter().find(|one| one.name == *column)?;
            let change = crate::effects::type_change(context.script(), old, to, collation.as_ref(), using.as_ref());
            if change.rewrites != Some(false) || crate::effects::type_rechecks(relation, column, change) != Some(true) {
                return None;
            }
            let message = format!("changing the type of column {} to {to_text} reads all of {} under lock", quote::ident(column), super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("No row changes, but an index is rebuilt or a constraint is verified again. {}.", super::waits(context.sum(relation).0)));
            Some(report.hint("Drop what uses the column first, change the type, then build the index CONCURRENTLY or add the constraint NOT VALID and validate it."))
        })
    }
}
