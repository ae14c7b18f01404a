//! `ADD COLUMN`: free since the fast default, unless a value must be computed for each row or something must be checked.

use super::alter_table::Alter;
use super::{Effects, constraint, either, volatility};
use crate::catalog::ConstraintKind;
use crate::ir::{ColumnDef, Recursion, TypeName};
use crate::parse;
use crate::script::{FoundType, Script};

pub fn add_column(effects: &mut Effects, alter: &Alter, column: &ColumnDef, if_not_exists: bool) {
    if if_not_exists && alter.root.columns.iter().any(|one| one.name == column.name) {
        return;
    }
    let rewrites = rewrites(effects.script(), column);
    let scans = scans(column);
    for member in alter.members(effects, Recursion::All) {
        effects.rewrite(&member, alter.mode, rewrites);
        effects.scan(&member, alter.mode, Some(scans));
    }
    for added in &column.constraints {
        match added.kind {
            ConstraintKind::ForeignKey => {
                let filled = column.default.is_some() || computed(column);
                constraint::reference(effects, alter, added, filled && added.enforced);
            }
            ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion => {
                constraint::build_index(effects, alter, added);
            }
            _ => {}
        }
    }
}

/// Each row gets a value of its own.
fn computed(column: &ColumnDef) -> bool {
    column.identity || is_serial(column) || column.generated == Some(true)
}

/// `serial` and its relatives: words of the parser, not types.
pub fn is_serial(column: &ColumnDef) -> bool {
    let name = &column.type_name;
    name.schema.is_none()
        && !name.array
        && matches!(name.name.as_str(), "serial" | "serial2" | "serial4" | "serial8" | "smallserial" | "bigserial")
}

/// Whether the table is written anew.
pub fn rewrites(script: &Script, column: &ColumnDef) -> Option<bool> {
    if computed(column) {
        return Some(true);
    }
    if column.generated == Some(false) {
        return Some(false);
    }
    let default = match &column.default {
        Some(default) => volatility::is_volatile(script, default),
        None => inherited_default(script, column),
    };
    either(default, constrained_domain(script, column))
}

/// A column without a default of its own has that of its domain.
fn inherited_default(script: &Script, column: &ColumnDef) -> Option<bool> {
    let FoundType::Existing(found) = script.find_type(&column.type_name) else { return Some(false) };
    let Some(text) = found.domain.as_ref().and_then(|_| script.catalog().type_default(found.oid)) else { return Some(false) };
    volatility::is_volatile(script, &parse::body_expression(&format!("SELECT {text}"))?)
}

/// A domain with constraints is checked for each row, even if the value is NULL.
pub fn constrained_domain(script: &Script, column: &ColumnDef) -> Option<bool> {
    constrained_type(script, &column.type_name)
}

/// Whether a type is such a domain; `None` when there is no such type.
pub fn constrained_type(script: &Script, name: &TypeName) -> Option<bool> {
    match script.find_type(name) {
        FoundType::Existing(found) => Some(found.domain.is_some_and(|domain| domain.constrained)),
        FoundType::New { constrained } => Some(constrained),
        FoundType::Missing => None,
    }
}

/// Whether the rows are read to check something.
fn scans(column: &ColumnDef) -> bool {
    let checked = column.constraints.iter().any(|added| added.kind == ConstraintKind::Check && added.enforced && !added.not_valid);
    // Without a value NOT NULL fails at the first row; a virtual column is computed to find out.
    let not_null = column.not_null && !computed(column) && column.default.is_none();
    checked || not_null
}
