//! What a statement says of a function: its parameters, its volatility, and what is in its body.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{CreateFunctionStmt, FunctionParameter, FunctionParameterMode, Node};

use super::names;
use super::token::{Kind as Word, Token, Tokens};
use crate::catalog::Volatility;

/// The number of input parameters.
pub fn arguments(parameters: &[Node]) -> usize {
    let input = |node: &&Node| match node.node.as_ref() {
        Some(Tree::FunctionParameter(parameter)) => is_input(parameter),
        _ => false,
    };
    parameters.iter().filter(input).count()
}

fn is_input(parameter: &FunctionParameter) -> bool {
    use FunctionParameterMode as Mode;
    !matches!(Mode::try_from(parameter.mode), Ok(Mode::FuncParamOut | Mode::FuncParamTable))
}

pub fn volatility(options: &[Node]) -> Option<Volatility> {
    match word(options, "volatility")?.as_str() {
        "immutable" => Some(Volatility::Immutable),
        "stable" => Some(Volatility::Stable),
        _ => Some(Volatility::Volatile),
    }
}

pub(super) fn word(options: &[Node], name: &str) -> Option<String> {
    options.iter().rev().find_map(|node| match node.node.as_ref()? {
        Tree::DefElem(element) if element.defname == name => names::constant_text(element.arg.as_deref()?),
        _ => None,
    })
}

/// The body, if the planner may put it in the place of a call; a text that is no SQL where it cannot be told.
pub fn inlinable_body(function: &CreateFunctionStmt) -> Option<String> {
    let sql =
        function.sql_body.is_some() || word(&function.options, "language").is_some_and(|language| language.eq_ignore_ascii_case("sql"));
    let returns_set = function.return_type.as_ref().is_none_or(|returned| returned.setof);
    let set = function.options.iter().any(|node| matches!(node.node.as_ref(), Some(Tree::DefElem(option)) if option.defname == "set"));
    if !sql || returns_set || set || function.is_procedure || names::option(&function.options, "security") == Some(true) {
        return None;
    }
    let strict = names::option(&function.options, "strict") == Some(true);
    let text = body(&function.options).filter(|_| !strict && function.sql_body.is_none());
    Some(text.unwrap_or_else(|| ")".to_owned()))
}

pub(super) fn body(options: &[Node]) -> Option<String> {
    options.iter().find_map(|node| match node.node.as_ref()? {
        Tree::DefElem(element) if element.defname == "as" => match element.arg.as_deref()?.node.as_ref()? {
            Tree::List(list) => list.items.first().and_then(names::string),
            _ => None,
        },
        _ => None,
    })
}

/// Whether a body in PL/pgSQL executes text that is put together of values which nothing quotes.
pub fn concatenates(options: &[Node]) -> bool {
    let plpgsql = word(options, "language").is_some_and(|language| language.eq_ignore_ascii_case("plpgsql"));
    body(options).filter(|_| plpgsql).is_some_and(|body| {
        let tokens: Vec<Token> = Tokens::new(&body).collect();
        let is = |at: usize, word: &str| text(&body, &tokens, at).is_some_and(|one| one.eq_ignore_ascii_case(word));
        (0..tokens.len()).any(|at| is(at, "execute") && starts_statement(&body, &tokens, at) && unquoted(&body, &tokens, at + 1))
    })
}

fn text<'a>(body: &'a str, tokens: &[Token], at: usize) -> Option<&'a str> {
    body.get(tokens.get(at)?.span.clone())
}

/// `EXECUTE` of PL/pgSQL, and not the privilege or the clause of a trigger.
fn starts_statement(body: &str, tokens: &[Token], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).and_then(|at| text(body, tokens, at)) else { return true };
    [";", "begin", "then", "else", "loop", "query", "in", "for", ">"].iter().any(|word| before.eq_ignore_ascii_case(word))
}

/// Functions whose result is safe to put into SQL.
const QUOTING: [&str; 4] = ["quote_ident", "quote_literal", "quote_nullable", "format"];
/// Words of an expression that are no values.
const WORDS: [&str; 8] = ["case", "when", "then", "else", "end", "null", "and", "or"];
/// Types whose values cannot hold SQL, or quote themselves.
const HARMLESS: [&str; 12] =
    ["regclass", "regproc", "regprocedure", "regtype", "regrole", "regnamespace", "oid", "int", "integer", "bigint", "smallint", "uuid"];

/// Whether the expression that begins here concatenates a value that nothing quotes.
fn unquoted(body: &str, tokens: &[Token], start: usize) -> bool {
    let (mut at, mut joins, mut bare) = (start, false, false);
    while let Some(token) = tokens.get(at) {
        let word = text(body, tokens, at).unwrap_or_default().to_ascii_lowercase();
        let next = |sign: u8| tokens.get(at + 1).is_some_and(|token| token.is(sign));
        match token.kind {
            Word::Sign(b';') => break,
            Word::Word if ["using", "into", "loop"].contains(&word.as_str()) => break,
            Word::Sign(b'|') if next(b'|') => joins = true,
            // a cast: its type is no value
            Word::Sign(b':') if next(b':') => at += 2,
            Word::Word if QUOTING.contains(&word.as_str()) && next(b'(') => at = closing(tokens, at + 1),
            Word::Word if next(b'(') || WORDS.contains(&word.as_str()) || word.starts_with(|letter: char| letter.is_ascii_digit()) => {}
            Word::Word | Word::Name if next(b'.') => at += 1,
            Word::Word | Word::Name => bare |= !cast_to_harmless(body, tokens, at + 1),
            _ => {}
        }
        at += 1;
    }
    joins && bare
}

fn cast_to_harmless(body: &str, tokens: &[Token], at: usize) -> bool {
    let colon = |at: usize| tokens.get(at).is_some_and(|token| token.is(b':'));
    colon(at) && colon(at + 1) && text(body, tokens, at + 2).is_some_and(|word| HARMLESS.iter().any(|one| word.eq_ignore_ascii_case(one)))
}

/// The parenthesis that closes the one at `at`.
fn closing(tokens: &[Token], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(token) = tokens.get(at) {
        match token.kind {
            Word::Sign(b'(') => depth += 1,
            Word::Sign(b')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at;
        }
        at += 1;
    }
    at
}
