//! What is stored, and by what: updates, functions behind indexes and constraints, publications, and the room on the disk.

use super::facts::{oid, read, sql_file};
use super::shim::Query;
use crate::shim::ServerError;
use crate::text::to_server;
use pgrx::pg_sys;
use serde::Deserialize;
use std::ffi::c_char;
use zdm_analyzer::catalog::{FunctionUse, Oid};

static UPDATE_COUNTS: Query<1> = Query::new(sql_file!("update_counts.sql"), [pg_sys::OIDOID]);
static FUNCTION_USES: Query<1> = Query::new(sql_file!("function_uses.sql"), [pg_sys::TEXTOID]);
static PUBLISHED_BY: Query<1> = Query::new(sql_file!("published_by.sql"), [pg_sys::TEXTOID]);

unsafe extern "C-unwind" {
    fn zdm_shim_free_space(path: *const c_char) -> i64;
}

#[derive(Deserialize)]
struct RawUse {
    kind: String,
    name: String,
    relation: Oid,
}

fn text(value: &str) -> pg_sys::Datum {
    // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
    unsafe { pg_sys::Datum::from(pg_sys::cstring_to_text(to_server(value).as_ptr())) }
}

/// Updates of a table's rows, and how many of them were HOT.
pub fn update_counts(table: Oid, owner: pg_sys::Oid) -> Result<Option<(u64, u64)>, ServerError> {
    Ok(read(UPDATE_COUNTS.run([oid(table)], owner)?.as_ref()))
}

/// What the functions compute that is stored.
pub fn function_uses(functions: &[Oid], owner: pg_sys::Oid) -> Result<Vec<FunctionUse>, ServerError> {
    if functions.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<String> = functions.iter().map(Oid::to_string).collect();
    let found: Vec<RawUse> = read(FUNCTION_USES.run([text(&format!("{{{}}}", numbers.join(",")))], owner)?.as_ref()).unwrap_or_default();
    Ok(found.into_iter().map(|raw| FunctionUse { kind: raw.kind, name: raw.name, relation: raw.relation }).collect())
}

/// The tables that a publication names.
pub fn published_by(publication: &str, owner: pg_sys::Oid) -> Result<Option<Vec<Oid>>, ServerError> {
    Ok(read(PUBLISHED_BY.run([text(publication)], owner)?.as_ref()))
}

/// The bytes that are left to the server on the disk of a file.
pub fn free_space(path: &str) -> Option<u64> {
    let path = to_server(path);
    // SAFETY: the string is valid for the call, which only asks the file system.
    u64::try_from(unsafe { zdm_shim_free_space(path.as_ptr()) }).ok()
}
