//! The manuals of the rules: complete, in order, and true. Every example is run.

use zdm_analyzer::catalog::Catalog;
use zdm_analyzer::finding::Risk;
use zdm_analyzer::testing::examples;
use zdm_analyzer::{RuleInfo, check, is_rule, rules};

const SECTIONS: [&str; 6] = ["**What it detects.**", "**Why.**", "**Instead.**", "**Does not fire when**", "### Bad", "### Good"];

/// The SQL of one of its examples.
fn example<'a>(rule: &'a RuleInfo, heading: &str) -> &'a str {
    rule.example(heading).unwrap_or_else(|| panic!("{}: no SQL under {heading}", rule.name))
}

#[test]
fn names_are_unique_sorted_and_kebab_case() {
    let names: Vec<&str> = rules().iter().map(|rule| rule.name).collect();
    assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "{names:?}");
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
    assert!(names.iter().all(|name| is_rule(name)) && !is_rule("no-such-rule"));
}

#[test]
fn every_rule_has_a_file_of_its_name() {
    for rule in rules() {
        let file = format!("{}/src/rules/{}.rs", env!("CARGO_MANIFEST_DIR"), rule.name.replace('-', "_"));
        assert!(std::path::Path::new(&file).is_file(), "{file}");
    }
}

#[test]
fn every_manual_is_complete() {
    for rule in rules() {
        let mut rest = rule.docs.as_str();
        for section in SECTIONS {
            rest = rest.split_once(section).unwrap_or_else(|| panic!("{}: {section} missing or out of order", rule.name)).1;
        }
        assert!(rule.summary.ends_with('.') && !rule.summary.starts_with('*'), "{}: {:?}", rule.name, rule.summary);
    }
}

/// Rules that no tool had before, of those that were read.
const OUR_OWN: [&str; 17] = [
    "add-column-constrained-domain",
    "column-limit",
    "concurrent-index-blocked",
    "create-partition-locks-parent",
    "detach-pending",
    "drop-owned",
    "drop-partition-locks-parent",
    "event-trigger-gap",
    "foreign-key-without-key",
    "inherited-definition",
    "invalid-definition",
    "parent-mismatch",
    "refresh-concurrently-fails",
    "running-job",
    "unknown-effect",
    "validate-will-fail",
    "virtual-column-limits",
];

#[test]
fn every_manual_ends_with_its_credit() {
    for rule in rules() {
        let last = rule.docs.trim_end().rsplit("\n\n").next().unwrap_or_default();
        let credits = last.strip_prefix("**Known from** ").is_some_and(|names| names.len() > 1 && names.ends_with('.'));
        assert_eq!(credits, !OUR_OWN.contains(&rule.name), "{}: {last}", rule.name);
        assert_eq!(rule.docs.matches("**Known from**").count(), usize::from(credits), "{}", rule.name);
    }
    assert!(OUR_OWN.iter().all(|name| is_rule(name)));
}

#[test]
fn bad_examples_fire_once_and_good_ones_never() {
    for major in [15, 18] {
        let mut db = examples();
        db.set_major(major);
        for rule in rules() {
            let bad = check(example(&rule, "Bad"), &db);
            let own: Vec<_> = bad.iter().filter(|finding| finding.rule == Some(rule.name)).collect();
            assert_eq!(own.len(), 1, "{} on {major}: bad example gave {bad:#?}", rule.name);
            assert!(own[0].risk > Risk::Safe && own[0].risk <= rule.risk, "{}: {:#?}", rule.name, own[0]);
            let good = check(example(&rule, "Good"), &db);
            assert!(!good.is_empty(), "{}: the good example gave nothing", rule.name);
            assert!(good.iter().all(|finding| finding.rule != Some(rule.name)), "{} on {major}: good example gave {good:#?}", rule.name);
        }
    }
}

#[test]
fn messages_keep_the_form() {
    let db = examples();
    for rule in rules() {
        for finding in check(example(&rule, "Bad"), &db) {
            let first = finding.message.chars().next();
            assert!(first.is_some_and(|letter| !letter.is_uppercase()), "{}", finding.message);
            assert!(!finding.message.ends_with('.'), "{}", finding.message);
            if let Some(detail) = &finding.detail {
                // or with a name, which keeps its case
                let named = finding.object.as_ref().is_some_and(|object| detail.starts_with(object.as_str()));
                assert!(detail.ends_with('.') && (named || detail.starts_with(char::is_uppercase)), "{detail}");
            }
            if let Some(relation) = finding.relation.and_then(|oid| db.describe(oid)) {
                assert!(finding.object.is_some_and(|object| object.contains(&relation.name)));
            }
        }
    }
}

/// What to run instead is SQL and nothing else, without anything to be filled in, and not called dangerous for the same reason; advice is not SQL.
/// Its last character tells which it is.
#[test]
fn what_is_to_be_run_instead_is_sql_and_helps() {
    let mut db = examples();
    for major in [15, 18] {
        db.set_major(major);
        for rule in rules() {
            for finding in check(example(&rule, "Bad"), &db) {
                let Some(hint) = &finding.hint else {
                    assert!(!finding.runnable, "{}: nothing to run", rule.name);
                    continue;
                };
                let again = check(hint, &db);
                let is_sql = again.iter().all(|finding| finding.rule != Some("not-analyzable"));
                assert_eq!(finding.runnable, is_sql, "{}: {hint}", rule.name);
                assert_eq!(finding.runnable, hint.ends_with(';'), "{}: {hint}", rule.name);
                if finding.runnable {
                    let same = again.iter().find(|again| again.rule == finding.rule && again.risk == Risk::Danger);
                    assert!(same.is_none() && !hint.contains("...") && !hint.contains('<'), "{}:\n{hint}\n{same:#?}", rule.name);
                } else {
                    assert!(hint.ends_with('.'), "{}: {hint}", rule.name);
                }
            }
        }
    }
}

#[test]
fn the_page_of_all_rules_is_up_to_date() {
    let file = format!("{}/../docs/rules.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(page == zdm_analyzer::manual(), "docs/rules.md is stale: run tools/rules-doc");
}
