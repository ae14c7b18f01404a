//! A DO block as PL/pgSQL reads it: a program that can be followed.
//!
//! Stricter than [`super::block`], which looks for whatever SQL can be seen: what is not understood here is an end to it, and the block has no
//! program.

use std::ops::Range;

use super::block::{PERFORM, Read, STARTS, lines};
use super::token::{Kind as Token, Token as Mark, Tokens};
use crate::ir::{Declaration, Handler, Kind, Part, Rows, Scope, Step};

/// The most steps of a program, and the deepest nesting.
const STEPS: usize = 2_000;
const DEPTH: u32 = 60;

/// Words that open or close something, at which a list of steps ends.
const ENDS: &[&str] = &["end", "elsif", "elseif", "else", "exception", "when"];

/// The program of a block; `offset` and `line` say where the body stands in the whole text.
pub fn read(text: &str, offset: Option<usize>, line: u32, read: Read) -> Option<Scope> {
    let mut program = Program { text, tokens: Tokens::new(text).collect(), at: 0, offset, line, read, steps: 0, depth: 0 };
    program.label()?;
    let scope = program.scope()?;
    while program.is(";") {
        program.at += 1;
    }
    (program.at == program.tokens.len()).then_some(scope)
}

struct Program<'a> {
    text: &'a str,
    tokens: Vec<Mark>,
    at: usize,
    offset: Option<usize>,
    line: u32,
    read: Read<'a>,
    steps: usize,
    depth: u32,
}

