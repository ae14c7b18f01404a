//! Pieces of the SQL that rules propose instead.
//!
//! What is run in place of a statement ([`super::Report::instead`]) has to lead to the same end: the same names, options and reach. What cannot is
//! advice, in sentences.

use crate::catalog::{Relation, RelationKind};
use crate::ir::{Action, Kind, QualifiedName};
use crate::script::Found;
use crate::{chosen, fragment, parse, quote};

use super::Context;
use super::context::name_of;

/// The statement with a word put after one of its first words, for instance CONCURRENTLY after INDEX.
pub(crate) fn insert_after(text: &str, anchors: &[&str], word: &str) -> Option<String> {
    let at = parse::after_word(text, anchors)?;
    Some(format!("{} {word}{}", text.get(..at)?, text.get(at..)?))
}

/// `ALTER TABLE schema.name`, with ONLY where the statement says so of that table.
pub(crate) fn alter(context: &Context, relation: &Relation) -> String {
    let only = match context.kind() {
        Kind::AlterTable(alter) if alter.target.only => context.existing(&alter.target.name).is_some_and(|own| own.oid == relation.oid),
        _ => false,
    };
    format!("ALTER TABLE {}{}", if only { "ONLY " } else { "" }, name_of(relation))
}

/// A call that changes all rows in small batches; `None` when zdm.backfill would refuse it.
pub(crate) fn backfill(context: &Context, relation: &Relation, assignment: &str) -> Option<String> {
    let assigned = fragment::parse_assignments(assignment).ok()?;
    let call = format!("CALL zdm.backfill({}, {})", quote::literal(&name_of(relation)), quote::literal(assignment));
    is_walked_by_key(context, relation, assigned.columns()).then_some(call)
}

/// A call that gives a new column its value in the rows that have none: rows written meanwhile keep what their writers gave them. `None` when
/// zdm.backfill would refuse it.
pub(crate) fn fill(context: &Context, relation: &Relation, column: &str, value: &str) -> Option<String> {
    let (assignment, missing) = (format!("{column} = {value}"), format!("{column} IS NULL"));
    let assigned = fragment::parse_assignments(&assignment).ok()?;
    let (target, set) = (quote::literal(&name_of(relation)), quote::literal(&assignment));
    let call = format!("CALL zdm.backfill({target}, {set}, {})", quote::literal(&missing));
    is_walked_by_key(context, relation, assigned.columns()).then_some(call)
}

/// Whether the table, and each one below it, has a key that zdm.backfill can walk by.
fn is_walked_by_key(context: &Context, relation: &Relation, assigned: &[String]) -> bool {
    let catalog = context.script().catalog();
    let has_key = |member: &Relation| {
        member.indexes.iter().any(|index| {
            let shape = catalog.index_shape(index.oid);
            let keys = shape.as_ref().filter(|shape| shape.plain && shape.method == "btree").map(|shape| shape.keys.as_slice());
            let usable = |key: &String| {
                let column = member.columns.iter().find(|column| column.name == *key);
                column.is_some_and(|column| column.not_null && column.generated.is_none()) && !assigned.contains(key)
            };
            index.unique
                && index.valid
                && !index.partial_or_expression
                && keys.is_some_and(|keys| !keys.is_empty() && keys.iter().all(usable))
        })
    };
    let Some(relation) = context.script().get(relation.oid) else { return false };
    let refused = |member: &Relation| {
        !matches!(member.kind, RelationKind::Table | RelationKind::PartitionedTable)
            || assigned.iter().any(|column| context.is_partition_key(member, column))
    };
    let members = context.effects().members(&relation);
    let assigns_key = relation.indexes.iter().any(|index| index.primary && index.columns.iter().any(|column| assigned.contains(column)));
    !assigns_key && members.iter().all(|member| !refused(member) && (!crate::effects::has_storage(member) || has_key(member)))
}

