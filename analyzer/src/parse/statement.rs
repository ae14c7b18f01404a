//! From a parse node to our representation of the statement.

use std::ops::Range;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    AlterDatabaseStmt, AlterPublicationAction, AlterSeqStmt, CreateFunctionStmt, CreateStatsStmt, CreateTableAsStmt, DiscardMode, Node,
    ObjectType, ReindexObjectType, ReindexStmt, SelectStmt, VacuumStmt, VariableSetStmt,
};

use super::{alter, create, domain, drop, expr, modify, names, rename, transaction};
use crate::catalog::OnTable;
use crate::ir::{Creation, Kind, Lock, New, OpaqueRule, Recursion, Reindexed, Target};
use crate::lock::LockMode;

/// What a statement is. `span` is its place in `sql`.
pub fn kind(node: &Tree, sql: &str, span: &Range<usize>) -> Kind {
    match node {
        Tree::AlterTableStmt(statement) => alter::alter_table(statement),
        Tree::AlterDomainStmt(statement) => domain::alter(statement),
        Tree::AlterEnumStmt(statement) => rename::value(statement),
        Tree::RenameStmt(statement) => rename::rename(statement),
        Tree::AlterObjectSchemaStmt(statement) => rename::set_schema(statement),
        Tree::CreateStmt(statement) => create::table(statement),
        Tree::CreateForeignTableStmt(statement) => statement.base_stmt.as_ref().map_or(Kind::Ignored, create::table),
        Tree::IndexStmt(statement) => create::index(statement),
        Tree::DropStmt(statement) => drop::drop(statement),
        Tree::DropdbStmt(statement) => Kind::DropDatabase { name: statement.dbname.clone() },
        Tree::TruncateStmt(statement) => Kind::Truncate {
            tables: statement.relations.iter().filter_map(range_var).collect(),
            cascade: statement.behavior == pg_query::protobuf::DropBehavior::DropCascade as i32,
        },
        Tree::ReindexStmt(statement) => reindex(statement),
        Tree::ClusterStmt(statement) => Kind::Cluster { table: statement.relation.as_ref().map(names::target) },
        Tree::VacuumStmt(statement) => vacuum(statement),
        Tree::RefreshMatViewStmt(statement) => {
            Kind::Refresh { view: names::optional_target(statement.relation.as_ref()).name, concurrently: statement.concurrent }
        }
        Tree::ExplainStmt(statement) if names::option(&statement.options, "analyze") == Some(true) => {
            statement.query.as_deref().and_then(|node| node.node.as_ref()).map_or(Kind::Ignored, |inner| kind(inner, sql, span))
        }
        Tree::UpdateStmt(_) | Tree::DeleteStmt(_) | Tree::InsertStmt(_) | Tree::MergeStmt(_) | Tree::CopyStmt(_) => {
            modify::modification(node, sql, span)
        }
        Tree::SelectStmt(select) => match names::into(select) {
            Some(made) => Kind::Create(Creation {
                new: New::Relation(names::range_var(made)),
                if_not_exists: false,
                changes: modify::changes(Some(node), sql, span),
            }),
            None => set_config(select).or_else(|| calls(select)).unwrap_or_else(|| modify::modification(node, sql, span)),
        },
        Tree::CreateTableAsStmt(statement) => create_table_as(statement, sql, span),
        Tree::VariableSetStmt(statement) => set(statement),
        Tree::DiscardStmt(statement) if statement.target == DiscardMode::DiscardAll as i32 => {
            Kind::SetVariable { name: String::new(), values: Vec::new(), local: false }
        }
        Tree::TransactionStmt(statement) => transaction::kind(statement),
        _ => creations(node).or_else(|| locks(node)).or_else(|| opaque(node)).unwrap_or_else(|| quiet(node)),
    }
}

