//! A catalog made by hand, for tests of rules and effects.

mod details;
mod examples;
mod moment;
mod types;

use std::collections::HashMap;

pub use examples::examples;
use moment::Moment;
pub use moment::idle;

use crate::catalog::*;
use crate::finding::Risk;
use crate::ir::{QualifiedName, TypeName};
use crate::lock::LockMode;

/// A database that exists only in memory.
#[derive(Debug, Clone, Default)]
pub struct TestCatalog {
    major: u32,
    utc: bool,
    next: Oid,
    relations: HashMap<Oid, Relation>,
    functions: Vec<(String, usize, Function)>,
    operators: Vec<(String, Function)>,
    domains: HashMap<String, Type>,
    views: Vec<(Oid, Option<String>, Oid)>,
    unlogged: Vec<Oid>,
    statistics: HashMap<String, Oid>,
    small_table: u64,
    policies: HashMap<(String, Option<Oid>), Policy>,
    details: details::Details,
    moment: Moment,
    /// Composite types (as relations) and the tables OF them.
    typed: Vec<(Oid, Oid)>,
    keys: HashMap<Oid, PartitionKey>,
}

impl TestCatalog {
    /// An empty database of PostgreSQL 18, its time zone not UTC, with the functions of [`types::functions`].
    pub fn new() -> Self {
        Self { major: 18, next: 100_000, functions: types::functions(), ..Self::default() }
    }

    pub fn set_major(&mut self, major: u32) -> &mut Self {
        self.major = major;
        self
    }

    pub fn major(&self) -> u32 {
        self.major
    }

    pub fn set_utc(&mut self, utc: bool) -> &mut Self {
        self.utc = utc;
        self
    }

    fn new_oid(&mut self) -> Oid {
        self.next += 1;
        self.next
    }

    /// Says by which column a table is partitioned, and how.
    pub fn partition_by(&mut self, table: Oid, strategy: char, column: &str) -> &mut Self {
        self.keys.insert(table, PartitionKey { strategy, columns: Some(vec![column.to_owned()]) });
        self
    }

    /// Makes a table one OF a composite type.
    pub fn of_type(&mut self, composite: Oid, table: Oid) -> &mut Self {
        self.typed.push((composite, table));
        self
    }

    /// Adds a relation in schema `public`, of 8 MB.
    pub fn relation(&mut self, kind: RelationKind, name: &str) -> Oid {
        let oid = self.new_oid();
        let stored = matches!(kind, RelationKind::Table | RelationKind::MaterializedView | RelationKind::Index);
        let relation = Relation {
            oid,
            schema: "public".to_owned(),
            name: name.to_owned(),
            kind,
            temporary: false,
            created_here: false,
            size: if stored { Size::Bytes(8 << 20) } else { Size::Bytes(0) },
            rows: None,
            parents: Vec::new(),
            children: Vec::new(),
            is_partition: false,
            default_partition: None,
            columns: Vec::new(),
            constraints: Vec::new(),
            referenced_by: Vec::new(),
            indexes: Vec::new(),
            index_of: None,
            child_indexes: Vec::new(),
            owned_sequences: Vec::new(),
            access_method: matches!(kind, RelationKind::Table | RelationKind::MaterializedView).then(|| "heap".to_owned()),
        };
        self.relations.insert(oid, relation);
        oid
    }

    /// Adds a table with columns written as in `id bigint not null, note varchar(20)`.
    pub fn table(&mut self, name: &str, columns: &str) -> Oid {
        let oid = self.relation(RelationKind::Table, name);
        self.columns(oid, columns);
        oid
    }

    /// Adds columns.
    pub fn columns(&mut self, oid: Oid, columns: &str) -> &mut Self {
        for text in split(columns) {
            let Some((name, rest)) = text.trim().split_once(' ') else { continue };
            let (type_text, not_null) = match rest.strip_suffix(" not null") {
                Some(type_text) => (type_text, true),
                None => (rest, false),
            };
            let found = self.type_of(type_text);
            let column = Column {
                name: name.to_owned(),
                type_oid: found.as_ref().map_or(0, |found| found.oid),
                typmod: found.as_ref().map_or(-1, |found| found.typmod),
                not_null,
                has_default: false,
                identity: false,
                generated: None,
                collation: found.as_ref().map_or(0, |found| found.collation),
            };
            self.change(oid, |relation| relation.columns.push(column.clone()));
        }
        self
    }

    fn type_of(&self, text: &str) -> Option<Type> {
        let (name, modifiers) = match text.split_once('(') {
            Some((name, rest)) => {
                let digits = rest.trim_end_matches(')').split(',');
                (name, digits.filter_map(|digit| digit.trim().parse().ok()).collect())
            }
            None => (text, Vec::new()),
        };
        let (name, array) = name.strip_suffix("[]").map_or((name, false), |name| (name, true));
        self.resolve_type(&TypeName { schema: None, name: types::internal(name.trim()).to_owned(), modifiers, array })
    }

