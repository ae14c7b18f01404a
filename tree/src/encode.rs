//! The encoder of trees, in the place of the library's (`upb_Encode`; tools/ar leads its caller here).
//!
//! A node of the tree is a `oneof` of 271 kinds, and upb looks at each of them to find the one that a node is: a tenth of the time of a check. Here
//! a `oneof` is asked which it is. The bytes are the same, which builds with debug assertions compare for every text; what is not known here (maps,
//! groups, trees that are refused anyway for their depth) the library encodes itself. The structs are those of upb's `generated_code_support.h` in
//! the version of pg_query that Cargo.toml pins.

use std::cell::RefCell;
use std::ffi::{c_char, c_int, c_void};

/// `upb_MiniTable`: what a kind of message consists of.
#[repr(C)]
struct Table {
    fields: *const Field,
    size: u16,
    field_count: u16,
    extension_mode: u8,
    dense_below: u8,
    table_mask: u8,
    required_count: u8,
}

/// `upb_MiniTableField`.
#[repr(C)]
struct Field {
    number: u32,
    offset: u16,
    /// Positive: the number of its bit; negative: the complement of where the number of its `oneof`'s member stands.
    presence: i16,
    /// From this struct to the pointer to the table of its messages, in units of 4 bytes.
    table_offset: u16,
    descriptor_type: u8,
    mode: u8,
}

/// `upb_Array`; the three lowest bits of `data` are flags.
#[repr(C)]
struct Array {
    data: usize,
    size: usize,
    capacity: usize,
}

/// `upb_StringView`.
#[repr(C)]
struct Bytes {
    data: *const u8,
    size: usize,
}

const ENCODED: c_int = 0;

const MODE: u8 = 3;
const ARRAY: u8 = 1;
const SCALAR: u8 = 2;
const PACKED: u8 = 4;

/// What is kept of the buffer from text to text.
const KEPT: usize = 64 * 1024;

thread_local! {
    static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" {
    /// `upb_Encode` itself.
    fn pg_query_upb_encode(
        message: *const u8,
        table: *const Table,
        options: c_int,
        arena: *mut c_void,
        data: *mut *mut c_char,
        size: *mut usize,
    ) -> c_int;
}

/// `upb_Encode`: gives the bytes of a message, which are valid until the next call; its caller copies them at once.
///
/// # Safety
/// As for `upb_Encode`: a message of upb's, with its table, and where to put the result.
#[unsafe(no_mangle)]
unsafe extern "C" fn zdm_tree_encode(
    message: *const u8,
    table: *const Table,
    options: c_int,
    arena: *mut c_void,
    data: *mut *mut c_char,
    size: *mut usize,
) -> c_int {
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        buffer.shrink_to(KEPT);
        // SAFETY: the caller's promise.
        unsafe {
            if encode(buffer, message, table, crate::DEPTH).is_none() {
                return pg_query_upb_encode(message, table, options, arena, data, size);
            }
            if cfg!(debug_assertions) {
                let status = pg_query_upb_encode(message, table, options, arena, data, size);
                assert!(status == ENCODED && std::slice::from_raw_parts((*data).cast::<u8>(), *size) == buffer.as_slice());
            }
            (*data, *size) = (buffer.as_mut_ptr().cast(), buffer.len());
        }
        ENCODED
    })
}

/// Adds a message; `None` when it cannot be done here.
///
/// # Safety
/// The message is one of the table.
unsafe fn encode(out: &mut Vec<u8>, message: *const u8, table: *const Table, depth: usize) -> Option<()> {
    // SAFETY: a table has so many fields; offsets are those of its messages.
    unsafe {
        let fields = match (*table).field_count {
            0 => &[],
            count => std::slice::from_raw_parts((*table).fields, usize::from(count)),
        };
        // each is of the same oneof, and they are numbered through
        if let [first, .., last] = fields
            && first.presence < 0
            && first.presence == last.presence
            && fields.len() == last.number as usize
        {
            let member = oneof(message, first).checked_sub(1).and_then(|at| fields.get(at as usize));
            return member.map_or(Some(()), |field| value(out, message.add(usize::from(field.offset)), field, depth));
        }
        for field in fields {
            if is_set(message, field) {
                value(out, message.add(usize::from(field.offset)), field, depth)?;
            }
        }
    }
    Some(())
}

/// The number of the member that a `oneof` is; 0 for none.
///
/// # Safety
/// The message has the field, which is of a `oneof`.
unsafe fn oneof(message: *const u8, field: &Field) -> u32 {
    // SAFETY: the caller's promise.
    unsafe { message.add(usize::from(!field.presence.cast_unsigned())).cast::<u32>().read() }
}

