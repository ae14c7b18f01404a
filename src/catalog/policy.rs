//! What the owner of the database wants of the rules: `zdm.rule_policy`, read once a check, and only when a rule has something to say.

use crate::shim::ServerError;
use crate::text::from_server;
use pgrx::pg_sys;
use std::ffi::{c_char, c_int};
use std::ptr;
use zdm_analyzer::catalog::Policy;
use zdm_analyzer::finding::Risk;

/// `ZdmPolicy` of `zdm_shim.h`.
#[repr(C)]
struct RawPolicy {
    relation: pg_sys::Oid,
    rule: *const c_char,
    risk: *const c_char,
    reason: *const c_char,
}

unsafe extern "C-unwind" {
    fn zdm_shim_policies(policies: *mut *mut RawPolicy, npolicies: *mut c_int) -> *mut pg_sys::ErrorData;
}

/// All rows of the table.
#[derive(Default)]
pub struct Policies(Vec<Row>);

struct Row {
    rule: String,
    relation: Option<u32>,
    policy: Policy,
}

impl Policies {
    pub fn read() -> Result<Self, ServerError> {
        let (mut list, mut count) = (ptr::null_mut(), 0);
        // SAFETY: on success the array is NULL, or palloc'd with `count` entries, whose strings are NUL-terminated; all is copied at once.
        unsafe {
            ServerError::check(zdm_shim_policies(&mut list, &mut count))?;
            let rows = (0..usize::try_from(count).unwrap_or(0)).filter_map(|index| row(&*list.add(index)));
            Ok(Self(rows.collect()))
        }
    }

    /// The policy of a rule for a relation, else the one for all.
    pub fn of(&self, rule: &str, relation: Option<u32>) -> Option<Policy> {
        let find = |wanted: Option<u32>| self.0.iter().find(|row| row.rule == rule && row.relation == wanted);
        let row = relation.and_then(|relation| find(Some(relation))).or_else(|| find(None))?;
        Some(row.policy.clone())
    }
}

/// A row; a risk that is not known changes nothing.
///
/// # Safety
/// The strings are NUL-terminated.
unsafe fn row(raw: &RawPolicy) -> Option<Row> {
    // SAFETY: promised by the caller.
    let (rule, risk, reason) = unsafe { (from_server(raw.rule)?, from_server(raw.risk)?, from_server(raw.reason)?) };
    let named = Risk::named(&risk);
    let known = named.is_some() || risk == "off";
    let relation = (raw.relation != pg_sys::InvalidOid).then(|| raw.relation.to_u32());
    known.then_some(Row { rule, relation, policy: Policy { risk: named, reason } })
}
