//! The elements of a CREATE SCHEMA: statements of their own, run one after the other.

use std::rc::Rc;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{CreateSchemaStmt, RangeVar};

use super::{fact, named, statement, tag, tree, whole};
use crate::ir::{Block, Kind, Part, Statement};

/// What a CREATE SCHEMA runs; `sql` is its text alone, which stands at `offset` and `line` of the whole.
pub fn with_elements(sql: &str, offset: usize, line: u32) -> Kind {
    // it is read anew, so that the places in its tree are those of its own text
    let parsed = tree(sql).map(|parsed| parsed.stmts).unwrap_or_default();
    let node = parsed.into_iter().next().and_then(|raw| raw.stmt?.node);
    let statements = match node {
        Some(Tree::CreateSchemaStmt(create)) => elements(create, sql, line),
        _ => Vec::new(),
    };
    let part = Part { text: sql.to_owned(), statements, offset: Some(offset), certain: true };
    Kind::Block(Block { parts: vec![part], hidden: None, program: None })
}

/// The elements, their names in the new schema where they have none.
fn elements(create: CreateSchemaStmt, sql: &str, line: u32) -> Vec<Statement> {
    let role = create.authrole.map(|role| role.rolename).unwrap_or_default();
    let schema = if create.schemaname.is_empty() { role } else { create.schemaname };
    let statements = create.schema_elts.into_iter().filter_map(|element| element.node).map(|mut node| {
        if let Some(name) = name_of(&mut node).filter(|name| name.schemaname.is_empty()) {
            name.schemaname.clone_from(&schema);
        }
        let span = whole(sql);
        let kind = statement::kind(&node, sql, &span);
        let named = named::of(&node, span.len()).map(Rc::new);
        Statement { number: 1, line, tag: tag::of(&node), kind, facts: fact::of(&node, sql, &span), named, span }
    });
    statements.collect()
}

/// The name of what an element makes, or what it belongs to.
fn name_of(element: &mut Tree) -> Option<&mut RangeVar> {
    match element {
        Tree::CreateStmt(create) => create.relation.as_mut(),
        Tree::ViewStmt(create) => create.view.as_mut(),
        Tree::IndexStmt(create) => create.relation.as_mut(),
        Tree::CreateSeqStmt(create) => create.sequence.as_mut(),
        Tree::CreateTrigStmt(create) => create.relation.as_mut(),
        _ => None,
    }
}
