//! Errors of our own, and how they reach the client.
//!
//! An [`Error`] is either made here, with a SQLSTATE, a message in PostgreSQL's style, a DETAIL and a HINT; or it is one that the server
//! raised and that [`crate::spi`] caught whole. Both are raised by the C frame at the bottom of the SQL function ([`crate::shim`]), so that
//! no field of the server's error is lost.

use crate::shim::ServerError;
use pgrx::pg_sys::panic::CaughtError;

/// The SQLSTATEs that we raise.
pub mod sqlstate {
    /// Ours: `zdm.check_report` found what its `fail_on` names.
    pub const CHECK_FAILED: &str = "ZDM02";
    pub const CHARACTER_NOT_IN_REPERTOIRE: &str = "22021";
    pub const FEATURE_NOT_SUPPORTED: &str = "0A000";
    pub const INSUFFICIENT_PRIVILEGE: &str = "42501";
    pub const INTERNAL: &str = "XX000";
    pub const INVALID_PARAMETER_VALUE: &str = "22023";
    pub const INVALID_TRANSACTION_TERMINATION: &str = "2D000";
    pub const NULL_VALUE_NOT_ALLOWED: &str = "22004";
    pub const OBJECT_IN_USE: &str = "55006";
    pub const OBJECT_NOT_IN_PREREQUISITE_STATE: &str = "55000";
    pub const PROGRAM_LIMIT_EXCEEDED: &str = "54000";
    pub const READ_ONLY_SQL_TRANSACTION: &str = "25006";
    pub const STATEMENT_TOO_COMPLEX: &str = "54001";
    pub const SUCCESSFUL_COMPLETION: &str = "00000";
    pub const UNDEFINED_COLUMN: &str = "42703";
    pub const UNDEFINED_OBJECT: &str = "42704";
    pub const UNDEFINED_TABLE: &str = "42P01";
    pub const WARNING: &str = "01000";
    pub const WRONG_OBJECT_TYPE: &str = "42809";
}

/// Anything that ends what we do.
pub enum Error {
    /// Ours.
    Own(Report),
    /// Raised by the server and caught whole.
    Server(ServerError),
}

/// The three parts of a message, and its code.
#[derive(Debug, Clone)]
pub struct Report {
    pub sqlstate: &'static str,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Error {
    /// An error of ours without DETAIL and HINT.
    pub fn new(sqlstate: &'static str, message: impl Into<String>) -> Self {
        Self::Own(Report { sqlstate, message: message.into(), detail: None, hint: None })
    }

    /// An error of the server, or a panic, that pgrx caught: what it keeps of it.
    pub fn from_caught(caught: &CaughtError) -> Self {
        let (CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) | CaughtError::RustPanic { ereport: report, .. }) =
            caught;
        // five bytes for each such error are all that is ever leaked
        let code = String::leak(unpack_sqlstate(report.sql_error_code() as i32));
        Self::Own(Report {
            sqlstate: code,
            message: report.message().to_owned(),
            detail: report.detail().map(str::to_owned),
            hint: report.hint().map(str::to_owned),
        })
    }

    /// Sets the DETAIL of an error of ours.
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        if let Self::Own(report) = &mut self {
            report.detail = Some(text.into());
        }
        self
    }

    /// Sets the HINT of an error of ours.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        if let Self::Own(report) = &mut self {
            report.hint = Some(text.into());
        }
        self
    }

    /// Adds a sentence to the HINT of any error.
    pub fn append_hint(&mut self, text: &str) {
        match self {
            Self::Own(report) => {
                report.hint = Some(match report.hint.take() {
                    Some(hint) => format!("{hint}\n{text}"),
                    None => text.to_owned(),
                });
            }
            Self::Server(error) => error.append_hint(text),
        }
    }

    /// Whether it is an error of ours whose HINT has one of these words.
    pub fn hint_names(&self, words: &[&str]) -> bool {
        match self {
            Self::Own(Report { hint: Some(hint), .. }) => words.iter().any(|word| hint.contains(word)),
            _ => false,
        }
    }

    /// The five characters of the SQLSTATE.
    pub fn sqlstate(&self) -> String {
        match self {
            Self::Own(report) => report.sqlstate.to_owned(),
            Self::Server(error) => error.sqlstate(),
        }
    }

    /// The primary message.
    pub fn message(&self) -> String {
        match self {
            Self::Own(report) => report.message.clone(),
            Self::Server(error) => error.message(),
        }
    }
}

/// The five characters of a SQLSTATE that is packed into an integer (elog.h, MAKE_SQLSTATE).
pub fn unpack_sqlstate(mut code: i32) -> String {
    (0..5)
        .map(|_| {
            let character = char::from(((code & 0x3F) as u8) + b'0');
            code >>= 6;
            character
        })
        .collect()
}

impl From<ServerError> for Error {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}
