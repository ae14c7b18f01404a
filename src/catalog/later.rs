//! The parts of a description that are read when they are first looked at: constraints, indexes, what depends on a relation, and what its
//! expressions read.

use super::describe::{slice, text, valid};
use super::errors::Errors;
use super::names::Names;
use super::shim;
use crate::shim::ServerError;
use pgrx::pg_sys;
use std::cell::OnceCell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::rc::Rc;
use zdm_analyzer::catalog::{Constraint, ConstraintKind, ForeignKeyRef, Index, Lazy};

/// `ZdmConstraint` of `describe.h`.
#[repr(C)]
struct RawConstraint {
    _oid: pg_sys::Oid,
    kind: u8,
    validated: bool,
    no_inherit: bool,
    ncolumns: c_int,
    columns: *const i16,
    table: pg_sys::Oid,
    references: pg_sys::Oid,
    index: pg_sys::Oid,
    name: *const c_char,
    expression: *const c_char,
}

/// `ZdmIndex` of `describe.h`.
#[repr(C)]
struct RawIndex {
    oid: pg_sys::Oid,
    unique: bool,
    primary: bool,
    valid: bool,
    ncolumns: c_int,
    columns: *const i16,
    name: *const c_char,
    expressions: *const c_char,
    predicate: *const c_char,
}

/// `ZdmConstraints` of `describe.h`.
#[repr(C)]
struct RawConstraints {
    constraints: *const RawConstraint,
    nconstraints: c_int,
}

/// `ZdmIndexes` of `describe.h`.
#[repr(C)]
struct RawIndexes {
    indexes: *const RawIndex,
    nindexes: c_int,
}

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

/// `ZdmParents` of `describe.h`.
#[repr(C)]
struct RawParents {
    parents: *const pg_sys::Oid,
    nparents: c_int,
}

unsafe extern "C-unwind" {
    fn zdm_shim_describe_parents(relation: pg_sys::Oid, result: *mut RawParents) -> *mut pg_sys::ErrorData;
    fn zdm_shim_describe_constraints(relation: pg_sys::Oid, result: *mut RawConstraints) -> *mut pg_sys::ErrorData;
    fn zdm_shim_describe_indexes(relation: pg_sys::Oid, result: *mut RawIndexes) -> *mut pg_sys::ErrorData;
    fn zdm_shim_describe_users(relation: pg_sys::Oid, result: *mut RawUsers) -> *mut pg_sys::ErrorData;
}

