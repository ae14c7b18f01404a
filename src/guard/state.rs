//! In which mode the database is: the row of `zdm.guard_state`, which no dump carries, unless the session overrides it.

use super::tell::tell;
use super::{audit, message, preload, shim};
use crate::check::input;
use crate::check::rows::{Rows, Value};
use crate::error::{Error, Report, sqlstate};
use crate::guc::{self, GuardMode};
use crate::shim::ServerError;
use crate::spi::{Arg, Connection};
use pgrx::pg_sys;

/// The mode that counts for this session.
pub fn mode() -> Result<GuardMode, Error> {
    in_force().map_err(|error| {
        let mut error = Error::from(error);
        error.append_hint(message::WAY_OUT);
        error
    })
}

fn in_force() -> Result<GuardMode, ServerError> {
    Ok(match guc::GUARD_MODE.get() {
        GuardMode::Default if shim::session_is_exempt()? => GuardMode::Off,
        GuardMode::Default => match shim::guard_state()?.as_str() {
            "off" => GuardMode::Off,
            "warn" => GuardMode::Warn,
            // also when somebody has emptied the table
            _ => GuardMode::Enforce,
        },
        session => session,
    })
}

/// Whether the guard is at work, and sees in new sessions only what fires an event trigger.
pub fn sees_events_only(owner: pg_sys::Oid) -> Result<bool, ServerError> {
    Ok(in_force()? != GuardMode::Off && preload::loaded_by(owner)?.is_none())
}

/// A mode as settings show it.
pub fn name(mode: GuardMode) -> &'static str {
    match mode {
        GuardMode::Default => "default",
        GuardMode::Off => "off",
        GuardMode::Warn => "warn",
        GuardMode::Enforce => "enforce",
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
    let preload = unsafe { pgrx::fcinfo::pg_getarg::<bool>(fcinfo, 1) };
    let connection = Connection::within_function()?;
    if let Some(preload) = preload {
        preload::set(&connection, preload)?;
    }
    let before = shim::guard_state()?;
    connection.query(
        "INSERT INTO zdm.guard_state AS s (mode, changed_by, changed_at)
         VALUES ($1, SESSION_USER, pg_catalog.clock_timestamp())
         ON CONFLICT (only_row) DO UPDATE SET mode = EXCLUDED.mode, changed_by = EXCLUDED.changed_by, changed_at = EXCLUDED.changed_at",
        &[Arg::text(Some(&mode))],
    )?;
    audit::mode("zdm.set_guard", &format!("from {before} to {mode}"));
    // SAFETY: argument 0 is not NULL; the result is a copy of it.
    Ok(unsafe { pg_sys::Datum::from(pg_sys::cstring_to_text(argument.server.as_ptr())) })
}

/// `zdm.guard_status()`: a row for each layer of the guard.
pub fn status(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let mut rows = Rows::new(fcinfo);
    let connection = Connection::within_function()?;
    let mode = mode()?;
    let session = guc::GUARD_MODE.get() != GuardMode::Default;
    let who = connection.query("SELECT pg_catalog.format('set by %s at %s', changed_by, changed_at) FROM zdm.guard_state", &[])?;
    let who = who.rows.first().and_then(|row| row.first().cloned().flatten());
    let name = name(mode);
    let exempt = !session && shim::session_is_exempt()?;
    let detail = match (session, exempt) {
        (true, _) => format!("{name}, by zdm.guard_mode in this session"),
        (_, true) => format!("{name}, since role {} is exempt", message::role(shim::session_user())),
        _ => format!("{name}, {}", who.unwrap_or_default()),
    };
    let on = mode != GuardMode::Off;
    let hint = if exempt { "SELECT zdm.guard_exempt(SESSION_USER::regrole, false);" } else { "SELECT zdm.set_guard('enforce');" };
    push(&mut rows, "mode", on, &detail, (!on).then_some(hint))?;

    let enabled = connection.query(TRIGGERS, &[])?;
    for trigger in enabled.iter() {
        let (name, state) = (trigger.string(0), trigger.text(2));
        let detail = match state {
            Some("D") => format!("event trigger {name} is disabled"),
            Some("A") => format!("event trigger {name} fires always"),
            Some(_) => format!("event trigger {name} does not fire where session_replication_role is replica"),
            None => format!("event trigger {name} is missing"),
        };
        let hint = format!("ALTER EVENT TRIGGER {name} ENABLE ALWAYS;");
        let fires = !matches!(state, None | Some("D"));
        push(&mut rows, &trigger.string(1), fires && on, &detail, (state != Some("A")).then_some(hint.as_str()))?;
    }
    let from = preload::loaded_by(crate::catalog::shim::function_owner(fcinfo))?;
    let detail = match &from {
        Some(setting) => format!("{setting} loads the library before the first statement of a session"),
        None => "the library is loaded by the first statement that fires an event trigger, and sees those after it".to_owned(),
    };
    let stored = shim::guard_state()?;
    let wanted = if stored == "warn" { "warn" } else { "enforce" };
    let hint = format!("SELECT zdm.set_guard('{wanted}', preload => true);");
    push(&mut rows, "hooks", from.is_some() && on, &detail, from.is_none().then_some(hint.as_str()))?;
    Ok(pg_sys::Datum::null())
}

fn push(rows: &mut Rows, layer: &str, active: bool, detail: &str, hint: Option<&str>) -> Result<(), Error> {
    Ok(rows.push([Value::Text(layer), Value::Bool(active), Value::Text(detail), hint.into()])?)
}

/// The event triggers of the guard, and whether they fire.
const TRIGGERS: &str = "
    SELECT w.name, w.event, t.evtenabled
      FROM (VALUES ('zdm_guard', 'ddl_command_start'), ('zdm_guard_drop', 'sql_drop'), ('zdm_guard_rewrite', 'table_rewrite')) w(name, event)
      LEFT JOIN pg_catalog.pg_event_trigger t ON t.evtname OPERATOR(pg_catalog.=) w.name";

/// Says at the end of CREATE EXTENSION in which mode the guard begins. A WARNING, since the scripts of extensions hide NOTICEs.
pub fn announce(_fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let (message, hint) = match shim::guard_state()?.as_str() {
        "warn" => (
            "the guard of pg_zdm only warns in this database, since it holds no tables yet",
            "When it is filled: SELECT zdm.set_guard('enforce');",
        ),
        _ => ("the guard of pg_zdm refuses dangerous DDL in this database from now on", "To only warn: SELECT zdm.set_guard('warn');"),
    };
    tell(pg_sys::WARNING, &Report { sqlstate: sqlstate::WARNING, message: message.to_owned(), detail: None, hint: Some(hint.to_owned()) });
    Ok(pg_sys::Datum::null())
}

const MODES: &str = "It is one of off, warn, enforce.";
