//! Names that the server cuts off.

use super::token::{Kind, Tokens};

/// The longest name, in bytes (NAMEDATALEN - 1).
const LONGEST: usize = 63;

/// The names in a statement that are too long, unquoted, each once.
pub fn long_names(text: &str) -> Vec<String> {
    // most texts have no run of so many letters, and only in a quoted name there are blanks
    let blank = if text.contains('"') { b' ' } else { b'_' };
    let mut run = 0;
    let mut any = false;
    for byte in text.bytes() {
        run = if byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80 || byte == blank { run + 1 } else { 0 };
        any |= run > LONGEST;
    }
    let mut found = Vec::new();
    if !any {
        return found;
    }
    for token in Tokens::new(text) {
        let Some(written) = text.get(token.span.clone()) else { continue };
        let name = match token.kind {
            Kind::Word if !written.starts_with(|letter: char| letter.is_ascii_digit()) => written.to_lowercase(),
            Kind::Name => written.trim_matches('"').replace("\"\"", "\""),
            _ => continue,
        };
        if name.len() > LONGEST && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::long_names;

    #[test]
    fn only_names_count() {
        let name = "a".repeat(64);
        assert_eq!(long_names(&format!("SELECT {name}, \"{name}\" AS {}", "b".repeat(63))).first(), Some(&name));
        for text in
            [format!("SELECT '{name}'"), format!("-- {name}\nSELECT 1"), format!("SELECT {}", "1".repeat(70)), format!("$x${name}$x$")]
        {
            assert!(long_names(&text).is_empty(), "{text}");
        }
        assert_eq!(long_names(&format!("SELECT \"{}\"", "é".repeat(32))).len(), 1);
    }
}
