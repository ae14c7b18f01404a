//! `hash-index`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// A hash index serves nothing but equality.
    ///
    /// **What it detects.** `CREATE INDEX ... USING hash` on a table that holds rows; with UNIQUE or several columns also on any other, since
    /// it fails.
    ///
    /// **Why.** It cannot be unique, cannot have several columns, gives no order, and serves no range, no LIKE and no index-only scan.
    ///
    /// **Instead.** A B-tree does all of that, and is seldom slower. For long texts an index on an expression like md5(body) is small, too.
    ///
    /// **Does not fire when** another method is used, or the table is new, temporary or empty and the statement would not fail.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users USING hash (age);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE INDEX CONCURRENTLY users_age_idx ON users (age);
    /// ```
    ///
    /// **Known from** online_migrations.
    HashIndex, "hash-index", Caution
}

impl Rule for HashIndex {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateIndex(create) = context.kind() else { return Vec::new() };
        if create.method != "hash" {
            return Vec::new();
        }
        let table = context.existing(&create.table.name);
        let cannot = match (create.unique, create.keys) {
            (true, _) => Some("be unique"),
            (_, 2..) => Some("have several columns"),
            _ => None,
        };
        let Some(cannot) = cannot else {
            let table = table.filter(|table| !context.is_harmless(table) && !context.creates_nothing(create, table));
            let report = table.map(|table| {
                let report =
                    context.report(Risk::Caution, &table, format!("a hash index on {} serves only equality", super::name_of(&table)));
                report
                    .aside()
                    .detail("It gives no order, and serves no range, no LIKE and no index-only scan.")
                    .hint("Leave out USING hash.")
            });
            return report.into_iter().collect();
        };
        let report = context.failure(table.as_ref(), format!("a hash index cannot {cannot}"));
        vec![report.hint("Leave out USING hash.")]
    }
}
