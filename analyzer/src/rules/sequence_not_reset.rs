//! `sequence-not-reset`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::Column;
use crate::finding::Risk;
use crate::ir::Fact;
use crate::quote;

super::rule! {
    /// Rows with numbers of their own, while the sequence does not know of them.
    ///
    /// **What it detects.** `INSERT` or `COPY FROM` that names an identity or serial column of an existing table, where no later statement
    /// of the text sets its sequence. It is said once in a text.
    ///
    /// **Why.** The sequence goes on where it was: sooner or later it gives out a number that is taken, and the INSERT of a program fails
    /// with a duplicate key.
    ///
    /// **Instead.** Leave the column out, or set the sequence afterwards with setval.
    ///
    /// **Does not fire when** a later statement calls setval or restarts a sequence, or the table is new or temporary.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// INSERT INTO metrics (id, value) VALUES (1000, 1);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// INSERT INTO metrics (value) VALUES (1);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    SequenceNotReset, "sequence-not-reset", Caution
}

impl Rule for SequenceNotReset {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.past().has_said("sequence-not-reset") {
            return Vec::new();
        }
        let sets = |fact: &Fact| matches!(fact, Fact::SetsSequence | Fact::ChangesSequence);
        let inserts = context.facts().iter().filter_map(|fact| match fact {
            Fact::Insert(insert) => Some(insert),
            _ => None,
        });
        let reports = inserts.filter_map(|insert| {
            let table = context.existing(&insert.target.name).filter(|table| !super::is_private(table))?;
            // only such a column takes numbers from a sequence by itself, and looking for sequences takes its time
            let numbered = |column: &&Column| (column.identity || column.has_default) && insert.columns.contains(&column.name);
            table.columns.iter().find(numbered)?;
            let (column, sequence) = table.owned_sequences.iter().find(|(column, _)| insert.columns.contains(column))?;
            if context.later().iter().rev().flat_map(|later| &later.facts).any(sets) {
                return None;
            }
            let sequence = context.script().get(*sequence)?;
            let (name, column) = (super::name_of(&table), quote::ident(column));
            let report = context.report(Risk::Caution, &table, format!("gives column {column} of {name} its own numbers")).aside();
            Some(
                report
                    .detail(format!("Sequence {} goes on where it was, and may give out the same numbers.", super::name_of(&sequence)))
                    .hint(format!(
                        "Set it afterwards: SELECT setval({}, (SELECT max({column}) FROM {name})).",
                        quote::literal(&super::name_of(&sequence))
                    )),
            )
        });
        reports.take(1).collect()
    }
}