/// `CREATE TABLE AS`, `SELECT INTO`, `CREATE MATERIALIZED VIEW`.
fn create_table_as(statement: &CreateTableAsStmt, sql: &str, span: &Range<usize>) -> Kind {
    let query = statement.query.as_deref().and_then(|node| node.node.as_ref());
    if let Some(Tree::ExecuteStmt(_)) = query {
        return Kind::Opaque { reason: "the prepared statement is not at hand", rule: OpaqueRule::DynamicSql };
    }
    let Some(made) = statement.into.as_deref().and_then(|into| into.rel.as_ref()) else { return Kind::Ignored };
    Kind::Create(Creation {
        new: New::Relation(names::range_var(made)),
        if_not_exists: statement.if_not_exists,
        changes: modify::changes(query, sql, span),
    })
}

/// Statements that make something new and disturb nobody.
fn creations(node: &Tree) -> Option<Kind> {
    let mut if_not_exists = false;
    let new = match node {
        Tree::CreateSeqStmt(statement) => {
            if_not_exists = statement.if_not_exists;
            New::Relation(names::range_var(statement.sequence.as_ref()?))
        }
        Tree::CompositeTypeStmt(statement) => New::Type(names::range_var(statement.typevar.as_ref()?)),
        Tree::CreateEnumStmt(statement) => New::Type(names::qualified(&names::strings(&statement.type_name))),
        Tree::CreateRangeStmt(statement) => New::Type(names::qualified(&names::strings(&statement.type_name))),
        Tree::CreateDomainStmt(statement) => New::Domain(domain::new(statement)),
        Tree::CreateSchemaStmt(statement) if statement.schema_elts.is_empty() => {
            let role = || statement.authrole.as_ref().map(|role| role.rolename.clone()).unwrap_or_default();
            New::Schema(if statement.schemaname.is_empty() { role() } else { statement.schemaname.clone() })
        }
        Tree::CreateFunctionStmt(statement) => function(statement),
        Tree::ViewStmt(statement) => {
            return Some(Kind::CreateView { name: names::range_var(statement.view.as_ref()?), replace: statement.replace });
        }
        _ => return None,
    };
    Some(Kind::Create(Creation { new, if_not_exists, changes: Vec::new() }))
}

fn function(statement: &CreateFunctionStmt) -> New {
    New::Function(names::qualified(&names::strings(&statement.funcname)))
}

/// Statements that do nothing to a table but lock it.
fn locks(node: &Tree) -> Option<Kind> {
    use LockMode::{AccessExclusive, ShareRowExclusive, ShareUpdateExclusive};
    Some(match node {
        Tree::CreateTrigStmt(trigger) => {
            let recursion = if trigger.row { Recursion::Partitions } else { Recursion::None };
            create::locked_for(trigger.relation.as_ref(), ShareRowExclusive, recursion, OnTable::Trigger, &trigger.trigname)
        }
        Tree::RuleStmt(rule) => create::locked_for(rule.relation.as_ref(), AccessExclusive, Recursion::None, OnTable::Rule, &rule.rulename),
        Tree::CreatePolicyStmt(policy) => {
            create::locked_for(policy.table.as_ref(), AccessExclusive, Recursion::None, OnTable::Policy, &policy.policy_name)
        }
        Tree::AlterPolicyStmt(policy) => create::locked(policy.table.as_ref(), AccessExclusive, Recursion::None),
        Tree::AlterSeqStmt(sequence) => alter_sequence(sequence),
        Tree::CommentStmt(comment) => named_object(comment.objtype, comment.object.as_deref()),
        Tree::SecLabelStmt(label) => named_object(label.objtype, label.object.as_deref()),
        Tree::AlterExtensionContentsStmt(contents) => named_object(contents.objtype, contents.object.as_deref()),
        Tree::CreateStatsStmt(statistics) => create_statistics(statistics),
        Tree::CreatePublicationStmt(publication) => create::publication_tables(&publication.pubobjects, None),
        Tree::AlterPublicationStmt(publication) if publication.action != AlterPublicationAction::Undefined as i32 => {
            let adds = publication.action == AlterPublicationAction::ApAddObjects as i32;
            create::publication_tables(&publication.pubobjects, adds.then_some(publication.pubname.as_str()))
        }
        Tree::LockStmt(lock) => {
            let mode = lock_mode(lock.mode);
            let locks = lock.relations.iter().filter_map(range_var);
            Kind::Locks(locks.map(|target| Lock { target, mode, recursion: Recursion::All, missing_ok: false, on: None }).collect())
        }
        Tree::AlterOwnerStmt(owner) => match owner.relation.as_ref() {
            Some(relation) => create::locked(Some(relation), AccessExclusive, Recursion::None),
            None => Kind::Ignored,
        },
        Tree::AlterObjectDependsStmt(depends) => match ObjectType::try_from(depends.object_type) {
            Ok(ObjectType::ObjectTrigger) => create::locked(depends.relation.as_ref(), ShareUpdateExclusive, Recursion::None),
            Ok(ObjectType::ObjectMatview | ObjectType::ObjectIndex) => {
                create::locked(depends.relation.as_ref(), AccessExclusive, Recursion::None)
            }
            _ => Kind::Ignored,
        },
        _ => return None,
    })
}

