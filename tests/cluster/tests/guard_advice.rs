//! What the guard advises works, and is not refused in its turn.

use std::collections::BTreeMap;

use zdm_cluster_tests::{Session, shared};

const FIXTURE: &str = include_str!("../../verify/fixture.sql");
const CASES: &str = include_str!("../../verify/cases.sql");

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
    s.run("ALTER TABLE events ADD PRIMARY KEY (id, day); ALTER TABLE base ADD PRIMARY KEY (id); ALTER TABLE derived ADD PRIMARY KEY (id)");
    s.run("SELECT zdm.set_guard('enforce'); SET search_path = shop");

    // Those that are no SQL are left out, and those that begin with a step for a human.
    let mut advices = BTreeMap::new();
    for block in CASES.split("\n\n").filter(|block| !block.contains("-- ")) {
        let sql = block.trim();
        for hint in
            s.rows(&format!("SELECT hint FROM zdm.check_ddl('{}') WHERE risk = 'danger' AND hint IS NOT NULL", sql.replace('\'', "''")))
        {
            if !hint.starts_with("--") && s.attempt(&format!("SELECT zdm.check_ddl('{}')", hint.replace('\'', "''"))).is_ok() {
                advices.insert(hint, sql.to_owned());
            }
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
