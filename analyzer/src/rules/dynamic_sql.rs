//! `dynamic-sql`.

use std::rc::Rc;

use super::{Context, Report, Rule};
use crate::catalog::{Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Block, Kind, OpaqueRule, QualifiedName};
use crate::script::unseen_call;

super::rule! {
    /// The statement runs code that is not at hand.
    ///
    /// **What it detects.** `CALL`, and a `SELECT`, a change of rows, or a `COPY` of a query that calls a volatile function of a user's, where the
    /// definition does not show that it changes rows at most, be it in the query of a view;
    /// `EXECUTE` of what the text did not prepare, `LOAD`, `ALTER EXTENSION ... UPDATE`, commands of psql that read or run something else (`\i`, `\gexec`, `\connect`), and a `DO`
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
    ///
    /// **Known from** 3 of the tools named in check.md.
    DynamicSql, "dynamic-sql", Unknown
}

impl Rule for DynamicSql {
    fn check(&self, context: &Context) -> Vec<Report> {
        let said = |name: &QualifiedName| {
            let report = context.remark(Risk::Unknown, format!("cannot be judged: what function {name} does is not visible in the call"));
            report.hint("Look at what the function does, and check these statements on their own.")
        };
        if let Kind::Calls(calls) = context.kind() {
            let unseen = calls.iter().find(|(name, arguments)| context.script().may_do_anything(name, *arguments));
            if let Some((unseen, _)) = unseen {
                return vec![said(unseen)];
            }
        }
        if evaluates(context)
            && let Some(function) = unseen_call(context.text(), context.script())
        {
            return vec![said(&function)];
        }
        if let Some((view, function)) = view_calls(context) {
            let why =
                format!("cannot be judged: view {} calls function {function}, and what that does is not visible", super::name_of(&view));
            return vec![context.remark(Risk::Unknown, why).hint("Look at what the function does.")];
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

/// A view that the statement reads whose query calls a function that may do anything.
fn view_calls(context: &Context) -> Option<(Rc<Relation>, QualifiedName)> {
    let named = Some(context).filter(|context| evaluates(context)).and_then(Context::named)?;
    let mut views = named.relations.iter().filter_map(|name| context.existing(name)).filter(|one| one.kind == RelationKind::View);
    views.find_map(|view| {
        let mut calls = context.script().called_by_view(view.oid).into_iter();
        let free = |(name, count): &(QualifiedName, usize)| {
            let call = format!("{name}({})", vec!["NULL"; *count].join(", "));
            unseen_call(&call, context.script()).is_some()
        };
        calls.find(free).map(|(name, _)| (view, name))
    })
}

/// Whether the statement evaluates what it holds, for each row or once, and is no definition.
fn evaluates(context: &Context) -> bool {
    // what runs inside is judged by itself
    if matches!(context.kind(), Kind::Block(_)) {
        return false;
    }
    let words = |text: &str| context.text().to_ascii_lowercase().contains(text);
    match context.tag() {
        "SELECT" | "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "COPY" | "CREATE TABLE AS" | "SELECT INTO" | "DECLARE CURSOR" => true,
        "EXPLAIN" => words("analyze"),
        "CREATE MATERIALIZED VIEW" => !words("with no data"),
        _ => false,
    }
}
