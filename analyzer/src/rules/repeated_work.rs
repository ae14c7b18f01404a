//! `repeated-work`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;

super::rule! {
    /// Two statements write a table anew where one would do.
    ///
    /// **What it detects.** `ALTER TABLE` that rewrites or reads a table which an earlier `ALTER TABLE` of the text rewrote or read, if one
    /// of them rewrites it.
    ///
    /// **Why.** All actions of one ALTER TABLE share one pass over the rows: two statements take twice as long, with the table locked.
    ///
    /// **Instead.** Put the actions into one ALTER TABLE.
    ///
    /// **Does not fire when** one of them only looks at the catalogs, the table was only read both times, a weaker lock is taken (VALIDATE
    /// CONSTRAINT), or the table is small, new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age TYPE bigint;
    /// ALTER TABLE users ALTER COLUMN active TYPE int USING active::int;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age TYPE bigint, ALTER COLUMN active TYPE int USING active::int;
    /// ```
    ///
    /// **Known from** eugene (`W12`).
    RepeatedWork, "repeated-work", Caution
}

impl Rule for RepeatedWork {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((relation, rewrites)) = context.work().filter(|(relation, _)| !context.is_small(relation)) else { return Vec::new() };
        let Some((number, before)) = context.past().worked_on(relation.oid).filter(|(_, before)| rewrites || *before) else {
            return Vec::new();
        };
        let (again, first) = (if rewrites { "writes" } else { "reads" }, if before { "wrote it anew" } else { "read it" });
        let message = format!("{again} all of {} after statement {number} {first}", super::name_of(&relation));
        let report = context.report(Risk::Caution, &relation, message).aside();
        vec![report.detail("The actions of one ALTER TABLE share one pass over the rows.").hint("Put the actions into one ALTER TABLE.")]
    }
}
