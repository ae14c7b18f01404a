//! The examples of the rules' manuals, on a server: what each needs, what was said of it, and what came of it.
//!
//! Each is run in a database to itself (one that another one left as it was will do), as psql would run it: statement by statement, and on after an error. What stands between BEGIN and COMMIT is
//! asked for and looked at as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use postgres::Error;
use zdm_analyzer::{Piece, split};

use crate::apart::{Apart, Locks, apart};
use crate::claims::FOLDER;
use crate::cluster::Cluster;
use crate::observe::{Effects, done, exact, holds, literal, predicted, remember, show};
use crate::session::Session;

/// What the examples of one rule need beyond the fixture.
#[derive(Debug, Default)]
pub struct Needs {
    pub setup: Vec<String>,
    /// What another session does while the check is asked, and takes back before the example is run.
    pub meanwhile: Option<String>,
    /// That is for the bad example only.
    pub meanwhile_bad: bool,
    /// A table whose file is made as big as one that takes long.
    pub big: Option<String>,
    pub since: i32,
    /// The test that shows the rule instead, and why this one cannot.
    pub elsewhere: Option<String>,
    /// Why its locks are not compared.
    pub open: Option<String>,
}

/// The needs of all rules that have some.
pub fn needs() -> BTreeMap<String, Needs> {
    let file = Path::new(FOLDER).join("manuals/needs.sql");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut all = BTreeMap::new();
    for block in text.split("\n\n") {
        let mut lines = block.lines().filter_map(|line| line.strip_prefix("-- ")?.split_once(": "));
        let Some(("rule", rule)) = lines.next() else { continue };
        let mut needs = Needs::default();
        for (key, value) in lines {
            let value = value.to_owned();
            match key {
                "setup" => needs.setup.push(value),
                "meanwhile" | "meanwhile bad" => {
                    needs.meanwhile = Some(value);
                    needs.meanwhile_bad = key == "meanwhile bad";
                }
                "big" => needs.big = Some(value),
                "since" => needs.since = value.parse().expect("a major version"),
                "open" => needs.open = Some(value),
                "elsewhere" => needs.elsewhere = Some(value),
                _ => panic!("{rule}: {key} is not known"),
            }
        }
        assert!(all.insert(rule.to_owned(), needs).is_none(), "{rule} is there twice");
    }
    all
}

/// What came of an example.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The server's grammar does not know it.
    pub unknown_syntax: bool,
    /// Rules that reported something.
    pub rules: BTreeSet<String>,
    /// Statements, or transactions, that did what had been said.
    pub agree: u32,
    /// Of these, those of which something had been left open.
    pub open: Vec<String>,
    /// Statements that were refused, as had been said.
    pub refused: u32,
    /// What had not been said, or came otherwise.
    pub wrong: Vec<String>,
    /// The database is no longer what it was.
    pub spent: bool,
}

/// Enough for every rule that asks whether a table is big.
const BIG: u64 = 800 << 20;

/// Runs one example in this database.
pub fn run(cluster: &Cluster, database: &str, needs: &Needs, bad: bool, sql: &str) -> Outcome {
    let mut session = cluster.connect(database);
    session.run("SET client_min_messages = error; SET zdm.guard_mode = 'off'; SET statement_timeout = '30s'");
    if let Some(table) = &needs.big {
        let file: String = session.value(&format!("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('{table}')"));
        let file = std::fs::File::options().write(true).open(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        // pages of zeros are empty ones
        file.set_len(BIG).expect("a file with holes");
    }
    needs.setup.iter().for_each(|sql| session.run(sql));
    let mut example = Example {
        cluster,
        database,
        session,
        sql,
        alone: false,
        open: needs.open.as_deref(),
        failing: BTreeSet::new(),
        unsure: BTreeSet::new(),
        outcome: Outcome::default(),
    };
    let held = needs.meanwhile.as_ref().filter(|_| bad || !needs.meanwhile_bad).map(|sql| {
        let mut other = cluster.connect(database);
        other.run(sql);
        // one of a moment ago is not spoken of
        std::thread::sleep(Duration::from_millis(1_100));
        other
    });
    example.alone = needs.setup.is_empty() && needs.big.is_none() && split(sql).len() == 1;
    example.outcome.spent = !example.alone;
    let known = example.ask();
    if let Some(mut other) = held {
        other.run("ROLLBACK");
    }
    if known {
        example.statements();
    }
    example.outcome
}

struct Example<'a> {
    cluster: &'a Cluster,
    database: &'a str,
    session: Session,
    sql: &'a str,
    /// One statement and nothing else: what it does can be taken back.
    alone: bool,
    /// Why its locks are not compared.
    open: Option<&'a str>,
    /// Statements, from 1, that are said to fail.
    failing: BTreeSet<usize>,
    /// Those of which it is said that they cannot be judged.
    unsure: BTreeSet<usize>,
    outcome: Outcome,
}

