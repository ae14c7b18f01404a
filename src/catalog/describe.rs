//! A relation, from what `src/shim/describe.c` reads in the catalogs to the analysis' own struct.

use super::errors::Errors;
use super::later::Later;
use super::names::Names;
use super::shim;
use crate::shim::ServerError;
use crate::text::from_server;
use pgrx::pg_sys;
use std::ffi::{c_char, c_int};
use std::rc::Rc;
use zdm_analyzer::catalog::{Column, Generated, Lazy, Relation, RelationKind, Size};

/// `ZdmColumn` of `describe.h`.
#[repr(C)]
struct RawColumn {
    number: i16,
    not_null: bool,
    has_default: bool,
    identity: u8,
    generated: u8,
    type_oid: pg_sys::Oid,
    typmod: i32,
    collation: pg_sys::Oid,
    name: *const c_char,
    expression: *const c_char,
}

/// `ZdmRelation` of `describe.h`.
#[repr(C)]
struct RawRelation {
    found: bool,
    kind: u8,
    persistence: u8,
    is_partition: bool,
    rows: f32,
    column_numbers: c_int,
    tablespace: pg_sys::Oid,
    default_partition: pg_sys::Oid,
    index_of: pg_sys::Oid,
    schema: *const c_char,
    name: *const c_char,
    access_method: *const c_char,
    file: *const c_char,
    children: *const pg_sys::Oid,
    nchildren: c_int,
    columns: *const RawColumn,
    ncolumns: c_int,
}

unsafe extern "C-unwind" {
    fn zdm_shim_describe(relation: pg_sys::Oid, result: *mut RawRelation) -> *mut pg_sys::ErrorData;
}

/// What is known of a relation: what the analysis asked for, and what its other questions need.
pub struct Known {
    pub relation: Rc<Relation>,
    pub unlogged: bool,
    /// `pg_class.reltablespace`.
    pub tablespace: pg_sys::Oid,
    /// Its file, from the data directory on.
    pub file: Option<String>,
    /// Numbers given to columns, dropped ones included.
    pub column_numbers: u32,
    /// The numbers of the relation's columns, in the same order.
    numbers: Vec<i16>,
}

impl Known {
    /// The number of a column.
    pub fn number(&self, column: &str) -> Option<i16> {
        let at = self.relation.columns.iter().position(|one| one.name == column)?;
        self.numbers.get(at).copied()
    }

    /// The column of a number.
    pub fn column(&self, number: i16) -> Option<&str> {
        let at = self.numbers.binary_search(&number).ok()?;
        self.relation.columns.get(at).map(|column| column.name.as_str())
    }
}

/// Reads all about a relation; `None` when there is none. Errors of what is read later are kept in `errors`.
pub fn relation(relation: u32, errors: &Errors) -> Result<Option<Known>, ServerError> {
    shim::in_scratch_memory(|| {
        // SAFETY: all of it is numbers and pointers, for which zero is a value; the shim fills it in. Errors come back as data. What it points at
        // is in the scratch memory, which lives to the end of this closure.
        unsafe {
            let mut raw: RawRelation = std::mem::zeroed();
            ServerError::check(zdm_shim_describe(pg_sys::Oid::from(relation), &mut raw))?;
            if raw.found { raw.known(relation, errors).map(Some) } else { Ok(None) }
        }
    })
}

/// # Safety
/// `list` points at `count` values that live as long as the result is used.
pub unsafe fn slice<'a, T>(list: *const T, count: c_int) -> &'a [T] {
    match usize::try_from(count) {
        // SAFETY: promised by the caller.
        Ok(count) if count > 0 => unsafe { std::slice::from_raw_parts(list, count) },
        _ => &[],
    }
}

/// # Safety
/// As for [`from_server`].
pub unsafe fn text(text: *const c_char) -> String {
    // SAFETY: promised by the caller.
    unsafe { from_server(text) }.unwrap_or_default()
}

pub fn valid(oid: pg_sys::Oid) -> Option<u32> {
    (oid != pg_sys::InvalidOid).then(|| oid.to_u32())
}

