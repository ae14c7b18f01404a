//! From text to statements: the only module (with those below it) that names `pg_query`.
//!
//! The grammar is that of PostgreSQL 18. Trees deeper than [`zdm_tree::DEPTH`] levels are refused; such a text is "not analyzable", which is never
//! "safe". Our own recursion walks decoded trees only and is bounded by the same limit.

mod actions;
mod alter;
mod block;
mod bound;
mod call;
mod client;
mod create;
mod domain;
mod drop;
mod expr;
mod fact;
pub(crate) mod fragment;
mod functions;
mod index_name;
mod long_name;
mod modify;
mod named;
mod names;
mod need;
mod object;
mod position;
mod prepare;
mod program;
mod read;
mod redact;
mod remark;
mod rename;
mod routine;
mod schema;
mod size;
mod statement;
mod subquery;
mod tag;
pub(crate) mod token;
mod transaction;
mod truth;

pub use actions::actions;
pub use call::{called, calls};
pub use long_name::long_names;
pub use named::named;
pub use read::{reads, words};
pub use redact::{Redacted, redact};
pub use routine::routine;

use std::rc::Rc;

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{Node, ParseResult};

use crate::ir::{Expr, Statement};
use crate::lexical;

/// How deep DO blocks inside DO blocks are read.
const BLOCKS: u32 = 2;

/// Whether the answer is no longer wanted: asked between the steps of the work, and for each statement.
pub type Stop<'a> = &'a dyn Fn() -> bool;

/// What is said of a text whose reading was ended; the caller knows why.
const STOPPED: &str = "reading it was interrupted";

/// The statements of a text and what stands between them for psql, or what the parser said against it.
pub fn statements(sql: &str, stop: Stop) -> Result<Vec<Statement>, String> {
    let Some(cut) = client::cut(sql) else { return server_statements(sql, BLOCKS, stop) };
    let mut all = server_statements(&cut.text, BLOCKS, stop)?;
    all.extend(cut.pieces.into_iter().map(|piece| Statement {
        number: 0,
        line: 0,
        span: piece.span,
        tag: piece.tag,
        kind: piece.kind,
        facts: Vec::new(),
        named: None,
    }));
    all.sort_by_key(|statement| statement.span.start);
    let mut lines = position::Lines::new(sql);
    for (number, statement) in (1..).zip(&mut all) {
        (statement.number, statement.line) = (number, lines.line_at(statement.span.start));
    }
    Ok(all)
}

/// The text as the server is to read it: blanks in the place of what is for psql. `None` when that is nothing.
pub fn for_server(sql: &str) -> Option<String> {
    client::cut(sql).map(|cut| cut.text)
}

fn server_statements(sql: &str, blocks: u32, stop: Stop) -> Result<Vec<Statement>, String> {
    if blocks < BLOCKS
        && let Some(excess) = lexical::excess_in_piece(sql)
    {
        return Err(excess.to_string());
    }
    let parsed = tree_unless(sql, stop)?;
    let mut out = Vec::new();
    let mut lines = position::Lines::new(sql);
    for raw in &parsed.stmts {
        if stop() {
            return Err(STOPPED.to_owned());
        }
        let Some(node) = raw.stmt.as_ref().and_then(|stmt| stmt.node.as_ref()) else { continue };
        let span = position::span(sql, raw.stmt_location, raw.stmt_len);
        let line = lines.line_at(span.start);
        let kind = match node {
            Tree::DoStmt(statement) if blocks > 0 => {
                block::kind(statement, sql, &span, line, &|inner| server_statements(inner, blocks - 1, stop))
            }
            Tree::CreateSchemaStmt(statement) if !statement.schema_elts.is_empty() => {
                schema::with_elements(sql.get(span.clone()).unwrap_or_default(), span.start, line)
            }
            _ => statement::kind(node, sql, &span),
        };
        let number = u32::try_from(out.len() + 1).unwrap_or(u32::MAX);
        let named = named::of(node, span.len()).map(Rc::new);
        out.push(Statement { number, line, tag: tag::of(node), kind, facts: fact::of(node, sql, &span), named, span });
    }
    Ok(out)
}

/// The statements of a text that a DO block runs.
pub fn dynamic(sql: &str) -> Result<Vec<Statement>, String> {
    server_statements(sql, BLOCKS - 1, &|| false)
}

/// The bytes of a text from its first token to its last.
pub fn whole(sql: &str) -> std::ops::Range<usize> {
    position::span(sql, 0, 0)
}

/// The line of a byte, from 1.
pub fn line_of(sql: &str, at: usize) -> u32 {
    position::Lines::new(sql).line_at(at)
}

/// The pieces of a text between its semicolons, what is for psql left out.
pub fn cut_at_semicolons(sql: &str) -> Vec<std::ops::Range<usize>> {
    let text = for_server(sql);
    let mut pieces: Vec<std::ops::Range<usize>> = Vec::new();
    let mut piece: Option<std::ops::Range<usize>> = None;
    for token in token::Tokens::new(text.as_deref().unwrap_or(sql)) {
        if token.is(b';') {
            pieces.extend(piece.take());
        } else {
            piece = Some(piece.map_or(token.span.clone(), |piece| piece.start..token.span.end));
        }
    }
    pieces.extend(piece);
    pieces
}

/// Where the first of these words ends that is neither quoted nor in a comment.
pub fn after_word(text: &str, words: &[&str]) -> Option<usize> {
    let found = token::Tokens::new(text).filter(|token| token.kind == token::Kind::Word).find(|token| {
        let word = text.get(token.span.clone()).unwrap_or_default();
        words.iter().any(|wanted| word.eq_ignore_ascii_case(wanted))
    });
    found.map(|token| token.span.end)
}

