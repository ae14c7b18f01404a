//! The process that writes down what a transaction cannot: it lives for as long as there are events, and a moment longer (`src/shim/audit_worker.c`).

use super::{record, shim, write};
use crate::spi::subtransaction;
use pgrx::pg_sys;
use std::ffi::{CStr, c_char, c_int};

const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The entry point of the background worker.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zdm_audit_worker(argument: pg_sys::Datum) {
    shim::work(argument, sink, trim);
}

/// See `ZdmAuditSink` of `zdm_shim.h`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn sink(texts: *const *const c_char, count: c_int, lost: u32) -> *mut pg_sys::ErrorData {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: there are so many NUL-terminated strings, which live until this returns.
    let texts = unsafe { std::slice::from_raw_parts(texts, count) };
    let mut lines: Vec<String> = texts
        .iter()
        // SAFETY: as above.
        .filter_map(|text| unsafe { crate::text::from_server(CStr::from_ptr(*text).as_ptr()) })
        .collect();
    if lost > 0 {
        lines.extend(record::lost(lost).ok());
    }
    for (at, line) in lines.iter().enumerate() {
        // one that cannot be written takes none of the others along
        let Err(error) = subtransaction(|| write::one(line)) else { continue };
        shim::log_plain(&format!("zdm audit: could not write an event to zdm.audit: {}", error.message()));
        // who locks the table for so long is not waited for again and again
        let given_up = if error.sqlstate() == LOCK_NOT_AVAILABLE { lines.len() } else { at + 1 };
        lines.iter().take(given_up).skip(at).for_each(|line| shim::log(line));
        if given_up > at + 1 {
            break;
        }
    }
    std::ptr::null_mut()
}

/// See `ZdmAuditTrim`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn trim(more: *mut bool) -> *mut pg_sys::ErrorData {
    let trimmed = subtransaction(write::trim).unwrap_or(false);
    // SAFETY: points at a variable of the caller.
    unsafe { *more = trimmed };
    std::ptr::null_mut()
}
