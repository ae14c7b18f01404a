//! `set-storage`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;
use crate::quote;

super::rule! {
    /// Storage and compression change for new values only.
    ///
    /// **What it detects.** `SET STORAGE` and `SET COMPRESSION` of a column, on a table that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is held briefly, no row is written anew: old values stay as they are until they are updated.
    ///
    /// **Instead.** That is what one mostly wants. To have all values anew, update the rows in batches to something else and back, or copy
    /// the table.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN email SET STORAGE EXTERNAL;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (note text);
    /// ALTER TABLE fresh ALTER COLUMN note SET STORAGE EXTERNAL;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    SetStorage, "set-storage", Caution
}

impl Rule for SetStorage {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((_, relation)) = context.alter().filter(|(_, relation)| !context.is_harmless(relation)) else { return Vec::new() };
        let reports = context.facts().iter().filter_map(|fact| {
            let Fact::Storage { column, compression } = fact else { return None };
            let what = if *compression { "compression" } else { "storage" };
            let message = format!("the new {what} of column {} of {} is for new values", quote::ident(column), super::name_of(&relation));
            let report = context.report(Risk::Caution, &relation, message).for_a_moment();
            Some(report.detail(format!("Values that are stored stay as they are. {}", context.brief_lock(&relation))))
        });
        reports.collect()
    }
}
