//! The facts of the live database, as the analysis asks for them.
//!
//! Three rules hold for every answer:
//!
//! * **no lock on a relation is taken or waited for** (our own catalogs apart, and but for [`shim::share_of_rows`]), so that a verdict comes at once while somebody else holds
//!   ACCESS EXCLUSIVE on the table in question;
//! * **names are resolved as the caller would**, by the search_path and the rights of the session; what the caller cannot see does not exist;
//! * **the facts are read with the rights of our function's owner**, by qualified names, and no code of a user runs.
//!
//! The trait's answers are infallible. An error of the server (a cancel, say) is kept, every later question gets the answer "unknown", and
//! [`LiveCatalog::finish`] gives the error to whoever began.

mod describe;
mod details;
mod errors;
pub mod facts;
mod later;
mod moment;
mod names;
mod policy;
mod probe;
mod query;
pub mod shim;
mod stored;
mod taken;
mod types;

use crate::guc;
use crate::shim::ServerError;
use describe::Known;
use errors::Errors;
pub use moment::held_locks;
use pgrx::pg_sys;
use policy::Policies;
use shim::Name;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use zdm_analyzer::catalog::{
    Activity, Among, Answer, Cast, Catalog, Class, ColumnStatistics, Decision, Dependent, Dependents, Found, Function, FunctionUse,
    IndexShape, Oid, OnTable, PartitionKey, Policy, Question, Relation, Replication, Share, TableFacts, Type,
};
use zdm_analyzer::ir::{QualifiedName, TypeName};
use zdm_analyzer::lock::LockMode;

/// The names of relations that were asked for, without their schemas, and all that they meant.
#[derive(Default)]
pub struct Named {
    pub names: BTreeSet<String>,
    pub relations: BTreeSet<Oid>,
}

/// The live catalogs, for the time of one check.
pub struct LiveCatalog {
    /// With whose rights the catalogs are read.
    owner: pg_sys::Oid,
    errors: Errors,
    /// It was looked at whether the owner may read the catalogs.
    readable: OnceCell<()>,
    relations: RefCell<BTreeMap<Oid, Option<Rc<Known>>>>,
    /// By partitioned table: the partition that is half detached.
    detaching: RefCell<BTreeMap<Oid, Option<Oid>>>,
    policies: OnceCell<Policies>,
    /// Whether questions about what others do at this moment are to be answered.
    momentary: bool,
    jobs: OnceCell<HashMap<Oid, i64>>,
    /// Until when rows may be looked at, if they may at all.
    probe_until: Option<pg_sys::TimestampTz>,
    named: RefCell<Named>,
}

