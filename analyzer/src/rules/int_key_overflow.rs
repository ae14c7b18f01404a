//! `int-key-overflow`.

use super::{Context, Report, Rule};
use crate::catalog::{ConstraintKind, Oid, Relation};
use crate::finding::Risk;
use crate::ir::{Action, ConstraintDef, IdentityChange};
use crate::quote;

super::rule! {
    /// The numbers of a key run out.
    ///
    /// **What it detects.** A PRIMARY KEY, UNIQUE or FOREIGN KEY constraint, or an identity, added to a smallint or integer column in which
    /// ANALYZE found a number beyond 80 % of the type's range.
    ///
    /// **Why.** When the last number is given out every INSERT fails, and the change to bigint that would help then rewrites the table
    /// under lock.
    ///
    /// **Instead.** Move to bigint while there is time: a new column, filled in batches, and swapped in; the referencing columns of other
    /// tables too.
    ///
    /// **Does not fire when** the column is a bigint, its numbers are far from the end, it was never analyzed, or the table is new,
    /// temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY people_id_key ON people (id);
    /// ALTER TABLE people ADD CONSTRAINT people_id_key UNIQUE USING INDEX people_id_key;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY users_id_key ON users (id);
    /// ALTER TABLE users ADD CONSTRAINT users_id_key UNIQUE USING INDEX users_id_key;
    /// ```
    ///
    /// **Known from** online_migrations.
    IntKeyOverflow, "int-key-overflow", Caution
}

impl Rule for IntKeyOverflow {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let keys = match action {
                Action::AddConstraint(added) => key_columns(relation, added),
                Action::Identity { column, change: IdentityChange::Add { .. } } => std::slice::from_ref(column).to_vec(),
                _ => return None,
            };
            let full = |name: &String| {
                let column = relation.columns.iter().find(|column| column.name == *name)?;
                let (range, type_name) = match column.type_oid {
                    INT2 => (i64::from(i16::MAX), "smallint"),
                    INT4 => (i64::from(i32::MAX), "integer"),
                    _ => return None,
                };
                let greatest = context.statistics(relation, name)?.greatest?;
                (greatest > range / 5 * 4).then_some((column, greatest, type_name))
            };
            let (column, greatest, type_name) = keys.iter().find_map(full)?;
            let name = quote::ident(&column.name);
            let message = format!("column {name} of {} runs out of numbers", super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).aside();
            let report = report.detail(format!("ANALYZE found the number {greatest} in it, and its type is {type_name}."));
            Some(report.hint("Move the column to bigint while there is time, and the columns that reference it too."))
        })
    }
}

const INT2: Oid = 21;
const INT4: Oid = 23;

fn key_columns(relation: &Relation, added: &ConstraintDef) -> Vec<String> {
    match (&added.using_index, added.kind) {
        (Some(index), _) => relation.indexes.iter().find(|one| one.name == *index).map(|one| one.columns.clone()).unwrap_or_default(),
        (None, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::ForeignKey) => added.columns.clone(),
        _ => Vec::new(),
    }
}
