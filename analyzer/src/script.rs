//! What a text has done so far: the catalog as the next statement of the same text will find it.
//!
//! A relation created by the text is new: nobody else uses it, so nothing done to it disturbs. Relations that the text renames, drops or gives
//! columns and constraints are answered for as they are by then, and as they were before after a ROLLBACK. This is a sketch, not a simulator:
//! what it does not know it leaves alone.

mod alter;
mod apply;
mod changes;
mod follow;
mod new;
mod past;
mod settings;
mod state;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use crate::catalog::{Catalog, Domain, Function, Oid, OnTable, PartitionKey, Relation, Type, Volatility};
use crate::effects::Volatilities;
use crate::ir::{ColumnDef, DomainConstraint, Expr, FunctionFact, Kind, QualifiedName, Range, Statement, TypeName};
use crate::parse;
pub use changes::Changes;
pub use follow::{follow, follow_calls, unseen_call};
pub use past::{Deeds, Held, Past, changes_something};
pub use settings::{Actor, Timeout, milliseconds};
use state::State;

/// How deep functions that call functions are looked into.
const DEPTH: u32 = 8;

/// Whether functions of a name and a number of arguments may do anything.
type Answers = BTreeMap<(QualifiedName, usize), bool>;

/// Object identifiers below are those of PostgreSQL itself.
pub const FIRST_USER_OID: Oid = 16384;

/// What a name means.
#[derive(Debug, Clone)]
pub enum Found {
    Existing(Rc<Relation>),
    /// Made by an earlier statement of the text: as it is by now, where that is known.
    New(Option<Rc<Relation>>),
    Missing,
}

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

/// The catalog, and what earlier statements of the text changed.
pub struct Script<'a> {
    base: &'a dyn Catalog,
    /// What names mean in the catalog below: each is asked for once.
    resolved: RefCell<BTreeMap<QualifiedName, Option<Oid>>>,
    state: State,
    past: Past<'a>,
    volatilities: RefCell<Volatilities>,
    /// The names of functions that the text made.
    functions: HashSet<String>,
    /// What CHECK expressions prove, by their text.
    proofs: RefCell<HashMap<String, Rc<[String]>>>,
    changes: Changes,
    /// Whether changes are of interest.
    watched: bool,
    /// The roles that the text made.
    roles: HashSet<String>,
    /// The text did something before that reaches more than is followed.
    hidden: bool,
    /// The triggers, policies and rules that the text made or dropped, and whether they are there; `None` when that is not known any more.
    hung: HashMap<(OnTable, Oid, String), Option<bool>>,
}

impl<'a> Script<'a> {
    pub fn new(base: &'a dyn Catalog) -> Self {
        Self {
            base,
            resolved: RefCell::default(),
            state: State::default(),
            past: Past::new(base),
            volatilities: RefCell::default(),
            functions: HashSet::new(),
            proofs: RefCell::default(),
            changes: Changes::default(),
            watched: false,
            hidden: false,
            roles: HashSet::new(),
            hung: HashMap::new(),
        }
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

    /// What the text has done to the session so far.
    pub fn past(&self) -> &Past<'a> {
        &self.past
    }

    /// Takes note of a statement: of what it leaves behind in its transaction, and of what it does to the database.
    pub fn after(&mut self, statement: &Statement, deeds: Deeds) {
        self.past.note(statement.number, deeds);
        self.apply(statement);
    }

    /// Takes note of a statement that need not have run.
    pub fn perhaps(&mut self, statement: &Statement, deeds: Deeds) {
        self.past.note_rules(&deeds);
        self.apply_perhaps(statement);
    }

    /// Reads ahead: only for blocks and for what takes others along does it matter which names were used before.
    pub fn expect(&mut self, statements: &[Statement]) {
        self.watched = statements.iter().any(|statement| match &statement.kind {
            Kind::Block(_) | Kind::DropCascade(_) | Kind::Calls(_) => true,
            Kind::Drop(drop) => drop.cascade,
            _ => false,
        });
    }

    /// Takes note of the names in a statement of a text.
    pub fn changed(&mut self, text: &str, statement: &Statement) {
        if !self.watched {
            return;
        }
        let mut changes = std::mem::take(&mut self.changes);
        changes.note(text, statement, self);
        self.changes = changes;
    }

    /// Whether the text made a function of this name.
    pub fn has_made_function(&self, name: &QualifiedName) -> bool {
        self.functions.contains(&name.name)
    }

