//! The SQL that can be seen in a DO block.
//!
//! A tolerant reader of PL/pgSQL: it looks for the words with which statements begin, and takes everything up to the semicolon for the statement. What is
//! certain to run, what may run, and what cannot be seen is told apart; nothing is run, and nothing is guessed.

use pg_query::protobuf::DoStmt;
use pg_query::protobuf::node::Node as Tree;

use super::token::{Token, Tokens, unquoted};
use super::{names, program};
use crate::ir::{Block, Kind, OpaqueRule, Part, Statement};

const OTHER_LANGUAGE: &str = "the code of a DO block in another language is not read";
const DYNAMIC: &str = "the text that EXECUTE runs is put together while it runs";
const CONDITIONAL: &str = "not all of the DO block's statements need run: it has conditions, loops or handlers";
const EARLY: &str = "the DO block may end before its last statement";
const UNREAD: &str = "a part of the DO block was not understood";

/// The most pieces of SQL that are read in a block.
const PIECES: usize = 2_000;

/// Reads a piece of SQL.
pub type Read<'a> = &'a dyn Fn(&str) -> Result<Vec<Statement>, String>;

/// What a DO block is. `span` is its place in `sql`, `line` the line on which it begins.
pub fn kind(statement: &DoStmt, sql: &str, span: &std::ops::Range<usize>, line: u32, read: Read) -> Kind {
    let (mut body, mut language) = (String::new(), "plpgsql".to_owned());
    for node in &statement.args {
        if let Some(Tree::DefElem(element)) = node.node.as_ref() {
            let value = element.arg.as_deref().and_then(names::string).unwrap_or_default();
            match element.defname.as_str() {
                "as" => body = value,
                _ => language = value,
            }
        }
    }
    if language != "plpgsql" {
        return Kind::Opaque { reason: OTHER_LANGUAGE, rule: OpaqueRule::DynamicSql };
    }
    let own = sql.get(span.clone()).unwrap_or_default();
    let offset = own.find(body.as_str()).filter(|_| !body.is_empty()).map(|at| span.start + at);
    let before = offset.and_then(|offset| sql.get(span.start..offset)).unwrap_or_default();
    let begins = line.saturating_add(lines(before));
    let mut reader = Reader {
        text: &body,
        tokens: Tokens::new(&body).collect(),
        at: 0,
        frames: Vec::new(),
        block: Block { parts: Vec::new(), hidden: None, program: None },
        ends: false,
        offset,
        line: begins,
        counted: 0,
        read,
    };
    reader.run();
    let mut block = reader.block;
    block.program = program::read(&body, offset, begins, read);
    Kind::Block(block)
}

pub(super) fn lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

/// What has begun and not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frame {
    Block,
    /// The handlers of a block.
    Handlers,
    /// IF, CASE, LOOP.
    Branch,
}

struct Reader<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    frames: Vec<Frame>,
    block: Block,
    /// A RETURN or the like was passed.
    ends: bool,
    offset: Option<usize>,
    /// The line of the byte `counted`.
    line: u32,
    counted: usize,
    read: Read<'a>,
}