/// Statements that touch no table, or are looked at by what they hold only. What is none of these is not known: that is never safe.
fn quiet(node: &Tree) -> Kind {
    match node {
        Tree::AlterCollationStmt(_)
        | Tree::AlterDatabaseRefreshCollStmt(_)
        | Tree::AlterDatabaseSetStmt(_)
        | Tree::AlterDatabaseStmt(_)
        | Tree::AlterDefaultPrivilegesStmt(_)
        | Tree::AlterEventTrigStmt(_)
        | Tree::AlterFdwStmt(_)
        | Tree::AlterForeignServerStmt(_)
        | Tree::AlterFunctionStmt(_)
        | Tree::AlterOpFamilyStmt(_)
        | Tree::AlterOperatorStmt(_)
        | Tree::AlterPublicationStmt(_)
        | Tree::AlterRoleSetStmt(_)
        | Tree::AlterRoleStmt(_)
        | Tree::AlterStatsStmt(_)
        | Tree::AlterSubscriptionStmt(_)
        | Tree::AlterSystemStmt(_)
        | Tree::AlterTableSpaceOptionsStmt(_)
        | Tree::AlterTsconfigurationStmt(_)
        | Tree::AlterTsdictionaryStmt(_)
        | Tree::AlterTypeStmt(_)
        | Tree::AlterUserMappingStmt(_)
        | Tree::CallStmt(_)
        | Tree::CheckPointStmt(_)
        | Tree::ClosePortalStmt(_)
        | Tree::ConstraintsSetStmt(_)
        | Tree::CreateAmStmt(_)
        | Tree::CreateCastStmt(_)
        | Tree::CreateConversionStmt(_)
        | Tree::CreateEventTrigStmt(_)
        | Tree::CreateExtensionStmt(_)
        | Tree::CreateFdwStmt(_)
        | Tree::CreateForeignServerStmt(_)
        | Tree::CreateOpClassStmt(_)
        | Tree::CreateOpFamilyStmt(_)
        | Tree::CreatePlangStmt(_)
        | Tree::CreateRoleStmt(_)
        | Tree::CreateSchemaStmt(_)
        | Tree::CreateSubscriptionStmt(_)
        | Tree::CreateTableSpaceStmt(_)
        | Tree::CreateTransformStmt(_)
        | Tree::CreateUserMappingStmt(_)
        | Tree::CreatedbStmt(_)
        | Tree::DeallocateStmt(_)
        | Tree::DeclareCursorStmt(_)
        | Tree::DefineStmt(_)
        | Tree::DiscardStmt(_)
        | Tree::DropRoleStmt(_)
        | Tree::DropSubscriptionStmt(_)
        | Tree::DropTableSpaceStmt(_)
        | Tree::DropUserMappingStmt(_)
        | Tree::ExplainStmt(_)
        | Tree::FetchStmt(_)
        | Tree::GrantRoleStmt(_)
        | Tree::GrantStmt(_)
        | Tree::ImportForeignSchemaStmt(_)
        | Tree::ListenStmt(_)
        | Tree::NotifyStmt(_)
        | Tree::PrepareStmt(_)
        | Tree::UnlistenStmt(_)
        | Tree::VariableShowStmt(_) => Kind::Ignored,
        _ => Kind::Opaque { reason: "what it does is not known", rule: OpaqueRule::Unbounded },
    }
}

