//! What the analysis says: findings for people, predictions for machines.

use crate::catalog::Oid;
pub use crate::estimate::Estimate;
use crate::lock::{Blocks, LockMode};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing to say.
    Safe,
    /// A strong lock held briefly, or something to know.
    Caution,
    /// Cannot be judged; never counted as safe.
    Unknown,
    /// Blocks for as long as the data is big, destroys data, or breaks an application that runs the old code.
    Danger,
}

impl Risk {
    /// As `zdm.check_ddl` prints it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Caution => "caution",
            Self::Unknown => "unknown",
            Self::Danger => "danger",
        }
    }

    /// From the mildest to the worst.
    pub const ALL: [Self; 4] = [Self::Safe, Self::Caution, Self::Unknown, Self::Danger];

    /// The risk of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.as_str() == name)
    }
}

/// One row of `zdm.check_ddl`.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Counts from 1.
    pub statement: u32,
    /// The line of the statement's first token, from 1.
    pub line: u32,
    /// Byte range of the statement in the text, its first token to its end, without the semicolon.
    pub span: std::ops::Range<usize>,
    /// The part of it that the finding is about: an action of an `ALTER TABLE`, or all of the span.
    pub place: std::ops::Range<usize>,
    /// The command tag as PostgreSQL words it, for instance `ALTER TABLE`.
    pub command: String,
    /// A quoted `schema.name`, if the finding is about one.
    pub object: Option<String>,
    /// The same relation for machines, if it exists.
    pub relation: Option<Oid>,
    pub risk: Risk,
    /// The rule's stable kebab-case name; `None` in the row that says `safe`.
    pub rule: Option<&'static str>,
    pub lock: Option<LockMode>,
    pub blocks: Blocks,
    /// `None`: cannot be told.
    pub rewrites: Option<bool>,
    /// `None`: cannot be told, or left unsaid because the relation is rewritten.
    pub scans: Option<bool>,
    /// How long the lock is held, at least and at most, if that grows with the data and its size is known; an estimate.
    pub estimate: Option<Estimate>,
    /// Lower case, no full stop.
    pub message: String,
    /// Sentences.
    pub detail: Option<String>,
    /// What to do instead: SQL if it is runnable, else sentences.
    pub hint: Option<String>,
    /// The hint is SQL and nothing else, to be run as it is in place of the statement, outside of a transaction block: it leads to the
    /// same end.
    pub runnable: bool,
}

impl Finding {
    /// What a rule says of a command without any particulars; its text is not at hand.
    pub fn new(risk: Risk, rule: &'static str, command: &str, message: impl Into<String>) -> Self {
        Self {
            statement: 1,
            line: 1,
            span: 0..0,
            place: 0..0,
            command: command.to_owned(),
            object: None,
            relation: None,
            risk,
            rule: Some(rule),
            lock: None,
            blocks: Blocks::Nothing,
            rewrites: None,
            scans: None,
            estimate: None,
            message: message.into(),
            detail: None,
            hint: None,
            runnable: false,
        }
    }
}

/// One row of `zdm.ddl_effects`: what a statement does to one relation that exists now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effect {
    pub statement: u32,
    pub relation: Oid,
    /// The strongest.
    pub lock: LockMode,
    /// Its file changes; `None`: cannot be told.
    pub rewrites: Option<bool>,
    /// It is read through; `None` where it is rewritten, or cannot be told.
    pub scans: Option<bool>,
    /// An index is built on it, or built anew, be there rows or not; `None`: cannot be told.
    pub builds_indexes: Option<bool>,
}
