//! The guard: refuses what the check calls danger.
//!
//! ```text
//! src/shim/hook.c   sees every statement that runs, with its exact text, and asks about those that fire no event
//! shim.rs           which statement it is (src/shim/guard.c)
//! state.rs          the mode: off, warn, enforce (preload.rs: the library in every session)
//! decide.rs         what becomes of the findings: refused, warned of, or allowed
//! permits.rs        by the setting (allow.rs), a comment (comment.rs), or for one use (once.rs);
//! told.rs           where that is told
//! exempt.rs         roles that are left alone
//! waits.rs          lock_timeout, and whoever is in the way
//! meant.rs          what the names meant then, and when the statement had its locks
//! foreseen.rs       what was foreseen of the statements that run,
//! backstop.rs       and the events that tell what really happens
//! message.rs        what is said (tell.rs: below an error, unless that is switched off)
//! audit.rs          what is written down of all that
//! ```
//!
//! It decides before the statement takes any lock, waits for nobody, and writes nothing but that an allowance is used up. Where the library was not
//! loaded before the statement, a function's statements have no text at hand: they are judged by the command tag, and by what they rewrite. One whose
//! text is longer than is looked at, has comments nested too deeply, or too many operators without a blank, is judged by its tag too. When the guard
//! itself breaks, `enforce` refuses and says how to switch the guard off; `warn` lets the statement run.

mod allow;
pub mod audit;
mod backstop;
mod comment;
mod decide;
mod exempt;
mod foreseen;
mod meant;
mod message;
mod once;
mod permits;
mod preload;
mod shim;
mod state;
mod tell;
mod told;
mod waits;

pub use allow::check_hook as check_allow;
pub use state::sees_events_only;

use crate::catalog::{LiveCatalog, Named};
use crate::check::{self, input};
use crate::error::{Error, Report};
use crate::guc::{self, GuardDml, GuardMode};
use crate::shim::sql_function;
use crate::spi::{Connection, subtransaction};
use crate::text::to_server;
use foreseen::Said;
use meant::Meant;
use pgrx::pg_sys;
use shim::{Statement, Text, Why};
use tell::tell;
use zdm_analyzer::Foreseen;
use zdm_analyzer::catalog::Catalog;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::quote;

sql_function!(zdm_allow_next, pg_finfo_zdm_allow_next, once::allow_next);
sql_function!(zdm_announce_guard, pg_finfo_zdm_announce_guard, state::announce);
sql_function!(zdm_guard_ddl, pg_finfo_zdm_guard_ddl, guard_ddl);
sql_function!(zdm_guard_drop, pg_finfo_zdm_guard_drop, backstop::dropped);
sql_function!(zdm_guard_exempt, pg_finfo_zdm_guard_exempt, exempt::guard_exempt);
sql_function!(zdm_guard_rewrite, pg_finfo_zdm_guard_rewrite, backstop::rewritten);
sql_function!(zdm_guard_status, pg_finfo_zdm_guard_status, state::status);
sql_function!(zdm_set_guard, pg_finfo_zdm_set_guard, state::set_guard);
sql_function!(zdm_withdraw_allowance, pg_finfo_zdm_withdraw_allowance, once::withdraw);

/// Puts the hooks in place; called once a process, when the library is loaded.
pub fn install() {
    shim::install_hooks(guard_utility);
    audit::install();
}

/// The function of the event trigger on `ddl_command_start`.
fn guard_ddl(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let statement = shim::statement(fcinfo, guc::MAX_CHECK_SIZE.get() as usize)?;
    foreseen::keep(Said::Unseen, None);
    if !statement.exempt {
        audit::session_mode(guc::GUARD_MODE.get());
        let mode = state::mode()?;
        watch(&statement, crate::catalog::shim::function_owner(fcinfo), mode)?;
    }
    if statement.farewell {
        farewell()?;
    }
    Ok(pg_sys::Datum::null())
}

/// The extension is being dropped: what it has put into the settings of the database goes with it. The way out must be open in every state, so that
/// a failure is only told.
fn farewell() -> Result<(), Error> {
    match subtransaction(|| preload::forget(&Connection::within_function()?)) {
        Err(error) if !ends_the_statement(&error) => {
            tell(pg_sys::WARNING, &message::left_behind(&error));
            Ok(())
        }
        result => result,
    }
}

/// What the hooks call before a statement that fires no event, or that changes every row of a table; and with comments that are of no use.
fn guard_hooked(statement: &Statement, why: Why) -> Result<(), Error> {
    audit::session_mode(guc::GUARD_MODE.get());
    let mode = state::mode()?;
    match why {
        Why::EveryRow => guard_rows(statement, mode),
        Why::Remark if mode == GuardMode::Off => Ok(()),
        Why::Remark => decide::decide(statement, &[], mode).map(|_| ()),
        Why::NoEvent | Why::Done => watch(statement, shim::owner()?, mode),
    }
}

fn guard_rows(statement: &Statement, mode: GuardMode) -> Result<(), Error> {
    let mode = match (guc::guard_dml(), mode) {
        (GuardDml::Off, _) | (_, GuardMode::Off) => return Ok(()),
        (GuardDml::Warn, _) => GuardMode::Warn,
        (GuardDml::Enforce, mode) => mode,
    };
    let owner = shim::owner()?;
    let about_it = |finding: &Finding| message::about_rows(finding) && finding.relation == Some(statement.relation.to_u32());
    let findings = |statement: &Statement| -> Result<Vec<Finding>, Error> {
        let judgement = judgement(statement, owner, mode, true)?.unwrap_or_default();
        Ok(judgement.findings.into_iter().filter(about_it).collect())
    };
    let mut found = findings(statement)?;
    if found.is_empty()
        && let Some(plain) = subtransaction(|| plainly(statement, owner))?
    {
        found = findings(&plain)?;
    }
    decide::decide(statement, &found, mode)?;
    Ok(())
}

