//! The claims of `tests/verify`: what each case needs, and what was said of it and came of it on a server.
//!
//! A case is asked for first and then run, in one transaction that is rolled back (or, where it opens transactions of its own, in a database of its
//! own). Who judges what came of it is the caller's business.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use postgres::Error;
use zdm_analyzer::split;

use crate::apart::{Apart, Locks, apart};
use crate::cluster::Cluster;
use crate::observe::{Effects, done, literal, predicted, remember};
use crate::precision::relied_on;
use crate::session::Session;

/// Where they are.
pub const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify");

/// One statement, and what it needs.
#[derive(Debug)]
pub struct Case {
    /// With the first major that it is for.
    pub setup: Vec<(i32, String)>,
    pub set: Vec<String>,
    pub since: i32,
    pub until: i32,
    /// It opens transactions of its own.
    pub apart: bool,
    /// The server refuses it; `...` stands for anything.
    pub fails: Option<String>,
    pub sql: String,
}

fn parse(block: &str) -> Case {
    let mut case = Case { setup: Vec::new(), set: Vec::new(), since: 0, until: i32::MAX, apart: false, fails: None, sql: String::new() };
    let major = |text: &str| text.parse().expect("a major version");
    for line in block.lines() {
        let Some(comment) = line.strip_prefix("-- ") else {
            case.sql.push_str(line);
            continue;
        };
        match comment.split_once(": ").unwrap_or((comment, "")) {
            ("setup", sql) => case.setup.push((0, sql.to_owned())),
            ("set", setting) => case.set.push(setting.to_owned()),
            ("since", from) => case.since = major(from),
            ("until", to) => case.until = major(to),
            ("apart", _) => case.apart = true,
            ("fails", why) => case.fails = Some(why.to_owned()),
            (other, sql) => {
                if let Some(from) = other.strip_prefix("setup ") {
                    case.setup.push((major(from), sql.to_owned()));
                }
            }
        }
    }
    case
}

/// The cases of a file that this major knows.
pub fn cases(file: &Path, major: i32) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut all: Vec<Case> = text.split("\n\n").map(parse).filter(|case| !case.sql.is_empty()).collect();
    all.retain(|case| (case.since..=case.until).contains(&major));
    for case in &mut all {
        case.setup.retain(|(from, _)| *from <= major);
    }
    all
}

/// Others wait for as long as the data is big. (EXCLUSIVE is what REFRESH ... CONCURRENTLY takes, of a relation that nobody writes to.)
pub fn long((relation, [lock, rewrites, scans, _]): (&String, &[String; 4])) -> bool {
    let blocks = matches!(lock.as_str(), "ShareLock" | "ShareRowExclusiveLock" | "AccessExclusiveLock");
    blocks && (rewrites == "t" || scans == "t") && !relation.starts_with("empty_")
}

/// What was said of a case, and what came of it.
pub struct Outcome {
    /// `zdm.ddl_effects`.
    pub said: Effects,
    /// Rows of `zdm.check_ddl`: risk, rule, whom it blocks, whether it rewrites, whether it scans.
    pub findings: Vec<String>,
    /// What the statement did, or why it was refused.
    pub came: Result<Effects, Error>,
    /// The same without locks of a moment, of a statement that opens transactions of its own.
    pub lasting: Option<Effects>,
    /// Of what programs may rely on, that which is gone; only looked at if danger was found.
    pub lost: Vec<String>,
    /// Relations that the check itself locked; there are to be none.
    pub locked: Vec<String>,
}

fn findings(s: &mut Session, case: &Case) -> Vec<String> {
    s.rows(&format!("SELECT risk, rule, blocks, rewrites, scans FROM zdm.check_ddl({})", literal(&case.sql)))
}

/// Tables whose rows the transaction changed.
pub const CHANGED: &str = "SELECT 'rows of ' || relname FROM pg_catalog.pg_stat_xact_user_tables WHERE n_tup_upd + n_tup_del > 0";

/// Indexes that went to another tablespace: as long as one is copied, no query of its table can be planned.
pub const MOVED: &str = "SELECT 'the use of ' || c.relname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
      WHERE EXISTS (SELECT FROM pg_temp.files_before b WHERE b.table = i.indrelid)
        AND c.reltablespace <> ALL (SELECT b.place FROM pg_temp.files_before b WHERE b.table = i.indrelid)";

/// Runs the statements of a text, and says what all of them did: also of an index that a later one dropped again.
fn step_by_step(s: &mut Session, sql: &str) -> Result<Effects, Error> {
    let pieces: Vec<&str> = split(sql).into_iter().filter_map(|piece| sql.get(piece.span)).collect();
    let Some((last, first)) = pieces.split_last() else { return s.attempt(sql).map(|()| done(s)) };
    let mut built = BTreeSet::new();
    for piece in first {
        s.attempt(piece)?;
        built.extend(done(s).into_iter().filter(|(_, [_, _, _, builds])| builds == "t").map(|(relation, _)| relation));
    }
    s.attempt(last)?;
    let mut came = done(s);
    for (_, [_, _, _, builds]) in came.iter_mut().filter(|(relation, _)| built.contains(*relation)) {
        *builds = "t".to_owned();
    }
    Ok(came)
}

