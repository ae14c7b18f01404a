//! `table-rewrite`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;

super::rule! {
    /// The statement writes a whole table anew while others wait.
    ///
    /// **What it detects.** Any statement that gives a table that holds rows a new file, and of which no other rule speaks: SET LOGGED,
    /// SET UNLOGGED, SET ACCESS METHOD.
    ///
    /// **Why.** The table, and mostly its indexes, are written anew under an AccessExclusiveLock, which takes as long as the table is big,
    /// and twice its space.
    ///
    /// **Instead.** Do it when nobody uses the table, or copy the rows to a new table and put it in the place of the old one.
    ///
    /// **Does not fire when** nothing changes (the same tablespace, the same access method), another rule speaks of it, or the table is
    /// new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users SET ACCESS METHOD columnar;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users SET ACCESS METHOD heap;
    /// ```
    ///
    /// **Known from** eugene (`E10`), Atlas (`PG307`, `PG311`).
    TableRewrite, "table-rewrite", Danger
}

impl Rule for TableRewrite {
    fn turn(&self) -> Turn {
        Turn::ByEffect
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.said().iter().any(|report| report.explains_data && report.risk == Risk::Danger) {
            return Vec::new();
        }
        let rewritten = context.disturbed().into_iter().find(|touch| touch.rewrites == Some(true));
        let report = rewritten.map(|touch| {
            let message = format!("rewrites {} under {}", super::name_of(&touch.relation), touch.lock.pg_name());
            context.report(Risk::Danger, &touch.relation, message).detail(format!("{}.", super::waits(Some(touch.lock))))
        });
        report.into_iter().collect()
    }
}