impl Reader<'_> {
    fn run(&mut self) {
        let mut begun = false;
        while let Some(word) = self.word(self.at) {
            if begun && self.frames.is_empty() {
                return;
            }
            self.statement(&word);
            begun |= !self.frames.is_empty();
        }
        if self.at < self.tokens.len() {
            self.hide(UNREAD);
        }
    }

    /// The word at a token, in lower case; a sign or a quoted name as it is.
    fn word(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        self.text.get(token.span.clone()).map(str::to_ascii_lowercase)
    }

    fn is(&self, at: usize, wanted: &str) -> bool {
        self.word(at).is_some_and(|word| word == wanted)
    }

    fn hide(&mut self, reason: &'static str) {
        self.block.hidden.get_or_insert(reason);
    }

    fn certain(&self) -> bool {
        self.frames.iter().all(|frame| *frame == Frame::Block) && !self.ends
    }

    /// Past the next semicolon, and the tokens up to it.
    fn past_semicolon(&mut self) -> std::ops::Range<usize> {
        let start = self.at;
        let rest = self.tokens.get(start..).unwrap_or_default();
        let length = rest.iter().position(|token| token.is(b';')).unwrap_or(rest.len());
        self.at = (start + length + 1).min(self.tokens.len());
        start..start + length
    }

    /// Past a word that ends a condition; the CASE of an expression has such words of its own.
    fn past(&mut self, wanted: &str) {
        let mut cases = 0_u32;
        while let Some(word) = self.word(self.at) {
            self.at += 1;
            match word.as_str() {
                "case" => cases += 1,
                "end" => cases = cases.saturating_sub(1),
                word if word == wanted && cases == 0 => return,
                _ => {}
            }
        }
        self.hide(UNREAD);
    }

    fn statement(&mut self, word: &str) {
        match word {
            "<" | ";" => {
                // A label, << name >>.
                let label = word == "<";
                self.at += 1;
                while label && self.at < self.tokens.len() {
                    self.at += 1;
                    if self.is(self.at - 1, ">") && !self.is(self.at, ">") {
                        break;
                    }
                }
            }
            "declare" => self.declarations(),
            "begin" => {
                self.at += 1;
                self.frames.push(Frame::Block);
            }
            "end" => {
                self.past_semicolon();
                if self.frames.pop() == Some(Frame::Handlers) {
                    self.frames.pop();
                }
            }
            "exception" => {
                self.at += 1;
                self.frames.push(Frame::Handlers);
            }
            "when" | "elsif" | "elseif" => {
                self.at += 1;
                self.past("then");
            }
            "else" => self.at += 1,
            "if" => {
                self.at += 1;
                self.frames.push(Frame::Branch);
                self.past("then");
            }
            "case" => {
                self.at += 1;
                self.frames.push(Frame::Branch);
                self.past("when");
                self.past("then");
            }
            "loop" => {
                self.at += 1;
                self.frames.push(Frame::Branch);
            }
            "while" | "for" | "foreach" => {
                let start = self.at;
                self.at += 1;
                self.frames.push(Frame::Branch);
                self.past("loop");
                if (start..self.at).any(|at| self.is(at, "execute")) {
                    self.hide(DYNAMIC);
                }
            }
            "return" | "exit" | "continue" => {
                self.past_semicolon();
                self.ends = true;
            }
            "raise" => {
                let calm = ["debug", "log", "info", "notice", "warning"];
                let raises = !self.word(self.at + 1).is_some_and(|level| calm.contains(&level.as_str()));
                let handles = self.frames.contains(&Frame::Handlers);
                self.past_semicolon();
                self.ends |= raises && !handles;
            }
            "null" | "assert" | "get" | "open" | "close" | "fetch" | "move" => {
                self.past_semicolon();
            }
            "execute" => self.execute(),
            _ => self.sql(word),
        }
    }

    /// Variables: up to the BEGIN that follows a semicolon.
    fn declarations(&mut self) {
        self.at += 1;
        while self.at < self.tokens.len() && !self.is(self.at, "begin") {
            self.past_semicolon();
        }
    }

    /// `EXECUTE 'text'`, with or without INTO and USING.
    fn execute(&mut self) {
        let tokens = self.past_semicolon();
        let constant = self.tokens.get(tokens.start + 1).cloned();
        let next = tokens.start + 2;
        let alone = next >= tokens.end || ["into", "using"].iter().any(|word| self.is(next, word));
        let text = constant.as_ref().filter(|_| alone).and_then(|token| unquoted(token, self.text).map(|text| (token.span.clone(), text)));
        match text {
            Some((span, text)) => {
                let inside = self.text.get(span.clone()).and_then(|raw| raw.find(text.as_str())).map(|at| span.start + at);
                self.add(text, inside, span.start);
            }
            None => self.hide(DYNAMIC),
        }
    }

    fn sql(&mut self, word: &str) {
        let tokens = self.past_semicolon();
        let assigned = (tokens.start + 1..tokens.end).any(|at| self.is(at, ":") && self.is(at + 1, "="))
            || ["=", ".", "["].iter().any(|sign| self.is(tokens.start + 1, sign));
        if assigned && !STARTS.contains(&word) {
            return;
        }
        let (Some(first), Some(last)) = (self.tokens.get(tokens.start), self.tokens.get(tokens.end.saturating_sub(1))) else { return };
        let span = first.span.start..last.span.end.max(first.span.start);
        let mut text = self.text.get(span.clone()).unwrap_or_default().to_owned();
        if word == PERFORM && text.len() >= PERFORM.len() {
            text.replace_range(..PERFORM.len(), "SELECT ");
        }
        if let Some(target) = self.variables_after_into(tokens) {
            let blank = target.start.saturating_sub(span.start)..target.end.saturating_sub(span.start);
            let filler: String = text.get(blank.clone()).unwrap_or_default().chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            if filler.len() == blank.len() {
                text.replace_range(blank, &filler);
            }
        }
        self.add(text, Some(span.start), span.start);
    }

    /// The `INTO variable, ...` of a query, which SQL does not have (or has in another meaning).
    fn variables_after_into(&self, tokens: std::ops::Range<usize>) -> Option<std::ops::Range<usize>> {
        let mut at =
            tokens.clone().skip(1).find(|at| self.is(*at, "into") && !["insert", "merge"].iter().any(|word| self.is(at - 1, word)))?;
        let start = self.tokens.get(at)?.span.start;
        at += 1;
        if self.is(at, "strict") {
            at += 1;
        }
        loop {
            at += 1;
            while self.is(at, ".") {
                at += 2;
            }
            if !self.is(at, ",") {
                break;
            }
            at += 1;
        }
        Some(start..self.tokens.get(at.min(tokens.end).checked_sub(1)?)?.span.end)
    }

    /// A piece of SQL; `at` is where it or its quotes begin in the body.
    fn add(&mut self, text: String, exactly: Option<usize>, at: usize) {
        if self.block.parts.len() >= PIECES {
            return self.hide(UNREAD);
        }
        let Ok(mut statements) = (self.read)(&text) else { return self.hide(UNREAD) };
        let certain = self.certain();
        self.line = self.line.saturating_add(lines(self.text.get(self.counted..at).unwrap_or_default()));
        self.counted = at.max(self.counted);
        let line = self.line;
        for statement in &mut statements {
            statement.line = statement.line.saturating_add(line).saturating_sub(1);
        }
        if !certain && statements.iter().any(|statement| !matches!(statement.kind, Kind::Ignored)) {
            self.hide(if self.ends { EARLY } else { CONDITIONAL });
        }
        let offset = self.offset.zip(exactly).map(|(offset, at)| offset + at);
        self.block.parts.push(Part { text, statements, offset, certain });
    }
}

/// PL/pgSQL's word for a SELECT without a result.
pub(super) const PERFORM: &str = "perform";

/// Words that begin a statement of SQL, so that an equals sign after them is none of PL/pgSQL.
pub(super) const STARTS: &[&str] = &[
    "alter", "analyze", "call", "cluster", "comment", "commit", "copy", "create", "delete", "drop", "grant", "insert", "lock", "merge",
    "perform", "refresh", "reindex", "reset", "revoke", "rollback", "select", "set", "truncate", "update", "vacuum", "values", "with",
];
