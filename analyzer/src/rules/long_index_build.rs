//! `long-index-build`.

use super::{Context, Report, Rule};
use crate::catalog::Size;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// Building an index on a big table takes long, also without keeping anybody waiting.
    ///
    /// **What it detects.** `CREATE INDEX CONCURRENTLY` and `REINDEX ... CONCURRENTLY` of a table of 256 MB or more.
    ///
    /// **Why.** The table is read twice and the index written to the WAL at full speed. All that time VACUUM cannot remove rows of the table,
    /// and no other schema change can begin on it. What does not fit into maintenance_work_mem is sorted on disk.
    ///
    /// **Instead.** Do it when the server has time; raise maintenance_work_mem and max_parallel_maintenance_workers for the session.
    /// pg_stat_progress_create_index tells how far it is.
    ///
    /// **Does not fire when** the table is smaller, or its size is not known; without CONCURRENTLY other rules speak.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY metrics_value_idx ON metrics (value);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    LongIndexBuild, "long-index-build", Caution
}

impl Rule for LongIndexBuild {
    fn check(&self, context: &Context) -> Vec<Report> {
        let table = match context.kind() {
            Kind::CreateIndex(create) if create.concurrently => {
                context.existing(&create.table.name).filter(|table| !context.creates_nothing(create, table))
            }
            Kind::Reindex { concurrently: true, .. } => {
                let bytes = |touch: &&crate::effects::Touch| size(*touch.relation.size);
                context
                    .effects()
                    .touches()
                    .iter()
                    .filter(|touch| touch.scans == Some(true))
                    .max_by_key(bytes)
                    .map(|touch| touch.relation.clone())
            }
            _ => None,
        };
        let big = |table: &std::rc::Rc<crate::catalog::Relation>| {
            context.effects().members(table).iter().map(|member| size(*member.size)).fold(0, u64::saturating_add) >= BIG
        };
        let Some(table) = table.filter(|table| context.scans(table) && !context.is_harmless(table) && big(table)) else {
            return Vec::new();
        };
        let report = context.report(Risk::Caution, &table, format!("building the index takes long: {} is big", super::name_of(&table)));
        let memory = context
            .script()
            .setting("maintenance_work_mem")
            .map(|memory| format!("maintenance_work_mem is {memory}. "))
            .unwrap_or_default();
        vec![
            report
                .detail(format!("{memory}While it runs, VACUUM removes nothing from the table, and other schema changes of it wait."))
                .hint("Raise maintenance_work_mem for the session, and watch pg_stat_progress_create_index."),
        ]
    }
}

/// So many bytes are big.
const BIG: u64 = 256 << 20;

/// One that is not known counts as nothing: another rule says what is certain.
fn size(size: Size) -> u64 {
    match size {
        Size::Bytes(bytes) => bytes,
        Size::Unknown => 0,
    }
}
