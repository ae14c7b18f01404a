//! The left sides of assignments.

use super::convert;
use crate::fragment::expr::Expr;
use crate::fragment::{AssignedValue, FragmentError, FragmentErrorKind};
use pg_query::protobuf::ResTarget;
use pg_query::{Node, NodeEnum};
use std::collections::HashMap;

const SYSTEM_COLUMNS: [&str; 6] = ["ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"];

type Refused = (FragmentError, Option<usize>);

/// The assigned columns, each once, and their new values.
pub(super) fn read(list: &[Node]) -> Result<(Vec<String>, Vec<AssignedValue>), Refused> {
    let mut columns = Vec::new();
    let mut values: Vec<AssignedValue> = Vec::new();
    // Whether every assignment to the column so far is one to an element.
    let mut seen: HashMap<&str, bool> = HashMap::new();
    for node in list {
        let Some(NodeEnum::ResTarget(target)) = node.node.as_ref() else {
            return Err((FragmentError::syntax("not an assignment"), None));
        };
        let at = usize::try_from(target.location).ok();
        check_name(target).map_err(|e| (e, at))?;
        check_width(target).map_err(|e| (e, at))?;
        let element = !target.indirection.is_empty();
        match seen.insert(&target.name, element) {
            None => {
                columns.push(target.name.clone());
                values.push(AssignedValue { column: target.name.clone(), expr: if element { Expr::Unknown } else { value(target) } });
            }
            Some(true) if element => {}
            Some(_) => {
                let error = FragmentError::new(
                    FragmentErrorKind::DuplicateColumn,
                    format!("multiple assignments to same column \"{}\"", target.name),
                );
                return Err((error, at));
            }
        }
    }
    Ok((columns, values))
}

fn check_name(target: &ResTarget) -> Result<(), FragmentError> {
    let name = &target.name;
    if SYSTEM_COLUMNS.contains(&name.as_str()) {
        return Err(FragmentError::not_allowed(format!("cannot assign to system column \"{name}\"")));
    }
    for part in &target.indirection {
        match part.node.as_ref() {
            Some(NodeEnum::AIndices(_)) => {}
            Some(NodeEnum::String(field)) => {
                let field = &field.sval;
                return Err(FragmentError::not_allowed(format!("cannot assign to \"{name}.{field}\""))
                    .detail("The columns of an assignment cannot be qualified, and assignments to a field of a column are not supported.")
                    .hint(format!("Assign to \"{field}\", or, if \"{name}\" is a column of a row type, assign a whole row to it.")));
            }
            _ => {
                return Err(FragmentError::syntax(format!("row expansion via \"*\" is not supported for column \"{name}\"")));
            }
        }
    }
    Ok(())
}

/// `(a, b) = (1, 2)`: one value for each column. The columns of a subselect are for the server to count.
fn check_width(target: &ResTarget) -> Result<(), FragmentError> {
    let Some(NodeEnum::MultiAssignRef(part)) = target.val.as_ref().and_then(|v| v.node.as_ref()) else {
        return Ok(());
    };
    match part.source.as_ref().and_then(|s| s.node.as_ref()) {
        Some(NodeEnum::RowExpr(row)) if usize::try_from(part.ncolumns) != Ok(row.args.len()) => {
            Err(FragmentError::syntax("number of columns does not match number of values"))
        }
        _ => Ok(()),
    }
}

/// The new value of a column that is assigned as a whole.
fn value(target: &ResTarget) -> Expr {
    let Some(val) = target.val.as_deref() else {
        return Expr::Unknown;
    };
    let Some(NodeEnum::MultiAssignRef(part)) = val.node.as_ref() else {
        return convert::expr(val);
    };
    // `(a, b) = (x, y)`; columns count from 1.
    let source = part.source.as_deref().and_then(|s| s.node.as_ref());
    match (source, usize::try_from(part.colno)) {
        (Some(NodeEnum::RowExpr(row)), Ok(n)) => n.checked_sub(1).and_then(|n| row.args.get(n)).map_or(Expr::Unknown, convert::expr),
        _ => Expr::Unknown,
    }
}
