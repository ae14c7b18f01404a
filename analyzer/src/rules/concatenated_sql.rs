//! `concatenated-sql`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// SQL that is put together of unquoted values runs whatever is in them.
    ///
    /// **What it detects.** `CREATE FUNCTION` or `PROCEDURE` in PL/pgSQL with an EXECUTE of a text that is put together with || of values
    /// which no quote_ident, quote_literal, quote_nullable or format quotes.
    ///
    /// **Why.** A value with a quote in it breaks the statement; one that is made for it runs other SQL, with the rights of whoever calls the
    /// function, or of its owner.
    ///
    /// **Instead.** EXECUTE format('... %I ... %L', ...), and values by USING.
    ///
    /// **Does not fire when** all parts are constants, are quoted, or are cast to a type that quotes itself (regclass) or holds no SQL (int,
    /// uuid); it does not look into other languages.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE FUNCTION empty(which text) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE 'DELETE FROM ' || which; END$$;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE FUNCTION empty(which text) RETURNS void LANGUAGE plpgsql AS $$BEGIN EXECUTE format('DELETE FROM %I', which); END$$;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    ConcatenatedSql, "concatenated-sql", Caution
}

impl Rule for ConcatenatedSql {
    fn check(&self, context: &Context) -> Vec<Report> {
        let reports = context.facts().iter().filter_map(|fact| {
            let Fact::Function(function) = fact else { return None };
            let message = format!("{} executes text that is put together of unquoted values", function.name);
            let report = function.concatenates.then(|| context.remark(Risk::Caution, message).aside())?;
            Some(report.hint("Use EXECUTE format('... %I ... %L', ...), and pass values by USING."))
        });
        reports.collect()
    }
}
