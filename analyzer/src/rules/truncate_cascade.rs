//! `truncate-cascade`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// TRUNCATE ... CASCADE empties tables that the statement does not name.
    ///
    /// **What it detects.** `TRUNCATE ... CASCADE` of a table that others with rows in them reference, directly or through others.
    ///
    /// **Why.** All rows of those tables are gone too, also such as reference nothing.
    ///
    /// **Instead.** Leave CASCADE out and name every table that is to be empty.
    ///
    /// **Does not fire when** no other table with rows is emptied.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// TRUNCATE users CASCADE;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// TRUNCATE users, orders;
    /// ```
    ///
    /// **Known from** squawk (`ban-truncate-cascade`).
    TruncateCascade, "truncate-cascade", Danger
}

impl Rule for TruncateCascade {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Truncate { tables, cascade: true } = context.kind() else { return Vec::new() };
        let named: Vec<_> = tables.iter().filter_map(|target| context.existing(&target.name)).collect();
        let members: Vec<_> = named.iter().flat_map(|relation| context.effects().members(relation)).map(|member| member.oid).collect();
        let touched =
            context.disturbed().into_iter().filter(|touch| touch.rewrites == Some(true) && !members.contains(&touch.relation.oid));
        let names: Vec<String> = touched.map(|touch| super::name_of(&touch.relation)).collect();
        let Some(main) = named.first().filter(|_| !names.is_empty()) else { return Vec::new() };
        let report =
            context.report(Risk::Danger, main, format!("also empties {}, by CASCADE", names.join(", "))).about_loss().for_a_moment();
        vec![
            report
                .detail("They reference the named tables by foreign keys, and lose all their rows.")
                .hint("Name every table that is to be empty."),
        ]
    }
}
