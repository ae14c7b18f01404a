//! A text with four times as many statements takes about four times as much work, also where all of them change one table with many partitions.
//!
//! Work is counted in bytes that are asked of the allocator: a machine that is busy with other things does not matter.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, effects};

struct Counting;

static BYTES: AtomicU64 = AtomicU64::new(0);

// SAFETY: all is left to the system's allocator; only a number is added up.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BYTES.fetch_add(layout.size() as u64, Ordering::Relaxed);
        // SAFETY: promised by the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: promised by the caller.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn is_linear(what: &str, db: &TestCatalog, ask: fn(&str, &TestCatalog), statement: &str) {
    let bytes = |n: usize| {
        let text = (0..n).map(|number| statement.replace('%', &number.to_string())).collect::<Vec<_>>().join(";\n");
        let before = BYTES.load(Ordering::Relaxed);
        ask(&text, db);
        BYTES.load(Ordering::Relaxed) - before
    };
    let (one, four) = (bytes(75), bytes(300));
    println!("{what}, {statement}: {one} and {four} bytes, {:.1} times as many", four as f64 / one as f64);
    // where each statement copies what the ones before it made, it is 10 times as much and more
    assert!(four < one * 6, "{what}, {statement}: {one} bytes for 75, {four} for 300");
}

#[test]
fn many_changes_of_one_partitioned_table() {
    let db = examples();
    for statement in [
        "ALTER TABLE measurements ADD CONSTRAINT k% CHECK (id > %) NOT VALID",
        "ALTER TABLE measurements ADD COLUMN c% int",
        "ALTER TABLE measurements ALTER COLUMN at SET DEFAULT now() - interval '% days'",
        "ALTER TABLE measurements RENAME COLUMN at TO at%; ALTER TABLE measurements RENAME COLUMN at% TO at",
        "CREATE INDEX i% ON measurements (id)",
    ] {
        is_linear("check", &db, |sql, db| _ = check(sql, db), statement);
        is_linear("effects", &db, |sql, db| _ = effects(sql, db), statement);
    }
    // (in a check the table has more and more partitions to be looked at)
    let grows = "CREATE TABLE part_% PARTITION OF measurements FOR VALUES FROM (%) TO (%)";
    is_linear("effects", &db, |sql, db| _ = effects(sql, db), grows);
}
