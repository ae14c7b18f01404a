//! Replays migrations: runs their statements one by one in a fresh database, asks what each will do before it does it, and compares.
//!
//! Each statement is run in a transaction of its own, so that its locks can be seen; BEGIN, COMMIT and their relatives in the files are left out, and SET
//! LOCAL becomes SET. One that cannot run in a transaction is held up while its locks are looked at. What the server refuses is counted and passed
//! over: real files miss roles, extensions, other files.

use std::path::PathBuf;

use postgres::Error;
use zdm_analyzer::{Piece, split};

use crate::apart::{Apart, Locks, apart};
use crate::cluster::Cluster;
use crate::history::upwards;
use crate::observe::{Effects, done, exact, holds, literal, predicted, remember, show};
use crate::session::Session;

/// How statements came out.
#[derive(Debug, Default, Clone)]
pub struct Count {
    /// Statements that ran.
    pub ran: u32,
    /// Predicted in every detail.
    pub exact: u32,
    /// Said to be not judged.
    pub unknown: u32,
    /// Nothing wrong was said, but a detail was left open.
    pub open: u32,
    /// Something wrong was said.
    pub wrong: u32,
    /// The server refused them.
    pub refused: u32,
    /// Danger was found for an empty table.
    pub false_danger: u32,
    /// What is not exact, to be printed.
    pub notes: Vec<String>,
    /// What the server said to those it refused.
    pub refusals: Vec<String>,
}

impl Count {
    pub fn add(&mut self, other: &Self) {
        self.ran += other.ran;
        self.exact += other.exact;
        self.unknown += other.unknown;
        self.open += other.open;
        self.wrong += other.wrong;
        self.refused += other.refused;
        self.false_danger += other.false_danger;
        self.notes.extend(other.notes.iter().cloned());
        self.refusals.extend(other.refusals.iter().cloned());
    }

    /// One line.
    pub fn summary(&self) -> String {
        let share = |part: u32| 100.0 * f64::from(part) / f64::from(self.ran.max(1));
        format!(
            "{} statements ran: {} exact ({:.2} %), {} left open, {} wrong, {} not judged; {} refused by the server; {} false dangers",
            self.ran,
            self.exact,
            share(self.exact),
            self.open,
            self.wrong,
            self.unknown,
            self.refused,
            self.false_danger
        )
    }
}

/// Replays files, one after the other, in a new database.
pub fn replay(cluster: &Cluster, database: &str, files: &[PathBuf]) -> Count {
    cluster.database(database).connect().run("SELECT zdm.set_guard('off')");
    let mut count = Count::default();
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))).into_owned();
        let text = upwards(&text.strip_prefix('\u{feff}').unwrap_or(&text).replace('\0', " "));
        let mut replay = Replay { cluster, database, session: connect(cluster, database), count: Count::default() };
        replay.file(&file.display().to_string(), &text);
        count.add(&replay.count);
    }
    count
}

fn connect(cluster: &Cluster, database: &str) -> Session {
    let mut session = cluster.connect(database);
    session.run("SET client_min_messages = error; SET statement_timeout = '120s'");
    session
}

/// Statements about transactions, which are the replay's own.
const SKIPPED: &[&str] =
    &["BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PREPARE TRANSACTION", "SET CONSTRAINTS"];

struct Replay<'a> {
    cluster: &'a Cluster,
    database: &'a str,
    session: Session,
    count: Count,
}

/// What was said of a statement.
struct Said {
    effects: Effects,
    /// Risk, rule and object of each finding.
    findings: Vec<[String; 3]>,
}

