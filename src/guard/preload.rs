//! The library in every session of the database from its start: `session_preload_libraries`.

use crate::catalog::facts::{read, sql_file};
use crate::catalog::shim::Query;
use crate::error::{Error, sqlstate};
use crate::shim::ServerError;
use crate::spi::{Arg, Connection};
use pgrx::pg_sys;

const LIBRARY: &str = "pg_zdm";

/// Adds the library to the database's own setting, or takes it out; what is there is kept. It counts for sessions that begin later.
pub fn set(connection: &Connection, preload: bool) -> Result<(), Error> {
    let (own, servers) = configured(connection)?;
    let mut libraries = own.clone().unwrap_or_else(|| servers.clone());
    if libraries.iter().any(|one| is_ours(one)) == preload {
        return Ok(());
    }
    if preload {
        libraries.push(LIBRARY.to_owned());
        return alter(connection, &libraries);
    }
    if own.is_none() {
        return Err(Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, "the library is preloaded by the server's configuration")
            .detail("session_preload_libraries of the whole server names it, not that of this database.")
            .hint("Take it out there: ALTER SYSTEM SET session_preload_libraries = ..."));
    }
    take_out(connection, libraries, &servers)
}

/// Takes the library out of the database's own setting, if it is there.
pub fn forget(connection: &Connection) -> Result<(), Error> {
    let (own, servers) = configured(connection)?;
    match own.filter(|own| own.iter().any(|one| is_ours(one))) {
        Some(libraries) => take_out(connection, libraries, &servers),
        None => Ok(()),
    }
}

/// A setting that then says what the server's says is reset: the library was the reason for it.
fn take_out(connection: &Connection, mut libraries: Vec<String>, servers: &[String]) -> Result<(), Error> {
    libraries.retain(|one| !is_ours(one));
    alter(connection, if libraries == servers { &[] } else { &libraries })
}

/// No libraries: no setting.
fn alter(connection: &Connection, libraries: &[String]) -> Result<(), Error> {
    let alter = connection.query(ALTER, &[Arg::text(Some(&libraries.join(", ")))])?;
    connection.query(&alter.only()?.string(0), &[]).map(|_| ())
}

/// What every session of the database gets: by the database's own setting, if there is one, and by that of the server.
fn configured(connection: &Connection) -> Result<(Option<Vec<String>>, Vec<String>), Error> {
    let setting = connection.query(CONFIGURED, &[])?;
    let row = setting.only()?;
    Ok((row.text(0).map(split), split(&row.string(1))))
}

/// The settings that load libraries into new sessions of this database.
static PRELOADED: Query<0> = Query::new(sql_file!("preloaded.sql"), []);

/// The setting that loads the library into every new session of this database, if one does.
pub fn loaded_by(owner: pg_sys::Oid) -> Result<Option<String>, ServerError> {
    let settings: Vec<(String, String)> = read(PRELOADED.run([], owner)?.as_ref()).unwrap_or_default();
    Ok(settings.into_iter().find(|(_, libraries)| split(libraries).iter().any(|one| is_ours(one))).map(|(name, _)| name))
}

/// The names in a setting of libraries (GUC_LIST_QUOTE); a comma in a name is not expected.
fn split(setting: &str) -> Vec<String> {
    setting.split(',').map(|name| name.trim().trim_matches('"').to_owned()).filter(|name| !name.is_empty()).collect()
}

fn is_ours(library: &str) -> bool {
    let file = library.rsplit('/').next().unwrap_or(library);
    file.strip_suffix(".so").unwrap_or(file) == LIBRARY
}

/// The database's own setting, and the server's.
const CONFIGURED: &str = "
    SELECT (SELECT pg_catalog.split_part(c.entry, '=', 2)
              FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c(entry)
             WHERE s.setrole OPERATOR(pg_catalog.=) 0::oid
               AND s.setdatabase OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database d
                                                          WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
               AND pg_catalog.split_part(c.entry, '=', 1) OPERATOR(pg_catalog.=) 'session_preload_libraries'),
           COALESCE((SELECT f.setting FROM pg_catalog.pg_file_settings f
                      WHERE f.name OPERATOR(pg_catalog.=) 'session_preload_libraries' AND f.applied ORDER BY f.seqno DESC LIMIT 1), '')";

/// Each name is a literal of its own: the setting is a list.
const ALTER: &str = "
    SELECT CASE WHEN $1 OPERATOR(pg_catalog.=) ''
                THEN pg_catalog.format('ALTER DATABASE %I RESET session_preload_libraries', pg_catalog.current_database())
                ELSE pg_catalog.format('ALTER DATABASE %I SET session_preload_libraries = %s', pg_catalog.current_database(),
                                       (SELECT pg_catalog.string_agg(pg_catalog.quote_literal(one), ', ')
                                          FROM pg_catalog.unnest(pg_catalog.string_to_array($1, ', ')) one)) END";
