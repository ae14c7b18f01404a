//! How a statement travels from text to verdict: `zdm.check_ddl(text)` and its relatives.
//!
//! The running server's own grammar reads the text first: what it does not accept is an error, as PostgreSQL words it, with the position in the
//! checked text. Then the analyzer judges it over the live catalogs ([`crate::catalog`]). Nothing of the text is run, and no lock is taken
//! on what it talks about.

pub mod input;
mod policy;
mod report;
pub mod rows;

use crate::catalog::{LiveCatalog, shim};
use crate::error::{Error, sqlstate};
use crate::pg_compat;
use crate::shim::sql_function;
use crate::text::{misread, to_server};
use pgrx::pg_sys;
use rows::{Rows, Value};
use zdm_analyzer::Verdict;
use zdm_analyzer::finding::{Finding, Risk};

sql_function!(zdm_check_ddl, pg_finfo_zdm_check_ddl, check_ddl);
sql_function!(zdm_check_report, pg_finfo_zdm_check_report, report::check_report);
sql_function!(zdm_ddl_effects, pg_finfo_zdm_ddl_effects, ddl_effects);
sql_function!(zdm_explain, pg_finfo_zdm_explain, explain);
sql_function!(zdm_reset_rule_policy, pg_finfo_zdm_reset_rule_policy, policy::reset);
sql_function!(zdm_rules, pg_finfo_zdm_rules, rules);
sql_function!(zdm_set_rule_policy, pg_finfo_zdm_set_rule_policy, policy::set);

/// `zdm.check_ddl(sql, probe)`.
fn check_ddl(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let mut rows = Rows::new(fcinfo);
    let Some(sql) = input::argument(fcinfo, 0)? else { return Ok(pg_sys::Datum::null()) };
    for finding in judge_text(LiveCatalog::new(fcinfo).probing(input::flag(fcinfo, 1)), &sql)? {
        rows.push(row(&finding))?;
    }
    Ok(pg_sys::Datum::null())
}

/// Stands for the command of what was not read.
const NO_COMMAND: &str = "???";

/// Everything there is to say about a text that this server reads.
fn judge_text(catalog: LiveCatalog, sql: &input::Input) -> Result<Vec<Finding>, Error> {
    // what the parser has read by the same grammar the server reads, too
    if !pg_compat::IS_PARSERS_GRAMMAR {
        raw_parse(sql)?;
    }
    let findings = judge(catalog, sql.text.as_deref())?;
    if pg_compat::IS_PARSERS_GRAMMAR && findings.iter().any(|finding| ["", NO_COMMAND].contains(&finding.command.as_str())) {
        raw_parse(sql)?;
    }
    Ok(findings)
}

/// Lets the server's grammar read a text, without what a file holds for psql.
fn raw_parse(sql: &input::Input) -> Result<(), Error> {
    let cut = sql.text.as_deref().filter(|text| !misread(text)).and_then(zdm_analyzer::for_server);
    let cut = cut.as_deref().map(to_server);
    let text = cut.as_deref().unwrap_or(sql.server);
    input::lexable(text.to_bytes())?;
    Ok(shim::raw_parse(text)?)
}

/// Everything there is to say about a text; `None` stands for bytes that are no text.
pub fn judge(catalog: LiveCatalog, text: Option<&str>) -> Result<Vec<Finding>, Error> {
    let findings = match text {
        Some(text) if !misread(text) => zdm_analyzer::check(text, &catalog),
        None => unjudged(NOT_TEXT, &catalog).findings,
        Some(_) => unjudged(NOT_STANDARD, &catalog).findings,
    };
    catalog.finish()?;
    Ok(findings)
}

/// The verdict on the text of a single statement; `None` stands for bytes that are no text. The catalog's error is still to be asked for.
pub fn verdict(catalog: &LiveCatalog, text: Option<&str>) -> Verdict {
    match text {
        Some(text) if !misread(text) => zdm_analyzer::verdict(text, catalog),
        None => unjudged(NOT_TEXT, catalog),
        Some(_) => unjudged(NOT_STANDARD, catalog),
    }
}