impl LiveCatalog {
    /// For the time of one call of one of our functions.
    pub fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        Self::owned_by(shim::function_owner(fcinfo))
    }

    fn owned_by(owner: pg_sys::Oid) -> Self {
        Self {
            owner,
            errors: Errors::default(),
            readable: OnceCell::new(),
            relations: RefCell::default(),
            detaching: RefCell::default(),
            momentary: true,
            jobs: OnceCell::new(),
            policies: OnceCell::new(),
            probe_until: None,
            named: RefCell::default(),
        }
    }

    /// The same, and rows may be looked at from now on until `zdm.probe_timeout` is over.
    pub fn probing(self, probe: bool) -> Self {
        Self { probe_until: probe.then(probe::deadline), ..self }
    }

    /// For the guard, which decides in no time and asks nothing that is over in a moment.
    pub fn for_guard(owner: pg_sys::Oid) -> Self {
        Self { momentary: false, ..Self::owned_by(owner) }
    }

    /// The names that were asked for, where the guard asks.
    pub fn named(&self) -> Named {
        self.named.take()
    }

    /// The error that a question met, if any: it is to be raised before anything else is done.
    pub fn finish(self) -> Result<(), ServerError> {
        self.errors.finish()
    }

    /// Asks the server, unless an earlier question failed.
    fn ask<T>(&self, unknown: T, question: impl FnOnce() -> Result<T, ServerError>) -> T {
        self.errors.ask(unknown, question)
    }

    /// Asks by a direct read of the catalogs, if the owner of our function may read them: that is looked at before the first such question.
    fn ask_catalogs<T>(&self, unknown: T, question: impl FnOnce() -> Result<T, ServerError>) -> T {
        self.readable.get_or_init(|| self.ask((), || shim::may_read_catalogs(self.owner)));
        self.ask(unknown, question)
    }

    /// Asks about the moment, unless that is not to be asked.
    fn ask_now<T>(&self, unknown: T, question: impl FnOnce() -> Result<T, ServerError>) -> T {
        if self.momentary { self.ask(unknown, question) } else { unknown }
    }

    /// Who keeps the lock from being had, in a transaction older than `age` seconds, and since when it has been there first.
    pub fn old_blocker(&self, relation: Oid, mode: LockMode, age: f64) -> Option<Activity> {
        self.ask(None, || Ok(moment::old_lock_holders(relation, mode, age, self.owner)?.into_iter().next()))
    }

    fn standing(&self, relation: Oid) -> Option<moment::Standing> {
        self.ask(None, || moment::standing(relation))
    }

    /// What is known of a relation, read once.
    fn known(&self, relation: Oid) -> Option<Rc<Known>> {
        if let Some(known) = self.relations.borrow().get(&relation) {
            return known.clone();
        }
        let known = self.ask_catalogs(None, || describe::relation(relation, &self.errors)).map(Rc::new);
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
        let relation = self.ask(None, || shim::relation(&qualified(name)));
        if !self.momentary {
            let mut named = self.named.borrow_mut();
            named.names.insert(name.name.clone());
            named.relations.extend(relation);
        }
        relation
    }

    fn describe(&self, relation: Oid) -> Option<Relation> {
        self.shared(relation).map(Rc::unwrap_or_clone)
    }

    fn shared(&self, relation: Oid) -> Option<Rc<Relation>> {
        self.known(relation).map(|known| Rc::clone(&known.relation))
    }

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        self.ask_catalogs(None, || {
            let found = shim::resolve_type(&Name::new(name.schema.as_deref(), &name.name), &name.modifiers, name.array)?;
            match found {
                Some((oid, typmod)) => types::type_by_oid(oid, typmod),
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
        self.ask_catalogs(Vec::new(), || facts::dependent_views(&known, column, self.owner))
    }

    fn schema_exists(&self, schema: &str) -> bool {
        self.ask(None, || shim::schema(schema, false)).is_some()
    }

    fn relations_in_schema(&self, schema: &str) -> Vec<Oid> {
        // what reaches everything in a schema asks nobody for the right to look into it
        self.ask(Vec::new(), || match shim::schema(schema, true)? {
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
        {
            let tablespace = self.known(relation)?.tablespace;
            self.ask_catalogs(None, || shim::tablespace(tablespace))
        }
    }

    fn collation(&self, name: &QualifiedName) -> Option<Oid> {
        self.ask(None, || shim::collation(&qualified(name)))
    }

    fn relations_using_type(&self, type_oid: Oid) -> Option<Vec<Oid>> {
        self.ask_catalogs(None, || facts::relations_using_type(type_oid))
    }

    fn statistics_relation(&self, name: &QualifiedName) -> Option<Oid> {
        self.ask(None, || shim::statistics_relation(&qualified(name)))
    }

    fn small_table(&self) -> u64 {
        u64::try_from(guc::small_table()).unwrap_or(0) * 1024
    }

    fn policy(&self, rule: &str, relation: Option<Oid>) -> Option<Policy> {
        let policies = self.policies.get_or_init(|| self.ask(Policies::default(), Policies::read));
        policies.of(rule, relation)
    }

    fn column_numbers(&self, relation: Oid) -> Option<u32> {
        self.known(relation).map(|known| known.column_numbers)
    }

    fn table_facts(&self, relation: Oid) -> Option<TableFacts> {
        let known = self.known(relation)?;
        self.ask_catalogs(None, || details::table(&known, self.owner))
    }

    fn has_operator_class(&self, type_oid: Oid, method: &str) -> Option<bool> {
        self.ask(None, || shim::has_operator_class(type_oid, method))
    }

    fn index_shape(&self, index: Oid) -> Option<IndexShape> {
        let table = self.known(index)?.relation.index_of.and_then(|table| self.known(table))?;
        self.ask_catalogs(None, || details::index(index, &table))
    }

    fn index_scans(&self, index: Oid) -> Option<u64> {
        self.ask(None, || details::index_scans(index))
    }

    fn update_counts(&self, table: Oid) -> Option<(u64, u64)> {
        self.ask(None, || stored::update_counts(table, self.owner))
    }

    fn function_uses(&self, name: &QualifiedName, arguments: Option<usize>) -> Option<Vec<FunctionUse>> {
        self.ask(None, || {
            let found = match arguments {
                Some(arguments) => shim::functions(&qualified(name), arguments)?,
                None => shim::all_functions(&qualified(name))?,
            };
            let functions: Vec<Oid> = found.into_iter().map(|function| function.oid).collect();
            stored::function_uses(&functions, self.owner).map(Some)
        })
    }

    fn free_space(&self, relation: Oid) -> Option<u64> {
        let known = self.known(relation)?;
        if self.momentary { stored::free_space(known.file.as_deref()?) } else { None }
    }

    fn published_by(&self, publication: &str) -> Option<Vec<Oid>> {
        self.ask(None, || stored::published_by(publication, self.owner))
    }

    fn column_statistics(&self, relation: Oid, column: &str) -> Option<ColumnStatistics> {
        let number = self.known(relation)?.number(column)?;
        self.ask_catalogs(None, || types::statistics(relation, number, self.owner))
    }

    fn column_dependents(&self, relation: Oid, column: &str) -> Option<Vec<Dependent>> {
        let known = self.known(relation)?;
        self.ask_catalogs(None, || details::dependents(&known, column, self.owner))
    }

    fn look(&self, root: Oid, relations: &[Oid], question: &Question) -> Option<Answer> {
        let until = self.probe_until?;
        self.ask(None, || probe::look(root, relations, question, until).map(Some))
    }

    fn interrupted(&self) -> bool {
        // it is asked for each rule and each of a hundred thousand actions
        if shim::may_be_interrupted() {
            self.ask((), shim::interrupts);
        }
        self.errors.any()
    }

    fn in_transaction_block(&self) -> Option<bool> {
        Some(moment::in_block())
    }

    fn held_locks(&self) -> Vec<(Oid, LockMode)> {
        self.ask(Vec::new(), held_locks)
    }

    fn lock_holders(&self, relation: Oid, mode: LockMode) -> Vec<Activity> {
        self.ask_now(Vec::new(), || moment::lock_holders(relation, mode, self.owner))
    }

    fn old_snapshots(&self, table: Oid) -> Vec<Activity> {
        self.ask_now(Vec::new(), || moment::old_snapshots(table, self.owner))
    }

    fn replication(&self, table: Oid) -> Option<Replication> {
        if self.unlogged(table) != Some(false) {
            return None;
        }
        self.ask_now(None, || moment::replication(self.owner))
    }

    fn lock_slots(&self) -> Option<u64> {
        self.ask_now(None, moment::lock_slots)
    }

    fn guard_sees_events_only(&self) -> Option<bool> {
        self.ask_now(None, || crate::guard::sees_events_only(self.owner).map(Some))
    }

    fn running_job(&self, table: Oid) -> Option<i64> {
        let jobs = self.jobs.get_or_init(|| self.ask_now(HashMap::new(), || moment::running_jobs(self.owner)));
        jobs.get(&table).copied()
    }

    fn owns(&self, relation: Oid) -> Option<bool> {
        self.standing(relation).map(|standing| standing.owns)
    }

    fn may_drop(&self, relation: Oid) -> Option<bool> {
        self.standing(relation).map(|standing| standing.may_drop)
    }

    fn current_schema(&self) -> Option<String> {
        self.ask(None, shim::creation_schema)
    }

    fn owner(&self, relation: Oid) -> Option<String> {
        self.standing(relation).and_then(|standing| standing.owner)
    }

    fn dependents(&self, relation: Oid) -> Option<Dependents> {
        self.ask(None, || moment::dependents(relation, self.owner))
    }

    fn owned_by(&self, role: &str) -> Option<Dependents> {
        self.ask(None, || moment::owned_by(role, self.owner))
    }

    fn policies(&self, table: Oid) -> Option<usize> {
        self.ask_catalogs(None, || details::policies(table))
    }

    fn is_populated(&self, view: Oid) -> Option<bool> {
        self.standing(view).map(|standing| standing.populated)
    }

    fn detach_pending(&self, parent: Oid) -> Option<Oid> {
        if let Some(known) = self.detaching.borrow().get(&parent) {
            return *known;
        }
        let partition = self.ask_catalogs(None, || details::detach_pending(parent));
        self.detaching.borrow_mut().insert(parent, partition);
        partition
    }

    fn is_published(&self, table: Oid) -> Option<bool> {
        self.ask_catalogs(None, || details::published(table, self.owner))
    }

    fn sequence_users(&self, sequence: Oid) -> Option<Vec<Oid>> {
        self.ask(None, || details::sequence_users(sequence, self.owner))
    }

    fn query(&self, query: &str) -> Option<Found> {
        self.ask(None, || query::run(query))
    }

    fn objects(&self, class: Class, name: &str, among: Among) -> Option<Vec<Oid>> {
        self.ask_catalogs(None, || facts::objects(class, name, among))
    }

    fn has_on_table(&self, kind: OnTable, table: Oid, name: &str) -> Option<bool> {
        self.ask(None, || query::has_on_table(kind, table, name, self.owner))
    }

    fn all_tables(&self) -> Option<Vec<Oid>> {
        self.ask(None, || facts::all_tables(self.owner))
    }

    fn same_foreign_keys(&self, parent: Oid, table: Oid) -> Option<Vec<(String, bool)>> {
        self.ask(None, || facts::same_foreign_keys(parent, table, self.owner))
    }

    fn partition_key(&self, relation: Oid) -> Option<PartitionKey> {
        self.ask(None, || facts::partition_key(relation, self.owner))
    }

    fn constraint_exists(&self, schema: &str, name: &str) -> Option<bool> {
        self.ask(None, || taken::constraint_exists(schema, name, self.owner))
    }

    fn view_reads(&self, view: Oid) -> Option<Vec<Oid>> {
        self.ask(None, || facts::view_reads(view, self.owner))
    }

    fn tables_of_type(&self, composite: Oid) -> Option<Vec<Oid>> {
        self.ask(None, || facts::tables_of_type(composite, self.owner))
    }

    fn default_is_volatile(&self, expression: &str, column: &Type) -> Decision {
        self.ask(Decision::Refused, || shim::default_is_volatile(expression, column.oid, column.typmod))
    }

    fn share_of_rows(&self, table: Oid, statement: &str) -> Option<Share> {
        // it takes a lock
        self.ask_now(None, || shim::share_of_rows(table, statement))
    }

    fn proves_not_null(&self, relation: Oid, column: &str) -> Decision {
        let Some(number) = self.known(relation).and_then(|known| known.number(column)) else { return Decision::Refused };
        self.ask(Decision::Refused, || shim::proves_not_null(relation, number))
    }

    fn proves_within(&self, parent: Oid, table: Oid, bound: &str) -> Decision {
        self.ask(Decision::Refused, || shim::proves_bound(parent, table, bound, false))
    }

    fn proves_outside(&self, parent: Oid, table: Oid, bound: &str) -> Decision {
        self.ask(Decision::Refused, || shim::proves_bound(parent, table, bound, true))
    }

    fn same_index(&self, wanted: Oid, index: Oid) -> Decision {
        self.ask(Decision::Refused, || shim::same_index(wanted, index))
    }
}
