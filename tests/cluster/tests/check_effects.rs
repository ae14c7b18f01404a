//! What `zdm.ddl_effects` says of a statement is what the server does: the claims of `tests/verify`, one by one.
//!
//! Each statement is asked for first and then run, in one transaction that is rolled back (or, where it opens transactions of its own, in a
//! database of its own). Where `zdm.check_ddl` says that the statement reaches more than it names, nothing wrong may be said, but not all.

use std::path::Path;

use zdm_cluster_tests::observe::{Effects, apart, done, exact, holds, literal, predicted, remember, show};
use zdm_cluster_tests::{Cluster, Session, shared};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify");

/// One statement, and what it needs.
#[derive(Debug)]
struct Case {
    /// With the first major that it is for.
    setup: Vec<(i32, String)>,
    set: Vec<String>,
    since: i32,
    until: i32,
    /// It opens transactions of its own.
    apart: bool,
    /// The server refuses it; `...` stands for anything.
    fails: Option<String>,
    sql: String,
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
fn cases(file: &Path, major: i32) -> Vec<Case> {
    let text = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let mut all: Vec<Case> = text.split("\n\n").map(parse).filter(|case| !case.sql.is_empty()).collect();
    all.retain(|case| (case.since..=case.until).contains(&major));
    for case in &mut all {
        case.setup.retain(|(from, _)| *from <= major);
    }
    all
}

/// Others wait for as long as the data is big. (EXCLUSIVE is what REFRESH ... CONCURRENTLY takes, of a relation that nobody writes to.)
fn long((relation, [lock, rewrites, scans]): (&String, &[String; 3])) -> bool {
    let blocks = matches!(lock.as_str(), "ShareLock" | "ShareRowExclusiveLock" | "AccessExclusiveLock");
    blocks && (rewrites == "t" || scans == "t") && !relation.starts_with("empty_")
}

/// How a case came out.
enum Outcome {
    Exact,
    /// Nothing wrong was said, but something left open.
    Open(String),
    Refused,
    Wrong(String),
}

fn compare(said: &Effects, came: &Effects, findings: &[String]) -> Outcome {
    let bounded = !findings.iter().any(|row| row == "unknown|unbounded-effect");
    if !holds(said, came, bounded) {
        return Outcome::Wrong(format!("\n    said: {}\n    came: {}", show(said), show(came)));
    }
    if came.iter().any(long) && !findings.iter().any(|row| row.starts_with("danger") || row.starts_with("unknown")) {
        return Outcome::Wrong(format!("no danger was found, but: {}", show(came)));
    }
    if exact(said, came) { Outcome::Exact } else { Outcome::Open(format!("said: {}; came: {}", show(said), show(came))) }
}

fn refused(case: &Case, error: &postgres::Error) -> Outcome {
    let message = error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
    let mut rest = message.as_str();
    let claimed = case.fails.as_deref().is_some_and(|claim| {
        claim.split("...").all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        })
    });
    if claimed { Outcome::Refused } else { Outcome::Wrong(format!("failed: {message}")) }
}

fn findings(s: &mut Session, case: &Case) -> Vec<String> {
    s.rows(&format!("SELECT risk, rule FROM zdm.check_ddl({})", literal(&case.sql)))
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
    remember(s);
    let outcome = match s.attempt(&case.sql) {
        Err(error) => refused(case, &error),
        Ok(()) if case.fails.is_some() => Outcome::Wrong("it was not refused".to_owned()),
        Ok(()) => compare(&said, &done(s), &findings),
    };
    s.run("ROLLBACK");
    if locked.is_empty() { outcome } else { Outcome::Wrong(format!("the check itself locked {locked:?}")) }
}

