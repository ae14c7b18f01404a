//! Particulars that only few rules ask for: partition keys, shapes of indexes, statistics, what uses a column.

use super::describe::Known;
use super::facts::{oid, read, sql_file};
use super::shim::{self, Query};
use crate::shim::ServerError;
use crate::text::from_server;
use pgrx::pg_sys;
use serde::Deserialize;
use std::ffi::{c_char, c_int};
use zdm_analyzer::catalog::{Dependent, DependentKind, IndexShape, ReplicaIdentity, TableFacts};

static TABLE_FACTS: Query<1> = Query::new(sql_file!("table_facts.sql"), [pg_sys::OIDOID]);
static PUBLISHED: Query<1> = Query::new(sql_file!("published.sql"), [pg_sys::OIDOID]);
static SEQUENCE_USERS: Query<1> = Query::new(sql_file!("sequence_users.sql"), [pg_sys::OIDOID]);
static COLUMN_DEPENDENTS: Query<2> = Query::new(sql_file!("column_dependents.sql"), [pg_sys::OIDOID, pg_sys::INT4OID]);

#[derive(Deserialize)]
struct RawFacts {
    partition_columns: Option<Vec<i16>>,
    partition_expressions: Option<String>,
    replica_identity: String,
    row_security: bool,
}

/// `ZdmShape` of `describe.h`.
#[repr(C)]
struct RawShape {
    found: bool,
    plain: bool,
    nkeys: c_int,
    keys: *const i16,
    method: *const c_char,
}

unsafe extern "C-unwind" {
    fn zdm_shim_index_shape(index: pg_sys::Oid, result: *mut RawShape) -> *mut pg_sys::ErrorData;
    fn zdm_shim_index_scans(index: pg_sys::Oid, scans: *mut i64) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_dependents(relation: pg_sys::Oid, column: i32, views_only: bool, any: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_count_policies(relation: pg_sys::Oid, npolicies: *mut c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_detach_pending(parent: pg_sys::Oid, partition: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_publications(any: *mut bool) -> *mut pg_sys::ErrorData;
}

#[derive(Deserialize)]
struct RawDependent {
    kind: String,
    name: String,
    word: String,
    relation: Option<u32>,
}

/// What only few rules ask of a table.
pub fn table(known: &Known, owner: pg_sys::Oid) -> Result<Option<TableFacts>, ServerError> {
    let document = TABLE_FACTS.run([oid(known.relation.oid)], owner)?;
    let Some(raw) = read::<RawFacts>(document.as_ref()) else { return Ok(None) };
    let mut numbers = raw.partition_columns.unwrap_or_default();
    if let Some(tree) = &raw.partition_expressions {
        numbers.extend(shim::expression_columns(tree)?);
    }
    Ok(Some(TableFacts {
        partition_key: numbers.into_iter().filter_map(|number| known.column(number)).map(str::to_owned).collect(),
        replica_identity: match raw.replica_identity.as_str() {
            "n" => ReplicaIdentity::Nothing,
            "f" => ReplicaIdentity::Full,
            "i" => ReplicaIdentity::Index,
            _ => ReplicaIdentity::Default,
        },
        row_security: raw.row_security,
    }))
}

/// How an index of a table is made.
pub fn index(index: u32, table: &Known) -> Result<Option<IndexShape>, ServerError> {
    shim::in_scratch_memory(|| {
        let mut raw = RawShape { found: false, plain: false, nkeys: 0, keys: std::ptr::null(), method: std::ptr::null() };
        // SAFETY: errors come back as data; what is pointed at is palloc'd, and copied before the scratch memory ends.
        unsafe {
            ServerError::check(zdm_shim_index_shape(pg_sys::Oid::from(index), &mut raw))?;
            let keys = shim::numbers(raw.keys, raw.nkeys);
            let keys = keys.iter().map(|number| table.column(*number).map(str::to_owned)).collect::<Option<Vec<_>>>();
            let shape = || Some(IndexShape { method: from_server(raw.method)?, keys: keys.unwrap_or_default(), plain: raw.plain });
            Ok(if raw.found { shape() } else { None })
        }
    })
}

/// How often an index was used.
pub fn index_scans(index: u32) -> Result<Option<u64>, ServerError> {
    let mut scans = 0;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_index_scans(pg_sys::Oid::from(index), &mut scans) })?;
    Ok(u64::try_from(scans).ok())
}

/// Whether a query could find views that read a relation (its column, if the number is not 0), or for `all` anything that uses the column.
pub fn has_dependents(relation: u32, column: i32, all: bool) -> Result<bool, ServerError> {
    let mut any = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_dependents(pg_sys::Oid::from(relation), column, !all, &mut any) })?;
    Ok(any)
}

/// How many policies a table has.
pub fn policies(table: u32) -> Result<Option<usize>, ServerError> {
    let mut count = 0;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_count_policies(pg_sys::Oid::from(table), &mut count) })?;
    Ok(usize::try_from(count).ok())
}

/// The partition whose DETACH was interrupted.
pub fn detach_pending(parent: u32) -> Result<Option<u32>, ServerError> {
    let mut partition = pg_sys::InvalidOid;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_detach_pending(pg_sys::Oid::from(parent), &mut partition) })?;
    Ok((partition != pg_sys::InvalidOid).then(|| partition.to_u32()))
}

/// Whether a publication passes on updates or deletes of a table.
pub fn published(table: u32, owner: pg_sys::Oid) -> Result<Option<bool>, ServerError> {
    let mut any = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_publications(&mut any) })?;
    if !any {
        return Ok(Some(false));
    }
    Ok(PUBLISHED.run([oid(table)], owner)?.map(|said| said == "true"))
}

/// The tables whose defaults use a sequence.
pub fn sequence_users(sequence: u32, owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    Ok(read(SEQUENCE_USERS.run([oid(sequence)], owner)?.as_ref()))
}

/// What uses a column.
pub fn dependents(known: &Known, column: &str, owner: pg_sys::Oid) -> Result<Option<Vec<Dependent>>, ServerError> {
    let Some(number) = known.number(column) else { return Ok(None) };
    if !has_dependents(known.relation.oid, i32::from(number), true)? {
        return Ok(Some(Vec::new()));
    }
    let document = COLUMN_DEPENDENTS.run([oid(known.relation.oid), pg_sys::Datum::from(i32::from(number))], owner)?;
    let found = read::<Vec<RawDependent>>(document.as_ref()).unwrap_or_default();
    let dependent = |raw: RawDependent| Dependent {
        kind: match raw.kind.as_str() {
            "view" => DependentKind::View,
            "materialized view" => DependentKind::MaterializedView,
            "policy" => DependentKind::Policy,
            "trigger" => DependentKind::Trigger,
            "function" => DependentKind::Function,
            "column" => DependentKind::Column,
            "publication" => DependentKind::Publication,
            _ => DependentKind::Other,
        },
        name: raw.name,
        word: raw.word,
        relation: raw.relation,
    };
    Ok(Some(found.into_iter().map(dependent).collect()))
}
