//! A set of rows, as the result of a function.

use crate::shim::ServerError;
use pgrx::pg_sys;
use std::ffi::{c_char, c_int};
use std::ptr;
use std::time::Duration;

/// `ZdmValueKind` of `zdm_shim.h`.
#[repr(C)]
enum RawKind {
    Null,
    Bool,
    Int,
    Oid,
    Interval,
    Text,
}

/// `ZdmValue` of `zdm_shim.h`.
#[repr(C)]
struct RawValue {
    kind: RawKind,
    number: i64,
    text: *const c_char,
    length: usize,
}

unsafe extern "C-unwind" {
    fn zdm_shim_put_row(result: *mut pg_sys::ReturnSetInfo, values: *const RawValue, nvalues: c_int) -> *mut pg_sys::ErrorData;
}

/// One value of a row.
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i32),
    Oid(u32),
    Text(&'a str),
    Interval(Duration),
}

impl From<Option<Duration>> for Value<'_> {
    fn from(time: Option<Duration>) -> Self {
        time.map_or(Self::Null, Self::Interval)
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<Option<bool>> for Value<'_> {
    fn from(value: Option<bool>) -> Self {
        value.map_or(Self::Null, Self::Bool)
    }
}

/// The result of a set-returning function (funcapi.c, materialize mode).
pub struct Rows(*mut pg_sys::ReturnSetInfo);

impl Rows {
    /// Prepares an empty set.
    pub fn new(fcinfo: pg_sys::FunctionCallInfo) -> Self {
        // SAFETY: fcinfo is the function manager's; InitMaterializedSRF raises an error when the caller does not take a set, and else
        // leaves a tuple store and its descriptor in resultinfo.
        unsafe {
            // the caller knows the columns already; looking them up once more would be for nothing
            pg_sys::InitMaterializedSRF(fcinfo, pg_sys::MAT_SRF_USE_EXPECTED_DESC);
            Self((*fcinfo).resultinfo.cast())
        }
    }

    /// Adds a row; the values are of the types that the function declares (tests read every column).
    pub fn push<const N: usize>(&mut self, values: [Value<'_>; N]) -> Result<(), ServerError> {
        let raw = values.map(|value| value.raw());
        // SAFETY: made by InitMaterializedSRF; the texts live to the end of the call, which copies them; errors come back as data.
        ServerError::check(unsafe { zdm_shim_put_row(self.0, raw.as_ptr(), N as c_int) })
    }
}

impl Value<'_> {
    fn raw(&self) -> RawValue {
        let number = |kind, number| RawValue { kind, number, text: ptr::null(), length: 0 };
        match *self {
            Self::Null => number(RawKind::Null, 0),
            Self::Bool(value) => number(RawKind::Bool, i64::from(value)),
            Self::Int(value) => number(RawKind::Int, i64::from(value)),
            Self::Oid(value) => number(RawKind::Oid, i64::from(value)),
            Self::Interval(time) => number(RawKind::Interval, i64::try_from(time.as_micros()).unwrap_or(i64::MAX)),
            Self::Text(value) => RawValue { kind: RawKind::Text, number: 0, text: value.as_ptr().cast(), length: value.len() },
        }
    }
}
