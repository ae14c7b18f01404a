//! Settings as the next statement finds them, read for what they mean.

use super::Script;

/// How long a statement would wait for a lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timeout {
    Unknown,
    /// In milliseconds; 0 for ever.
    Is(u64),
}

/// Whose rights the next statement has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// Those of the session that asks.
    Session,
    /// Those of the role that the text has set.
    Role(String),
    Unknown,
}

impl Script<'_> {
    pub fn lock_timeout(&self) -> Timeout {
        self.timeout("lock_timeout")
    }

    pub fn statement_timeout(&self) -> Timeout {
        self.timeout("statement_timeout")
    }

    /// A setting whose unit is milliseconds.
    pub fn timeout(&self, name: &str) -> Timeout {
        self.setting(name).as_deref().and_then(milliseconds).map_or(Timeout::Unknown, Timeout::Is)
    }

    /// Whose rights count.
    pub fn actor(&self) -> Actor {
        let session = self.state.session();
        match (&session.role, session.values.get("session_authorization")) {
            (None, None) => Actor::Session,
            (Some(role), None) if !role.is_empty() => Actor::Role(role.clone()),
            (None, Some(role)) if !role.eq_ignore_ascii_case("default") => Actor::Role(role.clone()),
            // SET ROLE NONE, and what depends on the order of the two
            _ => Actor::Unknown,
        }
    }
}

/// A time as `lock_timeout` takes it, milliseconds being its unit.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let factor = match unit.trim() {
        "us" => 0.001,
        "" | "ms" => 1.0,
        "s" => 1e3,
        "min" => 6e4,
        "h" => 3.6e6,
        "d" => 8.64e7,
        _ => return None,
    };
    let value = (number.parse::<f64>().ok()? * factor).round();
    (0.0..1e15).contains(&value).then_some(value as u64)
}

#[cfg(test)]
mod tests {
    use super::milliseconds;

    #[test]
    fn times_are_read_as_the_server_reads_them() {
        for (text, expected) in [
            ("0", Some(0)),
            ("2s", Some(2_000)),
            ("1500", Some(1_500)),
            ("1.5 min", Some(90_000)),
            ("500ms", Some(500)),
            ("2d", Some(172_800_000)),
            ("soon", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }
}
