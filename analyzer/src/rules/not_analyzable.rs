//! `not-analyzable`.

use super::{Context, Report, Rule};

super::rule! {
    /// The text cannot be read as SQL.
    ///
    /// **What it detects.** A text that the grammar of PostgreSQL 18 refuses, or that is nested too
    /// deeply to be decoded; a command of which only the tag is known. The guard says it too of a statement whose
    /// table was exchanged for another of that name while it waited for a lock.
    ///
    /// **Why.** What is not understood is not judged, and not called safe.
    ///
    /// **Instead.** Correct the text; split what is nested deeply.
    ///
    /// **Does not fire when** the text parses.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SELECT 1;
    /// ```
    ///
    /// **Known from** squawk (`syntax-error`).
    NotAnalyzable, "not-analyzable", Unknown
}

impl Rule for NotAnalyzable {
    fn check(&self, context: &Context) -> Vec<Report> {
        // Said by the caller, which has no statement to give here.
        let _ = context;
        Vec::new()
    }
}
