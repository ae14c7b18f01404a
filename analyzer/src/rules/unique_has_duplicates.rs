//! `unique-has-duplicates`.

use std::rc::Rc;

use super::{Context, Report, Rule, rows};
use crate::catalog::{ConstraintKind, Relation};
use crate::finding::Risk;
use crate::ir::{Action, Kind};
use crate::parse;
use crate::quote;

super::rule! {
    /// A column that held duplicates cannot become unique.
    ///
    /// **What it detects.** `CREATE UNIQUE INDEX` and `ADD UNIQUE` or `ADD PRIMARY KEY` on one column in which the last ANALYZE found the
    /// same value twice; with `probe => true`, on columns in which two rows have the same values now, or where that cannot be told.
    ///
    /// **Why.** The whole index is built before the statement fails. CONCURRENTLY leaves an invalid index behind, which every write
    /// maintains.
    ///
    /// **Instead.** Find the duplicates with GROUP BY ... HAVING count(*) > 1, remove them, and run ANALYZE.
    ///
    /// **Does not fire when** ANALYZE found none, never ran, or the caller may not read the column; the text changes or deletes rows
    /// before; the index is partial, on expressions or on several columns; or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY people_nick_key ON people (nick);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE UNIQUE INDEX CONCURRENTLY people_email_key ON people (email);
    /// ```
    ///
    /// **Known from** Atlas (`MF101`).
    UniqueHasDuplicates, "unique-has-duplicates", Caution
}

impl Rule for UniqueHasDuplicates {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else {
            return context.each_action(|action, relation| match action {
                Action::AddConstraint(added) if added.using_index.is_none() && is_unique(added.kind) => {
                    duplicates(context, relation, &added.columns, false)
                }
                _ => None,
            });
        };
        let table = context
            .existing(&create.table.name)
            .filter(|table| create.unique && !context.is_harmless(table) && !context.creates_nothing(create, table));
        let report =
            table.zip(create.columns.as_ref()).and_then(|(table, columns)| duplicates(context, &table, columns, create.concurrently));
        report.into_iter().collect()
    }
}

fn is_unique(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::Unique | ConstraintKind::PrimaryKey)
}

fn duplicates(context: &Context, relation: &Rc<Relation>, columns: &[String], concurrently: bool) -> Option<Report> {
    if let Some(seen) = rows::duplicates(context, relation, columns).filter(|_| !columns.is_empty()) {
        return seen;
    }
    let [column] = columns else { return None };
    let found = context.statistics(relation, column)?;
    // ANALYZE writes -(1 - null_frac) where no value came twice, and a number above 0 only where values come ten times on average.
    let unique = found.distinct <= 0.0 && (found.distinct == 0.0 || -found.distinct >= 1.0 - found.null_fraction - 1e-5);
    if unique || found.null_fraction >= 1.0 || context.mentioned_before(&["update ", "delete "]) {
        return None;
    }
    let (name, table) = (quote::ident(column), super::name_of(relation));
    let report = context.report(Risk::Caution, relation, format!("column {name} of {table} held duplicates when it was last analyzed"));
    // with NULLS NOT DISTINCT more than one NULL is too many
    let nulls = parse::words(context.text()).windows(3).any(|words| words == ["nulls", "not", "distinct"]);
    let given = if nulls { String::new() } else { format!(" WHERE {name} IS NOT NULL") };
    let left = if concurrently { ", and leaves an invalid index behind" } else { "" };
    let report = report.aside().detail(format!("The statement fails as long as one value is there twice{left}."));
    Some(
        report
            .hint(format!("Remove them first. They are: SELECT {name}, count(*) FROM {table}{given} GROUP BY {name} HAVING count(*) > 1.")),
    )
}
