//! Why a fragment is refused.

use std::fmt;

/// One refusal, in the parts of a PostgreSQL error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FragmentError {
    pub kind: FragmentErrorKind,
    /// Lower case, no full stop.
    pub message: String,
    /// Sentences.
    pub detail: Option<String>,
    /// Sentences.
    pub hint: Option<String>,
    /// Where in the fragment, in characters, from 1.
    pub position: Option<usize>,
}

/// What kind of refusal; each has an SQLSTATE.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FragmentErrorKind {
    /// Not SQL, or more or other than the fragment may be.
    Syntax,
    /// SQL that a backfill cannot allow.
    NotAllowed,
    /// The same column is assigned twice.
    DuplicateColumn,
    /// Longer than [`super::MAX_BYTES`], or it would become too large.
    TooLarge,
    /// Nested too deeply for the parser.
    TooComplex,
}

impl FragmentErrorKind {
    /// The SQLSTATE to raise.
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::Syntax => "42601",
            Self::NotAllowed => "0A000",
            Self::DuplicateColumn => "42701",
            Self::TooLarge => "54000",
            Self::TooComplex => "54001",
        }
    }
}

impl FragmentError {
    pub(crate) fn new(kind: FragmentErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None, hint: None, position: None }
    }

    pub(crate) fn syntax(message: impl Into<String>) -> Self {
        Self::new(FragmentErrorKind::Syntax, message)
    }

    pub(crate) fn not_allowed(message: impl Into<String>) -> Self {
        Self::new(FragmentErrorKind::NotAllowed, message)
    }

    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn at(mut self, position: Option<usize>) -> Self {
        self.position = position;
        self
    }
}

impl fmt::Display for FragmentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FragmentError {}
