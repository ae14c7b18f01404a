//! What an `ALTER TABLE` leaves behind for later statements: columns and their types, constraints and what they prove, partitions.

use std::collections::HashSet;
use std::rc::Rc;

use super::apply::proof;
use super::{FoundType, Script};
use crate::catalog::{Column, Constraint, ConstraintKind, ForeignKeyRef, Generated, Index, Lazy, Oid, Relation};
use crate::effects::{is_serial, serial_type};
use crate::ir::{Action, AlterTable, Bound, ColumnDef, ConstraintDef, IdentityChange, TypeName, WrittenBound};
use crate::{chosen, parse};

/// How far a change reaches.
type Reach = bool;
const TREE: Reach = true;
pub(super) const SELF: Reach = false;

/// The server adds no more columns than that (MaxHeapAttributeNumber): a text that tries is not to make every later statement slower.
const COLUMNS: usize = 1600;

impl Script<'_> {
    pub(super) fn alter(&mut self, relation: Oid, alter: &AlterTable) {
        let reach = if alter.target.only { SELF } else { TREE };
        for action in &alter.actions {
            if self.base.interrupted() {
                return;
            }
            self.action(relation, action, reach);
        }
    }

    fn action(&mut self, relation: Oid, action: &Action, reach: Reach) {
        match action {
            Action::AddColumn { column, .. } => {
                if self.get(relation).is_some_and(|relation| relation.columns.iter().any(|known| known.name == column.name)) {
                    return;
                }
                let added = self.column(column);
                self.patch_reach(relation, reach, |relation| {
                    if relation.columns.len() < COLUMNS && !relation.columns.iter().any(|known| known.name == added.name) {
                        relation.columns.push(added.clone());
                    }
                });
                column.constraints.iter().for_each(|constraint| self.constrain(relation, constraint, reach));
            }
            Action::DropColumn { name, .. } => self.patch_reach(relation, reach, |relation| {
                relation.columns.retain(|column| column.name != *name);
                relation.constraints.change(|all| all.retain(|constraint| !constraint.columns.contains(name)));
                relation
                    .indexes
                    .change(|all| all.retain(|index| !index.columns.contains(name) && !index.expression_columns.contains(name)));
            }),
            Action::AlterType { column, to, collation, .. } => {
                let (type_oid, typmod, own) = self.stored_type(to);
                let collation = collation.as_ref().map_or(Some(own), |name| self.collation(name)).unwrap_or(0);
                self.patch_reach(relation, reach, |relation| {
                    for known in relation.columns.iter_mut().filter(|known| known.name == *column) {
                        (known.type_oid, known.typmod, known.collation) = (type_oid, typmod, collation);
                    }
                });
            }
            Action::SetNotNull { column } | Action::DropNotNull { column } => {
                let not_null = matches!(action, Action::SetNotNull { .. });
                self.patch_reach(relation, reach, |relation| {
                    relation.columns.iter_mut().filter(|known| known.name == *column).for_each(|known| known.not_null = not_null);
                    relation
                        .constraints
                        .change(|all| all.retain(|one| one.kind != ConstraintKind::NotNull || !one.columns.contains(column)));
                });
            }
            Action::SetDefault { column, dropped } => self.patch_reach(relation, reach, |relation| {
                relation.columns.iter_mut().filter(|known| known.name == *column).for_each(|known| known.has_default = !dropped);
            }),
            Action::Identity { column, change } => {
                let identity = *change != IdentityChange::Drop;
                self.patch_reach(relation, reach, |relation| {
                    relation.columns.iter_mut().filter(|known| known.name == *column).for_each(|known| known.identity = identity);
                });
            }
            Action::DropExpression { column } => self.patch_reach(relation, reach, |relation| {
                relation.columns.iter_mut().filter(|known| known.name == *column).for_each(|known| known.generated = None);
            }),
            Action::AddConstraint(constraint) => self.constrain(relation, constraint, reach),
            Action::ValidateConstraint { name } => {
                let alone = self.get(relation).is_some_and(|known| known.constraints.iter().any(|one| one.name == *name && one.no_inherit));
                self.patch_reach(relation, reach && !alone, |relation| {
                    relation.constraints.change(|all| all.iter_mut().filter(|one| one.name == *name).for_each(|one| one.validated = true));
                });
            }
            Action::DropConstraint { name, .. } => self.patch_reach(relation, reach, |relation| drop_constraint(relation, name)),
            Action::AttachPartition { partition, bound } => {
                if let Some(child) = self.known(partition) {
                    self.attach(relation, child.oid, Some(bound));
                }
            }
            Action::Inherit { parent } => {
                if let Some(parent) = self.known(parent) {
                    self.attach(parent.oid, relation, None);
                }
            }
            Action::DetachPartition { partition, .. } => {
                let Some(child) = self.known(partition) else { return };
                self.part(relation, child.oid);
                self.patch(child.oid, |child| child.is_partition = false);
            }
            Action::SetAccessMethod { name } => {
                let name = name.clone().or_else(|| self.setting("default_table_access_method"));
                self.patch(relation, |relation| relation.access_method.clone_from(&name));
            }
            Action::SetTablespace { name } => self.state.change_storage(relation, |storage| storage.tablespace = Some(name.clone())),
            Action::SetLogged { logged } => self.state.change_storage(relation, |storage| storage.unlogged = Some(!logged)),
            Action::SetExpression { .. } | Action::AlterConstraint { .. } | Action::SetOptions { .. } | Action::Simple { .. } => {}
        }
    }

    /// A new column as the catalogs will show it.
    pub(super) fn column(&self, definition: &ColumnDef) -> Column {
        let (type_oid, typmod, collation) = match is_serial(definition) {
            true => (serial_type(&definition.type_name), -1, 0),
            false => self.stored_type(&definition.type_name),
        };
        Column {
            name: definition.name.clone(),
            type_oid,
            typmod,
            not_null: definition.not_null || definition.identity || is_serial(definition),
            has_default: definition.default.is_some() || is_serial(definition),
            identity: definition.identity,
            generated: definition.generated.map(|stored| Generated { stored, reads: Lazy::default() }),
            collation,
        }
    }

    /// Type, modifier and collation of a column of this type; type 0 for one that the text made.
    fn stored_type(&self, name: &TypeName) -> (Oid, i32, Oid) {
        match self.find_type(name) {
            FoundType::Existing(found) => (found.oid, found.typmod, found.collation),
            FoundType::New { .. } | FoundType::Missing => (0, -1, 0),
        }
    }

    pub(super) fn constrain(&mut self, relation: Oid, definition: &ConstraintDef, reach: Reach) {
        let references = definition.references.as_ref().and_then(|name| self.known(name)).map(|referenced| referenced.oid);
        let known = self.get(relation);
        let taken =
            definition.using_index.as_ref().and_then(|name| known.as_ref()?.indexes.iter().find(|index| index.name == *name).cloned());
        let added = Constraint {
            name: known.as_ref().map(|known| chosen::constraint(self, known, definition)).unwrap_or_default(),
            kind: definition.kind,
            validated: !definition.not_valid && definition.enforced,
            no_inherit: definition.no_inherit,
            columns: taken.as_ref().map_or_else(|| definition.columns.clone(), |index| index.columns.clone()),
            expression: proof(&definition.proves).into(),
            references,
            index: taken.map(|index| index.oid),
        };
        // what is held is copied when it changes
        drop(known);
        self.patch_reach(relation, reach && !definition.no_inherit, |relation| {
            if matches!(definition.kind, ConstraintKind::NotNull | ConstraintKind::PrimaryKey) {
                let keys = &definition.columns;
                relation.columns.iter_mut().filter(|column| keys.contains(&column.name)).for_each(|column| column.not_null = true);
            }
            if is_key(definition.kind) && definition.using_index.is_none() {
                relation.indexes.change(|all| all.push(index_of(&added)));
            }
            relation.constraints.change(|all| all.push(added.clone()));
        });
        if let Some(referenced) = references {
            self.refer(relation, &added, referenced, &definition.referenced_columns);
        }
    }

    /// A table has a foreign key to another, which knows of it.
    pub(super) fn refer(&mut self, table: Oid, key: &Constraint, referenced: Oid, columns: &[String]) {
        let primary =
            |of: Rc<Relation>| of.constraints.iter().find(|one| one.kind == ConstraintKind::PrimaryKey).map(|one| one.columns.clone());
        let columns = if columns.is_empty() { self.get(referenced).and_then(primary).unwrap_or_default() } else { columns.to_vec() };
        let reference = ForeignKeyRef { constraint: key.name.clone(), table, validated: key.validated, columns };
        self.patch(referenced, |referenced| referenced.referenced_by.change(|all| all.push(reference)));
    }

    /// A table comes under another, as its partition or as its child.
    pub(super) fn attach(&mut self, parent: Oid, child: Oid, bound: Option<&WrittenBound>) {
        self.patch(parent, |parent| {
            parent.children.push(child);
            if bound.is_some_and(|bound| bound.bound == Bound::Default) {
                parent.default_partition = Some(child);
            }
        });
        self.patch(child, |child| {
            child.parents.change(|all| all.push(parent));
            child.is_partition = bound.is_some();
        });
    }

    /// A table is no longer under another.
    pub(super) fn part(&mut self, parent: Oid, child: Oid) {
        self.patch(parent, |parent| {
            parent.children.retain(|oid| *oid != child);
            parent.default_partition = parent.default_partition.filter(|oid| *oid != child);
        });
        self.patch(child, |child| child.parents.change(|all| all.retain(|oid| *oid != parent)));
    }

    pub(super) fn rename_column(&mut self, relation: Oid, from: &str, to: &str) {
        let names = |names: &mut [String]| names.iter_mut().filter(|name| *name == from).for_each(|name| to.clone_into(name));
        self.patch_tree(relation, |relation| {
            relation.columns.iter_mut().filter(|column| column.name == from).for_each(|column| to.clone_into(&mut column.name));
            let constraint = |one: &mut Constraint| {
                let mut proved = one.expression.as_deref().map(parse::proves_not_null).unwrap_or_default();
                names(&mut proved);
                one.expression = proof(&proved).into();
                names(&mut one.columns);
            };
            let index = |index: &mut Index| {
                names(&mut index.columns);
                index.expression_columns.change(|columns| names(columns));
            };
            let reads = |one: &&mut Constraint| one.columns.iter().any(|column| column == from);
            relation.constraints.change(|all| all.iter_mut().filter(reads).for_each(constraint));
            relation.indexes.change(|all| all.iter_mut().for_each(index));
            relation.referenced_by.change(|all| all.iter_mut().for_each(|key| names(&mut key.columns)));
        });
    }

    /// A relation and all below it, as they are now.
    pub(super) fn tree(&self, relation: Oid) -> Vec<Rc<Relation>> {
        let (mut waiting, mut seen, mut out) = (vec![relation], HashSet::new(), Vec::new());
        while let Some(oid) = waiting.pop() {
            if let Some(relation) = self.get(oid).filter(|_| seen.insert(oid)) {
                waiting.extend(&relation.children);
                out.push(relation);
            }
        }
        out
    }

    pub(super) fn patch_tree(&mut self, relation: Oid, change: impl Fn(&mut Relation)) {
        self.patch_reach(relation, TREE, change);
    }

    fn patch_reach(&mut self, relation: Oid, reach: Reach, change: impl Fn(&mut Relation)) {
        let members: Vec<Oid> = match reach {
            TREE => self.tree(relation).iter().map(|member| member.oid).collect(),
            SELF => vec![relation],
        };
        members.into_iter().for_each(|oid| self.patch(oid, &change));
    }

    pub(super) fn patch(&mut self, oid: Oid, change: impl FnOnce(&mut Relation)) {
        if self.get(oid).is_some() {
            self.state.patch(oid, change);
        }
    }
}

/// With a NOT NULL constraint goes the mark of its column.
fn drop_constraint(relation: &mut Relation, name: &str) {
    let gone = relation.constraints.iter().filter(|one| one.name == name && one.kind == ConstraintKind::NotNull);
    let columns: Vec<String> = gone.flat_map(|one| one.columns.clone()).collect();
    relation.columns.iter_mut().filter(|column| columns.contains(&column.name)).for_each(|column| column.not_null = false);
    if relation.constraints.iter().any(|one| one.name == name && is_key(one.kind)) {
        relation.indexes.change(|all| all.retain(|index| index.name != name));
    }
    relation.constraints.change(|all| all.retain(|one| one.name != name));
}

fn is_key(kind: ConstraintKind) -> bool {
    matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique)
}

/// The index that the server builds for a key.
fn index_of(key: &Constraint) -> Index {
    Index {
        oid: 0,
        name: key.name.clone(),
        unique: true,
        primary: key.kind == ConstraintKind::PrimaryKey,
        valid: true,
        columns: key.columns.clone(),
        expression_columns: Lazy::default(),
        partial_or_expression: false,
        plain: true,
    }
}