/// Runs a case that opens transactions of its own.
fn run_apart(cluster: &Cluster, database: &str, case: &Case) -> Outcome {
    let mut s = cluster.connect(database);
    s.run("SET search_path = shop");
    let said = predicted(&mut s, &case.sql).unwrap_or_else(|error| panic!("{}: {error}", case.sql));
    let findings = findings(&mut s, case);
    drop(s);
    match apart(cluster, database, "shop", &case.sql) {
        (_, Err(error)) => refused(case, &error),
        (_, Ok(())) if case.fails.is_some() => Outcome::Wrong("it was not refused".to_owned()),
        (came, Ok(())) => compare(&said, &came, &findings),
    }
}

/// A database with the fixture, and one for all cases that need nothing more.
struct Lab {
    cluster: &'static Cluster,
    admin: Session,
    plain: Session,
    copies: u32,
}

impl Lab {
    fn new() -> Self {
        let cluster = shared();
        let mut admin = cluster.connect("postgres");
        let fixture = cluster.database("effects_fixture");
        let mut s = fixture.connect();
        s.run("SELECT zdm.set_guard('off')");
        s.run(&std::fs::read_to_string(Path::new(FOLDER).join("fixture.sql")).expect("the fixture"));
        drop(s);
        zdm_cluster_tests::until("the fixture's session has gone", || {
            admin.value::<i64>("SELECT count(*) FROM pg_stat_activity WHERE datname = 'effects_fixture'") == 0
        });
        admin.run("CREATE DATABASE effects TEMPLATE effects_fixture STRATEGY file_copy");
        let plain = cluster.connect("effects");
        Self { cluster, admin, plain, copies: 0 }
    }

    fn run(&mut self, case: &Case) -> Outcome {
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

    /// Runs files of cases; prints the count and what is left open, and gives what is wrong.
    fn run_all(&mut self, what: &str, files: &[&Path]) -> Vec<String> {
        let number: String = self.plain.value("SELECT current_setting('server_version_num')");
        let major = number.parse::<i32>().expect("a number") / 10_000;
        let (mut count, mut exact, mut refused, mut open, mut wrong) = (0, 0, 0, Vec::new(), Vec::new());
        for case in files.iter().flat_map(|file| cases(file, major)) {
            count += 1;
            match self.run(&case) {
                Outcome::Exact => exact += 1,
                Outcome::Refused => refused += 1,
                Outcome::Open(what) => open.push(format!("{}: {what}", case.sql)),
                Outcome::Wrong(what) => wrong.push(format!("{}: {what}", case.sql)),
            }
        }
        let agree = exact + refused + open.len();
        println!(
            "{what}: {agree} of {count} statements agree with PostgreSQL {major} ({refused} of them are refused as claimed, {} leave something open)",
            open.len()
        );
        open.iter().for_each(|one| println!("  open: {one}"));
        wrong
    }
}

/// All files of a folder, in the order of their names.
fn files(folder: &str) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(Path::new(FOLDER).join(folder)).expect("the folder is there");
    let mut files: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

#[test]
fn effects_are_as_predicted() {
    let mut lab = Lab::new();
    let matrix = files("matrix");
    let matrix: Vec<&Path> = matrix.iter().map(AsRef::as_ref).collect();
    let mut wrong = lab.run_all("matrix", &matrix);
    wrong.extend(lab.run_all("more cases", &[Path::new(FOLDER).join("cases.sql").as_ref()]));
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The comparison itself can fail.
#[test]
fn a_wrong_prediction_is_seen() {
    let effects = |lock: &str, rewrites: &str, scans: &str| -> Effects {
        Effects::from([("t".to_owned(), [lock, rewrites, scans].map(str::to_owned))])
    };
    let came = effects("AccessExclusiveLock", "f", "t");
    assert!(exact(&came, &came));
    assert!(holds(&effects("AccessExclusiveLock", "f", "-"), &came, true) && !exact(&effects("AccessExclusiveLock", "f", "-"), &came));
    for wrong in
        [effects("ShareLock", "f", "t"), effects("AccessExclusiveLock", "t", "t"), effects("AccessExclusiveLock", "f", "f"), Effects::new()]
    {
        assert!(!holds(&wrong, &came, true), "{}", show(&wrong));
    }
}
