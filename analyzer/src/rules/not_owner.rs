//! `not-owner`.

use super::{Context, Report, Rule, Turn};
use crate::ir::{Dropped, Kind, QualifiedName};
use crate::quote;

super::rule! {
    /// The statement would fail, because only the owner may do that.
    ///
    /// **What it detects.** `ALTER`, `DROP` and `CREATE INDEX` on a table, view or sequence that the session's role does not own and is no
    /// member of the owner.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** SET ROLE to the owner, or to a role that owns it.
    ///
    /// **Does not fire when** the role owns it (superusers own everything), or the text changes its role.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE ledger ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET ROLE accounting;
    /// ALTER TABLE ledger ADD COLUMN note text;
    /// ```
    NotOwner, "not-owner", Caution
}

impl Rule for NotOwner {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.script().has_other_role() {
            return Vec::new();
        }
        let (names, drops): (Vec<&QualifiedName>, bool) = match context.kind() {
            Kind::AlterTable(alter) => (vec![&alter.target.name], false),
            Kind::Rename(rename) => (vec![&rename.target.name], false),
            Kind::CreateIndex(create) => (vec![&create.table.name], false),
            Kind::Drop(drop) => match &drop.what {
                Dropped::Relations(names) | Dropped::Indexes(names) => (names.iter().collect(), true),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        let catalog = context.script().catalog();
        let denied = names.into_iter().filter_map(|name| context.existing(name)).find(|relation| {
            let may = if drops { catalog.may_drop(relation.oid) } else { catalog.owns(relation.oid) };
            may == Some(false)
        });
        let report = denied.map(|relation| {
            let report = context.failure(Some(&relation), format!("you do not own {}", super::name_of(&relation)));
            match catalog.owner(relation.oid) {
                Some(owner) => {
                    let owner = quote::ident(&owner);
                    report.detail(format!("Its owner is {owner}.")).hint(format!("SET ROLE {owner}; if you may."))
                }
                None => report,
            }
        });
        report.into_iter().collect()
    }
}