    /// Changes a relation by hand.
    pub fn change(&mut self, oid: Oid, change: impl Fn(&mut Relation)) -> &mut Self {
        self.relations.get_mut(&oid).into_iter().for_each(change);
        self
    }

    /// Adds an index on columns; a primary key is also a constraint.
    pub fn index(&mut self, table: Oid, name: &str, columns: &[&str], unique: bool, primary: bool) -> Oid {
        let oid = self.relation(RelationKind::Index, name);
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let index = Index {
            oid,
            name: name.to_owned(),
            unique,
            primary,
            valid: true,
            columns: columns.clone(),
            expression_columns: Vec::new(),
            partial_or_expression: false,
        };
        self.change(oid, |relation| relation.index_of = Some(table));
        self.change(table, |relation| relation.indexes.push(index.clone()));
        if primary {
            self.change(table, |relation| {
                let key = constraint(name, ConstraintKind::PrimaryKey, &columns);
                relation.constraints.push(Constraint { index: Some(oid), ..key });
                relation.columns.iter_mut().filter(|column| columns.contains(&column.name)).for_each(|column| column.not_null = true);
            });
        }
        oid
    }

    /// Adds a CHECK.
    pub fn check(&mut self, table: Oid, name: &str, columns: &[&str], expression: &str, validated: bool) -> &mut Self {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let check = Constraint { validated, expression: Some(expression.to_owned()), ..constraint(name, ConstraintKind::Check, &columns) };
        self.change(table, |relation| relation.constraints.push(check.clone()))
    }

    /// Adds a foreign key.
    pub fn foreign_key(&mut self, table: Oid, name: &str, column: &str, referenced: Oid, key: &str, validated: bool) -> &mut Self {
        let reference = ForeignKeyRef { constraint: name.to_owned(), table, validated, columns: vec![key.to_owned()] };
        let own =
            Constraint { validated, references: Some(referenced), ..constraint(name, ConstraintKind::ForeignKey, &[column.to_owned()]) };
        self.change(table, |relation| relation.constraints.push(own.clone()));
        self.change(referenced, |relation| relation.referenced_by.push(reference.clone()))
    }

    /// Puts a table under another, as partition or as inheritance child.
    pub fn child(&mut self, parent: Oid, child: Oid, partition: bool, default: bool) -> &mut Self {
        self.change(child, |relation| {
            relation.parents.push(parent);
            relation.is_partition = partition;
        });
        self.change(parent, |relation| {
            relation.children.push(child);
            if default {
                relation.default_partition = Some(child);
            }
        })
    }

    /// Adds a view that depends on columns of a table.
    pub fn view(&mut self, kind: RelationKind, name: &str, table: Oid, columns: &[&str]) -> Oid {
        let oid = self.relation(kind, name);
        self.views.push((table, None, oid));
        self.views.extend(columns.iter().map(|column| (table, Some((*column).to_owned()), oid)));
        oid
    }

    /// Takes all views away.
    pub fn drop_views(&mut self) -> &mut Self {
        for (_, _, view) in std::mem::take(&mut self.views) {
            self.relations.remove(&view);
        }
        self
    }

    pub fn set_unlogged(&mut self, table: Oid) -> &mut Self {
        self.unlogged.push(table);
        self
    }

    /// Adds extended statistics.
    pub fn statistics(&mut self, name: &str, table: Oid) -> &mut Self {
        self.statistics.insert(name.to_owned(), table);
        self
    }

    /// Adds a function.
    pub fn function(&mut self, name: &str, arguments: usize, volatility: Volatility, body: Option<&str>) -> &mut Self {
        let oid = self.new_oid();
        self.functions.push((name.to_owned(), arguments, Function { oid, volatility, inlinable_body: body.map(str::to_owned) }));
        self
    }

    /// Adds an operator; names that were not added mean built-in ones.
    pub fn operator(&mut self, name: &str, volatility: Volatility, body: Option<&str>) -> &mut Self {
        let oid = self.new_oid();
        self.operators.push((name.to_owned(), Function { oid, volatility, inlinable_body: body.map(str::to_owned) }));
        self
    }

    /// Adds a domain over a type that is none.
    pub fn domain(&mut self, name: &str, base: &str, constrained: bool) -> &mut Self {
        self.domain_with_default(name, base, constrained, None)
    }

