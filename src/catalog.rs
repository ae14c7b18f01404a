//! The facts of the live database, as the analysis asks for them.
//!
//! Three rules hold for every answer:
//!
//! * **no lock on a relation is taken or waited for** (our own catalogs apart), so that a verdict comes at once while somebody else holds
//!   ACCESS EXCLUSIVE on the table in question;
//! * **names are resolved as the caller would**, by the search_path and the rights of the session; what the caller cannot see does not exist;
//! * **the facts are read with the rights of our function's owner**, by qualified names, and no code of a user runs.
//!
//! The trait's answers are infallible. An error of the server (a cancel, say) is kept, every later question gets the answer "unknown", and
//! [`LiveCatalog::finish`] gives the error to whoever began.

mod facts;
pub mod shim;

use crate::shim::ServerError;
use facts::Known;
use pgrx::pg_sys;
use shim::Name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use zdm_analyzer::catalog::{Cast, Catalog, Function, Oid, PartitionKey, Relation, Type};
use zdm_analyzer::ir::{QualifiedName, TypeName};

/// The live catalogs, for the time of one check.
pub struct LiveCatalog {
    /// With whose rights the catalogs are read.
    owner: pg_sys::Oid,
    error: RefCell<Option<ServerError>>,
    relations: RefCell<HashMap<Oid, Option<Rc<Known>>>>,
}

impl LiveCatalog {
    /// For the time of one call of one of our functions.
    pub fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        Self { owner: shim::function_owner(fcinfo), error: RefCell::default(), relations: RefCell::default() }
    }

    /// The error that a question met, if any: it is to be raised before anything else is done.
    pub fn finish(self) -> Result<(), ServerError> {
        self.error.into_inner().map_or(Ok(()), Err)
    }

    /// Asks the server, unless an earlier question failed.
    fn ask<T>(&self, unknown: T, question: impl FnOnce() -> Result<T, ServerError>) -> T {
        if self.error.borrow().is_some() {
            return unknown;
        }
        question().unwrap_or_else(|error| {
            *self.error.borrow_mut() = Some(error);
            unknown
        })
    }

    /// What is known of a relation, read once.
    fn known(&self, relation: Oid) -> Option<Rc<Known>> {
        if let Some(known) = self.relations.borrow().get(&relation) {
            return known.clone();
        }
        let known = self.ask(None, || facts::relation(relation, self.owner)).map(Rc::new);
        self.relations.borrow_mut().insert(relation, known.clone());
        known
    }
}

fn qualified(name: &QualifiedName) -> Name {
    Name::new(name.schema.as_deref(), &name.name)
}

impl Catalog for LiveCatalog {
    fn major_version(&self) -> u32 {
        pg_sys::PG_VERSION_NUM / 10_000
    }

    fn relation(&self, name: &QualifiedName) -> Option<Oid> {
        self.ask(None, || shim::relation(&qualified(name)))
    }

    fn describe(&self, relation: Oid) -> Option<Relation> {
        self.known(relation).map(|known| known.relation.clone())
    }

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        self.ask(None, || {
            let found = shim::resolve_type(&Name::new(name.schema.as_deref(), &name.name), &name.modifiers, name.array)?;
            match found {
                Some((oid, typmod)) => facts::type_by_oid(oid, typmod, self.owner),
                None => Ok(None),
            }
        })
    }

    fn cast(&self, from: Oid, to: Oid) -> Cast {
        if from == to { Cast::Same } else { self.ask(Cast::None, || shim::cast(from, to)) }
    }

    fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function> {
        self.ask(Vec::new(), || shim::functions(&qualified(name), arguments))
    }

    fn operators(&self, name: &QualifiedName) -> Vec<Function> {
        self.ask(Vec::new(), || shim::operators(&qualified(name)))
    }

    fn dependent_views(&self, relation: Oid, column: Option<&str>) -> Vec<Oid> {
        let Some(known) = self.known(relation) else { return Vec::new() };
        self.ask(Vec::new(), || facts::dependent_views(&known, column, self.owner))
    }

    fn schema_exists(&self, schema: &str) -> bool {
        self.ask(None, || shim::schema(schema)).is_some()
    }

    fn relations_in_schema(&self, schema: &str) -> Vec<Oid> {
        self.ask(Vec::new(), || match shim::schema(schema)? {
            Some(schema) => facts::relations_in_schema(schema, self.owner),
            None => Ok(Vec::new()),
        })
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.ask(None, || shim::setting(name))
    }

    fn time_zone_is_utc(&self) -> bool {
        shim::time_zone_is_utc()
    }

    fn unlogged(&self, relation: Oid) -> Option<bool> {
        self.known(relation).map(|known| known.unlogged)
    }

    fn tablespace(&self, relation: Oid) -> Option<String> {
        self.known(relation).and_then(|known| known.tablespace.clone())
    }

    fn collation(&self, name: &QualifiedName) -> Option<Oid> {
        self.ask(None, || shim::collation(&qualified(name)))
    }

    fn relations_using_type(&self, type_oid: Oid) -> Option<Vec<Oid>> {
        self.ask(None, || facts::relations_using_type(type_oid, self.owner))
    }

    fn statistics_relation(&self, name: &QualifiedName) -> Option<Oid> {
        self.ask(None, || shim::statistics_relation(&qualified(name)))
    }

    fn interrupted(&self) -> bool {
        self.ask((), shim::interrupts);
        self.error.borrow().is_some()
    }

    fn all_tables(&self) -> Option<Vec<Oid>> {
        self.ask(None, || facts::all_tables(self.owner))
    }

    fn partition_key(&self, relation: Oid) -> Option<PartitionKey> {
        self.ask(None, || facts::partition_key(relation, self.owner))
    }

    fn tables_of_type(&self, composite: Oid) -> Option<Vec<Oid>> {
        self.ask(None, || facts::tables_of_type(composite, self.owner))
    }
}
