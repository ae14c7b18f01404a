//! The questions a caller can ask.

use crate::catalog::{Catalog, RelationKind};
use crate::effects::Touch;
use crate::finding::{Effect, Finding, Risk};
use crate::ir::{Block, Kind, Part, Statement};
use crate::lock::{Blocks, LockMode};
use crate::rules::{self, Context, Report};
use crate::script::Script;
use crate::{effects as model, parse};

/// Why a text could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAnalyzable {
    /// What the parser said.
    pub message: String,
}

impl std::fmt::Display for NotAnalyzable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NotAnalyzable {}

/// Everything there is to say about each statement of a text: one finding per thing to say, one that says `safe` for a statement with none.
/// A text that holds no statement gives nothing; one that cannot be parsed gives a single finding that is not `safe`.
pub fn check(sql: &str, catalog: &dyn Catalog) -> Vec<Finding> {
    let statements = match parse::statements(sql) {
        Ok(statements) => statements,
        Err(message) => return vec![not_analyzable(sql, &message)],
    };
    let mut script = Script::new(catalog);
    let mut findings = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        if catalog.interrupted() {
            break;
        }
        if let Kind::Block(block) = &statement.kind {
            findings.extend(block_findings(statement, block, sql, &mut script));
            continue;
        }
        let later = statements.get(at + 1..).unwrap_or_default();
        findings.extend(judge(statement, later, sql, &script));
        script.apply(statement);
    }
    findings
}

/// The findings on one statement; the only one of a statement without any says that it is safe.
fn judge(statement: &Statement, later: &[Statement], text: &str, script: &Script) -> Vec<Finding> {
    let effects = model::of(statement, script);
    let mut context = Context::new(statement, later, text, &effects);
    let reports = rules::reports(&mut context);
    if reports.is_empty() {
        return vec![safe(statement, &context)];
    }
    reports.into_iter().map(|(rule, report)| finding(statement, Some(rule), report)).collect()
}

/// What there is to say of the SQL that is seen in a DO block, with the block's number and the lines of the text; then that there may be more.
fn block_findings(outer: &Statement, block: &Block, sql: &str, script: &mut Script) -> Vec<Finding> {
    let mut findings = Vec::new();
    for part in &block.parts {
        for (at, inner) in part.statements.iter().enumerate() {
            if script.catalog().interrupted() {
                return findings;
            }
            if let Kind::Block(deeper) = &inner.kind {
                findings.extend(block_findings(inner, deeper, &part.text, script).into_iter().map(|finding| place(finding, outer, part)));
                continue;
            }
            let later = part.statements.get(at + 1..).unwrap_or_default();
            let said = judge(inner, later, &part.text, script).into_iter().filter(|finding| finding.rule.is_some());
            findings.extend(said.map(|finding| place(finding, outer, part)));
            if part.certain { script.apply(inner) } else { script.apply_perhaps(inner) }
        }
    }
    let effects = model::of(outer, script);
    let mut context = Context::new(outer, &[], sql, &effects);
    let reports = rules::reports(&mut context);
    findings.extend(reports.into_iter().map(|(rule, report)| finding(outer, Some(rule), report)));
    if findings.is_empty() {
        let report = context.remark(Risk::Safe, "nothing in it keeps reads or writes waiting");
        findings.push(finding(outer, None, report));
    }
    findings
}

/// Puts a finding on a statement inside a block where the block is, as exactly as that is known.
fn place(mut finding: Finding, outer: &Statement, part: &Part) -> Finding {
    finding.statement = outer.number;
    finding.span = match part.offset {
        Some(offset) => finding.span.start.saturating_add(offset)..finding.span.end.saturating_add(offset),
        None => outer.span.clone(),
    };
    finding
}

/// What each statement of a text does to each relation that exists now and gets a ShareUpdateExclusiveLock or a stronger one. Indexes,
/// sequences and TOAST tables are left out. A statement whose effect its text does not show (CALL, a DO block with more than plain SQL) gives no row:
/// [`check`] says that.
pub fn effects(sql: &str, catalog: &dyn Catalog) -> Result<Vec<Effect>, NotAnalyzable> {
    let statements = parse::statements(sql).map_err(|message| NotAnalyzable { message })?;
    let mut script = Script::new(catalog);
    let mut rows = Vec::new();
    for statement in &statements {
        if catalog.interrupted() {
            break;
        }
        let mut touched = Vec::new();
        run(statement, &mut script, &mut touched);
        rows.extend(
            touched.into_iter().filter(|touch| touch.lock >= LockMode::ShareUpdateExclusive && is_listed(touch.relation.kind)).map(
                |touch| Effect {
                    statement: statement.number,
                    relation: touch.relation.oid,
                    lock: touch.lock,
                    rewrites: touch.rewrites,
                    scans: if touch.rewrites == Some(false) { touch.scans } else { None },
                },
            ),
        );
    }
    Ok(rows)
}