    /// Adds a domain with a default.
    pub fn domain_with_default(&mut self, name: &str, base: &str, constrained: bool, default: Option<&str>) -> &mut Self {
        let oid = self.new_oid();
        if let Some(found) = self.type_of(base) {
            let default = default.map(str::to_owned);
            let domain = Domain { base: found.oid, base_typmod: found.typmod, constrained, default };
            let made = Type { oid, name: name.to_owned(), typmod: -1, domain: Some(domain), element: None, collation: found.collation };
            self.domains.insert(name.to_owned(), made);
        }
        self
    }

    /// Adds a type that is nothing but itself, for instance an enum.
    pub fn new_type(&mut self, name: &str) -> &mut Self {
        let oid = self.new_oid();
        let made = Type { oid, name: name.to_owned(), typmod: -1, domain: None, element: None, collation: 0 };
        self.domains.insert(name.to_owned(), made);
        self
    }

    /// Sets the size below which a table is small.
    pub fn set_small_table(&mut self, bytes: u64) -> &mut Self {
        self.small_table = bytes;
        self
    }

    /// Sets a rule's policy, for a relation or for all; a risk of `None` switches it off.
    pub fn set_policy(&mut self, rule: &str, relation: Option<Oid>, risk: Option<Risk>, reason: &str) -> &mut Self {
        self.policies.insert((rule.to_owned(), relation), Policy { risk, reason: reason.to_owned() });
        self
    }

    /// The relation of this name.
    pub fn oid(&self, name: &str) -> Option<Oid> {
        self.relations.values().find(|relation| relation.name == name).map(|relation| relation.oid)
    }
}

fn constraint(name: &str, kind: ConstraintKind, columns: &[String]) -> Constraint {
    Constraint {
        name: name.to_owned(),
        kind,
        validated: true,
        no_inherit: false,
        columns: columns.to_vec(),
        expression: None,
        references: None,
        index: None,
    }
}

/// Splits at the commas that are not inside parentheses.
fn split(columns: &str) -> Vec<&str> {
    let mut depth = 0;
    let cut = move |letter: char| {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        letter == ',' && depth == 0
    };
    columns.split(cut).collect()
}

impl Catalog for TestCatalog {
    fn major_version(&self) -> u32 {
        self.major
    }

    fn relation(&self, name: &QualifiedName) -> Option<Oid> {
        let schema = name.schema.as_deref().unwrap_or("public");
        self.relations.values().find(|relation| relation.name == name.name && relation.schema == schema).map(|relation| relation.oid)
    }

    fn describe(&self, relation: Oid) -> Option<Relation> {
        self.relations.get(&relation).cloned()
    }

    fn resolve_type(&self, name: &TypeName) -> Option<Type> {
        match self.domains.get(&name.name).cloned() {
            Some(found) if name.array => Some(Type { oid: found.oid + 10_000, domain: None, element: Some(found.oid), ..found }),
            Some(found) => Some(found),
            None => types::builtin(name),
        }
    }

    fn cast(&self, from: Oid, to: Oid) -> Cast {
        let domain = self.domains.values().find(|known| known.oid == from).and_then(|known| known.domain.as_ref());
        let from = domain.map_or(from, |domain| domain.base);
        types::cast(from, to)
    }

    fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function> {
        let matching = self.functions.iter().filter(|(known, count, _)| *known == name.name && *count == arguments);
        matching.map(|(_, _, function)| function.clone()).collect()
    }

    fn operators(&self, name: &QualifiedName) -> Vec<Function> {
        let matching: Vec<_> =
            self.operators.iter().filter(|(known, _)| *known == name.name).map(|(_, function)| function.clone()).collect();
        if matching.is_empty() { types::operators() } else { matching }
    }

    fn schema_exists(&self, schema: &str) -> bool {
        schema == "public" || self.relations.values().any(|relation| relation.schema == schema)
    }

    fn dependent_views(&self, relation: Oid, column: Option<&str>) -> Vec<Oid> {
        self.views.iter().filter(|(table, of, _)| *table == relation && of.as_deref() == column).map(|(_, _, view)| *view).collect()
    }

    fn relations_in_schema(&self, schema: &str) -> Vec<Oid> {
        let inside = self.relations.values().filter(|relation| relation.schema == schema && relation.kind != RelationKind::Index);
        inside.map(|relation| relation.oid).collect()
    }

    fn setting(&self, name: &str) -> Option<String> {
        self.moment.settings.get(name).cloned()
    }

    fn time_zone_is_utc(&self) -> bool {
        self.utc
    }

    fn unlogged(&self, relation: Oid) -> Option<bool> {
        Some(self.unlogged.contains(&relation))
    }

    fn tablespace(&self, _relation: Oid) -> Option<String> {
        Some("pg_default".to_owned())
    }

    fn relations_using_type(&self, type_oid: Oid) -> Option<Vec<Oid>> {
        let uses = |relation: &&Relation| relation.columns.iter().any(|column| column.type_oid == type_oid);
        Some(self.relations.values().filter(uses).map(|relation| relation.oid).collect())
    }

