//! What the guard says.
//!
//! Many migration tools drop the HINT, and some the DETAIL, so the message itself carries everything, one line a thing; DETAIL and HINT repeat
//! their part for those who show them.

use super::allow;
use super::permits::{By, Permit};
use crate::error::{Error, Report, sqlstate};
use crate::guc::{self, GuardMode};
use crate::text::from_server;
use pgrx::pg_sys;
use std::fmt::Write;
use std::time::Duration;
use zdm_analyzer::finding::Finding;
use zdm_analyzer::lexical::Excess;
use zdm_analyzer::lock::Blocks;
use zdm_analyzer::quote;

/// The SQLSTATE of a refusal: a class of our own, so that nobody retries it or takes it for something else.
pub const REFUSED: &str = "ZDM01";

/// So many findings of one statement are spelled out.
const SHOWN: usize = 5;

/// An estimate below that is not worth saying.
const WORTH_SAYING: Duration = Duration::from_secs(1);

/// How to get out when the guard itself is broken.
pub const WAY_OUT: &str = "A superuser can run SET zdm.guard_mode = off, or ALTER EVENT TRIGGER zdm_guard DISABLE.";

/// How a statement could pass.
pub struct Ways {
    /// It cannot run in a transaction block, so that no SET LOCAL goes before it.
    pub alone: bool,
    /// Why allowances that are there do not count.
    pub notes: Vec<String>,
}

/// What is said of a statement: a refusal's parts, or a warning's.
pub fn report(findings: &[&Finding], mode: GuardMode, ways: &Ways) -> Report {
    let enforce = mode == GuardMode::Enforce;
    let mut message = String::new();
    let mut details = Vec::new();
    let mut hints = Vec::new();
    for finding in findings.iter().take(SHOWN) {
        if !message.is_empty() {
            message.push('\n');
        }
        let _ = write!(message, "zdm[{}]: {}", finding.rule.unwrap_or("unknown"), finding.message);
        let lock = lock_line(finding);
        if let Some(lock) = &lock {
            line(&mut message, "lock", lock);
        }
        if let Some(detail) = finding.detail.clone().or(lock.map(|lock| format!("It takes {lock}."))) {
            push_new(&mut details, detail);
        }
        if let Some(hint) = &finding.hint {
            line(&mut message, label(finding), hint);
            push_new(&mut hints, hint.clone());
        }
    }
    if findings.len() > SHOWN {
        let _ = write!(message, "\n  and {} more: see zdm.check_ddl", findings.len() - SHOWN);
    }
    let items: Vec<_> = findings.iter().filter_map(|finding| allow::item_for(finding)).collect();
    if enforce && !items.is_empty() {
        let items = dedup(items).join(", ");
        let (way, place) = if ways.alone {
            (allow_next(findings), "in a transaction of its own before it")
        } else {
            (format!("SET LOCAL zdm.allow = {}", quote::literal(&format!("{items} (reason)"))), "in the same transaction before it")
        };
        line(&mut message, "allow", &way);
        hints.push(format!("To run it all the same, {place}: {way};"));
        // a name may hold what ends a comment, or begins another
        if guc::COMMENT_ALLOW.get() && !items.contains("*/") && !items.contains("/*") {
            line(&mut message, "or", &format!("/* zdm:allow {items} reason */ right before it"));
        }
    } else if !enforce {
        let how = if findings.iter().all(|finding| about_rows(finding)) { "with zdm.guard_dml = enforce" } else { "in enforce mode" };
        line(&mut message, "mode", &format!("warn: it runs; {how} it would be refused"));
    }
    ways.notes.iter().for_each(|note| line(&mut message, "note", note));
    Report {
        sqlstate: if enforce { REFUSED } else { sqlstate::WARNING },
        message,
        detail: (!details.is_empty()).then(|| details.join("\n")),
        hint: (!hints.is_empty()).then(|| hints.join("\n")),
    }
}

/// The calls that allow findings for one use.
fn allow_next(findings: &[&Finding]) -> String {
    let call = |finding: &&Finding| {
        let rule = quote::literal(finding.rule?);
        let object = finding.object.as_deref().map(|object| format!(", {}", quote::literal(object))).unwrap_or_default();
        Some(format!("zdm.allow_next({rule}{object}, reason => 'reason')"))
    };
    format!("SELECT {}", dedup(findings.iter().filter_map(call).collect()).join(", "))
}

/// The name of a role, quoted where needed; its number when it is gone.
pub fn role(oid: pg_sys::Oid) -> String {
    // SAFETY: a lookup in the syscache; a palloc'd string or NULL.
    let name = unsafe { from_server(pg_sys::GetUserNameFromId(oid, true)) };
    name.map_or_else(|| oid.to_u32().to_string(), |name| crate::text::quote(&name))
}

/// Whether it is about a statement that changes every row of a table.
pub fn about_rows(finding: &Finding) -> bool {
    matches!(finding.rule, Some("delete-without-where" | "update-without-where"))
}

/// `fix` for what can be run in place of the statement.
fn label(finding: &Finding) -> &'static str {
    if finding.runnable { "fix" } else { "advice" }
}

