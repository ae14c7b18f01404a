//! The questions a caller can ask.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::ops::Range;

use crate::catalog::{Catalog, Oid, Relation, RelationKind, Size};
use crate::effects::{Effects, Touch};
use crate::finding::{Effect, Finding, Risk};
use crate::ir::{Block, Fact, Kind, Part, Scope, Statement};
use crate::lock::LockMode;
use crate::rules::{self, Context};
use crate::script::{Deeds, Found, Script, follow, follow_calls, unseen_call};
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
    let statements = match parse::statements(sql, &|| catalog.interrupted()) {
        Ok(statements) => statements,
        Err(message) => return vec![weigh::under_policy(not_analyzable(sql, &message), catalog)],
    };
    check_statements(&statements, sql, catalog)
}

fn check_statements(statements: &[Statement], sql: &str, catalog: &dyn Catalog) -> Vec<Finding> {
    let mut script = Script::new(catalog);
    script.expect(statements);
    let mut findings = Vec::new();
    for (at, statement) in statements.iter().enumerate() {
        if catalog.interrupted() {
            break;
        }
        let later = statements.get(at + 1..).unwrap_or_default();
        if let Some(opened) = opened(statement, sql, &script, true) {
            findings.extend(block_findings(&opened, later, sql, &mut script));
            continue;
        }
        let (said, deeds) = judge(statement, later, sql, &script);
        findings.extend(said);
        // what the last one does to the database is nobody's concern here
        if !later.is_empty() {
            script.changed(sql, statement);
            script.after(statement, deeds);
        }
    }
    findings
}

/// The verdict on a single statement, and what it will do.
#[derive(Debug, Default)]
pub struct Verdict {
    pub findings: Vec<Finding>,
    /// What it does to each relation that exists; `None` when that is not known.
    pub foreseen: Option<Vec<Foreseen>>,
}

/// What a statement does to a relation.
#[derive(Debug, Clone)]
pub struct Foreseen {
    pub relation: Oid,
    pub lock: LockMode,
    /// Its file changes; `None`: cannot be told.
    pub rewrites: Option<bool>,
    /// Nobody else uses it: it is temporary, or made in this transaction.
    pub private: bool,
}

/// The same as [`check`] for the text of a single statement, with what it will do.
pub fn verdict(sql: &str, catalog: &dyn Catalog) -> Verdict {
    let Ok(statements) = parse::statements(sql, &|| catalog.interrupted()) else {
        return Verdict { findings: check(sql, catalog), foreseen: None };
    };
    let [statement] = statements.as_slice() else {
        return Verdict { findings: check_statements(&statements, sql, catalog), foreseen: None };
    };
    let mut script = Script::new(catalog);
    script.expect(&statements);
    let inside = opened(statement, sql, &script, true).map(|opened| {
        let findings = block_findings(&opened, &[], sql, &mut script);
        script = Script::new(catalog);
        findings
    });
    let effects = model::of(statement, &script);
    let findings = inside.unwrap_or_else(|| judge_effects(statement, &[], sql, &effects).0);
    let foreseen = effects.touches().iter().map(|touch| Foreseen {
        relation: touch.relation.oid,
        lock: touch.lock,
        rewrites: touch.rewrites,
        private: rules::is_private(&touch.relation),
    });
    Verdict { findings, foreseen: effects.unbounded().is_none().then(|| foreseen.collect()) }
}

/// The statement that a text prepares, if it does nothing else: an `EXECUTE` runs it.
pub fn prepared_text(sql: &str) -> Option<String> {
    let statements = parse::statements(sql, &|| false).ok()?;
    let [statement] = statements.as_slice() else { return None };
    statement.facts.iter().find_map(|fact| match fact {
        Fact::Prepares { statement, .. } => Some(statement.to_string()),
        _ => None,
    })
}

/// The findings on one statement, the only one of a statement without any says that it is safe; and what it leaves behind.
fn judge(statement: &Statement, later: &[Statement], text: &str, script: &Script) -> (Vec<Finding>, Deeds) {
    judge_effects(statement, later, text, &model::of(statement, script))
}

