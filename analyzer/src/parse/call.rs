//! The calls of a statement that does nothing but call: `SELECT f(x), g(y) FROM ...`, `SELECT * FROM f(x)`, `CALL p(x)`.

use super::names;
use super::token::{Kind, Token, Tokens};
use crate::ir::{Call, Calls, QualifiedName};

/// The calls, their arguments as text; nothing when there is more in the statement than calls, or an argument is given by its name.
pub fn calls(text: &str) -> Option<Calls> {
    let tokens: Vec<Token> = Tokens::new(text).filter(|token| !token.is(b';')).collect();
    let mut reader = Reader { text, tokens, at: 0 };
    let mut calls = Vec::new();
    let begins = reader.word()?;
    reader.at += 1;
    let from = begins == "select" && reader.is("*") && {
        reader.at += 1;
        reader.word()? == "from"
    };
    reader.at += usize::from(from);
    if begins != "select" && begins != "call" {
        return None;
    }
    loop {
        calls.push(reader.call()?);
        let named = reader.is("as");
        reader.at += usize::from(named) * 2;
        if !reader.is(",") || from {
            break;
        }
        reader.at += 1;
    }
    let rest = match reader.tokens.get(reader.at) {
        None => String::new(),
        Some(first) if !from && reader.is("from") => text.get(first.span.start..reader.tokens.last()?.span.end)?.to_owned(),
        Some(_) => return None,
    };
    Some(Calls { calls, rest })
}

/// Words before a parenthesis that call nothing.
const NO_CALL: [&str; 17] =
    ["in", "values", "exists", "and", "or", "not", "as", "on", "using", "any", "all", "some", "where", "select", "from", "over", "filter"];

/// The functions that a text may call, wherever in it, each with the number of its arguments: every name before a parenthesis.
pub fn called(text: &str) -> Vec<(QualifiedName, usize)> {
    let mut reader = Reader { text, tokens: Tokens::new(text).collect(), at: 0 };
    let mut calls = Vec::new();
    while reader.at < reader.tokens.len() {
        let after_into = reader.at.checked_sub(1).and_then(|before| reader.word_at(before)).is_some_and(|word| word == "into");
        let Some(parts) = reader.path() else {
            reader.at += 1;
            continue;
        };
        let keyword = matches!(parts.as_slice(), [one] if NO_CALL.contains(&one.as_str()));
        if reader.is("(") && !keyword && !after_into {
            calls.push((names::qualified(&parts), reader.count()));
        }
    }
    calls
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
}

