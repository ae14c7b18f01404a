//! `analyze-after`.

use std::rc::Rc;

use super::{Context, Report, Rule, Turn};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Until the next ANALYZE the planner knows nothing of it.
    ///
    /// **What it detects.** An index on an expression and `CREATE STATISTICS`, on a table that holds rows, if no ANALYZE or VACUUM follows in
    /// the text. It is said once in a text.
    ///
    /// **Why.** Statistics of an expression or of several columns together are gathered by ANALYZE only. Until then plans go by a guess, and
    /// autovacuum has no reason to come. (After many changes of rows it has one.)
    ///
    /// **Instead.** ANALYZE the table at the end of the text.
    ///
    /// **Does not fire when** an ANALYZE or VACUUM follows, an earlier statement was reported, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_lower_email_idx ON users (lower(email));
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_lower_email_idx ON users (lower(email));
    /// ANALYZE users;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    AnalyzeAfter, "analyze-after", Caution
}

impl Rule for AnalyzeAfter {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((table, what)) = without(context).filter(|(table, _)| !context.is_harmless(table)) else { return Vec::new() };
        if context.past().has_said("analyze-after") || context.soon().any(|later| ["ANALYZE", "VACUUM"].contains(&later.tag.as_str())) {
            return Vec::new();
        }
        let name = super::name_of(&table);
        let report =
            context.report(Risk::Caution, &table, format!("the planner has no statistics of {what} of {name} until the next ANALYZE"));
        vec![report.aside().hint(format!("Run ANALYZE {name} afterwards."))]
    }
}

/// The table, and what has no statistics.
fn without(context: &Context) -> Option<(Rc<Relation>, &'static str)> {
    match context.kind() {
        Kind::CreateIndex(create) if create.expressions => {
            let table = context.existing(&create.table.name).filter(|table| !context.creates_nothing(create, table))?;
            Some((table, "the new index' expressions"))
        }
        Kind::Locks(locks) if context.tag() == "CREATE STATISTICS" => {
            Some((context.existing(&locks.first()?.target.name)?, "the columns together"))
        }
        _ => None,
    }
}
