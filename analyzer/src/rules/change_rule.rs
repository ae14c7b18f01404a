//! `change-rule`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::How;
use crate::quote;

super::rule! {
    /// A rule rewrites queries, and its change waits for everybody who uses the table.
    ///
    /// **What it detects.** `CREATE RULE`, `DROP RULE`, `ALTER RULE`, and `ENABLE` or `DISABLE RULE`, on a table or view that others use.
    ///
    /// **Why.** A rule changes what a statement means, with surprises: volatile expressions are computed twice, RETURNING and ON CONFLICT
    /// stop to work. The AccessExclusiveLock waits for running queries and keeps later ones waiting.
    ///
    /// **Instead.** A trigger does what most rules are meant for, with a weaker lock.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE RULE keep AS ON DELETE TO users DO INSTEAD NOTHING;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TRIGGER keep BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse();
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    ChangeRule, "change-rule", Caution
}

impl Rule for ChangeRule {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((attached, table)) = context.attached("rule") else { return Vec::new() };
        let verb = match attached.how {
            How::Create => "creates",
            How::Alter => "changes",
            How::Drop => "takes away",
        };
        let message = format!("{verb} rule {} of {}", quote::ident(&attached.name), super::name_of(&table));
        let report = context.report(Risk::Caution, &table, message).about_names();
        let report = report.detail(format!("Statements on it mean something else afterwards. {}", context.brief_lock(&table)));
        vec![if attached.how == How::Create { report.hint("A trigger does what most rules are meant for.") } else { report }]
    }
}