impl Reader<'_> {
    fn word_at(&self, at: usize) -> Option<String> {
        self.text.get(self.tokens.get(at)?.span.clone()).map(str::to_ascii_lowercase)
    }

    fn word(&self) -> Option<String> {
        self.word_at(self.at)
    }

    fn is(&self, wanted: &str) -> bool {
        self.word().is_some_and(|word| word == wanted)
    }

    /// `name.name`
    fn path(&mut self) -> Option<Vec<String>> {
        let begin = self.at;
        let name = self.name();
        if name.is_none() {
            self.at = begin;
        }
        let mut parts = vec![name?];
        while self.is(".") {
            self.at += 1;
            match self.name() {
                Some(name) => parts.push(name),
                None => break,
            }
        }
        Some(parts)
    }

    /// How many arguments are in the parentheses that begin here; the place stays.
    fn count(&self) -> usize {
        let (mut depth, mut commas, mut empty) = (0_u32, 0, true);
        for token in self.tokens.get(self.at..).unwrap_or_default() {
            match self.text.get(token.span.clone()).unwrap_or_default() {
                "(" | "[" => depth += 1,
                ")" | "]" if depth <= 1 => break,
                ")" | "]" => depth -= 1,
                "," if depth == 1 => commas += 1,
                _ => {}
            }
            empty &= depth == 1 && self.text.get(token.span.clone()) == Some("(");
        }
        if empty { 0 } else { commas + 1 }
    }

    /// `schema.name(argument, ...)`
    fn call(&mut self) -> Option<Call> {
        let parts = self.path()?;
        if !self.is("(") {
            return None;
        }
        let arguments = self.arguments()?;
        Some(Call { name: names::qualified(&parts), arguments })
    }

    fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let raw = self.text.get(token.span.clone())?;
        self.at += 1;
        match token.kind {
            Kind::Word => Some(raw.to_lowercase()),
            Kind::Name => Some(raw.trim_matches('"').replace("\"\"", "\"")),
            _ => None,
        }
    }

    fn arguments(&mut self) -> Option<Vec<String>> {
        let (mut arguments, mut depth, mut start) = (Vec::new(), 0_u32, self.at + 1);
        loop {
            let word = self.word()?;
            let ends = depth == 1 && (word == "," || word == ")");
            if ends && self.at > start {
                let (first, last) = (self.tokens.get(start)?, self.tokens.get(self.at - 1)?);
                arguments.push(self.text.get(first.span.start..last.span.end)?.to_owned());
                start = self.at + 1;
            } else if ends && (word == "," || !arguments.is_empty()) {
                return None;
            }
            let named = (word == "=" || word == ":")
                && depth == 1
                && [">", "="].iter().any(|sign| self.word_at(self.at + 1).is_some_and(|next| next == *sign));
            if named || depth == 1 && ["variadic", "distinct", "order"].contains(&word.as_str()) {
                return None;
            }
            match word.as_str() {
                "(" | "[" => depth += 1,
                ")" | "]" => depth = depth.checked_sub(1)?,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return Some(arguments);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{called, calls};

    /// Names with their arguments, and the rest.
    type Shown = (Vec<(String, Vec<String>)>, String);

    fn found(text: &str) -> Option<Shown> {
        let calls = calls(text)?;
        Some((calls.calls.into_iter().map(|call| (call.name.to_string(), call.arguments)).collect(), calls.rest))
    }

    fn one(name: &str, arguments: &[&str], rest: &str) -> Option<Shown> {
        Some((vec![(name.to_owned(), arguments.iter().map(|&one| one.to_owned()).collect())], rest.to_owned()))
    }

    #[test]
    fn calls_and_their_arguments() {
        assert_eq!(found("SELECT f('a, b', (1 + 2), ARRAY[3, 4]);"), one("f", &["'a, b'", "(1 + 2)", "ARRAY[3, 4]"], ""));
        assert_eq!(found("select app.\"F\"() AS done"), one("app.\"F\"", &[], ""));
        assert_eq!(
            found("SELECT f(relname) FROM pg_class WHERE relkind = 'r'"),
            one("f", &["relname"], "FROM pg_class WHERE relkind = 'r'")
        );
        assert_eq!(found("SELECT * FROM f(1)"), one("f", &["1"], ""));
        assert_eq!(found("CALL p('x'::text)"), one("p", &["'x'::text"], ""));
        assert_eq!(found("SELECT f(1), g(2)").map(|(calls, _)| calls.len()), Some(2));
    }

    #[test]
    fn every_name_before_a_parenthesis() {
        let found = |text| called(text).into_iter().map(|(name, count)| format!("{name}/{count}")).collect::<Vec<_>>().join(" ");
        assert_eq!(found("INSERT INTO t (a, b) VALUES (f(), app.g(1, h(2, 3)))"), "f/0 app.g/2 h/2");
        assert_eq!(found("x := f(a => 1, b => ARRAY[1, 2]) + 1 IN (1, 2)"), "f/2");
        assert_eq!(found("SELECT 'f()', \"F\" ( ) -- g()"), "\"F\"/0");
        assert_eq!(found("f(g("), "f/1 g/0");
    }

    #[test]
    fn what_is_more_than_calls() {
        for text in [
            "SELECT f(1) + 1",
            "SELECT f(x => 1)",
            "SELECT f(x := 1)",
            "SELECT f(1,)",
            "SELECT 1",
            "SELECT f(1",
            "SELECT * FROM f(1), t",
            "",
            "SELECT f(1)::int",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }
}
