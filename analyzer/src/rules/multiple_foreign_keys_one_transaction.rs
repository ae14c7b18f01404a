//! `multiple-foreign-keys-one-transaction`.

use super::{Context, Report, Rule};
use crate::catalog::Oid;
use crate::finding::Risk;
use std::collections::BTreeSet;

super::rule! {
    /// Foreign keys to several tables in one transaction keep the writers of all of them waiting.
    ///
    /// **What it detects.** A second referenced table among the foreign keys that the statements of one transaction, or one `ALTER TABLE`,
    /// add.
    ///
    /// **Why.** Each takes a ShareRowExclusiveLock on the table it references and holds it to the end of the transaction. The locks add up,
    /// and two such transactions can deadlock.
    ///
    /// **Instead.** One foreign key per transaction.
    ///
    /// **Does not fire when** they reference the same table, stand in transactions of their own, or the tables are new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE people ADD CONSTRAINT a FOREIGN KEY (id) REFERENCES users (id) NOT VALID, ADD CONSTRAINT b FOREIGN KEY (id) REFERENCES orders (ref) NOT VALID;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE people ADD CONSTRAINT a FOREIGN KEY (id) REFERENCES users (id) NOT VALID;
    /// ALTER TABLE people ADD CONSTRAINT b FOREIGN KEY (id) REFERENCES orders (ref) NOT VALID;
    /// ```
    ///
    /// **Known from** online_migrations.
    MultipleForeignKeysOneTransaction, "multiple-foreign-keys-one-transaction", Caution
}

impl Rule for MultipleForeignKeysOneTransaction {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((_, relation)) = context.alter() else { return Vec::new() };
        let (earlier, new) = (context.past().referenced(), context.referenced());
        let all: BTreeSet<Oid> = earlier.iter().chain(&new).copied().collect();
        if all.len() < 2 || new.iter().all(|oid| earlier.contains(oid)) {
            return Vec::new();
        }
        let names: Vec<String> = all.iter().filter_map(|oid| context.script().get(*oid)).map(|table| super::name_of(&table)).collect();
        let message = format!("foreign keys to {} tables in one transaction", all.len());
        let report = context.report(Risk::Caution, &relation, message).aside();
        let detail = format!("Writers of all of them wait until it ends: {}.", names.join(", "));
        vec![report.detail(detail).hint("Add each foreign key in a transaction of its own.")]
    }
}
