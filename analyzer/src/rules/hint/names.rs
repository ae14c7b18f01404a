//! The names that the server itself chooses for constraints, indexes and sequences (`makeObjectName`, `ChooseConstraintName`,
//! `ChooseRelationName`): a proposal that leaves another name behind does not lead to the same end.

use crate::catalog::Relation;
use crate::ir::QualifiedName;
use crate::script::Found;

use super::super::Context;

/// Bytes of a name, at most.
const LENGTH: usize = 63;

/// The name of a constraint: not that of another one in the schema.
pub(crate) fn constraint(context: &Context, relation: &Relation, middle: Option<&str>, label: &str) -> String {
    choose(&relation.name, middle, label, |name| is_constraint(context, relation, name))
}

/// The name of a constraint with an index: not that of another constraint or relation in the schema.
pub(crate) fn key(context: &Context, relation: &Relation, middle: Option<&str>, label: &str) -> String {
    choose(&relation.name, middle, label, |name| is_relation(context, relation, name) || is_constraint(context, relation, name))
}

/// The name of a sequence.
pub(crate) fn sequence(context: &Context, relation: &Relation, column: &str) -> String {
    choose(&relation.name, Some(column), "seq", |name| is_relation(context, relation, name))
}

/// The columns as they stand in a name.
pub(crate) fn joined(columns: &[String]) -> String {
    columns.join("_")
}

fn is_relation(context: &Context, relation: &Relation, name: &str) -> bool {
    let name = QualifiedName { schema: Some(relation.schema.clone()), name: name.to_owned() };
    !matches!(context.script().find(&name), Found::Missing)
}

fn is_constraint(context: &Context, relation: &Relation, name: &str) -> bool {
    relation.constraints.iter().any(|one| one.name == name)
        || context.script().catalog().constraint_exists(&relation.schema, name) == Some(true)
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