/// Statements whose effect the text does not show.
fn opaque(node: &Tree) -> Option<Kind> {
    use OpaqueRule::{All, DynamicSql, Unbounded};
    let (reason, rule) = match node {
        Tree::DoStmt(_) => ("the code of a DO block is not analysed", DynamicSql),
        Tree::CallStmt(call) if is_ours(call) => return None,
        Tree::CallStmt(_) => ("what a procedure does is not visible in the call", DynamicSql),
        Tree::ExecuteStmt(_) => ("the prepared statement is not at hand", DynamicSql),
        Tree::LoadStmt(_) => ("a library may do anything", DynamicSql),
        Tree::AlterExtensionStmt(_) => ("the update script of the extension is not at hand", DynamicSql),
        Tree::DropOwnedStmt(_) => ("it drops whatever the role owns", Unbounded),
        Tree::ReassignOwnedStmt(_) => ("it changes whatever the role owns", Unbounded),
        Tree::AlterTableMoveAllStmt(_) => ("it moves everything in the tablespace", All),
        Tree::AlterDatabaseStmt(database) if moves(database) => ("it copies all of the database that lies in its tablespace", Unbounded),
        _ => return None,
    };
    Some(Kind::Opaque { reason, rule })
}

/// `ALTER DATABASE ... SET TABLESPACE`.
fn moves(database: &AlterDatabaseStmt) -> bool {
    database.options.iter().any(|node| matches!(node.node.as_ref(), Some(Tree::DefElem(option)) if option.defname == "tablespace"))
}

fn range_var(node: &Node) -> Option<Target> {
    match node.node.as_ref()? {
        Tree::RangeVar(var) => Some(names::target(var)),
        _ => None,
    }
}

fn lock_mode(mode: i32) -> LockMode {
    match mode {
        1 => LockMode::AccessShare,
        2 => LockMode::RowShare,
        3 => LockMode::RowExclusive,
        4 => LockMode::ShareUpdateExclusive,
        5 => LockMode::Share,
        6 => LockMode::ShareRowExclusive,
        7 => LockMode::Exclusive,
        _ => LockMode::AccessExclusive,
    }
}

fn alter_sequence(statement: &AlterSeqStmt) -> Kind {
    let lock =
        |target| Lock { target, mode: LockMode::ShareRowExclusive, recursion: Recursion::None, missing_ok: statement.missing_ok, on: None };
    Kind::Locks(statement.sequence.as_ref().map(names::target).map(lock).into_iter().collect())
}

/// Something is said of an object, or an extension gets or loses it (`get_object_address`, objectaddress.c).
fn named_object(kind: i32, object: Option<&Node>) -> Kind {
    let parts = object.map(names::object).unwrap_or_default();
    let relation = match ObjectType::try_from(kind) {
        Ok(
            ObjectType::ObjectTable
            | ObjectType::ObjectView
            | ObjectType::ObjectMatview
            | ObjectType::ObjectForeignTable
            | ObjectType::ObjectIndex,
        ) => parts.as_slice(),
        Ok(ObjectType::ObjectColumn) => parts.split_last().map_or(&[][..], |(_, table)| table),
        _ => return Kind::Ignored,
    };
    let target = Target { name: names::qualified(relation), only: false };
    Kind::Locks(vec![Lock { target, mode: LockMode::ShareUpdateExclusive, recursion: Recursion::None, missing_ok: false, on: None }])
}

fn create_statistics(statement: &CreateStatsStmt) -> Kind {
    let tables = statement.relations.iter().filter_map(range_var);
    let lock = |target| Lock { target, mode: LockMode::ShareUpdateExclusive, recursion: Recursion::None, missing_ok: false, on: None };
    Kind::Locks(tables.map(lock).collect())
}

