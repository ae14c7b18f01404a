//! Particulars of a statement, for the rules that ask for them.

use std::ops::Range;
use std::rc::Rc;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    AlterTableCmd, AlterTableType, DefElem, GrantRoleStmt, InsertStmt, Node, RoleSpec, RoleSpecType, SelectStmt, SetOperation, ViewStmt,
};

use super::{functions, names, need, object, prepare, remark, subquery};
use crate::catalog::Volatility;
use crate::ir::{Fact, FunctionFact, Insert, Owned, QualifiedName, ReplicaIdentity, RowSecurity, Triggers};

/// The particulars of a statement, which stands at `span` in `sql`.
pub fn of(node: &Tree, sql: &str, span: &Range<usize>) -> Vec<Fact> {
    let mut facts = particulars(node);
    facts.extend(need::of(node));
    facts.extend(object::of(node));
    facts.extend(subquery::of(node));
    facts.extend(prepare::of(node, sql, span));
    for fact in &mut facts {
        if let Fact::Function(function) = fact
            && function.creates
        {
            function.definition = sql.get(span.clone()).map(Rc::from);
        }
    }
    facts
}

fn particulars(node: &Tree) -> Vec<Fact> {
    match node {
        Tree::AlterTableStmt(statement) => {
            let commands = statement.cmds.iter().filter_map(|node| match node.node.as_ref() {
                Some(Tree::AlterTableCmd(command)) => Some(command),
                _ => None,
            });
            commands.filter_map(|command| altered(command).or_else(|| remark::altered(command))).collect()
        }
        Tree::SelectStmt(select) => {
            let sets = sets_sequence(select).then_some(Fact::SetsSequence);
            sets.into_iter().chain(remark::beside(node)).collect()
        }
        _ => {
            let more = [(alone(node), Fact::Alone), (is_temporary(node), Fact::Temporary)];
            single(node)
                .or_else(|| remark::single(node))
                .into_iter()
                .chain(remark::beside(node))
                .chain(more.into_iter().filter_map(|(is, fact)| is.then_some(fact)))
                .collect()
        }
    }
}

fn single(node: &Tree) -> Option<Fact> {
    Some(match node {
        Tree::CreateTrigStmt(trigger) => Fact::CreateTrigger {
            table: names::range_var(trigger.relation.as_ref()?),
            name: trigger.trigname.clone(),
            replace: trigger.replace,
        },
        Tree::CreatePolicyStmt(policy) => Fact::CreatePolicy(names::range_var(policy.table.as_ref()?)),
        Tree::CreateFunctionStmt(function) => {
            let name = names::qualified(&names::strings(&function.funcname));
            Fact::Function(FunctionFact {
                replaces: function.replace,
                arguments: Some(functions::arguments(&function.parameters)),
                inlinable_body: functions::inlinable_body(function),
                concatenates: functions::concatenates(&function.options),
                ..changed_function(name, &function.options, true)
            })
        }
        Tree::AlterFunctionStmt(function) => {
            let object = function.func.as_ref()?;
            let name = names::qualified(&names::strings(&object.objname));
            let arguments = (!object.args_unspecified).then_some(object.objargs.len());
            Fact::Function(FunctionFact { arguments, ..changed_function(name, &function.actions, false) })
        }
        Tree::AlterSeqStmt(sequence) => {
            let harmless = |node: &Node| matches!(node.node.as_ref(), Some(Tree::DefElem(element)) if element.defname == "owned_by");
            if sequence.options.iter().all(harmless) {
                return sequence.options.iter().find_map(owned_by);
            }
            Fact::ChangesSequence
        }
        Tree::LockStmt(lock) if lock.nowait => Fact::Nowait,
        Tree::GrantRoleStmt(grant) => Fact::GrantsRoles(granted(grant)),
        Tree::CreateStmt(create) if create.relation.as_ref().is_some_and(|relation| relation.relpersistence == "u") => {
            Fact::Unlogged(names::range_var(create.relation.as_ref()?))
        }
        Tree::CreateTableAsStmt(create) => {
            let made = create.into.as_deref()?.rel.as_ref().filter(|made| made.relpersistence == "u")?;
            Fact::Unlogged(names::range_var(made))
        }
        Tree::DropOwnedStmt(owned) => Fact::Owned(Owned { roles: roles(&owned.roles), drop: true }),
        Tree::ReassignOwnedStmt(owned) => Fact::Owned(Owned { roles: roles(&owned.roles), drop: false }),
        Tree::AlterOwnerStmt(owner) if owner.relation.is_some() => Fact::Owner(role(owner.newowner.as_ref()?)),
        Tree::ViewStmt(view) if view.replace => Fact::ViewColumns(view_columns(view)?),
        Tree::InsertStmt(insert) => Fact::Insert(inserted(insert)?),
        Tree::CopyStmt(copy) if copy.is_from => {
            let target = names::target(copy.relation.as_ref()?);
            Fact::Insert(Insert { target, columns: names::strings(&copy.attlist), bulk: true })
        }
        _ => return None,
    })
}

