//! What a text has done so far: the catalog as the next statement of the same text will find it.
//!
//! A relation created by the text is new: nobody else uses it, so nothing done to it disturbs. Relations that the text renames, drops or gives
//! columns and constraints are answered for as they are by then. This is a sketch, not a simulator: what it does not know it leaves alone.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::catalog::{Catalog, Column, Constraint, ConstraintKind, ForeignKeyRef, Index, Oid, Relation, Type};
use crate::ir::{Action, ConstraintDef, CreateIndex, Dropped, Kind, New, QualifiedName, Renamed, Statement, TypeName};

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
    /// Made by an earlier statement; whether it is a domain with constraints.
    New {
        constrained: bool,
    },
    Missing,
}

/// The catalog, and what earlier statements of the text changed.
pub struct Script<'a> {
    base: &'a dyn Catalog,
    relations: RefCell<HashMap<Oid, Option<Rc<Relation>>>>,
    created: HashSet<QualifiedName>,
    renamed: HashMap<Oid, QualifiedName>,
    gone: HashSet<Oid>,
    types: HashMap<QualifiedName, bool>,
    utc: Option<bool>,
    search_path: Option<Vec<String>>,
}

impl<'a> Script<'a> {
    pub fn new(base: &'a dyn Catalog) -> Self {
        Self {
            base,
            relations: RefCell::default(),
            created: HashSet::new(),
            renamed: HashMap::new(),
            gone: HashSet::new(),
            types: HashMap::new(),
            utc: None,
            search_path: None,
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
        self.utc.unwrap_or_else(|| self.base.time_zone_is_utc())
    }

    /// What a name means to the next statement.
    pub fn find(&self, name: &QualifiedName) -> Found {
        if let Some((oid, _)) = self.renamed.iter().find(|(_, new)| same_name(new, name)) {
            return self.get(*oid).map_or(Found::Missing, Found::Existing);
        }
        if self.created.contains(name) {
            return Found::New;
        }
        if let Some(relation) = self.base_lookup(name).filter(|oid| !self.renamed.contains_key(oid)).and_then(|oid| self.get(oid)) {
            return Found::Existing(relation);
        }
        if self.created.iter().any(|created| same_name(created, name)) { Found::New } else { Found::Missing }
    }

    fn base_lookup(&self, name: &QualifiedName) -> Option<Oid> {
        match (&name.schema, &self.search_path) {
            (None, Some(path)) => path.iter().find_map(|schema| {
                let qualified = QualifiedName { schema: Some(schema.clone()), name: name.name.clone() };
                self.base.relation(&qualified)
            }),
            _ => self.base.relation(name),
        }
    }

    /// A relation as the next statement finds it.
    pub fn get(&self, oid: Oid) -> Option<Rc<Relation>> {
        if self.gone.contains(&oid) {
            return None;
        }
        if let Some(known) = self.relations.borrow().get(&oid) {
            return known.clone();
        }
        let relation = self.base.describe(oid).map(Rc::new);
        self.relations.borrow_mut().insert(oid, relation.clone());
        relation
    }

    pub fn find_type(&self, name: &TypeName) -> FoundType {
        let plain = QualifiedName { schema: name.schema.clone(), name: name.name.clone() };
        if let Some((_, constrained)) = self.types.iter().find(|(new, _)| same_name(new, &plain)) {
            return FoundType::New { constrained: *constrained && !name.array };
        }
        self.base.resolve_type(name).map_or(FoundType::Missing, FoundType::Existing)
    }

    /// Takes note of a statement, for those after it.
    pub fn apply(&mut self, statement: &Statement) {
        match &statement.kind {
            Kind::CreateTable(table) if !(table.if_not_exists && matches!(self.find(&table.name), Found::Existing(_))) => {
                self.created.insert(table.name.clone());
            }
            Kind::CreateView { name, replace } if !(*replace && matches!(self.find(name), Found::Existing(_))) => {
                self.created.insert(name.clone());
            }
            Kind::CreateIndex(index) => self.index(index),
            Kind::Create(New::Relation(name)) => {
                self.created.insert(name.clone());
            }
            Kind::Create(New::Type(name)) => {
                self.types.insert(name.clone(), false);
            }
            Kind::Create(New::Domain { name, constrained }) => {
                self.types.insert(name.clone(), *constrained);
            }
            Kind::Drop(drop) => match &drop.what {
                Dropped::Relations(names) | Dropped::Indexes(names) => names.iter().for_each(|name| self.forget(name)),
                Dropped::Schemas(names) => {
                    self.gone.extend(names.iter().flat_map(|schema| self.base.relations_in_schema(schema)));
                    self.created.retain(|created| !created.schema.as_ref().is_some_and(|schema| names.contains(schema)));
                }
                Dropped::Statistics(_) | Dropped::Called(..) => {}
            },
            Kind::Rename(rename) => self.rename(&rename.target.name, &rename.what),
            Kind::AlterTable(alter) => {
                if let Found::Existing(relation) = self.find(&alter.target.name) {
                    self.alter(&relation, &alter.actions);
                }
            }
            Kind::SetVariable { name, values } => self.set(name, values),
            _ => {}
        }
    }

    fn index(&mut self, create: &CreateIndex) {
        let Some(name) = &create.name else { return };
        let mut schema = create.table.name.schema.clone();
        if let (Found::Existing(table), Some(columns)) = (self.find(&create.table.name), &create.columns) {
            schema = Some(table.schema.clone());
            let index = Index {
                oid: 0,
                name: name.clone(),
                unique: create.unique,
                primary: false,
                valid: true,
                columns: columns.clone(),
                expression_columns: Vec::new(),
                partial_or_expression: false,
            };
            self.patch(table.oid, |relation| relation.indexes.push(index.clone()));
        }
        self.created.insert(QualifiedName { schema, name: name.clone() });
    }

    fn forget(&mut self, name: &QualifiedName) {
        match self.find(name) {
            Found::Existing(relation) => {
                self.gone.insert(relation.oid);
            }
            _ => self.created.retain(|created| !same_name(created, name)),
        }
    }

    fn rename(&mut self, name: &QualifiedName, what: &Renamed) {
        let found = self.find(name);
        match (what, found) {
            (Renamed::Relation { to }, Found::Existing(relation)) => {
                self.renamed.insert(relation.oid, QualifiedName { schema: Some(relation.schema.clone()), name: to.clone() });
                self.patch(relation.oid, |relation| relation.name.clone_from(to));
            }
            (Renamed::Schema { to }, Found::Existing(relation)) => {
                self.renamed.insert(relation.oid, QualifiedName { schema: Some(to.clone()), name: relation.name.clone() });
                self.patch(relation.oid, |relation| relation.schema.clone_from(to));
            }
            (Renamed::Relation { to }, Found::New) => {
                self.created.retain(|created| !same_name(created, name));
                self.created.insert(QualifiedName { schema: name.schema.clone(), name: to.clone() });
            }
            (Renamed::Schema { to }, Found::New) => {
                self.created.retain(|created| !same_name(created, name));
                self.created.insert(QualifiedName { schema: Some(to.clone()), name: name.name.clone() });
            }
            (Renamed::Column { from, to }, Found::Existing(relation)) => {
                self.patch_tree(&relation, |relation| {
                    relation.columns.iter_mut().filter(|column| column.name == *from).for_each(|column| column.name.clone_from(to));
                });
            }
            (Renamed::Constraint { from, to }, Found::Existing(relation)) => {
                self.patch_tree(&relation, |relation| {
                    relation.constraints.iter_mut().filter(|one| one.name == *from).for_each(|one| one.name.clone_from(to));
                });
            }
            _ => {}
        }
    }

    fn set(&mut self, name: &str, values: &[String]) {
        if name.eq_ignore_ascii_case("timezone") {
            self.utc =
                values.first().map(|zone| matches!(zone.to_ascii_lowercase().as_str(), "utc" | "etc/utc" | "gmt" | "etc/gmt" | "zulu"));
        } else if name.eq_ignore_ascii_case("search_path") {
            self.search_path = (!values.is_empty()).then(|| values.to_vec());
        }
    }

    fn alter(&mut self, relation: &Rc<Relation>, actions: &[Action]) {
        for action in actions {
            match action {
                Action::AddColumn { column, .. } => {
                    let added = Column {
                        name: column.name.clone(),
                        type_oid: 0,
                        typmod: -1,
                        not_null: column.not_null || column.identity,
                        has_default: column.default.is_some(),
                        identity: column.identity,
                        generated: None,
                        collation: 0,
                    };
                    self.patch_tree(relation, |relation| {
                        if !relation.columns.iter().any(|known| known.name == added.name) {
                            relation.columns.push(added.clone());
                        }
                    });
                    column.constraints.iter().for_each(|constraint| self.constrain(relation, constraint));
                }
                Action::DropColumn { name, .. } => self.patch_tree(relation, |relation| {
                    relation.columns.retain(|column| column.name != *name);
                    relation.constraints.retain(|constraint| !constraint.columns.contains(name));
                }),
                Action::SetNotNull { column } | Action::DropNotNull { column } => {
                    let not_null = matches!(action, Action::SetNotNull { .. });
                    self.patch_tree(relation, |relation| {
                        relation.columns.iter_mut().filter(|known| known.name == *column).for_each(|known| known.not_null = not_null);
                        relation.constraints.retain(|one| one.kind != ConstraintKind::NotNull || !one.columns.contains(column));
                    });
                }
                Action::AddConstraint(constraint) => self.constrain(relation, constraint),
                Action::ValidateConstraint { name } => self.patch_tree(relation, |relation| {
                    relation.constraints.iter_mut().filter(|one| one.name == *name).for_each(|one| one.validated = true);
                }),
                Action::DropConstraint { name, .. } => {
                    self.patch_tree(relation, |relation| relation.constraints.retain(|one| one.name != *name))
                }
                _ => {}
            }
        }
    }

    fn constrain(&mut self, relation: &Rc<Relation>, definition: &ConstraintDef) {
        let references = definition.references.as_ref().and_then(|name| match self.find(name) {
            Found::Existing(referenced) => Some(referenced.oid),
            _ => None,
        });
        let proof: Vec<String> = definition.proves.iter().map(|column| format!("{} IS NOT NULL", crate::quote::ident(column))).collect();
        let added = Constraint {
            name: definition.name.clone().unwrap_or_default(),
            kind: definition.kind,
            validated: !definition.not_valid && definition.enforced,
            columns: definition.columns.clone(),
            expression: (!proof.is_empty()).then(|| proof.join(" AND ")),
            references,
            index: None,
        };
        self.patch_tree(relation, |relation| {
            if matches!(definition.kind, ConstraintKind::NotNull | ConstraintKind::PrimaryKey) {
                let keys = &definition.columns;
                relation.columns.iter_mut().filter(|column| keys.contains(&column.name)).for_each(|column| column.not_null = true);
            }
            relation.constraints.push(added.clone());
        });
        if let Some(oid) = references {
            let reference = ForeignKeyRef { constraint: added.name, table: relation.oid, validated: added.validated, columns: Vec::new() };
            self.patch(oid, |referenced| referenced.referenced_by.push(reference.clone()));
        }
    }

    fn patch_tree(&mut self, relation: &Rc<Relation>, change: impl Fn(&mut Relation)) {
        let mut waiting = vec![relation.oid];
        let mut seen = HashSet::new();
        while let Some(oid) = waiting.pop() {
            if seen.insert(oid) {
                waiting.extend(self.get(oid).map(|relation| relation.children.clone()).unwrap_or_default());
                self.patch(oid, &change);
            }
        }
    }

    fn patch(&mut self, oid: Oid, change: impl Fn(&mut Relation)) {
        if let Some(mut relation) = self.get(oid) {
            change(Rc::make_mut(&mut relation));
            self.relations.borrow_mut().insert(oid, Some(relation));
        }
    }
}

/// Equal, or equal in the last part where one of them has no schema.
fn same_name(one: &QualifiedName, other: &QualifiedName) -> bool {
    one.name == other.name && (one.schema == other.schema || one.schema.is_none() || other.schema.is_none())
}
