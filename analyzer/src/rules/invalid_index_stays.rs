//! `invalid-index-stays`.

use super::{Context, Report, Rule};
use crate::catalog::RelationKind;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// An index of that name exists, but a build that failed has left it invalid.
    ///
    /// **What it detects.** `CREATE INDEX` under the name of an invalid index of the same table.
    ///
    /// **Why.** A failed CREATE INDEX CONCURRENTLY leaves an index that no query uses and every write pays for. With IF NOT EXISTS a second
    /// try does nothing and reports success; without, it fails.
    ///
    /// **Instead.** Drop the invalid index CONCURRENTLY first, or rebuild it with REINDEX INDEX CONCURRENTLY.
    ///
    /// **Does not fire when** the index is valid, belongs to a partitioned table (there it waits for its partitions), or the text drops it
    /// first.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY IF NOT EXISTS people_nick_idx ON people (nick);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP INDEX CONCURRENTLY people_nick_idx;
    /// CREATE INDEX CONCURRENTLY people_nick_idx ON people (nick);
    /// ```
    ///
    /// **Known from** 3 of the tools named in check.md.
    InvalidIndexStays, "invalid-index-stays", Caution
}

impl Rule for InvalidIndexStays {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        let Some(table) = context.existing(&create.table.name).filter(|table| table.kind != RelationKind::PartitionedTable) else {
            return Vec::new();
        };
        let same = table.indexes.iter().find(|index| !index.valid && create.name.as_ref() == Some(&index.name));
        let Some(index) = same.and_then(|index| context.script().get(index.oid)) else { return Vec::new() };
        let name = super::name_of(&index);
        let report = context.report(Risk::Caution, &table, format!("index {name} exists and is invalid"));
        let detail = match create.if_not_exists {
            true => "IF NOT EXISTS keeps it as it is: no query uses it, and every write maintains it.",
            false => "The statement fails, since the name is taken.",
        };
        let first = format!("DROP INDEX CONCURRENTLY {name}");
        vec![report.aside().detail(detail).instead(&[first, context.text().to_owned()])]
    }
}