impl Program<'_> {
    fn word_at(&self, at: usize) -> Option<String> {
        let token = self.tokens.get(at)?;
        self.text.get(token.span.clone()).map(str::to_ascii_lowercase)
    }

    fn is_at(&self, at: usize, wanted: &str) -> bool {
        self.word_at(at).is_some_and(|word| word == wanted)
    }

    fn is(&self, wanted: &str) -> bool {
        self.is_at(self.at, wanted)
    }

    /// Past a word that has to be there.
    fn expect(&mut self, wanted: &str) -> Option<()> {
        if !self.is(wanted) {
            return None;
        }
        self.at += 1;
        Some(())
    }

    fn accept(&mut self, wanted: &str) -> bool {
        let there = self.is(wanted);
        self.at += usize::from(there);
        there
    }

    /// A name, folded as the server folds it.
    fn name(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at)?;
        let raw = self.text.get(token.span.clone())?;
        let name = match token.kind {
            Token::Word => raw.to_lowercase(),
            Token::Name => raw.trim_matches('"').replace("\"\"", "\""),
            _ => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// `<< label >>`, if there is one.
    fn label(&mut self) -> Option<()> {
        if self.is("<") && self.is_at(self.at + 1, "<") {
            self.at += 2;
            self.name()?;
            self.expect(">")?;
            self.expect(">")?;
        }
        Some(())
    }

    fn text_of(&self, tokens: Range<usize>) -> Option<String> {
        if tokens.is_empty() {
            return None;
        }
        let (first, last) = (self.tokens.get(tokens.start)?, self.tokens.get(tokens.end - 1)?);
        self.text.get(first.span.start..last.span.end).map(str::to_owned)
    }

    /// The tokens up to the first of some words that is in no parentheses and in no CASE; stands on that word then.
    fn until(&mut self, wanted: &[&str]) -> Option<Range<usize>> {
        let (start, mut open, mut cases) = (self.at, 0_u32, 0_u32);
        while let Some(word) = self.word_at(self.at) {
            if open == 0 && cases == 0 && wanted.contains(&word.as_str()) {
                return Some(start..self.at);
            }
            match word.as_str() {
                "(" | "[" => open += 1,
                ")" | "]" => open = open.checked_sub(1)?,
                "case" => cases += 1,
                "end" => cases = cases.checked_sub(1)?,
                ";" => return None,
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// The same, as text, and past the word.
    fn upto(&mut self, wanted: &str) -> Option<String> {
        let tokens = self.until(&[wanted])?;
        self.at += 1;
        self.text_of(tokens)
    }

    fn to_semicolon(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let rest = self.tokens.get(start..)?;
        let length = rest.iter().position(|token| token.is(b';'))?;
        self.at = start + length + 1;
        Some(start..start + length)
    }

    fn scope(&mut self) -> Option<Scope> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut scope = Scope::default();
        if self.accept("declare") {
            while !self.is("begin") {
                if self.accept("declare") {
                    continue;
                }
                scope.variables.push(self.declaration()?);
            }
        }
        self.expect("begin")?;
        scope.body = self.steps()?;
        if self.accept("exception") {
            while self.accept("when") {
                let conditions = self.until(&["then"])?;
                let conditions = conditions.filter_map(|at| self.word_at(at)).filter(|word| word != "or").collect();
                self.at += 1;
                scope.handlers.push(Handler { conditions, body: self.steps()? });
            }
        }
        self.expect("end")?;
        // A label may follow; after the last END the semicolon may be left out.
        if self.at < self.tokens.len() {
            if !self.is(";") {
                self.name()?;
            }
            if self.at < self.tokens.len() {
                self.expect(";")?;
            }
        }
        self.depth -= 1;
        Some(scope)
    }

    /// `name [CONSTANT] type [NOT NULL] [:= value]`.
    fn declaration(&mut self) -> Option<Declaration> {
        let name = self.name()?;
        self.accept("constant");
        let tokens = self.to_semicolon()?;
        let assigned = tokens.clone().find(|at| self.is_at(*at, ":") || self.is_at(*at, "=") || self.is_at(*at, "default"));
        let end = assigned.unwrap_or(tokens.end);
        let value = match assigned {
            Some(at) => {
                let from = if self.is_at(at, ":") { at + 2 } else { at + 1 };
                Some(self.text_of(from..tokens.end)?)
            }
            None => None,
        };
        let mut end = end;
        if end >= tokens.start + 2 && self.is_at(end - 1, "null") && self.is_at(end - 2, "not") {
            end -= 2;
        }
        let type_text = self.text_of(tokens.start..end)?.to_lowercase();
        let others = ["alias ", "cursor", "refcursor", "%", " collate "];
        if type_text == "cursor" || others.iter().any(|other| type_text.contains(other)) {
            return None;
        }
        Some(Declaration { name, type_text, value })
    }

    fn steps(&mut self) -> Option<Vec<Step>> {
        self.depth += 1;
        if self.depth > DEPTH {
            return None;
        }
        let mut steps = Vec::new();
        loop {
            let word = self.word_at(self.at)?;
            if ENDS.contains(&word.as_str()) {
                self.depth -= 1;
                return Some(steps);
            }
            if word == ";" {
                self.at += 1;
                continue;
            }
            self.steps += 1;
            if self.steps > STEPS {
                return None;
            }
            self.step(&word, &mut steps)?;
        }
    }

    fn step(&mut self, word: &str, steps: &mut Vec<Step>) -> Option<()> {
        let step = match word {
            "<" => return self.label(),
            "declare" | "begin" => Step::Scope(self.scope()?),
            "if" => self.branches()?,
            "case" => self.case()?,
            "loop" | "while" => self.plain_loop()?,
            "for" => self.loop_over()?,
            "foreach" => self.elements()?,
            "return" => {
                self.to_semicolon()?;
                Step::Return
            }
            "exit" | "continue" => self.leave(word == "continue")?,
            "raise" => {
                let calm = ["debug", "log", "info", "notice", "warning"];
                let fails = !self.word_at(self.at + 1).is_some_and(|level| calm.contains(&level.as_str()));
                self.to_semicolon()?;
                match fails {
                    true => Step::Fail,
                    false => return Some(()),
                }
            }
            "null" => {
                self.to_semicolon()?;
                return Some(());
            }
            "get" => {
                let tokens = self.to_semicolon()?;
                let set = tokens.clone().filter(|at| self.is_at(at + 1, "=") || self.is_at(at + 1, ":") && self.is_at(at + 2, "="));
                Step::Forget(set.filter_map(|at| self.word_at(at)).collect())
            }
            "assert" | "open" | "close" | "fetch" | "move" => return None,
            "execute" => self.execute()?,
            _ => self.sql(word)?,
        };
        steps.push(step);
        Some(())
    }

    /// `IF ... THEN ... ELSIF ... ELSE ... END IF;`
    fn branches(&mut self) -> Option<Step> {
        self.at += 1;
        let condition = self.upto("then")?;
        let mut arms = vec![(condition, self.steps()?)];
        while self.accept("elsif") || self.accept("elseif") {
            let condition = self.upto("then")?;
            arms.push((condition, self.steps()?));
        }
        let otherwise = if self.accept("else") { self.steps()? } else { Vec::new() };
        self.closing("if")?;
        Some(Step::If { arms, otherwise })
    }

    /// `CASE [value] WHEN ... THEN ... ELSE ... END CASE;`, without an ELSE an error when nothing fits.
    fn case(&mut self) -> Option<Step> {
        self.at += 1;
        let value = self.until(&["when"])?;
        let value = self.text_of(value);
        let mut arms = Vec::new();
        while self.accept("when") {
            let wanted = self.upto("then")?;
            let condition = value.as_ref().map_or_else(|| wanted.clone(), |value| format!("({value}) in ({wanted})"));
            arms.push((condition, self.steps()?));
        }
        let otherwise = if self.accept("else") { self.steps()? } else { vec![Step::Fail] };
        self.closing("case")?;
        Some(Step::If { arms, otherwise })
    }

    /// `END word [label];`
    fn closing(&mut self, word: &str) -> Option<()> {
        self.expect("end")?;
        self.expect(word)?;
        if !self.is(";") {
            self.name()?;
        }
        self.expect(";")
    }

    fn body(&mut self) -> Option<Vec<Step>> {
        self.expect("loop")?;
        let body = self.steps()?;
        self.closing("loop")?;
        Some(body)
    }

    fn plain_loop(&mut self) -> Option<Step> {
        let condition = match self.accept("while") {
            true => {
                let tokens = self.until(&["loop"])?;
                Some(self.text_of(tokens)?)
            }
            false => None,
        };
        Some(Step::Loop { condition, body: self.body()? })
    }

    fn names(&mut self) -> Option<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.accept(",") {
            names.push(self.name()?);
        }
        Some(names)
    }

    fn loop_over(&mut self) -> Option<Step> {
        self.at += 1;
        let targets = self.names()?;
        self.expect("in")?;
        let reverse = self.accept("reverse");
        let tokens = self.until(&["loop"])?;
        let inner = tokens.clone();
        let range = tokens.clone().find(|at| self.is_at(*at, ".") && self.is_at(at + 1, "."));
        if self.is_at(inner.start, "execute") {
            if inner.clone().any(|at| self.is_at(at, "using")) {
                return None;
            }
            let text = self.text_of(inner.start + 1..inner.end)?;
            return Some(Step::Rows { targets, query: Rows::Dynamic(text), body: self.body()? });
        }
        let query = |word: &str| ["select", "with", "values", "(", "table"].contains(&word);
        let is_query = self.word_at(inner.start).is_some_and(|word| query(&word));
        match (range, targets.as_slice()) {
            (Some(dots), [name]) if !is_query => {
                let name = name.clone();
                let (first, last, step) = self.bounds(inner, dots)?;
                Some(Step::Range { name, first, last, step, reverse, body: self.body()? })
            }
            _ if is_query && !reverse => {
                let text = self.text_of(inner)?;
                Some(Step::Rows { targets, query: Rows::Query(text), body: self.body()? })
            }
            _ => None,
        }
    }

    fn bounds(&self, tokens: Range<usize>, dots: usize) -> Option<(String, String, Option<String>)> {
        let by = tokens.clone().find(|at| self.is_at(*at, "by"));
        let step = match by {
            Some(by) => Some(self.text_of(by + 1..tokens.end)?),
            None => None,
        };
        let last = self.text_of(dots + 2..by.unwrap_or(tokens.end))?;
        Some((self.text_of(tokens.start..dots)?, last, step))
    }

    fn elements(&mut self) -> Option<Step> {
        self.at += 1;
        let name = self.name()?;
        self.expect("in")?;
        self.expect("array")?;
        let tokens = self.until(&["loop"])?;
        let array = self.text_of(tokens)?;
        Some(Step::Elements { name, array, body: self.body()? })
    }

    fn leave(&mut self, next: bool) -> Option<Step> {
        self.at += 1;
        let tokens = self.to_semicolon()?;
        if tokens.is_empty() {
            return Some(Step::Leave { condition: None, next });
        }
        if !self.is_at(tokens.start, "when") {
            return None;
        }
        Some(Step::Leave { condition: Some(self.text_of(tokens.start + 1..tokens.end)?), next })
    }

    fn line_at(&self, byte: usize) -> u32 {
        self.line.saturating_add(lines(self.text.get(..byte).unwrap_or_default()))
    }

    /// `EXECUTE text [INTO [STRICT] variables] [USING ...];`
    fn execute(&mut self) -> Option<Step> {
        let start = self.at;
        self.at += 1;
        let first = self.until_or_semicolon(&["into", "using"])?;
        let text = self.text_of(first)?;
        let (mut into, mut using) = (Vec::new(), false);
        loop {
            if self.accept("into") {
                self.accept("strict");
                into = self.names()?;
            } else if self.accept("using") {
                using = true;
                self.until_or_semicolon(&["into"])?;
            } else {
                self.expect(";")?;
                break;
            }
        }
        let line = self.line_at(self.tokens.get(start)?.span.start);
        Some(Step::Execute { text, into, using, line })
    }

    fn until_or_semicolon(&mut self, wanted: &[&str]) -> Option<Range<usize>> {
        let start = self.at;
        let end = self.tokens.get(start..)?.iter().position(|token| token.is(b';')).map(|length| start + length)?;
        match self.until(wanted) {
            Some(found) => Some(found),
            None => {
                self.at = end;
                Some(start..end)
            }
        }
    }

    /// A statement of SQL, or an assignment.
    fn sql(&mut self, word: &str) -> Option<Step> {
        let tokens = self.to_semicolon()?;
        if !STARTS.contains(&word) {
            return self.assignment(tokens);
        }
        let (first, last) = (self.tokens.get(tokens.start)?, self.tokens.get(tokens.end.checked_sub(1)?)?);
        let span = first.span.start..last.span.end;
        let mut text = self.text.get(span.clone())?.to_owned();
        if word == PERFORM {
            text.replace_range(..PERFORM.len(), "SELECT ");
        }
        let mut into = Vec::new();
        if let Some((names, blank)) = self.variables(tokens.clone()) {
            let blank = blank.start - span.start..blank.end - span.start;
            let filler: String = text.get(blank.clone())?.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            if filler.len() != blank.len() {
                return None;
            }
            text.replace_range(blank, &filler);
            into = names;
        }
        let part = self.part(text, span.start)?;
        let queries = ["select", "with", PERFORM].contains(&word);
        match queries {
            true if !into.is_empty() || word == PERFORM => Some(Step::Query { query: part.text.clone(), into, part }),
            _ if !into.is_empty() => Some(Step::Query { query: String::new(), into, part }),
            _ => Some(Step::Run(part)),
        }
    }

    fn part(&self, text: String, at: usize) -> Option<Part> {
        let mut statements = (self.read)(&text).ok()?;
        let line = self.line_at(at);
        for statement in &mut statements {
            statement.line = statement.line.saturating_add(line).saturating_sub(1);
            // What ends a transaction is more than is followed here.
            if matches!(statement.kind, Kind::Transaction(_)) {
                return None;
            }
        }
        Some(Part { text, statements, offset: self.offset.map(|offset| offset + at), certain: true })
    }

    /// `name := value;` What is assigned to a part of a variable makes the whole unknown.
    fn assignment(&mut self, tokens: Range<usize>) -> Option<Step> {
        let sign = tokens.clone().find(|at| self.is_at(*at, "="))?;
        let end = if sign > tokens.start && self.is_at(sign - 1, ":") { sign - 1 } else { sign };
        let after = self.at;
        self.at = tokens.start;
        let name = self.name()?;
        let whole = self.at == end;
        self.at = after;
        if !whole {
            return Some(Step::Forget(vec![name]));
        }
        Some(Step::Assign { name, value: self.text_of(sign + 1..tokens.end)? })
    }

    /// The variables after INTO, and where they stand with it; a part of a record is the record here.
    fn variables(&self, tokens: Range<usize>) -> Option<(Vec<String>, Range<usize>)> {
        let first = ["insert", "merge"];
        let into = tokens.clone().skip(1).find(|at| self.is_at(*at, "into") && !first.iter().any(|word| self.is_at(at - 1, word)))?;
        let mut at = into + 1;
        if self.is_at(at, "strict") {
            at += 1;
        }
        let mut names = Vec::new();
        loop {
            let token = self.tokens.get(at).filter(|_| at < tokens.end)?;
            names.push(self.text.get(token.span.clone())?.trim_matches('"').to_lowercase());
            at += 1;
            while self.is_at(at, ".") {
                at += 2;
            }
            if !self.is_at(at, ",") {
                break;
            }
            at += 1;
        }
        Some((names, self.tokens.get(into)?.span.start..self.tokens.get(at - 1)?.span.end))
    }
}