fn altered(command: &AlterTableCmd) -> Option<Fact> {
    use AlterTableType as At;
    let triggers = |enable, which| Fact::Triggers { enable, which };
    let named = || Triggers::Named(command.name.clone());
    Some(match At::try_from(command.subtype).ok()? {
        At::AtEnableTrig | At::AtEnableAlwaysTrig | At::AtEnableReplicaTrig => triggers(true, named()),
        At::AtDisableTrig => triggers(false, named()),
        At::AtEnableTrigAll => triggers(true, Triggers::All),
        At::AtDisableTrigAll => triggers(false, Triggers::All),
        At::AtEnableTrigUser => triggers(true, Triggers::User),
        At::AtDisableTrigUser => triggers(false, Triggers::User),
        At::AtEnableRowSecurity => Fact::RowSecurity(RowSecurity::Enable),
        At::AtDisableRowSecurity => Fact::RowSecurity(RowSecurity::Disable),
        At::AtForceRowSecurity => Fact::RowSecurity(RowSecurity::Force),
        At::AtNoForceRowSecurity => Fact::RowSecurity(RowSecurity::NoForce),
        At::AtChangeOwner => Fact::Owner(role(command.newowner.as_ref()?)),
        At::AtReplicaIdentity => match command.def.as_deref()?.node.as_ref()? {
            Tree::ReplicaIdentityStmt(identity) => Fact::ReplicaIdentity(match identity.identity_type.as_str() {
                "f" => ReplicaIdentity::Full,
                "n" => ReplicaIdentity::Nothing,
                "i" => ReplicaIdentity::Index(identity.name.clone()),
                _ => ReplicaIdentity::Default,
            }),
            _ => return None,
        },
        At::AtDetachPartition => match command.def.as_deref()?.node.as_ref()? {
            Tree::PartitionCmd(partition) if partition.concurrent => Fact::Alone,
            _ => return None,
        },
        _ => return None,
    })
}

/// `OWNED BY table.column`.
fn owned_by(option: &Node) -> Option<Fact> {
    let Some(Tree::DefElem(element)) = option.node.as_ref() else { return None };
    let parts = element.arg.as_deref().map(names::object).unwrap_or_default();
    // OWNED BY NONE is one word
    let (column, table) = parts.split_last().filter(|(_, table)| !table.is_empty())?;
    Some(Fact::OwnedBy { table: names::qualified(table), column: column.clone() })
}

/// The roles that are granted, with the rights of whoever runs it.
fn granted(grant: &GrantRoleStmt) -> Vec<String> {
    let names = grant.granted_roles.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::AccessPriv(role)) => Some(role.priv_name.clone()),
        _ => None,
    });
    if grant.grantor.is_some() { Vec::new() } else { names.collect() }
}

/// Statements that the server refuses in a transaction block (`PreventInTransactionBlock`).
fn alone(node: &Tree) -> bool {
    match node {
        Tree::IndexStmt(index) => index.concurrent,
        Tree::DropStmt(drop) => drop.concurrent,
        Tree::ReindexStmt(reindex) => {
            use pg_query::protobuf::ReindexObjectType as Kind;
            let one = matches!(Kind::try_from(reindex.kind), Ok(Kind::ReindexObjectIndex | Kind::ReindexObjectTable));
            !one || names::option(&reindex.params, "concurrently") == Some(true)
        }
        Tree::VacuumStmt(vacuum) => vacuum.is_vacuumcmd,
        Tree::ClusterStmt(cluster) => cluster.relation.is_none(),
        Tree::CreatedbStmt(_) | Tree::DropdbStmt(_) | Tree::CreateTableSpaceStmt(_) | Tree::DropTableSpaceStmt(_) => true,
        Tree::AlterSystemStmt(_) => true,
        _ => false,
    }
}

