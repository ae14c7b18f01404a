//! `parent-mismatch`.

use std::rc::Rc;

use super::{Context, Report, Rule, Turn};
use crate::catalog::{Column, ConstraintKind, Relation, RelationKind};
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// The statement would fail, because the table is not like the one it is to come under.
    ///
    /// **What it detects.** `ATTACH PARTITION` and `INHERIT` of a table that lacks a column of the other, has it with another type, modifier or collation,
    /// has no NOT NULL where the other has, or lacks a CHECK of the other by its name; of a partition that has a column more; of what is a partition
    /// or child already; and `ATTACH PARTITION` to a table that is not partitioned.
    ///
    /// **Why.** The migration ends half-way: before anything is read, but perhaps after much that came first.
    ///
    /// **Instead.** Make the tables alike first. `CREATE TABLE ... (LIKE parent INCLUDING ALL)` makes one that fits.
    ///
    /// **Does not fire when** they are alike, or the text made or changed one of them.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE events ATTACH PARTITION audit FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE events ATTACH PARTITION events_import FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ParentMismatch, "parent-mismatch", Caution
}

impl Rule for ParentMismatch {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let Some((alter, relation)) = context.existing_altered().filter(|_| context.is_single_action()) else { return Vec::new() };
        let why = alter.actions.iter().find_map(|action| match action {
            Action::AttachPartition { partition, .. } if is_table(&relation) => {
                let child = context.existing(partition).filter(|child| is_table(child))?;
                Pair::of(context, &relation, &child, true)?.refused()
            }
            Action::Inherit { parent } if is_table(&relation) => {
                let parent = context.existing(parent).filter(|parent| is_table(parent))?;
                Pair::of(context, &parent, &relation, false)?.refused()
            }
            _ => None,
        });
        let hint = "Make the tables alike first, each change by itself.";
        why.map(|why| context.failure(Some(&relation), why).hint(hint)).into_iter().collect()
    }
}

fn is_table(relation: &Relation) -> bool {
    matches!(relation.kind, RelationKind::Table | RelationKind::PartitionedTable)
}

/// A table that is to come under another.
struct Pair<'a> {
    major: u32,
    parent: &'a Relation,
    child: &'a Relation,
    partition: bool,
}

impl<'a> Pair<'a> {
    /// Both as the catalogs have them; `None` if the text made or changed one.
    fn of(context: &Context, parent: &'a Rc<Relation>, child: &'a Rc<Relation>, partition: bool) -> Option<Self> {
        let script = context.script();
        let untouched = |relation: &Relation| {
            let types = |of: &Relation| of.columns.iter().map(|one| (one.type_oid, one.typmod, one.collation)).collect::<Vec<_>>();
            let found = script.catalog().shared(relation.oid);
            !script.is_new(relation.oid) && script.is_as_found(relation) && found.is_some_and(|found| types(&found) == types(relation))
        };
        let known = !script.has_hidden_effects() && untouched(parent) && untouched(child);
        known.then(|| Self { major: script.major(), parent, child, partition })
    }

    /// `MergeAttributesIntoExisting`, `MergeConstraintsIntoExisting`, and what is looked at before.
    fn refused(&self) -> Option<String> {
        self.place().or_else(|| self.columns()).or_else(|| self.checks())
    }

    fn place(&self) -> Option<String> {
        let (parent, child) = (super::name_of(self.parent), super::name_of(self.child));
        let partitioned = self.parent.kind == RelationKind::PartitionedTable;
        match self.partition {
            true if !partitioned => Some(format!("{parent} is not partitioned")),
            true if self.child.is_partition => Some(format!("{child} is a partition already")),
            true if !self.child.parents.is_empty() => Some(format!("{child} inherits from another table")),
            false if partitioned => Some(format!("{parent} is partitioned, and nothing can inherit from it")),
            false if self.child.is_partition => Some(format!("{child} is a partition")),
            false if self.child.parents.contains(&self.parent.oid) => Some(format!("{child} inherits from {parent} already")),
            _ => None,
        }
    }

    fn columns(&self) -> Option<String> {
        let (parent, child) = (super::name_of(self.parent), super::name_of(self.child));
        let different = self.parent.columns.iter().find_map(|wanted| {
            let name = quote::ident(&wanted.name);
            let Some(own) = self.child.columns.iter().find(|own| own.name == wanted.name) else {
                return Some(format!("{child} has no column {name}, which {parent} has"));
            };
            let same = (own.type_oid, own.typmod, own.collation) == (wanted.type_oid, wanted.typmod, wanted.collation);
            if own.type_oid != 0 && wanted.type_oid != 0 && !same {
                return Some(format!("column {name} of {child} has another type or collation than that of {parent}"));
            }
            (self.needs_not_null(wanted) && !own.not_null)
                .then(|| format!("column {name} of {child} is not NOT NULL, as that of {parent} is"))
        });
        let more = || {
            let other = |own: &&Column| !self.parent.columns.iter().any(|wanted| wanted.name == own.name);
            let column = self.child.columns.iter().find(other).filter(|_| self.partition)?;
            Some(format!("{child} has a column {}, which {parent} has not", quote::ident(&column.name)))
        };
        different.or_else(more)
    }

    /// From PostgreSQL 18 on a NOT NULL is a constraint, which may be for the table alone.
    fn needs_not_null(&self, column: &Column) -> bool {
        let handed_down = self
            .parent
            .constraints
            .iter()
            .any(|one| one.kind == ConstraintKind::NotNull && !one.no_inherit && one.columns.contains(&column.name));
        column.not_null && (self.major < 18 || handed_down)
    }

    fn checks(&self) -> Option<String> {
        let is_check = |one: &&crate::catalog::Constraint| one.kind == ConstraintKind::Check && !one.no_inherit;
        let has = |name: &str| self.child.constraints.iter().any(|own| own.kind == ConstraintKind::Check && own.name == name);
        let wanted = self.parent.constraints.iter().filter(is_check).find(|wanted| !has(&wanted.name))?;
        let (parent, child) = (super::name_of(self.parent), super::name_of(self.child));
        Some(format!("{child} has no CHECK {}, which {parent} has", quote::ident(&wanted.name)))
    }
}
