//! May a procedure commit here? If not, say so before anything is done.

use crate::error::{Error, sqlstate};
use crate::text::{from_server, to_server};
use pgrx::pg_sys;

/// Refuses to run where batches cannot be committed.
///
/// # Errors
/// 2D000 in a transaction block, a function or another atomic context; 25006 on a standby and in a read-only transaction; 55000 under a
/// `statement_timeout`, which covers the whole CALL and cannot be lifted from inside (tcop/postgres.c, start_xact_command).
pub fn check(procedure: &str, fcinfo: pg_sys::FunctionCallInfo) -> Result<(), Error> {
    // SAFETY: reads of the backend's own state.
    if unsafe { pg_sys::RecoveryInProgress() } {
        return Err(Error::new(sqlstate::READ_ONLY_SQL_TRANSACTION, format!("{procedure} cannot run on a standby server"))
            .detail("It changes rows, and this server only replays the changes of its primary.")
            .hint("Call it on the primary server."));
    }
    if atomic(fcinfo) || in_pipeline() {
        return Err(Error::new(
            sqlstate::INVALID_TRANSACTION_TERMINATION,
            format!("{procedure} cannot run inside a transaction block or a function"),
        )
        .detail("It commits after each batch; here that would end a transaction that is not its own.")
        .hint(format!(
            "Send CALL {procedure}(...) as a statement of its own, with autocommit on: not between BEGIN and COMMIT, not together with other \
             statements in one message or pipeline, not from a function, and not in a PL/pgSQL block with EXCEPTION."
        )));
    }
    // SAFETY: as above.
    if unsafe { pg_sys::XactReadOnly } {
        return Err(Error::new(sqlstate::READ_ONLY_SQL_TRANSACTION, format!("{procedure} cannot run in a read-only transaction"))
            .detail("It changes rows; default_transaction_read_only or the transaction's own mode forbids that.")
            .hint("SET default_transaction_read_only = off, then call it again."));
    }
    let covers = [
        ("statement_timeout", "it covers the whole CALL, not one batch, and would cancel it in the middle"),
        ("transaction_timeout", "it covers the pauses between batches, too, and would end the session in the middle"),
    ];
    for (setting, why) in covers {
        let timeout = timeout(setting);
        if timeout != "0" {
            return Err(Error::new(
                sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
                format!("{procedure} cannot run under a {setting}: run SET {setting} = 0 first"),
            )
            .detail(format!("{setting} is {timeout} ms; {why}."))
            .hint(format!("SET {setting} = 0, then call it again; lock_timeout may stay.")));
        }
    }
    Ok(())
}

/// A timeout in milliseconds, as text; "0" where the server has no such setting (transaction_timeout before 17).
fn timeout(setting: &str) -> String {
    let name = to_server(setting);
    // SAFETY: a NUL-terminated name; the result is NULL or a C string that is copied.
    unsafe { from_server(pg_sys::GetConfigOption(name.as_ptr(), true, false)) }.unwrap_or_else(|| "0".to_owned())
}

/// Whether a pipeline of the extended protocol ran a statement before this one in the same transaction (tcop/postgres.c, exec_execute_message).
fn in_pipeline() -> bool {
    // SAFETY: a plain read.
    unsafe { pg_sys::MyXactFlags & pg_sys::XACT_FLAGS_PIPELINING as i32 != 0 }
}

/// Whether the call came in an atomic context (functioncmds.c, ExecuteCallStmt).
fn atomic(fcinfo: pg_sys::FunctionCallInfo) -> bool {
    // SAFETY: the function manager's fcinfo; the node's tag is read before the cast.
    unsafe {
        let context = (*fcinfo).context;
        context.is_null() || (*context).type_ != pg_sys::NodeTag::T_CallContext || (*context.cast::<pg_sys::CallContext>()).atomic
    }
}
