//! Lists of relations, most of them by a query of ours that gives one JSON document.

use super::describe::{Known, slice};
use super::details::has_dependents;
use super::shim::{self, Query};
use crate::shim::ServerError;
use crate::text::to_server;
use pgrx::pg_sys;
use serde::Deserialize;
use std::ffi::{CStr, c_char, c_int};
use std::ptr;
use zdm_analyzer::catalog::{Among, Class, PartitionKey};

/// `ZdmOids` of `describe.h`.
#[repr(C)]
struct RawOids {
    oids: *const pg_sys::Oid,
    noids: c_int,
}

unsafe extern "C-unwind" {
    fn zdm_shim_type_users(type_oid: pg_sys::Oid, result: *mut RawOids) -> *mut pg_sys::ErrorData;
    fn zdm_shim_objects(
        catalog: pg_sys::Oid,
        name: *const c_char,
        schema: *const c_char,
        visible: bool,
        result: *mut RawOids,
    ) -> *mut pg_sys::ErrorData;
}

/// Makes a C string of a file at compile time.
macro_rules! sql_file {
    ($file:literal) => {
        match std::ffi::CStr::from_bytes_with_nul(concat!(include_str!($file), "\0").as_bytes()) {
            Ok(text) => text,
            Err(_) => panic!("a query holds a NUL byte"),
        }
    };
}

pub(crate) use sql_file;

static DEPENDENT_VIEWS: Query<2> = Query::new(sql_file!("dependent_views.sql"), [pg_sys::OIDOID, pg_sys::INT4OID]);
static RELATIONS_IN_SCHEMA: Query<1> = Query::new(sql_file!("relations_in_schema.sql"), [pg_sys::OIDOID]);
static TABLES_OF_TYPE: Query<1> = Query::new(sql_file!("tables_of_type.sql"), [pg_sys::OIDOID]);
static VIEW_READS: Query<1> = Query::new(sql_file!("view_reads.sql"), [pg_sys::OIDOID]);
static ALL_TABLES: Query<0> = Query::new(sql_file!("all_tables.sql"), []);
static SAME_FOREIGN_KEYS: Query<2> = Query::new(sql_file!("same_foreign_keys.sql"), [pg_sys::OIDOID, pg_sys::OIDOID]);
static PARTITION_KEY: Query<1> = Query::new(sql_file!("partition_key.sql"), [pg_sys::OIDOID]);

/// Reads a document of ours. One that cannot be read is a bug, and counts as "there is nothing of that oid".
pub(crate) fn read<'a, T: Deserialize<'a>>(document: Option<&'a String>) -> Option<T> {
    let parsed = serde_json::from_str(document?);
    debug_assert!(parsed.is_ok(), "{:?}", parsed.err());
    parsed.ok()
}

pub(super) fn oid(oid: u32) -> pg_sys::Datum {
    pg_sys::Datum::from(pg_sys::Oid::from(oid))
}

/// A list that a function of the shim makes.
fn listed(make: impl FnOnce(*mut RawOids) -> *mut pg_sys::ErrorData) -> Result<Vec<u32>, ServerError> {
    shim::in_scratch_memory(|| {
        let mut raw = RawOids { oids: ptr::null(), noids: 0 };
        ServerError::check(make(&mut raw))?;
        // SAFETY: the array is palloc'd, holds `noids` entries and is copied at once.
        Ok(unsafe { slice(raw.oids, raw.noids) }.iter().map(|oid| oid.to_u32()).collect())
    })
}

/// The objects of a class that have a name.
pub fn objects(class: Class, name: &str, among: Among) -> Result<Option<Vec<u32>>, ServerError> {
    let (name, schema) = (to_server(name), if let Among::Schema(schema) = among { Some(to_server(schema)) } else { None });
    let schema = schema.as_deref().map_or(ptr::null(), CStr::as_ptr);
    // SAFETY: the strings are valid for the call; errors come back as data.
    listed(|raw| unsafe { zdm_shim_objects(class.catalog().into(), name.as_ptr(), schema, among == Among::Visible, raw) }).map(Some)
}

/// The views that read a relation or a column of it.
pub fn dependent_views(known: &Known, column: Option<&str>, owner: pg_sys::Oid) -> Result<Vec<u32>, ServerError> {
    let number = match column {
        None => 0,
        Some(name) => match known.number(name) {
            Some(number) => i32::from(number),
            None => return Ok(Vec::new()),
        },
    };
    if !has_dependents(known.relation.oid, number, false)? {
        return Ok(Vec::new());
    }
    let document = DEPENDENT_VIEWS.run([oid(known.relation.oid), pg_sys::Datum::from(number)], owner)?;
    Ok(read(document.as_ref()).unwrap_or_default())
}

/// Tables and materialized views in a schema.
pub fn relations_in_schema(schema: u32, owner: pg_sys::Oid) -> Result<Vec<u32>, ServerError> {
    let document = RELATIONS_IN_SCHEMA.run([oid(schema)], owner)?;
    Ok(read(document.as_ref()).unwrap_or_default())
}

/// Tables and materialized views with columns of a type.
pub fn relations_using_type(type_oid: u32) -> Result<Option<Vec<u32>>, ServerError> {
    // SAFETY: errors come back as data.
    let mut oids = listed(|raw| unsafe { zdm_shim_type_users(pg_sys::Oid::from(type_oid), raw) })?;
    oids.sort_unstable();
    oids.dedup();
    Ok(Some(oids))
}

/// The tables OF a composite type.
pub fn tables_of_type(composite: u32, owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = TABLES_OF_TYPE.run([oid(composite)], owner)?;
    Ok(read(document.as_ref()))
}

/// The tables and views that the query of a view names.
pub fn view_reads(view: u32, owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = VIEW_READS.run([oid(view)], owner)?;
    Ok(read(document.as_ref()))
}

/// Every table of the database that is not the system's.
pub fn all_tables(owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = ALL_TABLES.run([], owner)?;
    Ok(read(document.as_ref()))
}

#[derive(Deserialize)]
struct RawKey {
    strategy: char,
    columns: Vec<Option<String>>,
}

/// By what a table is partitioned.
pub fn partition_key(relation: u32, owner: pg_sys::Oid) -> Result<Option<PartitionKey>, ServerError> {
    let document = PARTITION_KEY.run([oid(relation)], owner)?;
    let key = read::<RawKey>(document.as_ref());
    Ok(key.map(|key| PartitionKey { strategy: key.strategy, columns: key.columns.into_iter().collect() }))
}

/// The foreign keys of a partitioned table that another table has as well, and whether they are valid there.
pub fn same_foreign_keys(parent: u32, table: u32, owner: pg_sys::Oid) -> Result<Option<Vec<(String, bool)>>, ServerError> {
    let document = SAME_FOREIGN_KEYS.run([oid(parent), oid(table)], owner)?;
    // json_agg of no rows is NULL
    Ok(Some(read(document.as_ref()).unwrap_or_default()))
}
