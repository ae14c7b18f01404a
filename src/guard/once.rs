//! Allowances for one use: `zdm.allow_next` gives one, `zdm.withdraw_allowance` takes it back, and the guard uses it up.

use super::allow::{self, Allowance};
use super::audit::Kind;
use super::permits::{By, Note, Permit};
use super::shim::{self, Statement};
use super::told::{self, Change};
use crate::check::{self, input};
use crate::error::{Error, sqlstate};
use crate::guc;
use crate::spi::{Arg, Connection, as_role};
use pgrx::pg_sys;
use zdm_analyzer::finding::Finding;

/// `zdm.allow_next(rule, object, reason, valid_for, for_role)`: gives the allowance's number.
pub fn allow_next(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let name = input::required(fcinfo, 0, "rule")?;
    if name.trim() == "*" {
        return Err(invalid("an allowance for one use names its rule").hint("The refusal names it."));
    }
    let rule = check::rule(&name)?;
    let object = match input::optional(fcinfo, 1, "object")? {
        Some(object) => Some(allow::canonical(&object).map_err(|why| invalid("invalid object").detail(why))?),
        None => None,
    };
    let reason = reason(input::optional(fcinfo, 2, "reason")?)?;
    // SAFETY: the function has five arguments, the fourth an interval and the fifth a regrole, which is an oid.
    let (valid_for, role) = unsafe { (pgrx::fcinfo::pg_getarg_datum(fcinfo, 3), pgrx::fcinfo::pg_getarg::<pg_sys::Oid>(fcinfo, 4)) };
    let valid_for = valid_for.ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "valid_for must not be null"))?;
    may_allow(shim::current_user())?;
    let role = role.unwrap_or_else(shim::session_user);
    may_allow(role)?;
    let id = as_role(crate::catalog::shim::function_owner(fcinfo), || {
        let connection = Connection::within_function()?;
        let interval = Arg { type_oid: pg_sys::INTERVALOID, datum: Some(valid_for) };
        if !connection.query(IN_BOUNDS, &[interval])?.only()?.bool(0) {
            return Err(invalid("valid_for must be more than 0 and at most 1 day"));
        }
        connection.query(CLEAN_UP, &[])?;
        let arguments = [Arg::text(Some(rule.name)), Arg::text(object.as_deref()), Arg::oid(role), Arg::text(reason.as_deref()), interval];
        Ok(connection.query(INSERT, &arguments)?.only()?.int8(0))
    })?;
    told::changed(&Change {
        kind: Kind::Allowance,
        command: "zdm.allow_next",
        what: format!("allowance {id} was given"),
        item: Some((rule.name, object.as_deref())),
        role: Some(role),
        reason: reason.as_deref(),
    });
    Ok(pg_sys::Datum::from(id as i32))
}

/// `zdm.withdraw_allowance(id)`: whether there was one.
pub fn withdraw(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    // SAFETY: the function has one argument, of type integer.
    let id = unsafe { pgrx::fcinfo::pg_getarg::<i32>(fcinfo, 0) };
    let id = i64::from(id.ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, "id must not be null"))?);
    may_allow(shim::current_user())?;
    let gone = as_role(crate::catalog::shim::function_owner(fcinfo), || {
        Ok::<_, Error>(Connection::within_function()?.query(WITHDRAW, &[Arg::int8(id)])?.processed > 0)
    })?;
    if gone {
        told::changed(&Change {
            kind: Kind::Allowance,
            command: "zdm.withdraw_allowance",
            what: format!("allowance {id} was withdrawn"),
            item: None,
            role: None,
            reason: None,
        });
    }
    Ok(pg_sys::Datum::from(gone))
}

/// What became of findings.
#[derive(Default)]
pub struct Claimed<'a> {
    pub used: Vec<(Permit, Vec<&'a Finding>)>,
    pub left: Vec<&'a Finding>,
    /// Why others do not count.
    pub notes: Vec<Note>,
}

/// Uses up the allowances that cover these findings. Waits for nobody; what is used elsewhere right now does not count.
pub fn claim<'a>(statement: &Statement, findings: &[&'a Finding]) -> Result<Claimed<'a>, Error> {
    let mut claimed = Claimed::default();
    if !shim::has_allowances()? {
        claimed.left = findings.to_vec();
        return Ok(claimed);
    }
    as_role(shim::owner()?, || {
        let connection = Connection::within_function()?;
        for finding in findings {
            if let Some((_, covered)) = claimed.used.iter_mut().find(|(permit, _)| permit.allowance.covers(finding)) {
                covered.push(finding);
                continue;
            }
            match claim_for(&connection, statement, finding, &mut claimed.notes)? {
                Some(permit) => claimed.used.push((permit, vec![finding])),
                None => claimed.left.push(finding),
            }
        }
        Ok(claimed)
    })
}

