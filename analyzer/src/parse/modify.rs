//! Statements that change rows: only UPDATE and DELETE without a condition matter here, also where they hide in a WITH or
//! a COPY.

use std::ops::Range;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{Node, WithClause};

use super::{expr, names, position};
use crate::ir::{Kind, Modification};

/// A statement that does nothing but change rows; `Ignored` if none without more ado.
pub fn modification(node: &Tree, sql: &str, span: &Range<usize>) -> Kind {
    let found = changes(Some(node), sql, span);
    if found.is_empty() { Kind::Ignored } else { Kind::Modify(found) }
}

/// The UPDATEs and DELETEs of a statement.
pub fn changes(node: Option<&Tree>, sql: &str, span: &Range<usize>) -> Vec<Modification> {
    let mut found = Vec::new();
    node.into_iter().for_each(|node| collect(node, sql, span, &mut found));
    found
}

fn collect(node: &Tree, sql: &str, span: &Range<usize>, out: &mut Vec<Modification>) {
    match node {
        Tree::UpdateStmt(update) => {
            with(update.with_clause.as_ref(), sql, span, out);
            let filtered = filters(update.where_clause.as_deref());
            let alone = update.from_clause.is_empty()
                && update.with_clause.is_none()
                && update.returning_clause.is_none()
                && update.relation.as_ref().is_some_and(|relation| relation.alias.is_none());
            out.extend(update.relation.as_ref().map(|relation| Modification {
                target: names::target(relation),
                delete: false,
                filtered,
                assignments: assignments(&update.target_list, sql, span).filter(|_| !filtered && alone),
            }));
        }
        Tree::DeleteStmt(delete) => {
            with(delete.with_clause.as_ref(), sql, span, out);
            let filtered = filters(delete.where_clause.as_deref());
            let target = delete.relation.as_ref().map(names::target);
            out.extend(target.map(|target| Modification { target, delete: true, filtered, assignments: None }));
        }
        Tree::SelectStmt(select) => with(select.with_clause.as_ref(), sql, span, out),
        Tree::InsertStmt(insert) => {
            with(insert.with_clause.as_ref(), sql, span, out);
            inner(insert.select_stmt.as_deref(), sql, span, out);
        }
        Tree::MergeStmt(merge) => with(merge.with_clause.as_ref(), sql, span, out),
        Tree::CopyStmt(copy) => inner(copy.query.as_deref(), sql, span, out),
        _ => {}
    }
}

fn inner(query: Option<&Node>, sql: &str, span: &Range<usize>, out: &mut Vec<Modification>) {
    query.and_then(|node| node.node.as_ref()).into_iter().for_each(|inner| collect(inner, sql, span, out));
}

fn with(clause: Option<&WithClause>, sql: &str, span: &Range<usize>, out: &mut Vec<Modification>) {
    for node in clause.map(|clause| clause.ctes.as_slice()).unwrap_or_default() {
        let Some(Tree::CommonTableExpr(cte)) = node.node.as_ref() else { continue };
        inner(cte.ctequery.as_deref(), sql, span, out);
    }
}

/// A WHERE that leaves something out; `WHERE true` does not.
fn filters(condition: Option<&Node>) -> bool {
    condition.is_some_and(|condition| !expr::is_true(condition))
}

/// The text of the assignments, when they run to the end of the statement.
fn assignments(targets: &[Node], sql: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let first = targets.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => usize::try_from(target.location).ok(),
        _ => None,
    });
    let start = first.min()?;
    let text = sql.get(start..span.end)?;
    let trailing_where = text.to_ascii_lowercase().rfind("where").is_some_and(|at| {
        // `WHERE true`, the only one that gets here, is cut off.
        text.get(at + 5..).is_some_and(|rest| rest.trim().eq_ignore_ascii_case("true"))
    });
    let end = if trailing_where { start + text.to_ascii_lowercase().rfind("where")? } else { span.end };
    let cut = position::span(sql.get(..end)?, i32::try_from(start).ok()?, 0);
    (cut.start < cut.end).then_some(cut)
}
