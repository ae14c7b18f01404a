//! The objects that a statement creates, alters or drops and that are no relations.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{CreateFunctionStmt, DropBehavior, FunctionParameterMode, Node, ObjectType, RoleSpec, RoleSpecType, TypeName};

use super::names;
use crate::ir::{Class, Fact, Handled, How, Object, QualifiedName};

pub fn of(node: &Tree) -> Vec<Fact> {
    handled(node).into_iter().map(Fact::Handles).collect()
}

fn handled(node: &Tree) -> Vec<Handled> {
    let one = |class, name: QualifiedName, how, lenient| {
        vec![Handled { object: Object { class, name, arguments: None }, how, lenient, cascade: false, all: false }]
    };
    let plain = |class, name: &str, how, lenient| one(class, unqualified(name), how, lenient);
    let listed = |class, name: &[Node], how| one(class, names::qualified(&names::strings(name)), how, false);
    match node {
        Tree::CreateFunctionStmt(create) => vec![Handled {
            object: Object {
                class: Class::Function,
                name: names::qualified(&names::strings(&create.funcname)),
                arguments: parameters(create),
            },
            how: How::Create,
            // without the types it is not known which one is made
            lenient: create.replace || parameters(create).is_none(),
            cascade: false,
            all: false,
        }],
        Tree::AlterFunctionStmt(alter) => function(alter.func.as_ref(), How::Alter),
        Tree::CompositeTypeStmt(create) => {
            create.typevar.as_ref().map(|name| one(Class::Type, names::range_var(name), How::Create, false)).unwrap_or_default()
        }
        Tree::CreateEnumStmt(create) => listed(Class::Type, &create.type_name, How::Create),
        Tree::CreateRangeStmt(create) => listed(Class::Type, &create.type_name, How::Create),
        Tree::CreateDomainStmt(create) => listed(Class::Type, &create.domainname, How::Create),
        Tree::AlterDomainStmt(alter) => listed(Class::Type, &alter.type_name, How::Alter),
        Tree::AlterEnumStmt(alter) => listed(Class::Type, &alter.type_name, How::Alter),
        Tree::CreateSchemaStmt(create) => {
            let name = if create.schemaname.is_empty() { create.authrole.as_ref().and_then(role) } else { Some(create.schemaname.clone()) };
            name.map(|name| plain(Class::Schema, &name, How::Create, create.if_not_exists)).unwrap_or_default()
        }
        Tree::CreateRoleStmt(create) => plain(Class::Role, &create.role, How::Create, false),
        Tree::AlterRoleStmt(alter) => roles(alter.role.iter(), How::Alter, false),
        Tree::AlterRoleSetStmt(alter) => roles(alter.role.iter(), How::Alter, false),
        Tree::DropRoleStmt(drop) => {
            let specs = drop.roles.iter().filter_map(|node| match node.node.as_ref() {
                Some(Tree::RoleSpec(role)) => Some(role),
                _ => None,
            });
            roles(specs, How::Drop, drop.missing_ok)
        }
        Tree::CreateExtensionStmt(create) => plain(Class::Extension, &create.extname, How::Create, create.if_not_exists),
        Tree::AlterExtensionStmt(alter) => plain(Class::Extension, &alter.extname, How::Alter, false),
        Tree::CreateForeignServerStmt(create) => plain(Class::Server, &create.servername, How::Create, create.if_not_exists),
        Tree::AlterForeignServerStmt(alter) => plain(Class::Server, &alter.servername, How::Alter, false),
        Tree::CreatePublicationStmt(create) => {
            let mut all = plain(Class::Publication, &create.pubname, How::Create, false);
            all.iter_mut().for_each(|one| one.all = create.for_all_tables);
            all
        }
        Tree::AlterPublicationStmt(alter) => plain(Class::Publication, &alter.pubname, How::Alter, false),
        Tree::AlterSubscriptionStmt(alter) => plain(Class::Subscription, &alter.subname, How::Alter, false),
        Tree::DropSubscriptionStmt(drop) => plain(Class::Subscription, &drop.subname, How::Drop, drop.missing_ok),
        Tree::CreateEventTrigStmt(create) => plain(Class::EventTrigger, &create.trigname, How::Create, false),
        Tree::AlterEventTrigStmt(alter) => plain(Class::EventTrigger, &alter.trigname, How::Alter, false),
        Tree::CreatedbStmt(create) => plain(Class::Database, &create.dbname, How::Create, false),
        Tree::DropdbStmt(drop) => plain(Class::Database, &drop.dbname, How::Drop, drop.missing_ok),
        Tree::CreateTableSpaceStmt(create) => plain(Class::Tablespace, &create.tablespacename, How::Create, false),
        Tree::AlterTableSpaceOptionsStmt(alter) => plain(Class::Tablespace, &alter.tablespacename, How::Alter, false),
        Tree::DropTableSpaceStmt(drop) => plain(Class::Tablespace, &drop.tablespacename, How::Drop, drop.missing_ok),
        Tree::AlterDatabaseStmt(alter) => plain(Class::Database, &alter.dbname, How::Alter, false),
        Tree::AlterDatabaseSetStmt(alter) => plain(Class::Database, &alter.dbname, How::Alter, false),
        Tree::RenameStmt(rename) => named(rename.rename_type, rename.object.as_deref(), &rename.subname, How::Alter),
        Tree::AlterOwnerStmt(owner) => named(owner.object_type, owner.object.as_deref(), "", How::Alter),
        Tree::AlterObjectSchemaStmt(alter) => named(alter.object_type, alter.object.as_deref(), "", How::Alter),
        Tree::DropStmt(drop) => {
            let mut all: Vec<Handled> =
                drop.objects.iter().flat_map(|object| named(drop.remove_type, Some(object), "", How::Drop)).collect();
            let cascade = drop.behavior == DropBehavior::DropCascade as i32;
            all.iter_mut().for_each(|one| (one.lenient, one.cascade) = (drop.missing_ok, cascade));
            all
        }
        _ => Vec::new(),
    }
}

