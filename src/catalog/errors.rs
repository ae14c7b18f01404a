//! The error that a question met: kept until somebody can raise it.

use crate::shim::ServerError;
use std::cell::RefCell;
use std::rc::Rc;

/// The first error, shared by all who ask for one check.
#[derive(Clone, Default)]
pub struct Errors(Rc<RefCell<Option<ServerError>>>);

impl Errors {
    /// Asks the server, unless an earlier question failed; what is not known then is `unknown`.
    pub fn ask<T>(&self, unknown: T, question: impl FnOnce() -> Result<T, ServerError>) -> T {
        if self.any() {
            return unknown;
        }
        question().unwrap_or_else(|error| {
            *self.0.borrow_mut() = Some(error);
            unknown
        })
    }

    pub fn any(&self) -> bool {
        self.0.borrow().is_some()
    }

    /// The error, if any: it is to be raised before anything else is done.
    pub fn finish(&self) -> Result<(), ServerError> {
        self.0.borrow_mut().take().map_or(Ok(()), Err)
    }
}
