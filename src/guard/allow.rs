//! The setting `zdm.allow`: `item[, item ...] [(reason)]`, an item being `*` or `rule[:schema.table]`.

use super::shim;
use crate::check::input;
use pgrx::{pg_guard, pg_sys};
use std::ffi::{CStr, c_char, c_void};
use zdm_analyzer::finding::Finding;
use zdm_analyzer::quote;

/// What is allowed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    items: Vec<Item>,
}

#[derive(Debug, PartialEq, Eq)]
enum Item {
    /// `*`
    Everything,
    /// `rule` or `rule:schema.table`; the table is kept as [`Finding::object`] writes it.
    Rule { name: String, object: Option<String> },
}

impl Allowance {
    /// Reads the setting; the error says what is wrong with it. An empty text allows nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut items = Vec::new();
        let list = without_reason(text.trim())?;
        if list.is_empty() {
            return if text.trim().is_empty() { Ok(Self::default()) } else { Err("A reason alone allows nothing.".to_owned()) };
        }
        for item in split(list, ',')? {
            items.push(Item::parse(item.trim())?);
        }
        Ok(Self { items })
    }

    /// Whether a finding is covered.
    pub fn covers(&self, finding: &Finding) -> bool {
        self.items.iter().any(|item| match item {
            Item::Everything => true,
            Item::Rule { name, object } => finding.rule == Some(name.as_str()) && (object.is_none() || *object == finding.object),
        })
    }

    /// Whether everything is allowed.
    pub fn covers_everything(&self) -> bool {
        self.items.contains(&Item::Everything)
    }
}

impl Item {
    fn parse(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Everything);
        }
        let (name, object) = match text.split_once(':') {
            Some((name, object)) => (name.trim(), Some(canonical(object.trim())?)),
            None => (text, None),
        };
        if !zdm_analyzer::is_rule(name) {
            return Err(format!("There is no rule \"{name}\"; zdm.rules() lists all rules."));
        }
        Ok(Self::Rule { name: name.to_owned(), object })
    }
}

/// The item that allows a finding, for the message that refuses it.
pub fn item_for(finding: &Finding) -> Option<String> {
    let rule = finding.rule?;
    Some(match &finding.object {
        Some(object) => format!("{rule}:{object}"),
        None => rule.to_owned(),
    })
}

/// The reason that a value of the setting gives.
pub fn reason(setting: &str) -> Option<&str> {
    let setting = setting.trim();
    let list = without_reason(setting).ok()?;
    setting.get(list.len()..)?.trim().strip_prefix('(')?.strip_suffix(')').map(str::trim).filter(|reason| !reason.is_empty())
}

/// The list without the reason in parentheses at the end.
fn without_reason(text: &str) -> Result<&str, String> {
    if !text.ends_with(')') {
        return Ok(text);
    }
    let mut quoted = false;
    for (index, letter) in text.char_indices() {
        match letter {
            '"' => quoted = !quoted,
            '(' if !quoted => {
                let reason = &text[index + 1..text.len() - 1];
                return if closes_early(reason) {
                    Err("The reason in parentheses is not the last thing.".to_owned())
                } else {
                    Ok(text[..index].trim_end())
                };
            }
            _ => {}
        }
    }
    Err("The reason has no opening parenthesis.".to_owned())
}

/// Whether a parenthesis is closed that was not opened inside: then the reason ended there, and something follows it.
fn closes_early(reason: &str) -> bool {
    let mut open = 0_i64;
    reason.chars().any(|letter| {
        open += match letter {
            '(' => 1,
            ')' => -1,
            _ => 0,
        };
        open < 0
    })
}

/// Cuts at a separator outside double quotes.
fn split(text: &str, separator: char) -> Result<Vec<&str>, String> {
    let (mut parts, mut start, mut quoted) = (Vec::new(), 0, false);
    for (index, letter) in text.char_indices() {
        if letter == '"' {
            quoted = !quoted;
        } else if letter == separator && !quoted {
            parts.push(&text[start..index]);
            start = index + letter.len_utf8();
        }
    }
    if quoted {
        return Err("A double quote is not closed.".to_owned());
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// `schema.table` as [`Finding::object`] writes it: folded to lower case where not quoted, quoted where needed.
fn canonical(text: &str) -> Result<String, String> {
    match split(text, '.')?.as_slice() {
        [schema, table] => Ok(quote::qualified(&identifier(schema)?, &identifier(table)?)),
        _ => Err(format!("\"{text}\" is not of the form schema.table.")),
    }
}

fn identifier(text: &str) -> Result<String, String> {
    let text = text.trim();
    let name = match text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inside) => inside.replace("\"\"", "\""),
        None if text.contains('"') => return Err(format!("{text} is not an identifier.")),
        None => text.to_ascii_lowercase(),
    };
    if name.is_empty() { Err("A name is empty.".to_owned()) } else { Ok(name) }
}

/// The check hook of the setting.
#[pg_guard]
pub extern "C-unwind" fn check_hook(value: *mut *mut c_char, _extra: *mut *mut c_void, source: pg_sys::GucSource::Type) -> bool {
    // SAFETY: guc.c passes a pointer to the new value: NULL or a NUL-terminated string.
    let text = unsafe {
        if (*value).is_null() {
            return true;
        }
        CStr::from_ptr(*value)
    };
    // ALTER SYSTEM in a session without the library does not know the flag that forbids it: such a value would count for everybody.
    if source == pg_sys::GucSource::PGC_S_FILE && !text.is_empty() {
        shim::guc_detail("It cannot be set in a configuration file.");
        return false;
    }
    let result = match input::to_utf8(text.to_bytes()) {
        Some(text) => Allowance::parse(&text).map(|_| ()),
        None => Err("It is not valid text.".to_owned()),
    };
    result.map_err(|why| shim::guc_detail(&why)).is_ok()
}
