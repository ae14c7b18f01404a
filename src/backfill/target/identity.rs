//! Is it still the same table, and are these still the same columns?
//!
//! Statements name tables and columns, and other sessions can give names away while a job runs: `ALTER TABLE t RENAME TO t_old` and a new `t`, or two
//! columns that swap names. So each batch first locks the table *by its OID*, against any such change until the batch commits, and then asks whether the
//! names still mean what they meant.

use super::{Part, Walk};
use crate::backfill::request::Request;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Plan};
use crate::text::quote;
use pgrx::pg_sys;

/// The columns in question, as one JSON object: name, then number and type. Equal texts mean the same columns.
const COLUMNS: &str = "(SELECT pg_catalog.jsonb_object_agg(a.attname, pg_catalog.jsonb_build_array(a.attnum, a.atttypid::pg_catalog.int8))
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
               AND a.attname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT e.v FROM NAMES e(v))))::pg_catalog.text";

/// What the job's names mean in this table now: the key's, the assigned ones, and those that the expressions read.
pub fn columns(connection: &Connection, request: &Request, relation: pg_sys::Oid, walk: &Walk) -> Result<String, Error> {
    let mut names: Vec<String> = request.set.columns().to_vec();
    names.extend(request.set.reads());
    names.extend(request.condition.iter().flat_map(|condition| condition.reads()));
    if let Walk::Key(key) = walk {
        names.extend(key.columns.iter().map(|column| column.name.clone()));
    }
    let names = serde_json::Value::from(names).to_string();
    let sql = format!("SELECT {}", COLUMNS.replace("NAMES", "pg_catalog.jsonb_array_elements_text($2::pg_catalog.jsonb)"));
    let found = connection.query(&sql, &[Arg::oid(relation), Arg::text(Some(&names))])?;
    Ok(found.only()?.string(0))
}

/// The check before each batch.
pub struct Same<'a> {
    part: &'a Part,
    plan: Option<Plan>,
}

impl<'a> Same<'a> {
    pub fn new(part: &'a Part) -> Self {
        Self { part, plan: None }
    }

    /// Locks the table until the transaction ends, and makes sure that the statements mean it.
    ///
    /// # Errors
    /// 42P01 when the table is gone, 42703 when a column is, 55000 when a name means something else now.
    pub fn check(&mut self, connection: &Connection) -> Result<(), Error> {
        // SAFETY: takes the lock that an UPDATE takes, by OID; a wait that is cancelled or times out raises, which the subtransaction catches.
        unsafe { pg_sys::LockRelationOid(self.part.relation, pg_sys::RowExclusiveLock as i32) };
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => {
                let sql = format!(
                    "SELECT n.nspname, c.relname, {}
                       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                      WHERE c.oid OPERATOR(pg_catalog.=) $1",
                    COLUMNS.replace("NAMES", "pg_catalog.jsonb_object_keys($2::pg_catalog.jsonb)")
                );
                connection.prepare(&sql, &[pg_sys::OIDOID, pg_sys::TEXTOID])?
            }
        };
        let found = connection.execute(&plan, || vec![Arg::oid(self.part.relation), Arg::text(Some(&self.part.columns))]);
        self.plan = Some(plan);
        let found = found?;
        let Some(row) = found.iter().next() else {
            return Err(Error::new(sqlstate::UNDEFINED_TABLE, format!("{} does not exist any more", self.part.name)));
        };
        let name = super::qualified_name(&row.string(0), &row.string(1));
        if name != self.part.name {
            return Err(renamed(&self.part.name, &name));
        }
        same_columns(&name, &self.part.columns, row.text(2).unwrap_or("{}"))
    }
}

/// Compares what the names meant when the job began with what they mean now.
///
/// # Errors
/// 42703 when a column is gone, 55000 when its name means another one, or its type is another.
pub fn same_columns(table: &str, then: &str, now: &str) -> Result<(), Error> {
    if then == now {
        return Ok(());
    }
    let parse = |text| serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).unwrap_or_default();
    let (then, now) = (parse(then), parse(now));
    for (name, meant) in &then {
        let means = now.get(name);
        if means == Some(meant) {
            continue;
        }
        let error = match means {
            None => Error::new(sqlstate::UNDEFINED_COLUMN, format!("column {} of {table} does not exist any more", quote(name))),
            Some(means) if means.get(0) == meant.get(0) => Error::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("the type of column {} of {table} was changed since the job began", quote(name)),
            ),
            Some(_) => Error::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("column {} of {table} is another one than when the job began", quote(name)),
            ),
        };
        return Err(error
            .detail("The job keeps to the columns it was begun with; nothing was changed under the new meaning.")
            .hint("Undo the change, or begin a new job whose WHERE excludes the rows already done."));
    }
    Ok(())
}

/// The error for a table whose name another one may have now.
fn renamed(then: &str, now: &str) -> Error {
    Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("{then} was renamed while the job ran, to {now}"))
        .detail("The job's statements name the table; nothing was changed in a table that may have the old name now.")
        .hint("The job can go on: it belongs to the table, whatever that is called.")
}
