//! What a text has done so far: the catalog as the next statement of the same text will find it.
//!
//! A relation created by the text is new: nobody else uses it, so nothing done to it disturbs. Relations that the text renames, drops or gives
//! columns and constraints are answered for as they are by then, and as they were before after a ROLLBACK. This is a sketch, not a simulator:
//! what it does not know it leaves alone.

mod alter;
mod apply;
mod state;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use crate::catalog::{Catalog, Domain, Oid, Relation, Type};
use crate::effects::Volatilities;
use crate::ir::{ColumnDef, Expr, QualifiedName, TypeName};
use crate::parse;
use state::State;

/// What a name means.
#[derive(Debug, Clone)]
pub enum Found {
    Existing(Rc<Relation>),
    /// Made by an earlier statement of the text.
    New,
    Missing,
}

/// What a type's name means.
#[derive(Debug, Clone)]
pub enum FoundType {
    Existing(Type),
    /// Made by an earlier statement: whether it is a domain with constraints, and the domain's default.
    New {
        constrained: bool,
        default: Option<String>,
    },
    Missing,
}

/// The catalog, and what earlier statements of the text changed.
pub struct Script<'a> {
    base: &'a dyn Catalog,
    state: State,
    volatilities: RefCell<Volatilities>,
    /// What CHECK expressions prove, by their text.
    proofs: RefCell<HashMap<String, Rc<[String]>>>,
}

impl<'a> Script<'a> {
    pub fn new(base: &'a dyn Catalog) -> Self {
        Self { base, state: State::default(), volatilities: RefCell::default(), proofs: RefCell::default() }
    }

    /// The catalog below: for questions that the text cannot have changed.
    pub fn catalog(&self) -> &'a dyn Catalog {
        self.base
    }

    pub fn major(&self) -> u32 {
        self.base.major_version()
    }

    pub fn time_zone_is_utc(&self) -> bool {
        self.state.session().utc.unwrap_or_else(|| self.base.time_zone_is_utc())
    }

    /// What was found out of functions and operators.
    pub fn volatilities(&self) -> &RefCell<Volatilities> {
        &self.volatilities
    }

    /// The columns that a CHECK expression proves to be not null.
    pub fn proves_not_null(&self, expression: &str) -> Rc<[String]> {
        if let Some(known) = self.proofs.borrow().get(expression) {
            return Rc::clone(known);
        }
        let proved: Rc<[String]> = parse::proves_not_null(expression).into();
        self.proofs.borrow_mut().insert(expression.to_owned(), Rc::clone(&proved));
        proved
    }

    /// What a name means to the next statement.
    pub fn find(&self, name: &QualifiedName) -> Found {
        if let Some((oid, place)) = self.state.renamed().iter().find(|(_, place)| same_name(&place.name, name)) {
            // A schema that is not searched does not come before one that is.
            let other = if name.schema.is_none() && !place.visible { self.existing(name) } else { None };
            return other.or_else(|| self.get(*oid)).map_or(Found::Missing, Found::Existing);
        }
        if self.state.is_created(name) {
            return Found::New;
        }
        if let (None, Some(path)) = (&name.schema, &self.state.session().search_path) {
            // The first schema that has the name, whether the text made it there or not.
            for schema in path {
                let there = QualifiedName { schema: Some(schema.clone()), name: name.name.clone() };
                if self.state.is_created(&there) {
                    return Found::New;
                }
                if let Some(relation) = self.existing(&there) {
                    return Found::Existing(relation);
                }
            }
        }
        match self.existing(name) {
            Some(relation) => Found::Existing(relation),
            None if self.state.may_be_created(name) => Found::New,
            None => Found::Missing,
        }
    }

    /// The relation that had the name before, and has it still.
    fn existing(&self, name: &QualifiedName) -> Option<Rc<Relation>> {
        self.base_lookup(name).filter(|oid| !self.state.renamed().contains_key(oid)).and_then(|oid| self.get(oid))
    }

    fn base_lookup(&self, name: &QualifiedName) -> Option<Oid> {
        match (&name.schema, &self.state.session().search_path) {
            (None, Some(path)) => path.iter().find_map(|schema| {
                let qualified = QualifiedName { schema: Some(schema.clone()), name: name.name.clone() };
                self.base.relation(&qualified)
            }),
            _ => self.base.relation(name),
        }
    }

    /// A relation as the next statement finds it.
    pub fn get(&self, oid: Oid) -> Option<Rc<Relation>> {
        if let Some(known) = self.state.relation(oid) {
            return known;
        }
        let relation = self.base.describe(oid).map(Rc::new);
        self.state.read(oid, relation.clone());
        relation
    }

    pub fn schema_exists(&self, schema: &str) -> bool {
        self.state.has_schema(schema) || self.base.schema_exists(schema)
    }

    pub fn unlogged(&self, relation: Oid) -> Option<bool> {
        self.state.storage(relation).and_then(|storage| storage.unlogged).or_else(|| self.base.unlogged(relation))
    }

    pub fn tablespace(&self, relation: Oid) -> Option<String> {
        self.state.storage(relation).and_then(|storage| storage.tablespace.clone()).or_else(|| self.base.tablespace(relation))
    }

    pub fn find_type(&self, name: &TypeName) -> FoundType {
        let plain = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
        if let Some((_, made)) = self.state.types().iter().find(|(new, _)| same_name(new, &plain)) {
            let default = made.default.clone().filter(|_| !name.array);
            return FoundType::New { constrained: made.constrained && !name.array, default };
        }
        let Some(mut found) = self.base.resolve_type(name) else { return FoundType::Missing };
        if let (Some(domain), Some(changed)) = (&mut found.domain, self.state.domain(found.oid)) {
            domain.constrained |= changed.constrained;
            if let Some(default) = &changed.default {
                domain.default.clone_from(default);
            }
        }
        FoundType::Existing(found)
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

/// Equal, or equal in the last part where one of them has no schema.
fn same_name(one: &QualifiedName, other: &QualifiedName) -> bool {
    one.name == other.name && (one.schema == other.schema || one.schema.is_none() || other.schema.is_none())
}
