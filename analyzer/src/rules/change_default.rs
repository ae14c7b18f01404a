//! `change-default`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// Another default means that programs which leave the column out get another value.
    ///
    /// **What it detects.** `SET DEFAULT` of a column that has a default, on a table that holds rows.
    ///
    /// **Why.** From the next INSERT on, programs that rely on the old default write the new one. The rows that are there keep their values.
    ///
    /// **Instead.** Deploy programs that give the value themselves first, or add a new column.
    ///
    /// **Does not fire when** the column had no default or is new in the text, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ALTER COLUMN level SET DEFAULT 5;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age SET DEFAULT 18;
    /// ```
    ///
    /// **Known from** squawk (`ban-set-default`), online_migrations.
    ChangeDefault, "change-default", Caution
}

impl Rule for ChangeDefault {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action_on_rows(|action, relation| {
            let Action::SetDefault { column, dropped: false } = action else { return None };
            let before = context.script().catalog().shared(relation.oid)?;
            let had = |one: &crate::catalog::Column| one.name == *column && one.has_default;
            if !before.columns.iter().any(had) || !relation.columns.iter().any(had) {
                return None;
            }
            let message = format!("column {} of {} gets another default", quote::ident(column), super::name_of(relation));
            let report = context.report(Risk::Caution, relation, message).about_names();
            let lock = context.brief_lock(relation);
            Some(report.detail(format!("Programs that leave the column out write the new value; rows that are there keep theirs. {lock}")))
        })
    }
}
