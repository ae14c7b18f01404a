//! `zdm.set_rule_policy` and `zdm.reset_rule_policy`. They run with their owner's rights (SECURITY DEFINER); who may call them is a matter of GRANT.

use super::input;
use crate::error::{Error, sqlstate};
use crate::guard::audit::{self, Event, Kind, What};
use crate::spi::{Arg, Connection};
use crate::text::from_server;
use pgrx::{IntoDatum, pg_sys};
use zdm_analyzer::finding::Risk;

const RISKS: &str = "It is one of off, safe, caution, unknown, danger.";

/// `zdm.set_rule_policy(rule, risk, reason, relation)`.
pub fn set(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let rule = super::rule(&input::required(fcinfo, 0, "rule")?)?;
    let risk = input::required(fcinfo, 1, "risk")?;
    let wanted = match risk.as_str() {
        "off" => None,
        name => Some(Risk::named(name).ok_or_else(|| invalid(format!("invalid risk: \"{name}\"")).hint(RISKS))?),
    };
    let reason = input::required(fcinfo, 2, "reason")?;
    if reason.trim().is_empty() {
        return Err(invalid("a policy needs a reason").hint("Say why, for whoever wonders later."));
    }
    if rule.risk == Risk::Unknown && wanted.is_none_or(|risk| risk < Risk::Unknown) {
        return Err(invalid(format!("rule \"{}\" cannot be set to {risk}", rule.name))
            .detail("It speaks of statements that cannot be judged; what cannot be judged is never called less than unknown.")
            .hint("Set it to unknown or danger, or run the statement with zdm.allow."));
    }
    let set = run(
        "INSERT INTO zdm.rule_policy AS p (rule, relation, risk, reason, set_by, set_at)
         SELECT $1, $2::pg_catalog.regclass, $3, $4, SESSION_USER, pg_catalog.clock_timestamp()
          WHERE $2 IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $2)
         ON CONFLICT (rule, relation) DO UPDATE
            SET risk = EXCLUDED.risk, reason = EXCLUDED.reason, set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at
         RETURNING true",
        &[rule.name, &risk, &reason],
        relation(fcinfo, 3),
    )?;
    if !set {
        return Err(Error::new(sqlstate::UNDEFINED_TABLE, "there is no such relation"));
    }
    tell("zdm.set_rule_policy", rule.name, Some(&risk), Some(&reason), relation(fcinfo, 3));
    Ok(pg_sys::Datum::null())
}

/// `zdm.reset_rule_policy(rule, relation)`: whether there was one.
pub fn reset(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    let name = input::required(fcinfo, 0, "rule")?;
    let reset = run(
        "DELETE FROM zdm.rule_policy AS p
          WHERE p.rule OPERATOR(pg_catalog.=) $1 AND p.relation::oid IS NOT DISTINCT FROM $2
         RETURNING true",
        &[&name],
        relation(fcinfo, 1),
    )?;
    // a policy may be left over from a version that had the rule
    if !reset {
        super::rule(&name)?;
    } else {
        tell("zdm.reset_rule_policy", &name, None, None, relation(fcinfo, 1));
    }
    Ok(pg_sys::Datum::from(reset))
}

/// Writes the change down.
fn tell(command: &str, rule: &str, risk: Option<&str>, reason: Option<&str>, relation: Option<pg_sys::Oid>) {
    let object = relation.and_then(qualified);
    let change = format!("the risk of {rule}: {}", risk.unwrap_or("its own"));
    audit::tell(&Event {
        kind: Kind::Policy,
        rule: Some(rule),
        object: object.as_deref(),
        risk,
        command,
        what: What::Change(&change),
        reason,
    });
}

/// The name of a relation with its schema.
fn qualified(relation: pg_sys::Oid) -> Option<String> {
    // SAFETY: syscache look-ups; NULL when there is none, else palloc'd strings in the server's encoding.
    unsafe {
        let name = from_server(pg_sys::get_rel_name(relation))?;
        let schema = from_server(pg_sys::get_namespace_name(pg_sys::get_rel_namespace(relation)))?;
        Some(zdm_analyzer::quote::qualified(&schema, &name))
    }
}

fn invalid(message: impl Into<String>) -> Error {
    Error::new(sqlstate::INVALID_PARAMETER_VALUE, message)
}

fn relation(fcinfo: pg_sys::FunctionCallInfo, number: usize) -> Option<pg_sys::Oid> {
    // SAFETY: the function has this argument, of type regclass, which is an oid.
    unsafe { pgrx::fcinfo::pg_getarg::<pg_sys::Oid>(fcinfo, number) }
}

/// Runs a statement with `$2` the relation, and the texts as the other parameters; whether it gave a row.
fn run(sql: &str, texts: &[&str], relation: Option<pg_sys::Oid>) -> Result<bool, Error> {
    let mut arguments: Vec<Arg> = texts.iter().map(|text| Arg::text(Some(text))).collect();
    arguments.insert(1, Arg { type_oid: pg_sys::OIDOID, datum: relation.and_then(IntoDatum::into_datum) });
    Ok(Connection::within_function()?.query(sql, &arguments)?.iter().next().is_some())
}
