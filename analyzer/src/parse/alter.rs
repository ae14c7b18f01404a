//! `ALTER TABLE` and its relatives.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AlterTableCmd, AlterTableStmt, AlterTableType, DefElem, DropBehavior, Node, ObjectType};

use super::{bound, create, expr, names};
use crate::catalog::ConstraintKind;
use crate::ir::{Action, AlterTable, Bound, ConstraintDef, Detach, IdentityChange, Kind, Recursion, Restart, WrittenBound};
use crate::lock::LockMode;

pub fn alter_table(statement: &AlterTableStmt) -> Kind {
    let target = names::optional_target(statement.relation.as_ref());
    if statement.objtype == ObjectType::ObjectType as i32 {
        return composite_type(statement);
    }
    let actions = statement.cmds.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::AlterTableCmd(command)) => Some(action(command)),
        _ => None,
    });
    Kind::AlterTable(AlterTable { target, missing_ok: statement.missing_ok, actions: actions.collect() })
}

/// `ALTER TYPE`: only a change that cascades reaches tables (those OF the type), but an attribute that goes is lost in every value.
fn composite_type(statement: &AlterTableStmt) -> Kind {
    let commands = || {
        statement.cmds.iter().filter_map(|node| match node.node.as_ref() {
            Some(Tree::AlterTableCmd(command)) => Some(command),
            _ => None,
        })
    };
    let cascade = commands().any(|command| command.behavior == DropBehavior::DropCascade as i32);
    let actions: Vec<Action> = commands().map(|command| action(command)).collect();
    if !cascade && !actions.iter().any(|action| matches!(action, Action::DropColumn { .. })) {
        return Kind::Ignored;
    }
    Kind::AlterComposite { name: names::optional_target(statement.relation.as_ref()).name, actions, cascade }
}

fn action(command: &AlterTableCmd) -> Action {
    let name = command.name.clone();
    let cascade = command.behavior == DropBehavior::DropCascade as i32;
    let definition = command.def.as_deref().and_then(|node| node.node.as_ref());
    let simple = |lock, recursion| Action::Simple { lock, recursion };
    use AlterTableType as At;
    let Ok(kind) = At::try_from(command.subtype) else { return simple(LockMode::AccessExclusive, Recursion::All) };
    match kind {
        At::AtAddColumn | At::AtAddColumnToView => match definition {
            Some(Tree::ColumnDef(column)) => {
                Action::AddColumn { column: create::written_column(column), if_not_exists: command.missing_ok }
            }
            _ => simple(LockMode::AccessExclusive, Recursion::All),
        },
        At::AtDropColumn => Action::DropColumn { name, cascade, missing_ok: command.missing_ok },
        At::AtAlterColumnType => match definition {
            Some(Tree::ColumnDef(column)) => Action::AlterType {
                column: name,
                to: column.type_name.as_ref().map(names::type_name).unwrap_or_else(create::unnamed_type),
                to_text: column.type_name.as_ref().and_then(expr::type_text).unwrap_or_default(),
                collation: column.coll_clause.as_deref().map(|clause| names::qualified(&names::strings(&clause.collname))),
                using: column.raw_default.as_deref().map(expr::summary),
            },
            _ => simple(LockMode::AccessExclusive, Recursion::All),
        },
        At::AtSetNotNull => Action::SetNotNull { column: name },
        At::AtDropNotNull => Action::DropNotNull { column: name },
        At::AtSetExpression => Action::SetExpression { column: name },
        At::AtAddConstraint => match definition {
            Some(Tree::Constraint(constraint)) => match create::constraint(constraint, None) {
                Some(added) => {
                    let check = constraint.raw_expr.as_deref().filter(|_| added.kind == ConstraintKind::Check);
                    Action::AddConstraint(ConstraintDef { expression: check.and_then(expr::text), ..added })
                }
                None => simple(LockMode::AccessExclusive, Recursion::All),
            },
            _ => simple(LockMode::AccessExclusive, Recursion::All),
        },
        At::AtValidateConstraint => Action::ValidateConstraint { name },
        At::AtDropConstraint => Action::DropConstraint { name, cascade, missing_ok: command.missing_ok },
        At::AtAlterConstraint => match definition {
            Some(Tree::AtalterConstraint(change)) => Action::AlterConstraint {
                name: change.conname.clone(),
                enforced: change.alter_enforceability.then_some(change.is_enforced),
                inherit: change.alter_inheritability.then_some(!change.noinherit),
            },
            _ => Action::AlterConstraint { name, enforced: None, inherit: None },
        },
        At::AtAttachPartition | At::AtDetachPartition | At::AtDetachPartitionFinalize => partition(kind, definition),
        At::AtAddInherit => match definition {
            Some(Tree::RangeVar(parent)) => Action::Inherit { parent: names::range_var(parent) },
            _ => simple(LockMode::AccessExclusive, Recursion::None),
        },
        At::AtSetAccessMethod => Action::SetAccessMethod { name: (!name.is_empty()).then_some(name) },
        At::AtSetTableSpace => Action::SetTablespace { name },
        At::AtSetLogged => Action::SetLogged { logged: true },
        At::AtSetUnLogged => Action::SetLogged { logged: false },
        At::AtSetRelOptions | At::AtResetRelOptions | At::AtReplaceRelOptions => match definition {
            Some(Tree::List(list)) => Action::SetOptions { options: list.items.iter().filter_map(option_name).collect() },
            _ => simple(LockMode::AccessExclusive, Recursion::None),
        },
        At::AtSetStatistics => simple(LockMode::ShareUpdateExclusive, Recursion::All),
        At::AtSetOptions | At::AtResetOptions | At::AtClusterOn | At::AtDropCluster => {
            simple(LockMode::ShareUpdateExclusive, Recursion::None)
        }
        At::AtEnableTrig
        | At::AtEnableAlwaysTrig
        | At::AtEnableReplicaTrig
        | At::AtDisableTrig
        | At::AtEnableTrigAll
        | At::AtDisableTrigAll
        | At::AtEnableTrigUser
        | At::AtDisableTrigUser => simple(LockMode::ShareRowExclusive, Recursion::Partitions),
        At::AtColumnDefault => Action::SetDefault { column: name, dropped: command.def.as_deref().is_none_or(expr::is_null) },
        At::AtDropExpression => Action::DropExpression { column: name },
        At::AtAddIdentity => Action::Identity { column: name, change: IdentityChange::Add { start: number(definition, "start") } },
        At::AtSetIdentity => Action::Identity { column: name, change: IdentityChange::Set { restart: restart(definition) } },
        At::AtDropIdentity => Action::Identity { column: name, change: IdentityChange::Drop },
        At::AtSetStorage => simple(LockMode::AccessExclusive, Recursion::All),
        _ => simple(LockMode::AccessExclusive, Recursion::None),
    }
}

