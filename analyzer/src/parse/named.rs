//! The relations and functions that a query or a change of rows names, wherever they stand in it.

use std::collections::HashSet;

use pg_query::NodeRef;
use pg_query::protobuf::node::Node as Tree;

use super::{expr, names, tree};
use crate::ir::{Named, QualifiedName};

/// Longer texts are rows that are written out, and are not looked through.
const LONG: usize = 64 << 10;

/// The names in the one statement of a text; `None` when it is not read.
pub fn named(text: &str) -> Option<Named> {
    let parsed = Some(text).filter(|text| text.len() < LONG).and_then(|text| tree(text).ok())?;
    Some(names_in(parsed.nodes().into_iter().map(|(node, ..)| node)))
}

/// The names in a statement of so many bytes, if it is a query or a change of rows.
pub fn of(node: &Tree, length: usize) -> Option<Named> {
    let is_one = matches!(
        node,
        Tree::SelectStmt(_)
            | Tree::InsertStmt(_)
            | Tree::UpdateStmt(_)
            | Tree::DeleteStmt(_)
            | Tree::MergeStmt(_)
            | Tree::CopyStmt(_)
            | Tree::ViewStmt(_)
            | Tree::CreateTableAsStmt(_)
            | Tree::DeclareCursorStmt(_)
            | Tree::ExplainStmt(_)
    );
    (is_one && length < LONG).then(|| names_in(node.nodes().into_iter().map(|(node, ..)| node)))
}

fn names_in<'a>(nodes: impl Iterator<Item = NodeRef<'a>>) -> Named {
    let mut named = Named::default();
    let (mut other, mut made): (HashSet<String>, HashSet<QualifiedName>) = Default::default();
    for node in nodes {
        match node {
            NodeRef::CommonTableExpr(cte) => _ = other.insert(cte.ctename.clone()),
            NodeRef::RangeVar(table) => {
                other.extend(table.alias.as_ref().map(|alias| alias.aliasname.clone()));
                named.relations.push(names::range_var(table));
            }
            NodeRef::SelectStmt(select) => {
                other.extend(names::into(select).map(|made| made.relname.clone()));
                let values = select.values_lists.iter().filter_map(|row| match row.node.as_ref() {
                    Some(Tree::List(row)) => Some(row.items.iter()),
                    _ => None,
                });
                named.calls.extend(values.flatten().flat_map(|value| expr::summary(value).calls));
            }
            NodeRef::CreateTableAsStmt(create) => {
                made.extend(create.into.as_deref().and_then(|into| into.rel.as_ref()).map(names::range_var))
            }
            NodeRef::ViewStmt(create) => made.extend(create.view.as_ref().map(names::range_var)),
            NodeRef::FuncCall(call) => named.calls.push((names::qualified(&names::strings(&call.funcname)), call.args.len())),
            _ => {}
        }
    }
    named.relations.retain(|name| !made.contains(name) && (name.schema.is_some() || !other.contains(&name.name)));
    named
}

#[cfg(test)]
mod tests {
    use super::named;

    fn relations(text: &str) -> String {
        let found = named(text).unwrap_or_default();
        let mut names: Vec<String> = found.relations.iter().map(ToString::to_string).collect();
        names.sort();
        names.join(" ")
    }

    #[test]
    fn what_a_statement_names() {
        assert_eq!(relations("SELECT * FROM a JOIN s.b ON true WHERE EXISTS (SELECT FROM c)"), "a c s.b");
        assert_eq!(relations("WITH w AS (SELECT * FROM a) SELECT * FROM w"), "a");
        assert_eq!(relations("SELECT * FROM a AS x FOR UPDATE OF x"), "a");
        assert_eq!(relations("INSERT INTO a SELECT * FROM b"), "a b");
        assert_eq!(relations("UPDATE a SET x = 1 FROM b"), "a b");
        assert_eq!(relations("DELETE FROM a USING b"), "a b");
        assert_eq!(relations("SELECT x INTO v FROM a"), "a");
        let calls = named("INSERT INTO a (x) SELECT coalesce(f(1), g())").unwrap_or_default().calls;
        assert_eq!(calls.iter().map(|(name, count)| format!("{name}/{count}")).collect::<Vec<_>>(), ["f/1", "g/0"]);
    }
}
