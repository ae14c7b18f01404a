//! `security-definer-search-path`.

use super::{Context, Report, Rule, Turn};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// A SECURITY DEFINER function without its own search_path can be made to run other code than it names.
    ///
    /// **What it detects.** `CREATE FUNCTION` or `PROCEDURE` with SECURITY DEFINER and without SET search_path.
    ///
    /// **Why.** It runs with its owner's rights, but looks up names by the caller's search_path: whoever can create objects in a schema of
    /// their own can put them in the place of those that the function means.
    ///
    /// **Instead.** SET search_path = a schema that only trusted roles write to, pg_temp last.
    ///
    /// **Does not fire when** the search_path is set, or the function runs with its caller's rights.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM orders';
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE FUNCTION total() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp
    ///     AS 'SELECT count(*) FROM orders';
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    SecurityDefinerSearchPath, "security-definer-search-path", Caution
}

impl Rule for SecurityDefinerSearchPath {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let open = context.facts().iter().filter_map(|fact| match fact {
            Fact::Function(function) if function.creates && function.definer && !function.sets_path => Some(&function.name),
            _ => None,
        });
        let reports = open.map(|name| {
            let report =
                context.remark(Risk::Caution, format!("function {name} runs with its owner's rights and its caller's search_path"));
            report
                .detail("Whoever can create objects in a schema of their own can put them in the place of those that it names.")
                .hint("Add to it: SET search_path = pg_catalog, pg_temp (with the schemas that it needs before pg_temp).")
        });
        reports.collect()
    }
}
