//! `dynamic-sql`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Block, Kind, OpaqueRule, QualifiedName};

super::rule! {
    /// The statement runs code that is not at hand.
    ///
    /// **What it detects.** `CALL`, and a `SELECT` that calls a volatile function of a user's, where the definition does not show what it does;
    /// `EXECUTE`, `LOAD`, `ALTER EXTENSION ... UPDATE`, commands of psql that read or run something else (`\i`, `\gexec`, `\connect`), and a `DO`
    /// block of which neither the text nor the system's catalogs say which statements run.
    ///
    /// **Why.** What such a statement does to tables cannot be read off its text. It is not judged, and not called safe. The SQL that can be seen in a
    /// DO block is judged all the same, with its own lines.
    ///
    /// **Instead.** Run the statements inside on their own, so that each can be judged.
    ///
    /// **Does not fire when** the statement is plain SQL, or a DO block in PL/pgSQL whose conditions, loops and texts for `EXECUTE` ask nothing but the
    /// system's catalogs, or decide only about changes of rows and about failing. The same goes for what a `SELECT`, `CALL` or `PERFORM` calls: a
    /// function or procedure in PL/pgSQL or SQL, without a SET clause.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DO $$ BEGIN EXECUTE (SELECT note FROM orders LIMIT 1); END $$;
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
        if let Kind::Calls(calls) = context.kind() {
            let unseen = calls.iter().find(|(name, arguments)| context.script().may_do_anything(name, *arguments));
            let said = |(name, _): &(QualifiedName, usize)| {
                let report =
                    context.remark(Risk::Unknown, format!("cannot be judged: what function {name} does is not visible in the call"));
                report.hint("Look at what the function does, and check these statements on their own.")
            };
            return unseen.map(said).into_iter().collect();
        }
        let reason = match context.kind() {
            Kind::Opaque { reason, rule: OpaqueRule::DynamicSql } => reason,
            Kind::Block(Block { hidden: Some(reason), .. }) => reason,
            _ => return Vec::new(),
        };
        let report = context.remark(Risk::Unknown, format!("cannot be judged: {reason}"));
        vec![report.hint("Run the statements inside on their own, so that each can be judged.")]
    }
}
