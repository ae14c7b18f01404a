//! What was foreseen of the statements that are being run: kept from the moment at which one is judged to the events that it fires later.

use super::shim;
use std::cell::RefCell;
use zdm_analyzer::Foreseen;

/// What was said of a statement.
#[derive(Clone)]
pub enum Said {
    /// It was judged by its text, and this is what it does; `None` when the text does not show all of it.
    Judged(Option<Vec<Foreseen>>),
    /// What it does was allowed.
    Allowed,
    /// It was judged by its command alone.
    Unseen,
}

thread_local! {
    /// By how many statements lie around it.
    static STATEMENTS: RefCell<Vec<(i32, Said)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what was said of the statement that is about to run. What ran before it at this depth, or deeper, is over.
pub fn keep(said: Said) {
    let depth = shim::depth();
    STATEMENTS.with_borrow_mut(|statements| {
        statements.retain(|(other, _)| *other < depth);
        statements.push((depth, said));
    });
}

/// What was said of the statement that fires an event.
pub fn current() -> Said {
    let depth = shim::depth();
    STATEMENTS.with_borrow(|statements| {
        let found = statements.iter().rev().find(|(other, _)| *other == depth);
        found.map_or(Said::Unseen, |(_, said)| said.clone())
    })
}
