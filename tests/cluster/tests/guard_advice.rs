//! What the guard advises works, and is not refused in its turn.

use std::collections::BTreeMap;

use zdm_cluster_tests::{Session, shared};

const FIXTURE: &str = include_str!("../../verify/fixture.sql");
const CASES: &str = include_str!("../../verify/cases.sql");

/// The texts after "fix:" in a refusal.
fn fixes(message: &str) -> Vec<String> {
    let mut fixes: Vec<String> = Vec::new();
    let mut inside = false;
    for line in message.lines() {
        match (line.strip_prefix("  fix: "), line.strip_prefix("       ")) {
            (Some(first), _) => fixes.push(first.to_owned()),
            (None, Some(more)) if inside => {
                if let Some(last) = fixes.last_mut() {
                    last.push('\n');
                    last.push_str(more);
                }
            }
            _ => {
                inside = false;
                continue;
            }
        }
        inside = true;
    }
    fixes
}

/// Runs an advice statement by statement, as a migration tool would; what went wrong.
fn follow(s: &mut Session, advice: &str) -> Option<String> {
    for sql in advice.split_inclusive(";\n") {
        if let Err(error) = s.attempt(sql) {
            let message = error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned());
            return Some(format!("{sql}: {message}"));
        }
    }
    None
}

#[test]
fn the_advice_of_every_refusal_can_be_followed() {
    let cluster = shared();
    let mut admin = cluster.connect("postgres");
    let fixture = cluster.database("advice_fixture");
    let mut s = fixture.connect();
    s.run("SELECT zdm.set_guard('off')");
    s.run(FIXTURE);
    // A backfill walks by a key.
    s.run("ALTER TABLE events ADD PRIMARY KEY (id, day); ALTER TABLE base ALTER id SET NOT NULL");
    s.run("CREATE UNIQUE INDEX base_key ON base (id); CREATE UNIQUE INDEX derived_key ON derived (id)");
    s.run("SELECT zdm.set_guard('enforce'); SET search_path = shop");

    let mut advices = BTreeMap::new();
    for sql in CASES.split("\n\n").filter(|block| !block.contains("-- ")).map(str::trim) {
        s.run("BEGIN");
        let refusal = s.attempt(sql).err().and_then(|error| error.as_db_error().filter(|e| e.code().code() == "ZDM01").cloned());
        s.run("ROLLBACK");
        for advice in refusal.map(|error| fixes(error.message())).unwrap_or_default() {
            advices.insert(advice, sql.to_owned());
        }
    }
    assert!(advices.len() > 20, "{advices:#?}");
    drop(s);
    let mut wrong = Vec::new();
    for (number, (advice, sql)) in advices.iter().enumerate() {
        zdm_cluster_tests::until("the template is free", || {
            admin.value::<i64>("SELECT count(*) FROM pg_stat_activity WHERE datname = 'advice_fixture'") == 0
        });
        admin.run(&format!("CREATE DATABASE advice_{number} TEMPLATE advice_fixture"));
        // the mode is in the database, so it came along
        let mut s = cluster.connect(&format!("advice_{number}"));
        s.run("SET search_path = shop");
        if let Some(problem) = follow(&mut s, advice) {
            wrong.push(format!("{sql}\n  advice: {advice}\n  failed: {problem}"));
        }
        drop(s);
    }
    assert!(wrong.is_empty(), "{} of {} pieces of advice:\n{}", wrong.len(), advices.len(), wrong.join("\n"));
    println!("{} pieces of advice were followed", advices.len());
}