/// Columns, with the sequences that they own.
type Sequences = Lazy<Vec<(String, u32)>>;

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
    /// The relations right above a relation.
    pub fn parents(&self, relation: u32) -> Lazy<Vec<u32>> {
        self.lazy(move || {
            // SAFETY: the shim's function fills in the shim's struct.
            unsafe {
                described(relation, zdm_shim_describe_parents, |raw| {
                    slice(raw.parents, raw.nparents).iter().map(|parent| parent.to_u32()).collect()
                })
            }
        })
    }

    /// The constraints of a relation, in the order of their names.
    pub fn constraints(&self, relation: u32) -> Lazy<Vec<Constraint>> {
        let later = self.clone();
        self.lazy(move || {
            // SAFETY: as in parents.
            unsafe {
                described(relation, zdm_shim_describe_constraints, |raw| {
                    slice(raw.constraints, raw.nconstraints).iter().map(|constraint| constraint.constraint(&later)).collect()
                })
            }
        })
    }

    /// The indexes of a relation, in the order of their names.
    pub fn indexes(&self, relation: u32) -> Lazy<Vec<Index>> {
        let later = self.clone();
        self.lazy(move || {
            // SAFETY: as in parents.
            unsafe {
                described(relation, zdm_shim_describe_indexes, |raw| {
                    sorted(slice(raw.indexes, raw.nindexes).iter().map(|index| index.index(&later)), |index| index.name.clone())
                })
            }
        })
    }

    /// What is read when it is looked at, unless an earlier question has failed.
    fn lazy<T: Default>(&self, read: impl Fn() -> Result<T, ServerError> + 'static) -> Lazy<T> {
        let errors = self.errors.clone();
        Lazy::new(move || errors.ask(T::default(), &read))
    }

    /// The foreign keys that reference a relation, in the order of their names, and the sequences of its columns, in the columns' order.
    pub fn users(&self, relation: u32) -> (Lazy<Vec<ForeignKeyRef>>, Sequences) {
        let users = Rc::new(OnceCell::<Users>::new());
        let (later, both) = (self.clone(), Rc::clone(&users));
        let read = move || both.get_or_init(|| later.errors.ask(Users::default(), || later.read_users(relation))).clone();
        let again = read.clone();
        (Lazy::new(move || read().references), Lazy::new(move || again().sequences))
    }

    fn read_users(&self, relation: u32) -> Result<Users, ServerError> {
        // SAFETY: as in parents.
        unsafe {
            described(relation, zdm_shim_describe_users, |raw| {
                let references = slice(raw.referenced_by, raw.nreferenced_by).iter().map(|key| key.reference(&self.names));
                let sequences = sorted(slice(raw.sequences, raw.nsequences), |one| one.column);
                let named = |one: &&RawSequence| {
                    let column = self.names.one(i16::try_from(one.column).ok()?)?;
                    Some((column.to_owned(), one.sequence.to_u32()))
                };
                Users {
                    references: sorted(references, |key| (key.constraint.clone(), key.table)),
                    sequences: sequences.iter().filter_map(named).collect(),
                }
            })
        }
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
        self.lazy(move || {
            let mut columns = Vec::new();
            for tree in &trees {
                for name in later.names.of_expression(&read(tree)?.columns) {
                    if !columns.contains(&name) {
                        columns.push(name);
                    }
                }
            }
            Ok(columns)
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
        self.lazy(move || {
            // SAFETY: a copy of what a catalog of this server holds.
            let read = shim::in_scratch_memory(|| unsafe { shim::raw_expression(tree.as_ptr(), true) })?;
            Ok(read.text.and_then(|text| later.names.put_into(&text)))
        })
    }
}

/// What a function of the shim says of a relation, as the analysis wants it.
///
/// # Safety
/// `describe` fills in a `Raw` that is all numbers and pointers; what these point at is in the current memory context.
unsafe fn described<Raw, T>(
    relation: u32,
    describe: unsafe extern "C-unwind" fn(pg_sys::Oid, *mut Raw) -> *mut pg_sys::ErrorData,
    convert: impl FnOnce(&Raw) -> T,
) -> Result<T, ServerError> {
    shim::in_scratch_memory(|| {
        // SAFETY: for numbers and pointers zero is a value; errors come back as data. What is pointed at is in the scratch memory, which lives to the
        // end of this closure.
        unsafe {
            let mut raw: Raw = std::mem::zeroed();
            ServerError::check(describe(pg_sys::Oid::from(relation), &mut raw))?;
            Ok(convert(&raw))
        }
    })
}

/// # Safety
/// As for [`CStr::from_ptr`].
unsafe fn owned(text: *const c_char) -> CString {
    // SAFETY: promised by the caller.
    unsafe { CStr::from_ptr(text) }.to_owned()
}

/// In each of these the pointers are as `describe.h` says, and alive.
impl RawConstraint {
    unsafe fn constraint(&self, later: &Later) -> Constraint {
        let kind = match self.kind {
            b'c' => ConstraintKind::Check,
            b'f' => ConstraintKind::ForeignKey,
            b'p' => ConstraintKind::PrimaryKey,
            b'u' => ConstraintKind::Unique,
            b'x' => ConstraintKind::Exclusion,
            b'n' => ConstraintKind::NotNull,
            _ => ConstraintKind::Other,
        };
        let has_index = matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion);
        // SAFETY: promised by the caller.
        unsafe {
            Constraint {
                name: text(self.name),
                kind,
                validated: self.validated,
                no_inherit: self.no_inherit,
                columns: later.names.of(slice(self.columns, self.ncolumns)),
                expression: later.text(self.expression),
                references: valid(self.references),
                index: valid(self.index).filter(|_| has_index),
            }
        }
    }

    /// A foreign key, seen from the referenced side: its columns are ours.
    unsafe fn reference(&self, names: &Names) -> ForeignKeyRef {
        // SAFETY: promised by the caller.
        unsafe {
            ForeignKeyRef {
                constraint: text(self.name),
                table: self.table.to_u32(),
                validated: self.validated,
                columns: names.of(slice(self.columns, self.ncolumns)),
            }
        }
    }
}

impl RawIndex {
    unsafe fn index(&self, later: &Later) -> Index {
        let trees = [self.expressions, self.predicate];
        // SAFETY: promised by the caller.
        unsafe {
            Index {
                oid: self.oid.to_u32(),
                name: text(self.name),
                unique: self.unique,
                primary: self.primary,
                valid: self.valid,
                columns: later.names.of(slice(self.columns, self.ncolumns)),
                expression_columns: later.columns(trees),
                partial_or_expression: trees.iter().any(|tree| !tree.is_null()),
                plain: false,
            }
        }
    }
}

pub fn sorted<T, K: Ord>(list: impl IntoIterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let mut list: Vec<T> = list.into_iter().collect();
    list.sort_by_key(|one| key(one));
    list
}
