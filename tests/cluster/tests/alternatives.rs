//! What `zdm.check_ddl` offers to be run instead can be run as it is, leads to the same end, and keeps nobody waiting for long on the way.

use std::collections::BTreeSet;

use zdm_analyzer::testing::examples;
use zdm_analyzer::{check, rules};
use zdm_cluster_tests::alternative::{Case, Lab, cases, offered};
use zdm_cluster_tests::{Session, shared};

const FIXTURE: &str = include_str!("../../verify/alternatives/fixture.sql");
const CLAIMS: &str = include_str!("../../verify/fixture.sql");
const CASES: &str = include_str!("../../verify/alternatives/cases.sql");

fn major(s: &mut Session) -> i32 {
    let number: String = s.value("SELECT current_setting('server_version_num')");
    number.parse::<i32>().expect("a number") / 10_000
}

/// What is wrong with a statement, printed at once: there are many, and they take their time.
fn shown(sql: &str, problems: Vec<String>) -> Vec<String> {
    let texts: Vec<String> = problems.into_iter().map(|what| format!("{sql}\n  {what}")).collect();
    texts.iter().for_each(|text| println!("{text}"));
    texts
}

#[test]
fn alternatives_lead_to_the_same_end() {
    let cluster = shared();
    let mut admin = cluster.connect("postgres");
    admin.run("SET allow_in_place_tablespaces = on");
    admin.run("CREATE TABLESPACE fast LOCATION ''");
    let fixture = cluster.database("alternatives");
    let mut s = fixture.connect();
    s.run(FIXTURE);
    s.run("SELECT zdm.set_guard('enforce')");
    drop(s);
    let mut lab = Lab::new(cluster, "alternatives", "shop");
    let major = major(&mut admin);
    let only = std::env::var("ZDM_CASE").unwrap_or_default();
    let (mut count, mut wrong) = (0, Vec::new());
    for case in cases(CASES).iter().filter(|case| (case.since..=case.until).contains(&major) && case.sql.contains(&only)) {
        count += 1;
        wrong.extend(shown(&case.sql, lab.run(case)));
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{count} cases of alternatives agree with PostgreSQL {major}");
}

/// The same for every claim about locks that needs nothing but its fixture. (Values may be drawn anew, so that only their number is compared.)
#[test]
fn alternatives_to_the_claims_do_too() {
    let cluster = shared();
    let fixture = cluster.database("claims");
    let mut s = fixture.connect();
    s.run(CLAIMS);
    // A backfill walks by a key.
    s.run("ALTER TABLE events ADD PRIMARY KEY (id, day); ALTER TABLE base ALTER id SET NOT NULL");
    s.run("CREATE UNIQUE INDEX base_key ON base (id); CREATE UNIQUE INDEX derived_key ON derived (id)");
    s.run("SELECT zdm.set_guard('enforce'); SET search_path = shop");
    let major = major(&mut s);
    let only = std::env::var("ZDM_CASE").unwrap_or_default();
    let mut seen = BTreeSet::new();
    let all =
        claims(major).into_iter().filter(|sql| sql.contains(&only) && offered(&mut s, sql).into_iter().any(|offer| seen.insert(offer)));
    let all: Vec<String> = all.collect();
    drop(s);
    let mut lab = Lab::new(cluster, "claims", "shop");
    let says = ["drop-table", "missing-object"].map(str::to_owned).to_vec();
    let mut wrong = Vec::new();
    for sql in &all {
        let case = Case { sql: sql.clone(), drawn: true, says: says.clone(), ..Case::default() };
        wrong.extend(shown(sql, lab.run(&case)));
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    println!("{} alternatives to claims agree with PostgreSQL {major}", all.len());
}

/// The statements of the claims that need nothing but the fixture and are not refused.
fn claims(major: i32) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../verify");
    let mut files = zdm_cluster_tests::history::files(&std::path::Path::new(folder).join("matrix"));
    files.push(std::path::Path::new(folder).join("cases.sql"));
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display())));
    let texts: Vec<String> = texts.collect();
    let claims = texts.iter().flat_map(|text| text.split("\n\n")).filter_map(|block| {
        let comments: Vec<&str> = block.lines().filter_map(|line| line.strip_prefix("-- ")).collect();
        let number = |word: &str| comments.iter().find_map(|one| one.strip_prefix(word)?.parse::<i32>().ok());
        let known = number("since: ").is_none_or(|since| major >= since) && number("until: ").is_none_or(|until| major <= until);
        let alone = !comments.iter().any(|one| ["setup", "set:", "fails:"].iter().any(|word| one.starts_with(word)));
        let sql: String = block.lines().filter(|line| !line.starts_with("-- ")).collect::<Vec<_>>().join("\n");
        (known && alone && !sql.trim().is_empty()).then_some(sql)
    });
    claims.collect()
}

/// Every rule that can offer something to run has a case, and no other: those that answer their manual's example with it, and those whose source
/// does so for other statements.
#[test]
fn every_rule_that_offers_one_has_a_case() {
    let mut offer = BTreeSet::new();
    for rule in rules() {
        let bad = rule.docs.split_once("### Bad").and_then(|(_, rest)| rest.split_once("```sql\n")?.1.split_once("```"));
        let (bad, _) = bad.unwrap_or_else(|| panic!("{}: no bad example", rule.name));
        for major in 15..=18 {
            let mut db = examples();
            db.set_major(major);
            offer.extend(check(bad, &db).iter().filter(|finding| finding.runnable).filter_map(|finding| finding.rule));
        }
        let file = format!("{}/../../analyzer/src/rules/{}.rs", env!("CARGO_MANIFEST_DIR"), rule.name.replace('-', "_"));
        let source = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
        offer.extend(source.contains(".instead").then_some(rule.name));
    }
    let cases = cases(CASES);
    let covered: BTreeSet<&str> = cases.iter().map(|case| case.rule.as_str()).filter(|rule| *rule != "none").collect();
    assert_eq!(offer, covered, "rules with something to run, and rules with cases in tests/verify/alternatives/cases.sql");
    println!("{} rules offer something to run", offer.len());
}
