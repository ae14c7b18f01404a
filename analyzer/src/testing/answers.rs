//! What the handmade catalog answers.

use super::{TestCatalog, types};
use crate::catalog::*;
use crate::ir::{QualifiedName, TypeName};
use crate::lock::LockMode;

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

    fn has_on_table(&self, kind: OnTable, table: Oid, name: &str) -> Option<bool> {
        let there = self.hung.iter().any(|(one, on, called)| *one == kind && *on == table && called == name);
        (there || !self.hung.is_empty()).then_some(there)
    }

    fn objects(&self, class: Class, name: &str, _among: Among) -> Option<Vec<Oid>> {
        let found = self.objects.iter().filter(|(one, called, _)| *one == class && called == name).map(|(_, _, oid)| *oid);
        (!self.objects.is_empty()).then(|| found.collect())
    }

    fn query(&self, query: &str) -> Option<Found> {
        self.queries.iter().find(|(part, _)| query.contains(part)).map(|(_, answer)| answer.clone())
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

    fn has_operator_class(&self, type_oid: Oid, method: &str) -> Option<bool> {
        Some(types::has_operator_class(type_oid, method))
    }

    fn index_shape(&self, index: Oid) -> Option<IndexShape> {
        let known = || self.relations.values().flat_map(|relation| relation.indexes.iter()).find(|one| one.oid == index);
        self.details.shapes.get(&index).cloned().or_else(|| {
            let known = known()?;
            Some(IndexShape { method: "btree".to_owned(), keys: known.columns.clone(), plain: !known.partial_or_expression })
        })
    }

    fn same_index(&self, wanted: Oid, index: Oid) -> Decision {
        match (self.index_shape(wanted), self.index_shape(index)) {
            (Some(wanted), Some(index)) if wanted.plain && index.plain => {
                if wanted == index {
                    Decision::Yes
                } else {
                    Decision::No
                }
            }
            _ => Decision::CannotTell,
        }
    }

    fn same_foreign_keys(&self, parent: Oid, table: Oid) -> Option<Vec<(String, bool)>> {
        let keys = |of: Oid| {
            let of = self.relations.get(&of)?;
            Some(of.constraints.iter().filter(|one| one.kind == ConstraintKind::ForeignKey).cloned().collect::<Vec<_>>())
        };
        let (wanted, own) = (keys(parent)?, keys(table)?);
        let found = |key: &Constraint| own.iter().find(|one| one.references == key.references && one.columns == key.columns);
        Some(wanted.iter().filter_map(|key| Some((key.name.clone(), found(key)?.validated))).collect())
    }

    fn index_scans(&self, index: Oid) -> Option<u64> {
        self.details.index_scans.get(&index).copied()
    }

    fn update_counts(&self, table: Oid) -> Option<(u64, u64)> {
        self.details.updates.get(&table).copied()
    }

    fn function_uses(&self, name: &QualifiedName, _arguments: Option<usize>) -> Option<Vec<FunctionUse>> {
        Some(self.details.function_uses.get(&name.name).cloned().unwrap_or_default())
    }

    fn look(&self, root: Oid, _relations: &[Oid], _question: &Question) -> Option<Answer> {
        self.details.answers.get(&root).cloned()
    }

    fn share_of_rows(&self, table: Oid, statement: &str) -> Option<Share> {
        let of = |(known, part, _): &&(Oid, String, Share)| *known == table && statement.contains(part.as_str());
        self.details.shares.iter().find(of).map(|(_, _, share)| *share)
    }

    fn free_space(&self, relation: Oid) -> Option<u64> {
        self.details.free_space.get(&relation).copied()
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
        self.moment.held_asked.set(self.moment.held_asked.get() + 1);
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

    fn guard_sees_events_only(&self) -> Option<bool> {
        self.moment.events_only
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

    fn published_by(&self, publication: &str) -> Option<Vec<Oid>> {
        self.moment.published_by.get(publication).cloned()
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