/// What a change of every row comes to whose text does not show it: that of a rule, a view, a function with a standard SQL body.
fn plainly(statement: &Statement, owner: pg_sys::Oid) -> Result<Option<Statement>, Error> {
    let catalog = LiveCatalog::for_guard(owner);
    let relation = catalog.shared(statement.relation.to_u32());
    catalog.finish()?;
    Ok(relation.and_then(|relation| {
        let name = quote::qualified(&relation.schema, &relation.name);
        let text = match statement.tag.as_str() {
            "DELETE" => format!("DELETE FROM {name}"),
            _ => format!("UPDATE {name} SET {} = DEFAULT", quote::ident(&relation.columns.first()?.name)),
        };
        let text = Text::Exact(to_server(&text).into_bytes());
        Some(Statement { text, lead: Vec::new(), ..statement.clone() })
    }))
}

/// See `ZdmUtilityGuard` of `zdm_shim.h`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn guard_utility(raw: *const shim::RawStatement, why: Why) -> *mut pg_sys::ErrorData {
    // SAFETY: the hook passes a statement that lives until this returns.
    let statement = || unsafe { shim::hooked(raw, guc::MAX_CHECK_SIZE.get() as usize) };
    let result = match why {
        Why::Done => once::settle().and_then(|()| meant::look_again(statement)),
        _ => guard_hooked(&statement(), why),
    };
    result.map_or_else(crate::shim::raise, |()| std::ptr::null_mut())
}

/// What there is to say of a statement.
#[derive(Default)]
struct Judgement {
    findings: Vec<Finding>,
    /// What it does to each relation that exists; `None` when that is not known.
    foreseen: Option<Vec<Foreseen>>,
    /// What its names meant.
    named: Named,
}

/// Judges a statement, and decides.
fn watch(statement: &Statement, owner: pg_sys::Oid, mode: GuardMode) -> Result<(), Error> {
    if mode == GuardMode::Off {
        return Ok(());
    }
    let Some(Judgement { mut findings, foreseen, named }) = judgement(statement, owner, mode, false)? else { return Ok(()) };
    if matches!(statement.text, Text::Unseen) {
        decide::warn_nested(statement, &findings);
        return Ok(());
    }
    if let (Some(foreseen), Some(first)) = (&foreseen, findings.first().cloned()) {
        findings.extend(subtransaction(|| waits::blocker(foreseen, &first, owner))?);
    }
    let allowed = decide::decide(statement, &findings, mode)?;
    waits::limit(foreseen.as_deref().unwrap_or_default(), mode)?;
    if allowed {
        foreseen::keep(Said::Allowed, None);
    } else {
        let meant = Meant::of(statement, named, foreseen.as_deref().unwrap_or_default())?;
        foreseen::keep(Said::Judged(foreseen), meant);
    }
    Ok(())
}

/// Judges a statement; `None` when the guard broke and the mode lets the statement run all the same.
fn judgement(statement: &Statement, owner: pg_sys::Oid, mode: GuardMode, rows: bool) -> Result<Option<Judgement>, Error> {
    unless_broken(statement, mode, || judge(owner, statement, rows))
}

/// Runs a part of the guard that may break: `enforce` refuses then, and `None` is when the mode lets the statement run all the same.
fn unless_broken<T>(statement: &Statement, mode: GuardMode, f: impl FnOnce() -> Result<T, Error>) -> Result<Option<T>, Error> {
    match subtransaction(f) {
        Ok(value) => Ok(Some(value)),
        Err(error) if ends_the_statement(&error) => Err(error),
        Err(error) => {
            audit::broken(mode, statement, &error);
            say(message::broken(error, mode)).map(|()| None)
        }
    }
}

/// A refusal is raised, anything else reported.
fn say(report_: Report) -> Result<(), Error> {
    if report_.sqlstate == message::REFUSED {
        return Err(Error::Own(report_));
    }
    tell(pg_sys::WARNING, &report_);
    Ok(())
}

fn judge(owner: pg_sys::Oid, statement: &Statement, rows: bool) -> Result<Judgement, Error> {
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
                let mut verdict = check::verdict(&catalog, inner.as_deref().or(text.as_deref()));
                let named = catalog.named();
                catalog.finish()?;
                if by_tag().is_some() {
                    verdict.findings.iter_mut().for_each(opaque);
                }
                return Ok(Judgement { findings: verdict.findings, foreseen: verdict.foreseen, named });
            }
        },
        Text::Unseen => return Ok(Judgement { findings: by_tag().into_iter().collect(), ..Judgement::default() }),
        Text::TooLong(bytes) => message::Hidden::Size(*bytes),
    };
    let mut findings: Vec<Finding> = by_tag().map(|finding| message::hidden(finding, &hidden)).into_iter().collect();
    findings.iter_mut().for_each(opaque);
    Ok(Judgement { findings, ..Judgement::default() })
}

/// A text that is at hand and cannot be read may hold anything that its command can do: otherwise it would be the way round the guard.
fn opaque(finding: &mut Finding) {
    if finding.rule == Some("not-analyzable") && finding.risk == Risk::Unknown {
        finding.risk = Risk::Danger;
    }
}

/// Whether an error is a cancel, a timeout or a shutdown: not the guard's failure, whatever the mode.
fn ends_the_statement(error: &Error) -> bool {
    matches!(error.sqlstate().as_str(), "57014" | "57P01" | "57P02" | "57P03" | "25P03" | "25P04" | "57P05")
}
