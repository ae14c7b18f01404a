//! What a look at the rows tells: shared by the rules about statements that the rows make fail.

use std::rc::Rc;

use super::{Context, Report, hint};
use crate::catalog::{Answer, ConstraintKind, Question, Relation, RelationKind, Size};
use crate::effects::has_storage;
use crate::finding::Risk;
use crate::ir::{ConstraintDef, Kind};
use crate::quote;

/// Words of a text that may change rows before the statement.
const CHANGES: [&str; 7] = ["update ", "delete ", "insert ", "merge ", "copy ", "backfill", "truncate "];

/// What is seen of the rows, if it is to be asked and is true still when the statement runs.
fn look(context: &Context, relation: &Rc<Relation>, columns: &[String], below: bool, question: &Question) -> Option<Answer> {
    let before = context.script().catalog().shared(relation.oid)?;
    // what the text adds cannot be looked at
    let known = |column: &String| before.columns.iter().any(|one| one.name == *column);
    if !columns.iter().all(known) || context.mentioned_before(&CHANGES) {
        return None;
    }
    let only = matches!(context.kind(), Kind::AlterTable(alter) if alter.target.only);
    let members = if only || !below { vec![Rc::clone(relation)] } else { context.effects().members(relation) };
    if members.iter().any(|member| member.kind == RelationKind::ForeignTable) {
        return Some(Answer::Unknown("a part of it is a foreign table".to_owned()));
    }
    let stored = members.iter().filter(|member| has_storage(member) && *member.size != Size::Bytes(0));
    let relations: Vec<_> = stored.map(|member| member.oid).collect();
    context.script().catalog().look(relation.oid, &relations, question)
}

/// What there is to say of an answer. The outer `None`: rows were not looked at; the inner one: there is nothing to say.
fn said(context: &Context, relation: &Rc<Relation>, answer: Answer, found: &str, whether: &str) -> Option<Report> {
    match answer {
        Answer::NotFound => None,
        Answer::Found => {
            let report = context.report(Risk::Caution, relation, found).aside();
            Some(report.detail("The statement fails as long as such a row is left."))
        }
        Answer::Unknown(reason) => {
            let report = context.report(Risk::Caution, relation, format!("it cannot be told whether {whether}: {reason}")).aside();
            Some(report.detail("If it is so, the statement fails."))
        }
    }
}

/// `schema.table.column`
fn dotted(relation: &Relation, column: &str) -> String {
    format!("{}.{}", super::name_of(relation), quote::ident(column))
}

/// NULLs in a column.
pub(super) fn nulls(context: &Context, relation: &Rc<Relation>, column: &str) -> Option<Option<Report>> {
    let answer = look(context, relation, &[column.to_owned()], true, &Question::Null { column })?;
    let name = dotted(relation, column);
    let report = said(context, relation, answer, &format!("column {name} has NULLs: a row was found"), &format!("column {name} has NULLs"));
    Some(report.map(|report| {
        report.hint(format!("Give the rows WHERE {} IS NULL a value first, in batches with zdm.backfill.", quote::ident(column)))
    }))
}

/// The same values twice.
pub(super) fn duplicates(context: &Context, relation: &Rc<Relation>, columns: &[String]) -> Option<Option<Report>> {
    let below = relation.kind == RelationKind::PartitionedTable;
    let answer = look(context, relation, columns, below, &Question::Duplicates { columns })?;
    let (list, table) = (hint::columns(columns), super::name_of(relation));
    let report = said(
        context,
        relation,
        answer,
        &format!("{table} ({list}) has duplicates: two rows were found"),
        &format!("{table} ({list}) has duplicates"),
    );
    let filled: Vec<String> = columns.iter().map(|column| format!("{} IS NOT NULL", quote::ident(column))).collect();
    let query = format!("SELECT {list}, count(*) FROM {table} WHERE {} GROUP BY {list} HAVING count(*) > 1;", filled.join(" AND "));
    Some(report.map(|report| report.hint(format!("-- the duplicates:\n{query}"))))
}

/// A row of whatever kind.
pub(super) fn any(context: &Context, relation: &Rc<Relation>) -> Option<Answer> {
    look(context, relation, &[], true, &Question::Expression { sql: "false" })
}

/// Rows that break a CHECK, which is there by its name or is to be added.
pub(super) fn broken(context: &Context, relation: &Rc<Relation>, columns: &[String], question: &Question) -> Option<Option<Report>> {
    let answer = look(context, relation, columns, true, question)?;
    let table = super::name_of(relation);
    let what = match question {
        Question::Constraint { name } => format!("constraint {}", quote::ident(name)),
        _ => "the CHECK".to_owned(),
    };
    Some(said(
        context,
        relation,
        answer,
        &format!("{what} of {table} is broken: a row was found"),
        &format!("rows of {table} break {what}"),
    ))
}

/// Rows of a foreign key to be added whose other side is missing.
pub(super) fn new_orphans(context: &Context, relation: &Rc<Relation>, key: &ConstraintDef) -> Option<Option<Report>> {
    let referenced = context.existing(key.references.as_ref()?)?;
    let primary = || {
        let key = referenced.constraints.iter().find(|one| one.kind == ConstraintKind::PrimaryKey);
        key.map(|key| key.columns.clone()).unwrap_or_default()
    };
    let columns = if key.referenced_columns.is_empty() { primary() } else { key.referenced_columns.clone() };
    orphans(context, relation, &key.columns, &referenced, &columns)
}

/// Rows of a foreign key whose other side is missing.
pub(super) fn orphans(
    context: &Context,
    relation: &Rc<Relation>,
    columns: &[String],
    referenced: &Relation,
    referenced_columns: &[String],
) -> Option<Option<Report>> {
    if columns.is_empty() || columns.len() != referenced_columns.len() {
        return None;
    }
    let below = relation.kind == RelationKind::PartitionedTable;
    let question = Question::Orphans { columns, referenced: referenced.oid, referenced_columns };
    let answer = look(context, relation, columns, below, &question)?;
    let (list, table) = (hint::columns(columns), super::name_of(relation));
    let other = format!("{} ({})", super::name_of(referenced), hint::columns(referenced_columns));
    Some(said(
        context,
        relation,
        answer,
        &format!("{table} ({list}) is not all in {other}: a row was found"),
        &format!("{table} ({list}) is all in {other}"),
    ))
}
