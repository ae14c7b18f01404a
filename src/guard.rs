//! The guard: refuses what the check calls danger.
//!
//! ```text
//! src/shim/hook.c   sees every statement that runs, with its exact text, and asks about those that fire no event
//! shim.rs           which statement it is (src/shim/guard.c)
//! state.rs          the mode: off, warn, enforce (preload.rs: the library in every session)
//! decide.rs         what becomes of the findings: refused, warned of, or allowed (allow.rs)
//! waits.rs          lock_timeout, and whoever is in the way
//! foreseen.rs       what was foreseen of the statements that run,
//! backstop.rs       and the events that tell what really happens
//! message.rs        what is said
//! ```
//!
//! It decides before the statement takes any lock, waits for nobody, and writes nothing. Where the library was not loaded before the statement, a
//! function's statements have no text at hand: they are judged by the command tag, and by what they rewrite. One whose text is longer than is looked
//! at, has comments nested too deeply, or too many operators without a blank, is judged by its tag too. When the guard itself breaks, `enforce` refuses and says how to switch the guard
//! off; `warn` lets the statement run.

mod allow;
mod backstop;
mod decide;
mod foreseen;
mod message;
mod preload;
mod shim;
mod state;
mod waits;

pub use allow::check_hook as check_allow;
pub use state::sees_events_only;

use crate::catalog::LiveCatalog;
use crate::check::{self, input};
use crate::error::{Error, Report};
use crate::guc::{self, GuardDml, GuardMode};
use crate::shim::{report, sql_function};
use crate::spi::subtransaction;
use foreseen::Said;
use pgrx::pg_sys;
use shim::{Statement, Text};
use zdm_analyzer::Verdict;
use zdm_analyzer::finding::Finding;

sql_function!(zdm_announce_guard, pg_finfo_zdm_announce_guard, state::announce);
sql_function!(zdm_guard_ddl, pg_finfo_zdm_guard_ddl, guard_ddl);
sql_function!(zdm_guard_drop, pg_finfo_zdm_guard_drop, backstop::dropped);
sql_function!(zdm_guard_rewrite, pg_finfo_zdm_guard_rewrite, backstop::rewritten);
sql_function!(zdm_guard_status, pg_finfo_zdm_guard_status, state::status);
sql_function!(zdm_set_guard, pg_finfo_zdm_set_guard, state::set_guard);

/// Puts the hooks in place; called once a process, when the library is loaded.
pub fn install() {
    shim::install_hooks(guard_utility);
}

/// The function of the event trigger on `ddl_command_start`.
fn guard_ddl(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let statement = shim::statement(fcinfo, guc::MAX_CHECK_SIZE.get() as usize)?;
    foreseen::keep(Said::Unseen);
    if !statement.exempt {
        let mode = state::mode()?;
        watch(&statement, crate::catalog::shim::function_owner(fcinfo), mode)?;
    }
    Ok(pg_sys::Datum::null())
}

/// What the hooks call: for a statement that fires no event, or for one that changes every row of a table.
fn guard_hooked(statement: &Statement, rows: bool) -> Result<(), Error> {
    let mode = state::mode()?;
    if !rows {
        return watch(statement, shim::owner()?, mode);
    }
    let mode = match (guc::GUARD_DML.get(), mode) {
        (GuardDml::Off, _) | (_, GuardMode::Off) => return Ok(()),
        (GuardDml::Warn, _) => GuardMode::Warn,
        (GuardDml::Enforce, mode) => mode,
    };
    if let Some(verdict) = verdict(statement, shim::owner()?, mode, rows)? {
        let findings: Vec<Finding> = verdict.findings.into_iter().filter(message::about_rows).collect();
        decide::decide(statement, &findings, mode)?;
    }
    Ok(())
}

/// See `ZdmUtilityGuard` of `zdm_shim.h`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn guard_utility(raw: *const shim::RawStatement, rows: bool) -> *mut pg_sys::ErrorData {
    // SAFETY: the hook passes a statement that lives until this returns.
    let statement = unsafe { shim::hooked(raw, guc::MAX_CHECK_SIZE.get() as usize) };
    guard_hooked(&statement, rows).map_or_else(crate::shim::raise, |()| std::ptr::null_mut())
}

/// Judges a statement, and decides.
fn watch(statement: &Statement, owner: pg_sys::Oid, mode: GuardMode) -> Result<(), Error> {
    if mode == GuardMode::Off {
        return Ok(());
    }
    let Some(verdict) = verdict(statement, owner, mode, false)? else { return Ok(()) };
    if matches!(statement.text, Text::Unseen) {
        decide::warn_nested(&verdict.findings);
        return Ok(());
    }
    let mut findings = verdict.findings;
    let foreseen = verdict.foreseen;
    if let (Some(foreseen), Some(first)) = (&foreseen, findings.first().cloned()) {
        findings.extend(subtransaction(|| waits::blocker(foreseen, &first, owner))?);
    }
    let allowed = decide::decide(statement, &findings, mode)?;
    waits::limit(foreseen.as_deref().unwrap_or_default())?;
    foreseen::keep(if allowed { Said::Allowed } else { Said::Judged(foreseen) });
    Ok(())
}

/// What there is to say of a statement; `None` when the guard broke and the mode lets the statement run all the same.
fn verdict(statement: &Statement, owner: pg_sys::Oid, mode: GuardMode, rows: bool) -> Result<Option<Verdict>, Error> {
    match subtransaction(|| judge(owner, statement, rows)) {
        Ok(verdict) => Ok(Some(verdict)),
        Err(error) if ends_the_statement(&error) => Err(error),
        Err(error) => say(message::broken(error, mode)).map(|()| None),
    }
}

/// A refusal is raised, anything else reported.
fn say(report_: Report) -> Result<(), Error> {
    if report_.sqlstate == message::REFUSED {
        return Err(Error::Own(report_));
    }
    report(pg_sys::WARNING, &report_);
    Ok(())
}

fn judge(owner: pg_sys::Oid, statement: &Statement, rows: bool) -> Result<Verdict, Error> {
    let by_tag = || zdm_analyzer::check_command(&statement.tag);
    let hidden = match &statement.text {
        Text::Exact(bytes) => match input::excess(bytes) {
            Some(excess) => message::Hidden::Excess(excess),
            None => {
                input::room_on_the_stack()?;
                let catalog = LiveCatalog::for_guard(owner);
                let text = input::to_utf8(bytes);
                // an EXECUTE has the text of the PREPARE
                let inner = text.as_deref().filter(|_| rows).and_then(zdm_analyzer::prepared_text);
                let verdict = check::verdict(&catalog, inner.as_deref().or(text.as_deref()));
                catalog.finish()?;
                return Ok(verdict);
            }
        },
        Text::Unseen => return Ok(Verdict { findings: by_tag().into_iter().collect(), foreseen: None }),
        Text::TooLong(bytes) => message::Hidden::Size(*bytes),
    };
    Ok(Verdict { findings: by_tag().map(|finding| message::hidden(finding, &hidden)).into_iter().collect(), foreseen: None })
}

/// Whether an error is a cancel, a timeout or a shutdown: not the guard's failure, whatever the mode.
fn ends_the_statement(error: &Error) -> bool {
    matches!(error.sqlstate().as_str(), "57014" | "57P01" | "57P02" | "57P03" | "25P03" | "25P04" | "57P05")
}
