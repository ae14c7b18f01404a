//! `rls-enable-without-policy`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, QualifiedName, RowSecurity};

super::rule! {
    /// Row-level security without a policy hides all rows.
    ///
    /// **What it detects.** `ENABLE` or `FORCE ROW LEVEL SECURITY` on a table that has no policy.
    ///
    /// **Why.** Without a policy nothing is allowed: for everybody but the owner (with FORCE, also for the owner), superusers and roles
    /// with BYPASSRLS the table looks empty, and inserts fail.
    ///
    /// **Instead.** Create the policies first, or in the same transaction.
    ///
    /// **Does not fire when** the table has a policy, the same text creates one, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE POLICY everybody ON users USING (true);
    /// ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    /// ```
    RlsEnableWithoutPolicy, "rls-enable-without-policy", Danger
}

impl Rule for RlsEnableWithoutPolicy {
    fn check(&self, context: &Context) -> Vec<Report> {
        let switched = context.facts().iter().find_map(|fact| match fact {
            Fact::RowSecurity(what @ (RowSecurity::Enable | RowSecurity::Force)) => Some(*what),
            _ => None,
        });
        let (Some(what), Some((_, table))) = (switched, context.alter()) else { return Vec::new() };
        let later = context.later().iter().flat_map(|later| &later.facts);
        let here = |name: &QualifiedName| context.existing(name).is_some_and(|found| found.oid == table.oid);
        let follows = later.filter_map(policy_on).any(here);
        if context.is_harmless(&table)
            || follows
            || context.past().policies().any(here)
            || context.script().catalog().policies(table.oid) != Some(0)
        {
            return Vec::new();
        }
        let name = super::name_of(&table);
        let report = context.report(Risk::Danger, &table, format!("hides all rows of {name}: it has no policy")).about_names();
        let whom = if what == RowSecurity::Force { "everybody, its owner included," } else { "everybody but its owner" };
        vec![
            report
                .detail(format!("Without a policy {whom} finds no row and may insert none; superusers and BYPASSRLS roles are exempt."))
                .hint("Create the policies first, or in the same transaction."),
        ]
    }
}

fn policy_on(fact: &Fact) -> Option<&QualifiedName> {
    match fact {
        Fact::CreatePolicy(table) => Some(table),
        _ => None,
    }
}
