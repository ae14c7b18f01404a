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
    /// **Does not fire when** the table has a policy, the same text creates one, it is a FORCE where row-level security is off, or the table is new,
    /// temporary or empty.
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
    ///
    /// **Known from** squawk (`ban-alter-row-level-security`).
    RlsEnableWithoutPolicy, "rls-enable-without-policy", Danger
}

impl Rule for RlsEnableWithoutPolicy {
    fn check(&self, context: &Context) -> Vec<Report> {
        let says = |wanted: RowSecurity| context.facts().iter().any(|fact| matches!(fact, Fact::RowSecurity(what) if *what == wanted));
        let (enables, forces) = (says(RowSecurity::Enable), says(RowSecurity::Force));
        let Some((_, table)) = context.alter().filter(|_| enables || forces) else { return Vec::new() };
        // by itself FORCE changes nothing; of an ENABLE before it in the text it was said there
        if !enables && context.script().catalog().table_facts(table.oid).is_some_and(|facts| !facts.row_security) {
            return Vec::new();
        }
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
        let whom = if forces { "everybody, its owner included," } else { "everybody but its owner" };
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
