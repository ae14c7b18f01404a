//! Bytes as a text for `zdm.check_ddl`, `zdm.check_report` and `zdm.ddl_effects`, on the catalog of the manuals' examples.

#![no_main]

use libfuzzer_sys::fuzz_target;
use zdm_analyzer::finding::{Finding, Risk};
use zdm_analyzer::report::{Format, Source, render, summary};
use zdm_analyzer::testing::{TestCatalog, examples};
use zdm_analyzer::{check, check_command, effects, for_server, split};

thread_local! {
    /// One for each major.
    static CATALOGS: Vec<TestCatalog> = (15..=18)
        .map(|major| {
            let mut db = examples();
            db.set_major(major).set_utc(major % 2 == 0).set_small_table(if major == 16 { 1 << 30 } else { 0 });
            db
        })
        .collect();
}

fuzz_target!(|data: &[u8]| {
    // a SQL_ASCII database may hold what is no text; that is never analyzed
    let text = String::from_utf8_lossy(data);
    // so that the same text always goes the same way, and every way is gone with many
    let way = data.iter().fold(data.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte))) >> 3;
    CATALOGS.with(|all| all.iter().skip(way % all.len()).take(1).for_each(|db| run(&text, db, way >> 2)));
});

fn run(text: &str, db: &TestCatalog, way: usize) {
    let findings = check(text, db);
    findings.iter().for_each(|finding| in_order(text, finding));
    assert!(findings.windows(2).all(|pair| pair[0].statement <= pair[1].statement), "findings are out of order");
    match way % 4 {
        0 => match effects(text, db) {
            Ok(_) => assert!(for_server(text).is_none_or(|server| server.len() == text.len())),
            Err(_) => assert!(matches!(&findings[..], [one] if one.risk == Risk::Unknown), "what is not analyzed is not unknown"),
        },
        1 => {
            for piece in split(text) {
                assert!(text.get(piece.span).is_some(), "a piece is not in the text");
                check_command(&piece.tag);
            }
        }
        _ => {
            let source = Source { text, file: Some("f.sql"), findings: &findings, version: "0", server: db.major() };
            report(Format::NAMES[(way >> 2) % Format::NAMES.len()], &source);
        }
    }
}

fn report(format: &str, source: &Source) {
    let Some(known) = Format::named(format) else { unreachable!("{format}") };
    let document = render(known, source);
    if matches!(known, Format::Json | Format::Sarif) {
        serde_json::from_str::<serde_json::Value>(&document).expect("JSON");
    }
    assert!(!summary(source.findings).is_empty());
}

fn in_order(text: &str, finding: &Finding) {
    assert!(!finding.message.is_empty() || finding.risk == Risk::Safe);
    assert!(finding.line >= 1 && finding.statement >= 1);
    for range in [&finding.span, &finding.place] {
        assert!(text.get(range.clone()).is_some(), "{range:?} is not in the text: {finding:?}");
    }
    assert!(finding.estimate.is_none_or(|estimate| estimate.low <= estimate.high), "{finding:?}");
}
