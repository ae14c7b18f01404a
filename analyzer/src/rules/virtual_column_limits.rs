//! `virtual-column-limits`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::{ConstraintKind, Relation};
use crate::ir::{Action, Fact, Kind, Need};
use crate::quote;

super::rule! {
    /// The statement would fail, because a virtual generated column cannot do that.
    ///
    /// **What it detects.** An index, a key or a foreign key on a column that is `GENERATED ... VIRTUAL`; `DROP EXPRESSION` of one; `SET EXPRESSION` of one in a
    /// table with CHECK constraints; and `VALIDATE CONSTRAINT` of a constraint that is NOT ENFORCED. All of that is new in PostgreSQL 18.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** Make the column STORED; index the expression itself; make the constraint ENFORCED before it is validated.
    ///
    /// **Does not fire when** the column is stored, or no generated one.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY readings_double_idx ON readings (twice);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY readings_double_idx ON readings ((value * 2));
    /// ```
    VirtualColumnLimits, "virtual-column-limits", Caution
}

impl Rule for VirtualColumnLimits {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let report = match context.kind() {
            Kind::CreateIndex(create) => context.existing(&create.table.name).and_then(|relation| {
                let reads = context.facts().iter().filter_map(|fact| match fact {
                    Fact::Need(Need::Columns { columns, .. }) => Some(columns),
                    _ => None,
                });
                let column = reads.flatten().find(|column| is_virtual(&relation, column))?;
                let why = format!("column {} of {} is virtual, and cannot be indexed", quote::ident(column), super::name_of(&relation));
                Some(context.failure(Some(&relation), why).hint("Index its expression, or make the column STORED."))
            }),
            Kind::AlterTable(_) => context.existing_altered().and_then(|(alter, relation)| {
                let why = context.actions(alter).find_map(|action| refused(context, &relation, action))?;
                Some(context.failure(Some(&relation), why).hint("Make the column STORED, or the constraint ENFORCED, first."))
            }),
            _ => None,
        };
        report.into_iter().collect()
    }
}

fn is_virtual(relation: &Relation, name: &str) -> bool {
    relation.columns.iter().any(|column| column.name == name && column.generated.as_ref().is_some_and(|generated| !generated.stored))
}

fn refused(context: &Context, relation: &Relation, action: &Action) -> Option<String> {
    let table = super::name_of(relation);
    match action {
        Action::AddConstraint(added) if !matches!(added.kind, ConstraintKind::Check | ConstraintKind::NotNull) => {
            let column = added.columns.iter().find(|column| is_virtual(relation, column))?;
            Some(format!("column {} of {table} is virtual, and cannot be in a key", quote::ident(column)))
        }
        Action::DropExpression { column } if is_virtual(relation, column) => {
            Some(format!("column {} of {table} is virtual: its values are stored nowhere", quote::ident(column)))
        }
        Action::SetExpression { column } if is_virtual(relation, column) => {
            let check = relation.constraints.iter().find(|one| one.kind == ConstraintKind::Check)?;
            let (column, check) = (quote::ident(column), quote::ident(&check.name));
            Some(format!("the expression of a virtual column ({column}) cannot be changed while {table} has a CHECK ({check})"))
        }
        Action::ValidateConstraint { name } if context.script().major() >= 18 => {
            let known = relation.constraints.iter().find(|one| one.name == *name && !one.validated)?;
            (known.kind != ConstraintKind::NotNull && is_not_enforced(context, relation, name))
                .then(|| format!("constraint {} of {table} is NOT ENFORCED, and cannot be validated", quote::ident(name)))
        }
        _ => None,
    }
}

/// As the catalogs have it, if the text did not change that.
fn is_not_enforced(context: &Context, relation: &Relation, name: &str) -> bool {
    let query = format!(
        "SELECT 1 FROM pg_catalog.pg_constraint WHERE conrelid OPERATOR(pg_catalog.=) {} AND conname OPERATOR(pg_catalog.=) {} AND NOT conenforced",
        relation.oid,
        quote::literal(name)
    );
    !context.mentioned_before(&["enforced"]) && context.script().catalog().query(&query).is_some_and(|found| !found.rows.is_empty())
}
