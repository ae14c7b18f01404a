//! `not-analyzable`.

use super::{Context, Report, Rule};

super::rule! {
    /// The text cannot be read as SQL.
    ///
    /// **What it detects.** A text that the grammar of PostgreSQL 18 refuses (a syntax error, a command of psql) or that is nested too
    /// deeply to be decoded; a command of which only the tag is known.
    ///
    /// **Why.** What is not understood is not judged, and not called safe.
    ///
    /// **Instead.** Correct the text; leave out commands of psql; split what is nested deeply.
    ///
    /// **Does not fire when** the text parses.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// \\connect shop
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SELECT 1;
    /// ```
    NotAnalyzable, "not-analyzable", Unknown
}

impl Rule for NotAnalyzable {
    fn check(&self, context: &Context) -> Vec<Report> {
        // Said by the caller, which has no statement to give here.
        let _ = context;
        Vec::new()
    }
}
