//! The table of `tests/guard`: statements that the guard has to refuse, or to let pass, and the contexts in which they are tried.

use std::path::Path;

use postgres::Error;

use crate::observe::literal;
use crate::session::Session;

/// Where it is.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../guard");

/// A statement, and what is said of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// By which rule it is to be refused; `None`: it is harmless.
    pub rule: Option<String>,
    pub sql: String,
    /// What takes back that it has run, where a rollback does not.
    pub after: Option<String>,
    /// What works before, and fails afterwards.
    pub breaks: Option<String>,
    /// The server runs it outside of transaction blocks only.
    pub alone: bool,
}

/// The statements of a file, one a line, that this major knows.
fn read(file: &Path, major: i32) -> Vec<Entry> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut entries: Vec<Entry> = Vec::new();
    let (mut rule, mut since, mut known) = (None, 0, true);
    for line in text.lines() {
        let Some(comment) = line.strip_prefix("-- ") else {
            let sql = line.trim_end_matches(';').to_owned();
            known = since <= major;
            since = 0;
            if known {
                entries.push(Entry { rule: rule.clone(), sql, after: None, breaks: None, alone: false });
            }
            continue;
        };
        let last = entries.last_mut().filter(|_| known);
        match (comment.split_once(": "), last) {
            (Some(("rule", name)), _) => rule = Some(name.to_owned()),
            (Some(("since", from)), _) => since = from.parse().expect("a major version"),
            (Some(("after", sql)), Some(entry)) => entry.after = Some(sql.to_owned()),
            (Some(("breaks", sql)), Some(entry)) => entry.breaks = Some(sql.to_owned()),
            _ => {}
        }
    }
    entries
}

/// All statements of a folder.
pub fn entries(folder: &str, major: i32) -> Vec<Entry> {
    let listing = std::fs::read_dir(Path::new(FOLDER).join(folder)).expect("the folder is there");
    let mut files: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files.iter().flat_map(|file| read(file, major)).collect()
}

/// The command and what it does, as far as its first keywords say it.
pub fn kind(sql: &str) -> String {
    let keyword = |word: &&str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
    let filler = |word: &&str| !matches!(*word, "IF" | "EXISTS" | "ONLY");
    sql.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .filter(keyword)
        .filter(filler)
        .take(4)
        .collect::<Vec<_>>()
        .join(" ")
}

/// How a statement gets to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    Simple,
    /// Among others in one message.
    Multi,
    /// Parse, bind and execute, without a name.
    Extended,
    /// A prepared statement with a name.
    Prepared,
    Do,
    Static,
    Execute,
    SqlFunction,
    Trigger,
    /// In CREATE SCHEMA or EXPLAIN ANALYZE.
    Within,
}

impl Context {
    pub const ALL: [Self; 10] = [
        Self::Simple,
        Self::Multi,
        Self::Extended,
        Self::Prepared,
        Self::Do,
        Self::Static,
        Self::Execute,
        Self::SqlFunction,
        Self::Trigger,
        Self::Within,
    ];

    /// Whether the client sends the statement itself.
    pub fn plain(self) -> bool {
        matches!(self, Self::Simple | Self::Multi | Self::Extended | Self::Prepared)
    }

