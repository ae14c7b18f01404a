//! Which names are taken.

use super::facts::sql_file;
use super::moment::text;
use super::shim::Query;
use crate::shim::ServerError;
use pgrx::pg_sys;

static CONSTRAINT_EXISTS: Query<2> = Query::new(sql_file!("constraint_exists.sql"), [pg_sys::TEXTOID, pg_sys::TEXTOID]);

/// Whether a schema has a constraint of this name.
pub fn constraint_exists(schema: &str, name: &str, owner: pg_sys::Oid) -> Result<Option<bool>, ServerError> {
    let found = CONSTRAINT_EXISTS.run([text(schema), text(name)], owner)?;
    Ok(found.map(|found| found == "true"))
}
