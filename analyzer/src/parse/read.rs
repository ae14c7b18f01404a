//! The tables that the queries of a statement read, wherever they stand in it.

use pg_query::NodeRef;
use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{DeleteStmt, SelectStmt, UpdateStmt};

use super::{names, token, tree};
use crate::ir::QualifiedName;

/// A table that a query reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    pub table: QualifiedName,
    /// The query is of this table alone, and sure to be run: there is no other way than through its rows, or through one of its indexes.
    pub alone: bool,
    /// All rows of it, if it is alone.
    pub whole: bool,
}

/// The words of a text, quoted ones without their quotes: whatever a query names is among them.
pub fn words(text: &str) -> Vec<String> {
    let word = |token: token::Token| text.get(token.span).map(|word| word.trim_matches('"').to_lowercase());
    token::Tokens::new(text).filter_map(word).collect()
}

/// The tables of all queries of a text that is nothing but a query, UPDATE or DELETE.
pub fn reads(text: &str) -> Vec<Read> {
    let Ok(parsed) = tree(text) else { return Vec::new() };
    let query = |node: &Tree| matches!(node, Tree::SelectStmt(_) | Tree::UpdateStmt(_) | Tree::DeleteStmt(_));
    if !parsed.stmts.iter().all(|raw| raw.stmt.as_ref().and_then(|stmt| stmt.node.as_ref()).is_some_and(query)) {
        return Vec::new();
    }
    let nodes = parsed.nodes();
    let with: Vec<&str> = nodes
        .iter()
        .filter_map(|(node, ..)| match node {
            NodeRef::CommonTableExpr(cte) => Some(cte.ctename.as_str()),
            _ => None,
        })
        .collect();
    let queries = nodes.iter().filter(|(node, ..)| match node {
        NodeRef::SelectStmt(select) => !select.from_clause.is_empty(),
        NodeRef::UpdateStmt(_) | NodeRef::DeleteStmt(_) => true,
        _ => false,
    });
    // whether one is run may depend on what another finds
    let single = queries.count() == 1;
    let mut out: Vec<Read> = Vec::new();
    for (node, ..) in &nodes {
        let reads = match node {
            NodeRef::SelectStmt(select) => alone(select),
            NodeRef::UpdateStmt(update) => changed(update),
            NodeRef::DeleteStmt(delete) => deleted(delete),
            NodeRef::RangeVar(table) => Some(Read { table: names::range_var(table), alone: false, whole: false }),
            _ => None,
        };
        let Some(read) = reads.filter(|read| read.table.schema.is_some() || !with.contains(&read.table.name.as_str())) else { continue };
        let read = Read { alone: read.alone && (single || read.whole), ..read };
        match out.iter_mut().find(|known| known.table == read.table) {
            Some(known) => {
                known.whole |= read.whole;
                known.alone |= read.alone;
            }
            None => out.push(read),
        }
    }
    out
}

fn changed(update: &UpdateStmt) -> Option<Read> {
    let plain = update.from_clause.is_empty() && update.with_clause.is_none();
    let table = update.relation.as_ref().filter(|_| plain)?;
    Some(Read { table: names::range_var(table), alone: true, whole: false })
}

fn deleted(delete: &DeleteStmt) -> Option<Read> {
    let plain = delete.using_clause.is_empty() && delete.with_clause.is_none();
    let table = delete.relation.as_ref().filter(|_| plain)?;
    Some(Read { table: names::range_var(table), alone: true, whole: false })
}

fn alone(select: &SelectStmt) -> Option<Read> {
    let [from] = select.from_clause.as_slice() else { return None };
    let Some(Tree::RangeVar(table)) = from.node.as_ref() else { return None };
    let ordered = !select.sort_clause.is_empty() || !select.group_clause.is_empty();
    Some(Read { table: names::range_var(table), alone: true, whole: select.where_clause.is_none() && !ordered && bounds_nothing(select) })
}

/// No `max(id)`, which looks at an index only.
fn bounds_nothing(select: &SelectStmt) -> bool {
    select.target_list.iter().all(|node| match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => {
            !matches!(target.val.as_deref().and_then(|value| value.node.as_ref()), Some(Tree::FuncCall(call)) if !call.agg_star)
        }
        _ => true,
    })
}

#[cfg(test)]
mod tests {
    use super::reads;

    fn found(text: &str) -> Vec<(String, bool, bool)> {
        reads(text).into_iter().map(|read| (read.table.to_string(), read.alone, read.whole)).collect()
    }

    fn one(name: &str, alone: bool, whole: bool) -> Vec<(String, bool, bool)> {
        vec![(name.to_owned(), alone, whole)]
    }

    #[test]
    fn tables_of_queries() {
        assert_eq!(found("SELECT count(*) FROM t"), one("t", true, true));
        assert_eq!(found("SELECT (SELECT id FROM app.t WHERE id = 1)"), one("app.t", true, false));
        assert_eq!(found("SELECT EXISTS (SELECT 1 FROM t)"), one("t", true, true));
        assert_eq!(found("SELECT 1 FROM t WHERE a IN (SELECT b FROM u)").iter().filter(|(_, alone, _)| *alone).count(), 1);
        assert_eq!(found("SELECT max(id) FROM t"), one("t", true, false));
        assert_eq!(found("SELECT * FROM t JOIN t AS u USING (id)"), one("t", false, false));
        assert_eq!(found("WITH w AS (SELECT 1 FROM t) SELECT * FROM w"), one("t", true, true));
        assert_eq!(found("UPDATE t SET a = 1 WHERE b = 2"), one("t", true, false));
        assert_eq!(found("DELETE FROM t USING u WHERE t.a = u.a").first(), one("t", false, false).first());
        assert_eq!(found("ALTER TABLE t ADD a int"), []);
        assert_eq!(found("SELECT"), []);
    }
}
