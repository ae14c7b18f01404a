//! `add-column-identity`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// A new identity column rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN ... GENERATED ... AS IDENTITY` on a table that holds rows.
    ///
    /// **Why.** Each row gets a number of its own, so table and indexes are written anew under an AccessExclusiveLock.
    ///
    /// **Instead.** Add a nullable column, give it a sequence as default, fill it in batches; make it NOT NULL and an identity at the end.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN number bigint;
    /// CREATE SEQUENCE users_number_seq OWNED BY users.number;
    /// ALTER TABLE users ALTER COLUMN number SET DEFAULT nextval('users_number_seq');
    /// ```
    AddColumnIdentity, "add-column-identity", Danger
}

impl Rule for AddColumnIdentity {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if !column.identity || context.adds_nothing(relation, action) {
                return None;
            }
            let message = format!("adding identity column {} rewrites {}", quote::ident(&column.name), super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Every row gets a number. {}.", super::waits(context.sum(relation).0)));
            Some(report.hint(hint::numbered_column(relation, &column.name, &column.type_text)))
        })
    }
}
