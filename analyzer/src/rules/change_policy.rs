//! `change-policy`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::How;
use crate::quote;

super::rule! {
    /// A policy changes which rows whom is shown.
    ///
    /// **What it detects.** `CREATE`, `ALTER` and `DROP POLICY` on a table that holds rows.
    ///
    /// **Why.** From then on a role sees or changes more rows than before, or fewer, and nothing fails. The AccessExclusiveLock waits for
    /// running queries and keeps later ones waiting.
    ///
    /// **Instead.** Try it as each of the roles in a transaction that is rolled back. Alone in its transaction, under a short lock_timeout.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP POLICY own_rows ON users;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (id int);
    /// CREATE POLICY own_rows ON fresh USING (true);
    /// ```
    ///
    /// **Known from** squawk (`ban-create-policy`, `ban-drop-policy`).
    ChangePolicy, "change-policy", Caution
}

impl Rule for ChangePolicy {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((attached, table)) = context.attached("policy") else { return Vec::new() };
        let (verb, effect) = match attached.how {
            How::Create => ("creates", "Roles it is for may see other rows."),
            How::Alter => ("changes", "Roles it is for may see other rows."),
            How::Drop => ("drops", "What it let pass is hidden; what it kept back (RESTRICTIVE) is shown."),
        };
        let message = format!("{verb} policy {} of {}", quote::ident(&attached.name), super::name_of(&table));
        let report = context.report(Risk::Caution, &table, message).about_names();
        vec![
            report
                .detail(format!("{effect} {}", context.brief_lock(&table)))
                .hint("Try it as each of the roles, in a transaction that is rolled back."),
        ]
    }
}