    /// Why the statement cannot come this way, if so.
    pub fn impossible(self, entry: &Entry) -> Option<&'static str> {
        if entry.alone && !matches!(self, Self::Simple | Self::Extended | Self::Prepared) {
            return Some("it runs outside of transaction blocks only");
        }
        match self {
            Self::Do | Self::Static if returns_rows(&entry.sql) => Some("PL/pgSQL wants a target for its rows"),
            Self::Do | Self::Static if entry.sql.starts_with("DECLARE ") => Some("PL/pgSQL has a DECLARE of its own"),
            Self::Within if within(&entry.sql).is_none() => Some("it is no part of CREATE SCHEMA, and cannot be explained"),
            _ => None,
        }
    }

    /// Whether the first statement of a session has the library loaded, if it comes in this way: it fires an event trigger.
    pub fn fires_an_event(self, entry: &Entry, major: i32) -> bool {
        let first = entry.sql.split(' ').next().unwrap_or_default();
        !matches!(first, "TRUNCATE" | "VACUUM" | "CLUSTER" | "REASSIGN" | "DELETE" | "UPDATE" | "WITH")
            && !entry.sql.starts_with("DROP DATABASE")
            && (first != "REINDEX" || major >= 17)
            && !(self == Self::Within && within(&entry.sql).is_some_and(|sql| sql.starts_with("EXPLAIN")))
    }

    /// Runs the statement in this way, in the transaction that is open (or in none, if it has to be alone).
    pub fn attempt(self, s: &mut Session, entry: &Entry) -> Result<(), Error> {
        self.make(s, "pg_temp", entry)?;
        self.come(s, "pg_temp", entry)
    }

    /// Makes the function that runs the statement, if it comes in one.
    pub fn make(self, s: &mut Session, schema: &str, entry: &Entry) -> Result<(), Error> {
        let (language, body) = match self {
            Self::Static => ("plpgsql", format!("BEGIN {}; END", entry.sql)),
            Self::SqlFunction => ("sql", entry.sql.clone()),
            _ => return Ok(()),
        };
        s.attempt(&format!("CREATE OR REPLACE FUNCTION {schema}.probe() RETURNS void LANGUAGE {language} AS {}", literal(&body)))
    }

    /// Runs the statement when its function, if any, is there.
    pub fn come(self, s: &mut Session, schema: &str, entry: &Entry) -> Result<(), Error> {
        let sql = &entry.sql;
        match self {
            Self::Simple => s.attempt(sql),
            Self::Multi => s.attempt(&format!("SELECT 1; /* ; */ {sql};\n-- ;\nSELECT 2")),
            Self::Extended => s.attempt_unnamed(sql),
            Self::Prepared => s.attempt_prepared(sql),
            Self::Do => s.attempt(&format!("DO {}", literal(&format!("BEGIN PERFORM 1; {sql}; END")))),
            Self::Static | Self::SqlFunction => s.attempt(&format!("SELECT {schema}.probe()")),
            Self::Execute => s.attempt(&format!("DO {}", literal(&format!("BEGIN EXECUTE {}; END", literal(sql))))),
            Self::Trigger => s.attempt(&format!("INSERT INTO shop.bell VALUES ({})", literal(sql))),
            Self::Within => s.attempt(&within(sql).unwrap_or_default()),
        }
    }
}

fn returns_rows(sql: &str) -> bool {
    let first = sql.split(' ').next().unwrap_or_default();
    matches!(first, "SELECT" | "TABLE" | "VALUES" | "WITH" | "EXPLAIN" | "SHOW") || sql.contains(" RETURNING ")
}

/// The statement as a part of another.
fn within(sql: &str) -> Option<String> {
    let name = |start: &str| sql.strip_prefix(start).map(|rest| rest.split([' ', '(']).next().unwrap_or_default());
    let first = sql.split(' ').next().unwrap_or_default();
    let made_of_query = ["CREATE TABLE ", "CREATE MATERIALIZED VIEW "].iter().any(|start| sql.starts_with(start))
        && [" AS SELECT ", " AS TABLE "].iter().any(|query| sql.contains(query));
    if made_of_query || matches!(first, "SELECT" | "TABLE" | "VALUES" | "WITH" | "INSERT" | "UPDATE" | "DELETE" | "MERGE") {
        return Some(format!("EXPLAIN (ANALYZE, COSTS off) {sql}"));
    }
    let elements = ["CREATE TABLE IF NOT EXISTS ", "CREATE TABLE ", "CREATE UNLOGGED TABLE ", "CREATE VIEW ", "CREATE SEQUENCE "];
    let element = elements.iter().find_map(|start| name(start)).is_some_and(|name| !name.contains('.')) && !sql.contains(" OWNED BY ");
    (element || sql.starts_with("GRANT ") && sql.contains(" ON parts ")).then(|| format!("CREATE SCHEMA around {sql}"))
}