/// In each of these the pointers are as `describe.h` says, and alive.
impl RawRelation {
    unsafe fn known(&self, oid: u32, errors: &Errors) -> Result<Known, ServerError> {
        // SAFETY: promised by the caller.
        unsafe {
            let raw_columns = slice(self.columns, self.ncolumns);
            let names = Names(raw_columns.iter().map(|column| (column.number, text(column.name))).collect());
            let later = Later { names: Rc::new(names), errors: errors.clone() };
            let oids = |list, count| slice(list, count).iter().map(|oid: &pg_sys::Oid| oid.to_u32()).collect::<Vec<_>>();
            let children = oids(self.children, self.nchildren);
            let (children, child_indexes) = if matches!(self.kind, b'i' | b'I') { (Vec::new(), children) } else { (children, Vec::new()) };
            let columns = raw_columns.iter().map(|column| column.column(&later)).collect();
            let (referenced_by, owned_sequences) = later.users(oid);
            let file = from_server(self.file);
            let relation = Relation {
                oid,
                schema: text(self.schema),
                name: text(self.name),
                kind: kind(self.kind),
                temporary: self.persistence == b't',
                created_here: shim::created_here(oid)?,
                size: file.clone().map_or_else(Lazy::default, |file| Lazy::new(move || size(&file))),
                rows: (self.rows >= 0.0).then_some(f64::from(self.rows)),
                parents: later.parents(oid),
                children,
                is_partition: self.is_partition,
                default_partition: valid(self.default_partition),
                columns,
                constraints: later.constraints(oid),
                referenced_by,
                indexes: later.indexes(oid),
                index_of: valid(self.index_of),
                child_indexes,
                owned_sequences,
                access_method: from_server(self.access_method),
            };
            Ok(Known {
                relation: Rc::new(relation),
                unlogged: self.persistence == b'u',
                tablespace: self.tablespace,
                file,
                column_numbers: u32::try_from(self.column_numbers).unwrap_or(0),
                numbers: raw_columns.iter().map(|column| column.number).collect(),
            })
        }
    }
}

impl RawColumn {
    unsafe fn column(&self, later: &Later) -> Column {
        // SAFETY: promised by the caller; the expression is one of pg_attrdef.
        unsafe {
            Column {
                name: text(self.name),
                type_oid: self.type_oid.to_u32(),
                typmod: self.typmod,
                not_null: self.not_null,
                // PostgreSQL keeps the expression of a generated column where a default is kept (pg_attrdef)
                has_default: self.has_default && self.generated == 0,
                identity: self.identity != 0,
                generated: (self.generated != 0)
                    .then(|| Generated { stored: self.generated == b's', reads: later.columns([self.expression]) }),
                collation: self.collation.to_u32(),
            }
        }
    }
}

fn kind(letter: u8) -> RelationKind {
    match letter {
        b'r' => RelationKind::Table,
        b'p' => RelationKind::PartitionedTable,
        b'i' => RelationKind::Index,
        b'I' => RelationKind::PartitionedIndex,
        b'v' => RelationKind::View,
        b'm' => RelationKind::MaterializedView,
        b'f' => RelationKind::ForeignTable,
        b'S' => RelationKind::Sequence,
        b'c' => RelationKind::CompositeType,
        _ => RelationKind::Toast,
    }
}

/// The size of a file and its further segments. A backend's working directory is the data directory; files are extended when a block is
/// added, so that no block means no row (md.c, mdextend).
fn size(path: &str) -> Size {
    let Ok(first) = std::fs::metadata(path) else { return Size::Unknown };
    let mut bytes = first.len();
    let full = u64::from(pg_sys::BLCKSZ) * u64::from(pg_sys::RELSEG_SIZE);
    for segment in 1.. {
        // only a full one has another behind it
        if bytes < full * segment {
            break;
        }
        match std::fs::metadata(format!("{path}.{segment}")) {
            Ok(file) => bytes += file.len(),
            Err(_) => break,
        }
    }
    Size::Bytes(bytes)
}
