//! The Rust side of the C shim (`src/shim/`): what crosses the border, and the promise each function keeps.
//!
//! No function bound here lets an ERROR jump over a Rust frame that has destructors: those that can fail return the error as data, and
//! [`call`] raises it in C after every Rust frame has returned.

use crate::error::{Error, Report, unpack_sqlstate};
use crate::text::{from_server, to_server};
use pgrx::pg_sys;
use std::ffi::{c_char, c_int, c_long};
use std::ptr;

/// `ZdmReport` of `zdm_shim.h`.
#[repr(C)]
struct RawReport {
    elevel: c_int,
    sqlstate: *const c_char,
    message: *const c_char,
    detail: *const c_char,
    hint: *const c_char,
}

/// Defines the two symbols of an SQL function `LANGUAGE c`: the function itself, a frame that holds nothing and whose body's error is raised in C,
/// and its `pg_finfo_` twin (fmgr.h, PG_FUNCTION_INFO_V1).
macro_rules! sql_function {
    ($name:ident, $info:ident, $body:path) => {
        #[doc = concat!("The C symbol `", stringify!($name), "`.")]
        #[unsafe(no_mangle)]
        pub extern "C-unwind" fn $name(fcinfo: pgrx::pg_sys::FunctionCallInfo) -> pgrx::pg_sys::Datum {
            #[pgrx::pg_guard]
            extern "C-unwind" fn guarded(
                fcinfo: pgrx::pg_sys::FunctionCallInfo,
                result: *mut pgrx::pg_sys::Datum,
            ) -> *mut pgrx::pg_sys::ErrorData {
                match $body(fcinfo) {
                    Ok(datum) => {
                        // SAFETY: `result` points at the variable of the C frame that called us.
                        unsafe { *result = datum };
                        std::ptr::null_mut()
                    }
                    Err(error) => $crate::shim::raise(error),
                }
            }
            // SAFETY: fcinfo is the function manager's.
            unsafe { $crate::shim::call(fcinfo, guarded) }
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $info() -> *const pgrx::pg_sys::Pg_finfo_record {
            static V1: pgrx::pg_sys::Pg_finfo_record = pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
            &V1
        }
    };
}
pub(crate) use sql_function;

/// The body of an SQL function: NULL and a result, or an error to raise.
pub type Body = unsafe extern "C-unwind" fn(pg_sys::FunctionCallInfo, *mut pg_sys::Datum) -> *mut pg_sys::ErrorData;

unsafe extern "C-unwind" {
    fn zdm_shim_self_check();
    fn zdm_shim_call(fcinfo: pg_sys::FunctionCallInfo, body: Body) -> pg_sys::Datum;
    fn zdm_shim_error(report: *const RawReport) -> *mut pg_sys::ErrorData;
    fn zdm_shim_report(report: *const RawReport);
    fn zdm_shim_append_hint(error: *mut pg_sys::ErrorData, hint: *const c_char);
    fn zdm_shim_prepare(
        sql: *const c_char,
        nargs: c_int,
        types: *mut pg_sys::Oid,
        plan: *mut pg_sys::SPIPlanPtr,
        error_context: pg_sys::MemoryContext,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_execute(
        plan: pg_sys::SPIPlanPtr,
        values: *mut pg_sys::Datum,
        nulls: *const c_char,
        read_only: bool,
        limit: c_long,
        error_context: pg_sys::MemoryContext,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_commit(error_context: pg_sys::MemoryContext) -> *mut pg_sys::ErrorData;
    fn zdm_shim_where_is_volatile(plan: pg_sys::SPIPlanPtr) -> bool;
    fn zdm_shim_temporary_relation(
        plan: pg_sys::SPIPlanPtr,
        relation: *mut pg_sys::Oid,
        error_context: pg_sys::MemoryContext,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_planned_rows(plan: pg_sys::SPIPlanPtr, rows: *mut f64, error_context: pg_sys::MemoryContext) -> *mut pg_sys::ErrorData;
    fn zdm_shim_nap(milliseconds: i64, error_context: pg_sys::MemoryContext) -> *mut pg_sys::ErrorData;
}

/// An error that the server raised, with all its fields.
pub struct ServerError(ptr::NonNull<pg_sys::ErrorData>);

impl ServerError {
    /// Takes what a shim function returned.
    pub fn check(raw: *mut pg_sys::ErrorData) -> Result<(), Self> {
        match ptr::NonNull::new(raw) {
            None => Ok(()),
            Some(error) => Err(Self(error)),
        }
    }

    /// The five characters of the SQLSTATE.
    pub fn sqlstate(&self) -> String {
        // SAFETY: the pointer came from CopyErrorData and lives in a context that outlives the call.
        unpack_sqlstate(unsafe { self.0.as_ref().sqlerrcode })
    }

    /// The primary message.
    pub fn message(&self) -> String {
        // SAFETY: as above; `message` is NULL or a NUL-terminated string.
        unsafe { from_server(self.0.as_ref().message).unwrap_or_default() }
    }

    /// Adds a sentence to the HINT.
    pub fn append_hint(&mut self, text: &str) {
        let text = to_server(text);
        // SAFETY: the error is ours to change; the text is copied.
        unsafe { zdm_shim_append_hint(self.0.as_ptr(), text.as_ptr()) };
    }
}

/// Refuses to go on when the library sees another `palloc` than the server's.
pub fn self_check() {
    // SAFETY: compares addresses; raises an ERROR through the main program's own functions, with no Rust frame that holds anything.
    unsafe { zdm_shim_self_check() };
}

/// Runs a body and raises its error in C. For the `#[no_mangle]` entry points, which hold nothing else.
///
/// # Safety
/// `fcinfo` is the one that the function manager passed.
pub unsafe fn call(fcinfo: pg_sys::FunctionCallInfo, body: Body) -> pg_sys::Datum {
    // SAFETY: promised by the caller; the body is guarded, so that it returns or raises through pgrx.
    unsafe { zdm_shim_call(fcinfo, body) }
}

/// Makes the error to return from a body.
pub fn raise(error: Error) -> *mut pg_sys::ErrorData {
    match error {
        Error::Server(error) => error.0.as_ptr(),
        Error::Own(report) => {
            // SAFETY: the strings are copied into the current memory context before they are dropped.
            with_raw(pg_sys::PGERROR as c_int, &report, |raw| unsafe { zdm_shim_error(raw) })
        }
    }
}

/// Reports at a level below ERROR (NOTICE, WARNING, LOG).
pub fn report(level: u32, report: &Report) {
    debug_assert!(level < pg_sys::PGERROR);
    // SAFETY: below ERROR the call returns, and the strings live until then.
    with_raw(level as c_int, report, |raw| unsafe { zdm_shim_report(raw) });
}

fn with_raw<T>(elevel: c_int, report: &Report, f: impl FnOnce(*const RawReport) -> T) -> T {
    let sqlstate = to_server(report.sqlstate);
    let message = to_server(&report.message);
    let detail = report.detail.as_deref().map(to_server);
    let hint = report.hint.as_deref().map(to_server);
    let raw = RawReport {
        elevel,
        sqlstate: sqlstate.as_ptr(),
        message: message.as_ptr(),
        detail: detail.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
        hint: hint.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
    };
    f(&raw)
}

/// `SPI_prepare` and `SPI_keepplan`; the parameters have the given types.
pub fn prepare(sql: &str, types: &mut [pg_sys::Oid], context: pg_sys::MemoryContext) -> Result<pg_sys::SPIPlanPtr, ServerError> {
    let sql = to_server(sql);
    let mut plan: pg_sys::SPIPlanPtr = ptr::null_mut();
    // SAFETY: SPI is connected (a `spi::Connection` exists); the pointers are valid for the call; errors come back as data.
    let error = unsafe { zdm_shim_prepare(sql.as_ptr(), types.len() as c_int, types.as_mut_ptr(), &mut plan, context) };
    ServerError::check(error).map(|()| plan)
}

/// `SPI_execute_plan`.
///
/// # Safety
/// The plan is alive and `values` and `nulls` have one entry for each of its parameters, of the right types.
pub unsafe fn execute(
    plan: pg_sys::SPIPlanPtr,
    values: &mut [pg_sys::Datum],
    nulls: &[c_char],
    context: pg_sys::MemoryContext,
) -> Result<(), ServerError> {
    // SAFETY: promised by the caller; errors come back as data.
    ServerError::check(unsafe { zdm_shim_execute(plan, values.as_mut_ptr(), nulls.as_ptr(), false, 0, context) })
}

/// `SPI_commit`.
pub fn commit(context: pg_sys::MemoryContext) -> Result<(), ServerError> {
    // SAFETY: SPI is connected non-atomically; errors come back as data.
    ServerError::check(unsafe { zdm_shim_commit(context) })
}

/// Waits; ends early with the error of a cancel.
pub fn nap(milliseconds: i64, context: pg_sys::MemoryContext) -> Result<(), ServerError> {
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_nap(milliseconds, context) })
}

/// Whether the WHERE of the (single, analyzed) statement calls anything volatile: functions, operators, also in subselects.
///
/// # Safety
/// The plan is alive.
pub unsafe fn where_is_volatile(plan: pg_sys::SPIPlanPtr) -> bool {
    // SAFETY: promised by the caller; only reads the analyzed query (clauses.c, contain_volatile_functions).
    unsafe { zdm_shim_where_is_volatile(plan) }
}

/// The first temporary relation that a prepared statement reads or writes.
///
/// # Safety
/// The plan is alive, and a transaction is open.
pub unsafe fn temporary_relation(plan: pg_sys::SPIPlanPtr, context: pg_sys::MemoryContext) -> Result<Option<pg_sys::Oid>, ServerError> {
    let mut relation = pg_sys::InvalidOid;
    // SAFETY: promised by the caller; errors come back as data.
    ServerError::check(unsafe { zdm_shim_temporary_relation(plan, &mut relation, context) })?;
    Ok((relation != pg_sys::InvalidOid).then_some(relation))
}

/// The number of rows the planner expects of a (single) statement without parameters.
///
/// # Safety
/// The plan is alive, and a snapshot is active or can be taken.
pub unsafe fn planned_rows(plan: pg_sys::SPIPlanPtr, context: pg_sys::MemoryContext) -> Result<f64, ServerError> {
    let mut rows = 0.0;
    // SAFETY: promised by the caller; errors come back as data.
    ServerError::check(unsafe { zdm_shim_planned_rows(plan, &mut rows, context) }).map(|()| rows)
}
