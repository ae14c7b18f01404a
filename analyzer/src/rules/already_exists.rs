//! `already-exists`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::{ConstraintKind, OnTable, Relation};
use crate::ir::{Action, AlterTable, Attached, Fact, How, Kind, New, Object, QualifiedName, Renamed};
use crate::quote;
use crate::script::FoundObject;

super::rule! {
    /// The statement would fail, because what it creates exists.
    ///
    /// **What it detects.** `CREATE` of a table, view, sequence or index, `ADD COLUMN`, `ADD CONSTRAINT` and `RENAME TO` with a name that
    /// is taken, in the schema where it would be created; a trigger or policy that the table has; a second primary key; a schema, type, domain, value of an enum,
    /// function of the same parameters, role, extension, server or publication that exists.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** See whether what is there is what is wanted; IF NOT EXISTS and IF EXISTS help where it is, but do not look.
    ///
    /// **Does not fire when** IF NOT EXISTS or OR REPLACE is there, an earlier statement drops it, what is created is temporary, or what exists
    /// is an invalid index (invalid-index-stays speaks of that).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE orders (id bigint);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS orders (id bigint);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    AlreadyExists, "already-exists", Caution
}

impl Rule for AlreadyExists {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        if context.facts().contains(&Fact::Temporary) || context.has_said("invalid-index-stays") {
            return Vec::new();
        }
        let fails = |what: String| context.failure(None, format!("{what} already exists"));
        let taken = match context.kind() {
            Kind::CreateTable(create) if !create.if_not_exists && !create.temporary => here(context, &create.name),
            Kind::CreateView { name, replace: false } => here(context, name),
            Kind::Create(creation) if !creation.if_not_exists => match &creation.new {
                New::Relation(name) => here(context, name),
                _ => None,
            },
            Kind::CreateIndex(create) if !create.if_not_exists => {
                let table = context.existing(&create.table.name);
                create.name.as_ref().zip(table).and_then(|(name, table)| at(context, &table.schema, name))
            }
            Kind::Rename(rename) => match (&rename.what, context.existing(&rename.target.name)) {
                (Renamed::Relation { to }, Some(relation)) => at(context, &relation.schema, to),
                (Renamed::Schema { to }, Some(relation)) if *to != relation.schema => at(context, to, &relation.name),
                (Renamed::Column { to, .. }, Some(relation)) => column(&relation, to),
                _ => None,
            },
            Kind::AlterTable(alter) => context.existing(&alter.target.name).and_then(|relation| {
                context.actions(alter).find_map(|action| match action {
                    _ if context.added(action).any(|added| added.kind == ConstraintKind::PrimaryKey) && has_key(&relation, alter) => {
                        Some(format!("a primary key of {}", super::name_of(&relation)))
                    }
                    Action::AddColumn { column: added, if_not_exists: false } => {
                        let again = |other: &Action| matches!(other, Action::DropColumn { name, .. } if *name == added.name);
                        column(&relation, &added.name).filter(|_| !alter.actions.iter().any(again))
                    }
                    Action::AddConstraint(added) => {
                        let name = added.name.as_ref()?;
                        let again = |other: &Action| matches!(other, Action::DropConstraint { name: dropped, .. } if dropped == name);
                        let taken = relation.constraints.iter().any(|one| one.name == *name) && !alter.actions.iter().any(again);
                        taken.then(|| format!("constraint {} of {}", quote::ident(name), super::name_of(&relation)))
                    }
                    _ => None,
                })
            }),
            Kind::Locks(_) => hung(context),
            _ => None,
        };
        let taken = taken.or_else(|| {
            let made = context.handled().filter(|one| one.how == How::Create && !one.lenient);
            let there = |object: &&Object| matches!(context.script().object_in_the_way(object), FoundObject::There(_));
            made.map(|one| &one.object).find(there).map(ToString::to_string).or_else(|| value(context))
        });
        taken.map(fails).into_iter().collect()
    }
}

/// Whether a table has a primary key that the statement leaves where it is.
fn has_key(relation: &Relation, alter: &AlterTable) -> bool {
    let dropped = |key: &str| alter.actions.iter().any(|action| matches!(action, Action::DropConstraint { name, .. } if name == key));
    relation.constraints.iter().any(|one| one.kind == ConstraintKind::PrimaryKey && !dropped(&one.name))
}

/// A trigger or policy.
fn hung(context: &Context) -> Option<String> {
    let (kind, word, table, name) = context.facts().iter().find_map(|fact| match fact {
        Fact::CreateTrigger { table, name, replace: false } => Some((OnTable::Trigger, "trigger", table, name)),
        Fact::Attached(Attached { what: "policy", how: How::Create, name, table: Some(table) }) => {
            Some((OnTable::Policy, "policy", table, name))
        }
        _ => None,
    })?;
    let table = context.existing(table)?;
    let known = context.script().has_on_table(kind, table.oid, name) == Some(true) && !context.script().has_hidden_effects();
    known.then(|| format!("{word} {} of {}", quote::ident(name), super::name_of(&table)))
}

/// A value of an enum.
fn value(context: &Context) -> Option<String> {
    let Kind::AddEnumValue { enum_type, value } = context.kind() else { return None };
    let FoundObject::There(oid) = context.script().object(&context.handled().next()?.object) else { return None };
    let value = quote::literal(value);
    let query = format!(
        "SELECT 1 FROM pg_catalog.pg_enum WHERE enumtypid OPERATOR(pg_catalog.=) {oid} AND enumlabel OPERATOR(pg_catalog.=) {value}"
    );
    let lenient = context.text().to_ascii_lowercase().contains("if not exists");
    let there = !lenient && !context.script().catalog().query(&query)?.rows.is_empty();
    there.then(|| format!("value {value} of type {enum_type}"))
}

fn column(relation: &Relation, name: &str) -> Option<String> {
    let taken = relation.columns.iter().any(|column| column.name == name) || super::missing_object::SYSTEM.contains(&name);
    taken.then(|| format!("column {} of {}", quote::ident(name), super::name_of(relation)))
}

/// What has the name already in the schema in which the statement would create it.
fn here(context: &Context, name: &QualifiedName) -> Option<String> {
    match &name.schema {
        Some(schema) => at(context, schema, &name.name),
        None => at(context, &context.script().creation_schema()?, &name.name),
    }
}

fn at(context: &Context, schema: &str, name: &str) -> Option<String> {
    let wanted = QualifiedName { schema: Some(schema.to_owned()), name: name.to_owned() };
    let found = context.existing(&wanted).filter(|found| found.schema == schema && found.name == name)?;
    Some(format!("relation {}", super::name_of(&found)))
}
