//! Text between Rust (UTF-8) and the server (the database's encoding).

use crate::error::{Error, sqlstate};
use pgrx::pg_sys;
use std::ffi::{CStr, CString, c_char};

/// A C string in the server's encoding; a NUL byte, which no SQL text can hold, ends it.
///
/// Raises the server's error when a character has no equivalent there (src/backend/utils/mb/mbutils.c, pg_any_to_server).
pub fn to_server(text: &str) -> CString {
    let text = &text[..text.find('\0').unwrap_or(text.len())];
    let plain = CString::new(text).unwrap_or_default();
    if text.is_ascii() {
        return plain;
    }
    // SAFETY: the pointer is valid for `text.len()` bytes; the result is the argument itself or a palloc'd string.
    unsafe {
        let converted = pg_sys::pg_any_to_server(plain.as_ptr(), text.len() as i32, pg_sys::pg_enc::PG_UTF8 as i32);
        if std::ptr::eq(converted, plain.as_ptr()) { plain } else { CStr::from_ptr(converted).to_owned() }
    }
}

/// A Rust string from a C string of the server; bytes that are no text (SQL_ASCII databases) become U+FFFD.
///
/// # Safety
/// `text` is NULL or a NUL-terminated string in the server's encoding.
pub unsafe fn from_server(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: promised by the caller.
    let bytes = unsafe { CStr::from_ptr(text) };
    // the same in every encoding of a server, and what nearly all names are
    if bytes.to_bytes().is_ascii() {
        return bytes.to_str().ok().map(str::to_owned);
    }
    // SAFETY: promised by the caller; pg_server_to_any returns its argument or a palloc'd string.
    unsafe {
        if pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_SQL_ASCII as i32 {
            return Some(CStr::from_ptr(text).to_string_lossy().into_owned());
        }
        let length = CStr::from_ptr(text).to_bytes().len();
        let converted = pg_sys::pg_server_to_any(text, length as i32, pg_sys::pg_enc::PG_UTF8 as i32);
        Some(CStr::from_ptr(converted).to_string_lossy().into_owned())
    }
}

/// A Rust string from a C string of the server, or the error that says that its bytes are no text.
///
/// # Errors
/// 22021 when the bytes are not valid UTF-8: only an SQL_ASCII database can hold them.
///
/// # Safety
/// As for [`from_server`].
pub unsafe fn from_server_exactly(text: *const c_char) -> Result<Option<String>, Error> {
    if text.is_null() {
        return Ok(None);
    }
    // SAFETY: promised by the caller.
    unsafe {
        if pg_sys::GetDatabaseEncoding() == pg_sys::pg_enc::PG_SQL_ASCII as i32 {
            return CStr::from_ptr(text).to_str().map(|text| Some(text.to_owned())).map_err(|_| {
                Error::new(sqlstate::CHARACTER_NOT_IN_REPERTOIRE, "a text is not valid UTF-8")
                    .detail("The database's encoding is SQL_ASCII, so the server does not know what the bytes mean.")
                    .hint("Backfills handle expressions and keys as UTF-8 text; a bytea column or a numeric key has no such limit.")
            });
        }
        Ok(from_server(text))
    }
}

/// Quotes an identifier where PostgreSQL would (ruleutils.c, quote_identifier).
pub fn quote(identifier: &str) -> String {
    let name = to_server(identifier);
    // SAFETY: a NUL-terminated string; the result is the argument or a palloc'd copy.
    unsafe { from_server(pg_sys::quote_identifier(name.as_ptr())).unwrap_or_default() }
}

/// `1 row`, `1,234 rows`.
pub fn count(number: i64, thing: &str) -> String {
    let ending = match (number, thing.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{} {thing}{ending}", thousands(number))
}

/// `1234567` as `1,234,567`.
pub fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// Whether the analyzer, which reads string constants as the SQL standard has them, would see another text than the server does.
pub fn misread(text: &str) -> bool {
    // SAFETY: reads a setting's variable.
    text.contains('\\') && !unsafe { pg_sys::standard_conforming_strings }
}