fn judge_effects(statement: &Statement, later: &[Statement], text: &str, effects: &Effects) -> (Vec<Finding>, Deeds) {
    let mut context = Context::new(statement, later, text, effects);
    let reports = rules::reports(&mut context);
    (weigh::findings(&context, reports), context.deeds())
}

/// What there is to say of the SQL that is seen in a DO block, with the block's number and the lines of the text; then that there may be more.
fn block_findings(opened: &Opened, later: &[Statement], sql: &str, script: &mut Script) -> Vec<Finding> {
    let (outer, block) = (opened.statement.as_ref(), opened.block.as_ref());
    let mut findings = Vec::new();
    let mut nothing = Vec::new();
    let open = script.enter();
    for part in &block.parts {
        let statements: Vec<_> = part.statements.iter().map(|inner| Statement { number: outer.number, ..inner.clone() }).collect();
        for (at, inner) in statements.iter().enumerate() {
            if script.catalog().interrupted() {
                return findings;
            }
            let rest = statements.get(at + 1..).unwrap_or_default();
            if let Some(deeper) = self::opened(inner, &part.text, script, !opened.followed) {
                let said = block_findings(&deeper, rest, &part.text, script);
                findings.extend(said.into_iter().map(|finding| place(finding, outer, part)));
                continue;
            }
            let (said, deeds) = judge(inner, rest, &part.text, script);
            let (said, silent): (Vec<_>, Vec<_>) = said.into_iter().partition(|finding| finding.rule.is_some());
            findings.extend(said.into_iter().map(|finding| place(finding, outer, part)));
            // a policy may be the reason, and then it is named
            nothing.extend(silent.into_iter().filter(|finding| finding.message == weigh::OFF).map(|finding| place(finding, outer, part)));
            script.changed(&part.text, inner);
            if part.certain { script.after(inner, deeds) } else { script.perhaps(inner, deeds) }
        }
    }
    script.leave(open);
    let (own, deeds) = judge(outer, later, sql, script);
    script.after(outer, deeds);
    let own = own.into_iter().filter(|finding| finding.rule.is_some() || findings.is_empty() && nothing.is_empty());
    findings.extend(own.collect::<Vec<_>>());
    if findings.is_empty() { nothing.into_iter().take(1).collect() } else { findings }
}

/// Why a block is not judged as a whole whose expressions call functions that are not at hand.
const UNSEEN: &str = "what the functions do that its expressions call is not visible in it";

/// A statement with others inside.
struct Opened<'a> {
    statement: Cow<'a, Statement>,
    block: Cow<'a, Block>,
    /// The database says which of them run, and what of the calls could be followed was.
    followed: bool,
}

/// What runs inside a DO block, or inside the functions that a statement calls (if `calls`): the statements that run and no others, if the database
/// says which they are.
fn opened<'a>(statement: &'a Statement, text: &str, script: &Script, calls: bool) -> Option<Opened<'a>> {
    let (seen, found) = match &statement.kind {
        Kind::Block(block) => {
            let handled = block.program.as_ref().is_some_and(Scope::handles);
            let calls = block.parts.iter().flat_map(|part| &part.statements).any(|inner| matches!(inner.kind, Kind::Calls(_)));
            let unseen =
                block.program.as_ref().is_some_and(|program| program.expressions().iter().any(|text| unseen_call(text, script).is_some()));
            let found = (block.hidden.is_some() || handled || calls || unseen).then(|| follow(block, script)).flatten();
            let seen = match unseen {
                true => Cow::Owned(Block { hidden: block.hidden.or(Some(UNSEEN)), ..block.clone() }),
                false => Cow::Borrowed(block),
            };
            (Some(seen), found)
        }
        _ => (None, prepared(statement, script).or_else(|| calls.then(|| follow_calls(statement, text, script)).flatten())),
    };
    match (found, seen) {
        (Some(block), _) => {
            let statement = Cow::Owned(Statement { kind: Kind::Block(block.clone()), ..statement.clone() });
            Some(Opened { statement, block: Cow::Owned(block), followed: true })
        }
        (None, Some(Cow::Borrowed(block))) => {
            Some(Opened { statement: Cow::Borrowed(statement), block: Cow::Borrowed(block), followed: false })
        }
        (None, Some(Cow::Owned(block))) => {
            let statement = Cow::Owned(Statement { kind: Kind::Block(block.clone()), ..statement.clone() });
            Some(Opened { statement, block: Cow::Owned(block), followed: false })
        }
        (None, None) => None,
    }
}

