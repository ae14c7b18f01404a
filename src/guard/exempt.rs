//! `zdm.guard_exempt(role, exempt, reason)`: roles whose sessions the guard leaves alone. It runs with its owner's rights (SECURITY DEFINER); who may
//! call it is a matter of GRANT. Whoever the session belongs to decides: neither SET ROLE nor membership makes anybody exempt.

use super::audit::Kind;
use super::once;
use super::told::{self, Change};
use crate::check::input;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection};
use pgrx::pg_sys;

/// Whether that changed anything is what it gives.
pub fn guard_exempt(fcinfo: pg_sys::FunctionCallInfo) -> Result<pg_sys::Datum, Error> {
    // SAFETY: the function has three arguments, a regrole, which is an oid, a boolean and a text.
    let (role, exempt) = unsafe { (pgrx::fcinfo::pg_getarg::<pg_sys::Oid>(fcinfo, 0), pgrx::fcinfo::pg_getarg::<bool>(fcinfo, 1)) };
    let missing = |name: &str| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, format!("{name} must not be null"));
    let role = role.ok_or_else(|| missing("role"))?;
    let exempt = exempt.ok_or_else(|| missing("exempt"))?;
    let reason = input::optional(fcinfo, 2, "reason")?;
    let reason = if exempt { once::reason(reason)? } else { reason };
    let connection = Connection::within_function()?;
    if exempt && connection.query(EXISTS, &[Arg::oid(role)])?.rows.is_empty() {
        return Err(Error::new(sqlstate::UNDEFINED_OBJECT, format!("role with OID {} does not exist", role.to_u32())));
    }
    connection.query(CLEAN_UP, &[])?;
    let changed = if exempt {
        connection.query(INSERT, &[Arg::oid(role), Arg::text(reason.as_deref())])?
    } else {
        connection.query(DELETE, &[Arg::oid(role)])?
    };
    let changed = changed.processed > 0;
    if changed {
        told::changed(&Change {
            kind: Kind::Exempt,
            command: "zdm.guard_exempt",
            what: format!("role {} is {} exempt from the guard", super::message::role(role), if exempt { "now" } else { "no longer" }),
            item: None,
            role: None,
            reason: reason.as_deref(),
        });
    }
    Ok(pg_sys::Datum::from(changed))
}

const EXISTS: &str = "SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) $1";

const CLEAN_UP: &str = "
    DELETE FROM zdm.guard_exemption e
     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) e.role::oid)";

const INSERT: &str = "
    INSERT INTO zdm.guard_exemption AS e (role, reason, set_by, set_at)
    VALUES ($1::pg_catalog.regrole, $2, SESSION_USER, pg_catalog.clock_timestamp())
        ON CONFLICT (role) DO UPDATE SET reason = EXCLUDED.reason, set_by = EXCLUDED.set_by, set_at = EXCLUDED.set_at";

const DELETE: &str = "DELETE FROM zdm.guard_exemption e WHERE e.role::oid OPERATOR(pg_catalog.=) $1";
