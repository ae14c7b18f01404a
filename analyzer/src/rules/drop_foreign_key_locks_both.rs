//! `drop-foreign-key-locks-both`.

use super::{Context, Report, Rule};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// Dropping a foreign key locks both of its tables against everybody.
    ///
    /// **What it detects.** `DROP CONSTRAINT` of a foreign key on a table that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is taken on the referencing and on the referenced table. It is held briefly, but it waits for every
    /// running query on either, and all later ones wait behind it. References that lead nowhere can be written from then on.
    ///
    /// **Instead.** Drop it in a transaction of its own, with a short lock_timeout.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders DROP CONSTRAINT orders_total_positive;
    /// ```
    ///
    /// **Known from** online_migrations.
    DropForeignKeyLocksBoth, "drop-foreign-key-locks-both", Caution
}

impl Rule for DropForeignKeyLocksBoth {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::DropConstraint { name, .. } = action else { return None };
            let key = relation.constraints.iter().find(|one| one.name == *name && one.kind == ConstraintKind::ForeignKey)?;
            let referenced = context.script().get(key.references?)?;
            let (table, other) = (super::name_of(relation), super::name_of(&referenced));
            let message = format!("dropping foreign key {} locks both {table} and {other}", quote::ident(name));
            let report = context.report(Risk::Caution, relation, message).for_a_moment().detail(context.brief_lock(relation));
            Some(report.hint("Do it in a transaction of its own, with a short lock_timeout, and try again when it fails."))
        })
    }
}
