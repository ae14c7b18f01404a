//! What is around a statement: its transaction, the text before and after it, and what only the catalogs know.

use std::collections::HashSet;
use std::rc::Rc;

use super::Context;
use crate::catalog::{ColumnStatistics, Constraint, Dependent, DependentKind, ForeignKeyRef, Oid, Relation, RelationKind};
use crate::effects::fits;
use crate::ir::{
    Action, AlterTable, Attached, ConstraintDef, CreateIndex, Drop, Dropped, Fact, Handled, How, Kind, Object, QualifiedName, Statement,
};
use crate::lock::LockMode;
use crate::script::{Deeds, FoundObject};

/// So many bytes before a statement are searched for words.
const NEAR: usize = 16 << 10;
/// So many statements after it are looked at.
const SOON: usize = 200;

impl<'a> Context<'a> {
    /// What the statement leaves behind in its transaction.
    pub fn deeds(&self) -> Deeds {
        let disturbed = if self.past().wants_locks() { self.disturbed() } else { Vec::new() };
        let altered = self.existing_altered().filter(|_| self.past().in_block());
        let constraints = altered.into_iter().flat_map(|(alter, relation)| {
            alter.actions.iter().filter_map(move |action| match action {
                Action::AddConstraint(added) => added.name.clone().map(|name| (relation.oid, name)),
                _ => None,
            })
        });
        Deeds {
            locks: disturbed.into_iter().map(|touch| (Rc::clone(&touch.relation), touch.lock)).collect(),
            constraints: constraints.collect(),
            referenced: self.referenced(),
            rules: self.rules.clone(),
            worked_on: self.work().map(|(relation, rewrites)| (relation.oid, rewrites)),
        }
    }

    /// The table that an `ALTER TABLE` reads or writes anew while others wait, and whether it does the latter.
    pub fn work(&self) -> Option<(Rc<Relation>, bool)> {
        let (_, relation) = self.alter().filter(|(_, relation)| !self.is_harmless(relation))?;
        let (lock, rewrites, scans) = self.sum(&relation);
        let works = lock >= Some(LockMode::Share) && (rewrites == Some(true) || scans == Some(true));
        works.then_some((relation, rewrites == Some(true)))
    }

    /// The relations that a `DROP` takes away, each once: those that exist and are of its kind.
    pub fn dropped(&self) -> Vec<Rc<Relation>> {
        let Kind::Drop(Drop { what: Dropped::Relations(names), .. }) = self.kind() else { return Vec::new() };
        let mut seen = HashSet::new();
        let first = |relation: &Rc<Relation>| seen.insert(relation.oid);
        names.iter().filter_map(|name| self.existing(name)).filter(first).filter(|relation| fits(self.tag(), relation.kind)).collect()
    }

    /// What becomes of a trigger, a rule or a policy, and the table that it hangs on, if others use that.
    pub fn attached(&self, what: &str) -> Option<(&'a Attached, Rc<Relation>)> {
        let attached = self.facts().iter().find_map(|fact| match fact {
            Fact::Attached(attached) if attached.what == what => Some(attached),
            _ => None,
        })?;
        let table = match &attached.table {
            Some(name) => self.existing(name),
            None => self.existing_altered().map(|(_, relation)| relation),
        };
        table.filter(|table| !self.is_harmless(table)).map(|table| (attached, table))
    }

    /// The existing tables, known to others, that the new foreign keys of an `ALTER TABLE` reference.
    pub fn referenced(&self) -> Vec<Oid> {
        let Some((alter, relation)) = self.existing_altered() else { return Vec::new() };
        let keys = alter.actions.iter().flat_map(|action| self.added(action)).filter_map(|added| added.references.as_ref());
        let tables = keys.filter_map(|name| self.existing(name)).filter(|table| table.oid != relation.oid && !self.is_harmless(table));
        tables.map(|table| table.oid).collect()
    }

    /// Whether an `IF NOT EXISTS` finds something of the index' name.
    pub fn creates_nothing(&self, create: &CreateIndex, table: &Relation) -> bool {
        let name = create.name.as_ref().filter(|_| create.if_not_exists);
        name.is_some_and(|name| self.existing(&QualifiedName { schema: Some(table.schema.clone()), name: name.clone() }).is_some())
    }

