//! Names, types and small values out of parse nodes.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{self, Node, RangeVar, SelectStmt, a_const};

use crate::ir::{QualifiedName, Target, TypeName};

pub fn range_var(var: &RangeVar) -> QualifiedName {
    QualifiedName { schema: (!var.schemaname.is_empty()).then(|| var.schemaname.clone()), name: var.relname.clone() }
}

pub fn target(var: &RangeVar) -> Target {
    Target { name: range_var(var), only: !var.inh }
}

pub fn optional_target(var: Option<&RangeVar>) -> Target {
    var.map(target).unwrap_or_else(|| Target { name: QualifiedName { schema: None, name: String::new() }, only: false })
}

/// The table that `SELECT ... INTO` makes; in a UNION the first SELECT names it.
pub fn into(select: &SelectStmt) -> Option<&RangeVar> {
    let mut first = select;
    while let Some(left) = first.larg.as_deref() {
        first = left;
    }
    first.into_clause.as_deref()?.rel.as_ref()
}

/// The strings of a list of String nodes.
pub fn strings(nodes: &[Node]) -> Vec<String> {
    nodes.iter().filter_map(string).collect()
}

pub fn string(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::String(text) => Some(text.sval.clone()),
        _ => None,
    }
}

/// A name of one, two or three parts; the database part is dropped.
pub fn qualified(parts: &[String]) -> QualifiedName {
    let mut reversed = parts.iter().rev();
    let name = reversed.next().cloned().unwrap_or_default();
    QualifiedName { schema: reversed.next().cloned(), name }
}

/// The object of a DROP, COMMENT, ... : a list of names, a type name or a function with its arguments.
pub fn object(node: &Node) -> Vec<String> {
    match node.node.as_ref() {
        Some(Tree::List(list)) => strings(&list.items),
        Some(Tree::TypeName(name)) => strings(&name.names),
        Some(Tree::ObjectWithArgs(function)) => strings(&function.objname),
        Some(Tree::String(text)) => vec![text.sval.clone()],
        _ => Vec::new(),
    }
}

pub fn type_name(name: &protobuf::TypeName) -> TypeName {
    let parts = strings(&name.names);
    let QualifiedName { schema, name: plain } = qualified(&parts);
    TypeName {
        // The grammar qualifies its own words (integer, varchar) with pg_catalog; that is how they are meant.
        schema,
        name: plain,
        modifiers: name.typmods.iter().filter_map(integer).collect(),
        array: !name.array_bounds.is_empty(),
    }
}

fn integer(node: &Node) -> Option<i32> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(value) => Some(value.ival),
            _ => None,
        },
        Tree::Integer(value) => Some(value.ival),
        Tree::AExpr(negated) if negated.lexpr.is_none() && strings(&negated.name) == ["-"] => {
            integer(negated.rexpr.as_deref()?).and_then(i32::checked_neg)
        }
        _ => None,
    }
}

/// A constant as text: for SET and for options.
pub fn constant_text(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => Some(match constant.val.as_ref()? {
            a_const::Val::Ival(value) => value.ival.to_string(),
            a_const::Val::Fval(value) => value.fval.clone(),
            a_const::Val::Boolval(value) => value.boolval.to_string(),
            a_const::Val::Sval(value) => value.sval.clone(),
            a_const::Val::Bsval(value) => value.bsval.clone(),
        }),
        Tree::String(text) => Some(text.sval.clone()),
        Tree::Integer(value) => Some(value.ival.to_string()),
        Tree::Float(value) => Some(value.fval.clone()),
        Tree::Boolean(value) => Some(value.boolval.to_string()),
        Tree::TypeName(name) => strings(&name.names).pop(),
        Tree::TypeCast(cast) => constant_text(cast.arg.as_deref()?),
        _ => None,
    }
}

/// An option `(NAME [value])`: `None` when it is not in the list, else whether it is on.
pub fn option(options: &[Node], name: &str) -> Option<bool> {
    options.iter().rev().find_map(|node| match node.node.as_ref() {
        Some(Tree::DefElem(element)) if element.defname == name => Some(match element.arg.as_deref().and_then(constant_text) {
            Some(text) => !matches!(text.to_ascii_lowercase().as_str(), "false" | "off" | "0" | "no"),
            None => true,
        }),
        _ => None,
    })
}
