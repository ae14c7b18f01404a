//! Particulars that are only worth a remark: what hangs on a table, storage, privileges.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    AlterPublicationAction, AlterTableCmd, AlterTableType, DropStmt, GrantStmt, GrantTargetType, Node, ObjectType, RangeVar, RoleSpecType,
    SelectStmt,
};

use super::{expr, names};
use crate::ir::{Attached, Fact, How, Privileges, QualifiedName};

/// So many tables of a query are named.
const READS: usize = 100;

pub fn single(node: &Tree) -> Option<Fact> {
    let attached = |what, how, name: &str, table: Option<&RangeVar>| {
        Some(Fact::Attached(Attached { what, how, name: name.to_owned(), table: Some(names::range_var(table?)) }))
    };
    match node {
        Tree::RuleStmt(rule) => {
            attached("rule", if rule.replace { How::Alter } else { How::Create }, &rule.rulename, rule.relation.as_ref())
        }
        Tree::AlterPolicyStmt(policy) => attached("policy", How::Alter, &policy.policy_name, policy.table.as_ref()),
        Tree::RenameStmt(rename) => match ObjectType::try_from(rename.rename_type).ok()? {
            ObjectType::ObjectTrigger => attached("trigger", How::Alter, &rename.subname, rename.relation.as_ref()),
            ObjectType::ObjectRule => attached("rule", How::Alter, &rename.subname, rename.relation.as_ref()),
            ObjectType::ObjectPolicy => attached("policy", How::Alter, &rename.subname, rename.relation.as_ref()),
            _ => None,
        },
        Tree::DropStmt(drop) => dropped(drop),
        Tree::CreateEnumStmt(create) => Some(Fact::CreatesEnum(names::qualified(&names::strings(&create.type_name)))),
        Tree::AlterEnumStmt(alter) if alter.old_val.is_empty() && alter.new_val_neighbor.is_empty() => Some(Fact::AtTheEnd),
        Tree::AlterPublicationStmt(publication) if publication.action == AlterPublicationAction::ApSetObjects as i32 => {
            // without objects it is about options
            (!publication.pubobjects.is_empty()).then(|| Fact::SetsPublication(publication.pubname.clone()))
        }
        Tree::GrantStmt(grant) => Some(Fact::Privileges(privileges(grant))),
        _ => None,
    }
}

/// What a statement has besides.
pub fn beside(node: &Tree) -> Option<Fact> {
    match node {
        Tree::CreatePolicyStmt(policy) => Some(Fact::Attached(Attached {
            what: "policy",
            how: How::Create,
            name: policy.policy_name.clone(),
            table: Some(names::range_var(policy.table.as_ref()?)),
        })),
        Tree::CreateStmt(create) => options(&create.options),
        Tree::CreateTableAsStmt(create) => {
            let into = create.into.as_deref().filter(|into| !into.skip_data)?;
            into.rel.as_ref()?;
            let Some(Tree::SelectStmt(select)) = create.query.as_deref()?.node.as_ref() else { return None };
            Some(Fact::Reads(reads(select)))
        }
        Tree::CopyStmt(copy) if !copy.filename.is_empty() => Some(Fact::ServerFile(match (copy.is_program, copy.is_from) {
            (true, _) => "pg_execute_server_program",
            (false, true) => "pg_read_server_files",
            (false, false) => "pg_write_server_files",
        })),
        Tree::SelectStmt(select) => names::into(select).map(|_| Fact::Reads(reads(select))),
        _ => None,
    }
}

/// The particulars of an action of `ALTER TABLE`.
pub fn altered(command: &AlterTableCmd) -> Option<Fact> {
    use AlterTableType as At;
    let rule = |how| Some(Fact::Attached(Attached { what: "rule", how, name: command.name.clone(), table: None }));
    let column = || command.name.clone();
    let definition = command.def.as_deref().and_then(|node| node.node.as_ref());
    match At::try_from(command.subtype).ok()? {
        At::AtEnableRule | At::AtEnableAlwaysRule | At::AtEnableReplicaRule => rule(How::Alter),
        At::AtDisableRule => rule(How::Drop),
        At::AtColumnDefault => {
            let value = command.def.as_deref().filter(|node| !expr::is_null(node))?;
            Some(Fact::NewDefault { column: column(), value: expr::summary(value) })
        }
        At::AtSetStorage => Some(Fact::Storage { column: column(), compression: false }),
        At::AtSetCompression => Some(Fact::Storage { column: column(), compression: true }),
        At::AtSetIdentity => match definition? {
            Tree::List(list) => list.items.iter().find_map(|node| match node.node.as_ref()? {
                Tree::DefElem(element) if element.defname == "generated" => {
                    let always = names::constant_text(element.arg.as_deref()?)? == i32::from(b'a').to_string();
                    always.then(|| Fact::IdentityAlways(column()))
                }
                _ => None,
            }),
            _ => None,
        },
        At::AtDropInherit => match definition? {
            Tree::RangeVar(parent) => Some(Fact::NoInherit(names::range_var(parent))),
            _ => None,
        },
        At::AtSetRelOptions => match definition? {
            Tree::List(list) => options(&list.items),
            _ => None,
        },
        _ => None,
    }
}