fn partition(kind: AlterTableType, definition: Option<&Tree>) -> Action {
    let Some(Tree::PartitionCmd(command)) = definition else {
        return Action::Simple { lock: LockMode::AccessExclusive, recursion: Recursion::None };
    };
    let partition = names::optional_target(command.name.as_ref()).name;
    match kind {
        AlterTableType::AtAttachPartition => {
            let bound = command.bound.as_ref().map_or(WrittenBound { bound: Bound::Other, sql: None }, bound::written);
            Action::AttachPartition { partition, bound }
        }
        AlterTableType::AtDetachPartitionFinalize => Action::DetachPartition { partition, how: Detach::Finalize },
        _ => Action::DetachPartition { partition, how: if command.concurrent { Detach::Concurrently } else { Detach::Plain } },
    }
}

/// `RESTART` without a number is at the start value, as the same statement leaves it.
fn restart(definition: Option<&Tree>) -> Option<Restart> {
    let option = option(definition, "restart")?;
    let said = if option.arg.is_some() { number(definition, "restart") } else { number(definition, "start") };
    Some(said.map_or(Restart::AtStart, Restart::At))
}

/// The number that an option of the sequence behind an identity is given.
fn number(definition: Option<&Tree>, wanted: &str) -> Option<i64> {
    names::constant_text(option(definition, wanted)?.arg.as_deref()?)?.parse().ok()
}

fn option<'a>(definition: Option<&'a Tree>, wanted: &str) -> Option<&'a DefElem> {
    let options = match definition? {
        Tree::List(list) => &list.items,
        Tree::Constraint(identity) => &identity.options,
        _ => return None,
    };
    options.iter().find_map(|node| match node.node.as_ref()? {
        Tree::DefElem(element) if element.defname == wanted => Some(element.as_ref()),
        _ => None,
    })
}

fn option_name(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::DefElem(element) => Some(element.defname.clone()),
        _ => None,
    }
}