/// Whether a field has a value (`encode_shouldencode`).
///
/// # Safety
/// The message has the field.
unsafe fn is_set(message: *const u8, field: &Field) -> bool {
    // SAFETY: the caller's promise; what stands at the offset is as wide as the highest bits of the mode say.
    unsafe {
        let at = message.add(usize::from(field.offset));
        match field.presence {
            1.. => {
                let bit = field.presence.cast_unsigned();
                message.add(usize::from(bit / 8)).read() & (1 << (bit % 8)) != 0
            }
            0 => match field.mode >> 6 {
                0 => at.read() != 0,
                1 => at.cast::<u32>().read() != 0,
                2 => (*at.cast::<Bytes>()).size != 0,
                _ => at.cast::<u64>().read() != 0,
            },
            _ => oneof(message, field) == field.number,
        }
    }
}

/// Adds a field that has a value.
///
/// # Safety
/// The value is one of the field.
unsafe fn value(out: &mut Vec<u8>, at: *const u8, field: &Field, depth: usize) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe {
        match field.mode & MODE {
            SCALAR => element(out, at, field, depth),
            ARRAY => {
                let Some(array) = at.cast::<*const Array>().read().as_ref().filter(|array| array.size > 0) else { return Some(()) };
                let data = (array.data & !7) as *const u8;
                let width = width(field)?;
                if field.mode & PACKED == 0 {
                    return (0..array.size).try_for_each(|i| element(out, data.add(i * width), field, depth));
                }
                tag(out, field, 2);
                let start = out.len();
                (0..array.size).try_for_each(|i| scalar(out, data.add(i * width), field))?;
                put_length_before(out, start);
                Some(())
            }
            _ => None,
        }
    }
}

/// The bytes from one element of an array to the next.
fn width(field: &Field) -> Option<usize> {
    match field.descriptor_type {
        8 => Some(1),
        5 | 13 | 14 => Some(4),
        1 | 3 | 4 | 11 => Some(8),
        9 | 12 => Some(16),
        _ => None,
    }
}

/// Adds one value with its number.
///
/// # Safety
/// It is one of the field.
unsafe fn element(out: &mut Vec<u8>, at: *const u8, field: &Field, depth: usize) -> Option<()> {
    // SAFETY: the caller's promise; a string that is not empty has so many bytes; the table of a field's messages is where the field says.
    unsafe {
        match field.descriptor_type {
            9 | 12 => {
                tag(out, field, 2);
                let bytes = &*at.cast::<Bytes>();
                varint(out, bytes.size as u64);
                if bytes.size > 0 {
                    out.extend_from_slice(std::slice::from_raw_parts(bytes.data, bytes.size));
                }
                Some(())
            }
            11 => {
                let message = at.cast::<*const u8>().read();
                if message.is_null() {
                    return Some(());
                }
                let table = std::ptr::from_ref(field).cast::<u8>().add(usize::from(field.table_offset) * 4).cast::<*const Table>().read();
                tag(out, field, 2);
                let start = out.len();
                encode(out, message, table, depth.checked_sub(1)?)?;
                put_length_before(out, start);
                Some(())
            }
            1 => {
                tag(out, field, 1);
                scalar(out, at, field)
            }
            _ => {
                tag(out, field, 0);
                scalar(out, at, field)
            }
        }
    }
}

/// Adds a number.
///
/// # Safety
/// It is one of the field.
unsafe fn scalar(out: &mut Vec<u8>, at: *const u8, field: &Field) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe {
        match field.descriptor_type {
            1 => out.extend_from_slice(&at.cast::<u64>().read().to_le_bytes()),
            3 | 4 => varint(out, at.cast::<u64>().read()),
            5 | 14 => varint(out, i64::from(at.cast::<i32>().read()).cast_unsigned()),
            8 => varint(out, u64::from(at.read())),
            13 => varint(out, u64::from(at.cast::<u32>().read())),
            _ => return None,
        }
    }
    Some(())
}

fn tag(out: &mut Vec<u8>, field: &Field, wire_type: u32) {
    varint(out, u64::from(field.number << 3 | wire_type));
}

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Puts the length of what was added since `start` before it.
fn put_length_before(out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    varint(out, (end - start) as u64);
    let mut length = [0; 10];
    let width = out.len() - end;
    length[..width].copy_from_slice(&out[end..]);
    out.copy_within(start..end, start + width);
    out[start..start + width].copy_from_slice(&length[..width]);
}