impl Example<'_> {
    /// Asks the check; false if the server does not know the syntax.
    fn ask(&mut self) -> bool {
        let query = format!(
            "SELECT statement, coalesce(rule, ''), risk = 'unknown',
                    message LIKE 'would fail: %' OR rule IN ('missing-object', 'concurrently-in-transaction') OR message ~ ' fails if .* has rows$' OR detail ~ '(^|[.] )(The|That) statement fails'
               FROM zdm.check_ddl({})",
            literal(self.sql)
        );
        let rows = match self.session.try_rows(&query) {
            Ok(rows) => rows,
            Err(error) if error.code().is_some_and(|code| code.code() == "42601") => {
                self.outcome.unknown_syntax = true;
                return false;
            }
            Err(error) => panic!("{}: {error:?}", self.sql),
        };
        for row in rows {
            let columns: Vec<&str> = row.split('|').collect();
            let [statement, rule, unknown, fails] = columns[..] else { panic!("{row}") };
            let statement = statement.parse().expect("a number");
            if fails == "t" {
                self.failing.insert(statement);
            }
            if unknown == "t" {
                self.unsure.insert(statement);
            }
            self.outcome.rules.insert(rule.to_owned());
        }
        true
    }

    fn statements(&mut self) {
        let pieces = split(self.sql);
        let mut at = 0;
        while let Some(piece) = pieces.get(at) {
            let end = match piece.tag.as_str() {
                "BEGIN" => pieces.iter().skip(at).position(|piece| piece.tag == "COMMIT").map_or(pieces.len(), |more| at + more + 1),
                _ => at + 1,
            };
            match pieces.get(at..end).unwrap_or_default() {
                [one] if one.client => {}
                [one] => self.one(at + 1, one),
                block => self.block(at + 1, block),
            }
            at = end;
        }
    }

    fn text(&self, pieces: &[Piece]) -> String {
        let start = pieces.first().map_or(0, |piece| piece.span.start);
        let end = pieces.last().map_or(0, |piece| piece.span.end);
        self.sql.get(start..end).unwrap_or_default().to_owned()
    }

    fn one(&mut self, number: usize, piece: &Piece) {
        let sql = self.text(std::slice::from_ref(piece));
        if piece.tag == "SET" {
            self.session.run(&sql);
            return;
        }
        let said = predicted(&mut self.session, &sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        self.session.run("BEGIN");
        remember(&mut self.session);
        match self.session.attempt(&sql) {
            Ok(()) => {
                let came = done(&mut self.session);
                let end = self.session.attempt(if self.alone { "ROLLBACK" } else { "COMMIT" });
                self.compare(number, number, &sql, &said, end.map(|()| came));
            }
            Err(error) => {
                self.session.run("ROLLBACK");
                // outside of a transaction it may be allowed
                let outside = error.code().is_some_and(|code| matches!(code.code(), "25001" | "2D000"));
                let result = if outside {
                    self.outcome.spent = true;
                    let Apart { came, result, .. } = apart(self.cluster, self.database, "public", &sql, Locks::All);
                    result.map(|()| came)
                } else {
                    Err(error)
                };
                self.compare(number, number, &sql, &said, result);
            }
        }
    }

    /// What stands between BEGIN and COMMIT.
    fn block(&mut self, first: usize, pieces: &[Piece]) {
        let sql = self.text(pieces);
        let said = predicted(&mut self.session, &sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        self.session.run("BEGIN");
        remember(&mut self.session);
        let last = first + pieces.len() - 1;
        for piece in pieces.iter().skip(1).filter(|piece| piece.tag != "COMMIT") {
            if let Err(error) = self.session.attempt(&self.text(std::slice::from_ref(piece))) {
                self.session.run("ROLLBACK");
                self.compare(first, last, &sql, &said, Err(error));
                return;
            }
        }
        let mut came = done(&mut self.session);
        if pieces.iter().any(|piece| matches!(piece.tag.as_str(), "UPDATE" | "DELETE")) {
            // what it reads is no effect of DDL
            came.iter_mut().for_each(|(name, came)| said.get(name).into_iter().for_each(|said| came[2].clone_from(&said[2])));
        }
        let end = self.session.attempt("COMMIT");
        self.compare(first, last, &sql, &said, end.map(|()| came));
    }

    /// Compares what was said of these statements with what came.
    fn compare(&mut self, first: usize, last: usize, sql: &str, said: &Effects, came: Result<Effects, Error>) {
        let fails = self.failing.range(first..=last).next().is_some();
        let unsure = self.unsure.range(first..=last).next().is_some();
        match came {
            Ok(_) if fails => self.outcome.wrong.push(format!("{sql}\n    was said to fail, and does not")),
            Err(_) if fails => self.outcome.refused += 1,
            Err(_) if unsure => self.outcome.open.push(format!("{sql}\n    cannot be judged, and fails")),
            Err(error) => {
                let why = error.as_db_error().map_or_else(|| error.to_string(), |error| error.message().to_owned());
                self.outcome.wrong.push(format!("{sql}\n    fails, which was not said: {why}"));
            }
            Ok(came) if self.open.is_some() && !exact(said, &came) => {
                self.outcome.open.push(format!("{sql}\n    {}", self.open.unwrap_or_default()))
            }
            Ok(came) if exact(said, &came) => self.outcome.agree += 1,
            Ok(came) if holds(said, &came, !unsure) => {
                self.outcome.open.push(format!("{sql}\n    left open: {}; came: {}", show(said), show(&came)));
            }
            Ok(came) => self.outcome.wrong.push(format!("{sql}\n    said: {}\n    came: {}", show(said), show(&came))),
        }
    }
}
