//! From text to the parser's tree, with a limit of its depth that is ours.
//!
//! The tree comes out of the C library as protobuf, and `prost` decodes it by recursion. Its own limit of 100 levels refuses ordinary SQL (a chain
//! of 44 `||` is deeper), so it is switched off (the feature `no-recursion-limit`), and the depth is measured here before anything recurses: an
//! overflow of the stack would take the whole server down. That is why this is the only file that calls the C library itself, and the only way to a
//! tree. It is a crate of its own because it is compiled in its own way (Cargo.toml): what a level takes of the stack must not grow with inlining.

mod encode;

use std::ffi::{CStr, CString, c_char, c_int};

use pg_query::Error;
use pg_query::protobuf::ParseResult;
use prost::{DecodeError, Message};

/// How deep the tree of a text may be. A join, an operator and a function call take two levels each, a UNION takes one. A level takes about a kilobyte
/// of stack in an optimized build, and the server leaves at least 512 kB between its own limit and the end of the stack (`STACK_DEPTH_SLOP`).
pub const DEPTH: usize = 300;

/// What the C library made of a text, to be decoded.
pub struct Encoded(Parsed);

impl Encoded {
    /// Reads a text.
    pub fn new(sql: &str) -> Result<Self, Error> {
        let input = CString::new(sql)?;
        // SAFETY: the input ends with a NUL and outlives the call; the options are those of plain SQL.
        let parsed = Parsed(unsafe { pg_query_parse_protobuf_opts(input.as_ptr(), 0) });
        parsed.bytes()?;
        Ok(Self(parsed))
    }

    /// The tree, if it is no deeper than `limit`; [`Error::Decode`] says that it is.
    pub fn decode(&self, limit: usize) -> Result<ParseResult, Error> {
        let bytes = self.0.bytes()?;
        if depth(bytes) > limit {
            return Err(Error::Decode(DecodeError::new("the tree is too deep")));
        }
        ParseResult::decode(bytes).map_err(Error::Decode)
    }
}

/// How deep messages lie in each other, at most. What is a string and what is a message is not told apart: a string counts as the messages that it
/// could be. Every byte is looked at once.
fn depth(bytes: &[u8]) -> usize {
    // where the messages that are open end
    let mut ends = vec![bytes.len()];
    let (mut deepest, mut at) = (1, 0);
    while let Some(&end) = ends.last() {
        if at >= end {
            ends.pop();
            continue;
        }
        match field(bytes.get(..end).unwrap_or_default(), at) {
            Some(Field::Scalar(after)) => at = after,
            Some(Field::Nested { start, end }) => {
                at = start;
                ends.push(end);
                deepest = deepest.max(ends.len());
            }
            // it was no message
            None => at = end,
        }
    }
    deepest
}

enum Field {
    /// It ends here.
    Scalar(usize),
    /// Perhaps a message.
    Nested { start: usize, end: usize },
}

/// The field of a message at a place; `None` if there cannot be one.
fn field(message: &[u8], at: usize) -> Option<Field> {
    let (tag, after) = varint(message, at)?;
    if tag >> 3 == 0 {
        return None;
    }
    let scalar = |end: usize| (end <= message.len()).then_some(Field::Scalar(end));
    match tag & 7 {
        0 => scalar(varint(message, after)?.1),
        1 => scalar(after.checked_add(8)?),
        2 => {
            let (length, start) = varint(message, after)?;
            let end = start.checked_add(usize::try_from(length).ok()?)?;
            (end <= message.len()).then_some(Field::Nested { start, end })
        }
        5 => scalar(after.checked_add(4)?),
        _ => None,
    }
}

/// A number of variable length, and where it ends.
fn varint(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0;
    for (shift, place) in (0..64).step_by(7).zip(at..) {
        let byte = *bytes.get(place)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some((value, place + 1));
        }
    }
    None
}

/// What the C library gave, to be given back.
struct Parsed(RawParsed);

impl Parsed {
    fn bytes(&self) -> Result<&[u8], Error> {
        // SAFETY: the error is null or a struct of the library, its message a string with a NUL at its end; both live until they are given back.
        if let Some(error) = unsafe { self.0.error.as_ref() } {
            // SAFETY: as above.
            let message = unsafe { CStr::from_ptr(error.message) };
            return Err(Error::Parse(message.to_string_lossy().into_owned()));
        }
        if self.0.tree.data.is_null() {
            return Ok(&[]);
        }
        // SAFETY: without an error there are so many bytes, until they are given back.
        Ok(unsafe { std::slice::from_raw_parts(self.0.tree.data.cast(), self.0.tree.len) })
    }
}

impl Drop for Parsed {
    fn drop(&mut self) {
        // SAFETY: it is what the library gave, and it is given back once.
        unsafe { pg_query_free_protobuf_parse_result(self.0) }
    }
}

/// `PgQueryProtobufParseResult` of pg_query.h.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawParsed {
    tree: RawBytes,
    stderr: *mut c_char,
    error: *mut RawError,
}

/// `PgQueryProtobuf`.
#[repr(C)]
#[derive(Clone, Copy)]
struct RawBytes {
    len: usize,
    data: *mut c_char,
}

/// The beginning of `PgQueryError`.
#[repr(C)]
struct RawError {
    message: *mut c_char,
}

unsafe extern "C" {
    fn pg_query_parse_protobuf_opts(input: *const c_char, options: c_int) -> RawParsed;
    fn pg_query_free_protobuf_parse_result(result: RawParsed);
}
