//! A type, its domains resolved, and what ANALYZE found in a column: from `src/shim/describe_type.c`.

use super::shim;
use crate::shim::ServerError;
use crate::text::from_server;
use pgrx::pg_sys;
use std::ffi::c_char;
use zdm_analyzer::catalog::{ColumnStatistics, Domain, Type};

/// `ZdmType` of `describe.h`.
#[repr(C)]
struct RawType {
    found: bool,
    is_domain: bool,
    constrained: bool,
    element: pg_sys::Oid,
    collation: pg_sys::Oid,
    base: pg_sys::Oid,
    base_typmod: i32,
    name: *const c_char,
    default_tree: *const c_char,
}

/// `ZdmStatistics` of `describe.h`.
#[repr(C)]
struct RawStatistics {
    found: bool,
    has_greatest: bool,
    null_fraction: f64,
    distinct: f64,
    greatest: i64,
}

unsafe extern "C-unwind" {
    fn zdm_shim_describe_type(type_oid: pg_sys::Oid, typmod: i32, result: *mut RawType) -> *mut pg_sys::ErrorData;
    fn zdm_shim_statistics(relation: pg_sys::Oid, column: i16, owner: pg_sys::Oid, result: *mut RawStatistics) -> *mut pg_sys::ErrorData;
}

/// Reads all about a type; `None` when there is none.
pub fn type_by_oid(type_oid: u32, typmod: i32) -> Result<Option<Type>, ServerError> {
    shim::in_scratch_memory(|| {
        // SAFETY: numbers and pointers, for which zero is a value; the shim fills them in. The strings are copied before the scratch memory ends, and
        // the tree is the catalog's. Errors come back as data.
        unsafe {
            let mut raw: RawType = std::mem::zeroed();
            ServerError::check(zdm_shim_describe_type(pg_sys::Oid::from(type_oid), typmod, &mut raw))?;
            if !raw.found {
                return Ok(None);
            }
            let default = match raw.default_tree {
                tree if tree.is_null() => None,
                tree => Some(shim::raw_expression(tree, true)?.text.unwrap_or_default()),
            };
            Ok(Some(Type {
                oid: type_oid,
                name: from_server(raw.name).unwrap_or_default(),
                typmod,
                domain: raw.is_domain.then(|| Domain {
                    base: raw.base.to_u32(),
                    base_typmod: raw.base_typmod,
                    constrained: raw.constrained,
                    default,
                }),
                element: (raw.element != pg_sys::InvalidOid).then(|| raw.element.to_u32()),
                collation: raw.collation.to_u32(),
            }))
        }
    })
}

/// What ANALYZE found in a column, as far as the running user may know.
pub fn statistics(relation: u32, column: i16, owner: pg_sys::Oid) -> Result<Option<ColumnStatistics>, ServerError> {
    shim::in_scratch_memory(|| {
        let mut raw = RawStatistics { found: false, has_greatest: false, null_fraction: 0.0, distinct: 0.0, greatest: 0 };
        // SAFETY: errors come back as data.
        ServerError::check(unsafe { zdm_shim_statistics(pg_sys::Oid::from(relation), column, owner, &mut raw) })?;
        Ok(raw.found.then(|| ColumnStatistics {
            null_fraction: raw.null_fraction,
            distinct: raw.distinct,
            greatest: raw.has_greatest.then_some(raw.greatest),
        }))
    })
}