/// The words and names of a text, a name of several parts as one, up to the first of something else.
pub fn leading_words(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut out: Vec<std::ops::Range<usize>> = Vec::new();
    let mut dotted = false;
    for token in token::Tokens::new(text) {
        match (token.kind, out.last_mut()) {
            (token::Kind::Word | token::Kind::Name, Some(last)) if dotted => last.end = token.span.end,
            (token::Kind::Word | token::Kind::Name, _) => out.push(token.span),
            (token::Kind::Sign(b'.'), _) => {
                dotted = true;
                continue;
            }
            _ => break,
        }
        dotted = false;
    }
    out
}

/// The words of a text that stand in no parentheses, in lower case; quoted names are none.
pub fn outer_words(text: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut out = Vec::new();
    for token in token::Tokens::new(text) {
        depth = depth.saturating_add(usize::from(token.is(b'('))).saturating_sub(usize::from(token.is(b')')));
        if depth == 0 && token.kind == token::Kind::Word {
            out.extend(text.get(token.span).map(str::to_ascii_lowercase));
        }
    }
    out
}

/// What stands in parentheses behind these words, which follow each other.
pub fn parenthesized_after<'a>(text: &'a str, words: &[&str]) -> Option<&'a str> {
    let tokens: Vec<_> = token::Tokens::new(text).collect();
    let is = |token: &token::Token, wanted: &&str| {
        token.kind == token::Kind::Word && text.get(token.span.clone()).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    };
    let at = tokens.windows(words.len().max(1)).position(|window| window.iter().zip(words).all(|(token, wanted)| is(token, wanted)))?;
    let rest = tokens.get(at + words.len()..)?;
    let open = rest.first().filter(|token| token.is(b'('))?;
    let mut depth = 0_usize;
    let close = rest.iter().find(|token| {
        depth = depth.saturating_add(usize::from(token.is(b'('))).saturating_sub(usize::from(token.is(b')')));
        depth == 0
    })?;
    text.get(open.span.end..close.span.start)
}

/// The columns that a CHECK expression, as the catalogs print it, proves to be not null.
pub fn proves_not_null(expression: &str) -> Vec<String> {
    // only a test for NULL does, and parsing takes its time
    if !expression.to_ascii_uppercase().contains("NULL") {
        return Vec::new();
    }
    let text = expression.trim();
    let text = text.strip_prefix("CHECK").unwrap_or(text);
    let parsed = tree(&format!("SELECT {text}")).ok();
    parsed.as_ref().and_then(single_expression).map(|node| expr::proves_not_null(&node)).unwrap_or_default()
}

/// What a CHECK expression, as the catalogs print it, says of a column.
pub fn ranges(expression: &str, column: &str) -> Option<Vec<crate::ir::Range>> {
    let text = expression.trim();
    let parsed = tree(&format!("SELECT {}", text.strip_prefix("CHECK").unwrap_or(text))).ok()?;
    bound::ranges(&single_expression(&parsed)?, column)
}

/// The expression of a function body that is a single `SELECT <expression>`. Of one that the parser does not read nothing is known.
pub fn body_expression(body: &str) -> Option<Expr> {
    match tree(body) {
        Ok(parsed) => single_expression(&parsed).map(|node| expr::summary(&node)),
        Err(_) => Some(Expr { opaque: true, ..Expr::default() }),
    }
}

/// The one expression of a text that is a `SELECT` of one column and nothing else.
fn single_expression(parsed: &ParseResult) -> Option<Node> {
    let [raw] = parsed.stmts.as_slice() else { return None };
    let Some(Tree::SelectStmt(select)) = raw.stmt.as_ref()?.node.as_ref() else { return None };
    let plain = select.from_clause.is_empty()
        && select.where_clause.is_none()
        && select.group_clause.is_empty()
        && select.having_clause.is_none()
        && select.window_clause.is_empty()
        && select.distinct_clause.is_empty()
        && select.sort_clause.is_empty()
        && select.limit_count.is_none()
        && select.limit_offset.is_none()
        && select.locking_clause.is_empty()
        && select.with_clause.is_none()
        && select.into_clause.is_none()
        && select.values_lists.is_empty()
        && select.larg.is_none();
    let [target] = select.target_list.as_slice() else { return None };
    match target.node.as_ref()? {
        Tree::ResTarget(target) if plain => target.val.as_deref().cloned(),
        _ => None,
    }
}

fn tree(sql: &str) -> Result<ParseResult, String> {
    tree_unless(sql, &|| false)
}

/// The tree of a text. Of a megabyte each of the steps takes tenths of a second.
fn tree_unless(sql: &str, stop: Stop) -> Result<ParseResult, String> {
    let go_on = || if stop() { Err(STOPPED.to_owned()) } else { Ok(()) };
    if let Some(excess) = lexical::excess(sql.as_bytes(), false) {
        return Err(excess.to_string());
    }
    size::check(sql)?;
    go_on()?;
    let said = |error| match error {
        pg_query::Error::Parse(message) => message,
        pg_query::Error::Decode(_) => "the statement is nested too deeply".to_owned(),
        other => other.to_string(),
    };
    let encoded = zdm_tree::Encoded::new(sql).map_err(said)?;
    go_on()?;
    let tree = encoded.decode(zdm_tree::DEPTH).map_err(said)?;
    go_on()?;
    Ok(tree)
}
