//! A second look, at what really happens: the tables whose files are about to change, and what has been dropped, whatever the text said.

use super::foreseen::{self, Said};
use super::shim::Statement;
use super::{decide, shim, state};
use crate::catalog::LiveCatalog;
use crate::error::Error;
use crate::guc::{self, GuardMode};
use crate::spi::{Arg, Connection};
use pgrx::pg_sys;
use zdm_analyzer::catalog::{Catalog, Size};
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::lock::LockMode;
use zdm_analyzer::quote;

/// The function of the event trigger on `table_rewrite`.
pub fn rewritten(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let Some((statement, mode)) = concerned(fcinfo)? else { return Ok(pg_sys::Datum::null()) };
    let tag = &statement.tag;
    let answer = Connection::within_function()?.query("SELECT pg_catalog.pg_event_trigger_table_rewrite_oid()", &[])?;
    let table = answer.only()?.oid(0).to_u32();
    let known = match foreseen::current() {
        Said::Allowed => true,
        Said::Judged(Some(foreseen)) => foreseen.iter().any(|one| one.relation == table && one.rewrites != Some(false)),
        Said::Judged(None) | Said::Unseen => false,
    };
    if known {
        return Ok(pg_sys::Datum::null());
    }
    let catalog = LiveCatalog::for_guard(crate::catalog::shim::function_owner(fcinfo));
    let relation = catalog.shared(table);
    catalog.finish()?;
    let small = |size: Size| matches!(size, Size::Bytes(bytes) if bytes <= u64::from(guc::small_table().unsigned_abs()) * 1024);
    if let Some(relation) = relation.filter(|one| !one.temporary && !one.created_here && !small(*one.size)) {
        let name = quote::qualified(&relation.schema, &relation.name);
        let message = format!("rewrites {name}, which the text of this {tag} did not show");
        let finding = Finding {
            relation: Some(table),
            lock: Some(LockMode::AccessExclusive),
            blocks: LockMode::AccessExclusive.blocks(),
            rewrites: Some(true),
            detail: Some("Nobody can read or write the table until it is copied.".to_owned()),
            ..finding(tag, "table-rewrite", name, message)
        };
        decide::refuse_or_warn(&statement, &[finding], mode)?;
    }
    Ok(pg_sys::Datum::null())
}

/// The function of the event trigger on `sql_drop`.
pub fn dropped(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let Some((statement, mode)) = concerned(fcinfo)? else { return Ok(pg_sys::Datum::null()) };
    let tag = &statement.tag;
    // of a statement that is not seen it is not known which tables it has made itself
    let Said::Judged(foreseen) = foreseen::current() else { return Ok(pg_sys::Datum::null()) };
    let foreseen: Vec<i64> = foreseen.iter().flatten().map(|one| i64::from(one.relation)).collect();
    let list = foreseen.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let answer = Connection::within_function()?.query(LOST, &[Arg::text(Some(&list))])?;
    let findings: Vec<Finding> = answer
        .iter()
        .map(|row| {
            let (kind, name, column) = (row.string(0), row.string(1), row.text(2).is_some());
            let message = format!("drops {kind} {}, which the text of this {tag} did not show", row.text(2).unwrap_or(&name));
            let detail = Some("What was in it is lost when the transaction commits.".to_owned());
            Finding { detail, ..finding(tag, if column { "drop-column" } else { "drop-table" }, name, message) }
        })
        .collect();
    if !findings.is_empty() {
        decide::refuse_or_warn(&statement, &findings, mode)?;
    }
    Ok(pg_sys::Datum::null())
}

/// Of what was dropped: tables with rows, and columns of tables that stay, none of them foreseen.
const LOST: &str = "
    SELECT o.object_type,
           pg_catalog.format('%s.%s', pg_catalog.quote_ident(o.schema_name), pg_catalog.quote_ident(o.address_names[2])),
           CASE WHEN o.object_type OPERATOR(pg_catalog.=) 'table column' THEN o.object_identity END
      FROM pg_catalog.pg_event_trigger_dropped_objects() o
     WHERE o.object_type OPERATOR(pg_catalog.=) ANY (ARRAY['table', 'materialized view', 'table column'])
       AND NOT o.is_temporary
       AND NOT (o.objid::int8 OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array($1, ',')::int8[]))
     ORDER BY o.object_identity";

/// The statement and the mode, if the guard has to do with it.
fn concerned(fcinfo: pg_sys::FunctionCallInfo) -> Result<Option<(Statement, GuardMode)>, Error> {
    let statement = shim::statement(fcinfo, guc::MAX_CHECK_SIZE.get() as usize)?;
    if statement.exempt {
        return Ok(None);
    }
    Ok(Some(state::mode()?).filter(|mode| *mode != GuardMode::Off).map(|mode| (statement, mode)))
}

fn finding(command: &str, rule: &'static str, object: String, message: String) -> Finding {
    Finding { object: Some(object), ..Finding::new(Risk::Danger, rule, command, message) }
}
