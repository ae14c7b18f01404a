//! The three questions a caller can ask.

use crate::catalog::Catalog;
use crate::finding::{Effect, Finding};

/// Why a text could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnalyzable {
    /// What the parser said.
    pub message: String,
}

impl std::fmt::Display for NotAnalyzable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NotAnalyzable {}

/// Everything there is to say about each statement of a text.
pub fn check(_sql: &str, _catalog: &dyn Catalog) -> Vec<Finding> {
    Vec::new()
}

/// What each statement of a text does to each relation that exists now.
pub fn effects(_sql: &str, _catalog: &dyn Catalog) -> Result<Vec<Effect>, NotAnalyzable> {
    Ok(Vec::new())
}

/// The verdict on a command of which only the tag is known.
pub fn check_command(_tag: &str) -> Option<Finding> {
    None
}
