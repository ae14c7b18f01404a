//! Particulars that only few rules ask for: partition keys, shapes of indexes, statistics, what uses a column.

use super::describe::Known;
use super::facts::{oid, read, sql_file};
use super::shim::{self, Query};
use crate::shim::ServerError;
use pgrx::pg_sys;
use serde::Deserialize;
use zdm_analyzer::catalog::{Dependent, DependentKind, IndexShape, ReplicaIdentity, TableFacts};

static TABLE_FACTS: Query<1> = Query::new(sql_file!("table_facts.sql"), [pg_sys::OIDOID]);
static INDEX_SHAPE: Query<1> = Query::new(sql_file!("index_shape.sql"), [pg_sys::OIDOID]);
static INDEX_SCANS: Query<1> = Query::new(sql_file!("index_scans.sql"), [pg_sys::OIDOID]);
static COLUMN_DEPENDENTS: Query<2> = Query::new(sql_file!("column_dependents.sql"), [pg_sys::OIDOID, pg_sys::INT4OID]);

#[derive(Deserialize)]
struct RawFacts {
    partition_columns: Option<Vec<i16>>,
    partition_expressions: Option<String>,
    replica_identity: String,
}

#[derive(Deserialize)]
struct RawShape {
    method: String,
    keys: Vec<i16>,
    plain: bool,
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
    }))
}

/// How an index of a table is made.
pub fn index(index: u32, table: &Known, owner: pg_sys::Oid) -> Result<Option<IndexShape>, ServerError> {
    let document = INDEX_SHAPE.run([oid(index)], owner)?;
    let Some(raw) = read::<RawShape>(document.as_ref()) else { return Ok(None) };
    let keys = raw.keys.iter().map(|number| table.column(*number).map(str::to_owned)).collect::<Option<Vec<_>>>();
    Ok(Some(IndexShape { method: raw.method, keys: keys.unwrap_or_default(), plain: raw.plain }))
}

/// How often an index was used.
pub fn index_scans(index: u32, owner: pg_sys::Oid) -> Result<Option<u64>, ServerError> {
    Ok(INDEX_SCANS.run([oid(index)], owner)?.and_then(|number| number.parse().ok()))
}

/// What uses a column.
pub fn dependents(known: &Known, column: &str, owner: pg_sys::Oid) -> Result<Option<Vec<Dependent>>, ServerError> {
    let Some(number) = known.number(column) else { return Ok(None) };
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
