//! What a name means to the next statement: the path that the text set, what it made and renamed, and then the catalog.

use std::rc::Rc;

use super::Script;
use crate::catalog::{Function, Oid, Relation};
use crate::ir::QualifiedName;

/// What a name means.
#[derive(Debug, Clone)]
pub enum Found {
    Existing(Rc<Relation>),
    /// Made by an earlier statement of the text: as it is by now, where that is known.
    New(Option<Rc<Relation>>),
    Missing,
}

impl Script<'_> {
    /// The schema in which a name without one is created; `None` when it cannot be told.
    pub fn creation_schema(&self) -> Option<String> {
        match &self.state.session().search_path {
            Some(path) => path.iter().find(|schema| self.schema_exists(schema)).cloned(),
            None => self.base.current_schema(),
        }
    }

    /// Whether the text set a search_path.
    pub fn has_path(&self) -> bool {
        self.state.session().search_path.is_some()
    }

    /// What a name means to the next statement.
    pub fn find(&self, name: &QualifiedName) -> Found {
        if let Some((oid, place)) = self.state.renamed().iter().find(|(_, place)| same_name(&place.name, name)) {
            // A schema that is not searched does not come before one that is.
            let other = if name.schema.is_none() && !place.visible { self.existing(name) } else { None };
            return other.or_else(|| self.get(*oid)).map_or(Found::Missing, Found::Existing);
        }
        if let Some(made) = self.state.created(name) {
            return self.made_before(made);
        }
        if let (None, Some(path)) = (&name.schema, &self.state.session().search_path) {
            // The first schema that has the name, whether the text made it there or not.
            for schema in path {
                let there = QualifiedName { schema: Some(schema.clone()), name: name.name.clone() };
                if let Some(made) = self.state.created(&there) {
                    return self.made_before(made);
                }
                if let Some(relation) = self.existing(&there) {
                    return Found::Existing(relation);
                }
            }
        }
        match self.existing(name) {
            Some(relation) => Found::Existing(relation),
            None => self.state.may_be_created(name).map_or(Found::Missing, |made| self.made_before(made)),
        }
    }

    fn made_before(&self, made: Option<Oid>) -> Found {
        Found::New(made.and_then(|oid| self.get(oid)))
    }

    /// The relation of a name, be it one that the text made.
    pub fn known(&self, name: &QualifiedName) -> Option<Rc<Relation>> {
        match self.find(name) {
            Found::Existing(relation) => Some(relation),
            Found::New(described) => described,
            Found::Missing => None,
        }
    }

    /// The relation that had the name before, and has it still.
    fn existing(&self, name: &QualifiedName) -> Option<Rc<Relation>> {
        self.base_lookup(name).filter(|oid| !self.state.renamed().contains_key(oid)).and_then(|oid| self.get(oid))
    }

    fn base_lookup(&self, name: &QualifiedName) -> Option<Oid> {
        if name.schema.is_some() || self.state.session().search_path.is_none() {
            return self.resolve(name);
        }
        let named = |schema| QualifiedName { schema, name: name.name.clone() };
        self.searched(None).into_iter().find_map(|schema| self.resolve(&named(schema)))
    }

    /// The relation of a name in the catalog below.
    pub(super) fn resolve(&self, name: &QualifiedName) -> Option<Oid> {
        if let Some(known) = self.resolved.borrow().get(name) {
            return *known;
        }
        let relation = self.base.relation(name);
        self.resolved.borrow_mut().insert(name.clone(), relation);
        relation
    }

    /// The schemas in which a name is looked for, in their order, if the text has set a path of its own; else what the name says.
    pub(super) fn searched(&self, schema: Option<&str>) -> Vec<Option<String>> {
        let (None, Some(path)) = (schema, &self.state.session().search_path) else { return vec![schema.map(str::to_owned)] };
        let mut schemas: Vec<Option<String>> = Vec::new();
        // The system's own come first unless they are named.
        schemas.extend((!path.iter().any(|one| one == "pg_catalog")).then(|| Some("pg_catalog".to_owned())));
        schemas.extend(
            path.iter()
                .filter_map(|one| if one == "$user" { self.user() } else { Some(one.clone()) })
                .filter(|one| !one.is_empty())
                .map(Some),
        );
        schemas
    }

    /// The role whose name `$user` stands for.
    fn user(&self) -> Option<String> {
        let role = self.state.session().role.clone().or_else(|| self.base.setting("role").filter(|role| role != "none"));
        role.filter(|role| !role.is_empty()).or_else(|| self.setting("session_authorization"))
    }

    /// A setting as the next statement finds it.
    pub fn setting(&self, name: &str) -> Option<String> {
        self.state.session().values.get(&name.to_ascii_lowercase()).cloned().or_else(|| self.base.setting(name))
    }

    /// The collation a name means.
    pub fn collation(&self, name: &QualifiedName) -> Option<Oid> {
        let named = |schema| QualifiedName { schema, name: name.name.clone() };
        self.searched(name.schema.as_deref()).into_iter().find_map(|schema| self.base.collation(&named(schema)))
    }

    /// The table of an extended statistics object.
    pub fn statistics_relation(&self, name: &QualifiedName) -> Option<Oid> {
        let named = |schema| QualifiedName { schema, name: name.name.clone() };
        self.searched(name.schema.as_deref()).into_iter().find_map(|schema| self.base.statistics_relation(&named(schema)))
    }

    pub(super) fn everywhere(&self, name: &QualifiedName, find: impl Fn(&QualifiedName) -> Vec<Function>) -> Vec<Function> {
        let named = |schema| QualifiedName { schema, name: name.name.clone() };
        self.searched(name.schema.as_deref()).into_iter().flat_map(|schema| find(&named(schema))).collect()
    }

    pub fn schema_exists(&self, schema: &str) -> bool {
        self.state.has_schema(schema) || self.base.schema_exists(schema)
    }

    /// Whether the text made or changed types.
    pub fn makes_types(&self) -> bool {
        self.state.has_types()
    }

    /// Whether names mean to the text what they mean to the session: it has made no function and no type, and set no path and no role.
    pub fn names_are_the_sessions(&self) -> bool {
        let session = self.state.session();
        self.functions.is_empty() && !self.state.has_types() && session.search_path.is_none() && session.role.is_none()
    }
}

/// Equal, or equal in the last part where one of them has no schema.
pub(super) fn same_name(one: &QualifiedName, other: &QualifiedName) -> bool {
    one.name == other.name && (one.schema == other.schema || one.schema.is_none() || other.schema.is_none())
}
