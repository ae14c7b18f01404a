//! The session settings that give the user's expressions their meaning.
//!
//! Names without a schema resolve by `search_path`, constants such as `'2026-01-31'` are read by `DateStyle` and `TimeZone`, `to_tsvector(body)` takes
//! `default_text_search_config`, and a cast to text the settings for output. They are written down when a job begins
//! and set for each batch, so that whoever goes on with the job changes rows to the same values.

use crate::text::{from_server, to_server};
use pgrx::pg_sys;
use std::ffi::CStr;

const CAPTURED: [&CStr; 15] = [
    c"DateStyle",
    c"IntervalStyle",
    c"TimeZone",
    c"array_nulls",
    c"bytea_output",
    c"default_text_search_config",
    c"extra_float_digits",
    c"lc_monetary",
    c"lc_numeric",
    c"lc_time",
    c"search_path",
    c"timezone_abbreviations",
    c"transform_null_equals",
    c"xmlbinary",
    c"xmloption",
];

/// Under these the text form of a key is complete, the same everywhere, and reads back as the same value.
const CANONICAL: [(&CStr, &str); 6] = [
    (c"search_path", "pg_catalog"),
    (c"TimeZone", "UTC"),
    (c"DateStyle", "ISO, YMD"),
    (c"IntervalStyle", "postgres"),
    (c"extra_float_digits", "1"),
    (c"bytea_output", "hex"),
];

/// Names and values.
#[derive(Debug, Clone)]
pub struct Settings(Vec<(String, String)>);

impl Settings {
    /// Those of this session now.
    pub fn capture() -> Self {
        Self(CAPTURED.iter().map(|name| (name.to_string_lossy().into_owned(), current(name))).collect())
    }

    pub fn to_json(&self) -> String {
        let map: serde_json::Map<String, serde_json::Value> =
            self.0.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
        serde_json::Value::Object(map).to_string()
    }

    /// What [`Self::to_json`] wrote; names we do not know are left out.
    pub fn from_json(text: &str) -> Self {
        let map: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text).unwrap_or_default();
        Self(
            CAPTURED
                .iter()
                .filter_map(|name| {
                    let name = name.to_string_lossy();
                    Some((name.to_string(), map.get(name.as_ref())?.as_str()?.to_owned()))
                })
                .collect(),
        )
    }

    /// Sets them for the current transaction. Rows that a policy hides become an error instead of being skipped (`row_security`).
    pub fn apply(&self) {
        for (name, value) in &self.0 {
            let name = to_server(name);
            if current(&name) != *value {
                set(&name, value, pg_sys::GucAction::GUC_ACTION_LOCAL);
            }
        }
        set(c"row_security", "off", pg_sys::GucAction::GUC_ACTION_LOCAL);
        set(c"standard_conforming_strings", "on", pg_sys::GucAction::GUC_ACTION_LOCAL);
    }
}

/// Lets the current transaction's commit not wait for the disk: the changes and the position after them are lost together, if they are.
pub fn commit_later() {
    if current(c"synchronous_commit") != "off" {
        set(c"synchronous_commit", "off", pg_sys::GucAction::GUC_ACTION_LOCAL);
    }
}

/// Runs `f` under the settings in which keys are written down and read.
pub fn canonical<T>(f: impl FnOnce() -> T) -> T {
    // SAFETY: a nest level opened here is closed here; when `f` unwinds, the abort of the (sub)transaction closes it (guc.c, AtEOXact_GUC).
    unsafe {
        let level = pg_sys::NewGUCNestLevel();
        for (name, value) in CANONICAL {
            if current(name) != value {
                set(name, value, pg_sys::GucAction::GUC_ACTION_SAVE);
            }
        }
        let result = f();
        pg_sys::AtEOXact_GUC(true, level);
        result
    }
}

fn current(name: &CStr) -> String {
    // SAFETY: the names are those of built-in settings; the result is NULL or a C string that is copied.
    unsafe { from_server(pg_sys::GetConfigOption(name.as_ptr(), true, false)).unwrap_or_default() }
}

fn set(name: &CStr, value: &str, action: pg_sys::GucAction::Type) {
    let value = to_server(value);
    // SAFETY: valid C strings; all these settings are for users to set.
    unsafe {
        pg_sys::set_config_option(
            name.as_ptr(),
            value.as_ptr(),
            pg_sys::GucContext::PGC_USERSET,
            pg_sys::GucSource::PGC_S_SESSION,
            action,
            true,
            0,
            false,
        );
    }
}