    /// Whether the text set a search_path.
    pub fn has_path(&self) -> bool {
        self.state.session().search_path.is_some()
    }

    /// Whether the text did something whose whole effect is not followed (CASCADE, a function, text that is not at hand): what the catalogs say of
    /// dependents, and that there is no such role, type or function, may be true no more.
    pub fn has_hidden_effects(&self) -> bool {
        self.hidden
    }

    /// Whether the text made a role of this name.
    pub fn has_made_role(&self, name: &str) -> bool {
        self.roles.contains(name)
    }

    /// What the text may have changed so far.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }

    /// Whether a table has a trigger, policy or rule of this name.
    pub fn has_on_table(&self, kind: OnTable, table: Oid, name: &str) -> Option<bool> {
        match self.hung.get(&(kind, table, name.to_owned())) {
            Some(known) => *known,
            None => self.base.has_on_table(kind, table, name),
        }
    }

    /// A DO block begins; what it gives back, [`Self::leave`] is to be told.
    pub fn enter(&mut self) -> (bool, bool) {
        self.past.enter()
    }

    pub fn leave(&mut self, before: (bool, bool)) {
        self.past.leave(before);
    }

    /// The schema in which a name without one is created; `None` when it cannot be told.
    pub fn creation_schema(&self) -> Option<String> {
        match &self.state.session().search_path {
            Some(path) => path.iter().find(|schema| self.schema_exists(schema)).cloned(),
            None => self.base.current_schema(),
        }
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

    /// What a CHECK expression says of a column.
    pub fn ranges(&self, expression: &str, column: &str) -> Option<Vec<Range>> {
        parse::ranges(expression, column)
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

    /// Whether the text made it, so that it is nobody's yet.
    pub fn is_new(&self, relation: Oid) -> bool {
        self.state.described().contains_key(&relation)
    }

    /// By what a table is partitioned.
    pub fn partition_key(&self, relation: Oid) -> Option<PartitionKey> {
        match self.state.described().get(&relation) {
            Some(key) => key.clone(),
            None => self.base.partition_key(relation),
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
    fn resolve(&self, name: &QualifiedName) -> Option<Oid> {
        if let Some(known) = self.resolved.borrow().get(name) {
            return *known;
        }
        let relation = self.base.relation(name);
        self.resolved.borrow_mut().insert(name.clone(), relation);
        relation
    }

    /// The schemas in which a name is looked for, in their order, if the text has set a path of its own; else what the name says.
    fn searched(&self, schema: Option<&str>) -> Vec<Option<String>> {
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

    /// All functions that a call could mean.
    pub fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function> {
        let known = self.everywhere(name, |name| self.base.functions(name, arguments));
        let own = |one: &&FunctionFact| same_name(&one.name, name) && one.arguments.is_none_or(|count| count == arguments);
        self.state.functions().iter().filter(own).fold(known, changed)
    }

    /// Whether a call may do anything: it means a function of a user's that is free to change the database and whose text is more than an
    /// expression, or one that calls such a function. What pg_zdm's own functions do is known.
    pub fn may_do_anything(&self, name: &QualifiedName, arguments: usize) -> bool {
        self.may_do_anything_within(name, arguments, DEPTH, &mut BTreeMap::new())
    }

    /// The same; `known` holds the answers so far, and of what is being looked into the one that is safe to give.
    fn may_do_anything_within(&self, name: &QualifiedName, arguments: usize, depth: u32, known: &mut Answers) -> bool {
        if name.schema.as_deref() == Some("zdm") {
            return false;
        }
        let Some(depth) = depth.checked_sub(1) else { return true };
        let key = (name.clone(), arguments);
        if let Some(answer) = known.get(&key) {
            return *answer;
        }
        known.insert(key.clone(), true);
        let mut harmless = |body: &str| {
            let found = parse::body_expression(body).filter(|found| !found.opaque);
            found.is_some_and(|found| {
                !found.calls.iter().any(|(name, arguments)| self.may_do_anything_within(name, *arguments, depth, known))
            })
        };
        let mut free = |function: &Function| {
            let harmless = |body: &String| harmless(body);
            function.oid >= FIRST_USER_OID
                && function.volatility == Volatility::Volatile
                && !function.inlinable_body.as_ref().is_some_and(harmless)
        };
        let answer = self.functions.contains(&name.name) || self.functions(name, arguments).iter().any(&mut free);
        known.insert(key, answer);
        answer
    }

    /// The definition of the one function or procedure that a call can mean.
    pub fn routine(&self, name: &QualifiedName, arguments: usize) -> Option<Rc<str>> {
        let mut own = self.state.functions().iter().filter(|one| same_name(&one.name, name));
        let known = self.everywhere(name, |name| self.base.functions(name, arguments));
        if let Some(first) = own.next() {
            // Others of the name than the one that the text made, or made again: which is meant is not known.
            let again = own.all(|one| one.creates && one.arguments == first.arguments);
            let last = self.state.functions().iter().rev().find(|one| same_name(&one.name, name))?;
            let alone = known.is_empty() || known.len() == 1 && first.replaces && first.arguments == Some(arguments);
            return last.definition.clone().filter(|_| again && alone);
        }
        let [one] = known.as_slice() else { return None };
        let user = one.oid >= FIRST_USER_OID && !self.functions.contains(&name.name);
        let asked = format!("SELECT pg_catalog.pg_get_functiondef({})", one.oid);
        let answer = user.then(|| self.base.query(&asked)).flatten()?;
        answer.rows.into_iter().next()?.into_iter().next()?.map(Rc::from)
    }

    /// The functions behind all operators of a name.
    pub fn operators(&self, name: &QualifiedName) -> Vec<Function> {
        self.everywhere(name, |name| self.base.operators(name))
    }

    fn everywhere(&self, name: &QualifiedName, find: impl Fn(&QualifiedName) -> Vec<Function>) -> Vec<Function> {
        let named = |schema| QualifiedName { schema, name: name.name.clone() };
        self.searched(name.schema.as_deref()).into_iter().flat_map(|schema| find(&named(schema))).collect()
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

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        let mut schemas = self.searched(name.schema.as_deref()).into_iter();
        schemas.find_map(|schema| self.base.resolve_type(&TypeName { schema, ..name.clone() }))
    }

    /// Whether the columns and constraints of a relation are still those that the catalogs know.
    pub fn is_as_found(&self, relation: &Relation) -> bool {
        let unchanged = |found: &Relation| {
            let marks = |of: &Relation| of.columns.iter().map(|one| (one.name.clone(), one.not_null)).collect::<Vec<_>>();
            let checks = |of: &Relation| of.constraints.iter().map(|one| (one.name.clone(), one.validated)).collect::<Vec<_>>();
            marks(found) == marks(relation)
                && checks(found) == checks(relation)
                && found.children.iter().eq(relation.children.iter().filter(|child| !self.is_new(**child)))
        };
        self.base.shared(relation.oid).is_some_and(|found| unchanged(&found))
    }

    /// Whether names mean to the text what they mean to the session: it has made no function and no type, and set no path and no role.
    pub fn names_are_the_sessions(&self) -> bool {
        let session = self.state.session();
        self.functions.is_empty() && !self.state.has_types() && session.search_path.is_none() && session.role.is_none()
    }

    /// A relation as the next statement finds it.
    pub fn get(&self, oid: Oid) -> Option<Rc<Relation>> {
        if let Some(known) = self.state.relation(oid) {
            return known;
        }
        let relation = self.base.shared(oid);
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

/// What a call may mean after a function was made or altered. Which one of several of a name was meant is not known; then all of them count.
fn changed(mut known: Vec<Function>, change: &FunctionFact) -> Vec<Function> {
    if change.creates {
        if change.replaces && known.len() == 1 {
            known.clear();
        }
        let volatility = change.volatility.unwrap_or(Volatility::Volatile);
        // its number is nobody's, so that it is told apart from all others
        let oid = Oid::MAX - u32::try_from(known.len()).unwrap_or(0);
        known.push(Function { oid, volatility, inlinable_body: change.inlinable_body.clone() });
    } else if let Some(volatility) = change.volatility {
        let several = known.len() > 1;
        let altered = known.iter().map(|one| {
            // the body of what was not volatile was not read
            let unread = one.volatility != Volatility::Volatile && volatility == Volatility::Volatile;
            let inlinable_body = if unread { Some(UNREAD.to_owned()) } else { one.inlinable_body.clone() };
            Function { oid: one.oid, volatility, inlinable_body }
        });
        let altered: Vec<Function> = altered.collect();
        known = if several { [known, altered].concat() } else { altered };
    }
    known
}

/// A body that no grammar reads: what it comes to cannot be told.
const UNREAD: &str = ")";

/// Equal, or equal in the last part where one of them has no schema.
fn same_name(one: &QualifiedName, other: &QualifiedName) -> bool {
    one.name == other.name && (one.schema == other.schema || one.schema.is_none() || other.schema.is_none())
}
