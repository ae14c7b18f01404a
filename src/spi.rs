//! SPI, for functions and for a procedure that commits.
//!
//! pgrx's own `Spi` is atomic and lets errors pass through Rust. Here one [`Connection`] spans the whole CALL, statements are prepared once and
//! survive commits, and every error of the server comes back as a value with all its fields ([`crate::shim`]).
//!
//! The rule that keeps this sound: whatever can fail runs inside [`subtransaction`], which is rolled back when it did (PostgreSQL demands a
//! (sub)transaction abort after every caught ERROR), and nothing is prepared or read between a commit and a sleep, so that no snapshot is held.

use crate::error::{Error, sqlstate};
use crate::shim::{self, ServerError};
use crate::text::from_server_exactly;
use pgrx::{IntoDatum, PgTryBuilder, pg_sys};
use std::ffi::c_char;
use std::panic::AssertUnwindSafe;
use std::ptr;

/// A parameter: its type and its value.
#[derive(Clone, Copy)]
pub struct Arg {
    pub type_oid: pg_sys::Oid,
    pub datum: Option<pg_sys::Datum>,
}

impl Arg {
    pub fn int8(value: i64) -> Self {
        Self { type_oid: pg_sys::INT8OID, datum: value.into_datum() }
    }

    pub fn int4(value: i32) -> Self {
        Self { type_oid: pg_sys::INT4OID, datum: value.into_datum() }
    }

    pub fn oid(value: pg_sys::Oid) -> Self {
        Self { type_oid: pg_sys::OIDOID, datum: value.into_datum() }
    }

    pub fn bool(value: bool) -> Self {
        Self { type_oid: pg_sys::BOOLOID, datum: value.into_datum() }
    }

    /// Copied into the current memory context.
    pub fn text(value: Option<&str>) -> Self {
        let datum = value.map(|text| {
            let text = crate::text::to_server(text);
            // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
            unsafe { pg_sys::Datum::from(pg_sys::cstring_to_text(text.as_ptr())) }
        });
        Self { type_oid: pg_sys::TEXTOID, datum }
    }

    /// A value from its text form, by the input function of its type, copied into the current memory context.
    pub fn parse(type_oid: pg_sys::Oid, text: &str) -> Self {
        let text = crate::text::to_server(text);
        // SAFETY: the type exists (it is a column's); its input function gets its own parameters (lsyscache.c, getTypeInputInfo).
        let datum = unsafe {
            let (mut input, mut parameter) = (pg_sys::InvalidOid, pg_sys::InvalidOid);
            pg_sys::getTypeInputInfo(type_oid, &mut input, &mut parameter);
            pg_sys::OidInputFunctionCall(input, text.as_ptr().cast_mut(), parameter, -1)
        };
        Self { type_oid, datum: Some(datum) }
    }
}

/// What a statement gave: the rows it processed, and those it returned, as text.
pub struct Outcome {
    pub processed: i64,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Outcome {
    /// The first row, or an internal error.
    pub fn only(&self) -> Result<Row<'_>, Error> {
        self.rows.first().map(|row| Row(row)).ok_or_else(|| Error::new(sqlstate::INTERNAL, "a query of pg_zdm returned no row"))
    }

    pub fn iter(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|row| Row(row))
    }
}

/// One row, read column by column.
#[derive(Clone, Copy)]
pub struct Row<'a>(&'a [Option<String>]);

impl<'a> Row<'a> {
    pub fn text(&self, column: usize) -> Option<&'a str> {
        self.0.get(column)?.as_deref()
    }

    /// The text, or "" for NULL.
    pub fn string(&self, column: usize) -> String {
        self.text(column).unwrap_or_default().to_owned()
    }

    pub fn bool(&self, column: usize) -> bool {
        self.text(column) == Some("t")
    }

    pub fn int8(&self, column: usize) -> i64 {
        self.text(column).and_then(|text| text.parse().ok()).unwrap_or(0)
    }

    pub fn oid(&self, column: usize) -> pg_sys::Oid {
        self.text(column).and_then(|text| text.parse::<u32>().ok()).map_or(pg_sys::InvalidOid, pg_sys::Oid::from)
    }
}

/// An SPI connection; closed when dropped.
pub struct Connection {
    /// Errors and what must outlive a transaction live here: until the CALL ends.
    context: pg_sys::MemoryContext,
    /// For parameters; emptied after each statement.
    scratch: pg_sys::MemoryContext,
    /// For whatever the server's functions leave behind; emptied after each transaction.
    transient: pg_sys::MemoryContext,
}

