//! `running-job`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::lock::LockMode;

super::rule! {
    /// A backfill job of pg_zdm is running on the table.
    ///
    /// **What it detects.** A lock that keeps writers waiting, on a table that a backfill job walks now.
    ///
    /// **Why.** The statement waits for the batch that runs, and the next one waits for the statement. If it changes a column or a
    /// partition that the job needs, the job ends with an error.
    ///
    /// **Instead.** Wait until the job is done: SELECT * FROM zdm.progress.
    ///
    /// **Does not fire when** no job runs on the table, or the caller may not see it.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE metrics ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN note text;
    /// ```
    RunningJob, "running-job", Caution
}

impl Rule for RunningJob {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let strong =
            context.effects().touches().iter().filter(|touch| touch.lock >= LockMode::Share && !super::is_private(&touch.relation));
        let found = strong.take(16).find_map(|touch| Some((touch, context.script().catalog().running_job(touch.relation.oid)?)));
        let report = found.map(|(touch, job)| {
            let message = format!("backfill job {job} is running on {}", super::name_of(&touch.relation));
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            report
                .detail("Its next batch waits for this statement; if a column or a partition that it needs changes, it ends with an error.")
                .hint(format!("Wait until it is done: SELECT * FROM zdm.progress WHERE job = {job}."))
        });
        report.into_iter().collect()
    }
}
