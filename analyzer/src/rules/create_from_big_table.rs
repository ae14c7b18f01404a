//! `create-from-big-table`.

use super::{Context, Report, Rule};
use crate::catalog::Size;
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// A query over a big table runs in the statement that makes the new one.
    ///
    /// **What it detects.** `CREATE TABLE AS`, `SELECT INTO` and `CREATE MATERIALIZED VIEW` with data, of a query that names a table of 256
    /// MB or more.
    ///
    /// **Why.** All of it runs in one transaction: its snapshot keeps VACUUM from removing dead rows in the whole database, and an error at
    /// the end throws all away.
    ///
    /// **Instead.** Create it WITH NO DATA, and fill it afterwards: a materialized view with REFRESH, a table in batches.
    ///
    /// **Does not fire when** the tables are smaller or their sizes are not known, they are read through views, or it is WITH NO DATA.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE MATERIALIZED VIEW daily_metrics AS SELECT value, count(*) FROM metrics GROUP BY value;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE MATERIALIZED VIEW daily_metrics AS SELECT value, count(*) FROM metrics GROUP BY value WITH NO DATA;
    /// ```
    ///
    /// **Known from** 5 of the tools named in check.md.
    CreateFromBigTable, "create-from-big-table", Caution
}

impl Rule for CreateFromBigTable {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reads = context.facts().iter().find_map(|fact| match fact {
            Fact::Reads(tables) => Some(tables),
            _ => None,
        });
        let sized = reads.into_iter().flatten().filter_map(|name| context.existing(name)).map(|table| {
            let sizes = context.effects().members(&table).into_iter().map(|member| match *member.size {
                Size::Bytes(bytes) => bytes,
                Size::Unknown => 0,
            });
            let bytes = sizes.fold(0, u64::saturating_add);
            (table, bytes)
        });
        let Some((table, bytes)) = sized.max_by_key(|(_, bytes)| *bytes).filter(|(_, bytes)| *bytes >= BIG) else { return Vec::new() };
        let report =
            context.report(Risk::Caution, &table, format!("a query over {} MB of {} runs in it", bytes >> 20, super::name_of(&table)));
        vec![
            report
                .aside()
                .detail("Until it ends VACUUM removes no row that died meanwhile, in no table.")
                .hint("Create it WITH NO DATA, and fill it afterwards."),
        ]
    }
}

/// So many bytes are big.
const BIG: u64 = 256 << 20;
