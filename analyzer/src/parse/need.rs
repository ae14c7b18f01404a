//! What a statement needs to be there: columns, types, roles, and what else it names beyond the relations that it locks.

mod query;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    self, AlterTableCmd, AlterTableStmt, AlterTableType, ConstrType, Constraint, CreateStmt, DropStmt, GrantStmt, GrantTargetType,
    IndexStmt, Node, ObjectType, RangeVar, RoleSpec, RoleSpecType,
};

use super::{expr, names};
use crate::ir::{Fact, Need, QualifiedName};

/// The needs of a statement, and the role that it makes.
pub fn of(node: &Tree) -> Vec<Fact> {
    let mut needs = Vec::new();
    match node {
        Tree::AlterTableStmt(alter) => altered(alter, &mut needs),
        Tree::CreateStmt(create) => created(create, &mut needs),
        Tree::CreateForeignTableStmt(create) => create.base_stmt.iter().for_each(|base| created(base, &mut needs)),
        Tree::IndexStmt(index) => indexed(index, &mut needs),
        Tree::ViewStmt(view) => {
            made_in(view.view.as_ref(), &mut needs);
            query::read(view.query.as_deref(), &mut needs);
        }
        Tree::CreateSeqStmt(create) => made_in(create.sequence.as_ref(), &mut needs),
        Tree::CreateTableAsStmt(create) => {
            made_in(create.into.as_deref().and_then(|into| into.rel.as_ref()), &mut needs);
            // elsewhere a word may be a variable
            if create.objtype == ObjectType::ObjectMatview as i32 {
                query::read(create.query.as_deref(), &mut needs);
            }
        }
        Tree::AlterObjectSchemaStmt(alter) => needs.push(Need::Schema(alter.newschema.clone())),
        Tree::CreateSchemaStmt(create) => needs.extend(role(create.authrole.as_ref())),
        Tree::AlterOwnerStmt(alter) => needs.extend(role(alter.newowner.as_ref())),
        Tree::GrantStmt(grant) => granted(grant, &mut needs),
        Tree::GrantRoleStmt(grant) => {
            needs.extend(grant.granted_roles.iter().filter_map(|node| match node.node.as_ref() {
                Some(Tree::AccessPriv(role)) => Some(Need::Role(role.priv_name.clone())),
                _ => None,
            }));
            needs.extend(roles(&grant.grantee_roles));
        }
        Tree::DropOwnedStmt(owned) => needs.extend(roles(&owned.roles)),
        Tree::ReassignOwnedStmt(owned) => {
            needs.extend(roles(&owned.roles));
            needs.extend(role(owned.newrole.as_ref()));
        }
        Tree::SelectStmt(select) => query::joined(select, &mut needs),
        Tree::CreatePolicyStmt(policy) => needs.extend(roles(&policy.roles)),
        Tree::AlterPolicyStmt(policy) => {
            needs.extend(roles(&policy.roles));
            needs.extend(
                policy.table.as_ref().map(|table| Need::Policy { relation: names::range_var(table), name: policy.policy_name.clone() }),
            );
        }
        Tree::CreateTrigStmt(trigger) => {
            needs.push(Need::Function(names::qualified(&names::strings(&trigger.funcname))));
            columns(trigger.relation.as_ref(), names::strings(&trigger.columns), &mut needs);
        }
        Tree::ClusterStmt(cluster) if !cluster.indexname.is_empty() => {
            needs.extend(
                cluster.relation.as_ref().map(|table| Need::Index { relation: names::range_var(table), name: cluster.indexname.clone() }),
            );
        }
        Tree::CommentStmt(comment) if comment.objtype == ObjectType::ObjectColumn as i32 => {
            let parts = comment.object.as_deref().map(names::object).unwrap_or_default();
            if let Some((column, relation)) = parts.split_last() {
                needs.push(Need::Columns { relation: names::qualified(relation), columns: vec![column.clone()] });
            }
        }
        Tree::DropStmt(drop) if !drop.missing_ok => dropped(drop, &mut needs),
        Tree::CreateExtensionStmt(create) => needs.push(Need::Available(create.extname.clone())),
        Tree::VariableSetStmt(set) if ["role", "session_authorization"].contains(&set.name.as_str()) => {
            let role = set.args.first().and_then(names::constant_text);
            needs.extend(role.filter(|role| role != "none").map(Need::Role));
        }
        Tree::InsertStmt(insert) => columns(insert.relation.as_ref(), targets(&insert.cols), &mut needs),
        Tree::UpdateStmt(update) => columns(update.relation.as_ref(), targets(&update.target_list), &mut needs),
        Tree::CreateRoleStmt(create) => return vec![Fact::MakesRole(create.role.clone())],
        Tree::RenameStmt(rename) if rename.rename_type == ObjectType::ObjectRole as i32 => {
            return vec![Fact::MakesRole(rename.newname.clone())];
        }
        _ => {}
    }
    needs.into_iter().map(Fact::Need).collect()
}

