//! The examples of the rules' manuals are true on a server: the check reports the rule for the bad one and not for the good one, and each of their
//! statements locks, rewrites and reads what had been foretold, and fails where that had been said and nowhere else.

use std::path::Path;

use zdm_analyzer::rules;
use zdm_cluster_tests::claims::FOLDER;
use zdm_cluster_tests::manuals::{Needs, needs, run};
use zdm_cluster_tests::{Cluster, until};

/// A database with the fixture, for all others to be copied from.
fn fixture(cluster: &Cluster) -> i32 {
    let database = cluster.database("manuals");
    let mut s = database.connect();
    s.run("SET zdm.guard_mode = 'off'");
    let text = std::fs::read_to_string(Path::new(FOLDER).join("manuals/fixture.sql")).expect("the fixture");
    zdm_analyzer::split(&text).iter().for_each(|piece| s.run(text.get(piece.span.clone()).expect("its own text")));
    // the one that is dropped
    s.run("CREATE DATABASE shop");
    let number: String = s.value("SELECT current_setting('server_version_num')");
    number.parse::<i32>().expect("a number") / 10_000
}

/// The test that shows a rule in place of this one: it names it.
fn is_shown(rule: &str, elsewhere: &str) -> bool {
    let file = elsewhere.split(':').next().unwrap_or_default();
    let path = format!("{}/tests/{file}.rs", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    text.contains(&format!("\"{rule}\""))
}

#[test]
fn examples_are_true_on_a_server() {
    // so few that a thousand partitions are many; prepared transactions are what holds locks against a statement (apart.rs)
    let cluster = Cluster::start(&["max_locks_per_transaction = 10", "max_prepared_transactions = 180"]);
    let major = fixture(&cluster);
    let mut admin = cluster.connect("postgres");
    let all = needs();
    let (mut agree, mut refused, mut skipped, mut elsewhere) = (0, 0, Vec::new(), Vec::new());
    let (mut open, mut wrong) = (Vec::new(), Vec::new());
    let mut spent = true;
    let picked = std::env::var("ZDM_CASE").ok();
    for rule in rules().iter().filter(|rule| picked.as_ref().is_none_or(|picked| rule.name == picked)) {
        let none = Needs::default();
        let needs = all.get(rule.name).unwrap_or(&none);
        if let Some(test) = &needs.elsewhere {
            elsewhere.push(rule.name);
            if !is_shown(rule.name, test) {
                wrong.push(format!("{}: is not shown by {test}", rule.name));
            }
            continue;
        }
        for heading in ["Bad", "Good"] {
            let what = format!("{} {heading}", rule.name);
            let sql = rule.example(heading).unwrap_or_else(|| panic!("{what}: no example"));
            if major < needs.since {
                skipped.push(what);
                continue;
            }
            if spent {
                admin.run("DROP DATABASE IF EXISTS example WITH (FORCE)");
                let users = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'manuals'";
                until("the template is free", || admin.value::<i64>(users) == 0);
                admin.run("CREATE DATABASE example TEMPLATE manuals STRATEGY file_copy");
            }
            let outcome = run(&cluster, "example", needs, heading == "Bad", sql);
            spent = outcome.spent;
            if outcome.unknown_syntax {
                skipped.push(what);
                continue;
            }
            if outcome.rules.contains(rule.name) != (heading == "Bad") {
                wrong.push(format!("{what}: reported are {:?}", outcome.rules));
            }
            agree += outcome.agree;
            refused += outcome.refused;
            open.extend(outcome.open.iter().map(|one| format!("{what}: {one}")));
            wrong.extend(outcome.wrong.iter().map(|one| format!("{what}: {one}")));
        }
    }
    println!("manuals: {agree} statements did on PostgreSQL {major} what was said, {refused} were refused as was said");
    println!("  shown elsewhere: {}; not in this grammar: {}", elsewhere.join(", "), skipped.join(", "));
    open.iter().for_each(|one| println!("  open: {one}"));
    let unknown: Vec<&String> = all.keys().filter(|name| !zdm_analyzer::is_rule(name)).collect();
    assert!(unknown.is_empty(), "needs of no rule: {unknown:?}");
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
