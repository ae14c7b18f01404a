//! `change-owner`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind};
use crate::quote;

super::rule! {
    /// Another owner means that the old one loses the rights of an owner.
    ///
    /// **What it detects.** `OWNER TO` of a table, view or sequence that others use, if that changes anything.
    ///
    /// **Why.** Programs that connect as the old owner may no longer alter, truncate or even read it, unless they were granted that;
    /// row-level security begins to count for them. The AccessExclusiveLock is held briefly.
    ///
    /// **Instead.** Grant the old owner what it needs before, in the same transaction.
    ///
    /// **Does not fire when** the role owns it already, or it is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users OWNER TO accounting;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users OWNER TO me;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    ChangeOwner, "change-owner", Caution
}

impl Rule for ChangeOwner {
    fn check(&self, context: &Context) -> Vec<Report> {
        let role = context.facts().iter().find_map(|fact| match fact {
            Fact::Owner(role) => Some(role.as_deref()),
            _ => None,
        });
        let name = match context.kind() {
            Kind::AlterTable(alter) => &alter.target.name,
            Kind::Locks(locks) => match locks.first() {
                Some(lock) => &lock.target.name,
                None => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let (Some(role), Some(relation)) = (role, context.existing(name).filter(|one| !context.is_harmless(one))) else {
            return Vec::new();
        };
        let owner = context.script().catalog().owner(relation.oid);
        if role.is_some() && owner.as_deref() == role {
            return Vec::new();
        }
        let report = context.report(Risk::Caution, &relation, format!("gives {} another owner", super::name_of(&relation))).about_names();
        let old = owner.map_or_else(|| "The old owner".to_owned(), |owner| format!("Role {}", quote::ident(&owner)));
        vec![
            report
                .detail(format!("{old} loses an owner's rights, and the table's row-level security counts for it from then on."))
                .hint("Grant the old owner what it still needs in the same transaction."),
        ]
    }
}