    /// The foreign keys that reference columns which a test picks, each with its table; those that the text dropped are left out.
    pub fn keys_to(&self, relation: &Relation, wanted: impl Fn(&[String]) -> bool) -> Vec<(String, Rc<Relation>)> {
        let standing = |key: &ForeignKeyRef| {
            let table = self.script().get(key.table)?;
            table.constraints.iter().any(|one| one.name == key.constraint).then(|| (key.constraint.clone(), Rc::clone(&table)))
        };
        relation.referenced_by.iter().filter(|key| wanted(&key.columns)).filter_map(standing).collect()
    }

    /// Whether the same `ALTER TABLE`, or a statement soon after it in the same text, adds such a constraint to the relation.
    pub fn adds_soon(&self, relation: &Relation, wanted: impl Fn(&ConstraintDef) -> bool) -> bool {
        let adds = |alter: &AlterTable| alter.actions.iter().any(|action| matches!(action, Action::AddConstraint(added) if wanted(added)));
        let own = |later: &Statement| match &later.kind {
            Kind::AlterTable(alter) => adds(alter) && self.existing(&alter.target.name).is_some_and(|other| other.oid == relation.oid),
            _ => false,
        };
        matches!(self.kind(), Kind::AlterTable(alter) if adds(alter)) || self.soon().any(own)
    }

    /// The object that is no relation and that the statement creates, alters or drops.
    pub fn handled(&self) -> impl Iterator<Item = &'a Handled> {
        self.facts().iter().filter_map(|fact| match fact {
            Fact::Handles(handled) => Some(handled),
            _ => None,
        })
    }

    /// The first of those that is not there, and has to be.
    pub fn missing_object(&self) -> Option<&'a Object> {
        let wanted = self.handled().filter(|one| one.how != How::Create && !one.lenient);
        wanted.map(|one| &one.object).find(|object| self.script().object(object) == FoundObject::Missing)
    }

    /// Whether a transaction block is open, in the text or around it.
    pub fn in_block(&self) -> bool {
        self.past().in_block()
    }

    /// A lock of earlier statements of the transaction that keeps the writers of a constraint's tables waiting.
    pub fn held_on(&self, relation: &Relation, constraint: &Constraint) -> Option<LockMode> {
        let other = constraint.references.and_then(|oid| self.past().held_on(oid));
        self.past().held_on(relation.oid).max(other).filter(|held| *held >= LockMode::Share)
    }

    /// Whether the text before the statement holds one of these words, in whatever case.
    pub fn mentioned_before(&self, words: &[&str]) -> bool {
        let end = self.statement.span.start;
        let mut start = end.saturating_sub(NEAR);
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        let before = self.text.get(start..end).unwrap_or_default().to_ascii_lowercase();
        words.iter().any(|word| before.contains(&word.to_ascii_lowercase()))
    }

    /// What follows soon in the same text: far enough for people, not so far that a long text takes long.
    pub fn soon(&self) -> impl Iterator<Item = &'a Statement> {
        self.later.iter().take(SOON)
    }

    /// What ANALYZE found in a column of an existing relation.
    pub fn statistics(&self, relation: &Relation, column: &str) -> Option<ColumnStatistics> {
        self.script().catalog().column_statistics(relation.oid, column)
    }

    pub fn is_partition_key(&self, relation: &Relation, column: &str) -> bool {
        relation.kind == RelationKind::PartitionedTable
            && self.script().catalog().table_facts(relation.oid).is_some_and(|facts| facts.partition_key.iter().any(|one| one == column))
    }

    /// What uses a column and still exists, each with what it is.
    pub fn dependents(&self, relation: &Relation, column: &str) -> Vec<String> {
        if !relation.columns.iter().any(|known| known.name == column) {
            return Vec::new();
        }
        let all = self.script().catalog().column_dependents(relation.oid, column).unwrap_or_default();
        let dropped = |word: &str| match self.kind() {
            Kind::AlterTable(alter) => alter.actions.iter().any(|action| matches!(action, Action::DropColumn { name, .. } if name == word)),
            _ => false,
        };
        let stays = |one: &&Dependent| match one.relation {
            Some(oid) => self.script().get(oid).is_some(),
            None if one.kind == DependentKind::Column => {
                !dropped(&one.word) && relation.columns.iter().any(|column| column.name == one.word && column.generated.is_some())
            }
            None => !(self.mentioned_before(&["drop", "create or replace"]) && self.mentioned_before(&[&one.word])),
        };
        all.iter().filter(stays).map(|one| format!("{} {}", one.kind.as_str(), one.name)).collect()
    }
}
