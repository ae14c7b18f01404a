//! The fact of the catalogs that made a statement harmless which on another table would not be.

use std::rc::Rc;

use crate::catalog::{ConstraintKind, Relation};
use crate::effects::{drops_not_null, has_storage, is_not_null, proof_of_not_null};
use crate::finding::Risk;
use crate::ir::{Action, AlterTable};
use crate::quote;
use crate::rules::{Context, Report, is_private, name_of};

/// A sentence on it, for a report that speaks of no work on the data.
pub fn decisive(context: &Context, report: &Report) -> Option<String> {
    if report.risk > Risk::Caution || report.keeps_risk {
        return None;
    }
    let Some((alter, relation)) = context.existing_altered() else { return untouched(context, report) };
    if report.relation != Some(relation.oid) || is_private(&relation) {
        return untouched(context, report);
    }
    let proofs = alter.actions.iter().filter_map(|action| match action {
        Action::SetNotNull { column } => proved(context, alter, &relation, column),
        Action::AddConstraint(added) if added.kind == ConstraintKind::NotNull && !added.not_valid => {
            proved(context, alter, &relation, added.columns.first()?)
        }
        // what becomes of the rows is known to be nothing
        Action::AlterType { column, .. }
            if report.rewrites == Some(false) && report.scans == Some(false) && !context.is_empty(&relation) =>
        {
            Some(format!("The stored values of column {} fit the new type as they are.", quote::ident(column)))
        }
        Action::AddColumn { column, .. } if column.default.is_some() && report.rewrites == Some(false) => {
            if context.is_empty(&relation) || context.adds_nothing(&relation, action) {
                return None;
            }
            Some(format!("The default of column {} is stored once, not in every row.", quote::ident(&column.name)))
        }
        _ => None,
    });
    let proofs: Vec<String> = proofs.collect();
    if proofs.is_empty() { untouched(context, report) } else { Some(proofs.join(" ")) }
}

/// Why a column that becomes NOT NULL need not be read.
fn proved(context: &Context, alter: &AlterTable, relation: &Rc<Relation>, column: &str) -> Option<String> {
    if context.is_empty(relation) {
        return None;
    }
    if is_not_null(relation, column) && !drops_not_null(&alter.actions, relation, column) {
        return Some(format!("Column {} is NOT NULL already.", quote::ident(column)));
    }
    let constraint = proof_of_not_null(context.script(), alter, relation, column)?;
    Some(format!("No row is read: constraint {} proves that column {} holds no NULL.", quote::ident(&constraint), quote::ident(column)))
}

/// A relation that nobody is kept from.
fn untouched(context: &Context, report: &Report) -> Option<String> {
    let relation = report.relation.and_then(|oid| context.script().get(oid)).filter(|_| report.lock.is_some())?;
    let name = name_of(&relation);
    if relation.temporary {
        Some(format!("{name} is a temporary table."))
    } else if relation.created_here {
        Some(format!("{name} was made in this transaction."))
    } else if has_storage(&relation) && context.is_empty(&relation) {
        Some(format!("{name} is empty."))
    } else {
        None
    }
}
