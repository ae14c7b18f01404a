//! The catalog's side of the C shim: `src/shim/{parse,relation,lookup,planner}.c`.
//!
//! Each function that can fail gives the server's error back as a value. They only read, so nothing has to be rolled back at once; but after
//! an error no other may be called before the error was raised.

use crate::shim::ServerError;
use crate::text::{from_server, to_server};
use pgrx::pg_sys;
use std::ffi::{CString, c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};
use zdm_analyzer::catalog::{Cast, Decision, Function, Share, Volatility};

/// `ZdmFunction` of `zdm_shim.h`.
#[repr(C)]
struct RawFunction {
    oid: pg_sys::Oid,
    volatility: c_char,
    inlinable_body: *mut c_char,
}

unsafe extern "C-unwind" {
    fn zdm_shim_raw_parse(sql: *const c_char) -> *mut pg_sys::ErrorData;
    fn zdm_shim_interrupts() -> *mut pg_sys::ErrorData;
    fn zdm_shim_expression(
        tree: *const c_char,
        columns: *mut *mut i16,
        ncolumns: *mut c_int,
        text: *mut *mut c_char,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_function_owner(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Oid;
    fn zdm_shim_schema(schema: *const c_char, any: bool, oid: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_relation(schema: *const c_char, name: *const c_char, relation: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_created_here(relation: pg_sys::Oid, created: *mut bool) -> *mut pg_sys::ErrorData;
    fn zdm_shim_facts(
        sql: *const c_char,
        plan: *mut pg_sys::SPIPlanPtr,
        nargs: c_int,
        types: *mut pg_sys::Oid,
        values: *mut pg_sys::Datum,
        owner: pg_sys::Oid,
        text: *mut *mut c_char,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_type(
        schema: *const c_char,
        name: *const c_char,
        modifiers: *const i32,
        nmodifiers: c_int,
        array: bool,
        oid: *mut pg_sys::Oid,
        typmod: *mut i32,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_cast(from: pg_sys::Oid, to: pg_sys::Oid, path: *mut c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_functions(
        schema: *const c_char,
        name: *const c_char,
        arguments: c_int,
        functions: *mut *mut RawFunction,
        nfunctions: *mut c_int,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_operators(
        schema: *const c_char,
        name: *const c_char,
        functions: *mut *mut RawFunction,
        nfunctions: *mut c_int,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_collation(schema: *const c_char, name: *const c_char, collation: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_statistics_relation(schema: *const c_char, name: *const c_char, relation: *mut pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_setting(name: *const c_char, value: *mut *mut c_char) -> *mut pg_sys::ErrorData;
    fn zdm_shim_creation_schema(name: *mut *mut c_char) -> *mut pg_sys::ErrorData;
    fn zdm_shim_may_read_catalogs(role: pg_sys::Oid) -> *mut pg_sys::ErrorData;
    fn zdm_shim_tablespace(tablespace: pg_sys::Oid, name: *mut *mut c_char) -> *mut pg_sys::ErrorData;
    fn zdm_shim_time_zone_is_utc() -> bool;
    fn zdm_shim_default_is_volatile(
        expression: *const c_char,
        type_oid: pg_sys::Oid,
        typmod: i32,
        answer: *mut c_int,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_share(
        table: pg_sys::Oid,
        statement: *const c_char,
        kept: *mut f64,
        all: *mut f64,
        answer: *mut c_int,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_proves_not_null(table: pg_sys::Oid, attribute: i16, answer: *mut c_int) -> *mut pg_sys::ErrorData;
    fn zdm_shim_proves_bound(
        parent: pg_sys::Oid,
        table: pg_sys::Oid,
        bound: *const c_char,
        outside: bool,
        answer: *mut c_int,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_has_operator_class(
        type_oid: pg_sys::Oid,
        method: *const c_char,
        known: *mut bool,
        has: *mut bool,
    ) -> *mut pg_sys::ErrorData;
    fn zdm_shim_same_index(wanted: pg_sys::Oid, index: pg_sys::Oid, answer: *mut c_int) -> *mut pg_sys::ErrorData;
}

/// A possibly qualified name in the server's encoding.
pub struct Name {
    schema: Option<CString>,
    name: CString,
}

impl Name {
    pub fn new(schema: Option<&str>, name: &str) -> Self {
        Self { schema: schema.map(to_server), name: to_server(name) }
    }

    fn schema(&self) -> *const c_char {
        self.schema.as_ref().map_or(ptr::null(), |schema| schema.as_ptr())
    }
}

/// `None` for InvalidOid.
fn valid(oid: pg_sys::Oid) -> Option<u32> {
    (oid != pg_sys::InvalidOid).then(|| oid.to_u32())
}

/// Lets the running server's own grammar read a text; its error is the server's, with the position in the text.
pub fn raw_parse(sql: &std::ffi::CStr) -> Result<(), ServerError> {
    // SAFETY: the string is valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_raw_parse(sql.as_ptr()) })
}

/// Whether there is anything at all that CHECK_FOR_INTERRUPTS would look at.
pub fn may_be_interrupted() -> bool {
    // SAFETY: a flag that a signal handler sets.
    unsafe { ptr::read_volatile(&raw const pg_sys::InterruptPending) != 0 }
}

/// A cancel that is waiting, if any.
pub fn interrupts() -> Result<(), ServerError> {
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_interrupts() })
}

/// Runs `f` with a current memory context of its own, which is freed afterwards; what `f` returns must not point into it. (An error points into it:
/// then it stays until the caller's goes.)
pub fn in_scratch_memory<T>(f: impl FnOnce() -> Result<T, ServerError>) -> Result<T, ServerError> {
    // SAFETY: the context is ours, a child of the current one, which is restored. (When `f` unwinds, the server's error handling does that.)
    unsafe {
        let previous = pg_sys::CurrentMemoryContext;
        let scratch = pg_sys::AllocSetContextCreateExtended(previous, c"pg_zdm catalog".as_ptr(), 0, 8 * 1024, 8 * 1024 * 1024);
        pg_sys::MemoryContextSwitchTo(scratch);
        let result = f();
        pg_sys::MemoryContextSwitchTo(previous);
        if result.is_ok() {
            pg_sys::MemoryContextDelete(scratch);
        }
        result
    }
}

/// What a stored expression reads, and how it reads with each column written as `$number`.
pub struct Expression {
    /// Column numbers; 0 stands for the whole row.
    pub columns: Vec<i16>,
    pub text: Option<String>,
}

/// Reads a `pg_node_tree` that came as text of ours.
pub fn expression_columns(tree: &str) -> Result<Vec<i16>, ServerError> {
    let tree = to_server(tree);
    // SAFETY: a NUL-terminated string, from a catalog of this server.
    unsafe { raw_expression(tree.as_ptr(), false) }.map(|expression| expression.columns)
}

/// Reads a `pg_node_tree`, with its text or without.
///
/// # Safety
/// `tree` is a NUL-terminated string from a catalog of this server (readfuncs.c reads it back).
pub unsafe fn raw_expression(tree: *const c_char, with_text: bool) -> Result<Expression, ServerError> {
    let (mut columns, mut ncolumns, mut text) = (ptr::null_mut(), 0, ptr::null_mut());
    // SAFETY: promised by the caller; the results are palloc'd and copied at once.
    unsafe {
        let wanted = if with_text { &raw mut text } else { ptr::null_mut() };
        ServerError::check(zdm_shim_expression(tree, &mut columns, &mut ncolumns, wanted))?;
        Ok(Expression { columns: numbers(columns, ncolumns), text: from_server(text) })
    }
}

/// A C array, copied.
///
/// # Safety
/// `list` points at `count` values; it may be anything when there are none.
pub unsafe fn numbers<T: Copy>(list: *const T, count: c_int) -> Vec<T> {
    match usize::try_from(count) {
        // SAFETY: promised by the caller.
        Ok(count) if count > 0 => unsafe { std::slice::from_raw_parts(list, count) }.to_vec(),
        _ => Vec::new(),
    }
}

/// The owner of the function that is being called.
pub fn function_owner(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Oid {
    // SAFETY: fcinfo is the function manager's; a lookup in the syscache, under the guard that every body has.
    unsafe { zdm_shim_function_owner(fcinfo) }
}

/// The schema of that name; unless `any` is meant, if the session may look into it.
pub fn schema(name: &str, any: bool) -> Result<Option<u32>, ServerError> {
    let name = to_server(name);
    let mut oid = pg_sys::InvalidOid;
    // SAFETY: the string is valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_schema(name.as_ptr(), any, &mut oid) })?;
    Ok(valid(oid))
}

/// The relation a name means for the session.
pub fn relation(name: &Name) -> Result<Option<u32>, ServerError> {
    let mut oid = pg_sys::InvalidOid;
    // SAFETY: the strings are valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_relation(name.schema(), name.name.as_ptr(), &mut oid) })?;
    Ok(valid(oid))
}

/// Whether the running transaction created a relation.
pub fn created_here(relation: u32) -> Result<bool, ServerError> {
    let mut created = false;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_created_here(pg_sys::Oid::from(relation), &mut created) })?;
    Ok(created)
}

/// A query of ours that gives one JSON document; its plan is made once in the life of the backend.
pub struct Query<const N: usize> {
    sql: &'static std::ffi::CStr,
    types: [pg_sys::Oid; N],
    plan: AtomicPtr<pg_sys::_SPI_plan>,
}

impl<const N: usize> Query<N> {
    pub const fn new(sql: &'static std::ffi::CStr, types: [pg_sys::Oid; N]) -> Self {
        Self { sql, types, plan: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Runs it with the rights of `owner`; `None` when there is no row.
    pub fn run(&self, mut values: [pg_sys::Datum; N], owner: pg_sys::Oid) -> Result<Option<String>, ServerError> {
        let mut types = self.types;
        let mut plan = self.plan.load(Ordering::Relaxed);
        let mut text = ptr::null_mut();
        // SAFETY: one value for each parameter type; the plan is NULL or was kept by SPI_keepplan; errors come back as data.
        let error =
            unsafe { zdm_shim_facts(self.sql.as_ptr(), &mut plan, N as c_int, types.as_mut_ptr(), values.as_mut_ptr(), owner, &mut text) };
        self.plan.store(plan, Ordering::Relaxed);
        ServerError::check(error)?;
        // SAFETY: NULL or a palloc'd string.
        Ok(unsafe { from_server(text) })
    }
}

/// The type a name means, and its modifier.
pub fn resolve_type(name: &Name, modifiers: &[i32], array: bool) -> Result<Option<(u32, i32)>, ServerError> {
    let (mut oid, mut typmod) = (pg_sys::InvalidOid, -1);
    // SAFETY: strings and slice are valid for the call; errors come back as data.
    ServerError::check(unsafe {
        let count = modifiers.len() as c_int;
        zdm_shim_type(name.schema(), name.name.as_ptr(), modifiers.as_ptr(), count, array, &mut oid, &mut typmod)
    })?;
    Ok(valid(oid).map(|oid| (oid, typmod)))
}

/// How a value gets from one type to another in an assignment.
pub fn cast(from: u32, to: u32) -> Result<Cast, ServerError> {
    let mut path = 0;
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_cast(pg_sys::Oid::from(from), pg_sys::Oid::from(to), &mut path) })?;
    Ok(match path as u32 {
        pg_sys::CoercionPathType::COERCION_PATH_RELABELTYPE => Cast::Binary,
        pg_sys::CoercionPathType::COERCION_PATH_FUNC | pg_sys::CoercionPathType::COERCION_PATH_ARRAYCOERCE => Cast::Function,
        pg_sys::CoercionPathType::COERCION_PATH_COERCEVIAIO => Cast::InputOutput,
        _ => Cast::None,
    })
}

/// All functions that a call could mean.
pub fn functions(name: &Name, arguments: usize) -> Result<Vec<Function>, ServerError> {
    let (mut list, mut count) = (ptr::null_mut(), 0);
    let arguments = c_int::try_from(arguments).unwrap_or(c_int::MAX);
    // SAFETY: the strings are valid for the call; the array is palloc'd, holds `count` entries and is copied at once.
    unsafe {
        ServerError::check(zdm_shim_functions(name.schema(), name.name.as_ptr(), arguments, &mut list, &mut count))?;
        Ok(copy_functions(list, count))
    }
}

/// All functions of a name, whatever their parameters.
pub fn all_functions(name: &Name) -> Result<Vec<Function>, ServerError> {
    let (mut list, mut count) = (ptr::null_mut(), 0);
    // SAFETY: as above; -1 stands for any number (namespace.c, FuncnameGetCandidates).
    unsafe {
        ServerError::check(zdm_shim_functions(name.schema(), name.name.as_ptr(), -1, &mut list, &mut count))?;
        Ok(copy_functions(list, count))
    }
}

/// The functions behind all operators of a name.
pub fn operators(name: &Name) -> Result<Vec<Function>, ServerError> {
    let (mut list, mut count) = (ptr::null_mut(), 0);
    // SAFETY: as above.
    unsafe {
        ServerError::check(zdm_shim_operators(name.schema(), name.name.as_ptr(), &mut list, &mut count))?;
        Ok(copy_functions(list, count))
    }
}

/// # Safety
/// `list` points at `count` entries.
unsafe fn copy_functions(list: *const RawFunction, count: c_int) -> Vec<Function> {
    // SAFETY: promised by the caller; a body is NULL or a NUL-terminated string.
    unsafe {
        std::slice::from_raw_parts(list, usize::try_from(count).unwrap_or(0))
            .iter()
            .map(|raw| Function {
                oid: raw.oid.to_u32(),
                volatility: match raw.volatility as u8 {
                    b'i' => Volatility::Immutable,
                    b's' => Volatility::Stable,
                    _ => Volatility::Volatile,
                },
                inlinable_body: from_server(raw.inlinable_body),
            })
            .collect()
    }
}

/// The collation a name means.
pub fn collation(name: &Name) -> Result<Option<u32>, ServerError> {
    let mut oid = pg_sys::InvalidOid;
    // SAFETY: the strings are valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_collation(name.schema(), name.name.as_ptr(), &mut oid) })?;
    Ok(valid(oid))
}

/// The table an extended statistics object belongs to.
pub fn statistics_relation(name: &Name) -> Result<Option<u32>, ServerError> {
    let mut oid = pg_sys::InvalidOid;
    // SAFETY: the strings are valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_statistics_relation(name.schema(), name.name.as_ptr(), &mut oid) })?;
    Ok(valid(oid))
}

/// A setting as SHOW prints it.
pub fn setting(name: &str) -> Result<Option<String>, ServerError> {
    let name = to_server(name);
    let mut value = ptr::null_mut();
    // SAFETY: the string is valid for the call; the result is NULL or a NUL-terminated string.
    unsafe {
        ServerError::check(zdm_shim_setting(name.as_ptr(), &mut value))?;
        Ok(from_server(value))
    }
}

/// The schema in which a name without one is created.
pub fn creation_schema() -> Result<Option<String>, ServerError> {
    let mut name = ptr::null_mut();
    // SAFETY: the result is NULL or a NUL-terminated string.
    unsafe {
        ServerError::check(zdm_shim_creation_schema(&mut name))?;
        Ok(from_server(name))
    }
}

/// An error when the role may not read the catalogs that are read directly.
pub fn may_read_catalogs(role: pg_sys::Oid) -> Result<(), ServerError> {
    // SAFETY: errors come back as data.
    ServerError::check(unsafe { zdm_shim_may_read_catalogs(role) })
}

/// The name of a tablespace; that of the database for InvalidOid.
pub fn tablespace(tablespace: pg_sys::Oid) -> Result<Option<String>, ServerError> {
    let mut name = ptr::null_mut();
    // SAFETY: the result is NULL or a NUL-terminated string.
    unsafe {
        ServerError::check(zdm_shim_tablespace(tablespace, &mut name))?;
        Ok(from_server(name))
    }
}

/// Whether the session's time zone is UTC, now and always.
pub fn time_zone_is_utc() -> bool {
    // SAFETY: reads the session's time zone.
    unsafe { zdm_shim_time_zone_is_utc() }
}

/// `ZdmAnswer` of `zdm_shim.h`.
fn decision(raw: c_int) -> Decision {
    match raw {
        0 => Decision::No,
        1 => Decision::Yes,
        2 => Decision::CannotTell,
        _ => Decision::Refused,
    }
}

/// Whether a default for a column of a type must be computed for each row.
pub fn default_is_volatile(expression: &str, type_oid: u32, typmod: i32) -> Result<Decision, ServerError> {
    let expression = to_server(expression);
    let mut raw = -1;
    // SAFETY: the string is valid for the call; `raw` is an int, as C's enum is; errors come back as data.
    ServerError::check(unsafe { zdm_shim_default_is_volatile(expression.as_ptr(), pg_sys::Oid::from(type_oid), typmod, &mut raw) })?;
    Ok(decision(raw))
}

/// The longest statement whose WHERE is planned.
const LONGEST: usize = 65_536;

/// How many rows of a table the planner expects the WHERE of an UPDATE or DELETE to keep.
pub fn share_of_rows(table: u32, statement: &str) -> Result<Option<Share>, ServerError> {
    if statement.len() > LONGEST {
        return Ok(None);
    }
    let statement = to_server(statement);
    let (mut kept, mut all, mut raw) = (0.0, 0.0, -1);
    // SAFETY: the string is valid for the call; `raw` is an int, as C's enum is; errors come back as data.
    ServerError::check(unsafe { zdm_shim_share(pg_sys::Oid::from(table), statement.as_ptr(), &mut kept, &mut all, &mut raw) })?;
    Ok((decision(raw) == Decision::Yes).then_some(Share { kept, all }))
}

/// Whether valid constraints prove that a column holds no NULL.
pub fn proves_not_null(table: u32, attribute: i16) -> Result<Decision, ServerError> {
    let mut raw = -1;
    // SAFETY: as above.
    ServerError::check(unsafe { zdm_shim_proves_not_null(pg_sys::Oid::from(table), attribute, &mut raw) })?;
    Ok(decision(raw))
}

/// Whether valid constraints prove that the rows of a table lie within the bound of a partition, or outside it.
pub fn proves_bound(parent: u32, table: u32, bound: &str, outside: bool) -> Result<Decision, ServerError> {
    let bound = to_server(bound);
    let mut raw = -1;
    let (parent, table) = (pg_sys::Oid::from(parent), pg_sys::Oid::from(table));
    // SAFETY: as above.
    ServerError::check(unsafe { zdm_shim_proves_bound(parent, table, bound.as_ptr(), outside, &mut raw) })?;
    Ok(decision(raw))
}

/// Whether an index of a table is what a partitioned index wants in a partition.
pub fn same_index(wanted: u32, index: u32) -> Result<Decision, ServerError> {
    let mut raw = -1;
    // SAFETY: as above.
    ServerError::check(unsafe { zdm_shim_same_index(pg_sys::Oid::from(wanted), pg_sys::Oid::from(index), &mut raw) })?;
    Ok(decision(raw))
}

/// Whether a type has a default operator class for an access method; `None` when there is no such method.
pub fn has_operator_class(type_oid: u32, method: &str) -> Result<Option<bool>, ServerError> {
    let method = to_server(method);
    let (mut known, mut has) = (false, false);
    // SAFETY: the string is valid for the call; errors come back as data.
    ServerError::check(unsafe { zdm_shim_has_operator_class(pg_sys::Oid::from(type_oid), method.as_ptr(), &mut known, &mut has) })?;
    Ok(known.then_some(has))
}
