//! What was foreseen of the statements that are being run: kept from the moment at which one is judged to the events that it fires later, and to its end.

use super::meant::Meant;
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
    static STATEMENTS: RefCell<Vec<(i32, Said, Option<Meant>)>> = const { RefCell::new(Vec::new()) };
}

/// Keeps what was said of the statement that is about to run. What ran before it at this depth, or deeper, is over.
pub fn keep(said: Said, meant: Option<Meant>) {
    let depth = shim::depth();
    STATEMENTS.with_borrow_mut(|statements| {
        statements.retain(|(other, ..)| *other < depth);
        statements.push((depth, said, meant));
    });
}

/// What was said of the statement that fires an event.
pub fn current() -> Said {
    let depth = shim::depth();
    STATEMENTS.with_borrow(|statements| {
        let found = statements.iter().rev().find(|(other, ..)| *other == depth);
        found.map_or(Said::Unseen, |(_, said, _)| said.clone())
    })
}

/// What the names meant in the statement that is done, if that is to be looked at; once.
pub fn take_meant() -> Option<Meant> {
    let depth = shim::depth();
    STATEMENTS.with_borrow_mut(|statements| statements.iter_mut().rev().find(|(other, ..)| *other == depth)?.2.take())
}
