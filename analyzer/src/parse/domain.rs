//! `CREATE DOMAIN` and `ALTER DOMAIN`: their constraints and defaults.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AlterDomainStmt, ConstrType, Constraint, CreateDomainStmt, Node};

use super::{create, expr, names};
use crate::ir::{AlterDomain, DomainChange, DomainConstraint, Kind, NewDomain};

pub fn new(statement: &CreateDomainStmt) -> NewDomain {
    let constraints = || statement.constraints.iter().filter_map(constraint);
    let default = constraints().rfind(|one| one.contype == ConstrType::ConstrDefault as i32);
    NewDomain {
        name: names::qualified(&names::strings(&statement.domainname)),
        base: statement.type_name.as_ref().map(names::type_name).unwrap_or_else(create::unnamed_type),
        constrained: constraints()
            .any(|one| matches!(ConstrType::try_from(one.contype), Ok(ConstrType::ConstrCheck | ConstrType::ConstrNotnull))),
        default: default.map(|one| written(one.raw_expr.as_deref())),
    }
}

/// Adding or validating a constraint reads the tables that use the domain.
pub fn alter(statement: &AlterDomainStmt) -> Kind {
    let definition = statement.def.as_deref();
    let checks_users = match statement.subtype.as_str() {
        "O" | "V" => true,
        "C" => !definition.and_then(constraint).is_some_and(|one| one.skip_validation),
        _ => false,
    };
    let change = match statement.subtype.as_str() {
        "O" => DomainChange::Added(DomainConstraint::NotNull),
        "N" => DomainChange::Dropped(DomainConstraint::NotNull),
        "C" => DomainChange::Added(match definition.and_then(constraint) {
            Some(one) if one.contype != ConstrType::ConstrNotnull as i32 => DomainConstraint::Check(one.conname.clone()),
            _ => DomainConstraint::NotNull,
        }),
        "X" => DomainChange::Dropped(DomainConstraint::Check(statement.name.clone())),
        "T" => DomainChange::Default(written(definition)),
        _ => DomainChange::Other,
    };
    Kind::AlterDomain(AlterDomain { name: names::qualified(&names::strings(&statement.type_name)), checks_users, change })
}

/// A default as SQL; `None` for NULL, which is none.
fn written(expression: Option<&Node>) -> Option<String> {
    let expression = expression.filter(|node| !expr::is_null(node))?;
    Some(expr::text(expression).unwrap_or_default())
}

fn constraint(node: &Node) -> Option<&Constraint> {
    match node.node.as_ref()? {
        Tree::Constraint(constraint) => Some(constraint),
        _ => None,
    }
}
