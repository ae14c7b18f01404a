//! What may pass, by the setting `zdm.allow` and by the comments of the statement; allowances for one use are looked for when these do not do
//! ([`super::once`]).

use super::allow::Allowance;
use super::shim::{self, Statement};
use super::{comment, message};
use crate::check::input;
use crate::error::Error;
use crate::guc;
use pgrx::pg_sys;
use zdm_analyzer::finding::Finding;

/// An allowance that counts.
pub struct Permit {
    pub allowance: Allowance,
    pub by: By,
}

/// Where an allowance stands.
pub enum By {
    /// The setting, as it is.
    Setting(String),
    Comment,
    /// The one of this number in `zdm.allowance`.
    Once(i64),
}

/// Something to be said about an allowance.
pub struct Note {
    pub level: u32,
    pub text: String,
}

/// The allowances for a statement.
#[derive(Default)]
pub struct Permits {
    pub list: Vec<Permit>,
    /// What is wrong with those that do not count.
    pub notes: Vec<Note>,
    /// What would count if it had a reason.
    without_reason: Vec<Permit>,
}

impl Permits {
    pub fn of(statement: &Statement, findings: &[Finding]) -> Result<Self, Error> {
        let mut permits = Self::default();
        let setting = guc::ALLOW.get().and_then(|value| input::to_utf8(value.to_bytes())).unwrap_or_default();
        // the check hook has accepted it
        let allowance = Allowance::parse(&setting).unwrap_or_default();
        permits.add(Permit { allowance, by: By::Setting(setting) });
        permits.read_comments(statement, findings)?;
        Ok(permits)
    }

    /// Whether any of them covers a finding.
    pub fn cover(&self, finding: &Finding) -> bool {
        self.list.iter().any(|permit| permit.allowance.covers(finding))
    }

    /// Whether everything is allowed.
    pub fn cover_everything(&self) -> bool {
        self.list.iter().any(|permit| permit.allowance.covers_everything())
    }

    /// Says which allowances would cover these findings if they had a reason.
    pub fn note_missing_reasons(&mut self, left: &[&Finding]) {
        for permit in &self.without_reason {
            if left.iter().any(|finding| permit.allowance.covers(finding)) {
                let what = if matches!(permit.by, By::Comment) { "the comment" } else { "zdm.allow" };
                self.notes.push(Note { level: pg_sys::WARNING, text: format!("{what} gives no reason, which zdm.require_reason demands") });
            }
        }
    }

    fn add(&mut self, permit: Permit) {
        let counts = permit.allowance.reason().is_some() || !guc::require_reason();
        if counts { self.list.push(permit) } else { self.without_reason.push(permit) }
    }

    fn read_comments(&mut self, statement: &Statement, findings: &[Finding]) -> Result<(), Error> {
        let found = comment::allowances(statement);
        if found.is_empty() {
            return Ok(());
        }
        if !guc::COMMENT_ALLOW.get() {
            self.notes.push(Note { level: pg_sys::NOTICE, text: "the comment allows nothing, since zdm.comment_allow is off".to_owned() });
            return Ok(());
        }
        let role = shim::outer_user();
        if !shim::may_allow(role)? {
            let text = format!("the comment allows nothing, since role {} may not set zdm.allow", message::role(role));
            self.notes.push(Note { level: pg_sys::WARNING, text });
            return Ok(());
        }
        for one in found {
            match one {
                Ok(allowance) => {
                    let unused = allowance.unused(findings);
                    if !unused.is_empty() {
                        let text = format!("the comment allows {}, of which there is nothing in this statement", unused.join(", "));
                        self.notes.push(Note { level: pg_sys::NOTICE, text });
                    }
                    self.add(Permit { allowance, by: By::Comment });
                }
                Err(why) => self.notes.push(Note { level: pg_sys::WARNING, text: format!("the comment allows nothing: {why}") }),
            }
        }
        Ok(())
    }
}