    fn statistics_relation(&self, name: &QualifiedName) -> Option<Oid> {
        self.statistics.get(&name.name).copied()
    }

    fn small_table(&self) -> u64 {
        self.small_table
    }

    fn policy(&self, rule: &str, relation: Option<Oid>) -> Option<Policy> {
        let of = |relation: Option<Oid>| self.policies.get(&(rule.to_owned(), relation)).cloned();
        relation.and_then(|relation| of(Some(relation))).or_else(|| of(None))
    }

    fn column_numbers(&self, relation: Oid) -> Option<u32> {
        self.details.column_numbers.get(&relation).copied()
    }

    fn table_facts(&self, relation: Oid) -> Option<TableFacts> {
        self.details.facts.get(&relation).cloned()
    }

    fn index_shape(&self, index: Oid) -> Option<IndexShape> {
        let known = || self.relations.values().flat_map(|relation| &relation.indexes).find(|one| one.oid == index);
        self.details.shapes.get(&index).cloned().or_else(|| {
            let known = known()?;
            Some(IndexShape { method: "btree".to_owned(), keys: known.columns.clone(), plain: !known.partial_or_expression })
        })
    }

    fn index_scans(&self, index: Oid) -> Option<u64> {
        self.details.index_scans.get(&index).copied()
    }

    fn column_statistics(&self, relation: Oid, column: &str) -> Option<ColumnStatistics> {
        self.details.statistics.get(&(relation, column.to_owned())).copied()
    }

    fn column_dependents(&self, relation: Oid, column: &str) -> Option<Vec<Dependent>> {
        Some(self.details.dependents.get(&(relation, column.to_owned())).cloned().unwrap_or_default())
    }

    fn in_transaction_block(&self) -> Option<bool> {
        Some(self.moment.in_block)
    }

    fn held_locks(&self) -> Vec<(Oid, LockMode)> {
        self.moment.held.clone()
    }

    fn lock_holders(&self, relation: Oid, mode: LockMode) -> Vec<Activity> {
        self.moment.conflicting(relation, mode)
    }

    fn old_snapshots(&self, table: Oid) -> Vec<Activity> {
        self.moment.snapshots.get(&table).cloned().unwrap_or_default()
    }

    fn replication(&self, table: Oid) -> Option<Replication> {
        self.moment.replicated.get(&table).copied()
    }

    fn lock_slots(&self) -> Option<u64> {
        self.moment.lock_slots
    }

    fn running_job(&self, table: Oid) -> Option<i64> {
        self.moment.jobs.get(&table).copied()
    }

    fn owns(&self, relation: Oid) -> Option<bool> {
        Some(!self.moment.foreign.contains_key(&relation))
    }

    fn may_drop(&self, relation: Oid) -> Option<bool> {
        self.owns(relation)
    }

    fn current_schema(&self) -> Option<String> {
        Some("public".to_owned())
    }

    fn owner(&self, relation: Oid) -> Option<String> {
        Some(self.moment.foreign.get(&relation).cloned().unwrap_or_else(|| "me".to_owned()))
    }

    fn dependents(&self, relation: Oid) -> Option<Dependents> {
        self.moment.dependents.get(&relation).cloned()
    }

    fn owned_by(&self, role: &str) -> Option<Dependents> {
        self.moment.owned.get(role).cloned()
    }

    fn policies(&self, table: Oid) -> Option<usize> {
        Some(self.moment.policies.get(&table).copied().unwrap_or(0))
    }

    fn is_populated(&self, view: Oid) -> Option<bool> {
        Some(!self.moment.unpopulated.contains(&view))
    }

    fn detach_pending(&self, parent: Oid) -> Option<Oid> {
        self.moment.pending.get(&parent).copied()
    }

    fn is_published(&self, table: Oid) -> Option<bool> {
        Some(self.moment.published.contains(&table))
    }

    fn sequence_users(&self, sequence: Oid) -> Option<Vec<Oid>> {
        Some(self.moment.sequence_users.get(&sequence).cloned().unwrap_or_default())
    }

    fn all_tables(&self) -> Option<Vec<Oid>> {
        let stored = |relation: &&Relation| {
            matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable | RelationKind::MaterializedView)
        };
        Some(self.relations.values().filter(stored).map(|relation| relation.oid).collect())
    }

    fn partition_key(&self, relation: Oid) -> Option<PartitionKey> {
        self.keys.get(&relation).cloned()
    }

    fn tables_of_type(&self, composite: Oid) -> Option<Vec<Oid>> {
        Some(self.typed.iter().filter(|(of, _)| *of == composite).map(|(_, table)| *table).collect())
    }
}
