//! `PREPARE`, and what runs what it prepared.

use std::ops::Range;
use std::rc::Rc;

use pg_query::protobuf::node::Node as Tree;

use super::token::{Kind, Tokens};
use crate::ir::Fact;

pub fn of(node: &Tree, sql: &str, span: &Range<usize>) -> Option<Fact> {
    Some(match node {
        Tree::PrepareStmt(prepare) => {
            let statement = Rc::from(prepared(sql.get(span.clone())?)?);
            Fact::Prepares { name: prepare.name.clone(), statement }
        }
        Tree::ExecuteStmt(execute) => Fact::Executes(execute.name.clone()),
        Tree::DeallocateStmt(deallocate) => Fact::Deallocates((!deallocate.name.is_empty()).then(|| deallocate.name.clone())),
        _ => return None,
    })
}

/// What follows `PREPARE name (types) AS`.
fn prepared(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    // the name, which may be "as", comes before
    for token in Tokens::new(text).skip(2) {
        match token.kind {
            Kind::Sign(b'(') => depth += 1,
            Kind::Sign(b')') => depth = depth.saturating_sub(1),
            Kind::Word if depth == 0 && text.get(token.span.clone())?.eq_ignore_ascii_case("as") => {
                return text.get(token.span.end..);
            }
            _ => {}
        }
    }
    None
}
