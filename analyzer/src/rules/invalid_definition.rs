//! `invalid-definition`.

use std::collections::HashSet;

use super::{Context, Report, Rule, Turn, missing_object};
use crate::catalog::{ConstraintKind, Oid, Relation, RelationKind};
use crate::ir::{Action, AlterTable, ColumnDef, ConstraintDef, Fact, Kind, QualifiedName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// The statement would fail, because the server takes no such definition.
    ///
    /// **What it detects.** A subquery in a CHECK, a DEFAULT, a generated column, an index or USING; an index, primary key or unique constraint on a
    /// column whose type has no operator class for the access method by itself (json or point for a btree, text for gin); a constraint USING INDEX that is
    /// not unique, not valid, partial, over an expression, or another constraint's; SET UNLOGGED of a table that a publication names, or that a logged one
    /// references, SET LOGGED of one that references an unlogged one; and `ALTER SEQUENCE ... OWNED BY` a table of another owner or schema.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** Name an operator class or another access method; put what a subquery would look up into a trigger or a foreign key; take the table out
    /// of the publication first.
    ///
    /// **Does not fire when** nothing of that kind is there, the text changes it before, or it cannot be told.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT known CHECK (age < (SELECT 150)) NOT VALID;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT known CHECK (age < 150) NOT VALID;
    /// ```
    InvalidDefinition, "invalid-definition", Caution
}

/// The server refuses longer keys and wider tables (INDEX_MAX_KEYS, MaxHeapAttributeNumber).
const MAX_KEYS: usize = 32;
const MAX_COLUMNS: usize = 1600;

impl Rule for InvalidDefinition {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if missing_object::does_nothing(context) || !context.effects().missing().is_empty() {
            return Vec::new();
        }
        let found = subquery(context).or_else(|| match context.kind() {
            Kind::CreateIndex(create) if create.plain => {
                let table = context.existing(&create.table.name)?;
                let mut columns = create.columns.iter().flatten().take(MAX_KEYS);
                let refused = columns.find_map(|name| without_class(context, type_of(&table, name)?, name, &create.method));
                refused.map(|why| context.failure(Some(&table), why).hint("Name an operator class, or another access method."))
            }
            Kind::CreateTable(create) => {
                let keys: HashSet<&String> = create.constraints.iter().filter(|one| is_key(one)).flat_map(|one| &one.columns).collect();
                let mut columns = create.columns.iter().filter(|column| keys.contains(&column.name)).take(MAX_COLUMNS);
                columns.find_map(|column| in_a_key(context, column))
            }
            Kind::AlterTable(alter) => {
                let table = context.existing(&alter.target.name)?;
                let mut actions = alter.actions.iter().take_while(|_| !context.interrupted());
                actions.find_map(|action| refused(context, alter, &table, action)).map(|(why, hint)| {
                    let report = context.failure(Some(&table), why);
                    report.hint(hint)
                })
            }
            Kind::Locks(locks) => {
                let sequence = context.existing(&locks.first()?.target.name).filter(|one| one.kind == RelationKind::Sequence)?;
                let why = owned_by_another(context, &sequence)?;
                Some(context.failure(Some(&sequence), why).hint("Give both to one owner, in one schema, first."))
            }
            _ => None,
        });
        found.into_iter().collect()
    }
}

fn subquery(context: &Context) -> Option<Report> {
    let place = context.facts().iter().find_map(|fact| match fact {
        Fact::Subquery(place) => Some(*place),
        _ => None,
    })?;
    let main = context.main_relation();
    let report = context.failure(main.as_ref(), format!("{place} cannot hold a subquery"));
    Some(report.hint("Use a trigger, a foreign key, or a function that does not depend on other rows."))
}

/// An action of an `ALTER TABLE` that the server takes for no table like this: why, and what to do.
fn refused(context: &Context, alter: &AlterTable, table: &Relation, action: &Action) -> Option<(String, &'static str)> {
    const CLASS: &str = "Index an expression of a type that can be compared, or use another type (jsonb for json).";
    match action {
        Action::AddConstraint(added) if added.using_index.is_some() => {
            Some((unfit(context, table, added)?, "Build a unique index of its own for it, CONCURRENTLY, without WHERE and expressions."))
        }
        Action::AddConstraint(added) if is_key(added) => {
            let added_column = |name: &str| {
                alter.actions.iter().find_map(|action| match action {
                    Action::AddColumn { column, .. } if column.name == name => new_type(context, column),
                    _ => None,
                })
            };
            let of = |name: &str| type_of(table, name).or_else(|| added_column(name));
            added.columns.iter().take(MAX_KEYS).find_map(|name| without_class(context, of(name)?, name, "btree")).map(|why| (why, CLASS))
        }
        Action::AddColumn { column, .. } if column.constraints.iter().any(is_key) => {
            without_class(context, new_type(context, column)?, &column.name, "btree").map(|why| (why, CLASS))
        }
        Action::SetLogged { logged } if table.kind == RelationKind::Table => Some(stays(context, table, *logged)?),
        _ => None,
    }
}

