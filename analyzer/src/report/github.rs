//! Workflow commands of GitHub Actions: an annotation at the line of each finding. A text without any gives nothing.

use std::fmt::Write;

use super::place::Places;
use super::{Source, blocked, lock, notable};
use crate::finding::Risk;

pub fn render(source: &Source, places: &Places) -> String {
    let commands = notable(source).map(|finding| {
        let (start, end) = places.of(finding);
        let level = match finding.risk {
            Risk::Danger => "error",
            Risk::Unknown => "warning",
            Risk::Caution | Risk::Safe => "notice",
        };
        let mut command = format!("::{level} ");
        if let Some(file) = source.file {
            let _ = write!(command, "file={},", property(file));
        }
        let _ = write!(command, "line={},endLine={},", start.line, end.line);
        // columns count only within one line
        if start.line == end.line {
            let _ = write!(command, "col={},endColumn={},", start.column, end.column);
        }
        let mut message = finding.message.clone();
        if let Some(lock) = lock(finding) {
            let _ = write!(message, "\nlock: {lock}\nblocks: {}", blocked(finding));
        }
        let label = if finding.runnable { "instead" } else { "advice" };
        for (label, part) in [("why", &finding.detail), (label, &finding.hint)] {
            if let Some(part) = part {
                let _ = write!(message, "\n{label}: {part}");
            }
        }
        let title = format!("zdm {}", finding.rule.unwrap_or(finding.risk.as_str()));
        format!("{command}title={}::{}", property(&title), data(&message))
    });
    commands.collect::<Vec<_>>().join("\n")
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