fn altered(statement: &AlterTableStmt, needs: &mut Vec<Need>) {
    if statement.objtype == ObjectType::ObjectType as i32 {
        return;
    }
    let commands = statement.cmds.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::AlterTableCmd(command)) => Some(command),
        _ => None,
    });
    for command in commands {
        action(statement.relation.as_ref(), command, needs);
    }
}

fn action(table: Option<&RangeVar>, command: &AlterTableCmd, needs: &mut Vec<Need>) {
    use AlterTableType as At;
    let definition = command.def.as_deref().and_then(|node| node.node.as_ref());
    let name = command.name.clone();
    let relation = || table.map(names::range_var);
    match At::try_from(command.subtype) {
        Ok(At::AtAddConstraint) => {
            if let Some(Tree::Constraint(constraint)) = definition {
                constrained(table, constraint, needs);
            }
        }
        Ok(At::AtAddColumn) => {
            if let Some(Tree::ColumnDef(column)) = definition {
                typed(column, needs);
                column_constraints(table, column, needs);
            }
        }
        Ok(At::AtAlterColumnType) => {
            if let Some(Tree::ColumnDef(column)) = definition {
                typed(column, needs);
                expression(table, column.raw_default.as_deref(), needs);
            }
        }
        Ok(At::AtSetExpression) => expression(table, command.def.as_deref(), needs),
        // a column of an index has no name but a number
        Ok(At::AtSetStatistics | At::AtSetOptions | At::AtResetOptions | At::AtSetStorage | At::AtSetCompression) if !name.is_empty() => {
            columns(table, vec![name], needs);
        }
        Ok(At::AtChangeOwner) => needs.extend(role(command.newowner.as_ref())),
        Ok(At::AtClusterOn) => needs.extend(relation().map(|relation| Need::Index { relation, name })),
        Ok(At::AtReplicaIdentity) => {
            if let (Some(Tree::ReplicaIdentityStmt(identity)), Some(relation)) = (definition, relation()) {
                let name = identity.name.clone();
                needs.extend((!name.is_empty()).then_some(Need::Index { relation, name }));
            }
        }
        Ok(At::AtEnableTrig | At::AtEnableAlwaysTrig | At::AtEnableReplicaTrig | At::AtDisableTrig) => {
            needs.extend(relation().map(|relation| Need::Trigger { relation, name }));
        }
        _ => {}
    }
}

fn created(statement: &CreateStmt, needs: &mut Vec<Need>) {
    made_in(statement.relation.as_ref(), needs);
    for element in &statement.table_elts {
        match element.node.as_ref() {
            Some(Tree::ColumnDef(column)) => {
                typed(column, needs);
                column_constraints(None, column, needs);
            }
            Some(Tree::Constraint(constraint)) => constrained(None, constraint, needs),
            _ => {}
        }
    }
}

fn column_constraints(table: Option<&RangeVar>, column: &protobuf::ColumnDef, needs: &mut Vec<Need>) {
    for node in &column.constraints {
        if let Some(Tree::Constraint(constraint)) = node.node.as_ref() {
            constrained(table, constraint, needs);
        }
    }
}

/// The columns of a constraint; those of its table only if that exists already.
fn constrained(table: Option<&RangeVar>, constraint: &Constraint, needs: &mut Vec<Need>) {
    let own = match ConstrType::try_from(constraint.contype) {
        Ok(ConstrType::ConstrForeign) => &constraint.fk_attrs,
        _ => &constraint.keys,
    };
    columns(table, names::strings(own), needs);
    columns(table, names::strings(&constraint.including), needs);
    columns(constraint.pktable.as_ref(), names::strings(&constraint.pk_attrs), needs);
    if matches!(ConstrType::try_from(constraint.contype), Ok(ConstrType::ConstrCheck | ConstrType::ConstrGenerated)) {
        expression(table, constraint.raw_expr.as_deref(), needs);
    }
    for exclusion in &constraint.exclusions {
        if let Some(Tree::List(pair)) = exclusion.node.as_ref() {
            pair.items.iter().for_each(|item| key(table, item, needs));
        }
    }
    expression(table, constraint.where_clause.as_deref(), needs);
}

