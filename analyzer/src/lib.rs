//! From the text of a statement to its verdict.
//!
//! ```text
//! text -> parse.rs (pg_query) -> ir.rs (our own representation) -> effects/ (locks, rewrites, scans, index builds: one model that asks a Catalog)
//!      -> rules/ (one file a rule) -> weigh.rs (sizes, policy) -> Finding -> report/ (text, Markdown, JSON, SARIF, GitHub)
//! ```
//!
//! Nothing here needs a server or knows of pgrx: facts about the database come from the [`catalog::Catalog`] trait. The other half of the
//! crate, `fragment`, reads the pieces of SQL that a backfill is given (assignments and a condition) and gives them back as checked text.

#![forbid(unsafe_code)]

pub mod catalog;
mod check;
mod chosen;
mod effects;
mod estimate;
pub mod finding;
pub mod fragment;
pub mod ir;
pub mod lexical;
pub mod lock;
mod parse;
pub mod quote;
pub mod report;
mod rules;
mod script;
mod split;
#[doc(hidden)]
pub mod testing;
mod weigh;

pub use check::{Foreseen, NotAnalyzable, Verdict, check, check_command, effects, prepared_text, verdict};
pub use parse::{Redacted, for_server, redact};
pub use rules::{Blocker, RuleInfo, blocker, is_rule, manual, rules};
pub use split::{Piece, split};
pub use weigh::under_policy;
