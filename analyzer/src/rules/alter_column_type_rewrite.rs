//! `alter-column-type-rewrite`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A change of type that must compute each value rewrites the table.
    ///
    /// **What it detects.** `ALTER COLUMN ... TYPE` where the old values cannot be used as they are (int to bigint, text to varchar(n), a
    /// smaller length, any USING that computes something), on a table that holds rows.
    ///
    /// **Why.** Table and indexes are written anew under an AccessExclusiveLock; foreign keys on the column are verified again, and the
    /// table on their other side is locked too.
    ///
    /// **Instead.** Add a column of the new type, keep both in step with a trigger, fill the old rows in batches, and swap the names when
    /// the application is ready.
    ///
    /// **Does not fire when** no value changes: varchar(20) to varchar(40) or text, numeric(10,2) to numeric(12,2), more digits of a time,
    /// a domain without constraints, timestamp to timestamptz while the time zone is UTC; or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age TYPE bigint;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN name TYPE text;
    /// ALTER TABLE orders ALTER COLUMN total TYPE numeric(12,2);
    /// ```
    ///
    /// **Known from** squawk (`changing-column-type`), eugene (`E5`), strong_migrations, online_migrations, Atlas (`PG301`).
    AlterColumnTypeRewrite, "alter-column-type-rewrite", Danger
}

impl Rule for AlterColumnTypeRewrite {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action_on_rows(|action, relation| {
            let Action::AlterType { column, to, to_text, collation, using } = action else { return None };
            let old = relation.columns.iter().find(|one| one.name == *column)?;
            let change = crate::effects::type_change(context.script(), old, to, collation.as_ref(), using.as_ref());
            if change.rewrites != Some(true) {
                return None;
            }
            let table = super::name_of(relation);
            let message = format!("changing the type of column {} to {to_text} rewrites {table}", quote::ident(column));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Every value is computed anew. {}.", super::waits(context.sum(relation).0)));
            if crate::effects::constrained_type(context.script(), to) != Some(false) {
                return Some(report.hint(
                    "Add a column of the domain's base type, with the domain's condition as a CHECK constraint NOT VALID; fill it in \
                     batches, validate the constraint, and swap the names when the application is ready.",
                ));
            }
            let new = quote::ident(&hint::free_column(relation, &format!("{column}_new")));
            Some(report.hint(format!(
                "Add column {new} of type {to_text}, keep both columns in step with a trigger, fill the old rows with zdm.backfill, and swap \
                 the names when the application is ready."
            )))
        })
    }
}
