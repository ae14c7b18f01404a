//! `set-tablespace`.

use super::reindex_not_concurrent::is_exclusion;
use super::{Context, Report, Rule};
use crate::catalog::RelationKind;
use crate::finding::Risk;
use crate::ir::Action;
use crate::quote;

super::rule! {
    /// Moving a table or an index to another tablespace copies it while nobody can use it.
    ///
    /// **What it detects.** `SET TABLESPACE` of a table, materialized view or index that holds rows.
    ///
    /// **Why.** The AccessExclusiveLock is held until every block is copied and logged, which takes as long as it is big.
    ///
    /// **Instead.** An index can be built anew in the other tablespace beside readers and writers: REINDEX (TABLESPACE ...) INDEX
    /// CONCURRENTLY. For a table there is no such way; the partitions of a partitioned one can be moved one by one.
    ///
    /// **Does not fire when** it is in that tablespace already, or is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER INDEX users_email_idx SET TABLESPACE fast;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// REINDEX (TABLESPACE fast) INDEX CONCURRENTLY users_email_idx;
    /// ```
    ///
    /// **Known from** 2 of the tools named in check.md.
    SetTablespace, "set-tablespace", Danger
}

impl Rule for SetTablespace {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let Action::SetTablespace { name } = action else { return None };
            let (lock, rewrites, _) = context.sum(relation);
            if rewrites != Some(true) || context.script().tablespace(relation.oid).as_deref() == Some(name.as_str()) {
                return None;
            }
            let (name, space) = (super::name_of(relation), quote::ident(name));
            let report = context.report(Risk::Danger, relation, format!("copies {name} to tablespace {space} while nobody can use it"));
            let report = report.detail(format!("{}.", super::waits(lock)));
            let table = relation.index_of.and_then(|oid| context.script().get(oid));
            let movable = table.is_some_and(|table| !is_exclusion(&table, relation.oid));
            Some(if relation.kind == RelationKind::Index && movable {
                report.instead_of_action(context, &[format!("REINDEX (TABLESPACE {space}) INDEX CONCURRENTLY {name}")])
            } else {
                report.hint("Do it when nobody uses the table. A table's indexes stay where they are, and can be moved with REINDEX (TABLESPACE ...) CONCURRENTLY.")
            })
        })
    }
}