/// Adds what a statement touches. A DO block is the sum of its statements, if all of them are seen.
fn run(statement: &Statement, script: &mut Script, touched: &mut Vec<Touch>) {
    if let Kind::Block(block) = &statement.kind {
        for (part, inner) in block.parts.iter().flat_map(|part| part.statements.iter().map(move |inner| (part, inner))) {
            if script.catalog().interrupted() {
                return;
            }
            if block.hidden.is_none() {
                run(inner, script, touched);
            } else if part.certain {
                script.apply(inner);
            } else {
                script.apply_perhaps(inner);
            }
        }
        return;
    }
    for touch in model::of(statement, script).touches() {
        match touched.iter_mut().find(|known| known.relation.oid == touch.relation.oid) {
            Some(known) => {
                known.lock = known.lock.max(touch.lock);
                known.rewrites = model::either(known.rewrites, touch.rewrites);
                known.scans = model::either(known.scans, touch.scans);
            }
            None => touched.push(touch.clone()),
        }
    }
    script.apply(statement);
}

fn is_listed(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::Table
            | RelationKind::PartitionedTable
            | RelationKind::MaterializedView
            | RelationKind::View
            | RelationKind::ForeignTable
    )
}

/// The verdict on a command of which only the tag is known: `None` when commands with this tag disturb nobody.
pub fn check_command(tag: &str) -> Option<Finding> {
    is_dangerous(tag).then(|| {
        let message = format!("cannot be judged: the text of this {tag} could not be seen");
        let mut finding = unknown(tag, 0..0, 1, message);
        finding.hint = Some("Run it as a statement of its own, so that its text can be read.".to_owned());
        finding
    })
}

/// Whether commands with this tag may lock, scan, rewrite or destroy.
fn is_dangerous(tag: &str) -> bool {
    let harmless_alter = [
        "ALTER ROLE",
        "ALTER USER",
        "ALTER DATABASE",
        "ALTER SYSTEM",
        "ALTER DEFAULT PRIVILEGES",
        "ALTER FUNCTION",
        "ALTER PROCEDURE",
        "ALTER ROUTINE",
        "ALTER AGGREGATE",
        "ALTER STATISTICS",
        "ALTER EVENT TRIGGER",
    ];
    let creates = ["CREATE INDEX", "CREATE TRIGGER", "CREATE RULE", "CREATE POLICY", "CREATE TABLE"];
    let others =
        ["TRUNCATE TABLE", "TRUNCATE", "CLUSTER", "VACUUM", "REINDEX", "LOCK TABLE", "REFRESH MATERIALIZED VIEW", "DO", "CALL", "EXECUTE"];
    match tag.split(' ').next() {
        Some("DROP" | "REASSIGN" | "IMPORT") => true,
        Some("ALTER") => !harmless_alter.contains(&tag),
        _ => creates.contains(&tag) || others.contains(&tag),
    }
}

fn finding(statement: &Statement, rule: Option<&'static str>, report: Report) -> Finding {
    Finding {
        statement: statement.number,
        line: statement.line,
        span: statement.span.clone(),
        command: statement.tag.clone(),
        object: report.object,
        relation: report.relation,
        risk: report.risk,
        rule,
        lock: report.lock,
        blocks: report.lock.map_or(Blocks::Nothing, LockMode::blocks),
        rewrites: report.rewrites,
        scans: report.scans,
        message: report.message,
        detail: report.detail,
        hint: report.hint,
    }
}

/// The row of a statement of which no rule has anything to say.
fn safe(statement: &Statement, context: &Context) -> Finding {
    let touches = context.effects().touches();
    let strongest = touches.iter().max_by_key(|touch| touch.lock);
    let main = context.main_relation().or_else(|| strongest.map(|touch| touch.relation.clone()));
    if let Kind::Client(what) = &statement.kind {
        return finding(statement, None, context.remark(Risk::Safe, *what));
    }
    let message = match strongest {
        None => "takes no table lock that keeps reads or writes waiting".to_owned(),
        Some(touch) if touch.lock < LockMode::Share => "keeps neither reads nor writes waiting".to_owned(),
        Some(_) => "locks only what is new, temporary or empty".to_owned(),
    };
    let report = match main {
        Some(relation) => context.report(Risk::Safe, &relation, message),
        None => context.remark(Risk::Safe, message),
    };
    finding(statement, None, report)
}

fn not_analyzable(sql: &str, message: &str) -> Finding {
    let span = parse::whole(sql);
    let line = parse::line_of(sql, span.start);
    let mut finding = unknown("", span, line, format!("cannot be parsed: {message}"));
    finding.detail = Some("What is not understood is not judged. The grammar is that of PostgreSQL 18.".to_owned());
    finding
}

fn unknown(tag: &str, span: std::ops::Range<usize>, line: u32, message: String) -> Finding {
    Finding {
        statement: 1,
        line,
        span,
        command: tag.to_owned(),
        object: None,
        relation: None,
        risk: Risk::Unknown,
        rule: Some("not-analyzable"),
        lock: None,
        blocks: Blocks::Nothing,
        rewrites: None,
        scans: None,
        message,
        detail: None,
        hint: None,
    }
}
