//! `missing-object`.

mod named;

use super::{Context, Report, Rule};
use crate::catalog::{Among, Class, OnTable, Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Action, Fact, Kind, Need, QualifiedName};
use crate::quote;
use crate::script::{Found, FoundType};

/// Columns that every table has.
pub(super) const SYSTEM: [&str; 6] = ["tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"];

super::rule! {
    /// The statement names something that does not exist.
    ///
    /// **What it detects.** A table, column, constraint, index, schema, type, role, trigger, policy, function, extension, server, publication,
    /// subscription, database or tablespace that a statement needs, or a query names, and that is not there, and that no earlier statement of the same text makes.
    ///
    /// **Why.** The statement would fail now. What it does to a table or column once that is there cannot be judged; anything else that is
    /// missing is a caution.
    ///
    /// **Instead.** Check the name and the search_path; check the text together with the statements that make the object.
    ///
    /// **Does not fire when** IF EXISTS is there, an earlier statement of the same text makes the object, or may have made it (CREATE EXTENSION, dynamic SQL).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE no_such_table ADD COLUMN x int;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE IF EXISTS no_such_table ADD COLUMN x int;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    MissingObject, "missing-object", Unknown
}

impl Rule for MissingObject {
    fn check(&self, context: &Context) -> Vec<Report> {
        let unknown = |what: &str| {
            let report = context.remark(Risk::Unknown, format!("{what} does not exist")).fails();
            report.detail("What the statement would do cannot be judged.").hint("Check the name and the search_path.")
        };
        if let Some(what) = context.effects().missing().first() {
            return vec![unknown(what)];
        }
        if does_nothing(context) || context.script().has_hidden_effects() {
            return Vec::new();
        }
        let needs = context.facts().iter().filter_map(|fact| match fact {
            Fact::Need(need) => Some(need),
            _ => None,
        });
        let report = needs.map(|need| (need, missing(context, need))).find_map(|(need, missing)| {
            let what = missing?;
            Some(match need {
                Need::Columns { .. } | Need::Read { .. } | Need::Relation(_) => unknown(&what),
                _ => context.failure(None, format!("{what} does not exist")).hint("Check the name, and the order of the statements."),
            })
        });
        report.or_else(|| object(context)).or_else(|| named::missing(context).map(|what| unknown(&what))).into_iter().collect()
    }
}

/// An object that is no relation.
fn object(context: &Context) -> Option<Report> {
    let missing = context.missing_object()?;
    Some(context.failure(None, format!("{missing} does not exist")).hint("Check the name, and the order of the statements."))
}

/// Nothing is looked at where there is nothing to alter, or nothing to create.
pub(super) fn does_nothing(context: &Context) -> bool {
    let is_missing = |name: &QualifiedName| matches!(context.script().find(name), Found::Missing);
    match context.kind() {
        Kind::AlterTable(alter) => is_missing(&alter.target.name),
        Kind::Rename(rename) => is_missing(&rename.target.name),
        Kind::CreateTable(create) => create.if_not_exists && !is_missing(&create.name),
        Kind::Create(creation) => creation.if_not_exists,
        Kind::CreateIndex(create) => context.existing(&create.table.name).is_some_and(|table| context.creates_nothing(create, &table)),
        _ => false,
    }
}