fn is_temporary(node: &Tree) -> bool {
    let made = match node {
        Tree::CreateStmt(create) => create.relation.as_ref(),
        Tree::CreateTableAsStmt(create) => create.into.as_deref().and_then(|into| into.rel.as_ref()),
        Tree::CreateSeqStmt(create) => create.sequence.as_ref(),
        Tree::ViewStmt(create) => create.view.as_ref(),
        _ => None,
    };
    made.is_some_and(|made| made.relpersistence == "t")
}

fn changed_function(name: QualifiedName, options: &[Node], creates: bool) -> FunctionFact {
    let elements = || {
        options.iter().filter_map(|node| match node.node.as_ref() {
            Some(Tree::DefElem(element)) => Some(element.as_ref()),
            _ => None,
        })
    };
    let is_path = |element: &DefElem| match element.arg.as_deref().and_then(|node| node.node.as_ref()) {
        Some(Tree::VariableSetStmt(set)) => set.name.eq_ignore_ascii_case("search_path"),
        _ => false,
    };
    FunctionFact {
        name,
        definer: names::option(options, "security") == Some(true),
        sets_path: elements().any(|element| element.defname == "set" && is_path(element)),
        creates,
        replaces: false,
        arguments: None,
        volatility: functions::volatility(options).or(creates.then_some(Volatility::Volatile)),
        inlinable_body: None,
        concatenates: false,
        definition: None,
    }
}

fn role(role: &RoleSpec) -> Option<String> {
    (role.roletype == RoleSpecType::RolespecCstring as i32).then(|| role.rolename.clone())
}

fn roles(nodes: &[Node]) -> Vec<Option<String>> {
    let found = nodes.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::RoleSpec(one)) => Some(role(one)),
        _ => None,
    });
    found.collect()
}

/// The output columns of a view's query, if each has a name in the text.
fn view_columns(view: &ViewStmt) -> Option<Vec<String>> {
    let mut select = match view.query.as_deref()?.node.as_ref()? {
        Tree::SelectStmt(select) => select.as_ref(),
        _ => return None,
    };
    while select.op != SetOperation::SetopNone as i32 {
        select = select.larg.as_deref()?;
    }
    let mut columns: Vec<String> = select.target_list.iter().map(column_name).collect::<Option<_>>()?;
    let aliases = names::strings(&view.aliases);
    if columns.is_empty() || aliases.len() > columns.len() {
        return None;
    }
    columns.iter_mut().zip(aliases).for_each(|(column, alias)| *column = alias);
    Some(columns)
}

fn column_name(target: &Node) -> Option<String> {
    let Some(Tree::ResTarget(target)) = target.node.as_ref() else { return None };
    if !target.name.is_empty() {
        return Some(target.name.clone());
    }
    match target.val.as_deref()?.node.as_ref()? {
        Tree::ColumnRef(column) => names::string(column.fields.last()?),
        _ => None,
    }
}

fn inserted(insert: &InsertStmt) -> Option<Insert> {
    let target = names::target(insert.relation.as_ref()?);
    let columns = insert.cols.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::ResTarget(column)) => Some(column.name.clone()),
        _ => None,
    });
    let bulk = match insert.select_stmt.as_deref().and_then(|node| node.node.as_ref()) {
        Some(Tree::SelectStmt(select)) => select.values_lists.is_empty() && !select.from_clause.is_empty() || select.larg.is_some(),
        _ => false,
    };
    Some(Insert { target, columns: columns.collect(), bulk })
}

fn sets_sequence(select: &SelectStmt) -> bool {
    select.target_list.iter().any(|node| match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => match target.val.as_deref().and_then(|value| value.node.as_ref()) {
            Some(Tree::FuncCall(call)) => call.funcname.last().and_then(names::string).as_deref() == Some("setval"),
            _ => false,
        },
        _ => false,
    })
}
