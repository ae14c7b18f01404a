//! `dynamic-sql`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Kind, OpaqueRule};

super::rule! {
    /// The statement runs code that is not at hand.
    ///
    /// **What it detects.** `DO`, `CALL`, `EXECUTE`, `LOAD`, `ALTER EXTENSION ... UPDATE`.
    ///
    /// **Why.** What such a statement does to tables cannot be read off its text. It is not judged, and not called safe.
    ///
    /// **Instead.** Run the statements inside on their own, so that each can be judged.
    ///
    /// **Does not fire when** the statement is plain SQL.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DO $$ BEGIN EXECUTE 'drop table users'; END $$;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SELECT count(*) FROM users;
    /// ```
    DynamicSql, "dynamic-sql", Unknown
}

impl Rule for DynamicSql {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Opaque { reason, rule: OpaqueRule::DynamicSql } = context.kind() else { return Vec::new() };
        let report = context.remark(Risk::Unknown, format!("cannot be judged: {reason}"));
        vec![report.hint("Run the statements inside on their own, so that each can be judged.")]
    }
}
