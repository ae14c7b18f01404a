//! What the text makes, as the catalogs will describe it: from that follows what later statements do to the tables that it refers to, that it comes under,
//! and that come under it. Nobody else can see it, so that nothing is said of itself.

use std::rc::Rc;

use super::alter::SELF;
use super::{FIRST_USER_OID, Script};
use crate::catalog::{ConstraintKind, Oid, Relation, RelationKind, Size};
use crate::ir::{CreateTable, QualifiedName};

impl Script<'_> {
    /// `CREATE TABLE`.
    pub(super) fn new_table(&mut self, table: &CreateTable) {
        let place = self.place_of(&table.name);
        let kind = if table.partition_by.is_some() { RelationKind::PartitionedTable } else { RelationKind::Table };
        let mut made = self.blank(&place, kind);
        made.temporary = table.temporary;
        for parent in table.parents.iter().filter_map(|name| self.known(name)) {
            copy(&mut made, &parent, if table.partition.is_some() { Copy::Partition } else { Copy::Child });
        }
        for like in &table.likes {
            if let Some(like_that) = self.known(&like.name) {
                copy(&mut made, &like_that, Copy::Like { constraints: like.constraints, indexes: like.indexes });
            }
        }
        for column in &table.columns {
            if !made.columns.iter().any(|known| known.name == column.name) {
                made.columns.push(self.column(column));
            }
        }
        let (oid, keys) = (made.oid, made.constraints.clone());
        self.state.describe(made, table.partition_by.clone());
        self.state.create(place, Some(oid));
        keys.iter().filter_map(|key| Some((key, key.references?))).for_each(|(key, referenced)| self.refer(oid, key, referenced, &[]));
        table.constraints.iter().for_each(|constraint| self.constrain(oid, constraint, SELF));
        for parent in &table.parents {
            if let Some(parent) = self.known(parent).map(|parent| parent.oid) {
                self.attach(parent, oid, table.partition.as_ref());
            }
        }
    }

    /// `CREATE TABLE AS`: its columns are not known, but that there are rows in it.
    pub(super) fn filled_table(&mut self, name: &QualifiedName) {
        let place = self.place_of(name);
        let made = Relation { size: Size::Unknown.into(), ..self.blank(&place, RelationKind::Table) };
        let oid = made.oid;
        self.state.describe(made, None);
        self.state.create(place, Some(oid));
    }

    /// An index that the text makes.
    pub(super) fn new_index(&mut self, name: &QualifiedName, table: Oid, of: RelationKind) -> Oid {
        let kind = if of == RelationKind::PartitionedTable { RelationKind::PartitionedIndex } else { RelationKind::Index };
        let made = Relation { index_of: Some(table), ..self.blank(name, kind) };
        let oid = made.oid;
        self.state.describe(made, None);
        oid
    }

    /// Rows come into a table that the text made, or so many that nobody knows into one that was empty.
    pub(super) fn fill(&mut self, name: &QualifiedName, bulk: bool) {
        let fills = |table: &Rc<Relation>| self.is_new(table.oid) || bulk && *table.size == Size::Bytes(0);
        if let Some(table) = self.known(name).filter(fills) {
            self.patch_tree(table.oid, |table| table.size = Size::Unknown.into());
        }
    }

    /// A relation is dropped, and with it its partitions.
    pub(super) fn gone(&mut self, relation: &Rc<Relation>) {
        for parent in relation.parents.iter() {
            self.part(*parent, relation.oid);
        }
        if let Some(table) = relation.index_of {
            self.patch(table, |table| table.indexes.change(|all| all.retain(|index| index.name != relation.name)));
        }
        for member in self.tree(relation.oid) {
            if member.oid == relation.oid || member.is_partition {
                self.state.drop_relation(member.oid);
            }
        }
    }

    fn blank(&self, place: &QualifiedName, kind: RelationKind) -> Relation {
        let last = self.state.described().keys().next().copied().unwrap_or(Oid::MAX);
        let oid = (FIRST_USER_OID..last).rev().find(|oid| self.base.shared(*oid).is_none()).unwrap_or(last);
        let schema = place.schema.clone().or_else(|| self.creation_schema()).unwrap_or_default();
        Relation { created_here: true, ..Relation::bare(oid, schema, place.name.clone(), kind) }
    }
}

/// Why a new table is like another.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Copy {
    Partition,
    Child,
    Like { constraints: bool, indexes: bool },
}

/// Gives a new table what it has of another.
fn copy(made: &mut Relation, from: &Relation, how: Copy) {
    let new: Vec<_> = from.columns.iter().filter(|column| !made.columns.iter().any(|known| known.name == column.name)).cloned().collect();
    made.columns.extend(new);
    let constraints = from.constraints.iter().filter(|one| match (one.kind, how) {
        (_, Copy::Partition) => true,
        (ConstraintKind::Check | ConstraintKind::NotNull, Copy::Child) => !one.no_inherit,
        (ConstraintKind::Check, Copy::Like { constraints, .. }) => constraints,
        (ConstraintKind::NotNull, Copy::Like { .. }) => true,
        (ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion, Copy::Like { indexes, .. }) => indexes,
        _ => false,
    });
    made.constraints.change(|all| all.extend(constraints.cloned()));
    if matches!(how, Copy::Partition | Copy::Like { indexes: true, .. }) {
        made.indexes.change(|all| all.extend(from.indexes.iter().cloned()));
    }
}