/// What an EXECUTE runs, if the text prepared it.
fn prepared(statement: &Statement, script: &Script) -> Option<Block> {
    let name = statement.facts.iter().find_map(|fact| match fact {
        Fact::Executes(name) => Some(name),
        _ => None,
    })?;
    let text = script.prepared(name)?;
    let statements = parse::dynamic(&text).ok()?.into_iter().map(|inner| Statement { line: statement.line, ..inner });
    let part = Part { text: text.to_string(), statements: statements.collect(), offset: None, certain: true };
    Some(Block { parts: vec![part], hidden: None, program: None })
}

/// Puts a finding on a statement inside a block where the block is, as exactly as that is known.
fn place(mut finding: Finding, outer: &Statement, part: &Part) -> Finding {
    finding.statement = outer.number;
    let moved = |range: Range<usize>| match part.offset {
        Some(offset) => range.start.saturating_add(offset)..range.end.saturating_add(offset),
        None => outer.span.clone(),
    };
    (finding.span, finding.place) = (moved(finding.span), moved(finding.place));
    finding
}

/// What each statement of a text does to each relation that exists now and gets a ShareUpdateExclusiveLock or a stronger one. An index is listed
/// where its table is not; sequences and TOAST tables are left out. A statement whose effect its text does not show (CALL, a DO block with more than plain SQL) gives no row:
/// [`check`] says that.
pub fn effects(sql: &str, catalog: &dyn Catalog) -> Result<Vec<Effect>, NotAnalyzable> {
    let statements = parse::statements(sql, &|| catalog.interrupted()).map_err(|message| NotAnalyzable { message })?;
    let mut script = Script::new(catalog);
    script.expect(&statements);
    let mut rows = Vec::new();
    for statement in &statements {
        if catalog.interrupted() {
            break;
        }
        let (mut done, mut read) = (Doings::default(), Vec::new());
        run(statement, sql, &mut script, &mut done, &mut read, true);
        also_read(&mut done.all, &read);
        let mut done = done.all;
        done.retain(|Done { effect, .. }| effect.lock >= LockMode::ShareUpdateExclusive);
        let relations: HashSet<Oid> = done.iter().map(|Done { effect, .. }| effect.relation).collect();
        for Done { mut effect, kind, index_of } in done {
            if !is_listed(kind) || index_of.is_some_and(|table| relations.contains(&table)) {
                continue;
            }
            effect.statement = statement.number;
            if effect.rewrites != Some(false) {
                effect.scans = None;
            }
            rows.push(effect);
        }
    }
    Ok(rows)
}

/// What is done to a relation. (Not the relation itself: what somebody else holds is copied when the text changes it.)
struct Done {
    effect: Effect,
    kind: RelationKind,
    index_of: Option<Oid>,
}

/// What is done to relations, in the order of first mention.
#[derive(Default)]
struct Doings {
    all: Vec<Done>,
    places: HashMap<Oid, usize>,
}