fn is_key(added: &ConstraintDef) -> bool {
    matches!(added.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique) && added.using_index.is_none() && added.plain_index
}

/// A column of a new table in one of its keys.
fn in_a_key(context: &Context, column: &ColumnDef) -> Option<Report> {
    let why = without_class(context, new_type(context, column)?, &column.name, "btree")?;
    Some(context.failure(None, why).hint("Leave it out of the key, or use another type (jsonb for json)."))
}

fn type_of(table: &Relation, name: &str) -> Option<Oid> {
    table.columns.iter().find(|column| column.name == name).map(|column| column.type_oid)
}

fn new_type(context: &Context, column: &ColumnDef) -> Option<Oid> {
    match context.script().find_type(&column.type_name) {
        FoundType::Existing(found) if !crate::effects::is_serial(column) => Some(found.oid),
        _ => None,
    }
}

/// Whether a column's type has no operator class of its own for an access method.
fn without_class(context: &Context, of: Oid, column: &str, method: &str) -> Option<String> {
    // what an extension brings, or the text makes, the catalogs do not know yet
    let known = of != 0 && !context.script().has_hidden_effects() && !context.mentioned_before(&["operator class", "create extension"]);
    let lacks = known && context.script().catalog().has_operator_class(of, method) == Some(false);
    lacks.then(|| format!("the type of column {} has no default operator class for {}", quote::ident(column), quote::ident(method)))
}

/// Why an index cannot become a constraint.
fn unfit(context: &Context, table: &Relation, added: &ConstraintDef) -> Option<String> {
    let name = added.using_index.as_ref()?;
    let index = table.indexes.iter().find(|index| index.name == *name)?;
    let shown = quote::qualified(&table.schema, name);
    let owner = table.constraints.iter().find(|one| one.index == Some(index.oid));
    if let Some(owner) = owner {
        return Some(format!("index {shown} belongs to constraint {} already", quote::ident(&owner.name)));
    }
    if !index.unique {
        return Some(format!("index {shown} is not unique"));
    }
    if !index.valid && !context.mentioned_before(&["reindex"]) {
        return Some(format!("index {shown} is not valid"));
    }
    index.partial_or_expression.then(|| format!("index {shown} is partial, or has an expression"))
}

/// Why a table stays logged, or unlogged.
fn stays(context: &Context, table: &Relation, logged: bool) -> Option<(String, &'static str)> {
    let script = context.script();
    let name = super::name_of(table);
    if table.temporary || script.is_new(table.oid) || script.unlogged(table.oid) != Some(logged) {
        return None;
    }
    let other = |oid: Oid| script.get(oid).filter(|other| other.oid != table.oid && script.unlogged(other.oid) == Some(logged));
    if logged {
        let key = table.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey).find_map(|one| other(one.references?))?;
        let why = format!("{name} references {}, which is unlogged", super::name_of(&key));
        return Some((why, "Make the referenced table logged first."));
    }
    let query = format!("SELECT 1 FROM pg_catalog.pg_publication_rel WHERE prrelid OPERATOR(pg_catalog.=) {} LIMIT 1", table.oid);
    let published =
        !context.mentioned_before(&["publication"]) && script.catalog().query(&query).is_some_and(|found| !found.rows.is_empty());
    if published {
        return Some((format!("{name} is part of a publication, and cannot be unlogged"), "Take it out of the publication first."));
    }
    let key = context.keys_to(table, |_| true).into_iter().find_map(|(_, referencing)| other(referencing.oid))?;
    let why = format!("{} references {name}, and is logged", super::name_of(&key));
    Some((why, "Make the referencing table unlogged first."))
}

/// Why a sequence cannot be given to a column.
fn owned_by_another(context: &Context, sequence: &Relation) -> Option<String> {
    let table: &QualifiedName = context.facts().iter().find_map(|fact| match fact {
        Fact::OwnedBy { table, .. } => Some(table),
        _ => None,
    })?;
    let table = context.existing(table)?;
    let (name, table_name) = (super::name_of(sequence), super::name_of(&table));
    if table.schema != sequence.schema {
        return Some(format!("{name} and {table_name} are in different schemas"));
    }
    if context.script().has_hidden_effects() || context.mentioned_before(&["owner to", "reassign owned"]) {
        return None;
    }
    let owner = |oid| context.script().catalog().owner(oid);
    let (one, other) = (owner(sequence.oid)?, owner(table.oid)?);
    (one != other).then(|| format!("{name} belongs to {}, and {table_name} to {}", quote::ident(&one), quote::ident(&other)))
}