/// The statements that make a filled column NOT NULL without a scan under a lock that others feel.
pub(crate) fn set_not_null(context: &Context, relation: &Relation, column: &str) -> Vec<String> {
    let (alter, ident) = (alter(context, relation), quote::ident(column));
    let inherit = if alter.starts_with("ALTER TABLE ONLY ") && !relation.children.is_empty() { " NO INHERIT" } else { "" };
    let name = quote::ident(&chosen::not_null(context.script(), relation, column));
    if context.script().major() >= 18 {
        return vec![
            format!("{alter} ADD CONSTRAINT {name} NOT NULL {ident}{inherit} NOT VALID"),
            format!("{alter} VALIDATE CONSTRAINT {name}"),
        ];
    }
    vec![
        format!("{alter} ADD CONSTRAINT {name} CHECK ({ident} IS NOT NULL){inherit} NOT VALID"),
        format!("{alter} VALIDATE CONSTRAINT {name}"),
        format!("{alter} ALTER COLUMN {ident} SET NOT NULL"),
        format!("{alter} DROP CONSTRAINT {name}"),
    ]
}

/// A name for a new column that is still free on the relation, at most 63 bytes long.
pub(crate) fn free_column(relation: &Relation, base: &str) -> String {
    let cut = |length: usize| {
        let mut end = base.len().min(length);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        base.get(..end).unwrap_or(base)
    };
    let taken = |name: &str| relation.columns.iter().any(|one| one.name == name);
    let plain = cut(63).to_owned();
    if !taken(&plain) {
        return plain;
    }
    (1..100).map(|number| format!("{}{number}", cut(60))).find(|name| !taken(name)).unwrap_or(plain)
}

/// Whether a schema holds nothing of this name.
pub(crate) fn is_free(context: &Context, schema: &str, name: &str) -> bool {
    let name = QualifiedName { schema: Some(schema.to_owned()), name: name.to_owned() };
    matches!(context.script().find(&name), Found::Missing)
}

/// Column names, quoted, with commas.
pub(crate) fn columns(names: &[String]) -> String {
    names.iter().map(|name| quote::ident(name)).collect::<Vec<_>>().join(", ")
}

/// Lines of SQL, each closed by a semicolon.
pub(crate) fn steps(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line};")).collect::<Vec<_>>().join("\n")
}

/// Adds a constraint without checking, then checks it under a lock that lets writers pass.
pub(crate) fn not_valid(context: &Context, relation: &Relation, action: &Action, name: &str) -> Option<Vec<String>> {
    let validate = format!("{} VALIDATE CONSTRAINT {}", alter(context, relation), quote::ident(name));
    Some(vec![format!("{} NOT VALID", context.text_of(action)?), format!("-- in a later transaction:\n{validate}")])
}

/// A column whose rows get numbers from a sequence, without a rewrite; NOT NULL, as serial and identity columns are. `None` when zdm.backfill
/// would refuse it.
pub(crate) fn numbered_column(
    context: &Context,
    relation: &Relation,
    column: &str,
    integer: &str,
    sequence: &str,
    options: &str,
) -> Option<Vec<String>> {
    let (alter, name) = (alter(context, relation), quote::ident(column));
    let next = format!("nextval({})", quote::literal(sequence));
    // a sequence of bigint is that by itself
    let mut kind = if integer == "bigint" { String::new() } else { format!(" AS {integer}") };
    if !options.is_empty() {
        kind.push_str(&format!(" {options}"));
    }
    let mut lines = vec![
        format!("{alter} ADD COLUMN {name} {integer}"),
        format!("CREATE SEQUENCE {sequence}{kind} OWNED BY {}.{name}", name_of(relation)),
        format!("{alter} ALTER COLUMN {name} SET DEFAULT {next}"),
        fill(context, relation, &name, &next)?,
    ];
    lines.extend(set_not_null(context, relation, column));
    Some(lines)
}