impl Connection {
    /// Opens one that can commit. The caller has made sure that the context is non-atomic.
    pub fn open() -> Result<Self, Error> {
        // SAFETY: inside a CALL: PortalContext is set and lives until it ends.
        unsafe { Self::connect(pg_sys::PortalContext, pg_sys::SPI_OPT_NONATOMIC as i32) }
    }

    /// Opens one for a function, within the caller's transaction.
    pub fn within_function() -> Result<Self, Error> {
        // SAFETY: the current context of a function call outlives the connection, and so do errors.
        unsafe { Self::connect(pg_sys::CurrentMemoryContext, 0) }
    }

    /// # Safety
    /// `context` outlives the connection and what it gives.
    unsafe fn connect(context: pg_sys::MemoryContext, options: i32) -> Result<Self, Error> {
        // SAFETY: promised by the caller; the contexts are children of that one.
        unsafe {
            let code = pg_sys::SPI_connect_ext(options);
            if code != pg_sys::SPI_OK_CONNECT as i32 {
                return Err(Error::new(sqlstate::INTERNAL, format!("SPI_connect_ext failed: code {code}")));
            }
            let create =
                |name: &'static std::ffi::CStr| pg_sys::AllocSetContextCreateExtended(context, name.as_ptr(), 0, 8 * 1024, 8 * 1024 * 1024);
            Ok(Self { context, scratch: create(c"pg_zdm parameters"), transient: create(c"pg_zdm transaction") })
        }
    }

    /// Prepares a statement that survives commits.
    pub fn prepare(&self, sql: &str, types: &[pg_sys::Oid]) -> Result<Plan, ServerError> {
        let mut types = types.to_vec();
        shim::prepare(sql, &mut types, self.context).map(|raw| Plan { raw, arguments: types.len() })
    }

    /// Runs a prepared statement; `arguments` makes its parameters in memory that is freed afterwards.
    pub fn execute(&self, plan: &Plan, arguments: impl FnOnce() -> Vec<Arg>) -> Result<Outcome, Error> {
        // SAFETY: the scratch context is ours; the previous one is restored below.
        let previous = unsafe { pg_sys::MemoryContextSwitchTo(self.scratch) };
        let arguments = arguments();
        // SAFETY: `previous` was current before.
        unsafe { pg_sys::MemoryContextSwitchTo(previous) };
        if arguments.len() != plan.arguments {
            return Err(Error::new(sqlstate::INTERNAL, "a statement of pg_zdm got the wrong number of parameters"));
        }
        let mut values: Vec<_> = arguments.iter().map(|argument| argument.datum.unwrap_or(pg_sys::Datum::null())).collect();
        let nulls: Vec<c_char> = arguments.iter().map(|argument| if argument.datum.is_some() { b' ' } else { b'n' } as c_char).collect();
        // SAFETY: the plan is alive (borrowed), values and nulls have one entry a parameter.
        let result = unsafe { shim::execute(plan.raw, &mut values, &nulls, self.context) };
        // SAFETY: SPI leaves its own context as the current one (spi.c, _SPI_end_call).
        unsafe { pg_sys::MemoryContextSwitchTo(previous) };
        let outcome = result.map_err(Error::from).and_then(|()| collect());
        // SAFETY: nothing refers to the parameters any more.
        unsafe { pg_sys::MemoryContextReset(self.scratch) };
        outcome
    }

    /// Runs `f` with a current memory context that is emptied afterwards. What it returns must not point into it; errors and plans do not.
    pub fn in_transient_memory<T>(&self, f: impl FnOnce() -> T) -> T {
        // SAFETY: the context is ours; the previous one is restored. (When `f` unwinds, the context is freed with the CALL's.)
        unsafe {
            let previous = pg_sys::MemoryContextSwitchTo(self.transient);
            let result = f();
            pg_sys::MemoryContextSwitchTo(previous);
            pg_sys::MemoryContextReset(self.transient);
            result
        }
    }

    /// Prepares, runs and forgets a statement.
    pub fn query(&self, sql: &str, arguments: &[Arg]) -> Result<Outcome, Error> {
        let types: Vec<_> = arguments.iter().map(|argument| argument.type_oid).collect();
        let plan = self.prepare(sql, &types)?;
        self.execute(&plan, || arguments.to_vec())
    }

    /// Commits; a new transaction has begun when it returns, without a snapshot.
    pub fn commit(&self) -> Result<(), ServerError> {
        shim::commit(self.context)
    }

    /// Waits outside any snapshot; a cancel ends it with the cancel's error.
    pub fn nap(&self, milliseconds: i64) -> Result<(), Error> {
        subtransaction(|| Ok(shim::nap(milliseconds, self.context)?))
    }