fn claim_for(connection: &Connection, statement: &Statement, finding: &Finding, notes: &mut Vec<Note>) -> Result<Option<Permit>, Error> {
    let Some(rule) = finding.rule else { return Ok(None) };
    let arguments =
        [Arg::text(Some(rule)), Arg::text(finding.object.as_deref()), Arg::oid(shim::session_user()), Arg::oid(shim::outer_user())];
    for row in connection.query(CANDIDATES, &arguments)?.iter() {
        let (id, reason) = (row.int8(0), row.text(2).and_then(allow::said));
        let why_not = if row.bool(3) {
            "has expired"
        } else if !row.bool(4) {
            "does not count, since its role may not set zdm.allow any more"
        } else if reason.is_none() && guc::require_reason() {
            "gives no reason, which zdm.require_reason demands"
        } else {
            match take(connection, statement, id)? {
                Taken::Yes => {
                    let allowance = Allowance::of_rule(rule.to_owned(), row.text(1).map(str::to_owned), reason);
                    return Ok(Some(Permit { allowance, by: By::Once(id) }));
                }
                Taken::InUse => "is being used or withdrawn by another session",
                Taken::TooEarly => {
                    "cannot be used, since the library was not loaded before this statement; run it again in the same session"
                }
            }
        };
        notes.push(Note { level: pg_sys::WARNING, text: format!("allowance {id} {why_not}") });
    }
    Ok(None)
}

enum Taken {
    Yes,
    InUse,
    /// Its row must go when the command is done, and no hook sees that.
    TooEarly,
}

fn take(connection: &Connection, statement: &Statement, id: i64) -> Result<Taken, Error> {
    if statement.first && !shim::owe() {
        return Ok(Taken::TooEarly);
    }
    if !shim::claim(id, statement.first)? {
        return Ok(Taken::InUse);
    }
    // somebody may have used it up before the lock was had
    let sql = if statement.first { EXISTS } else { USE_UP };
    Ok(if connection.query(sql, &[Arg::int8(id)])?.rows.is_empty() { Taken::InUse } else { Taken::Yes })
}

/// Uses up what a command that had to come first has claimed; it is done now.
pub fn settle() -> Result<(), Error> {
    let claims = shim::claims();
    if claims.is_empty() {
        return Ok(());
    }
    as_role(shim::owner()?, || {
        let connection = Connection::within_function()?;
        claims.into_iter().try_for_each(|id| connection.query(WITHDRAW, &[Arg::int8(id)]).map(|_| ()))
    })?;
    Ok(shim::hand_over_claims()?)
}

/// A reason, which must be there if reasons are demanded.
pub fn reason(text: Option<String>) -> Result<Option<String>, Error> {
    let reason = text.as_deref().and_then(allow::said);
    if reason.is_none() && guc::require_reason() {
        return Err(invalid("a reason is demanded").detail("zdm.require_reason is on.").hint("Give it: reason => '...'."));
    }
    Ok(reason)
}

fn may_allow(role: pg_sys::Oid) -> Result<(), Error> {
    if shim::may_allow(role)? {
        return Ok(());
    }
    let role = super::message::role(role);
    Err(Error::new(sqlstate::INSUFFICIENT_PRIVILEGE, format!("role {role} may not let pass what the guard refuses"))
        .hint(format!("GRANT SET ON PARAMETER zdm.allow TO {role};")))
}

fn invalid(message: &str) -> Error {
    Error::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

const IN_BOUNDS: &str =
    "SELECT $1 OPERATOR(pg_catalog.>) '0'::pg_catalog.interval AND $1 OPERATOR(pg_catalog.<=) '1 day'::pg_catalog.interval";

/// What expired is shown for a day more; of roles that are gone nothing is kept.
const CLEAN_UP: &str = "
    DELETE FROM zdm.stored_allowance
     WHERE id OPERATOR(pg_catalog.=) ANY (ARRAY(
               SELECT a.id FROM zdm.stored_allowance a
                WHERE a.expires_at OPERATOR(pg_catalog.<) (pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) '1 day'::pg_catalog.interval)
                   OR NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) a.role::oid)
                  FOR UPDATE SKIP LOCKED))";

const INSERT: &str = "
    INSERT INTO zdm.stored_allowance (rule, object, role, reason, created_by, created_at, expires_at)
    SELECT $1, $2, $3::pg_catalog.regrole, $4, SESSION_USER, t.now, t.now OPERATOR(pg_catalog.+) $5
      FROM (SELECT pg_catalog.clock_timestamp() AS now) t
 RETURNING id";

const WITHDRAW: &str = "DELETE FROM zdm.stored_allowance WHERE id OPERATOR(pg_catalog.=) $1";

const EXISTS: &str = "SELECT id FROM zdm.stored_allowance WHERE id OPERATOR(pg_catalog.=) $1";

const USE_UP: &str = "
    DELETE FROM zdm.stored_allowance
     WHERE id OPERATOR(pg_catalog.=)
               (SELECT a.id FROM zdm.stored_allowance a WHERE a.id OPERATOR(pg_catalog.=) $1 FOR UPDATE SKIP LOCKED)
 RETURNING id";

/// Those that fit, what is nearest first.
const CANDIDATES: &str = "
    SELECT a.id, a.object, a.reason, a.expires_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp(),
           pg_catalog.has_parameter_privilege(a.role::oid, 'zdm.allow', 'SET')
      FROM zdm.stored_allowance a
     WHERE a.rule OPERATOR(pg_catalog.=) $1 AND (a.object IS NULL OR a.object OPERATOR(pg_catalog.=) $2)
       AND a.role::oid OPERATOR(pg_catalog.=) ANY (ARRAY[$3, $4])
     ORDER BY a.expires_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp(), a.object IS NULL, a.expires_at, a.id";
