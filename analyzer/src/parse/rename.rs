//! New names, and `SET SCHEMA`.

use pg_query::protobuf::{AlterEnumStmt, AlterObjectSchemaStmt, DropBehavior, Node, ObjectType, RenameStmt};

use super::{create, names};
use crate::ir::{Kind, QualifiedName, Recursion, Rename, Renamed};
use crate::lock::LockMode;
use crate::quote;

pub fn rename(statement: &RenameStmt) -> Kind {
    let target = names::optional_target(statement.relation.as_ref());
    let to = statement.newname.clone();
    let from = statement.subname.clone();
    let what = match ObjectType::try_from(statement.rename_type) {
        Ok(
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectSequence
            | ObjectType::ObjectIndex,
        ) => Renamed::Relation { to },
        Ok(ObjectType::ObjectColumn) => Renamed::Column { from, to },
        Ok(ObjectType::ObjectTabconstraint) => Renamed::Constraint { from, to },
        Ok(ObjectType::ObjectTrigger) => {
            return create::locked(statement.relation.as_ref(), LockMode::AccessExclusive, Recursion::Partitions);
        }
        Ok(ObjectType::ObjectPolicy | ObjectType::ObjectRule) => {
            return create::locked(statement.relation.as_ref(), LockMode::AccessExclusive, Recursion::None);
        }
        Ok(ObjectType::ObjectSchema) => return renamed("schema", &names::qualified(&[from]), &to),
        Ok(ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine | ObjectType::ObjectAggregate) => {
            return renamed("function", &object(statement.object.as_deref()), &to);
        }
        Ok(ObjectType::ObjectType | ObjectType::ObjectDomain) => return renamed("type", &object(statement.object.as_deref()), &to),
        Ok(ObjectType::ObjectAttribute) => {
            let cascades_from = (statement.behavior == DropBehavior::DropCascade as i32).then(|| target.name.clone());
            let what = format!("attribute {} of type {}", quote::ident(&from), target.name);
            return Kind::RenameCalled { what, to: quote::ident(&to), type_name: None, cascades_from };
        }
        _ => return Kind::Ignored,
    };
    let as_index = statement.rename_type == ObjectType::ObjectIndex as i32;
    Kind::Rename(Rename { target, as_index, missing_ok: statement.missing_ok, what })
}

/// `ALTER TYPE ... RENAME VALUE`; a value that is only added disturbs nobody.
pub fn value(statement: &AlterEnumStmt) -> Kind {
    let name = names::qualified(&names::strings(&statement.type_name));
    if statement.old_val.is_empty() {
        return Kind::AddEnumValue { enum_type: name, value: statement.new_val.clone() };
    }
    let what = format!("value {} of type {}", quote::literal(&statement.old_val), name);
    Kind::RenameCalled { what, to: quote::literal(&statement.new_val), type_name: None, cascades_from: None }
}

fn object(node: Option<&Node>) -> QualifiedName {
    names::qualified(&node.map(names::object).unwrap_or_default())
}

fn renamed(what: &str, name: &QualifiedName, to: &str) -> Kind {
    let type_name = (what == "type").then(|| name.clone());
    Kind::RenameCalled { what: format!("{what} {}", name), to: quote::ident(to), type_name, cascades_from: None }
}

pub fn set_schema(statement: &AlterObjectSchemaStmt) -> Kind {
    let to = statement.newschema.clone();
    if statement.relation.is_some() {
        let target = names::optional_target(statement.relation.as_ref());
        return Kind::Rename(Rename { target, as_index: false, missing_ok: statement.missing_ok, what: Renamed::Schema { to } });
    }
    let name = object(statement.object.as_deref());
    match ObjectType::try_from(statement.object_type) {
        Ok(ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine | ObjectType::ObjectAggregate) => {
            renamed("function", &name, &to)
        }
        Ok(ObjectType::ObjectType | ObjectType::ObjectDomain) => renamed("type", &name, &to),
        _ => Kind::Ignored,
    }
}
