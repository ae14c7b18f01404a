//! A set of rows, as the result of a function.

use crate::text::to_server;
use pgrx::pg_sys;
use std::time::Duration;

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

    /// Adds a row; the values are of the types that the function declares.
    pub fn push<const N: usize>(&mut self, values: [Value<'_>; N]) {
        let mut datums = [pg_sys::Datum::null(); N];
        let mut nulls = [false; N];
        for (index, value) in values.into_iter().enumerate() {
            match value {
                Value::Null => nulls[index] = true,
                Value::Bool(value) => datums[index] = pg_sys::Datum::from(value),
                Value::Int(value) => datums[index] = pg_sys::Datum::from(value),
                Value::Oid(value) => datums[index] = pg_sys::Datum::from(pg_sys::Oid::from(value)),
                // SAFETY: copies a NUL-terminated string in the server's encoding into a new varlena.
                Value::Text(value) => datums[index] = pg_sys::Datum::from(unsafe { pg_sys::cstring_to_text(to_server(value).as_ptr()) }),
                Value::Interval(time) => datums[index] = interval(time),
            }
        }
        // SAFETY: made by InitMaterializedSRF; N is the number of columns that the SQL declaration has (tests read every column).
        unsafe {
            debug_assert_eq!((*(*self.0).setDesc).natts as usize, N);
            pg_sys::tuplestore_putvalues((*self.0).setResult, (*self.0).setDesc, datums.as_mut_ptr(), nulls.as_mut_ptr());
        }
    }
}

/// A new interval of microseconds alone.
fn interval(time: Duration) -> pg_sys::Datum {
    // SAFETY: palloc gives memory for one Interval, aligned for any type.
    unsafe {
        let interval: *mut pg_sys::Interval = pg_sys::palloc0(size_of::<pg_sys::Interval>()).cast();
        (*interval).time = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        pg_sys::Datum::from(interval)
    }
}
