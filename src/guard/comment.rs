//! Allowances in comments: `/* zdm:allow drop-column OPS-1234 */` in a statement or right before it.

use super::allow::Allowance;
use super::shim::Statement;
use crate::check::input;
use pgrx::pg_sys;
use zdm_analyzer::lexical::{self, Comment};

const MARK: &[u8] = b"zdm:allow";

/// So far before a statement a comment is looked for.
const BEFORE: usize = 64 << 10;

/// The allowances in the comments of a statement; an error says what is wrong with one.
pub fn allowances(statement: &Statement) -> Vec<Result<Allowance, String>> {
    let text = statement.text.exact().unwrap_or_default();
    if !holds_mark(text) && statement.lead.is_empty() {
        return Vec::new();
    }
    // SAFETY: reads a setting's variable.
    let escapes = !unsafe { pg_sys::standard_conforming_strings };
    let all = lexical::comments(&statement.lead, text, statement.follows, escapes);
    all.iter().filter_map(allowance).collect()
}

/// What comes before a statement in its text, if a comment right before it could allow something; else nothing.
pub fn lead(before: &[u8]) -> &[u8] {
    let before_blanks = before.trim_ascii_end();
    let line = before_blanks.rsplit(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let ends_with_comment = before_blanks.ends_with(b"*/") || line.windows(2).any(|two| two == b"--");
    let near = before.get(before.len().saturating_sub(BEFORE)..).unwrap_or_default();
    if ends_with_comment && holds_mark(near) { before } else { &[] }
}

fn holds_mark(text: &[u8]) -> bool {
    text.windows(MARK.len()).any(|piece| piece == MARK)
}

fn allowance(comment: &Comment) -> Option<Result<Allowance, String>> {
    let rest = comment.text.trim_ascii_start().strip_prefix(MARK)?;
    let Some(text) = input::to_utf8(rest) else { return Some(Err("It is not valid text.".to_owned())) };
    Some(if comment.trails {
        Err("It stands behind another statement, on its line: put it on the line before the statement that it belongs to.".to_owned())
    } else if text.trim().is_empty() {
        Err("It must name the rules.".to_owned())
    } else if !text.starts_with(char::is_whitespace) {
        Err("A blank must follow zdm:allow.".to_owned())
    } else {
        Allowance::parse_comment(&text)
    })
}
