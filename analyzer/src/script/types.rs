//! What a type's name means, and what the text did to domains.

use super::Script;
use super::names::same_name;
use crate::catalog::{Domain, Oid, Type};
use crate::ir::{ColumnDef, DomainConstraint, Expr, QualifiedName, TypeName};
use crate::parse;

/// What a type's name means.
#[derive(Debug, Clone)]
pub enum FoundType {
    Existing(Type),
    /// Made by an earlier statement: whether it is a domain, or one with constraints, and the domain's default.
    New {
        domain: bool,
        constrained: bool,
        default: Option<String>,
    },
    Missing,
}

impl Script<'_> {
    pub fn find_type(&self, name: &TypeName) -> FoundType {
        let plain = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
        if let Some((_, made)) = self.state.types().iter().find(|(new, _)| same_name(new, &plain)) {
            let default = made.default.clone().filter(|_| !name.array);
            return FoundType::New { domain: made.domain, constrained: made.constrained && !name.array, default };
        }
        let Some(mut found) = self.resolve_type(name) else { return FoundType::Missing };
        if let Some(domain) = found.domain.as_mut().filter(|_| self.state.has_domains()) {
            domain.constrained = self.is_constrained(found.oid, domain.constrained);
            if let Some(default) = self.state.domain(found.oid).and_then(|changed| changed.default.as_ref()) {
                domain.default.clone_from(default);
            }
        }
        FoundType::Existing(found)
    }

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        let mut schemas = self.searched(name.schema.as_deref()).into_iter();
        schemas.find_map(|schema| self.base.resolve_type(&TypeName { schema, ..name.clone() }))
    }

    /// Whether a domain, or one that it is made of, has constraints after all that the text did to them.
    fn is_constrained(&self, domain: Oid, before: bool) -> bool {
        let asked = format!(
            "WITH RECURSIVE chain(oid, base, required) AS (
                SELECT t.oid, t.typbasetype, t.typnotnull FROM pg_catalog.pg_type t WHERE t.oid = {domain}::oid
                UNION ALL
                SELECT t.oid, t.typbasetype, t.typnotnull FROM chain c JOIN pg_catalog.pg_type t ON t.oid = c.base WHERE t.typtype = 'd')
             SELECT c.oid::int8, c.required::text, k.conname::text
               FROM chain c LEFT JOIN pg_catalog.pg_constraint k ON k.contypid = c.oid AND k.contype = 'c'"
        );
        let Some(answer) = self.base.query(&asked) else {
            return before || self.state.domain(domain).is_some_and(|changed| !changed.added.is_empty());
        };
        let stands = |row: &Vec<Option<String>>| {
            let [Some(oid), required, name] = row.as_slice() else { return true };
            let changed = oid.parse().ok().and_then(|oid| self.state.domain(oid));
            let dropped = |one| changed.is_some_and(|changed| changed.dropped.contains(&one));
            changed.is_some_and(|changed| !changed.added.is_empty())
                || required.as_deref() == Some("true") && !dropped(DomainConstraint::NotNull)
                || name.as_ref().is_some_and(|name| !dropped(DomainConstraint::Check(name.clone())))
        };
        answer.rows.iter().any(stands)
    }

    /// The default that a column has from its domain, when it is not given one of its own (`build_column_default`).
    pub fn domain_default(&self, column: &ColumnDef) -> Option<Expr> {
        if column.default.is_some() || column.null_default {
            return None;
        }
        let text = match self.find_type(&column.type_name) {
            FoundType::Existing(Type { domain: Some(Domain { default, .. }), .. }) | FoundType::New { default, .. } => default?,
            _ => return None,
        };
        match parse::body_expression(&format!("SELECT {text}")) {
            Some(expression) => Some(Expr { text: Some(text), ..expression }),
            None => Some(Expr { opaque: true, ..Expr::default() }),
        }
    }
}
