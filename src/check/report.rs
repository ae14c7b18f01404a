//! `zdm.check_report`: the findings as one document, and as an error for a CI that wants to fail.

use super::input;
use crate::catalog::LiveCatalog;
use crate::error::{Error, sqlstate};
use crate::text::to_server;
use pgrx::pg_sys;
use zdm_analyzer::finding::Risk;
use zdm_analyzer::report::{Format, Source, render, summary};

/// `zdm.check_report(sql, format, fail_on, file, probe)`.
pub fn check_report(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let format = option(fcinfo, 1)?.ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "format must not be null"))?;
    let format = Format::named(&format).ok_or_else(|| unknown("format", &format, &Format::NAMES))?;
    let worth = |name: String| Risk::named(&name).filter(|risk| *risk > Risk::Safe).ok_or_else(|| unknown("fail_on", &name, &FAIL_ON));
    let fail_on = option(fcinfo, 2)?.map(worth).transpose()?;
    let file = option(fcinfo, 3)?;
    let Some(sql) = input::argument(fcinfo, 0)? else {
        // SAFETY: fcinfo is the function manager's.
        return Ok(unsafe { pgrx::fcinfo::pg_return_null(fcinfo) });
    };
    let findings = super::judge_text(LiveCatalog::new(fcinfo).probing(input::flag(fcinfo, 4)), &sql)?;
    let source = Source {
        text: sql.text.as_deref().unwrap_or_default(),
        file: file.as_deref(),
        findings: &findings,
        version: env!("CARGO_PKG_VERSION"),
        server: pg_sys::PG_VERSION_NUM / 10_000,
    };
    let document = render(format, &source);
    if fail_on.is_some_and(|least| findings.iter().any(|finding| finding.risk >= least)) {
        let message = format!("the check failed: {}", summary(&findings));
        // on a line of its own, so that whoever reads workflow commands finds them
        return Err(Error::new(sqlstate::CHECK_FAILED, message).detail(format!("\n{document}")));
    }
    // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
    Ok(pg_sys::Datum::from(unsafe { pg_sys::cstring_to_text(to_server(&document).as_ptr()) }))
}

/// What it can be told to fail on.
const FAIL_ON: [&str; 3] = ["caution", "unknown", "danger"];

fn option(fcinfo: pg_sys::FunctionCallInfo, number: usize) -> Result<Option<String>, Error> {
    Ok(input::argument(fcinfo, number)?.map(|argument| argument.text.unwrap_or_default()))
}

fn unknown(what: &str, value: &str, known: &[&str]) -> Error {
    Error::new(sqlstate::INVALID_PARAMETER_VALUE, format!("invalid {what}: \"{value}\""))
        .hint(format!("It is one of {}.", known.join(", ")))
}
