//! `fk-type-mismatch`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{Cast, ConstraintKind, Oid, Relation};
use crate::effects::{is_serial, serial_type};
use crate::finding::Risk;
use crate::ir::{Action, ColumnDef, ConstraintDef, CreateTable, Kind, TypeName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// The two columns of a foreign key are of different types.
    ///
    /// **What it detects.** A foreign key whose referencing column has another type than the referenced one, added to a table or created
    /// with it, or made so by `ALTER COLUMN ... TYPE`.
    ///
    /// **Why.** A smaller referencing column cannot hold every key of the other table, one day. Every check converts values, and joins may
    /// not use the index.
    ///
    /// **Instead.** Give both columns the same type.
    ///
    /// **Does not fire when** the types are the same, or differ only in name (text and varchar); or a type is not known.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE notes (id bigint, user_id int REFERENCES users (id));
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE notes (id bigint, user_id bigint REFERENCES users (id));
    /// ```
    ///
    /// **Known from** online_migrations.
    FkTypeMismatch, "fk-type-mismatch", Caution
}

impl Rule for FkTypeMismatch {
    fn check(&self, context: &Context) -> Vec<Report> {
        match context.kind() {
            Kind::CreateTable(table @ CreateTable { columns, more_columns: false, .. }) => {
                let type_of = |name: &str| columns.iter().find(|column| column.name == name).and_then(|column| type_of(context, column));
                table.foreign_keys().filter_map(|key| added(context, key, type_of)).take(1).collect()
            }
            _ => context.each_action(|action, relation| match action {
                Action::AddColumn { column, .. } => context
                    .added(action)
                    .find_map(|key| added(context, key, |name| type_of(context, column).filter(|_| name == column.name))),
                Action::AddConstraint(key) => {
                    let known = |name: &str| relation.columns.iter().find(|column| column.name == name).map(|column| column.type_oid);
                    added(context, key, known)
                }
                Action::AlterType { column, to, .. } => altered(context, relation, column, to),
                _ => None,
            }),
        }
    }
}

fn type_of(context: &Context, column: &ColumnDef) -> Option<Oid> {
    if is_serial(column) {
        return Some(serial_type(&column.type_name));
    }
    stored(context, &column.type_name)
}

fn stored(context: &Context, name: &TypeName) -> Option<Oid> {
    match context.script().find_type(name) {
        FoundType::Existing(found) => Some(found.domain.map_or(found.oid, |domain| domain.base)),
        FoundType::New { .. } | FoundType::Missing => None,
    }
}

/// A type of no one is one that the text made.
fn differ(context: &Context, one: Oid, other: Oid) -> bool {
    one != 0 && other != 0 && one != other && matches!(context.script().catalog().cast(one, other), Cast::Function | Cast::InputOutput)
}

fn added(context: &Context, key: &ConstraintDef, own: impl Fn(&str) -> Option<Oid>) -> Option<Report> {
    let referenced = context.existing(key.references.as_ref()?)?;
    let primary = || referenced.constraints.iter().find(|one| one.kind == ConstraintKind::PrimaryKey).map(|one| one.columns.clone());
    let others = if key.referenced_columns.is_empty() { primary()? } else { key.referenced_columns.clone() };
    let mut pairs = key.columns.iter().zip(&others);
    let (column, other) = pairs.find(|(column, other)| {
        let theirs = referenced.columns.iter().find(|known| known.name == **other).map(|known| known.type_oid);
        own(column).zip(theirs).is_some_and(|(own, theirs)| differ(context, own, theirs))
    })?;
    let other = format!("{} of {}", quote::ident(other), super::name_of(&referenced));
    let message = format!("column {} references {other}, which has another type", quote::ident(column));
    Some(finish(context.report(Risk::Caution, &referenced, message)))
}

/// The other half of a pair keeps its type.
fn altered(context: &Context, relation: &Rc<Relation>, column: &str, to: &TypeName) -> Option<Report> {
    let new = stored(context, to)?;
    let out = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey && one.columns.len() == 1);
    let out = out.filter(|one| one.columns.first().is_some_and(|own| own == column)).filter_map(|one| {
        let referenced = context.script().get(one.references?)?;
        let back = referenced.referenced_by.iter().find(|key| key.table == relation.oid && key.constraint == one.name)?;
        Some((one.name.clone(), Rc::clone(&referenced), back.columns.first()?.clone()))
    });
    let back = relation.referenced_by.iter().filter(|key| key.columns.len() == 1 && key.columns.first().is_some_and(|own| own == column));
    let back = back.filter_map(|key| {
        let table = context.script().get(key.table)?;
        let own = table.constraints.iter().find(|one| one.name == key.constraint)?.columns.first()?.clone();
        Some((key.constraint.clone(), table, own))
    });
    let differs = |(_, table, name): &(String, Rc<Relation>, String)| {
        let theirs = table.columns.iter().find(|known| known.name == *name).map(|known| known.type_oid);
        theirs.is_some_and(|theirs| differ(context, new, theirs))
    };
    let (key, table, other) = out.chain(back).find(differs)?;
    let other = format!("{} of {}", quote::ident(&other), super::name_of(&table));
    let message = format!("column {} gets another type than {other}, its pair in foreign key {}", quote::ident(column), quote::ident(&key));
    Some(finish(context.report(Risk::Caution, relation, message)))
}

fn finish(report: Report) -> Report {
    let report = report.aside().detail("The smaller type cannot hold all values of the other, and every check converts them.");
    report.hint("Give both columns the same type.")
}
