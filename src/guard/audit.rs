//! The audit: what the guard refused, warned of and let pass, and who changed what it does, in `zdm.audit`.
//!
//! ```text
//! tell -> audit/record.rs (one JSON object) -> refused: the server's log, and the worker (audit/worker.rs, src/shim/audit_worker.c)
//!                                           -> else: kept, and written by the transaction itself just before it commits (audit/write.rs)
//! ```
//!
//! A refusal takes its transaction with it, so another process has to write it down. All else is part of the transaction that it tells of, and gone
//! when that is rolled back. Writing at the end means that no command is kept from being the first of its transaction, or from committing on its way,
//! and that the table is locked for a moment only. Nothing here waits or makes a statement fail: where the table cannot be written to at once
//! (somebody has locked it, the transaction is read-only), the worker does it, and where there is none, the server's log has it.

mod record;
mod shim;
mod worker;
mod write;

use super::ends_the_statement;
use super::shim::Statement;
use crate::error::Error;
use crate::guc::{self, GuardMode};
use crate::spi::subtransaction;
use pgrx::pg_sys;
use record::line;
use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use write::Outcome;
use zdm_analyzer::finding::Finding;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Refused,
    Warned,
    Allowed,
    Mode,
    Policy,
    /// An allowance for one use was given, or taken back.
    Allowance,
    /// A role is exempt from the guard, or no longer.
    Exempt,
}

impl Kind {
    /// What becomes of a danger.
    pub fn of(mode: GuardMode) -> Self {
        if mode == GuardMode::Enforce { Self::Refused } else { Self::Warned }
    }

    /// Whether it is about the guard itself.
    fn is_a_change(self) -> bool {
        matches!(self, Self::Mode | Self::Policy | Self::Allowance | Self::Exempt)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Warned => "warned",
            Self::Allowed => "allowed",
            Self::Mode => "mode",
            Self::Policy => "policy",
            Self::Allowance => "allowance",
            Self::Exempt => "exempt",
        }
    }
}

/// One thing to be written down; who and when is found out here.
pub struct Event<'a> {
    pub kind: Kind,
    pub rule: Option<&'a str>,
    pub object: Option<&'a str>,
    pub risk: Option<&'a str>,
    /// The command tag, or the function.
    pub command: &'a str,
    pub what: What<'a>,
    pub reason: Option<&'a str>,
}

