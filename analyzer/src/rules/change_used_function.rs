//! `change-used-function`.

use super::{Context, Report, Rule};
use crate::catalog::FunctionUse;
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// What is stored was computed by the function as it was.
    ///
    /// **What it detects.** `CREATE OR REPLACE FUNCTION`, and `ALTER FUNCTION` of its volatility, where an index, a CHECK or a generated
    /// column of a table uses the function.
    ///
    /// **Why.** Nothing is computed anew. If the function gives other results from now on, an index no longer finds its rows, rows that break
    /// a CHECK stay, and a restored dump may be refused. Of a function that is no longer IMMUTABLE an index cannot be rebuilt.
    ///
    /// **Instead.** Give the new version another name, and change index, CHECK or column to it. If the results are the same, nothing is to be
    /// done.
    ///
    /// **Does not fire when** nothing of that kind uses a function of that name and number of parameters, or the function is new.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE OR REPLACE FUNCTION normal_code(code text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(code)';
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE FUNCTION normal_code_2(code text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT upper(code)';
    /// ```
    ///
    /// **Known from** squawk (`ban-replace-view-function`).
    ChangeUsedFunction, "change-used-function", Caution
}

impl Rule for ChangeUsedFunction {
    fn check(&self, context: &Context) -> Vec<Report> {
        let changed = context.facts().iter().find_map(|fact| match fact {
            Fact::Function(function) if function.replaces || !function.creates && function.volatility.is_some() => Some(function),
            _ => None,
        });
        let Some(function) = changed else { return Vec::new() };
        let uses = context.script().catalog().function_uses(&function.name, function.arguments).unwrap_or_default();
        let Some(first) = uses.first() else { return Vec::new() };
        let message = format!("what {} {} holds was computed by {} as it is now", first.kind, first.name, function.name);
        let report = context.report_on(Risk::Caution, context.script().get(first.relation).as_ref(), message).aside();
        let more = uses.iter().skip(1).take(NAMED).map(|one| format!("{} {}", one.kind, one.name)).collect::<Vec<_>>();
        let also = if more.is_empty() { String::new() } else { format!(" So it is with {}.", more.join(", ")) };
        let hint = "Give the new version another name; if its results are the same as before, there is nothing to do.";
        vec![report.detail(format!("Nothing is computed anew.{also}")).hint(rebuild(&uses).unwrap_or_else(|| hint.to_owned()))]
    }
}

/// So many are named.
const NAMED: usize = 5;

/// How the indexes are built anew, if all that uses the function are indexes.
fn rebuild(uses: &[FunctionUse]) -> Option<String> {
    let steps = uses.iter().map(|one| (one.kind == "index").then(|| format!("REINDEX INDEX CONCURRENTLY {}", one.name)));
    let steps: Vec<String> = steps.collect::<Option<_>>()?;
    Some(format!("If its results change, run afterwards: {}.", steps.join("; ")))
}
