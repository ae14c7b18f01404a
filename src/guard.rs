//! The event trigger that refuses what the check calls danger.
//!
//! ```text
//! shim.rs      which statement fired it, and its exact text (src/shim/guard.c)
//! state.rs     the mode: off, warn, enforce
//! allow.rs     the setting zdm.allow
//! message.rs   what is said
//! ```
//!
//! It decides before the statement takes any lock, waits for nobody, and writes nothing. A statement that a function or a DO block runs has no
//! text at hand: it is judged by its command tag, and never refused. One whose text is longer than is looked at, has comments nested too deeply, or
//! too many operators without a blank, is judged by its tag too. When the guard itself breaks, `enforce` refuses and says how to switch the guard off; `warn` lets the statement run.

mod allow;
mod message;
mod shim;
mod state;

pub use allow::check_hook as check_allow;

use crate::catalog::LiveCatalog;
use crate::check::{self, input};
use crate::error::{Error, Report};
use crate::guc::{self, GuardMode};
use crate::shim::{report, sql_function};
use crate::spi::subtransaction;
use allow::Allowance;
use pgrx::pg_sys;
use shim::{Statement, Text};
use zdm_analyzer::finding::{Finding, Risk};

sql_function!(zdm_guard_ddl, pg_finfo_zdm_guard_ddl, guard_ddl);
sql_function!(zdm_announce_guard, pg_finfo_zdm_announce_guard, state::announce);
sql_function!(zdm_set_guard, pg_finfo_zdm_set_guard, state::set_guard);

/// The function of the event trigger.
fn guard_ddl(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let statement = shim::statement(fcinfo, guc::MAX_CHECK_SIZE.get() as usize)?;
    if statement.exempt {
        return Ok(pg_sys::Datum::null());
    }
    let mode = state::mode()?;
    if mode == GuardMode::Off {
        return Ok(pg_sys::Datum::null());
    }
    let findings = match subtransaction(|| judge(fcinfo, &statement)) {
        Ok(findings) => findings,
        Err(error) if ends_the_statement(&error) => return Err(error),
        Err(error) => {
            say(message::broken(error, mode))?;
            return Ok(pg_sys::Datum::null());
        }
    };
    match statement.text {
        Text::Unseen => warn_nested(&findings),
        Text::Exact(_) | Text::TooLong(_) => decide(&statement, &findings, mode)?,
    }
    Ok(pg_sys::Datum::null())
}

/// A refusal is raised, anything else reported.
fn say(report_: Report) -> Result<(), Error> {
    if report_.sqlstate == message::REFUSED {
        return Err(Error::Own(report_));
    }
    report(pg_sys::WARNING, &report_);
    Ok(())
}

/// What there is to say about the statement.
fn judge(fcinfo: pg_sys::FunctionCallInfo, statement: &Statement) -> Result<Vec<Finding>, Error> {
    let by_tag = || zdm_analyzer::check_command(&statement.tag);
    let hidden = match &statement.text {
        Text::Exact(bytes) => match input::excess(bytes) {
            Some(excess) => message::Hidden::Excess(excess),
            None => {
                input::room_on_the_stack()?;
                return check::judge(LiveCatalog::for_guard(fcinfo), input::to_utf8(bytes).as_deref());
            }
        },
        Text::Unseen => return Ok(by_tag().into_iter().collect()),
        Text::TooLong(bytes) => message::Hidden::Size(*bytes),
    };
    Ok(by_tag().map(|finding| message::hidden(finding, &hidden)).into_iter().collect())
}

/// Refuses or warns, as the mode says; what `zdm.allow` covers passes and is logged.
fn decide(statement: &Statement, findings: &[Finding], mode: GuardMode) -> Result<(), Error> {
    let setting = guc::ALLOW.get().and_then(|value| input::to_utf8(value.to_bytes())).unwrap_or_default();
    // the check hook has accepted it
    let allowance = Allowance::parse(&setting).unwrap_or_default();

    let (covered, left): (Vec<_>, Vec<_>) =
        findings.iter().filter(|finding| finding.risk == Risk::Danger).partition(|finding| allowance.covers(finding));
    // A statement that is refused here is not written down as let pass below.
    if !left.is_empty() {
        say(message::report(&left, mode))?;
    }
    if !covered.is_empty() {
        let text = statement.text.exact().and_then(input::to_utf8).unwrap_or_default();
        report(pg_sys::LOG, &message::allowed(&covered, &setting, &text));
    }
    if left.is_empty() && !allowance.covers_everything() {
        // of what does not exist the server will tell
        let unjudged = |finding: &&Finding| finding.risk == Risk::Unknown && finding.rule != Some("missing-object");
        for finding in findings.iter().filter(unjudged).filter(|finding| !allowance.covers(finding)) {
            report(pg_sys::WARNING, &message::unjudged(finding, false));
        }
    }
    Ok(())
}

/// Warns of a statement that a function runs.
fn warn_nested(findings: &[Finding]) {
    for finding in findings.iter().filter(|finding| finding.risk >= Risk::Unknown) {
        report(pg_sys::WARNING, &message::unjudged(finding, true));
    }
}

/// Whether an error is a cancel, a timeout or a shutdown: not the guard's failure, whatever the mode.
fn ends_the_statement(error: &Error) -> bool {
    matches!(error.sqlstate().as_str(), "57014" | "57P01" | "57P02" | "57P03" | "25P03" | "25P04" | "57P05")
}
