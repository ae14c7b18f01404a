//! The documents, word for word: `tests/report/` holds the text that is checked, and a document of each format. What came instead is left in
//! cargo's folder for temporary files; copy it from there when it is what a reader should see.

use serde_json::Value;

use zdm_analyzer::catalog::Size;
use zdm_analyzer::report::{Format, Source, render};
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, rules};

const MIGRATION: &str = include_str!("report/migration.sql");

fn database() -> TestCatalog {
    let mut db = examples();
    let users = db.oid("users").unwrap();
    db.change(users, |relation| {
        relation.size = Size::Bytes(6_550_000_000).into();
        relation.rows = Some(48_123_456.0);
    });
    db
}

fn document(format: Format, text: &str, file: Option<&str>) -> String {
    let findings = check(text, &database());
    render(format, &Source { text, file, findings: &findings, version: "0.1.0", server: 18 })
}

/// Compares with the file of that name.
fn same(name: &str, document: &str) {
    let expected = format!("{}/tests/report/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::fs::read_to_string(&expected).unwrap_or_default().trim_end() != document.trim_end() {
        let actual = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
        std::fs::write(&actual, format!("{document}\n")).unwrap();
        panic!("{expected} is not what came: {actual}");
    }
}

#[test]
fn text() {
    same("report.txt", &document(Format::Text, MIGRATION, Some("migration.sql")));
}

#[test]
fn markdown() {
    same("report.md", &document(Format::Markdown, MIGRATION, Some("migration.sql")));
}

#[test]
fn json() {
    same("report.json", &document(Format::Json, MIGRATION, Some("migration.sql")));
}

#[test]
fn sarif() {
    same("report.sarif", &document(Format::Sarif, MIGRATION, Some("db/the migration.sql")));
}

#[test]
fn github() {
    same("report.github", &document(Format::Github, MIGRATION, Some("db/a,b:c.sql")));
    assert!(!document(Format::Github, MIGRATION, None).contains("file="));
    assert_eq!(document(Format::Github, "SELECT 1", None), "");
}

#[test]
fn nothing_to_say_is_said() {
    assert_eq!(document(Format::Text, "", None), "no statement to check");
    assert_eq!(document(Format::Text, "SELECT 1", None), "1 safe in 1 statement");
    assert_eq!(document(Format::Markdown, "SELECT 1", None), "## zdm check: 1 safe in 1 statement\n");
}

/// A long statement is cut, a long line too, and what is wide on a terminal is underlined as wide as it is.
#[test]
fn places_are_underlined() {
    let long = format!("{}DROP TABLE users /* {} */", "/* x */ ".repeat(50), "y".repeat(200));
    let lines = format!("DROP TABLE\n{} users", "\n".repeat(20));
    for (text, expected) in [
        ("DROP TABLE users", "LINE 1: DROP TABLE users\n        ^^^^^^^^^^^^^^^^\n"),
        ("/* 表 */\tDROP TABLE users", "LINE 1: /* 表 */\tDROP TABLE users\n                \t^^^^^^^^^^^^^^^^\n"),
        (
            "COMMENT ON TABLE users IS '表'; UPDATE users SET name='表'",
            "LINE 1: COMMENT ON TABLE users IS '表'; UPDATE users SET name='表'\n                                        ^^^^^^^^^^^^^^^^^^^^^^^^^^\n",
        ),
        ("DROP TABLE\r\n  users;\r\n", "LINE 1: DROP TABLE\n        ^^^^^^^^^^\nLINE 2:   users;\n          ^^^^^\n"),
        (
            &long,
            "LINE 1: ... x */ /* x */ /* x */ /* x */ DROP TABLE users /* yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy...\n",
        ),
        (&lines, "LINE 1: DROP TABLE\n        ^^^^^^^^^^\nLINE 2: \nLINE 3: \nLINE 4: \nLINE 5: \nLINE 6: \n...\n"),
    ] {
        let report = document(Format::Text, text, None);
        assert!(report.contains(expected), "{text}:\n{report}");
    }
}

#[test]
fn markdown_means_what_it_says() {
    let document = document(Format::Markdown, "DROP TABLE orders; -- x\nALTER TABLE users RENAME TO \"a`b|<i>*\n_c_\"", Some("a`b"));
    assert!(document.starts_with("## `` a`b ``: ") || document.starts_with("## ``a`b``: "), "{document}");
    assert!(document.contains("\\<i>\\*") && document.contains("\\_c\\_"), "{document}");
}

/// What the schema of SARIF 2.1.0 demands, and what code scanning wants on top of that.
#[test]
fn sarif_has_the_required_structure() {
    let log: Value = serde_json::from_str(&document(Format::Sarif, MIGRATION, None)).unwrap();
    assert_eq!(log["version"], "2.1.0");
    assert_eq!(log.as_object().unwrap().keys().collect::<Vec<_>>().len(), 3, "$schema, runs, version and nothing else");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let declared = driver["rules"].as_array().unwrap();
    for rule in declared {
        assert!(rules().iter().any(|known| rule["id"] == known.name));
        assert!(rule["shortDescription"]["text"].is_string() && rule["help"]["text"].is_string() && rule["help"]["markdown"].is_string());
        assert!(["none", "note", "warning", "error"].contains(&rule["defaultConfiguration"]["level"].as_str().unwrap()));
    }
    let results = run["results"].as_array().unwrap();
    assert!(results.len() >= 4);
    for result in results {
        assert!(["note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let rule = &declared[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        let place = &result["locations"][0]["physicalLocation"];
        assert!(!place["artifactLocation"]["uri"].as_str().unwrap().contains(' '));
        let number = |name: &str| place["region"][name].as_u64().unwrap();
        assert!(number("startLine") >= 1 && number("startColumn") >= 1);
        assert!((number("endLine"), number("endColumn")) > (number("startLine"), number("startColumn")));
        assert!(result["partialFingerprints"].as_object().unwrap().values().all(Value::is_string));
    }
    let prints: Vec<_> = results.iter().map(|result| &result["partialFingerprints"]).collect();
    let moved: Value = serde_json::from_str(&document(Format::Sarif, &format!("SELECT 1;\n{MIGRATION}"), None)).unwrap();
    let after: Vec<_> = moved["runs"][0]["results"].as_array().unwrap().iter().map(|result| &result["partialFingerprints"]).collect();
    assert_eq!(prints, after, "a finding is the same one when lines come before it");
}

/// The page that describes the document names every member, and no other.
#[test]
fn json_is_what_its_page_says() {
    let page = std::fs::read_to_string(format!("{}/../docs/check-json.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let described: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let log: Value = serde_json::from_str(&document(Format::Json, MIGRATION, None)).unwrap();
    let mut members: Vec<String> = log.as_object().unwrap().keys().cloned().collect();
    members.extend(log["summary"].as_object().unwrap().keys().map(|key| format!("summary.{key}")));
    members.extend(log["findings"][0].as_object().unwrap().keys().map(|key| format!("findings[].{key}")));
    for member in &members {
        assert!(described.contains(&member.as_str()), "docs/check-json.md does not speak of {member}");
    }
    for described in described {
        assert!(members.iter().any(|member| member == described), "there is no {described}");
    }
    assert_eq!(log["version"], 1);
}
