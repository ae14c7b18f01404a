//! A catalog made by hand, for tests of rules and effects.

mod answers;
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
use crate::ir::TypeName;

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
    queries: Vec<(String, Found)>,
    hung: Vec<(OnTable, Oid, String)>,
    objects: Vec<(Class, String, Oid)>,
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

    /// Says what every query gives that has this text in it.
    pub fn answer(&mut self, part: &str, answer: Found) -> &mut Self {
        self.queries.push((part.to_owned(), answer));
        self
    }

    /// Adds an object of a class; whatever else is asked for is not there then. Gives its oid.
    pub fn object(&mut self, class: Class, name: &str) -> Oid {
        let oid = self.new_oid();
        self.objects.push((class, name.to_owned(), oid));
        oid
    }

    /// Gives a table a trigger, policy or rule; whatever else is asked for is not there then.
    pub fn hang(&mut self, kind: OnTable, table: Oid, name: &str) -> &mut Self {
        self.hung.push((kind, table, name.to_owned()));
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
        let size = if stored { Size::Bytes(8 << 20) } else { Size::Bytes(0) };
        let relation = Relation { size: size.into(), ..Relation::bare(oid, "public".to_owned(), name.to_owned(), kind) };
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
            expression_columns: Lazy::default(),
            partial_or_expression: false,
            plain: false,
        };
        self.change(oid, |relation| relation.index_of = Some(table));
        self.change(table, |relation| relation.indexes.change(|all| all.push(index.clone())));
        if primary {
            self.change(table, |relation| {
                let key = constraint(name, ConstraintKind::PrimaryKey, &columns);
                relation.constraints.change(|all| all.push(Constraint { index: Some(oid), ..key }));
                relation.columns.iter_mut().filter(|column| columns.contains(&column.name)).for_each(|column| column.not_null = true);
            });
        }
        oid
    }

    /// Adds a CHECK.
    pub fn check(&mut self, table: Oid, name: &str, columns: &[&str], expression: &str, validated: bool) -> &mut Self {
        let columns: Vec<String> = columns.iter().map(|&column| column.to_owned()).collect();
        let check =
            Constraint { validated, expression: Some(expression.to_owned()).into(), ..constraint(name, ConstraintKind::Check, &columns) };
        self.change(table, |relation| relation.constraints.change(|all| all.push(check.clone())))
    }

    /// Adds a foreign key.
    pub fn foreign_key(&mut self, table: Oid, name: &str, column: &str, referenced: Oid, key: &str, validated: bool) -> &mut Self {
        let reference = ForeignKeyRef { constraint: name.to_owned(), table, validated, columns: vec![key.to_owned()] };
        let own =
            Constraint { validated, references: Some(referenced), ..constraint(name, ConstraintKind::ForeignKey, &[column.to_owned()]) };
        self.change(table, |relation| relation.constraints.change(|all| all.push(own.clone())));
        self.change(referenced, |relation| relation.referenced_by.change(|keys| keys.push(reference.clone())))
    }

    /// Puts a table under another, as partition or as inheritance child.
    pub fn child(&mut self, parent: Oid, child: Oid, partition: bool, default: bool) -> &mut Self {
        self.change(child, |relation| {
            relation.parents.change(|all| all.push(parent));
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
        expression: Lazy::default(),
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
