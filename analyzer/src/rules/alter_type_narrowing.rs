//! `alter-type-narrowing`.

use super::{Context, Report, Rule};
use crate::catalog::{Column, Oid, Type};
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// A type that holds less loses digits, or makes old code fail.
    ///
    /// **What it detects.** `ALTER COLUMN ... TYPE` from a bigger number to a smaller one, to fewer characters, fewer digits, or from a
    /// time to a day, on a table that holds rows.
    ///
    /// **Why.** A value that does not fit makes the statement fail, after the table was read under lock; digits that do not fit are rounded
    /// away for good. Afterwards code that still writes the bigger values fails.
    ///
    /// **Instead.** Add a CHECK constraint NOT VALID that says what is to fit, validate it, and let it stay: it does the same without a
    /// rewrite.
    ///
    /// **Does not fire when** the new type holds all values of the old one, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(10);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ALTER COLUMN note TYPE varchar(40);
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    AlterTypeNarrowing, "alter-type-narrowing", Danger
}

impl Rule for AlterTypeNarrowing {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::AlterType { column: name, to, to_text, .. } = action else { return None };
            let column = relation.columns.iter().find(|column| column.name == *name)?;
            let FoundType::Existing(new) = context.script().find_type(to) else { return None };
            let loss = loss(column, &new)?;
            let (column, table) = (quote::ident(name), super::name_of(relation));
            let message = format!("column {column} of {table} holds less as {to_text}");
            let report = context.report(Risk::Danger, relation, message).about_names();
            let too_big = |range: i64| context.statistics(relation, name)?.greatest.filter(|greatest| *greatest > range);
            let seen = match range(new.oid).and_then(too_big) {
                Some(greatest) => format!(" ANALYZE found the number {greatest}, which does not fit."),
                None => String::new(),
            };
            Some(
                report.detail(format!("{loss}{seen}")).hint(
                    "Keep the type, and add a CHECK constraint NOT VALID that says what is to fit; validate it in a later transaction.",
                ),
            )
        })
    }
}

const FAILS: &str = "A value that does not fit makes the statement fail, and so do later statements that write one.";
const ROUNDS: &str = "What does not fit is rounded away, in the rows that are there and in those that are written later.";

/// The greatest number of an integer type.
fn range(oid: Oid) -> Option<i64> {
    match oid {
        21 => Some(i64::from(i16::MAX)),
        23 => Some(i64::from(i32::MAX)),
        20 => Some(i64::MAX),
        _ => None,
    }
}

/// What gets lost on the way from one type to the other. Object identifiers are those that PostgreSQL itself has fixed.
fn loss(old: &Column, new: &Type) -> Option<&'static str> {
    if let (Some(before), Some(after)) = (range(old.type_oid), range(new.oid)) {
        return (after < before).then_some(FAILS);
    }
    match (old.type_oid, new.oid) {
        // text, char(n), varchar(n)
        (25 | 1042 | 1043, 1042 | 1043) if new.typmod >= 0 && (old.typmod < 0 || new.typmod < old.typmod) => Some(FAILS),
        (1700, 1700) if new.typmod >= 4 => {
            let digits = |typmod: i32| ((typmod - 4) >> 16, (typmod - 4) & 0x7ff);
            let (new_precision, new_scale) = digits(new.typmod);
            if old.typmod < 4 {
                return Some(ROUNDS);
            }
            let (precision, scale) = digits(old.typmod);
            match (new_scale < scale, new_precision - new_scale < precision - scale) {
                (true, _) => Some(ROUNDS),
                (false, true) => Some(FAILS),
                _ => None,
            }
        }
        // numeric, float4, float8 to whole numbers; float8 to float4
        (1700 | 700 | 701, 20 | 21 | 23) | (701, 700) => Some(ROUNDS),
        // time, timestamp, timestamptz with fewer digits
        (1083, 1083) | (1114 | 1184, 1114 | 1184) if new.typmod >= 0 && (old.typmod < 0 && new.typmod < 6 || new.typmod < old.typmod) => {
            Some(ROUNDS)
        }
        (1114 | 1184, 1082) => Some("The time of day is lost, in the rows that are there and in those that are written later."),
        _ => None,
    }
}