/// What of a need is not there, in words.
fn missing(context: &Context, need: &Need) -> Option<String> {
    let script = context.script();
    match need {
        Need::Columns { relation, columns } => {
            if matches!(context.kind(), Kind::CreateTable(create) if create.name.name == relation.name) {
                return None;
            }
            let relation = context.existing(relation).filter(|one| has_columns(one))?;
            let column = columns.iter().find(|column| !has_column(context, &relation, column))?;
            Some(format!("column {} of relation {}", quote::ident(column), super::name_of(&relation)))
        }
        Need::Read { relation, columns } => {
            // a word may be a variable there
            if context.past().inside() {
                return None;
            }
            let relation = context.existing(relation).filter(|one| has_columns(one))?;
            let column = columns.iter().find(|column| !has_column(context, &relation, column) && is_no_function_of(context, column))?;
            Some(format!("column {} of relation {}", quote::ident(column), super::name_of(&relation)))
        }
        Need::Relation(name) => matches!(script.find(name), Found::Missing).then(|| format!("relation {name}")),
        Need::Type(name) => {
            let plain = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
            let unknown = matches!(script.find_type(name), FoundType::Missing) && matches!(script.find(&plain), Found::Missing);
            (unknown && is_nowhere(context, Class::Type, &name.name)).then(|| format!("type {plain}"))
        }
        Need::Role(name) => {
            (!script.has_made_role(name) && is_nowhere(context, Class::Role, name)).then(|| format!("role {}", quote::ident(name)))
        }
        Need::Schema(name) => {
            let known = name == "pg_temp" || script.schema_exists(name);
            (!known && is_nowhere(context, Class::Schema, name)).then(|| format!("schema {}", quote::ident(name)))
        }
        Need::Available(name) => is_not_available(context, name).then(|| format!("extension {}", quote::ident(name))),
        Need::Function(name) => {
            let known = script.has_made_function(name) || !script.functions(name, 0).is_empty();
            (!known && is_nowhere(context, Class::Function, &name.name)).then(|| format!("function {name}()"))
        }
        Need::Index { relation, name } => {
            let relation = context.existing(relation)?;
            let there = QualifiedName { schema: Some(relation.schema.clone()), name: name.clone() };
            let added = matches!(context.kind(), Kind::AlterTable(alter) if alter.actions.iter().any(|one| matches!(one, Action::AddConstraint(_))));
            let known = added
                || !matches!(script.find(&there), Found::Missing)
                || relation.constraints.iter().any(|one| one.name == *name)
                || relation.indexes.iter().any(|one| one.name == *name)
                // one that the server has named
                || context.mentioned_before(&["index on ", "concurrently on "]);
            (!known).then(|| format!("index {} of {}", quote::ident(name), super::name_of(&relation)))
        }
        Need::Trigger { relation, name } => hung(context, OnTable::Trigger, "trigger", relation, name),
        Need::Policy { relation, name } => hung(context, OnTable::Policy, "policy", relation, name),
        Need::Rule { relation, name } => hung(context, OnTable::Rule, "rule", relation, name),
    }
}

fn has_columns(relation: &Relation) -> bool {
    !matches!(relation.kind, RelationKind::Index | RelationKind::PartitionedIndex | RelationKind::Sequence)
}

/// A column, one that the statement adds, or a word that means the row.
fn has_column(context: &Context, relation: &Relation, name: &str) -> bool {
    let adds = |action: &Action| matches!(action, Action::AddColumn { column, .. } if column.name == name);
    relation.columns.iter().any(|column| column.name == name)
        || SYSTEM.contains(&name)
        || relation.name == name
        || matches!(context.kind(), Kind::AlterTable(alter) if alter.actions.iter().any(adds))
}

/// Whether no function could be meant that takes the row: `t.f` stands for `f(t)`.
fn is_no_function_of(context: &Context, name: &str) -> bool {
    let name = QualifiedName { schema: None, name: name.to_owned() };
    !context.script().has_made_function(&name) && context.script().functions(&name, 1).is_empty()
}

fn hung(context: &Context, kind: OnTable, word: &str, relation: &QualifiedName, name: &str) -> Option<String> {
    let relation = context.existing(relation)?;
    let missing = context.script().has_on_table(kind, relation.oid, name) == Some(false);
    missing.then(|| format!("{word} {} of {}", quote::ident(name), super::name_of(&relation)))
}

/// Whether no schema of the database has it.
fn is_nowhere(context: &Context, class: Class, name: &str) -> bool {
    context.script().catalog().objects(class, name, Among::All).is_some_and(|found| found.is_empty())
}

/// Whether the server has no such extension to be created.
fn is_not_available(context: &Context, name: &str) -> bool {
    let name = quote::literal(name);
    let query = format!("SELECT 1 FROM pg_catalog.pg_available_extensions WHERE name OPERATOR(pg_catalog.=) {name} LIMIT 1");
    context.script().catalog().query(&query).is_some_and(|found| found.rows.is_empty())
}
