//! `statement-timeout`.

use std::time::Duration;

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::lock::LockMode;
use crate::script::Timeout;
use crate::weigh::size;

super::rule! {
    /// Long work needs a statement_timeout that fits.
    ///
    /// **What it detects.** The first statement of a text that may work for half a minute or longer under a lock that keeps readers or
    /// writers waiting, while statement_timeout is 0; and any that works on the rows for longer, by the estimate's low end, than statement_timeout allows.
    ///
    /// **Why.** Without a limit the work blocks for as long as it takes, and nobody is there to end it. With one that is too short it is done
    /// for nothing; a CONCURRENTLY leaves an invalid index behind.
    ///
    /// **Instead.** SET statement_timeout to what the application bears before work under a strong lock; SET it to 0 for CONCURRENTLY and
    /// VALIDATE CONSTRAINT.
    ///
    /// **Does not fire when** the timeout fits or is not known, the work does not grow with the data, an earlier statement was reported, or
    /// the table is small, new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// SET statement_timeout = 0;
    /// CREATE INDEX metrics_value_idx ON metrics (value);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET statement_timeout = '5min';
    /// CREATE INDEX metrics_value_idx ON metrics (value);
    /// ```
    ///
    /// **Known from** squawk (`require-statement-timeout`).
    StatementTimeout, "statement-timeout", Caution
}

/// Work that takes so long at most needs no limit.
const LONG: Duration = Duration::from_secs(30);

impl Rule for StatementTimeout {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Timeout::Is(timeout) = context.script().statement_timeout() else { return Vec::new() };
        let long = context.said().iter().filter(|report| report.grows).max_by_key(|report| (report.risk, report.lock));
        let Some(relation) = long.map_or_else(|| context.main_relation(), |report| context.script().get(report.relation?)) else {
            return Vec::new();
        };
        let own = context.report(Risk::Caution, &relation, String::new());
        if !own.grows || context.is_harmless(&relation) || context.is_small(&relation) {
            return Vec::new();
        }
        let estimate = size::measure(context, &own).estimate();
        if timeout == 0 {
            let blocks = long.is_some_and(|report| report.risk == Risk::Danger) && own.lock >= Some(LockMode::Share);
            let short = estimate.is_some_and(|estimate| estimate.high < LONG);
            if !blocks || short || context.past().has_said("statement-timeout") {
                return Vec::new();
            }
            let message = format!("may keep {} locked without end: statement_timeout is 0", super::name_of(&relation));
            let set = if context.in_block() { "SET LOCAL" } else { "SET" };
            let report = context.report(Risk::Caution, &relation, message).aside();
            let hint = format!("{set} statement_timeout = '1min'; before it, or what the application bears.");
            return vec![report.detail("Nothing ends it but its own end, or a person.").hint(hint)];
        }
        let too_long = estimate.filter(|estimate| estimate.low > Duration::from_millis(timeout));
        let report = too_long.map(|estimate| {
            let message = format!("would be ended by statement_timeout before it is done with {}", super::name_of(&relation));
            let report = context.report(Risk::Caution, &relation, message).aside();
            let left = if context.text().to_ascii_lowercase().contains("concurrently") { " An invalid index stays behind." } else { "" };
            let least = estimate.low.as_secs().max(1);
            let detail = format!("It takes {least} s at least, and statement_timeout is {timeout} ms.{left}");
            report.detail(detail).hint("SET statement_timeout = 0; for this statement.")
        });
        report.into_iter().collect()
    }
}
