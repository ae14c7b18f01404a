//! `unknown-effect`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;

super::rule! {
    /// Whether the statement reads or rewrites a whole table cannot be told.
    ///
    /// **What it detects.** A strong lock on a table that holds rows, where the text and the catalogs do not say whether all rows are read
    /// or written: a default with a function that is not known, a type that is not known, a partition whose CHECK may or may not imply the
    /// bound.
    ///
    /// **Why.** It is not judged, and not called safe.
    ///
    /// **Instead.** Try the statement on a copy of the database, or write it so that the question does not arise.
    ///
    /// **Does not fire when** the effect is known, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN x int DEFAULT no_such_function();
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN x int DEFAULT 1;
    /// ```
    UnknownEffect, "unknown-effect", Unknown
}

impl Rule for UnknownEffect {
    fn turn(&self) -> Turn {
        Turn::ByEffect
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.said().iter().any(|report| report.explains_data || report.risk == Risk::Unknown) {
            return Vec::new();
        }
        let open = context.disturbed().into_iter().find(|touch| touch.rewrites.is_none() || touch.scans.is_none());
        let report = open.map(|touch| {
            let verb = if touch.rewrites.is_none() { "rewritten" } else { "read" };
            let message =
                format!("cannot tell whether all of {} is {verb} under {}", super::name_of(&touch.relation), touch.lock.pg_name());
            context.report(Risk::Unknown, &touch.relation, message).detail(format!("{}.", super::waits(Some(touch.lock))))
        });
        report.into_iter().collect()
    }
}
