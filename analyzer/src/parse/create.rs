//! What is created: tables, columns, constraints, indexes, and what only locks a table when it is created.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{
    self, ConstrType, CreateStmt, IndexStmt, Node, PartitionSpec, PartitionStrategy, RangeVar, SortByDir, SortByNulls, TableLikeClause,
};

use super::{bound, expr, index_name, names};
use crate::catalog::{ConstraintKind, OnTable, PartitionKey};
use crate::ir::{ColumnDef, ConstraintDef, CreateIndex, CreateTable, Hung, Kind, Like, Lock, Recursion, TypeName};
use crate::lock::LockMode;
use crate::quote;

pub fn unnamed_type() -> TypeName {
    TypeName { schema: None, name: String::new(), modifiers: Vec::new(), array: false }
}

/// A statement that only locks the one table it names.
pub fn locked(relation: Option<&RangeVar>, mode: LockMode, recursion: Recursion) -> Kind {
    Kind::Locks(relation.map(|var| Lock { target: names::target(var), mode, recursion, missing_ok: false, on: None }).into_iter().collect())
}

/// The same, for a trigger, policy or rule that the statement makes there.
pub fn locked_for(relation: Option<&RangeVar>, mode: LockMode, recursion: Recursion, kind: OnTable, name: &str) -> Kind {
    let on = Some(Hung { kind, name: name.to_owned(), made: true });
    Kind::Locks(relation.map(|var| Lock { target: names::target(var), mode, recursion, missing_ok: false, on }).into_iter().collect())
}

pub fn table(statement: &CreateStmt) -> Kind {
    let target = names::optional_target(statement.relation.as_ref());
    let (mut columns, mut constraints, mut likes) = (Vec::new(), Vec::new(), Vec::new());
    for element in &statement.table_elts {
        match element.node.as_ref() {
            Some(Tree::ColumnDef(definition)) => {
                let column = column(definition);
                constraints.extend(column.constraints.iter().cloned());
                columns.push(column);
            }
            Some(Tree::Constraint(definition)) => constraints.extend(constraint(definition, None)),
            Some(Tree::TableLikeClause(clause)) => likes.extend(like(clause)),
            _ => {}
        }
    }
    let parents = statement.inh_relations.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::RangeVar(parent)) => Some(names::range_var(parent)),
        _ => None,
    });
    Kind::CreateTable(CreateTable {
        name: target.name,
        if_not_exists: statement.if_not_exists,
        temporary: statement.relation.as_ref().is_some_and(|relation| relation.relpersistence == "t"),
        references: constraints.iter().filter_map(|one| one.references.clone()).collect(),
        parents: parents.collect(),
        more_columns: !statement.inh_relations.is_empty() || statement.of_typename.is_some() || !likes.is_empty(),
        columns,
        constraints,
        likes,
        partition_by: statement.partspec.as_ref().map(partition_key),
        partition: statement.partbound.as_ref().map(bound::written),
    })
}

/// Bits of `TableLikeOption`.
const LIKE_CONSTRAINTS: u32 = 1 << 2;
const LIKE_INDEXES: u32 = 1 << 6;

fn like(clause: &TableLikeClause) -> Option<Like> {
    let has = |option| clause.options & option != 0;
    Some(Like { name: names::range_var(clause.relation.as_ref()?), constraints: has(LIKE_CONSTRAINTS), indexes: has(LIKE_INDEXES) })
}

fn partition_key(written: &PartitionSpec) -> PartitionKey {
    let strategy = match PartitionStrategy::try_from(written.strategy) {
        Ok(PartitionStrategy::List) => 'l',
        Ok(PartitionStrategy::Hash) => 'h',
        _ => 'r',
    };
    let column = |node: &Node| match node.node.as_ref() {
        Some(Tree::PartitionElem(element)) if !element.name.is_empty() => Some(element.name.clone()),
        _ => None,
    };
    PartitionKey { strategy, columns: written.part_params.iter().map(column).collect() }
}

/// A column whose type and default may have to be written down again.
pub fn written_column(definition: &protobuf::ColumnDef) -> ColumnDef {
    let mut column = column(definition);
    column.type_text = definition.type_name.as_ref().and_then(expr::type_text).unwrap_or_default();
    if let Some(clause) = definition.coll_clause.as_deref() {
        let collation: Vec<String> = names::strings(&clause.collname).iter().map(|name| quote::ident(name)).collect();
        column.type_text.push_str(&format!(" COLLATE {}", collation.join(".")));
    }
    let mut defaults = definition.constraints.iter().filter_map(|node| match node.node.as_ref() {
        Some(Tree::Constraint(one)) if one.contype == ConstrType::ConstrDefault as i32 => one.raw_expr.as_deref(),
        _ => None,
    });
    if let (Some(expression), Some(node)) = (&mut column.default, defaults.next_back()) {
        expression.text = expr::text(node);
    }
    column
}