fn unjudged(why: &str, catalog: &LiveCatalog) -> Verdict {
    Verdict { findings: vec![zdm_analyzer::under_policy(unknown(why), catalog)], foreseen: None }
}

/// `zdm.ddl_effects(sql)`.
fn ddl_effects(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let mut rows = Rows::new(fcinfo);
    let Some(sql) = input::argument(fcinfo, 0)? else { return Ok(pg_sys::Datum::null()) };
    raw_parse(&sql)?;
    let cannot = |why: &str| Error::new(sqlstate::FEATURE_NOT_SUPPORTED, format!("cannot analyze the text: {why}"));
    let text = sql.text.ok_or_else(|| cannot(NOT_TEXT))?;
    if misread(&text) {
        return Err(cannot(NOT_STANDARD));
    }
    let catalog = LiveCatalog::new(fcinfo);
    let effects = zdm_analyzer::effects(&text, &catalog);
    catalog.finish()?;
    for effect in effects.map_err(|error| cannot(&error.message))? {
        rows.push([
            Value::Int(effect.statement as i32),
            Value::Oid(effect.relation),
            Value::Text(effect.lock.pg_name()),
            effect.rewrites.into(),
            effect.scans.into(),
            effect.builds_indexes.into(),
        ])?;
    }
    Ok(pg_sys::Datum::null())
}

/// `zdm.rules()`.
fn rules(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let mut rows = Rows::new(fcinfo);
    for rule in zdm_analyzer::rules() {
        rows.push([Value::Text(rule.name), Value::Text(rule.risk.as_str()), Value::Text(rule.summary)])?;
    }
    Ok(pg_sys::Datum::null())
}

/// `zdm.explain(rule)`; strict.
fn explain(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let name = input::argument(fcinfo, 0)?.and_then(|argument| argument.text).unwrap_or_default();
    let rule = rule(&name)?;
    // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
    Ok(pg_sys::Datum::from(unsafe { pg_sys::cstring_to_text(to_server(&rule.docs).as_ptr()) }))
}

/// The rule of a name.
pub fn rule(name: &str) -> Result<zdm_analyzer::RuleInfo, Error> {
    zdm_analyzer::rules().into_iter().find(|rule| rule.name == name).ok_or_else(|| {
        Error::new(sqlstate::UNDEFINED_OBJECT, format!("there is no rule \"{name}\"")).hint("SELECT * FROM zdm.rules lists all rules.")
    })
}

/// Why bytes of a SQL_ASCII database cannot be judged.
const NOT_TEXT: &str = "it is not valid UTF-8";

/// Why a text cannot be judged under `standard_conforming_strings = off`.
const NOT_STANDARD: &str = "it holds a backslash, and standard_conforming_strings is off";

/// The verdict on a text that cannot be judged as a whole.
pub fn unknown(why: &str) -> Finding {
    Finding::new(Risk::Unknown, "not-analyzable", NO_COMMAND, format!("cannot be judged: {why}"))
}

/// The columns of `zdm.check_ddl`.
fn row(finding: &Finding) -> [Value<'_>; 15] {
    [
        Value::Int(finding.statement as i32),
        Value::Int(finding.line as i32),
        Value::Text(&finding.command),
        finding.object.as_deref().into(),
        Value::Text(finding.risk.as_str()),
        finding.rule.into(),
        finding.lock.map(|lock| lock.pg_name()).into(),
        // what cannot be judged may block anything
        if finding.lock.is_none() && finding.risk == Risk::Unknown { Value::Null } else { Value::Text(finding.blocks.as_str()) },
        finding.rewrites.into(),
        finding.scans.into(),
        finding.estimate.map(|estimate| estimate.low).into(),
        finding.estimate.map(|estimate| estimate.high).into(),
        Value::Text(&finding.message),
        finding.detail.as_deref().into(),
        finding.hint.as_deref().into(),
    ]
}
