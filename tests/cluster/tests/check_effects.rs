//! What `zdm.ddl_effects` says of a statement is what the server does: the claims of `tests/verify`, one by one.
//!
//! Each statement is asked for first and then run, in one transaction that is rolled back (or, where it opens transactions of its own, in a
//! database of its own). Where `zdm.check_ddl` says that the statement reaches more than it names, nothing wrong may be said, but not all.

use std::path::Path;

use zdm_cluster_tests::claims::{self, Case, FOLDER, Lab, cases, files};
use zdm_cluster_tests::observe::{Effects, exact, holds, show};
use zdm_cluster_tests::precision::{Tally, counts, heavy, warns};
use zdm_cluster_tests::shared;

/// How a case came out.
enum Outcome {
    Exact,
    /// Nothing wrong was said, but something left open.
    Open(String),
    Refused,
    Wrong(String),
}

fn compare(outcome: &claims::Outcome, came: &Effects) -> Outcome {
    let (said, findings) = (&outcome.said, &outcome.findings);
    let bounded = !findings.iter().any(|row| row.starts_with("unknown|unbounded-effect|"));
    if !holds(said, came, bounded) {
        return Outcome::Wrong(format!("\n    said: {}\n    came: {}", show(said), show(came)));
    }
    let heavy = heavy(outcome.lasting.as_ref().unwrap_or(came));
    if heavy && !findings.iter().any(|row| row.starts_with("danger") || row.starts_with("unknown")) {
        return Outcome::Wrong(format!("no danger was found, but: {}", show(came)));
    }
    let danger: Vec<_> = findings.iter().filter(|row| row.starts_with("danger|")).cloned().collect();
    if !danger.is_empty() && !heavy && outcome.lost.is_empty() {
        return Outcome::Wrong(format!("it breaks nothing and is not heavy: {}; but {}", show(came), danger.join("; ")));
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
        Ok(effects) => compare(&came, effects),
    }
}

/// Runs files of cases; prints the count and what is left open, and gives what is wrong.
fn run_all(lab: &mut Lab, what: &str, files: &[&Path]) -> (Vec<String>, [Tally; 2]) {
    let major = lab.major();
    let (mut count, mut exact, mut refused, mut open, mut wrong) = (0, 0, 0, Vec::new(), Vec::new());
    let mut tallies = [Tally::default(); 2];
    for case in files.iter().flat_map(|file| cases(file, major)) {
        count += 1;
        let outcome = lab.run(&case);
        if let (Ok(came), true) = (&outcome.came, counts(&case)) {
            let warned = [outcome.findings.iter().any(|row| warns(row)), heavy(&outcome.said)];
            tallies.iter_mut().zip(warned).for_each(|(tally, warned)| tally.count(heavy(came), warned));
        }
        match judged(&case, outcome) {
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
    (wrong, tallies)
}

#[test]
fn effects_are_as_predicted() {
    let mut lab = Lab::new(shared());
    let matrix = files("matrix");
    let matrix: Vec<&Path> = matrix.iter().map(AsRef::as_ref).collect();
    let (mut wrong, tallies) = run_all(&mut lab, "matrix", &matrix);
    wrong.extend(run_all(&mut lab, "more cases", &[Path::new(FOLDER).join("cases.sql").as_ref()]).0);
    wrong.extend(run_all(&mut lab, "scripts", &[Path::new(FOLDER).join("scripts.sql").as_ref()]).0);
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    // as bench/precision counts
    for (judge, tally) in ["zdm.check_ddl", "zdm.ddl_effects"].iter().zip(tallies) {
        println!("matrix: {judge} has precision {:.3} and recall {:.3}", tally.precision(), tally.recall());
        assert!(tally.false_alarms == 0 && tally.misses == 0 && tally.hits > 50, "{judge}: {tally:?}");
    }
}

/// The comparison itself can fail.
#[test]
fn a_wrong_prediction_is_seen() {
    let effects = |lock: &str, rewrites: &str, scans: &str, builds: &str| -> Effects {
        Effects::from([("t".to_owned(), [lock, rewrites, scans, builds].map(str::to_owned))])
    };
    let came = effects("AccessExclusiveLock", "f", "t", "t");
    assert!(exact(&came, &came));
    for open in [effects("AccessExclusiveLock", "f", "-", "t"), effects("AccessExclusiveLock", "f", "t", "-")] {
        assert!(holds(&open, &came, true) && !exact(&open, &came), "{}", show(&open));
    }
    for wrong in [
        effects("ShareLock", "f", "t", "t"),
        effects("AccessExclusiveLock", "t", "t", "t"),
        effects("AccessExclusiveLock", "f", "f", "t"),
        effects("AccessExclusiveLock", "f", "t", "f"),
        Effects::new(),
    ] {
        assert!(!holds(&wrong, &came, true), "{}", show(&wrong));
    }
}
