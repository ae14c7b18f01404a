//! A look at the rows (`probe => true`), by `src/shim/probe.c`: without waiting, with the caller's rights, without a user's code, for a limited time.

use crate::guc;
use crate::shim::ServerError;
use crate::text::{from_server, to_server};
use pgrx::pg_sys;
use std::ffi::{CString, c_char, c_int};
use std::ptr;
use zdm_analyzer::catalog::{Answer, Oid, Question};

/// So many rows are sorted at most, for duplicates.
const MOST: i64 = 500_000;

/// `ZdmProbe` of `zdm_shim.h`.
#[repr(C)]
struct RawProbe {
    kind: c_int,
    root: pg_sys::Oid,
    relation: pg_sys::Oid,
    text: *const c_char,
    nkeys: c_int,
    keys: *const *const c_char,
    referenced: pg_sys::Oid,
    referenced_keys: *const *const c_char,
    deadline: pg_sys::TimestampTz,
    most: i64,
}

unsafe extern "C-unwind" {
    fn zdm_shim_probe(probe: *const RawProbe, answer: *mut c_int, reason: *mut *mut c_char) -> *mut pg_sys::ErrorData;
}

/// The time until which rows may be looked at, from now on.
pub fn deadline() -> pg_sys::TimestampTz {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() + i64::from(guc::PROBE_TIMEOUT.get()) * 1000 }
}

/// What is asked, as the shim takes it.
struct Asked {
    kind: c_int,
    keys: Vec<CString>,
    text: Option<CString>,
    referenced: Oid,
    referenced_keys: Vec<CString>,
}

impl Asked {
    fn new(question: &Question) -> Self {
        let names = |names: &[String]| names.iter().map(|name| to_server(name)).collect::<Vec<_>>();
        let none = Self { kind: 0, keys: Vec::new(), text: None, referenced: 0, referenced_keys: Vec::new() };
        match question {
            Question::Null { column } => Self { keys: vec![to_server(column)], ..none },
            Question::Duplicates { columns } => Self { kind: 1, keys: names(columns), ..none },
            Question::Orphans { columns, referenced, referenced_columns } => {
                Self { kind: 2, keys: names(columns), referenced: *referenced, referenced_keys: names(referenced_columns), ..none }
            }
            Question::Constraint { name } => Self { kind: 3, text: Some(to_server(name)), ..none },
            Question::Expression { sql } => Self { kind: 4, text: Some(to_server(sql)), ..none },
        }
    }
}

/// Looks into one relation after the other until a row is found.
pub fn look(root: Oid, relations: &[Oid], question: &Question, deadline: pg_sys::TimestampTz) -> Result<Answer, ServerError> {
    let asked = Asked::new(question);
    let pointers = |names: &[CString]| names.iter().map(|name| name.as_ptr()).collect::<Vec<_>>();
    let (keys, referenced_keys) = (pointers(&asked.keys), pointers(&asked.referenced_keys));
    let mut unknown = None;
    for relation in relations {
        let probe = RawProbe {
            kind: asked.kind,
            root: pg_sys::Oid::from(root),
            relation: pg_sys::Oid::from(*relation),
            text: asked.text.as_ref().map_or(ptr::null(), |text| text.as_ptr()),
            nkeys: keys.len() as c_int,
            keys: keys.as_ptr(),
            referenced: pg_sys::Oid::from(asked.referenced),
            referenced_keys: referenced_keys.as_ptr(),
            deadline,
            most: MOST,
        };
        let (mut answer, mut reason) = (0, ptr::null_mut());
        // SAFETY: all strings and arrays live until the call returns; the reason is NULL or a palloc'd string; errors come back as data.
        let reason = unsafe {
            ServerError::check(zdm_shim_probe(&probe, &mut answer, &mut reason))?;
            from_server(reason)
        };
        match answer {
            0 => {}
            1 => return Ok(Answer::Found),
            _ => unknown = unknown.or(reason).or_else(|| Some("it was not looked at".to_owned())),
        }
    }
    Ok(unknown.map_or(Answer::NotFound, Answer::Unknown))
}
