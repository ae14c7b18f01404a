//! Bounds of partitions, and what a CHECK expression says of one column: both as ranges of constants.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AExprKind, BoolExprType, Node, NullTestType, PartitionBoundSpec};

use super::{expr, names};
use crate::ir::{Bound, Edge, Range, WrittenBound};

/// The most alternatives of an expression that are told apart.
const ALTERNATIVES: usize = 64;

pub fn written(spec: &PartitionBoundSpec) -> WrittenBound {
    WrittenBound { bound: bound(spec), sql: sql(spec) }
}

/// A bound as SQL, written in a statement that the parser made.
fn sql(spec: &PartitionBoundSpec) -> Option<String> {
    const BEFORE: &str = "ALTER TABLE a ATTACH PARTITION b ";
    let mut parsed = super::tree(&format!("{BEFORE}DEFAULT")).ok()?;
    let Tree::AlterTableStmt(alter) = parsed.stmts.first_mut()?.stmt.as_mut()?.node.as_mut()? else { return None };
    let Tree::AlterTableCmd(command) = alter.cmds.first_mut()?.node.as_mut()? else { return None };
    let Tree::PartitionCmd(attach) = command.def.as_mut()?.node.as_mut()? else { return None };
    attach.bound = Some(spec.clone());
    let sql = pg_query::deparse(&parsed, pg_query::DeparseOptions::default()).ok()?;
    sql.strip_prefix(BEFORE).map(str::to_owned)
}

fn bound(spec: &PartitionBoundSpec) -> Bound {
    if spec.is_default {
        return Bound::Default;
    }
    match spec.strategy.as_str() {
        "r" => match (spec.lowerdatums.as_slice(), spec.upperdatums.as_slice()) {
            ([from], [to]) => match (edge(from, "minvalue"), edge(to, "maxvalue")) {
                (Some(from), Some(to)) => Bound::Range { from, to },
                _ => Bound::Other,
            },
            _ => Bound::Other,
        },
        "l" => match spec.listdatums.iter().map(constant).collect() {
            Some(values) => Bound::List(values),
            None => Bound::Other,
        },
        _ => Bound::Other,
    }
}

/// `None` for what is no constant; no edge at all for the word that stands for the end of everything.
fn edge(node: &Node, open: &str) -> Option<Edge> {
    match node.node.as_ref()? {
        Tree::ColumnRef(_) => (expr::bare_column(node)? == open).then_some(Edge::Open),
        _ => constant(node).map(|value| Edge::At { value, inclusive: open == "minvalue" }),
    }
}

/// A constant, also with a cast; NULL is none.
fn constant(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::TypeCast(cast) => constant(cast.arg.as_deref()?),
        Tree::AExpr(negated) if negated.lexpr.is_none() && names::strings(&negated.name) == ["-"] => {
            constant(negated.rexpr.as_deref()?).map(|value| format!("-{value}"))
        }
        _ => names::constant_text(node),
    }
}

/// What must hold of a column where an expression is not false: one of these ranges. `None` when it has a part that was not understood.
pub fn ranges(node: &Node, column: &str) -> Option<Vec<Range>> {
    ranges_of(node, column, false)
}

fn ranges_of(node: &Node, column: &str, negated: bool) -> Option<Vec<Range>> {
    match node.node.as_ref()? {
        Tree::BoolExpr(list) => match BoolExprType::try_from(list.boolop).ok()? {
            BoolExprType::NotExpr => ranges_of(list.args.first()?, column, !negated),
            kind => {
                let parts = list.args.iter().map(|part| ranges_of(part, column, negated));
                if (kind == BoolExprType::AndExpr) != negated { all(parts) } else { any(parts) }
            }
        },
        Tree::NullTest(test) if is(test.arg.as_deref()?, column) => {
            let null = (test.nulltesttype == NullTestType::IsNull as i32) != negated;
            Some(vec![if null { Range { null: Some(true), ..Range::default() } } else { Range { null: Some(false), ..Range::default() } }])
        }
        Tree::AExpr(operation) => {
            let (left, right) = (operation.lexpr.as_deref()?, operation.rexpr.as_deref()?);
            let operator = names::strings(&operation.name);
            let [operator] = operator.as_slice() else { return other(node, column) };
            match AExprKind::try_from(operation.kind).ok()? {
                AExprKind::AexprOp if is(left, column) => comparison(operator, constant(right)?, negated),
                AExprKind::AexprOp if is(right, column) => comparison(flipped(operator)?, constant(left)?, negated),
                AExprKind::AexprOpAny if operator == "=" && !negated && is(left, column) => {
                    let Tree::AArrayExpr(array) = right.node.as_ref()? else { return None };
                    array.elements.iter().map(|element| constant(element).map(point)).collect()
                }
                _ => other(node, column),
            }
        }
        _ => other(node, column),
    }
}

/// A part that is about other columns says nothing; any other is not understood.
fn other(node: &Node, column: &str) -> Option<Vec<Range>> {
    let mut columns = Vec::new();
    expr::columns(node, &mut columns);
    (!columns.is_empty() && !columns.iter().any(|one| one == column)).then(|| vec![Range::default()])
}

fn is(node: &Node, column: &str) -> bool {
    expr::bare_column(node).is_some_and(|name| name == column)
}

fn any(parts: impl Iterator<Item = Option<Vec<Range>>>) -> Option<Vec<Range>> {
    let mut out = Vec::new();
    for part in parts {
        out.extend(part?);
    }
    (out.len() <= ALTERNATIVES).then_some(out)
}

fn all(parts: impl Iterator<Item = Option<Vec<Range>>>) -> Option<Vec<Range>> {
    let mut out = vec![Range::default()];
    for part in parts {
        let part = part?;
        if out.len() * part.len() > ALTERNATIVES {
            return None;
        }
        out = out.iter().flat_map(|one| part.iter().map(move |other| one.and(other))).collect();
    }
    Some(out)
}

fn point(value: String) -> Range {
    let edge = Edge::At { value, inclusive: true };
    Range { from: vec![edge.clone()], to: vec![edge], null: None }
}

fn comparison(operator: &str, value: String, negated: bool) -> Option<Vec<Range>> {
    let operator = match (operator, negated) {
        ("<", true) => ">=",
        ("<=", true) => ">",
        (">", true) => "<=",
        (">=", true) => "<",
        (other, false) => other,
        _ => return None,
    };
    let at = |inclusive| vec![Edge::At { value: value.clone(), inclusive }];
    let range = match operator {
        "<" => Range { to: at(false), ..Range::default() },
        "<=" => Range { to: at(true), ..Range::default() },
        ">" => Range { from: at(false), ..Range::default() },
        ">=" => Range { from: at(true), ..Range::default() },
        "=" => point(value),
        _ => return None,
    };
    Some(vec![range])
}

fn flipped(operator: &str) -> Option<&'static str> {
    Some(match operator {
        "<" => ">",
        "<=" => ">=",
        ">" => "<",
        ">=" => "<=",
        "=" => "=",
        _ => return None,
    })
}
