//! `drop-column`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{ConstraintKind, Relation};
use crate::finding::Risk;
use crate::ir::{Action, Kind, QualifiedName, TypeName};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// Dropping a column destroys its data and breaks programs that still name it.
    ///
    /// **What it detects.** `DROP COLUMN` on a table that others see, and `ALTER TYPE ... DROP ATTRIBUTE` of a composite type: the attribute is lost in
    /// every column of the type, and with CASCADE as a column of the tables OF the type.
    ///
    /// **Why.** The lock is held only briefly, but the column cannot be brought back, its indexes and constraints go with it, and an
    /// application that runs the old code fails at once.
    ///
    /// **Instead.** Deploy code that no longer names the column, wait until no old code runs, and drop it then.
    ///
    /// **Does not fire when** the table is new or temporary, or the column does not exist (IF EXISTS). On an empty table it is a caution
    /// only.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users DROP COLUMN age;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ALTER COLUMN age DROP NOT NULL;
    /// ```
    ///
    /// **Known from** squawk (`ban-drop-column`), strong_migrations, online_migrations, Atlas (`DS103`).
    DropColumn, "drop-column", Danger
}

impl Rule for DropColumn {
    fn check(&self, context: &Context) -> Vec<Report> {
        if let Kind::AlterComposite { name, actions, .. } = context.kind() {
            return actions.iter().take_while(|_| !context.interrupted()).filter_map(|action| attribute(context, name, action)).collect();
        }
        let Some((alter, relation)) = context.alter() else { return Vec::new() };
        let dropped = context.actions(alter).filter_map(|action| match action {
            Action::DropColumn { name, .. } if relation.columns.iter().any(|column| column.name == *name) => Some(name),
            _ => None,
        });
        let reports = dropped.map(|name| {
            let message = format!("drops column {} of {}", quote::ident(name), super::name_of(&relation));
            let report = context.report(Risk::Danger, &relation, message).about_names().softened(context.is_empty(&relation));
            let (others, along) = (context.others(&relation), along(&relation, name));
            report
                .detail(format!("Its data is lost, and statements that name it fail.{along}{others}"))
                .hint("Make sure that no running code names the column, and keep a copy of its data if it could be needed again.")
        });
        reports.collect()
    }
}

/// An attribute of a composite type goes, and with it what the columns of the type hold in it.
fn attribute(context: &Context, composite: &QualifiedName, action: &Action) -> Option<Report> {
    let Action::DropColumn { name, .. } = action else { return None };
    let script = context.script();
    let named = TypeName { schema: composite.schema.clone(), name: composite.name.clone(), modifiers: Vec::new(), array: false };
    let users = match script.find_type(&named) {
        FoundType::Existing(found) => script.catalog().relations_using_type(found.oid),
        FoundType::New { .. } => return None,
        FoundType::Missing => None,
    };
    let message = format!("drops attribute {} of type {composite}", quote::ident(name));
    let known = users.is_some();
    let users: Vec<Rc<Relation>> = users.unwrap_or_default().into_iter().filter_map(|oid| script.get(oid)).collect();
    let holding: Vec<String> = users.iter().filter(|user| !context.is_empty(user)).map(|user| super::name_of(user)).collect();
    let (risk, lost) = match holding.as_slice() {
        [] if known => (Risk::Caution, String::new()),
        [] => (Risk::Danger, "It is lost in every value of the type. ".to_owned()),
        tables => (Risk::Danger, format!("It is lost in every value of the type, which are in {}. ", tables.join(", "))),
    };
    let report = context.remark(risk, message).detail(format!("{lost}Statements that name it fail."));
    Some(report.hint("Make sure that no running code names the attribute, and keep a copy of its data if it could be needed again."))
}

/// A sentence on the constraints and indexes that go with a column, with a blank before it; empty when there are none.
fn along(relation: &Relation, column: &str) -> String {
    let own = |columns: &[String]| columns.iter().any(|one| one == column);
    let constraints = relation.constraints.iter().filter(|one| one.kind != ConstraintKind::NotNull && own(&one.columns));
    let named = |index: &str| relation.constraints.iter().any(|one| one.name == index);
    let indexes = relation.indexes.iter().filter(|one| (own(&one.columns) || own(&one.expression_columns)) && !named(&one.name));
    let constraints = constraints.map(|one| format!("constraint {}", quote::ident(&one.name)));
    let all: Vec<String> = constraints.chain(indexes.map(|one| format!("index {}", quote::ident(&one.name)))).collect();
    if all.is_empty() { String::new() } else { format!(" With it go {}.", all.join(", ")) }
}