fn reindex(statement: &ReindexStmt) -> Kind {
    let name = || names::optional_target(statement.relation.as_ref()).name;
    let what = match ReindexObjectType::try_from(statement.kind) {
        Ok(ReindexObjectType::ReindexObjectIndex) => Reindexed::Index(name()),
        Ok(ReindexObjectType::ReindexObjectTable) => Reindexed::Table(name()),
        Ok(ReindexObjectType::ReindexObjectSchema) => Reindexed::Schema(statement.name.clone()),
        _ => Reindexed::Everything,
    };
    Kind::Reindex { what, concurrently: names::option(&statement.params, "concurrently") == Some(true) }
}

fn vacuum(statement: &VacuumStmt) -> Kind {
    let tables = statement.rels.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::VacuumRelation(relation)) => relation.relation.as_ref().map(names::target),
        _ => None,
    });
    let tables: Vec<Target> = tables.collect();
    if !statement.is_vacuumcmd && tables.is_empty() {
        return Kind::AnalyzeAll;
    }
    if !statement.is_vacuumcmd {
        let lock = |target| Lock { target, mode: LockMode::ShareUpdateExclusive, recursion: Recursion::All, missing_ok: false, on: None };
        return Kind::Locks(tables.into_iter().map(lock).collect());
    }
    Kind::Vacuum { tables, full: names::option(&statement.options, "full") == Some(true) }
}

fn set(statement: &VariableSetStmt) -> Kind {
    Kind::SetVariable {
        name: statement.name.clone(),
        values: statement.args.iter().filter_map(names::constant_text).collect(),
        local: statement.is_local,
    }
}

/// `SELECT f(...), ...`, and `SELECT ... FROM f(...)`.
fn calls(select: &SelectStmt) -> Option<Kind> {
    if select.with_clause.is_some() || select.larg.is_some() || !select.locking_clause.is_empty() {
        return None;
    }
    let inside = select.from_clause.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::RangeFunction(range)) => Some(range.functions.iter()),
        _ => None,
    });
    let inside = inside.flatten().filter_map(|node| match node.node.as_ref() {
        Some(Tree::List(list)) => list.items.first(),
        _ => None,
    });
    let values = select.target_list.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => target.val.as_deref(),
        _ => None,
    });
    let calls: Vec<_> = values.chain(inside).flat_map(|value| expr::summary(value).calls).collect();
    (!calls.is_empty()).then_some(Kind::Calls(calls))
}

/// `SELECT set_config('name', 'value', local)`, with which dumps begin.
fn set_config(select: &SelectStmt) -> Option<Kind> {
    let [target] = select.target_list.as_slice() else { return None };
    let Some(Tree::ResTarget(target)) = target.node.as_ref() else { return None };
    let Some(Tree::FuncCall(call)) = target.val.as_deref()?.node.as_ref() else { return None };
    let function = names::qualified(&names::strings(&call.funcname));
    let ours = function.name == "set_config" && function.schema.is_none_or(|schema| schema == "pg_catalog");
    let constants: Option<Vec<String>> = call.args.iter().map(names::constant_text).collect();
    let [name, value, local] = <[String; 3]>::try_from(constants.filter(|_| ours && select.from_clause.is_empty())?).ok()?;
    let values = match name.eq_ignore_ascii_case("search_path") {
        true => value.split(',').map(path_element).collect(),
        false => vec![value],
    };
    Some(Kind::SetVariable { name, values, local: matches!(local.as_str(), "true" | "t") })
}

/// One name of a list that is written as text.
fn path_element(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => text.to_lowercase(),
    }
}

/// A call of one of pg_zdm's own procedures, whose short transactions lock rows and nothing else.
fn is_ours(call: &pg_query::protobuf::CallStmt) -> bool {
    let name: Vec<_> = call.funccall.iter().flat_map(|call| &call.funcname).filter_map(names::string).collect();
    matches!(name.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), ["zdm", "backfill" | "run"])
}
