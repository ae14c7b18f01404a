//! All manuals as one page: `docs/rules.md`, and `zdm.explain` gives its parts.

use std::fmt::Write;

use super::rules;

/// The page, Markdown. `tools/rules-doc` writes it.
pub fn manual() -> String {
    let rules = rules();
    let mut page = "# Rules\n\nMade by `tools/rules-doc` from the files in `analyzer/src/rules/`; do not edit. In SQL: `SELECT * FROM zdm.rules`, and \
                    `SELECT zdm.explain('drop-table')`.\n\nThe risk is the worst that a rule can say. Those whose cost grows with the data say `caution` \
                    where there is less than `zdm.small_table`, and `zdm.set_rule_policy` sets another risk or switches a rule off: see \
                    [check.md](check.md).\n\n| rule | risk | |\n|---|---|---|\n"
        .to_owned();
    for rule in &rules {
        let _ = writeln!(page, "| [{0}](#{0}) | {1} | {2} |", rule.name, rule.risk.as_str(), rule.summary.replace('|', "\\|"));
    }
    for rule in &rules {
        let _ = write!(page, "\n## {}\n\n{}\n", rule.name, rule.docs.trim_end());
    }
    page
}
