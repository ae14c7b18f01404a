//! The table of `tests/guard`: each dangerous statement does harm without the guard, and is refused with it however it comes; a harmless one never is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use zdm_cluster_tests::claims::{self, CHANGED, MOVED};
use zdm_cluster_tests::observe::{done, remember};
use zdm_cluster_tests::precision::{heavy, relied_on};
use zdm_cluster_tests::table::{Context, Entry, FOLDER, entries, kind};
use zdm_cluster_tests::{Session, shared};

/// Rules about several statements of one transaction: the guard judges one at a time.
const OF_SEVERAL: [&str; 4] =
    ["ddl-and-backfill", "not-valid-and-validate-same-transaction", "validate-constraint-under-strong-lock", "work-while-locked"];

/// The table, and databases to try it in.
struct Lab {
    dangerous: Vec<Entry>,
    harmless: Vec<Entry>,
    major: i32,
}

/// A session in a database of the lab: the library is preloaded in `guard_preloaded`, and not in `guard_bare`; both enforce.
fn session(database: &str) -> Session {
    shared().connect(database)
}

fn file(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn lab() -> &'static Lab {
    static LAB: OnceLock<Lab> = OnceLock::new();
    LAB.get_or_init(|| {
        let cluster = shared();
        let mut admin = cluster.connect("postgres");
        admin.run("SET allow_in_place_tablespaces = on");
        admin.run("CREATE TABLESPACE aside LOCATION ''");
        admin.run("CREATE DATABASE guard_spare");
        let mut s = cluster.database("guard_bare").connect();
        s.run("SELECT zdm.set_guard('off')");
        s.run(&file(&format!("{}/fixture.sql", claims::FOLDER)));
        s.run(&file(&format!("{FOLDER}/fixture.sql")));
        let major = s.value::<String>("SELECT current_setting('server_version_num')").parse::<i32>().expect("a number") / 10_000;
        s.run("SELECT zdm.set_guard('enforce')");
        drop(s);
        for copy in ["guard_preloaded", "guard_apart"] {
            cluster.copy(copy, "guard_bare");
        }
        for name in ["guard_bare", "guard_preloaded", "guard_apart"] {
            admin.run(&format!("ALTER DATABASE {name} SET search_path = shop, public"));
            admin.run(&format!("ALTER DATABASE {name} SET zdm.guard_dml = 'enforce'"));
        }
        session("guard_preloaded").run("SELECT zdm.set_guard('enforce', preload => true)");
        let mut lab = Lab { dangerous: entries("dangerous", major), harmless: entries("harmless", major), major };
        let mut s = session("guard_preloaded");
        s.run("SET zdm.guard_mode = off");
        lab.dangerous.iter_mut().chain(&mut lab.harmless).for_each(|entry| entry.alone = alone(&mut s, &entry.sql));
        lab
    })
}

/// Whether the server refuses it in a transaction block.
fn alone(s: &mut Session, sql: &str) -> bool {
    s.run("BEGIN");
    let refused = s.attempt(sql).is_err_and(|error| error.code().is_some_and(|code| code.code() == "25001"));
    s.run("ROLLBACK");
    refused
}

/// Tries one, in a transaction that is rolled back, unless it has to be alone. What the guard said, and what came of it.
fn probe(s: &mut Session, context: Context, entry: &Entry) -> (Vec<String>, Result<(), postgres::Error>) {
    s.forget_notices();
    if !entry.alone {
        s.run("BEGIN; SAVEPOINT attempt");
    }
    let result = context.attempt(s, entry);
    if !entry.alone {
        s.run("ROLLBACK");
    }
    if let (Ok(()), Some(after)) = (&result, &entry.after) {
        s.run(after);
    }
    let remarks = s.texts().into_iter().filter(|text| text.starts_with("WARNING: zdm[")).collect();
    (remarks, result)
}

/// Whether it was refused, and by this rule; else what came instead.
fn refused(entry: &Entry, result: &Result<(), postgres::Error>) -> Result<(), String> {
    let rule = entry.rule.as_deref().unwrap_or_default();
    match result {
        Ok(()) => Err("it ran".to_owned()),
        Err(error) => match error.as_db_error() {
            Some(db) if db.code().code().starts_with("ZD") && db.message().contains(&format!("zdm[{rule}]: ")) => Ok(()),
            Some(db) => Err(format!("{} {}", db.code().code(), db.message().lines().next().unwrap_or_default())),
            None => Err(error.to_string()),
        },
    }
}

fn possible(entry: &Entry) -> impl Iterator<Item = Context> {
    Context::ALL.into_iter().filter(|context| context.impossible(entry).is_none())
}

/// Whether the first statement of a session has the library loaded: it fires an event trigger.
fn fires_an_event(sql: &str, major: i32) -> bool {
    let first = sql.split(' ').next().unwrap_or_default();
    !matches!(first, "TRUNCATE" | "VACUUM" | "CLUSTER" | "REASSIGN" | "DELETE" | "UPDATE" | "WITH")
        && !sql.starts_with("DROP DATABASE")
        && (first != "REINDEX" || major >= 17)
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
            let (_, result) = probe(&mut s, context, entry);
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
            let (remarks, result) = probe(&mut s, context, entry);
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

#[test]
fn the_first_statement_of_a_session_is_refused_or_warned_of_too() {
    let lab = lab();
    let (mut wrong, mut counts) = (Vec::new(), BTreeMap::new());
    for (number, entry) in lab.dangerous.iter().filter(|entry| fires_an_event(&entry.sql, lab.major)).enumerate() {
        // each needs a session of its own: of those that are not plain, one a statement, in turn
        let (mut contexts, others): (Vec<Context>, Vec<Context>) = possible(entry).partition(|context| context.plain());
        contexts.extend(others.get(number % others.len().max(1)));
        for context in contexts {
            let mut s = session("guard_bare");
            let (remarks, result) = probe(&mut s, context, entry);
            let how = match refused(entry, &result) {
                Ok(()) => "refused",
                Err(_) if !context.plain() && !remarks.is_empty() => "warned of",
                Err(why) => {
                    wrong.push(format!("{context:?}: {}: {why}", entry.sql));
                    continue;
                }
            };
            *counts.entry((context.plain(), how)).or_insert(0) += 1;
        }
    }
    println!("PostgreSQL {}, not preloaded, the first statement of a session (plain or not): {counts:?}", lab.major);
    none(&wrong);
}
