//! The table of `tests/guard`: each dangerous statement does harm without the guard, and is refused with it however it comes; a harmless one never is.

use std::collections::{BTreeMap, BTreeSet};

use zdm_cluster_tests::Session;
use zdm_cluster_tests::claims::{CHANGED, MOVED};
use zdm_cluster_tests::lab::{BARE, lab, refused, session};
use zdm_cluster_tests::observe::{done, remember};
use zdm_cluster_tests::precision::{heavy, relied_on};
use zdm_cluster_tests::table::{Context, Entry, kind};

/// Rules about several statements of one transaction: the guard judges one at a time.
const OF_SEVERAL: [&str; 4] =
    ["ddl-and-backfill", "not-valid-and-validate-same-transaction", "validate-constraint-under-strong-lock", "work-while-locked"];

/// Tries one, in a transaction that is rolled back, unless it has to be alone. What the guard said, and what came of it.
fn probe(
    s: &mut Session,
    entry: &Entry,
    attempt: impl FnOnce(&mut Session) -> Result<(), postgres::Error>,
) -> (Vec<String>, Result<(), postgres::Error>) {
    s.forget_notices();
    if !entry.alone {
        s.run("BEGIN; SAVEPOINT attempt");
    }
    let result = attempt(s);
    if !entry.alone {
        s.run("ROLLBACK");
    }
    if let (Ok(()), Some(after)) = (&result, &entry.after) {
        s.run(after);
    }
    let remarks = s.texts().into_iter().filter(|text| text.starts_with("WARNING: zdm[")).collect();
    (remarks, result)
}

fn possible(entry: &Entry) -> impl Iterator<Item = Context> {
    Context::ALL.into_iter().filter(|context| context.impossible(entry).is_none())
}

#[track_caller]
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_table_is_wide_enough() {
    let lab = lab();
    let kinds: BTreeSet<String> = lab.dangerous.iter().chain(&lab.harmless).map(|entry| kind(&entry.sql)).collect();
    println!("{} dangerous and {} harmless statements, {} kinds of command", lab.dangerous.len(), lab.harmless.len(), kinds.len());
    assert!(lab.dangerous.len() >= 300 && lab.harmless.len() >= 300 && kinds.len() >= 60);
    let covered: BTreeSet<&str> = lab.dangerous.iter().filter_map(|entry| entry.rule.as_deref()).chain(OF_SEVERAL).collect();
    let rules = session("guard_preloaded").rows("SELECT name FROM zdm.rules WHERE risk = 'danger' ORDER BY name");
    let missing: Vec<&String> = rules.iter().filter(|rule| !covered.contains(rule.as_str())).collect();
    assert!(missing.is_empty(), "rules without a statement: {missing:?}");
    let texts: BTreeSet<&str> = lab.dangerous.iter().chain(&lab.harmless).map(|entry| entry.sql.as_str()).collect();
    assert_eq!(texts.len(), lab.dangerous.len() + lab.harmless.len(), "some are there twice");
}

/// What a statement did that is harm.
fn harm(s: &mut Session, entry: &Entry, relied: &BTreeSet<String>) -> Result<bool, postgres::Error> {
    let breaks = |s: &mut Session, sql: &str| {
        s.run("SAVEPOINT breaks");
        let broken = s.attempt(sql).is_err();
        s.run("ROLLBACK TO breaks");
        broken
    };
    let worked = entry.breaks.as_ref().is_some_and(|sql| !breaks(s, sql));
    remember(s);
    s.attempt(&entry.sql)?;
    Ok(heavy(&done(s))
        || !s.rows(CHANGED).is_empty()
        || !s.rows(MOVED).is_empty()
        || relied.difference(&relied_on(s)).next().is_some()
        || worked && entry.breaks.as_ref().is_some_and(|sql| breaks(s, sql)))
}

#[test]
fn each_dangerous_statement_does_harm_without_the_guard() {
    let lab = lab();
    let mut s = session("guard_preloaded");
    s.run("SET zdm.guard_mode = off");
    let relied = relied_on(&mut s);
    let mut wrong = Vec::new();
    for entry in lab.dangerous.iter().filter(|entry| !entry.alone) {
        s.run("BEGIN");
        match harm(&mut s, entry, &relied) {
            Ok(true) => {}
            Ok(false) => wrong.push(format!("{}: no harm is seen", entry.sql)),
            Err(error) => wrong.push(format!("{}: {error:?}", entry.sql)),
        }
        s.run("ROLLBACK");
    }
    // On a copy: new files, or a database less.
    let mut s = session("guard_apart");
    s.run("SET zdm.guard_mode = off");
    for entry in lab.dangerous.iter().filter(|entry| entry.alone) {
        let state = "SELECT pg_relation_filenode(oid) FROM pg_class WHERE relnamespace::regnamespace IN ('shop', 'vault')
                         OR relname = 'pg_class_oid_index'
                     UNION ALL SELECT oid FROM pg_database ORDER BY 1";
        let before = s.rows(state);
        match s.attempt(&entry.sql) {
            Ok(()) if s.rows(state) == before => wrong.push(format!("{}: no harm is seen", entry.sql)),
            Ok(()) => {}
            Err(error) => wrong.push(format!("{}: {error:?}", entry.sql)),
        }
        if entry.sql.starts_with("DROP DATABASE") {
            s.run("CREATE DATABASE guard_spare");
        }
    }
    none(&wrong);
}

