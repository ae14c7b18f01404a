//! The arguments of `CALL zdm.backfill(...)`, checked.

use crate::error::{Error, Report, sqlstate};
use crate::text::{from_server_exactly, misread};
use pgrx::pg_sys;
use zdm_analyzer::fragment::{self, Assignments, Condition, FragmentError};

const DEFAULT_BATCH: i32 = 1000;
const MICROSECONDS_PER_DAY: i64 = 86_400_000_000;

/// A walk that the caller wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    Key,
    Block,
    Ladder,
}

impl Strategy {
    /// As the argument has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Block => "block",
            Self::Ladder => "ladder",
        }
    }

    fn read(text: &str) -> Result<Self, Error> {
        let all = [Self::Key, Self::Block, Self::Ladder];
        all.into_iter().find(|one| one.name() == text).ok_or_else(|| {
            Error::new(sqlstate::INVALID_PARAMETER_VALUE, format!("unrecognized strategy: \"{text}\""))
                .hint("Available strategies are key, block and ladder; leave it out to have the fitting one chosen.")
        })
    }
}

/// What is asked for.
pub struct Request {
    pub target: pg_sys::Oid,
    pub set: Assignments,
    pub condition: Option<Condition>,
    /// Rows a batch.
    pub batch: i32,
    pub pause_ms: i64,
    /// `None`: the one that fits.
    pub strategy: Option<Strategy>,
}

impl Request {
    /// The request of a job that was begun before.
    pub fn from_job(target: pg_sys::Oid, set: &str, condition: Option<&str>, batch: i32, pause_ms: i64) -> Result<Self, Error> {
        Ok(Self {
            target,
            set: fragment::parse_assignments(set).map_err(|error| wrong("set_expr", error))?,
            condition: condition.map(|text| fragment::parse_condition(text).map_err(|error| wrong("where_expr", error))).transpose()?,
            batch,
            pause_ms,
            strategy: None,
        })
    }

    /// Reads the procedure's six arguments.
    ///
    /// # Errors
    /// 22004 for a NULL where none is allowed, 22023 for a number out of range, the parser's own for the two fragments.
    pub fn from_call(fcinfo: pg_sys::FunctionCallInfo) -> Result<Self, Error> {
        // SAFETY: the procedure's SQL declaration gives these arguments these types.
        let (target, set, condition, batch, pause, strategy) = unsafe {
            (
                pgrx::fcinfo::pg_getarg::<pg_sys::Oid>(fcinfo, 0),
                text_argument(fcinfo, 1)?,
                text_argument(fcinfo, 2)?,
                pgrx::fcinfo::pg_getarg::<i32>(fcinfo, 3),
                pgrx::fcinfo::pg_getarg_datum(fcinfo, 4),
                text_argument(fcinfo, 5)?,
            )
        };
        let target = target.ok_or_else(|| null("target"))?;
        let set = set.ok_or_else(|| null("set_expr"))?;
        for (argument, text) in [("set_expr", Some(&set)), ("where_expr", condition.as_ref())] {
            standard_strings(argument, text.map_or("", String::as_str))?;
        }
        let batch = batch.unwrap_or(DEFAULT_BATCH);
        if batch < 1 {
            return Err(Error::new(sqlstate::INVALID_PARAMETER_VALUE, format!("batch must be greater than zero, not {batch}"))
                .hint("Leave it out for the default of 1,000 rows."));
        }
        Ok(Self {
            target,
            set: fragment::parse_assignments(&set).map_err(|error| wrong("set_expr", error))?,
            condition: condition.map(|text| fragment::parse_condition(&text).map_err(|error| wrong("where_expr", error))).transpose()?,
            batch,
            pause_ms: pause_ms(pause)?,
            strategy: strategy.as_deref().map(Strategy::read).transpose()?,
        })
    }
}

/// The fragments are read as the standard has it: a backslash in a plain string constant is a backslash.
fn standard_strings(argument: &str, text: &str) -> Result<(), Error> {
    if !misread(text) {
        return Ok(());
    }
    Err(Error::new(
        sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
        format!("{argument} holds a backslash, and standard_conforming_strings is off"),
    )
    .detail("Here it would be read as the SQL standard has it: a backslash in a plain string constant stands for itself.")
    .hint("SET standard_conforming_strings = on, and write E'...' where escapes are meant."))
}

/// A text argument, detoasted, in UTF-8.
///
/// # Safety
/// The argument is of type text.
unsafe fn text_argument(fcinfo: pg_sys::FunctionCallInfo, number: usize) -> Result<Option<String>, Error> {
    // SAFETY: promised by the caller; text_to_cstring copies (and detoasts) a valid varlena.
    unsafe {
        match pgrx::fcinfo::pg_getarg_datum(fcinfo, number) {
            None => Ok(None),
            Some(datum) => from_server_exactly(pg_sys::text_to_cstring(datum.cast_mut_ptr())),
        }
    }
}

fn pause_ms(datum: Option<pg_sys::Datum>) -> Result<i64, Error> {
    let Some(datum) = datum else { return Ok(0) };
    // SAFETY: the argument is of type interval: a pointer to a fixed-length struct.
    let interval = unsafe { *datum.cast_mut_ptr::<pg_sys::Interval>() };
    let days = i64::from(interval.month) * 30 + i64::from(interval.day);
    let microseconds = days.checked_mul(MICROSECONDS_PER_DAY).and_then(|days| days.checked_add(interval.time));
    match microseconds {
        Some(microseconds) if (0..=MICROSECONDS_PER_DAY).contains(&microseconds) => Ok((microseconds + 999) / 1000),
        _ => Err(Error::new(sqlstate::INVALID_PARAMETER_VALUE, "pause must be between zero and one day")),
    }
}

fn null(argument: &str) -> Error {
    Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, format!("{argument} must not be null"))
}

/// The parser's error, with the argument it is about.
fn wrong(argument: &str, error: FragmentError) -> Error {
    let place = error.position.map(|position| format!("At character {position} of {argument}."));
    Error::Own(Report {
        sqlstate: error.kind.sqlstate(),
        message: error.message,
        detail: match (error.detail, place) {
            (Some(detail), Some(place)) => Some(format!("{detail} {place}")),
            (detail, place) => detail.or(place),
        },
        hint: error.hint,
    })
}
