//! In which mode the database is: the row of `zdm.guard_state`, which no dump carries, unless the session overrides it.

use super::{message, shim};
use crate::check::input;
use crate::error::{Error, Report, sqlstate};
use crate::guc::{self, GuardMode};
use crate::shim::report;
use crate::spi::{Arg, Connection};
use pgrx::pg_sys;

/// The mode that counts for this session.
pub fn mode() -> Result<GuardMode, Error> {
    match guc::GUARD_MODE.get() {
        GuardMode::Default => {
            let state = shim::guard_state().map_err(|error| {
                let mut error = Error::from(error);
                error.append_hint(message::WAY_OUT);
                error
            })?;
            Ok(match state.as_str() {
                "off" => GuardMode::Off,
                "warn" => GuardMode::Warn,
                // also when somebody has emptied the table
                _ => GuardMode::Enforce,
            })
        }
        session => Ok(session),
    }
}

/// `zdm.set_guard(mode, preload)`. It runs with its owner's rights (SECURITY DEFINER); who may call it is a matter of GRANT.
pub fn set_guard(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let argument =
        input::argument(fcinfo, 0)?.ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "mode must not be null").hint(MODES))?;
    let mode = argument.text.unwrap_or_default();
    if !matches!(mode.as_str(), "off" | "warn" | "enforce") {
        return Err(Error::new(sqlstate::INVALID_PARAMETER_VALUE, format!("invalid mode: \"{mode}\"")).hint(MODES));
    }
    // SAFETY: the function has two arguments, the second of type boolean.
    if unsafe { pgrx::fcinfo::pg_getarg::<bool>(fcinfo, 1) }.is_some() {
        return Err(Error::new(sqlstate::FEATURE_NOT_SUPPORTED, "preload is not supported yet")
            .hint("Leave it out: the guard works by its event trigger, without being preloaded."));
    }
    Connection::within_function()?.query(
        "INSERT INTO zdm.guard_state AS s (mode, changed_by, changed_at)
         VALUES ($1, SESSION_USER, pg_catalog.clock_timestamp())
         ON CONFLICT (only_row) DO UPDATE SET mode = EXCLUDED.mode, changed_by = EXCLUDED.changed_by, changed_at = EXCLUDED.changed_at",
        &[Arg::text(Some(&mode))],
    )?;
    // SAFETY: argument 0 is not NULL; the result is a copy of it.
    Ok(unsafe { pg_sys::Datum::from(pg_sys::cstring_to_text(argument.server.as_ptr())) })
}

/// Says at the end of CREATE EXTENSION in which mode the guard begins. A WARNING, since the scripts of extensions hide NOTICEs.
pub fn announce(_fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let (message, hint) = match shim::guard_state()?.as_str() {
        "warn" => (
            "the guard of pg_zdm only warns in this database, since it holds no tables yet",
            "When it is filled: SELECT zdm.set_guard('enforce');",
        ),
        _ => ("the guard of pg_zdm refuses dangerous DDL in this database from now on", "To only warn: SELECT zdm.set_guard('warn');"),
    };
    report(
        pg_sys::WARNING,
        &Report { sqlstate: sqlstate::WARNING, message: message.to_owned(), detail: None, hint: Some(hint.to_owned()) },
    );
    Ok(pg_sys::Datum::null())
}

const MODES: &str = "It is one of off, warn, enforce.";
