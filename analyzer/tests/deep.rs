//! Ordinary SQL is deep, and is judged; what is deeper than people write is refused, and neither takes more stack than a server keeps free.

use zdm_analyzer::finding::Risk;
use zdm_analyzer::testing::examples;
use zdm_analyzer::{check, effects};

/// What is left of the stack behind a server's own limit; frames that are not optimized are bigger.
const STACK: usize = if cfg!(debug_assertions) { 16 << 20 } else { 512 << 10 };

/// The worst that is said of a text.
fn worst(sql: String) -> Risk {
    let judge = move || {
        let db = examples();
        let findings = check(&sql, &db);
        assert_eq!(effects(&sql, &db).is_err(), findings.iter().any(|one| one.rule == Some("not-analyzable")), "{findings:?}");
        findings.iter().map(|finding| finding.risk).max().unwrap_or(Risk::Safe)
    };
    std::thread::Builder::new().stack_size(STACK).spawn(judge).expect("a thread").join().expect("it does not panic")
}

fn nested(open: &str, middle: &str, close: &str, times: usize) -> String {
    format!("{}{middle}{}", open.repeat(times), close.repeat(times))
}

#[test]
fn ordinary_deep_texts_are_judged() {
    for sql in [
        format!("CREATE VIEW v AS SELECT 1 FROM users{}", " JOIN orders USING (id)".repeat(47)),
        format!("CREATE VIEW v AS SELECT 1{}", " UNION ALL SELECT 1".repeat(91)),
        format!("SELECT email{} FROM users", " || name".repeat(44)),
        format!("SELECT {}", nested("(SELECT ", "1", ")", 16)),
        format!("SELECT {}", nested("CASE WHEN true THEN 1 ELSE ", "1", " END", 24)),
        format!("SELECT {}", nested("coalesce(", "1", ", 2)", 40)),
        format!("SELECT 1 WHERE 1 IN ({})", nested("SELECT 1 WHERE 1 IN (", "SELECT 1", ")", 16)),
        format!("SELECT 1{} + 1", " + 1".repeat(99)),
    ] {
        assert_eq!(worst(sql.clone()), Risk::Safe, "{sql}");
    }
    let check = format!("ALTER TABLE users ADD CHECK ({})", nested("NOT (", "age > 0", ")", 60));
    assert_eq!(worst(check), Risk::Danger);
}

#[test]
fn deeper_ones_are_unknown() {
    for times in [150, 200, 400, 1_000, 20_000, 100_000] {
        for sql in [
            format!("SELECT 1{}", " + 1".repeat(times)),
            format!("SELECT 1 FROM users{}", " JOIN orders USING (id)".repeat(times)),
            format!("SELECT {}", nested("(SELECT ", "1", ")", times)),
            format!("SELECT {}", nested("abs(", "1", ")", times)),
            format!("SELECT 1{}", "::int".repeat(times)),
            format!("ALTER TABLE users ADD CHECK ({})", nested("NOT ", "active", "", times)),
            format!("SELECT ARRAY{}", nested("[", "1", "]", times)),
            format!("SELECT {}", nested("ROW(", "1", ")", times)),
            format!("SELECT {}", nested("xmlelement(name a, ", "1", ")", times)),
        ] {
            assert_eq!(worst(sql.clone()), Risk::Unknown, "{times} of {}", &sql[..60]);
        }
    }
    // a UNION is one level, and parentheses are none
    assert_eq!(worst(format!("SELECT 1{}", " UNION SELECT 1".repeat(1_000))), Risk::Unknown);
    assert_eq!(worst(format!("SELECT {}", nested("(", "1", ")", 1_000))), Risk::Safe);
}

/// A text that could be taken for a tree is none, whatever the bytes are.
#[test]
fn strings_are_not_counted_as_a_tree_by_mistake() {
    for text in
        ["\n\u{8}\n\u{6}\n\u{4}\n\u{2}\n".to_owned(), "zzzz".repeat(20_000), "\n".repeat(20_000), "é".repeat(9_000), "\u{12}\n".repeat(300)]
    {
        assert_eq!(worst(format!("COMMENT ON TABLE users IS '{text}'")), Risk::Safe, "{} bytes", text.len());
    }
}
