//! Whether a statement fails for certain because of what is there, for the handlers of a block.

use crate::catalog::{OnTable, Relation};
use crate::ir::{Action, Dropped, Kind, New, QualifiedName, Renamed, Statement, TypeName};
use crate::script::{Found, FoundType, Script};

const OBJECT: &str = "duplicate_object";
const TABLE: &str = "duplicate_table";
const COLUMN: &str = "duplicate_column";
const NO_TABLE: &str = "undefined_table";
const NO_COLUMN: &str = "undefined_column";
const NO_OBJECT: &str = "undefined_object";

/// The name of the condition.
pub fn with(statement: &Statement, script: &Script) -> Option<&'static str> {
    let there = |name: &QualifiedName| matches!(script.find(name), Found::Existing(_));
    match &statement.kind {
        Kind::CreateTable(create) => (!create.if_not_exists && there(&in_place(&create.name, script)?)).then_some(TABLE),
        Kind::CreateView { name, replace: false } => there(&in_place(name, script)?).then_some(TABLE),
        Kind::Create(creation) if !creation.if_not_exists => match &creation.new {
            New::Relation(name) => there(&in_place(name, script)?).then_some(TABLE),
            New::Type(name) => {
                let name = in_place(name, script)?;
                let name = TypeName { schema: name.schema, name: name.name, modifiers: Vec::new(), array: false };
                matches!(script.find_type(&name), FoundType::Existing(_)).then_some(OBJECT)
            }
            _ => None,
        },
        Kind::CreateIndex(create) if !create.if_not_exists => {
            let Found::Existing(table) = script.find(&create.table.name) else { return None };
            let name = QualifiedName { schema: Some(table.schema.clone()), name: create.name.clone()? };
            there(&name).then_some(TABLE)
        }
        Kind::AlterTable(alter) => match script.find(&alter.target.name) {
            Found::Missing if !alter.missing_ok => Some(NO_TABLE),
            Found::Existing(relation) => alter.actions.iter().find_map(|action| match action {
                Action::AddColumn { column, if_not_exists: false } => has_column(&relation, &column.name).then_some(COLUMN),
                Action::AddConstraint(added) => {
                    let name = added.name.as_ref()?;
                    relation.constraints.iter().any(|one| one.name == *name).then_some(OBJECT)
                }
                Action::DropConstraint { name, missing_ok: false, .. } => {
                    (!relation.constraints.iter().any(|one| one.name == *name)).then_some(NO_OBJECT)
                }
                Action::DropColumn { name, missing_ok: false, .. }
                | Action::AlterType { column: name, .. }
                | Action::SetNotNull { column: name }
                | Action::DropNotNull { column: name }
                | Action::SetDefault { column: name, .. } => (!has_column(&relation, name)).then_some(NO_COLUMN),
                _ => None,
            }),
            _ => None,
        },
        Kind::Rename(rename) => match (script.find(&rename.target.name), &rename.what) {
            (Found::Missing, _) if !rename.missing_ok => Some(NO_TABLE),
            (Found::Existing(relation), Renamed::Column { from, .. }) if !has_column(&relation, from) => Some(NO_COLUMN),
            (Found::Existing(relation), Renamed::Column { to, .. }) => has_column(&relation, to).then_some(COLUMN),
            (Found::Existing(relation), Renamed::Relation { to }) => {
                there(&QualifiedName { schema: Some(relation.schema.clone()), name: to.clone() }).then_some(TABLE)
            }
            _ => None,
        },
        Kind::Drop(drop) if !drop.missing_ok => match &drop.what {
            Dropped::Relations(names) => names.iter().any(|name| matches!(script.find(name), Found::Missing)).then_some(NO_TABLE),
            Dropped::Indexes(names) => names.iter().any(|name| matches!(script.find(name), Found::Missing)).then_some(NO_OBJECT),
            _ => None,
        },
        Kind::Locks(locks) => locks.iter().find_map(|lock| {
            let made = lock.on.as_ref().filter(|on| on.made)?;
            let Found::Existing(table) = script.find(&lock.target.name) else { return None };
            let there = script.has_on_table(made.kind, table.oid, &made.name) == Some(true);
            (there && (made.kind != OnTable::Rule)).then_some(OBJECT)
        }),
        _ => None,
    }
}

fn has_column(relation: &Relation, name: &str) -> bool {
    relation.columns.iter().any(|one| one.name == name)
}

/// The name with the schema in which it would be created.
fn in_place(name: &QualifiedName, script: &Script) -> Option<QualifiedName> {
    let schema = name.schema.clone().or_else(|| script.creation_schema())?;
    Some(QualifiedName { schema: Some(schema), name: name.name.clone() })
}