/// A column, without the texts that only some rules need.
pub fn column(definition: &protobuf::ColumnDef) -> ColumnDef {
    let mut column = ColumnDef {
        name: definition.colname.clone(),
        type_name: definition.type_name.as_ref().map(names::type_name).unwrap_or_else(unnamed_type),
        type_text: String::new(),
        default: None,
        null_default: false,
        not_null: definition.is_not_null,
        identity: false,
        identity_always: false,
        generated: None,
        constraints: Vec::new(),
        complete: definition.storage_name.is_empty() && definition.compression.is_empty() && definition.fdwoptions.is_empty(),
    };
    for node in &definition.constraints {
        let Some(Tree::Constraint(one)) = node.node.as_ref() else { continue };
        match ConstrType::try_from(one.contype) {
            Ok(ConstrType::ConstrNotnull) => {
                column.not_null = true;
                column.complete &= one.conname.is_empty() && !one.is_no_inherit && !one.skip_validation;
            }
            Ok(ConstrType::ConstrNull) => {}
            Ok(ConstrType::ConstrDefault) => {
                column.default = one.raw_expr.as_deref().filter(|node| !expr::is_null(node)).map(expr::summary);
                column.null_default = column.default.is_none();
            }
            Ok(ConstrType::ConstrIdentity) => (column.identity, column.identity_always) = (true, one.generated_when == "a"),
            Ok(ConstrType::ConstrGenerated) => column.generated = Some(one.generated_kind != "v"),
            // The clauses NOT ENFORCED, DEFERRABLE, ... of a column arrive as constraints of their own, after the one they belong to.
            Ok(ConstrType::ConstrAttrNotEnforced) => {
                column.constraints.iter_mut().last().into_iter().for_each(|last| last.enforced = false)
            }
            _ => {
                column.complete = false;
                column.constraints.extend(constraint(one, Some(&column.name)));
            }
        }
    }
    column
}

/// A constraint of a table, or of the column it is written at.
pub fn constraint(definition: &protobuf::Constraint, at: Option<&str>) -> Option<ConstraintDef> {
    let own = || at.map(str::to_owned).into_iter().collect::<Vec<_>>();
    let keys = || if definition.keys.is_empty() { own() } else { names::strings(&definition.keys) };
    let check = definition.raw_expr.as_deref();
    let (kind, columns) = match ConstrType::try_from(definition.contype).ok()? {
        ConstrType::ConstrCheck => {
            let mut columns = Vec::new();
            check.into_iter().for_each(|node| expr::columns(node, &mut columns));
            (ConstraintKind::Check, columns)
        }
        ConstrType::ConstrForeign if definition.fk_attrs.is_empty() => (ConstraintKind::ForeignKey, own()),
        ConstrType::ConstrForeign => (ConstraintKind::ForeignKey, names::strings(&definition.fk_attrs)),
        ConstrType::ConstrPrimary => (ConstraintKind::PrimaryKey, keys()),
        ConstrType::ConstrUnique => (ConstraintKind::Unique, keys()),
        ConstrType::ConstrExclusion => (ConstraintKind::Exclusion, Vec::new()),
        ConstrType::ConstrNotnull => (ConstraintKind::NotNull, keys()),
        _ => return None,
    };
    Some(ConstraintDef {
        name: (!definition.conname.is_empty()).then(|| definition.conname.clone()),
        kind,
        columns,
        proves: if kind == ConstraintKind::Check { check.map(expr::proves_not_null).unwrap_or_default() } else { Vec::new() },
        expression: None,
        not_valid: definition.skip_validation,
        enforced: definition.is_enforced || !matches!(kind, ConstraintKind::Check | ConstraintKind::ForeignKey),
        no_inherit: definition.is_no_inherit,
        references: definition.pktable.as_ref().map(names::range_var),
        referenced_columns: names::strings(&definition.pk_attrs),
        cascades: kind == ConstraintKind::ForeignKey && definition.fk_del_action == "c",
        using_index: (!definition.indexname.is_empty()).then(|| definition.indexname.clone()),
        index_clauses: index_clauses(definition),
        including: names::strings(&definition.including),
        plain_index: !definition.without_overlaps && definition.options.iter().all(|option| storage_option(option).is_some()),
        deferral: match (definition.deferrable, definition.initdeferred) {
            (_, true) => " DEFERRABLE INITIALLY DEFERRED",
            (true, false) => " DEFERRABLE",
            (false, false) => "",
        },
    })
}

