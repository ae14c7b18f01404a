//! Takes note of a statement, for those after it: what it creates, drops and renames, and which settings and transactions it changes.

use super::state::{NewType, Place, Session};
use super::{Found, FoundType, Script};
use crate::catalog::{Domain, Index, Lazy, Oid, Type};
use crate::effects::fits;
use crate::ir::{
    Action, AlterDomain, CreateIndex, CreateTable, Creation, DomainChange, Dropped, Fact, Kind, Lock, New, NewDomain, QualifiedName,
    Renamed, Statement, Transaction, TypeName,
};
use crate::quote;

impl Script<'_> {
    pub fn apply(&mut self, statement: &Statement) {
        self.hidden |= self.hides(statement);
        self.note_roles(statement);
        match &statement.kind {
            Kind::CreateTable(table) if !table.if_not_exists || matches!(self.find(&table.name), Found::Missing) => self.new_table(table),
            Kind::CreateView { name, replace } if !(*replace && self.is_there(name)) => self.made(name),
            Kind::Create(Creation { new: New::Relation(name), if_not_exists, .. })
                if makes_table(&statement.tag) && !(*if_not_exists && self.is_there(name)) =>
            {
                self.filled_table(name);
            }
            Kind::CreateIndex(index) => self.index(index),
            Kind::Create(creation) => self.create(creation),
            Kind::Drop(drop) => match &drop.what {
                Dropped::Relations(names) | Dropped::Indexes(names) => names.iter().for_each(|name| self.forget(name, &statement.tag)),
                Dropped::Schemas(names) => {
                    for schema in names {
                        if self.base.interrupted() {
                            return;
                        }
                        for oid in self.base.relations_in_schema(schema) {
                            self.state.drop_relation(oid);
                        }
                        self.state.drop_schema(schema);
                    }
                }
                Dropped::Statistics(_) | Dropped::Called(..) => {}
            },
            Kind::Rename(rename) => self.rename(&rename.target.name, &rename.what),
            Kind::AlterTable(alter) => {
                if let Some(relation) = self.known(&alter.target.name).map(|relation| relation.oid) {
                    self.alter(relation, alter);
                    self.leaves(relation, &statement.facts);
                }
            }
            Kind::AlterDomain(domain) => self.alter_domain(domain),
            Kind::Locks(locks) => self.hang(locks),
            // ALTER TRIGGER, POLICY or RULE with another name
            Kind::RenameCalled { .. } => self.hung.values_mut().for_each(|there| *there = None),
            Kind::SetVariable { name, values, local } => self.set(name, values, *local),
            Kind::Transaction(what) => {
                if matches!(what, Transaction::Rollback { .. } | Transaction::RollbackTo(_)) {
                    self.hung.values_mut().for_each(|there| *there = None);
                }
                self.state.transaction(what, self.past.in_block());
                self.volatilities.get_mut().forget_names();
            }
            _ => {}
        }
        for fact in &statement.facts {
            match fact {
                Fact::Function(function) => {
                    self.state.change_function(function.clone());
                    self.volatilities.get_mut().forget();
                }
                Fact::Insert(insert) => self.fill(&insert.target.name, insert.bulk),
                Fact::Prepares { name, statement } => _ = self.prepared.insert(name.clone(), statement.clone()),
                Fact::Deallocates(Some(name)) => _ = self.prepared.remove(name),
                Fact::Deallocates(None) => self.prepared.clear(),
                _ => {}
            }
        }
        self.past.apply(statement);
    }

    /// Takes note of a statement that need not have run: only of what it adds, so that what follows finds it.
    pub fn apply_perhaps(&mut self, statement: &Statement) {
        self.note_roles(statement);
        // what was dropped, perhaps
        self.hidden |= self.hides(statement) || matches!(statement.kind, Kind::Drop(_) | Kind::AlterTable(_) | Kind::Rename(_));
        match &statement.kind {
            Kind::CreateTable(CreateTable { name, .. }) | Kind::CreateView { name, .. } if self.is_there(name) => {}
            Kind::Create(Creation { new: New::Relation(name), .. }) if self.is_there(name) => {}
            Kind::CreateTable(_) | Kind::CreateView { .. } | Kind::CreateIndex(_) | Kind::Create(_) => self.apply(statement),
            Kind::AlterTable(alter) => {
                let mut adds = alter.clone();
                adds.actions.retain(|action| matches!(action, Action::AddColumn { .. }));
                if let Some(relation) = self.known(&alter.target.name) {
                    self.alter(relation.oid, &adds);
                }
            }
            _ => {}
        }
    }

    fn note_roles(&mut self, statement: &Statement) {
        self.note_objects(statement);
        self.granted.0 |= statement.facts.iter().any(|fact| matches!(fact, Fact::GrantsRoles(_)));
        self.given |= statement.facts.iter().any(|fact| matches!(fact, Fact::Owner(_)));
        self.granted.1 |= statement.facts.iter().any(|fact| matches!(fact, Fact::Privileges(given) if !given.revoke));
        self.roles.extend(statement.facts.iter().filter_map(|fact| match fact {
            Fact::MakesRole(name) => Some(name.clone()),
            _ => None,
        }));
    }

    /// Whether a statement changes more than is followed.
    fn hides(&self, statement: &Statement) -> bool {
        match &statement.kind {
            Kind::Opaque { .. } | Kind::RenameCalled { .. } | Kind::DropCascade(_) | Kind::AlterComposite { .. } | Kind::Client(_) => true,
            Kind::Calls(calls) => calls.iter().any(|(name, arguments)| self.may_do_anything(name, *arguments)),
            Kind::Block(block) => block.hidden.is_some(),
            Kind::Drop(drop) => drop.cascade,
            // what the view reads now is not known
            Kind::CreateView { name, replace } => *replace && self.is_there(name),
            Kind::AlterTable(alter) => alter.actions.iter().any(|action| match action {
                Action::DropColumn { cascade, .. } | Action::DropConstraint { cascade, .. } => *cascade,
                _ => false,
            }),
            _ => statement.tag.ends_with(" EXTENSION"),
        }
    }

    /// `NO INHERIT`.
    fn leaves(&mut self, child: Oid, facts: &[Fact]) {
        for fact in facts {
            if let Fact::NoInherit(parent) = fact
                && let Some(parent) = self.known(parent)
            {
                self.part(parent.oid, child);
            }
        }
    }

    /// Triggers, policies and rules.
    fn hang(&mut self, locks: &[Lock]) {
        for lock in locks {
            let (Some(on), Found::Existing(table)) = (&lock.on, self.find(&lock.target.name)) else { continue };
            self.hung.insert((on.kind, table.oid, on.name.clone()), Some(on.made));
        }
    }

    /// A new relation.
    fn made(&mut self, name: &QualifiedName) {
        self.state.create(self.place_of(name), None);
    }

    /// Without a schema it goes into the first one of a search_path that the text has set.
    pub(super) fn place_of(&self, name: &QualifiedName) -> QualifiedName {
        let path = self.state.session().search_path.iter().flatten();
        let first = path.filter(|schema| *schema != "$user").find(|schema| self.schema_exists(schema)).cloned();
        QualifiedName { schema: name.schema.clone().or(first), name: name.name.clone() }
    }

    fn is_there(&self, name: &QualifiedName) -> bool {
        matches!(self.find(name), Found::Existing(_))
    }

    fn create(&mut self, creation: &Creation) {
        match &creation.new {
            New::Relation(name) if !(creation.if_not_exists && self.is_there(name)) => self.made(name),
            New::Type(name) => self.state.create_type(name.clone(), NewType::default()),
            New::Domain(domain) => self.domain(domain),
            New::Schema(name) => self.state.create_schema(name),
            New::Function(name) => _ = self.functions.insert(name.name.clone()),
            New::Relation(_) => {}
        }
    }

    /// A new domain copies the default of the one that it is made of, and has its constraints too.
    fn domain(&mut self, made: &NewDomain) {
        let (constrained, default) = match self.find_type(&made.base) {
            FoundType::Existing(Type { domain: Some(Domain { constrained, default, .. }), .. }) => (constrained, default),
            FoundType::New { constrained, default, .. } => (constrained, default),
            FoundType::Existing(_) | FoundType::Missing => (false, None),
        };
        let made_default = made.default.clone().unwrap_or(default);
        self.state
            .create_type(made.name.clone(), NewType { domain: true, constrained: constrained || made.constrained, default: made_default });
    }

    fn alter_domain(&mut self, altered: &AlterDomain) {
        let name = TypeName { schema: altered.name.schema.clone(), name: altered.name.name.clone(), modifiers: Vec::new(), array: false };
        match self.find_type(&name) {
            FoundType::Existing(found) => self.state.change_domain(found.oid, |domain| match &altered.change {
                DomainChange::Added(constraint) => {
                    domain.dropped.remove(constraint);
                    domain.added.push(constraint.clone());
                }
                DomainChange::Dropped(constraint) if domain.added.contains(constraint) => domain.added.retain(|one| one != constraint),
                DomainChange::Dropped(constraint) => _ = domain.dropped.insert(constraint.clone()),
                DomainChange::Default(default) => domain.default = Some(default.clone()),
                DomainChange::Other => {}
            }),
            FoundType::New { constrained, default, .. } => {
                let made = match &altered.change {
                    DomainChange::Added(_) => NewType { domain: true, constrained: true, default },
                    DomainChange::Default(default) => NewType { domain: true, constrained, default: default.clone() },
                    DomainChange::Dropped(_) | DomainChange::Other => return,
                };
                self.state.create_type(altered.name.clone(), made);
            }
            FoundType::Missing => {}
        }
    }

    fn index(&mut self, create: &CreateIndex) {
        let Some(name) = &create.name else { return };
        let (mut schema, mut described) = (create.table.name.schema.clone(), None);
        if let Some(table) = self.known(&create.table.name) {
            schema = Some(table.schema.clone());
            let there = QualifiedName { schema: schema.clone(), name: name.clone() };
            if create.if_not_exists && self.is_there(&there) {
                return;
            }
            let index = Index {
                oid: 0,
                name: name.clone(),
                unique: create.unique,
                primary: false,
                valid: true,
                columns: create.columns.clone().unwrap_or_default(),
                expression_columns: Lazy::default(),
                partial_or_expression: create.columns.is_none(),
                plain: create.columns.is_some() && create.plain && create.method == "btree",
            };
            let (oid, kind) = (table.oid, table.kind);
            // what is held is copied when it changes
            drop(table);
            self.state.patch(oid, |relation| relation.indexes.change(|all| all.push(index)));
            described = Some(self.new_index(&there, oid, kind));
        }
        self.state.create(QualifiedName { schema, name: name.clone() }, described);
    }

    fn forget(&mut self, name: &QualifiedName, tag: &str) {
        match self.find(name) {
            Found::Existing(relation) if !fits(tag, relation.kind) => {}
            Found::Existing(relation) => self.gone(&relation),
            Found::New(described) => {
                self.state.uncreate(name);
                described.iter().for_each(|relation| self.gone(relation));
            }
            Found::Missing => self.state.uncreate(name),
        }
    }

    fn rename(&mut self, name: &QualifiedName, what: &Renamed) {
        let found = self.find(name);
        match (what, found) {
            (Renamed::Relation { to }, Found::Existing(relation)) => {
                let before = QualifiedName { schema: None, name: relation.name.clone() };
                let visible = name.schema.is_none() || matches!(self.find(&before), Found::Existing(found) if found.oid == relation.oid);
                let name = QualifiedName { schema: Some(relation.schema.clone()), name: to.clone() };
                self.state.rename(relation.oid, Place { name, visible });
                self.state.patch(relation.oid, |relation| relation.name.clone_from(to));
            }
            (Renamed::Schema { to }, Found::Existing(relation)) => {
                let name = QualifiedName { schema: Some(to.clone()), name: relation.name.clone() };
                self.state.rename(relation.oid, Place { name, visible: false });
                self.state.patch(relation.oid, |relation| relation.schema.clone_from(to));
            }
            (Renamed::Relation { to }, Found::New(described)) => {
                self.state.uncreate(name);
                let described = described.map(|relation| relation.oid);
                described.into_iter().for_each(|oid| self.state.patch(oid, |relation| relation.name.clone_from(to)));
                self.state.create(QualifiedName { schema: name.schema.clone(), name: to.clone() }, described);
            }
            (Renamed::Schema { to }, Found::New(described)) => {
                self.state.uncreate(name);
                let described = described.map(|relation| relation.oid);
                described.into_iter().for_each(|oid| self.state.patch(oid, |relation| relation.schema.clone_from(to)));
                self.state.create(QualifiedName { schema: Some(to.clone()), name: name.name.clone() }, described);
            }
            (Renamed::Column { from, to }, Found::Existing(relation) | Found::New(Some(relation))) => {
                self.rename_column(relation.oid, from, to)
            }
            (Renamed::Constraint { from, to }, Found::Existing(relation) | Found::New(Some(relation))) => {
                self.patch_tree(relation.oid, |relation| {
                    relation
                        .constraints
                        .change(|all| all.iter_mut().filter(|one| one.name == *from).for_each(|one| one.name.clone_from(to)));
                });
            }
            _ => {}
        }
    }

    /// `SET`, and `RESET` with no values. What `RESET ALL` and `DISCARD ALL` forget has no name.
    fn set(&mut self, name: &str, values: &[String], local: bool) {
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "" => self.state.set(local, |session| *session = Session { role: session.role.clone(), ..Session::default() }),
            "timezone" => {
                let utc =
                    values.first().map(|zone| matches!(zone.to_ascii_lowercase().as_str(), "utc" | "etc/utc" | "gmt" | "etc/gmt" | "zulu"));
                self.state.set(local, |session| session.utc = utc);
            }
            "search_path" => {
                let path = (!values.is_empty()).then(|| values.to_vec());
                self.volatilities.get_mut().forget_names();
                // What was made where the old one said is not found by the new one, as far as is known.
                self.state.uncreate_unqualified();
                self.state.set(local, |session| session.search_path = path);
            }
            "role" => {
                let role = values.first().map(|role| if role.eq_ignore_ascii_case("none") { String::new() } else { role.clone() });
                self.state.set(local, |session| session.role = role);
            }
            // Outside a transaction block SET LOCAL does nothing. (Names are looked up as if a tool had opened one.)
            "lock_timeout" if local && !self.past.in_block() => {}
            _ => {
                let value = (!values.is_empty()).then(|| values.join(", "));
                self.state.set(local, |session| match value {
                    Some(value) => _ = session.values.insert(name, value),
                    None => _ = session.values.remove(&name),
                });
            }
        }
    }
}

/// Whether a statement with this tag makes a table that is filled from a query.
fn makes_table(tag: &str) -> bool {
    matches!(tag, "CREATE TABLE AS" | "SELECT INTO" | "SELECT")
}

/// What says that these columns are not null, as the catalogs would print it; `None` for no column.
pub(super) fn proof(columns: &[String]) -> Option<String> {
    let parts: Vec<String> = columns.iter().map(|column| format!("{} IS NOT NULL", quote::ident(column))).collect();
    (!parts.is_empty()).then(|| parts.join(" AND "))
}