#[test]
fn with_the_library_preloaded_every_dangerous_statement_is_refused() {
    let lab = lab();
    let mut s = session("guard_preloaded");
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::new());
    for entry in &lab.dangerous {
        for context in possible(entry) {
            let (_, result) = probe(&mut s, entry, |s| context.attempt(s, entry));
            match refused(entry, &result) {
                Ok(()) => *counts.entry(context).or_insert(0) += 1,
                Err(why) => wrong.push(format!("{context:?}: {}: {why}", entry.sql)),
            }
        }
    }
    println!("PostgreSQL {}, preloaded: refused of {} dangerous statements: {counts:?}", lab.major, lab.dangerous.len());
    none(&wrong);
}

#[test]
fn no_harmless_statement_is_refused() {
    let lab = lab();
    let mut s = session("guard_preloaded");
    let (mut wrong, mut counts, mut remarked) = (Vec::new(), BTreeMap::new(), 0);
    for entry in &lab.harmless {
        for context in possible(entry) {
            let (remarks, result) = probe(&mut s, entry, |s| context.attempt(s, entry));
            remarked += usize::from(!remarks.is_empty());
            match result {
                Ok(()) => *counts.entry(context).or_insert(0) += 1,
                Err(error) => wrong.push(format!("{context:?}: {}: {:?}", entry.sql, error.as_db_error().map(|db| db.message()))),
            }
        }
    }
    println!("PostgreSQL {}, preloaded: ran of {} harmless statements: {counts:?}; warned of: {remarked}", lab.major, lab.harmless.len());
    none(&wrong);
}

/// Each statement in each context as the first one of a session: how often which came to what, and what went wrong.
fn as_the_first(database: &str, entries: &[&Entry], major: i32) -> (BTreeMap<(Context, &'static str), usize>, Vec<String>) {
    let mut admin = session(database);
    admin.run("SET zdm.guard_mode = off; SET check_function_bodies = off");
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::new());
    for entry in entries {
        for context in possible(entry).filter(|context| context.fires_an_event(entry, major)) {
            // nothing but the statement itself may run in the session
            context.make(&mut admin, "shop", entry).expect("a function");
            let mut s = session(database);
            let (remarks, result) = probe(&mut s, entry, |s| context.come(s, "shop", entry));
            match refused(entry, &result) {
                Ok(()) => *counts.entry((context, "refused")).or_insert(0) += 1,
                Err(_) if !context.plain() && !remarks.is_empty() => *counts.entry((context, "warned of")).or_insert(0) += 1,
                Err(why) => wrong.push(format!("{context:?}: {}: {why}", entry.sql)),
            }
        }
    }
    (counts, wrong)
}

#[test]
fn without_preloading_the_first_statement_of_a_session_is_refused_or_warned_of() {
    let lab = lab();
    let (mut all, mut wrong) = (BTreeMap::new(), Vec::new());
    std::thread::scope(|scope| {
        let shares = BARE.iter().enumerate().map(|(number, database)| {
            let share: Vec<&Entry> = lab.dangerous.iter().skip(number).step_by(BARE.len()).collect();
            scope.spawn(move || as_the_first(database, &share, lab.major))
        });
        for share in shares.collect::<Vec<_>>() {
            let (counts, more) = share.join().expect("the thread ends");
            counts.into_iter().for_each(|(key, count)| *all.entry(key).or_insert(0) += count);
            wrong.extend(more);
        }
    });
    println!("PostgreSQL {}, not preloaded, the first statement of a session: {all:?}", lab.major);
    none(&wrong);
}

#[test]
fn without_preloading_what_fires_no_event_is_refused_from_the_second_statement_on() {
    let lab = lab();
    let mut s = session(BARE[0]);
    s.run("COMMENT ON SCHEMA vault IS 'coins'");
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::new());
    for entry in &lab.dangerous {
        for context in possible(entry).filter(|context| !context.fires_an_event(entry, lab.major)) {
            let (_, result) = probe(&mut s, entry, |s| context.attempt(s, entry));
            match refused(entry, &result) {
                Ok(()) => *counts.entry(context).or_insert(0) += 1,
                Err(why) => wrong.push(format!("{context:?}: {}: {why}", entry.sql)),
            }
        }
    }
    println!("PostgreSQL {}, not preloaded, what fires no event, later: {counts:?}", lab.major);
    none(&wrong);
}

#[test]
fn without_preloading_no_harmless_statement_is_refused() {
    let lab = lab();
    let mut admin = session(BARE[0]);
    admin.run("SET zdm.guard_mode = off; SET check_function_bodies = off");
    let mut wrong = Vec::new();
    for (number, entry) in lab.harmless.iter().enumerate() {
        // each needs a session of its own: one a statement, the contexts in turn
        let contexts: Vec<Context> = possible(entry).collect();
        let Some(context) = contexts.get(number % contexts.len().max(1)) else { continue };
        context.make(&mut admin, "shop", entry).expect("a function");
        let (_, result) = probe(&mut session(BARE[0]), entry, |s| context.come(s, "shop", entry));
        if let Err(error) = result {
            wrong.push(format!("{context:?}: {}: {:?}", entry.sql, error.as_db_error().map(|db| db.message())));
        }
    }
    none(&wrong);
}
