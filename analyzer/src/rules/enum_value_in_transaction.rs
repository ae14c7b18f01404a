//! `enum-value-in-transaction`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Kind, Transaction, TypeName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// A new value of an enum cannot be used before it is committed.
    ///
    /// **What it detects.** `ALTER TYPE ... ADD VALUE` in a transaction block, and a later statement of the same transaction that has the
    /// value in it as a literal.
    ///
    /// **Why.** The statement that uses the value fails (unsafe use of new value), and the transaction with it.
    ///
    /// **Instead.** Commit after ADD VALUE.
    ///
    /// **Does not fire when** the value is not used before the transaction ends, no block is open, or the type is created by the same text.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// BEGIN;
    /// ALTER TYPE mood ADD VALUE 'great';
    /// INSERT INTO moods VALUES ('great');
    /// COMMIT;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TYPE mood ADD VALUE 'great';
    /// INSERT INTO moods VALUES ('great');
    /// ```
    ///
    /// **Known from** 4 of the tools named in check.md.
    EnumValueInTransaction, "enum-value-in-transaction", Caution
}

impl Rule for EnumValueInTransaction {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::AddEnumValue { enum_type, value } = context.kind() else { return Vec::new() };
        let name = TypeName { schema: enum_type.schema.clone(), name: enum_type.name.clone(), modifiers: Vec::new(), array: false };
        if !context.in_block() || matches!(context.script().find_type(&name), FoundType::New { .. }) {
            return Vec::new();
        }
        let literal = quote::literal(value);
        let ends = |kind: &Kind| matches!(kind, Kind::Transaction(Transaction::Commit { .. } | Transaction::Rollback { .. }));
        let mut same = context.soon().take_while(|later| !ends(&later.kind));
        let Some(user) = same.find(|later| context.slice(later.span.clone()).contains(&literal)) else { return Vec::new() };
        let message = format!("value {literal} of type {enum_type} is used by statement {} before it is committed", user.number);
        let report = context.remark(Risk::Caution, message).aside();
        vec![report.detail("That statement fails, and the transaction with it.").hint("Commit after ADD VALUE.")]
    }
}