/// What is said of a statement that could not be judged, or not by its text.
pub fn unjudged(finding: &Finding, nested: bool) -> Report {
    let mut message = format!("zdm[{}]: {}", finding.rule.unwrap_or("unknown"), finding.message);
    if nested {
        line(
            &mut message,
            "why",
            "it runs inside a function or a DO block, where its text is not known: it is judged by its command alone",
        );
    }
    if let Some(lock) = lock_line(finding) {
        line(&mut message, "lock", &lock);
    }
    if let Some(hint) = &finding.hint {
        line(&mut message, label(finding), hint);
    }
    Report { sqlstate: sqlstate::WARNING, message, detail: finding.detail.clone(), hint: finding.hint.clone() }
}

/// Why a statement is judged by its command alone, though its text is known.
pub enum Hidden {
    /// It has so many bytes.
    Size(usize),
    /// The lexer would take too long.
    Excess(Excess),
}

/// The finding on such a statement.
pub fn hidden(mut finding: Finding, why: &Hidden) -> Finding {
    let (what, hint) = match why {
        Hidden::Size(bytes) => (
            format!("has {bytes} bytes; zdm.max_check_size allows {}", guc::MAX_CHECK_SIZE.get()),
            "Run it in pieces, or ask a superuser to raise zdm.max_check_size.",
        ),
        Hidden::Excess(Excess::Comments) => ("holds too deeply nested comments".to_owned(), "Close the comments, or take them out."),
        Hidden::Excess(Excess::Operators) => {
            ("holds too many operators without a blank".to_owned(), "Put blanks between the operators and comments, or take them out.")
        }
    };
    finding.message = format!("cannot be judged: the text of this {} {what}", finding.command);
    finding.hint = Some(hint.to_owned());
    finding
}

/// What is logged when an allowance was used.
pub fn allowed(permit: &Permit, findings: &[&Finding], statement: &str) -> Report {
    let items: Vec<_> = findings.iter().filter_map(|finding| allow::item_for(finding)).collect();
    let reason = || permit.allowance.reason().map_or_else(|| "there is no reason".to_owned(), |reason| format!("the reason is: {reason}"));
    let (who, why) = match &permit.by {
        By::Setting(setting) => ("zdm.allow".to_owned(), format!("zdm.allow is {}", quote::literal(setting))),
        By::Comment => ("a comment".to_owned(), reason()),
        By::Once(id) => (format!("allowance {id}"), reason()),
    };
    Report {
        sqlstate: sqlstate::SUCCESSFUL_COMPLETION,
        message: format!("{who} let a statement pass: {}", dedup(items).join(", ")),
        detail: Some(format!("{why}; the statement is: {}", statement.trim())),
        hint: None,
    }
}

/// What becomes of an error inside the guard: `enforce` fails closed.
pub fn broken(mut error: Error, mode: GuardMode) -> Report {
    error.append_hint(WAY_OUT);
    let enforce = mode == GuardMode::Enforce;
    let mut message = format!("zdm[guard]: the guard could not judge this statement: {}", error.message());
    line(&mut message, "allow", WAY_OUT);
    Report {
        sqlstate: if enforce { REFUSED } else { sqlstate::WARNING },
        message,
        detail: Some(format!("The error had the SQLSTATE {}.", error.sqlstate())),
        hint: Some(WAY_OUT.to_owned()),
    }
}

/// What is said when DROP EXTENSION could not take the library out of the settings.
pub fn left_behind(error: &Error) -> Report {
    Report {
        sqlstate: sqlstate::WARNING,
        message: "session_preload_libraries of this database still names pg_zdm".to_owned(),
        detail: Some(error.message()),
        hint: Some("ALTER DATABASE ... RESET session_preload_libraries takes it out.".to_owned()),
    }
}

/// `ShareLock on public.users (blocks writes, for 12 to 95 s)`.
fn lock_line(finding: &Finding) -> Option<String> {
    let mut text = finding.lock?.pg_name().to_owned();
    if let Some(object) = &finding.object {
        let _ = write!(text, " on {object}");
    }
    if finding.blocks != Blocks::Nothing {
        let _ = write!(text, " (blocks {}", finding.blocks.as_str());
        if let Some(estimate) = finding.estimate.filter(|estimate| estimate.high >= WORTH_SAYING) {
            let _ = write!(text, ", for {}", estimate.text());
        }
        text.push(')');
    }
    Some(text)
}

/// Adds `label: text`, further lines of the text set in.
fn line(message: &mut String, label: &str, text: &str) {
    let _ = write!(message, "\n  {label}: {}", text.replace('\n', "\n       "));
}

/// A time as a setting shows it.
pub fn milliseconds(value: i32) -> String {
    if value % 1000 == 0 { format!("{} s", value / 1000) } else { format!("{value} ms") }
}

fn push_new(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}

fn dedup(items: Vec<String>) -> Vec<String> {
    let mut unique = Vec::new();
    items.into_iter().for_each(|item| push_new(&mut unique, item));
    unique
}