impl Replay<'_> {
    fn file(&mut self, name: &str, text: &str) {
        let pieces = split(text);
        for (at, piece) in pieces.iter().enumerate() {
            if piece.client || SKIPPED.contains(&piece.tag.as_str()) {
                continue;
            }
            let Some(sql) = text.get(piece.span.clone()) else { continue };
            let data = pieces.get(at + 1).filter(|next| next.tag == "COPY DATA").and_then(|next| text.get(next.span.clone()));
            self.statement(&format!("{name}:{}", piece.line), piece, sql, data);
            if self.session.is_closed() {
                self.session = connect(self.cluster, self.database);
            }
        }
    }

    fn statement(&mut self, place: &str, piece: &Piece, sql: &str, data: Option<&str>) {
        let sql = if piece.tag == "SET" { without_local(sql) } else { sql.to_owned() };
        self.session.run("BEGIN; SET LOCAL client_min_messages = error");
        let said = self.said(&sql);
        if said.is_err() {
            self.session.run("ROLLBACK; BEGIN");
        }
        let empty = self.empty_tables(&said);
        remember(&mut self.session);
        let result = match data {
            Some(rows) => self.session.attempt_copy(&sql, rows.trim_end().trim_end_matches("\\.")),
            None => self.session.attempt(&sql),
        };
        match result {
            Ok(()) => {
                let came = done(&mut self.session);
                if self.session.attempt("COMMIT").is_err() {
                    let _ = self.session.attempt("ROLLBACK");
                }
                self.compare(place, &sql, said, &came, &empty);
            }
            Err(error) => {
                let _ = self.session.attempt("ROLLBACK");
                if error.code().is_some_and(|code| code.code() == "25001") {
                    self.apart(place, &sql, said, &empty);
                } else {
                    self.refuse(place, &error);
                }
            }
        }
    }

    /// Runs a statement that opens transactions of its own.
    fn apart(&mut self, place: &str, sql: &str, said: Result<Said, Error>, empty: &[String]) {
        let path: String = self.session.value("SELECT pg_catalog.current_setting('search_path')");
        let path = if path.is_empty() { "''".to_owned() } else { path };
        match apart(self.cluster, self.database, &path, sql, Locks::All) {
            Apart { came, result: Ok(()), .. } => self.compare(place, sql, said, &came, empty),
            Apart { result: Err(error), .. } => self.refuse(place, &error),
        }
    }

    fn refuse(&mut self, place: &str, error: &Error) {
        self.count.refused += 1;
        let why = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
        self.count.refusals.push(format!("{place}: {why}"));
    }

    fn said(&mut self, sql: &str) -> Result<Said, Error> {
        let effects = predicted(&mut self.session, sql)?;
        let rows = self.session.try_rows(&format!("SELECT object, rule, risk FROM zdm.check_ddl({})", literal(sql)))?;
        let parts = |row: String| {
            let mut parts = row.rsplitn(3, '|').map(str::to_owned);
            [(); 3].map(|()| parts.next().unwrap_or_default())
        };
        Ok(Said { effects, findings: rows.into_iter().map(parts).collect() })
    }

    /// Of the tables that danger was found for, those without a page, partitions included.
    fn empty_tables(&mut self, said: &Result<Said, Error>) -> Vec<String> {
        let Ok(said) = said else { return Vec::new() };
        let dangers = said.findings.iter().filter(|[risk, _, object]| risk == "danger" && object != "-");
        let objects: Vec<String> = dangers.map(|[_, _, object]| literal(object)).collect();
        if objects.is_empty() {
            return Vec::new();
        }
        self.session.rows(&format!(
            "SELECT o.name FROM pg_catalog.unnest(ARRAY[{}]) AS o(name)
               JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(o.name) AND c.relkind IN ('r', 'p')
              WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid) t WHERE pg_catalog.pg_relation_size(t.relid) > 0)
                AND pg_catalog.pg_relation_size(c.oid) = 0
                AND NOT EXISTS (SELECT FROM pg_catalog.pg_inherits i WHERE i.inhparent = c.oid AND pg_catalog.pg_relation_size(i.inhrelid) > 0)",
            objects.join(", ")
        ))
    }

    fn compare(&mut self, place: &str, sql: &str, said: Result<Said, Error>, came: &Effects, empty: &[String]) {
        self.count.ran += 1;
        let mut note = |what: String| {
            let words: Vec<&str> = sql.split_whitespace().collect();
            let short: String = words.join(" ").chars().take(160).collect();
            self.count.notes.push(format!("{place}: {short}\n    {what}"));
        };
        for name in empty {
            self.count.false_danger += 1;
            note(format!("danger for {name}, which is empty"));
        }
        let said = match said {
            Ok(said) => said,
            Err(error) => {
                note(format!("not analyzed: {error}"));
                self.count.unknown += 1;
                return;
            }
        };
        let unknown = said.findings.iter().any(|[risk, _, _]| risk == "unknown");
        if exact(&said.effects, came) {
            self.count.exact += 1;
        } else if unknown && said.effects.is_empty() {
            let rules: Vec<&str> = said.findings.iter().map(|[_, rule, _]| rule.as_str()).collect();
            note(format!("not judged ({}); came: {}", rules.join(", "), show(came)));
            self.count.unknown += 1;
        } else if holds(&said.effects, came, !unknown) {
            note(format!("left open: {}; came: {}", show(&said.effects), show(came)));
            self.count.open += 1;
        } else {
            note(format!("said: {}\n    came: {}", show(&said.effects), show(came)));
            self.count.wrong += 1;
        }
    }
}

/// `SET LOCAL` as it is without a transaction around it.
fn without_local(sql: &str) -> String {
    let mut words = sql.splitn(3, char::is_whitespace);
    match (words.next(), words.next(), words.next()) {
        (Some(set), Some(local), Some(rest)) if set.eq_ignore_ascii_case("set") && local.eq_ignore_ascii_case("local") => {
            format!("SET {rest}")
        }
        _ => sql.to_owned(),
    }
}
