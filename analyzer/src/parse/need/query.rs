//! The columns that a query reads, as far as its names can mean nothing else.

use std::collections::HashMap;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{Node, RangeVar, SelectStmt};

use super::{expr, names};
use crate::ir::Need;

/// The columns that the query of a view reads.
pub fn read(query: Option<&Node>, needs: &mut Vec<Need>) {
    let Some(Tree::SelectStmt(select)) = query.and_then(|node| node.node.as_ref()) else { return };
    joined(select, needs);
    alone(select, needs);
}

/// All columns of a query of one table.
fn alone(select: &SelectStmt, needs: &mut Vec<Need>) {
    let [from] = select.from_clause.as_slice() else { return };
    let Some(Tree::RangeVar(table)) = from.node.as_ref().filter(|_| select.with_clause.is_none()) else { return };
    let mut read = Vec::new();
    for node in select.target_list.iter().filter_map(target) {
        expr::columns(node, &mut read);
    }
    select.where_clause.iter().for_each(|node| expr::columns(node, &mut read));
    // the alias is the row
    read.retain(|name| table.alias.as_ref().is_none_or(|alias| alias.aliasname != *name && alias.colnames.is_empty()));
    need(table, read, needs);
}

/// The columns with a table's name or alias before them, where that stands in FROM; and those that a join names by USING.
pub fn joined(select: &SelectStmt, needs: &mut Vec<Need>) {
    // a name may be one of the WITH's
    if select.with_clause.is_some() {
        return;
    }
    for side in [&select.larg, &select.rarg] {
        side.iter().for_each(|side| joined(side, needs));
    }
    let (mut tables, mut named) = (Vec::new(), Vec::new());
    select.from_clause.iter().for_each(|node| from(node, &mut tables, &mut named, needs));
    let others = select.sort_clause.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::SortBy(sort)) => sort.node.as_deref(),
        _ => None,
    });
    let clauses = select.where_clause.iter().chain(&select.having_clause).map(AsRef::as_ref);
    for node in select.target_list.iter().filter_map(target).chain(clauses).chain(&select.group_clause).chain(others) {
        expr::qualified_columns(node, &mut named);
    }
    // there may be a hundred thousand of either
    let called = |table: &RangeVar| table.alias.as_ref().map_or(&table.relname, |alias| &alias.aliasname).clone();
    let mut count: HashMap<String, usize> = HashMap::new();
    tables.iter().for_each(|table| *count.entry(called(table)).or_default() += 1);
    let mut columns: HashMap<String, Vec<String>> = HashMap::new();
    named.into_iter().for_each(|(of, column)| columns.entry(of).or_default().push(column));
    for table in tables.iter().filter(|table| table.alias.as_ref().is_none_or(|alias| alias.colnames.is_empty())) {
        let name = called(table);
        // which one of two it would be, the server does not decide either
        if count.get(&name) == Some(&1) {
            let mut columns = columns.remove(&name).unwrap_or_default();
            columns.dedup();
            need(table, columns, needs);
        }
    }
}

/// The tables of a FROM, and the columns that its joins name.
fn from<'a>(node: &'a Node, tables: &mut Vec<&'a RangeVar>, named: &mut Vec<(String, String)>, needs: &mut Vec<Need>) {
    match node.node.as_ref() {
        Some(Tree::RangeVar(table)) => tables.push(table),
        Some(Tree::JoinExpr(join)) => {
            let sides = [&join.larg, &join.rarg];
            for side in sides.into_iter().flatten() {
                from(side, tables, named, needs);
                if let Some(Tree::RangeVar(table)) = side.node.as_ref()
                    && table.alias.as_ref().is_none_or(|alias| alias.colnames.is_empty())
                {
                    need(table, names::strings(&join.using_clause), needs);
                }
            }
            join.quals.iter().for_each(|node| expr::qualified_columns(node, named));
        }
        Some(Tree::RangeSubselect(subselect)) => {
            if let Some(Tree::SelectStmt(select)) = subselect.subquery.as_deref().and_then(|node| node.node.as_ref()) {
                joined(select, needs);
            }
        }
        _ => {}
    }
}

fn target(node: &Node) -> Option<&Node> {
    match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => target.val.as_deref(),
        _ => None,
    }
}

fn need(table: &RangeVar, columns: Vec<String>, needs: &mut Vec<Need>) {
    if !columns.is_empty() {
        needs.push(Need::Read { relation: names::range_var(table), columns });
    }
}
