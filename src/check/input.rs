//! The text to check: its size is looked at before it is unpacked, and it may be in any encoding.

use crate::error::{Error, sqlstate};
use crate::guc;
use pgrx::pg_sys;
use std::ffi::CStr;
use zdm_analyzer::lexical::{self, Excess};

/// A text argument.
pub struct Input {
    /// In the server's encoding; palloc'd, lives as long as the call.
    pub server: &'static CStr,
    /// In UTF-8; `None` when its bytes are no text (only a SQL_ASCII database holds such).
    pub text: Option<String>,
}

/// Argument `number` of the call; `None` for NULL.
pub fn argument(fcinfo: pg_sys::FunctionCallInfo, number: usize) -> Result<Option<Input>, Error> {
    // SAFETY: fcinfo is the function manager's, and the declared arguments are there.
    let argument = unsafe { *(*fcinfo).args.as_slice((*fcinfo).nargs as usize).get_unchecked(number) };
    if argument.isnull {
        return Ok(None);
    }
    let limit = guc::MAX_CHECK_SIZE.get() as usize;
    // SAFETY: the argument is of type text: a varlena, perhaps compressed or out of line; its raw size is told by its header (detoast.c).
    let size = unsafe { pg_sys::toast_raw_datum_size(argument.value) } - pg_sys::VARHDRSZ;
    if size > limit {
        return Err(Error::new(sqlstate::PROGRAM_LIMIT_EXCEEDED, "the text to check is too long")
            .detail(format!("It has {size} bytes; zdm.max_check_size allows {limit}."))
            .hint("Check it in pieces, or ask a superuser to raise zdm.max_check_size."));
    }
    // SAFETY: as above; text_to_cstring makes a copy with a NUL at its end, in memory of the call.
    let server: &'static CStr = unsafe { CStr::from_ptr(pg_sys::text_to_cstring(argument.value.cast_mut_ptr())) };
    room_on_the_stack()?;
    Ok(Some(Input { server, text: to_utf8(server.to_bytes()) }))
}

/// A text argument that must be there.
pub fn required(fcinfo: pg_sys::FunctionCallInfo, number: usize, name: &str) -> Result<String, Error> {
    optional(fcinfo, number, name)?.ok_or_else(|| Error::new(sqlstate::NULL_VALUE_NOT_ALLOWED, format!("{name} must not be null")))
}

/// A text argument that may be NULL.
pub fn optional(fcinfo: pg_sys::FunctionCallInfo, number: usize, name: &str) -> Result<Option<String>, Error> {
    let Some(argument) = argument(fcinfo, number)? else { return Ok(None) };
    let invalid = || Error::new(sqlstate::INVALID_PARAMETER_VALUE, format!("{name} is not valid text"));
    argument.text.map(Some).ok_or_else(invalid)
}

/// A boolean argument; NULL is false.
pub fn flag(fcinfo: pg_sys::FunctionCallInfo, number: usize) -> bool {
    // SAFETY: fcinfo is the function manager's; an argument that is not there is none.
    let argument = unsafe { (*fcinfo).args.as_slice((*fcinfo).nargs as usize).get(number).copied() };
    argument.is_some_and(|argument| !argument.isnull && argument.value.value() != 0)
}

/// What the analysis may take of the stack is what the server keeps free behind its own limit (`STACK_DEPTH_SLOP`, 512 kB): so it begins only where
/// that limit is not passed.
pub fn room_on_the_stack() -> Result<(), Error> {
    // SAFETY: compares the address of a local with the base of the stack.
    if unsafe { pg_sys::stack_is_too_deep() } {
        let error = Error::new(sqlstate::STATEMENT_TOO_COMPLEX, "stack depth limit exceeded");
        return Err(error.hint("Check the text outside so many functions that call each other."));
    }
    Ok(())
}

/// What the server's lexer would take too long for, in a text as the server reads it.
pub fn excess(text: &[u8]) -> Option<Excess> {
    // SAFETY: reads a setting's variable.
    lexical::excess(text, !unsafe { pg_sys::standard_conforming_strings })
}

/// Refuses a text with such.
pub fn lexable(text: &[u8]) -> Result<(), Error> {
    let Some(excess) = excess(text) else { return Ok(()) };
    let (detail, hint) = match excess {
        Excess::Comments => (
            "The time that the server's lexer takes for them grows with the square of the depth, and it cannot be cancelled.",
            "Close the comments, or take them out.",
        ),
        Excess::Operators => (
            "The server's lexer reads all of them again for each operator and each comment among them, and it cannot be cancelled.",
            "Put blanks between the operators and comments, or take them out.",
        ),
    };
    Err(Error::new(sqlstate::STATEMENT_TOO_COMPLEX, excess.to_string()).detail(detail).hint(hint))
}

/// Text of the server in UTF-8; `None` when it is none.
pub fn to_utf8(bytes: &[u8]) -> Option<String> {
    // SAFETY: reads the encoding of the database; pg_server_to_any returns its argument or a palloc'd, NUL-terminated string.
    unsafe {
        let encoding = pg_sys::GetDatabaseEncoding();
        let as_it_is = encoding == pg_sys::pg_enc::PG_SQL_ASCII as i32 || encoding == pg_sys::pg_enc::PG_UTF8 as i32;
        if as_it_is || bytes.is_ascii() {
            return String::from_utf8(bytes.to_vec()).ok();
        }
        let converted = pg_sys::pg_server_to_any(bytes.as_ptr().cast(), bytes.len() as i32, pg_sys::pg_enc::PG_UTF8 as i32);
        CStr::from_ptr(converted).to_str().ok().map(str::to_owned)
    }
}
