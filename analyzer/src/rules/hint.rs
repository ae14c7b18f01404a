//! Pieces of the SQL that rules propose instead.

use std::rc::Rc;

use crate::catalog::Relation;
use crate::ir::ConstraintDef;
use crate::quote;

use super::context::name_of;

/// The statement with a word put after one of its first words, for instance CONCURRENTLY after INDEX.
pub(crate) fn insert_after(text: &str, anchors: &[&str], word: &str) -> Option<String> {
    let mut start = None;
    for (at, byte) in text.bytes().chain([b' ']).enumerate() {
        let inside = byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80;
        match (inside, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                let token = text.get(from..at)?;
                if anchors.iter().any(|anchor| token.eq_ignore_ascii_case(anchor)) {
                    return Some(format!("{} {word}{}", text.get(..at)?, text.get(at..)?));
                }
                start = None;
            }
            _ => {}
        }
    }
    None
}

/// `ALTER TABLE schema.name`.
pub(crate) fn alter(relation: &Relation) -> String {
    format!("ALTER TABLE {}", name_of(relation))
}

/// A call that changes all rows in small batches.
pub(crate) fn backfill(relation: &Relation, assignment: &str) -> String {
    format!("CALL zdm.backfill({}, {})", quote::literal(&name_of(relation)), quote::literal(assignment))
}

/// A call that gives a new column its value in the rows that have none: rows written meanwhile keep what their writers gave them.
pub(crate) fn fill(relation: &Relation, column: &str, value: &str) -> String {
    let missing = quote::literal(&format!("{column} IS NULL"));
    format!("CALL zdm.backfill({}, {}, {missing})", quote::literal(&name_of(relation)), quote::literal(&format!("{column} = {value}")))
}

/// The statements that make a filled column NOT NULL without a scan under a lock that others feel.
pub(crate) fn set_not_null(major: u32, relation: &Relation, column: &str) -> Vec<String> {
    let (alter, ident) = (alter(relation), quote::ident(column));
    let name = quote::ident(&free_name(relation, &format!("{}_{column}_not_null", relation.name)));
    if major >= 18 {
        return vec![format!("{alter} ADD CONSTRAINT {name} NOT NULL {ident} NOT VALID"), format!("{alter} VALIDATE CONSTRAINT {name}")];
    }
    vec![
        format!("{alter} ADD CONSTRAINT {name} CHECK ({ident} IS NOT NULL) NOT VALID"),
        format!("{alter} VALIDATE CONSTRAINT {name}"),
        format!("{alter} ALTER COLUMN {ident} SET NOT NULL"),
        format!("{alter} DROP CONSTRAINT {name}"),
    ]
}

/// A name for a new constraint or column that is still free on the relation, at most 63 bytes long.
pub(crate) fn free_name(relation: &Relation, base: &str) -> String {
    let cut = |length: usize| {
        let mut end = base.len().min(length);
        while !base.is_char_boundary(end) {
            end -= 1;
        }
        base.get(..end).unwrap_or(base)
    };
    let taken = |name: &str| {
        relation.constraints.iter().any(|one| one.name == name)
            || relation.columns.iter().any(|one| one.name == name)
            || relation.indexes.iter().any(|one| one.name == name)
    };
    let plain = cut(63).to_owned();
    if !taken(&plain) {
        return plain;
    }
    (1..100).map(|number| format!("{}{number}", cut(60))).find(|name| !taken(name)).unwrap_or(plain)
}

/// The name that a constraint has or will be given.
pub(crate) fn constraint_name(relation: &Relation, constraint: &ConstraintDef, suffix: &str) -> String {
    constraint.name.clone().unwrap_or_else(|| {
        let columns = if constraint.columns.is_empty() { String::new() } else { format!("_{}", constraint.columns.join("_")) };
        free_name(relation, &format!("{}{columns}_{suffix}", relation.name))
    })
}

/// Column names, quoted, with commas.
pub(crate) fn columns(names: &[String]) -> String {
    names.iter().map(|name| quote::ident(name)).collect::<Vec<_>>().join(", ")
}

/// Lines of SQL, each closed by a semicolon.
pub(crate) fn steps(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line};")).collect::<Vec<_>>().join("\n")
}

/// Adds a constraint without checking, then checks it under a lock that lets writers pass. The text can be used as it is when the
/// constraint is all that the statement adds.
pub(crate) fn not_valid(text: &str, single: bool, relation: &Rc<Relation>, name: &str) -> String {
    let validate = format!("{} VALIDATE CONSTRAINT {}", alter(relation), quote::ident(name));
    if single {
        format!("{text} NOT VALID;\n-- in a later transaction:\n{validate};")
    } else {
        format!("-- add the constraint NOT VALID, and in a later transaction:\n{validate};")
    }
}

/// A column whose rows get numbers from a sequence, without a rewrite; NOT NULL, as serial and identity columns are.
pub(crate) fn numbered_column(major: u32, relation: &Relation, column: &str, type_text: &str) -> String {
    let name = quote::ident(column);
    let sequence = free_name(relation, &format!("{}_{column}_seq", relation.name));
    let sequence = quote::qualified(&relation.schema, &sequence);
    let next = format!("nextval({})", quote::literal(&sequence));
    let mut lines = vec![
        format!("{} ADD COLUMN {name} {type_text}", alter(relation)),
        format!("CREATE SEQUENCE {sequence} OWNED BY {}.{name}", name_of(relation)),
        format!("{} ALTER COLUMN {name} SET DEFAULT {next}", alter(relation)),
        fill(relation, &name, &next),
    ];
    lines.extend(set_not_null(major, relation, column));
    steps(&lines)
}
