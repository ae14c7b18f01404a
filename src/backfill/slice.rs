//! `zdm.tid_slice`: which of the rows of a page are changed together.

use pgrx::pg_sys;

/// `zdm.tid_slice(row, slices)`: the number of the row's line pointer in its page, modulo `slices`; strict. It is asked for each row at each visit of its
/// page: it raises no error, and nothing is made ready for one.
#[unsafe(no_mangle)]
pub extern "C" fn zdm_tid_slice(fcinfo: pg_sys::FunctionCallInfo) -> pg_sys::Datum {
    // SAFETY: the function manager gives the two arguments that the SQL declaration names; a tid is a pointer to an ItemPointerData.
    let (row, slices) = unsafe {
        let arguments = (*fcinfo).args.as_slice(2);
        ((*arguments[0].value.cast_mut_ptr::<pg_sys::ItemPointerData>()).ip_posid, arguments[1].value.value() as i32)
    };
    pg_sys::Datum::from(if slices > 0 { i32::from(row) % slices } else { 0 })
}

#[doc(hidden)]
#[unsafe(no_mangle)]
pub extern "C" fn pg_finfo_zdm_tid_slice() -> *const pg_sys::Pg_finfo_record {
    static INFO: pg_sys::Pg_finfo_record = pg_sys::Pg_finfo_record { api_version: 1 };
    &INFO
}
