//! Subqueries where the server takes none (`transformSubLink`).

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{self, AlterTableType, ConstrType, Node};

use super::expr;
use crate::ir::Fact;

/// Where a statement has a subquery that may not be there.
pub fn of(node: &Tree) -> Option<Fact> {
    place(node).map(Fact::Subquery)
}

fn place(node: &Tree) -> Option<&'static str> {
    match node {
        Tree::CreateStmt(create) => create.table_elts.iter().find_map(element),
        Tree::AlterTableStmt(alter) => alter.cmds.iter().find_map(|node| match node.node.as_ref() {
            Some(Tree::AlterTableCmd(command)) => action(command),
            _ => None,
        }),
        Tree::CreateDomainStmt(create) => create.constraints.iter().find_map(element),
        Tree::AlterDomainStmt(alter) => alter.def.as_deref().and_then(element),
        Tree::IndexStmt(index) => {
            let key = |node: &Node| match node.node.as_ref() {
                Some(Tree::IndexElem(element)) => element.expr.as_deref().is_some_and(expr::has_subquery),
                _ => false,
            };
            let expression = index.index_params.iter().any(key).then_some("the expression of an index");
            expression.or_else(|| index.where_clause.as_deref().filter(|node| expr::has_subquery(node)).map(|_| "the WHERE of an index"))
        }
        _ => None,
    }
}

/// A column or a constraint.
fn element(node: &Node) -> Option<&'static str> {
    match node.node.as_ref()? {
        Tree::ColumnDef(column) => column.constraints.iter().find_map(element),
        Tree::Constraint(one) => constraint(one),
        _ => None,
    }
}

fn constraint(one: &protobuf::Constraint) -> Option<&'static str> {
    let place = match ConstrType::try_from(one.contype).ok()? {
        ConstrType::ConstrCheck => "a CHECK",
        ConstrType::ConstrDefault => "a DEFAULT",
        ConstrType::ConstrGenerated => "the expression of a generated column",
        _ => return None,
    };
    one.raw_expr.as_deref().filter(|node| expr::has_subquery(node)).map(|_| place)
}

fn action(command: &protobuf::AlterTableCmd) -> Option<&'static str> {
    let definition = command.def.as_deref()?;
    match AlterTableType::try_from(command.subtype).ok()? {
        AlterTableType::AtColumnDefault if expr::has_subquery(definition) => Some("a DEFAULT"),
        AlterTableType::AtAlterColumnType => match definition.node.as_ref()? {
            Tree::ColumnDef(column) => column.raw_default.as_deref().filter(|node| expr::has_subquery(node)).map(|_| "a USING"),
            _ => None,
        },
        AlterTableType::AtAddColumn | AlterTableType::AtAddConstraint => element(definition),
        _ => None,
    }
}
