//! What `zdm.ddl_effects` says of a statement is what the server does: the claims of `tests/verify`, one by one.
//!
//! Each statement is asked for first and then run, in one transaction that is rolled back (or, where it opens transactions of its own, in a
//! database of its own). Where `zdm.check_ddl` says that the statement reaches more than it names, nothing wrong may be said, but not all.

use std::path::Path;

use zdm_cluster_tests::claims::{self, Case, FOLDER, Lab, cases, files, long};
use zdm_cluster_tests::observe::{Effects, exact, holds, show};
use zdm_cluster_tests::shared;

/// How a case came out.
enum Outcome {
    Exact,
    /// Nothing wrong was said, but something left open.
    Open(String),
    Refused,
    Wrong(String),
}

fn compare(said: &Effects, came: &Effects, findings: &[String]) -> Outcome {
    let bounded = !findings.iter().any(|row| row.starts_with("unknown|unbounded-effect|"));
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

/// What a case showed, judged.
fn judged(case: &Case, came: claims::Outcome) -> Outcome {
    if !came.locked.is_empty() {
        return Outcome::Wrong(format!("the check itself locked {:?}", came.locked));
    }
    match &came.came {
        Err(error) => refused(case, error),
        Ok(_) if case.fails.is_some() => Outcome::Wrong("it was not refused".to_owned()),
        Ok(effects) => compare(&came.said, effects, &came.findings),
    }
}

/// Runs files of cases; prints the count and what is left open, and gives what is wrong.
fn run_all(lab: &mut Lab, what: &str, files: &[&Path]) -> Vec<String> {
    let major = lab.major();
    let (mut count, mut exact, mut refused, mut open, mut wrong) = (0, 0, 0, Vec::new(), Vec::new());
    for case in files.iter().flat_map(|file| cases(file, major)) {
        count += 1;
        match judged(&case, lab.run(&case)) {
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

#[test]
fn effects_are_as_predicted() {
    let mut lab = Lab::new(shared());
    let matrix = files("matrix");
    let matrix: Vec<&Path> = matrix.iter().map(AsRef::as_ref).collect();
    let mut wrong = run_all(&mut lab, "matrix", &matrix);
    wrong.extend(run_all(&mut lab, "more cases", &[Path::new(FOLDER).join("cases.sql").as_ref()]));
    wrong.extend(run_all(&mut lab, "scripts", &[Path::new(FOLDER).join("scripts.sql").as_ref()]));
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
