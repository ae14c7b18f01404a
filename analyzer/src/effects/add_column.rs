//! `ADD COLUMN`: free since the fast default, unless a value must be computed for each row or something must be checked.

use std::collections::HashSet;

use super::alter_table::Alter;
use super::constraint::Checked;
use super::{Effects, constraint, either, volatility};
use crate::catalog::{ConstraintKind, Oid};
use crate::ir::{ColumnDef, Recursion, TypeName};
use crate::script::{FoundType, Script};

pub fn add_column(effects: &mut Effects, alter: &Alter, column: &ColumnDef, if_not_exists: bool) {
    if if_not_exists && alter.root.columns.iter().any(|one| one.name == column.name) {
        return;
    }
    let rewrites = rewrites(effects.script(), column);
    let scans = scans(effects.script(), column);
    let mut reached = HashSet::from([alter.root.oid]);
    for member in alter.members(effects, Recursion::All) {
        if !reached.contains(&member.oid) {
            continue;
        }
        effects.lock(&member, alter.mode);
        // A child that has the column already keeps its own, and it goes no further down.
        if member.oid == alter.root.oid || !member.columns.iter().any(|one| one.name == column.name) {
            effects.rewrite(&member, alter.mode, rewrites);
            effects.scan(&member, alter.mode, Some(scans));
            reached.extend(&member.children);
        }
    }
    for added in &column.constraints {
        match added.kind {
            ConstraintKind::ForeignKey => {
                let checked = match references_something(column) && added.enforced {
                    false => Checked::Nothing,
                    true if column.null_default => Checked::Nulls,
                    true => Checked::Rows,
                };
                constraint::reference(effects, alter, added, checked);
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

/// What `serial` and its relatives stand for.
pub fn serial_type(name: &TypeName) -> Oid {
    match name.name.as_str() {
        "bigserial" | "serial8" => 20,
        "smallserial" | "serial2" => 21,
        _ => 23,
    }
}

/// Whether a foreign key of a new column is checked: PostgreSQL looks for a default that is written down, be it `DEFAULT NULL`, and not at the
/// domain's (`transformAlterTableStmt`).
pub fn references_something(column: &ColumnDef) -> bool {
    column.default.is_some() || column.null_default || computed(column)
}

/// Whether the rows that exist get a value.
pub fn fills(script: &Script, column: &ColumnDef) -> bool {
    column.default.is_some() || computed(column) || script.domain_default(column).is_some()
}

/// Whether the table is written anew.
pub fn rewrites(script: &Script, column: &ColumnDef) -> Option<bool> {
    if computed(column) {
        return Some(true);
    }
    if column.generated == Some(false) {
        return Some(false);
    }
    let inherited = script.domain_default(column);
    let default = column
        .default
        .as_ref()
        .or(inherited.as_ref())
        .map_or(Some(false), |default| volatility::default_is_volatile(script, &column.type_name, default));
    either(default, constrained_domain(script, column))
}

/// A domain with constraints is checked for each row, even if the value is NULL.
pub fn constrained_domain(script: &Script, column: &ColumnDef) -> Option<bool> {
    constrained_type(script, &column.type_name)
}

/// Whether a type is such a domain; `None` when there is no such type.
pub fn constrained_type(script: &Script, name: &TypeName) -> Option<bool> {
    match script.find_type(name) {
        FoundType::Existing(found) => Some(found.domain.is_some_and(|domain| domain.constrained)),
        FoundType::New { constrained, .. } => Some(constrained),
        FoundType::Missing => None,
    }
}

/// Whether the rows are read to check something.
fn scans(script: &Script, column: &ColumnDef) -> bool {
    let checked = column.constraints.iter().any(|added| added.kind == ConstraintKind::Check && added.enforced && !added.not_valid);
    // Without a value NOT NULL fails at the first row; a virtual column is computed to find out.
    let not_null = column.not_null && !fills(script, column);
    checked || not_null
}
