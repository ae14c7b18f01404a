//! The tables and functions that a query or a change of rows names.

use super::{Context, is_nowhere};
use crate::catalog::Class;
use crate::ir::QualifiedName;
use crate::script::Found;

/// Statements whose text is looked through.
const QUERIES: [&str; 10] =
    ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SELECT INTO", "CREATE VIEW", "CREATE TABLE AS", "CREATE MATERIALIZED VIEW"];

/// What is not there, in words.
pub fn missing(context: &Context) -> Option<String> {
    if !QUERIES.contains(&context.tag()) {
        return None;
    }
    let named = context.named()?;
    let wanted = named.relations.iter().filter(|name| !is_systems(name));
    let relation = wanted.into_iter().find(|name| matches!(context.script().find(name), Found::Missing));
    relation.map(|name| format!("relation {name}")).or_else(|| {
        let missing = named.calls.iter().find(|(name, arguments)| is_no_function(context, name, *arguments));
        missing.map(|(name, _)| format!("function {name}()"))
    })
}

/// The system's own are there.
fn is_systems(name: &QualifiedName) -> bool {
    match &name.schema {
        Some(schema) => schema == "pg_catalog" || schema == "information_schema",
        None => name.name.starts_with("pg_"),
    }
}

fn is_no_function(context: &Context, name: &QualifiedName, arguments: usize) -> bool {
    let script = context.script();
    if script.has_made_function(name) || !script.functions(name, arguments).is_empty() || script.is_no_function(name) != Some(true) {
        return false;
    }
    // f(x) may be a cast, or a column of a row
    let named = context.named().map(|named| named.relations.as_slice()).unwrap_or_default();
    let has_column =
        |table: &QualifiedName| context.existing(table).is_none_or(|table| table.columns.iter().any(|one| one.name == name.name));
    arguments != 1 || !named.iter().any(has_column) && !context.script().makes_types() && is_nowhere(context, Class::Type, &name.name)
}
