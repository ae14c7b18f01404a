//! What a running job tells its own session.

use crate::error::{Report, sqlstate};
use crate::guc;
use crate::shim;
use crate::text::{count, thousands};
use pgrx::pg_sys;
use std::time::{Duration, Instant};

/// Figures of one run, for lines every few seconds.
pub struct Progress {
    started: Instant,
    last: Instant,
    first_updated: i64,
    first_passed: i64,
}

/// How far a job is.
#[derive(Clone, Copy)]
pub struct Figures {
    pub estimated: i64,
    pub passed: i64,
    pub updated: i64,
}

impl Progress {
    pub fn start(figures: Figures) -> Self {
        let now = Instant::now();
        Self { started: now, last: now, first_updated: figures.updated, first_passed: figures.passed }
    }

    /// One line, when the interval is over.
    pub fn tick(&mut self, job: i64, figures: Figures) {
        let interval = guc::NOTICE_INTERVAL.get();
        if interval <= 0 || self.last.elapsed() < Duration::from_millis(interval as u64) {
            return;
        }
        self.last = Instant::now();
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let percent = if figures.estimated > 0 { (100.0 * figures.passed as f64 / figures.estimated as f64).min(99.9) } else { 0.0 };
        let speed = (figures.updated - self.first_updated) as f64 / seconds;
        let passed = figures.passed - self.first_passed;
        let left = if passed > 0 {
            let rest = (figures.estimated - figures.passed).max(0) as f64;
            format!(", about {} left", duration(rest * seconds / passed as f64))
        } else {
            String::new()
        };
        notice(
            format!(
                "backfill job {job}: {percent:.1} %, {} updated, {} rows/s{left}",
                count(figures.updated, "row"),
                thousands(speed.round() as i64)
            ),
            None,
            None,
        );
    }

    /// Seconds since the run began, and rows a second.
    pub fn total(&self, figures: Figures) -> (f64, i64) {
        let seconds = self.started.elapsed().as_secs_f64();
        (seconds, ((figures.updated - self.first_updated) as f64 / seconds.max(0.001)).round() as i64)
    }
}

/// `75.3` as `1 min 15 s`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as i64;
    match whole {
        _ if seconds < 10.0 => format!("{seconds:.1} s"),
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

pub fn notice(message: String, detail: Option<String>, hint: Option<String>) {
    shim::report(pg_sys::NOTICE, &Report { sqlstate: sqlstate::SUCCESSFUL_COMPLETION, message, detail, hint });
}

pub fn warning(message: String, detail: Option<String>, hint: Option<String>) {
    shim::report(pg_sys::WARNING, &Report { sqlstate: sqlstate::WARNING, message, detail, hint });
}
