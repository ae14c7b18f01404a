//! Is it still the same table, and are these still the same columns?
//!
//! Statements name tables and columns, and other sessions can give names away while a job runs: `ALTER TABLE t RENAME TO t_old` and a new `t`, or two
//! columns that swap names. So each batch first locks the table *by its OID*, against any such change until the batch commits, and then asks whether the
//! names still mean what they meant.

use super::{Part, Walk};
use crate::backfill::request::Request;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Plan};
use pgrx::pg_sys;

/// One line: `name:number:type` of each column that the job names, for whole-row references of all.
const COLUMNS: &str = "SELECT pg_catalog.string_agg(pg_catalog.concat(a.attname, ':', a.attnum, ':', a.atttypid), ',' ORDER BY a.attnum)
      FROM pg_catalog.pg_attribute a
     WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
       AND a.attname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT pg_catalog.jsonb_array_elements_text($2::pg_catalog.jsonb)))";

const SAME: &str = "SELECT n.nspname, c.relname,
           (SELECT pg_catalog.string_agg(pg_catalog.concat(a.attname, ':', a.attnum, ':', a.atttypid), ',' ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a
             WHERE a.attrelid OPERATOR(pg_catalog.=) c.oid AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
               AND a.attname::pg_catalog.text OPERATOR(pg_catalog.=) ANY (pg_catalog.string_to_array(
                       pg_catalog.regexp_replace($2, ':[0-9]+:[0-9]+', '', 'g'), ',')))
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
     WHERE c.oid OPERATOR(pg_catalog.=) $1";

/// What the job's names mean in this table now: the key's, the assigned ones, and those that the expressions read.
pub fn columns(connection: &Connection, request: &Request, relation: pg_sys::Oid, walk: &Walk) -> Result<String, Error> {
    let mut names: Vec<String> = request.set.columns().to_vec();
    names.extend(request.set.reads());
    names.extend(request.condition.iter().flat_map(|condition| condition.reads()));
    if let Walk::Key(key) = walk {
        names.extend(key.columns.iter().map(|column| column.name.clone()));
    }
    let names = serde_json::Value::from(names).to_string();
    let found = connection.query(COLUMNS, &[Arg::oid(relation), Arg::text(Some(&names))])?;
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
    /// 42P01 when the table is gone, 55000 when a name means something else now.
    pub fn check(&mut self, connection: &Connection) -> Result<(), Error> {
        // SAFETY: takes the lock that an UPDATE takes, by OID; a wait that is cancelled or times out raises, which the subtransaction catches.
        unsafe { pg_sys::LockRelationOid(self.part.relation, pg_sys::RowExclusiveLock as i32) };
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => connection.prepare(SAME, &[pg_sys::OIDOID, pg_sys::TEXTOID])?,
        };
        let found = connection.execute(&plan, || vec![Arg::oid(self.part.relation), Arg::text(Some(&self.part.columns))]);
        self.plan = Some(plan);
        let found = found?;
        let Some(row) = found.iter().next() else {
            return Err(Error::new(sqlstate::UNDEFINED_TABLE, format!("{} does not exist any more", self.part.name)));
        };
        if super::qualified_name(&row.string(0), &row.string(1)) != self.part.name || row.string(2) != self.part.columns {
            return Err(changed(&self.part.name));
        }
        Ok(())
    }
}

/// The error for names that mean something else.
pub fn changed(table: &str) -> Error {
    Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("{table} was renamed, or its columns were changed, since the job began"))
        .detail("The names in the job's statements could mean other rows or other columns now. Nothing was changed under the new names.")
        .hint("If only the table was renamed, the job can go on; if the columns mean something else, begin a new job.")
}
