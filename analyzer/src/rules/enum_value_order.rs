//! `enum-value-order`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, TypeName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// A value that is added to an enum sorts after all others.
    ///
    /// **What it detects.** `ALTER TYPE ... ADD VALUE` without BEFORE or AFTER, where a table that holds rows has a column of the type.
    ///
    /// **Why.** Enums sort in the order of their values, and it cannot be changed later. ORDER BY, comparisons with < and >, and min() and
    /// max() take the new value for the greatest.
    ///
    /// **Instead.** Say BEFORE or AFTER where the order has a meaning.
    ///
    /// **Does not fire when** a place is given, the type is new, or no table that holds rows has a column of it.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TYPE weather ADD VALUE 'calm';
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TYPE weather ADD VALUE 'calm' AFTER 'rain';
    /// ```
    ///
    /// **Known from** squawk (`require-enum-value-ordering`).
    EnumValueOrder, "enum-value-order", Caution
}

impl Rule for EnumValueOrder {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::AddEnumValue { enum_type, value } = context.kind() else { return Vec::new() };
        if !context.facts().contains(&Fact::AtTheEnd) {
            return Vec::new();
        }
        let name = TypeName { schema: enum_type.schema.clone(), name: enum_type.name.clone(), modifiers: Vec::new(), array: false };
        let FoundType::Existing(found) = context.script().find_type(&name) else { return Vec::new() };
        let users = context.script().catalog().relations_using_type(found.oid).unwrap_or_default();
        let Some(table) = users.into_iter().filter_map(|oid| context.script().get(oid)).find(|table| !context.is_harmless(table)) else {
            return Vec::new();
        };
        let report = context.remark(Risk::Caution, format!("value {} sorts after all others of {enum_type}", quote::literal(value)));
        vec![
            report
                .aside()
                .detail(format!("That cannot be changed later. Relation {} has a column of the type.", super::name_of(&table)))
                .hint("Say BEFORE or AFTER if the order of the values has a meaning."),
        ]
    }
}
