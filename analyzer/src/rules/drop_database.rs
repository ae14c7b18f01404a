//! `drop-database`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Dropping a database destroys everything in it.
    ///
    /// **What it detects.** `DROP DATABASE`.
    ///
    /// **Why.** There is no way back but a restore.
    ///
    /// **Instead.** There is no safe way. Make sure that a backup exists and can be restored.
    ///
    /// **Does not fire when** there is no database of that name.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP DATABASE shop;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE DATABASE shop;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-database`).
    DropDatabase, "drop-database", Danger
}

impl Rule for DropDatabase {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::DropDatabase { name } = context.kind() else { return Vec::new() };
        if context.missing_object().is_some() {
            return Vec::new();
        }
        let report = context.remark(Risk::Danger, format!("drops database {}", crate::quote::ident(name)));
        vec![report.detail("Everything in it is lost.").hint("Make sure that a backup exists and can be restored.")]
    }
}