    /// The first temporary relation that a statement reads or writes.
    pub fn temporary_relation(&self, plan: &Plan) -> Result<Option<pg_sys::Oid>, ServerError> {
        // SAFETY: the plan is alive; a transaction is open.
        unsafe { shim::temporary_relation(plan.raw, self.context) }
    }

    /// The rows that the planner expects of a statement without parameters.
    pub fn planned_rows(&self, plan: &Plan) -> Result<f64, ServerError> {
        // SAFETY: the plan is alive; a transaction is open.
        unsafe { shim::planned_rows(plan.raw, self.context) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: opened by us; SPI_finish restores the caller's memory context.
        unsafe {
            pg_sys::SPI_finish();
            pg_sys::MemoryContextDelete(self.scratch);
            pg_sys::MemoryContextDelete(self.transient);
        }
    }
}

/// A prepared statement.
pub struct Plan {
    raw: pg_sys::SPIPlanPtr,
    arguments: usize,
}

impl Plan {
    /// Whether its WHERE calls anything volatile.
    pub fn where_is_volatile(&self) -> bool {
        // SAFETY: the plan is alive.
        unsafe { shim::where_is_volatile(self.raw) }
    }
}

impl Drop for Plan {
    fn drop(&mut self) {
        // SAFETY: a kept plan, freed once.
        unsafe { pg_sys::SPI_freeplan(self.raw) };
    }
}

/// Takes the rows of the statement that ran last out of SPI.
fn collect() -> Result<Outcome, Error> {
    // SAFETY: SPI_execute_plan has succeeded: SPI_processed is set, SPI_tuptable is NULL or holds `numvals` tuples of its descriptor.
    unsafe {
        let processed = pg_sys::SPI_processed as i64;
        let table = pg_sys::SPI_tuptable;
        let mut rows = Vec::new();
        if !table.is_null() {
            let descriptor = (*table).tupdesc;
            for index in 0..(*table).numvals as usize {
                let tuple = *(*table).vals.add(index);
                let value = |column| from_server_exactly(pg_sys::SPI_getvalue(tuple, descriptor, column));
                rows.push((1..=(*descriptor).natts).map(value).collect::<Result<Vec<_>, _>>()?);
            }
            pg_sys::SPI_freetuptable(table);
        }
        Ok(Outcome { processed, rows })
    }
}

/// Runs `f` in a subtransaction; rolled back when it fails, be it by an error of the server that comes through pgrx as an unwinding, or by a panic.
pub fn subtransaction<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // SAFETY: a transaction is open; owner and context are restored as PL/pgSQL does for a block with EXCEPTION (pl_exec.c, exec_stmt_block).
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        pg_sys::BeginInternalSubTransaction(ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        let result = caught(f);
        match result {
            Ok(_) => pg_sys::ReleaseCurrentSubTransaction(),
            Err(_) => pg_sys::RollbackAndReleaseCurrentSubTransaction(),
        }
        pg_sys::MemoryContextSwitchTo(context);
        pg_sys::CurrentResourceOwner = owner;
        result
    }
}

/// Turns whatever unwinds out of `f` into an error.
fn caught<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let mut f = Some(f);
    PgTryBuilder::new(AssertUnwindSafe(|| match f.take() {
        Some(f) => f(),
        None => Err(Error::new(sqlstate::INTERNAL, "called twice")),
    }))
    .catch_others(|caught| Err(Error::from_caught(&caught)))
    .catch_rust_panic(|caught| Err(Error::from_caught(&caught)))
    .execute()
}

/// Runs `f` with the rights of another role, for statements on our own tables only; the caller's come back in every case.
pub fn as_role<T>(role: pg_sys::Oid, f: impl FnOnce() -> T) -> T {
    struct Restore(pg_sys::Oid, i32);
    impl Drop for Restore {
        fn drop(&mut self) {
            // SAFETY: gives back what GetUserIdAndSecContext told.
            unsafe { pg_sys::SetUserIdAndSecContext(self.0, self.1) };
        }
    }
    let (mut user, mut context) = (pg_sys::InvalidOid, 0);
    // SAFETY: plain reads and writes of the backend's user id, as ri_triggers.c does around its own queries (ri_PerformCheck).
    let _restore = unsafe {
        pg_sys::GetUserIdAndSecContext(&mut user, &mut context);
        pg_sys::SetUserIdAndSecContext(role, context | (pg_sys::SECURITY_LOCAL_USERID_CHANGE | pg_sys::SECURITY_NOFORCE_RLS) as i32);
        Restore(user, context)
    };
    f()
}
