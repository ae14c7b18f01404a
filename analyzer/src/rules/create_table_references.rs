//! `create-table-references`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{ConstraintDef, CreateTable, Kind};

super::rule! {
    /// A new table with a foreign key keeps the writers of the old one waiting.
    ///
    /// **What it detects.** `CREATE TABLE ... REFERENCES` of a table that others use and that holds rows.
    ///
    /// **Why.** Nothing is read, but the referenced table is locked with a ShareRowExclusiveLock until the transaction ends. In a long
    /// migration that is a long time, and the lock waits for every transaction that writes to the table.
    ///
    /// **Instead.** Create it in a short transaction of its own, with a short lock_timeout.
    ///
    /// **Does not fire when** the referenced tables are new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE notes (id bigint, user_id bigint REFERENCES users (id));
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE notes (id bigint, user_id bigint);
    /// ```
    ///
    /// **Known from** 3 of the tools named in check.md.
    CreateTableReferences, "create-table-references", Caution
}

impl Rule for CreateTableReferences {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateTable(table @ CreateTable { name, partition: None, .. }) = context.kind() else { return Vec::new() };
        let touched = context.disturbed();
        let locked = |key: &ConstraintDef| {
            let table = context.existing(key.references.as_ref()?)?;
            touched.iter().any(|touch| touch.relation.oid == table.oid).then_some(table)
        };
        let Some(referenced) = table.foreign_keys().find_map(locked) else { return Vec::new() };
        let message = format!("the foreign key of the new table {name} locks {} against writes", super::name_of(&referenced));
        let report = context.report(Risk::Caution, &referenced, message).for_a_moment();
        let report = report.detail(context.brief_lock(&referenced));
        vec![report.hint("Run it in a transaction of its own, with a short lock_timeout, and try again when it fails.")]
    }
}
