//! The questions a caller can ask.

use crate::catalog::{Catalog, RelationKind};
use crate::finding::{Effect, Finding, Risk};
use crate::lock::{Blocks, LockMode};
use crate::rules::{self, Context};
use crate::script::Script;
use crate::{effects as model, parse, weigh};

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
        Err(message) => return vec![weigh::under_policy(not_analyzable(sql, &message), catalog)],
    };
    let mut script = Script::new(catalog);
    let mut findings = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        if catalog.interrupted() {
            break;
        }
        let effects = model::of(statement, &script);
        let later = statements.get(at + 1..).unwrap_or_default();
        let mut context = Context::new(statement, later, sql, &effects);
        let reports = rules::reports(&mut context);
        findings.extend(weigh::findings(&context, reports));
        let deeds = context.deeds();
        script.after(statement, deeds);
    }
    findings
}

/// What each statement of a text does to each relation that exists now and gets a ShareUpdateExclusiveLock or a stronger one. Indexes,
/// sequences and TOAST tables are left out. A statement whose effect its text does not show (DO, CALL) gives no row: [`check`] says that.
pub fn effects(sql: &str, catalog: &dyn Catalog) -> Result<Vec<Effect>, NotAnalyzable> {
    let statements = parse::statements(sql).map_err(|message| NotAnalyzable { message })?;
    let mut script = Script::new(catalog);
    let mut rows = Vec::new();
    for statement in &statements {
        if catalog.interrupted() {
            break;
        }
        let effects = model::of(statement, &script);
        let listed =
            effects.touches().iter().filter(|touch| touch.lock >= LockMode::ShareUpdateExclusive && is_listed(touch.relation.kind));
        rows.extend(listed.map(|touch| Effect {
            statement: statement.number,
            relation: touch.relation.oid,
            lock: touch.lock,
            rewrites: touch.rewrites,
            scans: if touch.rewrites == Some(false) { touch.scans } else { None },
        }));
        script.apply(statement);
    }
    Ok(rows)
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
        place: span.clone(),
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
        estimate: None,
        message,
        detail: None,
        hint: None,
    }
}
