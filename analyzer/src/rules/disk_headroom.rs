//! `disk-headroom`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::{Relation, Size};
use crate::effects::Touch;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// There is not enough room on the disk for a second copy of the table.
    ///
    /// **What it detects.** A statement that rewrites a table, or builds indexes anew, where the tablespace has less room than the table with
    /// its indexes takes; and a new index where it has less than a tenth of the table's size.
    ///
    /// **Why.** The old file stays until the transaction is committed. When the disk is full the statement fails at the end of its work; if
    /// the WAL is on the same disk, the server stops.
    ///
    /// **Instead.** Make room first, or change the table in batches.
    ///
    /// **Does not fire when** there is room enough (WAL and temporary files not counted), it cannot be told, or the table is new, temporary
    /// or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE history ALTER COLUMN note TYPE varchar(10);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE metrics ALTER COLUMN value TYPE bigint;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    DiskHeadroom, "disk-headroom", Caution
}

impl Rule for DiskHeadroom {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let builds = matches!(context.kind(), Kind::CreateIndex(_));
        let reindexes = matches!(context.kind(), Kind::Reindex { .. });
        if matches!(context.kind(), Kind::Truncate { .. }) {
            return Vec::new();
        }
        let needs = |touch: &Touch| {
            let heap = bytes(*touch.relation.size);
            let indexes = || indexes(context, &touch.relation);
            match () {
                () if context.is_harmless(&touch.relation) => 0,
                () if touch.rewrites == Some(true) => heap.saturating_add(indexes()),
                () if reindexes && touch.scans == Some(true) => indexes(),
                () if builds && touch.scans == Some(true) => heap / 10,
                () => 0,
            }
        };
        let needed = context.effects().touches().iter().map(|touch| (touch, needs(touch))).filter(|(_, needed)| *needed >= WORTH);
        let short = needed.filter_map(|(touch, needed)| {
            let free = context.script().catalog().free_space(touch.relation.oid)?;
            (free < needed).then_some((touch, needed, free))
        });
        let report = short.max_by_key(|(_, needed, _)| *needed).map(|(touch, needed, free)| {
            let name = super::name_of(&touch.relation);
            let message = format!("needs {} MB more on the disk of {name}, which has {} MB left", needed >> 20, free >> 20);
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            report
                .detail("What is there stays until the transaction is committed; WAL and temporary files come on top.")
                .hint("Make room on the disk first.")
        });
        report.into_iter().collect()
    }
}

/// Less is not worth a look.
const WORTH: u64 = 1 << 20;

fn bytes(size: Size) -> u64 {
    match size {
        Size::Bytes(bytes) => bytes,
        Size::Unknown => 0,
    }
}

/// What the indexes of a relation take.
fn indexes(context: &Context, relation: &Relation) -> u64 {
    let sizes = relation.indexes.iter().filter_map(|index| context.script().get(index.oid)).map(|index| bytes(*index.size));
    sizes.fold(0, u64::saturating_add)
}
