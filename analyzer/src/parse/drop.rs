//! `DROP` in its many forms.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{DropBehavior, DropStmt, Node, ObjectType};

use super::names;
use crate::catalog::OnTable;
use crate::ir::{Drop, DropCascade, Dropped, Hung, Kind, Lock, OpaqueRule, QualifiedName, Recursion, Rooted, Target, TypeName};
use crate::lock::LockMode;

pub fn drop(statement: &DropStmt) -> Kind {
    let cascade = statement.behavior == DropBehavior::DropCascade as i32;
    let names = || statement.objects.iter().map(|node| names::qualified(&names::object(node))).collect::<Vec<_>>();
    let Ok(object) = ObjectType::try_from(statement.remove_type) else { return Kind::Ignored };
    let what = match object {
        ObjectType::ObjectTable
        | ObjectType::ObjectView
        | ObjectType::ObjectMatview
        | ObjectType::ObjectForeignTable
        | ObjectType::ObjectSequence => Dropped::Relations(names()),
        ObjectType::ObjectIndex => Dropped::Indexes(names()),
        ObjectType::ObjectSchema => Dropped::Schemas(names().into_iter().map(|name| name.name).collect()),
        ObjectType::ObjectStatisticExt => Dropped::Statistics(names()),
        // The name of what hangs on a table comes last: (schema,) table, name.
        ObjectType::ObjectTrigger => return on_table(statement, Recursion::Partitions, OnTable::Trigger),
        ObjectType::ObjectPolicy => return on_table(statement, Recursion::None, OnTable::Policy),
        ObjectType::ObjectRule => return on_table(statement, Recursion::None, OnTable::Rule),
        ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine | ObjectType::ObjectAggregate if !cascade => {
            Dropped::Called("function", names())
        }
        ObjectType::ObjectType | ObjectType::ObjectDomain => Dropped::Called("type", names()),
        ObjectType::ObjectExtension => {
            let roots = names().into_iter().map(Rooted::Extension).collect();
            return Kind::DropCascade(DropCascade { roots, left_open: Some("it drops whatever the extension holds") });
        }
        ObjectType::ObjectFunction | ObjectType::ObjectProcedure | ObjectType::ObjectRoutine | ObjectType::ObjectAggregate => {
            let roots = statement.objects.iter().map(function).collect();
            return Kind::DropCascade(DropCascade { roots, left_open: None });
        }
        _ if cascade => {
            return Kind::Opaque {
                reason: "CASCADE drops whatever depends on it, columns of tables included",
                rule: OpaqueRule::Unbounded,
            };
        }
        _ => return Kind::Ignored,
    };
    Kind::Drop(Drop { what, missing_ok: statement.missing_ok, cascade, concurrently: statement.concurrent })
}

/// A function with the types of its arguments, if they are given.
fn function(node: &Node) -> Rooted {
    let arguments = match node.node.as_ref() {
        Some(Tree::ObjectWithArgs(function)) if !function.args_unspecified => {
            let types = function.objargs.iter().filter_map(|node| match node.node.as_ref() {
                Some(Tree::TypeName(name)) => Some(type_text(&names::type_name(name))),
                _ => None,
            });
            Some(types.collect())
        }
        _ => None,
    };
    Rooted::Function { name: names::qualified(&names::object(node)), arguments }
}

fn type_text(name: &TypeName) -> String {
    let plain = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
    if name.array { format!("{plain}[]") } else { plain.to_string() }
}

fn on_table(statement: &DropStmt, recursion: Recursion, kind: OnTable) -> Kind {
    let locks = statement.objects.iter().filter_map(|node| {
        let parts = names::object(node);
        let (last, table) = parts.split_last()?;
        let name: QualifiedName = names::qualified(table);
        let target = Target { name, only: false };
        Some(Lock {
            target,
            mode: LockMode::AccessExclusive,
            recursion,
            missing_ok: statement.missing_ok,
            on: Some(Hung { kind, name: last.clone(), made: false }),
        })
    });
    Kind::Locks(locks.collect())
}
