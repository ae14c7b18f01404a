//! Looking into the catalogs for the text that is checked: its own questions, with the rights of the caller (`src/shim/query.c`).

use super::facts::sql_file;
use super::shim::Query;
use crate::shim::ServerError;
use crate::spi::Arg;
use crate::text::{from_server, to_server};
use pgrx::{IntoDatum, pg_sys};
use std::ffi::{c_char, c_int};
use std::ptr;
use zdm_analyzer::catalog::{Found, OnTable};

/// The most rows of an answer.
const ROWS: c_int = 500;

/// `ZdmResult` of `zdm_shim.h`.
#[repr(C)]
struct RawResult {
    answered: bool,
    ncolumns: c_int,
    nrows: c_int,
    names: *mut *mut c_char,
    types: *mut *mut c_char,
    values: *mut *mut c_char,
}

unsafe extern "C-unwind" {
    fn zdm_shim_query(sql: *const c_char, limit: c_int, answer: *mut RawResult) -> *mut pg_sys::ErrorData;
}

static ON_TABLE: Query<3> = Query::new(sql_file!("on_table.sql"), [pg_sys::OIDOID, pg_sys::TEXTOID, pg_sys::TEXTOID]);

/// What a query gives, if it is one to be asked.
pub fn run(query: &str) -> Result<Option<Found>, ServerError> {
    let query = to_server(query);
    let mut raw =
        RawResult { answered: false, ncolumns: 0, nrows: 0, names: ptr::null_mut(), types: ptr::null_mut(), values: ptr::null_mut() };
    // SAFETY: the string is valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_query(query.as_ptr(), ROWS, &mut raw) })?;
    if !raw.answered {
        return Ok(None);
    }
    let (columns, rows) = (usize::try_from(raw.ncolumns).unwrap_or(0), usize::try_from(raw.nrows).unwrap_or(0));
    // SAFETY: an answer has as many names and types as columns, and a value for each of them in each row, all palloc'd strings or NULL.
    let text = |list: *mut *mut c_char, at: usize| unsafe { from_server(*list.add(at)) };
    let heads = (0..columns).map(|at| (text(raw.names, at).unwrap_or_default(), text(raw.types, at).unwrap_or_default()));
    let values = (0..rows).map(|row| (0..columns).map(|column| text(raw.values, row * columns + column)).collect());
    Ok(Some(Found { columns: heads.collect(), rows: values.collect() }))
}

/// Whether a table has a trigger, policy or rule of a name, or is named by a publication.
pub fn has_on_table(kind: OnTable, table: u32, name: &str, owner: pg_sys::Oid) -> Result<Option<bool>, ServerError> {
    let kind = match kind {
        OnTable::Trigger => "trigger",
        OnTable::Policy => "policy",
        OnTable::Rule => "rule",
        OnTable::Publication => "publication",
    };
    let null = pg_sys::Datum::null();
    let (kind, name) = (Arg::text(Some(kind)).datum.unwrap_or(null), Arg::text(Some(name)).datum.unwrap_or(null));
    let table = pg_sys::Oid::from(table).into_datum().unwrap_or(null);
    let found = ON_TABLE.run([table, kind, name], owner)?;
    Ok(found.map(|found| found == "true"))
}