/// Runs a case in a transaction that is rolled back.
fn run(s: &mut Session, case: &Case) -> Outcome {
    s.run("BEGIN; SET LOCAL search_path = shop; SET LOCAL zdm.guard_mode = 'off'");
    for setting in &case.set {
        s.run(&format!("SET LOCAL {setting}"));
    }
    let said = predicted(s, &case.sql).unwrap_or_else(|error| panic!("{}: {error}", case.sql));
    let locked = s.rows(
        "SELECT relation::regclass FROM pg_locks JOIN pg_class c ON c.oid = relation JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE pid = pg_backend_pid() AND nspname IN ('shop', 'attic')",
    );
    let findings = findings(s, case);
    let relied_on = before(s, &findings);
    remember(s);
    let came = step_by_step(s, &case.sql);
    let mut lost = if came.is_ok() { lost(s, &relied_on) } else { Vec::new() };
    if came.is_ok() {
        lost.extend(s.rows(CHANGED));
        lost.extend(s.rows(MOVED));
    }
    s.run("ROLLBACK");
    Outcome { said, findings, came, lasting: None, lost, locked }
}

/// Runs a case that opens transactions of its own.
fn run_apart(cluster: &Cluster, database: &str, case: &Case) -> Outcome {
    let mut s = cluster.connect(database);
    s.run("SET search_path = shop");
    let said = predicted(&mut s, &case.sql).unwrap_or_else(|error| panic!("{}: {error}", case.sql));
    let findings = findings(&mut s, case);
    let relied_on = before(&mut s, &findings);
    drop(s);
    let Apart { came, lasting, result } = apart(cluster, database, "shop", &case.sql, Locks::All);
    let lost = lost(&mut cluster.connect(database), &relied_on);
    Outcome { said, findings, came: result.map(|()| came), lasting: Some(lasting), lost, locked: Vec::new() }
}

/// What programs may rely on, if somebody will ask what is left of it.
fn before(s: &mut Session, findings: &[String]) -> BTreeSet<String> {
    if findings.iter().any(|row| row.starts_with("danger|")) { relied_on(s) } else { BTreeSet::new() }
}

fn lost(s: &mut Session, before: &BTreeSet<String>) -> Vec<String> {
    if before.is_empty() { Vec::new() } else { before.difference(&relied_on(s)).cloned().collect() }
}

/// A database with the fixture, and one for all cases that need nothing more.
pub struct Lab<'a> {
    cluster: &'a Cluster,
    admin: Session,
    plain: Session,
    copies: u32,
}

impl<'a> Lab<'a> {
    pub fn new(cluster: &'a Cluster) -> Self {
        let mut admin = cluster.connect("postgres");
        let fixture = cluster.database("effects_fixture");
        let mut s = fixture.connect();
        s.run("SELECT zdm.set_guard('off')");
        s.run(&std::fs::read_to_string(Path::new(FOLDER).join("fixture.sql")).expect("the fixture"));
        drop(s);
        crate::until("the fixture's session has gone", || {
            admin.value::<i64>("SELECT count(*) FROM pg_stat_activity WHERE datname = 'effects_fixture'") == 0
        });
        admin.run("CREATE DATABASE effects TEMPLATE effects_fixture STRATEGY file_copy");
        let plain = cluster.connect("effects");
        Self { cluster, admin, plain, copies: 0 }
    }

    /// Runs a case, in a copy of the database if it needs more than the fixture.
    pub fn run(&mut self, case: &Case) -> Outcome {
        if case.setup.is_empty() && !case.apart {
            return run(&mut self.plain, case);
        }
        self.copies += 1;
        let name = format!("effects_{}", self.copies);
        self.admin.run(&format!("CREATE DATABASE {name} TEMPLATE effects_fixture STRATEGY file_copy"));
        let mut s = self.cluster.connect(&name);
        s.run("SET zdm.guard_mode = 'off'; SET search_path = shop");
        case.setup.iter().for_each(|(_, sql)| s.run(sql));
        if !case.setup.is_empty() {
            // Whether a foreign key's rows are looked up or read through is the planner's choice.
            s.run("ANALYZE");
        }
        let outcome = if case.apart { run_apart(self.cluster, &name, case) } else { run(&mut s, case) };
        drop(s);
        outcome
    }

    /// The server's major version.
    pub fn major(&mut self) -> i32 {
        let number: String = self.plain.value("SELECT current_setting('server_version_num')");
        number.parse::<i32>().expect("a number") / 10_000
    }
}

/// All files of a folder, in the order of their names.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(FOLDER).join(folder)).expect("the folder is there");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}