/// What was run or changed.
#[derive(Clone, Copy)]
pub enum What<'a> {
    /// A statement's text as the server has it; secrets are taken out here.
    Sql(Option<&'a [u8]>),
    /// Words of our own.
    Change(&'a str),
}

/// So many findings on one statement are written down.
const FINDINGS: usize = 20;

/// A session that changes every row of a table again and again is told of once in that time.
const REPEAT: Duration = Duration::from_secs(60);

/// What a session remembers of those.
const REMEMBERED: usize = 256;

struct Pending {
    subtransaction: u32,
    kind: Kind,
    line: String,
}

thread_local! {
    static PENDING: RefCell<Vec<Pending>> = const { RefCell::new(Vec::new()) };
    static TOLD: RefCell<HashMap<(String, String), Instant>> = RefCell::new(HashMap::new());
    static SESSION_MODE: RefCell<GuardMode> = const { RefCell::new(GuardMode::Default) };
}

/// Once a process.
pub fn install() {
    shim::install(at_commit, forget, move_up);
}

/// Writes an event down. What goes wrong is said in the server's log; nothing comes back, and nobody waits.
pub fn tell(event: &Event) {
    let subtransaction_ = shim::subtransaction();
    let told = subtransaction(|| {
        let line = line(event)?;
        if event.kind == Kind::Refused {
            shim::log(&line);
            send(&line)?;
        } else {
            let one = Pending { subtransaction: subtransaction_, kind: event.kind, line };
            PENDING.with_borrow_mut(|pending| pending.push(one));
        }
        Ok(())
    });
    if let Err(error) = told {
        shim::log_plain(&format!("zdm audit: could not write an event down: {}", error.message()));
    }
}

/// Writes down what becomes of the findings on a statement.
pub fn findings(kind: Kind, findings: &[&Finding], statement: &Statement, reason: Option<&str>) {
    for finding in findings.iter().take(FINDINGS).filter(|finding| !repeated(kind, finding)) {
        tell(&Event {
            kind,
            rule: finding.rule,
            object: finding.object.as_deref(),
            risk: Some(finding.risk.as_str()),
            command: &statement.tag,
            what: What::Sql(statement.text.exact()),
            reason,
        });
    }
}

/// The text of a statement as it may be written down.
pub fn text(statement: &Statement) -> String {
    statement.text.exact().and_then(record::written).map_or_else(|| statement.tag.clone(), |redacted| redacted.text)
}

/// Writes down that the guard itself broke.
pub fn broken(mode: GuardMode, statement: &Statement, error: &Error) {
    let what = What::Sql(statement.text.exact());
    let reason = error.message();
    tell(&Event { kind: Kind::of(mode), rule: None, object: None, risk: None, command: &statement.tag, what, reason: Some(&reason) });
}

/// Writes down that a mode was set.
pub fn mode(command: &str, change: &str) {
    tell(&Event { kind: Kind::Mode, rule: None, object: None, risk: None, command, what: What::Change(change), reason: None });
}

/// Looks at the session's own mode, which a setting changes without a word to us: the first statement under another one tells.
pub fn session_mode(current: GuardMode) {
    if SESSION_MODE.replace(current) != current {
        mode("zdm.guard_mode", &format!("in this session: {}", super::state::name(current)));
    }
}

/// Whether a session changes every row of a table again; such statements may come by the thousand.
fn repeated(kind: Kind, finding: &Finding) -> bool {
    if kind != Kind::Warned || !super::message::about_rows(finding) {
        return false;
    }
    let key = (finding.rule.unwrap_or_default().to_owned(), finding.object.clone().unwrap_or_default());
    TOLD.with_borrow_mut(|told| {
        if told.get(&key).is_some_and(|at| at.elapsed() < REPEAT) {
            return true;
        }
        if told.len() >= REMEMBERED {
            told.clear();
        }
        told.insert(key, Instant::now());
        false
    })
}

/// Hands an event to the worker, if there may be one.
fn send(line: &str) -> Result<bool, Error> {
    if guc::AUDIT_WORKER.get() { Ok(shim::send(line)?) } else { Ok(false) }
}

/// Writes what is pending, just before the transaction commits.
fn commit() -> Result<(), Error> {
    let pending = PENDING.take();
    if pending.is_empty() {
        return Ok(());
    }
    // what changes the guard is rare, and worth a line where everybody looks
    for one in pending.iter().filter(|one| one.kind.is_a_change()) {
        shim::log(&one.line);
    }
    let lines: Vec<&str> = pending.iter().map(|one| one.line.as_str()).collect();
    match subtransaction(|| write::now(&lines)) {
        Ok(Outcome::Written { overdue }) => {
            if overdue {
                let _ = subtransaction(|| send(""));
            }
        }
        Ok(Outcome::Gone) => {}
        Err(error) if ends_the_statement(&error) => return Err(error),
        Ok(Outcome::Busy) | Err(_) => {
            for one in &pending {
                let sent = subtransaction(|| send(&one.line)).unwrap_or(false);
                if !sent && !one.kind.is_a_change() {
                    shim::log(&one.line);
                }
            }
        }
    }
    Ok(())
}

/// See `ZdmAuditCommit` of `zdm_shim.h`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn at_commit() -> *mut pg_sys::ErrorData {
    commit().map_or_else(crate::shim::raise, |()| std::ptr::null_mut())
}

/// See `ZdmAuditForget`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn forget(subtransaction: u32) {
    PENDING.with_borrow_mut(|pending| pending.retain(|one| subtransaction != 0 && one.subtransaction != subtransaction));
}

/// See `ZdmAuditMove`.
#[pgrx::pg_guard]
unsafe extern "C-unwind" fn move_up(subtransaction: u32, parent: u32) {
    PENDING.with_borrow_mut(|pending| {
        pending.iter_mut().filter(|one| one.subtransaction == subtransaction).for_each(|one| one.subtransaction = parent);
    });
}
