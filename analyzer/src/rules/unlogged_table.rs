//! `unlogged-table`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::{Action, Fact};

super::rule! {
    /// An unlogged table is empty after a crash, and on every standby.
    ///
    /// **What it detects.** `CREATE UNLOGGED TABLE`, and `ALTER TABLE ... SET UNLOGGED` of a table that holds rows (that it is rewritten
    /// is table-rewrite's matter).
    ///
    /// **Why.** Its changes are not written to the WAL: after a crash it is emptied, standbys and subscribers do not get its rows, and
    /// neither does a backup that is restored to a point in time.
    ///
    /// **Instead.** Leave it logged, unless its rows can be made again at any time.
    ///
    /// **Does not fire when** it is unlogged already.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE UNLOGGED TABLE staging (id bigint);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE staging (id bigint);
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    UnloggedTable, "unlogged-table", Caution
}

const WHY: &str = "After a crash it is emptied; standbys, subscribers and point-in-time recovery do not get its rows.";

impl Rule for UnloggedTable {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let created = context.facts().iter().filter_map(|fact| match fact {
            Fact::Unlogged(name) => Some(context.remark(Risk::Caution, format!("creates {name} unlogged")).detail(WHY)),
            _ => None,
        });
        let altered = context.each_action(|action, relation| {
            let changes = matches!(action, Action::SetLogged { logged: false }) && context.script().unlogged(relation.oid) != Some(true);
            changes.then(|| {
                let report = context.report(Risk::Caution, relation, format!("makes {} unlogged", super::name_of(relation)));
                report.aside().detail(WHY)
            })
        });
        created.chain(altered).collect()
    }
}