/// Adds what a statement does. A DO block is the sum of its statements, if all of them are seen.
fn run(statement: &Statement, text: &str, script: &mut Script, done: &mut Doings, read: &mut Vec<(Oid, Option<bool>)>, calls: bool) {
    if let Some(opened) = opened(statement, text, script, calls) {
        let block = opened.block.as_ref();
        for (part, inner) in block.parts.iter().flat_map(|part| part.statements.iter().map(move |inner| (part, inner))) {
            if script.catalog().interrupted() {
                return;
            }
            if block.hidden.is_none() {
                note_reads(inner, &part.text, script, read);
                run(inner, &part.text, script, done, read, !opened.followed);
            } else if part.certain {
                script.changed(&part.text, inner);
                script.apply(inner);
            } else {
                script.changed(&part.text, inner);
                script.apply_perhaps(inner);
            }
        }
        return;
    }
    let effects = model::of(statement, script);
    for touch in effects.touches() {
        let builds_indexes = effects.builds_indexes(touch);
        match done.places.get(&touch.relation.oid).and_then(|at| done.all.get_mut(*at)) {
            Some(Done { effect: known, .. }) => {
                known.lock = known.lock.max(touch.lock);
                known.rewrites = model::either(known.rewrites, touch.rewrites);
                known.scans = model::either(known.scans, touch.scans);
                known.builds_indexes = model::either(known.builds_indexes, builds_indexes);
            }
            None => {
                let Touch { lock, rewrites, scans, .. } = *touch;
                let effect = Effect { statement: statement.number, relation: touch.relation.oid, lock, rewrites, scans, builds_indexes };
                done.places.insert(touch.relation.oid, done.all.len());
                done.all.push(Done { effect, kind: touch.relation.kind, index_of: touch.relation.index_of });
            }
        }
    }
    drop(effects);
    script.changed(text, statement);
    script.apply(statement);
}

/// Adds what a statement inside a block reads: certain where there is no other way than through all rows.
fn note_reads(statement: &Statement, text: &str, script: &Script, read: &mut Vec<(Oid, Option<bool>)>) {
    if !["SELECT", "UPDATE", "DELETE"].contains(&statement.tag.as_str()) {
        return;
    }
    let text = text.get(statement.span.clone()).unwrap_or(text);
    for one in parse::reads(text) {
        let Found::Existing(relation) = script.find(&one.table) else { continue };
        let mut oids = vec![relation.oid];
        let mut at = 0;
        while let Some(relation) = oids.get(at).and_then(|oid| script.get(*oid)) {
            at += 1;
            let certain = (one.alone && (one.whole || passes_indexes_by(text, &relation))).then_some(true);
            let answer = if *relation.size == Size::Bytes(0) { Some(false) } else { certain };
            read.push((relation.oid, answer));
            oids.extend(relation.children.iter().filter(|child| !oids.contains(child)).copied().collect::<Vec<_>>());
        }
    }
}

/// Whether a query names no column of an index, and nothing that decides it without looking at rows, like NULL in a column that has none.
fn passes_indexes_by(text: &str, relation: &Relation) -> bool {
    let words = parse::words(text);
    let named = |column: &String| words.contains(&column.to_lowercase());
    let indexed = relation.indexes.iter().flat_map(|index| index.columns.iter().chain(index.expression_columns.iter())).any(named);
    let decided = words.iter().any(|word| word == "null") && relation.columns.iter().any(|column| column.not_null && named(&column.name));
    let otherwise = words.iter().any(|word| ["ctid", "false", "limit"].contains(&word.as_str()));
    !(indexed || decided || otherwise)
}

/// What is locked and read is read while it is locked, or just before.
fn also_read(done: &mut [Done], read: &[(Oid, Option<bool>)]) {
    for Done { effect, .. } in done {
        let of_it = read.iter().filter(|(oid, _)| *oid == effect.relation);
        effect.scans = of_it.fold(effect.scans, |scans, (_, answer)| model::either(scans, *answer));
    }
}

fn is_listed(kind: RelationKind) -> bool {
    matches!(
        kind,
        RelationKind::Table
            | RelationKind::PartitionedTable
            | RelationKind::MaterializedView
            | RelationKind::View
            | RelationKind::ForeignTable
            | RelationKind::Index
            | RelationKind::PartitionedIndex
    )
}

/// The verdict on a command of which only the tag is known: `None` when commands with this tag disturb nobody.
pub fn check_command(tag: &str) -> Option<Finding> {
    is_dangerous(tag).then(|| {
        let message = format!("cannot be judged: the text of this {tag} could not be seen");
        let mut finding = unknown(tag, message);
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
    let mut finding = Finding { line, place: span.clone(), span, ..unknown("", format!("cannot be parsed: {message}")) };
    finding.detail = Some("What is not understood is not judged. The grammar is that of PostgreSQL 18.".to_owned());
    finding
}

/// What cannot be judged, and what is said of it.
fn unknown(tag: &str, message: String) -> Finding {
    Finding::new(Risk::Unknown, "not-analyzable", tag, message)
}