fn dropped(drop: &DropStmt) -> Option<Fact> {
    let what = match ObjectType::try_from(drop.remove_type).ok()? {
        ObjectType::ObjectTrigger => "trigger",
        ObjectType::ObjectRule => "rule",
        ObjectType::ObjectPolicy => "policy",
        _ => return None,
    };
    let parts = names::object(drop.objects.first()?);
    let (name, table) = parts.split_last()?;
    Some(Fact::Attached(Attached { what, how: How::Drop, name: name.clone(), table: Some(names::qualified(table)) }))
}

fn options(nodes: &[Node]) -> Option<Fact> {
    let known: Vec<_> = nodes
        .iter()
        .filter_map(|node| match node.node.as_ref()? {
            Tree::DefElem(option) => {
                let name = if option.defnamespace.is_empty() {
                    option.defname.clone()
                } else {
                    format!("{}.{}", option.defnamespace, option.defname)
                };
                let value = option.arg.as_deref().map_or(Some("true".to_owned()), names::constant_text)?;
                Some((name.to_ascii_lowercase(), value.to_ascii_lowercase()))
            }
            _ => None,
        })
        .collect();
    (!known.is_empty()).then_some(Fact::Options(known))
}

fn privileges(grant: &GrantStmt) -> Privileges {
    let on_tables = matches!(ObjectType::try_from(grant.objtype), Ok(ObjectType::ObjectTable | ObjectType::ObjectSequence));
    let named = grant.targtype == GrantTargetType::AclTargetObject as i32 && on_tables;
    let relations = grant.objects.iter().filter(|_| named).filter_map(|node| match node.node.as_ref()? {
        Tree::RangeVar(table) => Some(names::range_var(table)),
        _ => None,
    });
    let public =
        |node: &Node| matches!(node.node.as_ref(), Some(Tree::RoleSpec(role)) if role.roletype == RoleSpecType::RolespecPublic as i32);
    Privileges {
        revoke: !grant.is_grant,
        all: grant.privileges.is_empty(),
        public: grant.grantees.iter().any(public),
        relations: relations.collect(),
        others: !named,
    }
}

fn reads(select: &SelectStmt) -> Vec<QualifiedName> {
    let mut found = Vec::new();
    tables(select, &mut Vec::new(), &mut found);
    found
}

/// The tables in FROM, those of subselects and of WITH included.
fn tables(select: &SelectStmt, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    let known = with.len();
    for node in select.with_clause.iter().flat_map(|clause| &clause.ctes) {
        let Some(Tree::CommonTableExpr(cte)) = node.node.as_ref() else { continue };
        with.push(cte.ctename.clone());
        inner(cte.ctequery.as_deref(), with, out);
    }
    select.from_clause.iter().for_each(|node| from(node, with, out));
    for side in [&select.larg, &select.rarg] {
        side.iter().for_each(|side| tables(side, with, out));
    }
    with.truncate(known);
}

fn inner(query: Option<&Node>, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    if let Some(Tree::SelectStmt(select)) = query.and_then(|node| node.node.as_ref()) {
        tables(select, with, out);
    }
}

fn from(node: &Node, with: &mut Vec<String>, out: &mut Vec<QualifiedName>) {
    match node.node.as_ref() {
        Some(Tree::RangeVar(table)) => {
            let name = names::range_var(table);
            let of_with = name.schema.is_none() && with.contains(&name.name);
            if !of_with && out.len() < READS && !out.contains(&name) {
                out.push(name);
            }
        }
        Some(Tree::JoinExpr(join)) => {
            for side in [&join.larg, &join.rarg] {
                side.iter().for_each(|side| from(side, with, out));
            }
        }
        Some(Tree::RangeSubselect(subselect)) => inner(subselect.subquery.as_deref(), with, out),
        _ => {}
    }
}