/// An object that is named as its kind is.
fn named(kind: i32, node: Option<&Node>, subname: &str, how: How) -> Vec<Handled> {
    use ObjectType as Is;
    let class = match ObjectType::try_from(kind) {
        Ok(Is::ObjectFunction | Is::ObjectProcedure | Is::ObjectRoutine | Is::ObjectAggregate) => {
            return match node.and_then(|node| node.node.as_ref()) {
                Some(Tree::ObjectWithArgs(object)) => function(Some(object), how),
                _ => Vec::new(),
            };
        }
        Ok(Is::ObjectType | Is::ObjectDomain) => Class::Type,
        Ok(Is::ObjectSchema) => Class::Schema,
        Ok(Is::ObjectRole) => Class::Role,
        Ok(Is::ObjectExtension) => Class::Extension,
        Ok(Is::ObjectForeignServer) => Class::Server,
        Ok(Is::ObjectPublication) => Class::Publication,
        Ok(Is::ObjectSubscription) => Class::Subscription,
        Ok(Is::ObjectEventTrigger) => Class::EventTrigger,
        Ok(Is::ObjectDatabase) => Class::Database,
        Ok(Is::ObjectTablespace) => Class::Tablespace,
        _ => return Vec::new(),
    };
    let parts = node.map(names::object).filter(|parts| !parts.is_empty());
    let name = parts.map_or_else(|| unqualified(subname), |parts| names::qualified(&parts));
    if name.name.is_empty() {
        return Vec::new();
    }
    vec![Handled { object: Object { class, name, arguments: None }, how, lenient: false, cascade: false, all: false }]
}

fn function(object: Option<&pg_query::protobuf::ObjectWithArgs>, how: How) -> Vec<Handled> {
    let handled = object.map(|object| {
        let types = object.objargs.iter().map(|node| match node.node.as_ref() {
            Some(Tree::TypeName(name)) => type_text(name),
            _ => None,
        });
        let arguments = if object.args_unspecified { None } else { types.collect::<Option<Vec<String>>>() };
        let lenient = !object.args_unspecified && arguments.is_none();
        let name = names::qualified(&names::strings(&object.objname));
        Handled { object: Object { class: Class::Function, name, arguments }, how, lenient, cascade: false, all: false }
    });
    handled.into_iter().collect()
}

/// The types of the input parameters; `None` where one is said by another's (`%TYPE`).
fn parameters(create: &CreateFunctionStmt) -> Option<Vec<String>> {
    use FunctionParameterMode as Mode;
    let inputs = create.parameters.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::FunctionParameter(one)) if !matches!(Mode::try_from(one.mode), Ok(Mode::FuncParamOut | Mode::FuncParamTable)) => {
            Some(one.arg_type.as_ref().and_then(type_text))
        }
        _ => None,
    });
    inputs.collect()
}

fn type_text(name: &TypeName) -> Option<String> {
    let written = Some(name).filter(|name| !name.pct_type).map(names::type_name)?;
    let plain = QualifiedName { schema: written.schema, name: written.name };
    Some(if written.array { format!("{plain}[]") } else { plain.to_string() })
}

fn roles<'a>(specs: impl Iterator<Item = &'a RoleSpec>, how: How, lenient: bool) -> Vec<Handled> {
    let handled = |name: String| Handled {
        object: Object { class: Class::Role, name: unqualified(&name), arguments: None },
        how,
        lenient,
        cascade: false,
        all: false,
    };
    specs.filter_map(role).map(handled).collect()
}

fn role(spec: &RoleSpec) -> Option<String> {
    (spec.roletype == RoleSpecType::RolespecCstring as i32).then(|| spec.rolename.clone())
}

fn unqualified(name: &str) -> QualifiedName {
    QualifiedName { schema: None, name: name.to_owned() }
}