fn indexed(statement: &IndexStmt, needs: &mut Vec<Need>) {
    let table = statement.relation.as_ref();
    statement.index_params.iter().chain(&statement.index_including_params).for_each(|item| key(table, item, needs));
    expression(table, statement.where_clause.as_deref(), needs);
}

/// A key of an index: a column or an expression.
fn key(table: Option<&RangeVar>, node: &Node, needs: &mut Vec<Need>) {
    let Some(Tree::IndexElem(element)) = node.node.as_ref() else { return };
    match element.expr.as_deref() {
        Some(value) => expression(table, Some(value), needs),
        None => columns(table, vec![element.name.clone()], needs),
    }
}

fn expression(table: Option<&RangeVar>, node: Option<&Node>, needs: &mut Vec<Need>) {
    let mut read = Vec::new();
    node.into_iter().for_each(|node| expr::columns(node, &mut read));
    columns(table, read, needs);
}

fn columns(table: Option<&RangeVar>, columns: Vec<String>, needs: &mut Vec<Need>) {
    if let Some(table) = table.filter(|_| !columns.is_empty()) {
        needs.push(Need::Columns { relation: names::range_var(table), columns });
    }
}

/// The type of a column, if the text says its name. (`serial` is no type.)
fn typed(column: &protobuf::ColumnDef, needs: &mut Vec<Need>) {
    let Some(written) = column.type_name.as_ref().filter(|name| !name.pct_type) else { return };
    let name = names::type_name(written);
    let serial = ["serial", "bigserial", "smallserial", "serial2", "serial4", "serial8"].contains(&name.name.as_str());
    needs.extend((!(serial && name.schema.is_none())).then_some(Need::Type(name)));
}

fn made_in(relation: Option<&RangeVar>, needs: &mut Vec<Need>) {
    needs.extend(relation.filter(|relation| !relation.schemaname.is_empty()).map(|relation| Need::Schema(relation.schemaname.clone())));
}

fn granted(statement: &GrantStmt, needs: &mut Vec<Need>) {
    needs.extend(roles(&statement.grantees));
    let relations = [ObjectType::ObjectTable as i32, ObjectType::ObjectSequence as i32].contains(&statement.objtype);
    if relations && statement.targtype == GrantTargetType::AclTargetObject as i32 {
        needs.extend(statement.objects.iter().filter_map(|node| match node.node.as_ref() {
            Some(Tree::RangeVar(relation)) => Some(Need::Relation(names::range_var(relation))),
            _ => None,
        }));
    }
}

/// What hangs on a table: (schema,) table, name.
fn dropped(statement: &DropStmt, needs: &mut Vec<Need>) {
    let named = statement.objects.iter().filter_map(|node| {
        let parts = names::object(node);
        let (name, table) = parts.split_last()?;
        let (name, relation): (String, QualifiedName) = (name.clone(), names::qualified(table));
        match ObjectType::try_from(statement.remove_type).ok()? {
            ObjectType::ObjectTrigger => Some(Need::Trigger { relation, name }),
            ObjectType::ObjectPolicy => Some(Need::Policy { relation, name }),
            ObjectType::ObjectRule => Some(Need::Rule { relation, name }),
            _ => None,
        }
    });
    needs.extend(named);
}

/// The columns that an INSERT or UPDATE sets.
fn targets(nodes: &[Node]) -> Vec<String> {
    let target = |node: &Node| match node.node.as_ref() {
        Some(Tree::ResTarget(target)) => Some(target.name.clone()),
        _ => None,
    };
    nodes.iter().filter_map(target).collect()
}

fn role(role: Option<&RoleSpec>) -> Option<Need> {
    let role = role.filter(|role| role.roletype == RoleSpecType::RolespecCstring as i32)?;
    Some(Need::Role(role.rolename.clone()))
}

fn roles(nodes: &[Node]) -> impl Iterator<Item = Need> {
    nodes.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::RoleSpec(one)) => role(Some(one)),
        _ => None,
    })
}
