//! The parts of a description that are read when they are first looked at: what depends on a relation, and what its expressions read.

use super::describe::{RawConstraint, slice, sorted};
use super::errors::Errors;
use super::names::Names;
use super::shim;
use crate::shim::ServerError;
use pgrx::pg_sys;
use std::cell::OnceCell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::rc::Rc;
use zdm_analyzer::catalog::{ForeignKeyRef, Lazy};

/// `ZdmSequence` of `describe.h`.
#[repr(C)]
struct RawSequence {
    column: i32,
    sequence: pg_sys::Oid,
}

/// `ZdmUsers` of `describe.h`.
#[repr(C)]
struct RawUsers {
    referenced_by: *const RawConstraint,
    nreferenced_by: c_int,
    sequences: *const RawSequence,
    nsequences: c_int,
}

unsafe extern "C-unwind" {
    fn zdm_shim_describe_users(relation: pg_sys::Oid, result: *mut RawUsers) -> *mut pg_sys::ErrorData;
}

/// Reads what is wanted later, for one relation.
#[derive(Clone)]
pub struct Later {
    pub names: Rc<Names>,
    pub errors: Errors,
}

/// Foreign keys that reference a relation, and the sequences that its columns own.
#[derive(Clone, Default)]
struct Users {
    references: Vec<ForeignKeyRef>,
    sequences: Vec<(String, u32)>,
}

impl Later {
    /// The foreign keys that reference a relation, in the order of their names, and the sequences of its columns, in the columns' order.
    pub fn users(&self, relation: u32) -> (Lazy<Vec<ForeignKeyRef>>, Lazy<Vec<(String, u32)>>) {
        let users = Rc::new(OnceCell::<Users>::new());
        let (later, both) = (self.clone(), Rc::clone(&users));
        let read = move || both.get_or_init(|| later.errors.ask(Users::default(), || later.read_users(relation))).clone();
        let again = read.clone();
        (Lazy::new(move || read().references), Lazy::new(move || again().sequences))
    }

    fn read_users(&self, relation: u32) -> Result<Users, ServerError> {
        shim::in_scratch_memory(|| {
            // SAFETY: all of it is numbers and pointers, for which zero is a value; the shim fills it in. Errors come back as data. What it
            // points at is in the scratch memory, which lives to the end of this closure.
            unsafe {
                let mut raw: RawUsers = std::mem::zeroed();
                ServerError::check(zdm_shim_describe_users(pg_sys::Oid::from(relation), &mut raw))?;
                let references = slice(raw.referenced_by, raw.nreferenced_by).iter().map(|key| key.reference(&self.names));
                let sequences = sorted(slice(raw.sequences, raw.nsequences), |one| one.column);
                let named = |one: &&RawSequence| {
                    let column = self.names.one(i16::try_from(one.column).ok()?)?;
                    Some((column.to_owned(), one.sequence.to_u32()))
                };
                Ok(Users {
                    references: sorted(references, |key| (key.constraint.clone(), key.table)),
                    sequences: sequences.iter().filter_map(named).collect(),
                })
            }
        })
    }

    /// The columns that stored expressions read, each once.
    ///
    /// # Safety
    /// Each is NULL or a `pg_node_tree` from a catalog of this server.
    pub unsafe fn columns<const N: usize>(&self, trees: [*const c_char; N]) -> Lazy<Vec<String>> {
        // SAFETY: promised by the caller.
        let trees: Vec<CString> = trees.into_iter().filter(|tree| !tree.is_null()).map(|tree| unsafe { owned(tree) }).collect();
        if trees.is_empty() {
            return Lazy::default();
        }
        let later = self.clone();
        let read = move |tree: &CString| {
            // SAFETY: a copy of what a catalog of this server holds.
            shim::in_scratch_memory(|| unsafe { shim::raw_expression(tree.as_ptr(), false) })
        };
        Lazy::new(move || {
            let mut columns = Vec::new();
            for tree in &trees {
                let read = later.errors.ask(Vec::new(), || Ok(read(tree)?.columns));
                for name in later.names.of_expression(&read) {
                    if !columns.contains(&name) {
                        columns.push(name);
                    }
                }
            }
            columns
        })
    }

    /// How a stored expression reads.
    ///
    /// # Safety
    /// It is NULL or a `pg_node_tree` from a catalog of this server.
    pub unsafe fn text(&self, tree: *const c_char) -> Lazy<Option<String>> {
        if tree.is_null() {
            return Lazy::default();
        }
        // SAFETY: promised by the caller.
        let (tree, later) = (unsafe { owned(tree) }, self.clone());
        Lazy::new(move || {
            // SAFETY: a copy of what a catalog of this server holds.
            let read = || shim::in_scratch_memory(|| unsafe { shim::raw_expression(tree.as_ptr(), true) });
            let text = later.errors.ask(None, || Ok(read()?.text));
            text.and_then(|text| later.names.put_into(&text))
        })
    }
}

/// # Safety
/// As for [`CStr::from_ptr`].
unsafe fn owned(text: *const c_char) -> CString {
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_owned()
}