/// The clauses of a constraint that its index gets.
fn index_clauses(definition: &protobuf::Constraint) -> String {
    let mut clauses = String::new();
    let including: Vec<String> = names::strings(&definition.including).iter().map(|name| quote::ident(name)).collect();
    if !including.is_empty() {
        clauses.push_str(&format!(" INCLUDE ({})", including.join(", ")));
    }
    if definition.nulls_not_distinct {
        clauses.push_str(" NULLS NOT DISTINCT");
    }
    let options: Vec<String> = definition.options.iter().filter_map(storage_option).collect();
    if !options.is_empty() {
        clauses.push_str(&format!(" WITH ({})", options.join(", ")));
    }
    if !definition.indexspace.is_empty() {
        clauses.push_str(&format!(" TABLESPACE {}", quote::ident(&definition.indexspace)));
    }
    clauses
}

/// `name = value`, as it stands in WITH (...).
fn storage_option(node: &Node) -> Option<String> {
    let Some(Tree::DefElem(option)) = node.node.as_ref() else { return None };
    let name = quote::ident(&option.defname);
    Some(match option.arg.as_deref().and_then(|value| value.node.as_ref()) {
        None => name,
        Some(Tree::Integer(number)) => format!("{name} = {}", number.ival),
        Some(Tree::Float(number)) => format!("{name} = {}", number.fval),
        Some(Tree::Boolean(yes)) => format!("{name} = {}", yes.boolval),
        Some(Tree::String(text)) => format!("{name} = {}", quote::literal(&text.sval)),
        Some(Tree::TypeName(word)) => format!("{name} = {}", names::strings(&word.names).join(".")),
        Some(_) => return None,
    })
}

pub fn index(statement: &IndexStmt) -> Kind {
    let column = |node: &Node| match node.node.as_ref() {
        Some(Tree::IndexElem(element)) if element.expr.is_none() => Some(element.name.clone()),
        _ => None,
    };
    let plain = statement.where_clause.is_none();
    Kind::CreateIndex(CreateIndex {
        columns: statement.index_params.iter().map(column).collect::<Option<Vec<String>>>().filter(|_| plain),
        middle: index_name::middle(statement),
        keys: statement.index_params.len(),
        expressions: statement.index_params.iter().any(|node| column(node).is_none()),
        table: names::optional_target(statement.relation.as_ref()),
        name: (!statement.idxname.is_empty()).then(|| statement.idxname.clone()),
        method: if statement.access_method.is_empty() { "btree".to_owned() } else { statement.access_method.clone() },
        plain: statement.index_including_params.is_empty() && !statement.nulls_not_distinct && statement.index_params.iter().all(is_plain),
        unique: statement.unique,
        concurrently: statement.concurrent,
        if_not_exists: statement.if_not_exists,
    })
}

/// A key as it is when nothing is said of it.
fn is_plain(node: &Node) -> bool {
    let Some(Tree::IndexElem(element)) = node.node.as_ref() else { return false };
    element.collation.is_empty()
        && element.opclass.is_empty()
        && element.ordering <= SortByDir::SortbyAsc as i32
        && element.nulls_ordering <= SortByNulls::SortbyNullsDefault as i32
}

/// The tables that `CREATE` or `ALTER PUBLICATION` names; with the publication, where they are added to one.
pub fn publication_tables(objects: &[Node], added_to: Option<&str>) -> Kind {
    let on = added_to.map(|name| Hung { kind: OnTable::Publication, name: name.to_owned(), made: true });
    let locks = objects.iter().filter_map(|node| {
        let Some(Tree::PublicationObjSpec(object)) = node.node.as_ref() else { return None };
        let table = object.pubtable.as_deref()?.relation.as_ref()?;
        let (target, mode) = (names::target(table), LockMode::ShareUpdateExclusive);
        Some(Lock { target, mode, recursion: Recursion::Children, missing_ok: false, on: on.clone() })
    });
    Kind::Locks(locks.collect())
}
