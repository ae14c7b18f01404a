//! The names that the server itself chooses for constraints, indexes and sequences (`makeObjectName`, `ChooseConstraintName`,
//! `ChooseRelationName`): a proposal that leaves another name behind does not lead to the same end.

use crate::catalog::{ConstraintKind, Relation};
use crate::ir::{ConstraintDef, QualifiedName};
use crate::script::{Found, Script};

/// Bytes of a name, at most.
const LENGTH: usize = 63;

/// The name that a constraint has or will be given.
pub fn constraint(script: &Script, relation: &Relation, added: &ConstraintDef) -> String {
    if let Some(name) = &added.name {
        return name.clone();
    }
    let columns = joined(&added.columns);
    let plain = |middle, label| choose(&relation.name, middle, label, |name| is_constraint(script, relation, name));
    let key = |middle, label| {
        choose(&relation.name, middle, label, |name| is_relation(script, relation, name) || is_constraint(script, relation, name))
    };
    match added.kind {
        // the column is told if there is one only
        ConstraintKind::Check if added.columns.len() == 1 => plain(Some(&columns), "check"),
        ConstraintKind::Check => plain(None, "check"),
        ConstraintKind::ForeignKey => plain(Some(&columns), "fkey"),
        ConstraintKind::NotNull => plain(Some(&columns), "not_null"),
        ConstraintKind::PrimaryKey => key(None, "pkey"),
        ConstraintKind::Unique => {
            // columns that are only included are in the name too
            let all: Vec<String> = added.columns.iter().chain(&added.including).cloned().collect();
            key(Some(&joined(&all)), "key")
        }
        ConstraintKind::Exclusion => key(Some(&columns), "excl"),
        ConstraintKind::Other => String::new(),
    }
}

/// The name of a constraint that says NOT NULL of a column.
pub fn not_null(script: &Script, relation: &Relation, column: &str) -> String {
    choose(&relation.name, Some(column), "not_null", |name| is_constraint(script, relation, name))
}

/// The name of the CHECK that is all that is left of a partition's bound, of these columns.
pub fn bound(script: &Script, relation: &Relation, columns: &[String]) -> String {
    let middle = if let [column] = columns { Some(column.as_str()) } else { None };
    choose(&relation.name, middle, "check", |name| is_constraint(script, relation, name))
}

/// The name of an index, of which only the middle is told.
pub fn index(script: &Script, relation: &Relation, middle: &str) -> String {
    choose(&relation.name, Some(middle), "idx", |name| is_relation(script, relation, name))
}

/// The name of a sequence.
pub fn sequence(script: &Script, relation: &Relation, column: &str) -> String {
    choose(&relation.name, Some(column), "seq", |name| is_relation(script, relation, name))
}

/// The columns as they stand in a name.
fn joined(columns: &[String]) -> String {
    columns.join("_")
}

fn is_relation(script: &Script, relation: &Relation, name: &str) -> bool {
    let name = QualifiedName { schema: Some(relation.schema.clone()), name: name.to_owned() };
    !script.is_new(relation.oid) && !matches!(script.find(&name), Found::Missing)
}

fn is_constraint(script: &Script, relation: &Relation, name: &str) -> bool {
    let elsewhere = || script.catalog().constraint_exists(&relation.schema, name) == Some(true);
    // Of a table that the text makes it is not worth a question.
    relation.constraints.iter().any(|one| one.name == name) || !script.is_new(relation.oid) && elsewhere()
}

/// The first name that is free: with a number behind the label if it must be.
fn choose(one: &str, two: Option<&str>, label: &str, taken: impl Fn(&str) -> bool) -> String {
    let plain = object_name(one, two, label);
    if !taken(&plain) {
        return plain;
    }
    (1..1000).map(|pass| object_name(one, two, &format!("{label}{pass}"))).find(|name| !taken(name)).unwrap_or(plain)
}

/// `one_two_label`, the longer one of the first two cut until it fits.
fn object_name(one: &str, two: Option<&str>, label: &str) -> String {
    let room = LENGTH.saturating_sub(label.len() + 1 + usize::from(two.is_some()));
    let (mut first, mut second) = (one.len(), two.map_or(0, str::len));
    while first + second > room {
        if first > second { first -= 1 } else { second -= 1 }
    }
    match two {
        Some(two) => format!("{}_{}_{label}", cut(one, first), cut(two, second)),
        None => format!("{}_{label}", cut(one, first)),
    }
}

/// So many bytes, but no half letter.
fn cut(text: &str, length: usize) -> &str {
    let mut end = text.len().min(length);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{choose, object_name};

    #[test]
    fn names_are_cut_as_the_server_cuts_them() {
        let long = "a".repeat(60);
        assert_eq!(object_name("users", Some("age"), "check"), "users_age_check");
        assert_eq!(object_name("users", None, "pkey"), "users_pkey");
        // 56 bytes for both: the longer one gives until they are even, and then the second first
        assert_eq!(object_name(&long, Some(&long), "check"), format!("{}_{}_check", "a".repeat(28), "a".repeat(28)));
        assert_eq!(object_name(&long, Some("age"), "check"), format!("{}_age_check", "a".repeat(53)));
        assert_eq!(object_name(&"é".repeat(31), None, "key"), format!("{}_key", "é".repeat(29)));
        assert_eq!(choose("t", Some("a"), "key", |name| name == "t_a_key" || name == "t_a_key1"), "t_a_key2");
    }
}
