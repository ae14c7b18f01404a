//! Is it still the same table, and are these still the same columns?
//!
//! Statements name tables and columns, and other sessions can give names away while a job runs: `ALTER TABLE t RENAME TO t_old` and a new `t`, or two
//! columns that swap names. So each batch first locks the table *by its OID*, against any such change until the batch commits, and then asks whether the
//! names still mean what they meant. What else decides how the UPDATE must be run is asked anew with it: rules, triggers, row security.

use super::{Part, Walk};
use crate::backfill::request::Request;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Plan};
use crate::text::quote;
use pgrx::pg_sys;

/// The columns in question, as one JSON object: name, then number, type and collation. Equal texts mean the same columns, in the same order of values.
const COLUMNS: &str = "(SELECT pg_catalog.jsonb_object_agg(a.attname,
                   pg_catalog.jsonb_build_array(a.attnum, a.atttypid::pg_catalog.int8, a.attcollation::pg_catalog.int8))
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

/// Table `c` has rules ON UPDATE.
pub const HAS_RULES: &str = "EXISTS (SELECT FROM pg_catalog.pg_rewrite r WHERE r.ev_class OPERATOR(pg_catalog.=) c.oid AND r.ev_type OPERATOR(pg_catalog.=) '2'::pg_catalog.\"char\")";

/// Table `c` has triggers that may drop a row, or change it before it is written. Which ones fire depends on the session's
/// `session_replication_role`: all but the disabled ones count.
pub const HAS_BEFORE_TRIGGER: &str = "EXISTS (SELECT FROM pg_catalog.pg_trigger t
                    WHERE t.tgrelid OPERATOR(pg_catalog.=) c.oid AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog.\"char\"
                      AND (t.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 19) OPERATOR(pg_catalog.=) 19)";

/// Table `$3` has statement triggers, which a change of its parts does not fire.
const HAS_STATEMENT_TRIGGER: &str = "EXISTS (SELECT FROM pg_catalog.pg_trigger t
                    WHERE t.tgrelid OPERATOR(pg_catalog.=) $3 AND NOT t.tgisinternal AND t.tgenabled OPERATOR(pg_catalog.<>) 'D'::pg_catalog.\"char\"
                      AND (t.tgtype::pg_catalog.int4 OPERATOR(pg_catalog.&) 17) OPERATOR(pg_catalog.=) 16)";

/// The check before each batch.
pub struct Same<'a> {
    part: &'a Part,
    /// The table that the job was begun for: the part itself, or the one above it.
    target: pg_sys::Oid,
    plan: Option<Plan>,
}

impl<'a> Same<'a> {
    pub fn new(part: &'a Part, target: pg_sys::Oid) -> Self {
        Self { part, target, plan: None }
    }

    /// Locks the table (and the one above it) until the transaction ends, and makes sure that the statements mean it and may be run. Returns whether
    /// a BEFORE UPDATE ROW trigger may drop rows or change keys.
    ///
    /// # Errors
    /// 42P01 when the table is gone, 42703 when a column is, 55000 when a name means something else now, 42809 for a rule or trigger that came
    /// meanwhile and with which it could not have begun, 42501 when row security would hide rows.
    pub fn check(&mut self, connection: &Connection) -> Result<bool, Error> {
        for relation in [self.target, self.part.relation] {
            // SAFETY: takes the lock that an UPDATE takes, by OID; a wait that is cancelled or times out raises, which the subtransaction catches.
            unsafe { pg_sys::LockRelationOid(relation, pg_sys::RowExclusiveLock as i32) };
        }
        let plan = match self.plan.take() {
            Some(plan) => plan,
            None => {
                let sql = format!(
                    "SELECT n.nspname, c.relname, {}, {HAS_RULES}, {HAS_BEFORE_TRIGGER},
                            $3 OPERATOR(pg_catalog.<>) c.oid AND {HAS_STATEMENT_TRIGGER}, pg_catalog.row_security_active($3)
                       FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
                      WHERE c.oid OPERATOR(pg_catalog.=) $1",
                    COLUMNS.replace("NAMES", "pg_catalog.jsonb_object_keys($2::pg_catalog.jsonb)")
                );
                connection.prepare(&sql, &[pg_sys::OIDOID, pg_sys::TEXTOID, pg_sys::OIDOID])?
            }
        };
        let found =
            connection.execute(&plan, || vec![Arg::oid(self.part.relation), Arg::text(Some(&self.part.columns)), Arg::oid(self.target)]);
        self.plan = Some(plan);
        let found = found?;
        let Some(row) = found.iter().next() else {
            return Err(Error::new(sqlstate::UNDEFINED_TABLE, format!("{} does not exist any more", self.part.name)));
        };
        let name = super::qualified_name(&row.string(0), &row.string(1));
        if name != self.part.name {
            return Err(renamed(&self.part.name, &name));
        }
        same_columns(&name, &self.part.columns, row.text(2).unwrap_or("{}"))?;
        if row.bool(3) {
            return Err(has_rules(&name));
        }
        if row.bool(5) {
            return Err(has_statement_triggers(&format!("the table above {name}")));
        }
        if row.bool(6) {
            return Err(Error::new(sqlstate::INSUFFICIENT_PRIVILEGE, format!("row-level security of the table would hide rows of {name}"))
                .detail("A backfill fails rather than leave rows out that its caller may not see.")
                .hint("Run it as the table's owner or as a role with BYPASSRLS."));
        }
        Ok(row.bool(4))
    }
}

/// The error for a table whose rules replace the UPDATE.
pub fn has_rules(table: &str) -> Error {
    Error::new(sqlstate::WRONG_OBJECT_TYPE, format!("cannot backfill {table}: it has rules ON UPDATE")).hint(
        "A rule replaces the UPDATE by other statements, so that nothing could be said about the rows; drop or disable the rule first.",
    )
}

/// The error for a table of several parts with statement triggers.
pub fn has_statement_triggers(table: &str) -> Error {
    Error::new(sqlstate::WRONG_OBJECT_TYPE, format!("cannot backfill {table}: it has statement-level triggers ON UPDATE"))
        .detail("Its partitions or children are changed one by one, and that does not fire the statement-level triggers of the table above them.")
        .hint("Disable the trigger for the time of the job, or call it for each partition.")
}

/// Whether the table has statement-level triggers that a change of its parts would not fire.
pub fn statement_triggers(connection: &Connection, relation: pg_sys::Oid) -> Result<bool, Error> {
    let sql = format!("SELECT {}", HAS_STATEMENT_TRIGGER.replace("$3", "$1"));
    Ok(connection.query(&sql, &[Arg::oid(relation)])?.only()?.bool(0))
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
            Some(means) if means.get(0) == meant.get(0) && means.get(1) == meant.get(1) => Error::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("the collation of column {} of {table} was changed since the job began", quote(name)),
            ),
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
