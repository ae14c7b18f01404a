//! An event as one JSON object on one line: for the server's log, for the worker, and for the INSERT.

use super::shim::{self, ROOM};
use super::{Event, What};
use crate::check::input;
use crate::error::{Error, sqlstate};
use crate::text::misread;
use serde::Serialize;

/// A statement longer than that is cut.
const STATEMENT: usize = 8000;

/// Any other text.
const OTHER: usize = 1000;

#[derive(Serialize)]
struct Record<'a> {
    event: &'a str,
    at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_user_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_addr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    application_name: Option<&'a str>,
    pid: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    risk: Option<&'a str>,
    command: String,
    statement: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The line.
pub fn line(event: &Event) -> Result<String, Error> {
    let who = shim::who()?;
    let (statement, fingerprint) = match event.what {
        What::Change(words) => (words.to_owned(), None),
        What::Sql(text) => match text.and_then(written) {
            Some(redacted) => (redacted.text, Some(redacted.fingerprint)),
            // what cannot be read may hold anything
            None => (event.command.to_owned(), None),
        },
    };
    let mut record = Record {
        event: event.kind.as_str(),
        at: &who.at,
        session_user_name: who.session_user.as_deref(),
        current_user_name: who.current_user.as_deref(),
        client_addr: who.client_addr.as_deref(),
        application_name: who.application.as_deref(),
        pid: who.pid,
        rule: event.rule,
        object: event.object.map(|text| cut(text, OTHER)),
        risk: event.risk,
        command: cut(event.command, OTHER),
        statement: cut(&statement, STATEMENT),
        fingerprint,
        reason: event.reason.map(|text| cut(text, OTHER)),
    };
    // what JSON escapes takes up to six times the room
    for limit in [STATEMENT, STATEMENT / 2, STATEMENT / 8] {
        record.statement = cut(&statement, limit);
        let line = serde_json::to_string(&record).map_err(internal)?;
        if line.len() <= ROOM {
            return Ok(line);
        }
    }
    record.statement = cut(event.command, OTHER);
    (record.object, record.reason) = (None, None);
    serde_json::to_string(&record).map_err(internal)
}

/// What was lost on the way to the worker.
pub fn lost(count: u32) -> Result<String, Error> {
    let who = shim::who()?;
    let record = Record {
        event: "lost",
        at: &who.at,
        session_user_name: None,
        current_user_name: None,
        client_addr: None,
        application_name: None,
        pid: who.pid,
        rule: None,
        object: None,
        risk: None,
        command: String::new(),
        statement: format!("{count} more events came too fast; the server's log has them"),
        fingerprint: None,
        reason: None,
    };
    serde_json::to_string(&record).map_err(internal)
}

/// The text of a statement without its secrets, if it can be read.
pub fn written(text: &[u8]) -> Option<zdm_analyzer::Redacted> {
    if input::excess(text).is_some() || input::room_on_the_stack().is_err() {
        return None;
    }
    input::to_utf8(text).filter(|text| !misread(text)).and_then(|text| zdm_analyzer::redact(&text))
}

fn cut(text: &str, limit: usize) -> String {
    if text.len() <= limit {
        return text.to_owned();
    }
    let end = (0..=limit).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{} ... (cut: {} bytes)", text.get(..end).unwrap_or_default(), text.len())
}

fn internal(error: serde_json::Error) -> Error {
    Error::new(sqlstate::INTERNAL, error.to_string())
}
