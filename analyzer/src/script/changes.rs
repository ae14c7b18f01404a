//! Which answers of the catalogs the text may have changed by now.
//!
//! A question that looks for something of a certain name is left alone by statements that create, drop or alter things of other names. What a statement
//! names is all it adds; what goes with a table or column is not named, and after that no answer counts.

use std::collections::HashSet;

use super::{Found, Script};
use crate::ir::{Action, Creation, Dropped, Fact, Kind, New, Renamed, Rooted, Statement, Transaction};
use crate::parse::token::{Kind as Token, Tokens, unquoted};
use crate::quote;

/// Endings of the names that the server gives, and a word of the statements for which it does.
const ENDINGS: &[(&str, &[&str])] = &[
    ("_key", &["unique"]),
    ("_pkey", &["primary"]),
    ("_fkey", &["references"]),
    ("_check", &["check"]),
    ("_idx", &["index", "like"]),
    ("_seq", &["serial", "bigserial", "smallserial", "serial4", "serial8", "identity"]),
    ("_excl", &["exclude"]),
    ("_not_null", &["null", "primary"]),
];

/// Columns of the catalogs that hold names of things, or the relations that they belong to.
const NAMES: &[&str] = &[
    "attname",
    "attrelid",
    "column_name",
    "confrelid",
    "conname",
    "conrelid",
    "constraint_name",
    "enumlabel",
    "event_object_table",
    "evtname",
    "extname",
    "indexname",
    "indexrelid",
    "indrelid",
    "inhparent",
    "inhrelid",
    "matviewname",
    "polname",
    "policyname",
    "polrelid",
    "proname",
    "relname",
    "rolname",
    "routine_name",
    "rulename",
    "sequence_name",
    "sequencename",
    "table_name",
    "tablename",
    "tgname",
    "tgrelid",
    "trigger_name",
    "typname",
    "viewname",
];

/// Those of them that an extension may fill.
const EXTENDED: &[&str] = &[
    "extname",
    "matviewname",
    "proname",
    "relname",
    "routine_name",
    "sequence_name",
    "sequencename",
    "table_name",
    "tablename",
    "typname",
    "viewname",
];

/// How words begin that ask something of the database: of a catalog, or of a setting.
const ASKS: &[&str] = &[
    "col_",
    "current_",
    "enum_",
    "format_type",
    "from",
    "has_",
    "obj_",
    "pg_",
    "reg",
    "row_security",
    "select",
    "session_user",
    "shobj_",
    "table",
    "to_reg",
    "user",
    "with",
];

/// What only some words of a query can see: the tags of statements that change it and nothing else, and parts of such words.
const APART: &[(&[&str], &[&str])] = &[
    (&["GRANT", "REVOKE"], &["acl", "privilege", "grant", "has_"]),
    (&["COMMENT"], &["description", "comment"]),
    (&["CREATE POLICY", "ALTER POLICY", "DROP POLICY"], &["pol"]),
    // a constraint trigger is a constraint too
    (&["CREATE TRIGGER", "DROP TRIGGER"], &["trig", "constraint"]),
    (&[ROW_SECURITY], &["rowsecurity", "row_security"]),
];

/// `ALTER TABLE` that changes nothing but whether the table has row level security.
const ROW_SECURITY: &str = "row security";

/// What sees everything.
const SEES_ALL: &[&str] = &["pg_depend", "pg_shdepend"];

/// The most names of a list.
const LISTED: usize = 50;

/// The most words that are remembered.
const WORDS: usize = 20_000;

/// What was changed so far.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The names and constants in statements that changed something, in lower case.
    words: HashSet<String>,
    /// The same of statements that change only what few can see, by their place in [`APART`].
    apart: [HashSet<String>; APART.len()],
    /// There may be functions, types and tables that no statement names.
    extended: bool,
    /// Nothing can be said any more.
    anything: bool,
}

impl Changes {
    /// Takes note of a statement, which stands in the text.
    pub fn note(&mut self, text: &str, statement: &Statement, script: &Script) {
        if self.anything || matches!(statement.kind, Kind::Modify(_) | Kind::Client(_)) {
            return;
        }
        let text = text.get(statement.span.clone()).unwrap_or(text);
        self.anything = changes_more_than_it_names(&statement.kind, script);
        self.extended |= statement.tag == "CREATE EXTENSION" && !has_extension(text, script);
        let tag = if alters_row_security(statement) { ROW_SECURITY } else { statement.tag.as_str() };
        let place = APART.iter().position(|(tags, _)| tags.contains(&tag));
        let words = place.and_then(|place| self.apart.get_mut(place)).unwrap_or(&mut self.words);
        for token in Tokens::new(text) {
            let Some(raw) = text.get(token.span.clone()) else { continue };
            let word = match token.kind {
                Token::Word => raw.to_lowercase(),
                Token::Name => raw.trim_matches('"').to_lowercase(),
                Token::Text => unquoted(&token, text).unwrap_or_default().to_lowercase(),
                _ => continue,
            };
            words.insert(word);
        }
        self.anything |= words.len() > WORDS;
    }

    /// Whether what a query or expression gives is as it was before the text.
    pub fn leave_alone(&self, query: &str) -> bool {
        if is_computation(query) {
            return true;
        }
        if self.anything {
            return false;
        }
        let seen = self.seen_by(query);
        seen.iter().all(|words| words.is_empty()) || names_something_else(query, &Seen { words: seen, extended: self.extended })
    }

    /// The words of the statements that changed something which a query can see.
    fn seen_by(&self, query: &str) -> Vec<&HashSet<String>> {
        let mut all = false;
        let mut before = Token::Sign(b' ');
        let mut asked = Vec::new();
        for token in Tokens::new(query) {
            let word = query.get(token.span.clone()).unwrap_or_default().to_ascii_lowercase();
            all |= token.is(b'*') && before != Token::Sign(b'(') || SEES_ALL.iter().any(|one| word.contains(one));
            before = token.kind;
            asked.push(word);
        }
        let sees = |parts: &[&str]| all || asked.iter().any(|word| parts.iter().any(|part| word.contains(part)));
        let apart = APART.iter().zip(&self.apart).filter(|((_, parts), _)| sees(parts)).map(|(_, words)| words);
        std::iter::once(&self.words).chain(apart).collect()
    }
}

/// What a query can see of the changes.
struct Seen<'a> {
    words: Vec<&'a HashSet<String>>,
    extended: bool,
}

/// Every SELECT with a FROM in it looks for something by a name that no statement used, with `=`; and no name outside of one was used.
fn names_something_else(query: &str, seen: &Seen) -> bool {
    let tokens: Vec<_> = Tokens::new(query).collect();
    let word = |at: usize| tokens.get(at).and_then(|token| query.get(token.span.clone())).unwrap_or_default();
    let is = |at: usize, wanted: &str| word(at).eq_ignore_ascii_case(wanted);
    let (mut from, mut missed, mut all, mut select) = (false, false, true, false);
    for (at, token) in tokens.iter().enumerate() {
        if is(at, "select") || is(at, "union") || is(at, "with") {
            if !ends_well(select, from, missed, all) {
                return false;
            }
            (from, missed, all, select) = (false, false, true, true);
        }
        from |= is(at, "from");
        // A condition that is one of several alternatives finds less than it seems to say.
        all &= !is(at, "or");
        let Some(constant) = unquoted(token, query) else { continue };
        if seen.touched(&constant) {
            if !from {
                all = false;
            }
            continue;
        }
        missed |=
            from && asks_by_name(&word, at, seen.extended).is_some_and(|listed| !listed || seen.alternatives_missed(&tokens, query, at));
    }
    ends_well(select, from, missed, all)
}

impl Seen<'_> {
    /// `IN ('a', 'b')` finds something of one of these names, all of which are to be others.
    fn alternatives_missed(&self, tokens: &[crate::parse::token::Token], query: &str, at: usize) -> bool {
        let rest = tokens.get(at..).unwrap_or_default().iter().take_while(|token| !token.is(b')'));
        rest.filter_map(|token| unquoted(token, query)).take(LISTED).all(|constant| !self.touched(&constant))
    }

    /// Whether something of this name may have been added, altered or dropped.
    fn touched(&self, constant: &str) -> bool {
        let whole = constant.to_lowercase();
        let last = whole.rsplit('.').next().unwrap_or_default().trim_matches('"');
        let last = last.split('(').next().unwrap_or_default();
        let used = |name: &str| self.words.iter().any(|words| words.contains(name));
        if [whole.as_str(), last].iter().any(|name| used(name)) {
            return true;
        }
        let bare = last.trim_end_matches(|c: char| c.is_ascii_digit());
        ENDINGS.iter().any(|(ending, words)| bare.ends_with(ending) && words.iter().any(|word| used(word)))
            && last.char_indices().filter(|(_, c)| *c == '_').any(|(at, _)| last.get(..at).is_some_and(used))
    }
}

/// Whether the constant at `at` is what a column of the catalogs that holds names, or relations, is to be equal to; and if so, whether it is the first of
/// a list of such.
fn asks_by_name<'a>(word: &impl Fn(usize) -> &'a str, at: usize, extended: bool) -> Option<bool> {
    let back = |steps: usize| at.checked_sub(steps).map(word).unwrap_or_default();
    // ('name'::text), as a variable is written
    let first = if back(1) == "(" && back(2) == "=" { 2 } else { 1 };
    let listed = back(1) == "(" && back(2).eq_ignore_ascii_case("in");
    let column = match back(first) {
        "=" => back(first + 1),
        _ if listed => back(3),
        _ => return None,
    };
    let made = extended && EXTENDED.iter().any(|name| column.eq_ignore_ascii_case(name));
    (!made && NAMES.iter().any(|name| column.eq_ignore_ascii_case(name))).then_some(listed)
}

/// `missed`: a name is asked for that was not used; `all`: nothing speaks against it.
fn ends_well(select: bool, from: bool, missed: bool, all: bool) -> bool {
    if select && from { missed && all } else { all }
}

fn alters_row_security(statement: &Statement) -> bool {
    let only = |fact: &Fact| matches!(fact, Fact::RowSecurity(_));
    match &statement.kind {
        Kind::AlterTable(alter) => statement.facts.len() == alter.actions.len() && statement.facts.iter().all(only),
        _ => false,
    }
}

/// Whether the extension that the statement creates is there already.
fn has_extension(text: &str, script: &Script) -> bool {
    let words = Tokens::new(text).filter_map(|token| text.get(token.span)).skip(2);
    let name =
        words.map(|word| word.trim_matches('"')).find(|word| !["if", "not", "exists"].iter().any(|other| word.eq_ignore_ascii_case(other)));
    let asked = name.map(|name| format!("SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = {}", quote::literal(name)));
    asked.and_then(|asked| script.catalog().query(&asked)).is_some_and(|answer| !answer.rows.is_empty())
}

/// Whether an expression only computes: it asks nothing of the database.
fn is_computation(query: &str) -> bool {
    Tokens::new(query).filter(|token| matches!(token.kind, Token::Word | Token::Name)).enumerate().all(|(at, token)| {
        let word = query.get(token.span).unwrap_or_default().trim_matches('"').to_ascii_lowercase();
        at == 0 && word == "select" || word == "pg_catalog" || !ASKS.iter().any(|asks| word.starts_with(asks))
    })
}

fn changes_more_than_it_names(kind: &Kind, script: &Script) -> bool {
    match kind {
        Kind::Drop(drop) => match &drop.what {
            Dropped::Relations(names) => names.iter().any(|name| !matches!(script.find(name), Found::Missing)),
            // with an index goes nothing else, unless it has parts
            Dropped::Indexes(names) => {
                drop.cascade || names.iter().any(|name| matches!(script.find(name), Found::Existing(index) if !index.children.is_empty()))
            }
            Dropped::Schemas(names) => names.iter().any(|name| script.schema_exists(name)),
            _ => drop.cascade,
        },
        Kind::DropCascade(cascade) => cascade.roots.iter().any(|root| match root {
            Rooted::Function { name, arguments: Some(arguments) } => {
                script.has_made_function(name) || !script.functions(name, arguments.len()).is_empty()
            }
            _ => true,
        }),
        Kind::Rename(rename) => matches!(rename.what, Renamed::Relation { .. } | Renamed::Schema { .. }),
        Kind::AlterTable(alter) => alter.actions.iter().any(|action| {
            matches!(
                action,
                Action::DropColumn { .. }
                    | Action::DropConstraint { cascade: true, .. }
                    | Action::AttachPartition { .. }
                    | Action::DetachPartition { .. }
                    | Action::Inherit { .. }
            )
        }),
        Kind::Calls(calls) => calls.iter().any(|(name, arguments)| script.may_do_anything(name, *arguments)),
        Kind::Create(Creation { new: New::Schema(_), .. }) => false,
        Kind::SetVariable { name, .. } => {
            ["", "search_path", "role", "session_authorization"].contains(&name.to_ascii_lowercase().as_str())
        }
        Kind::Block(block) => block.hidden.is_some(),
        Kind::Transaction(what) => {
            matches!(what, Transaction::Rollback { .. } | Transaction::RollbackTo(_))
        }
        Kind::DropDatabase { .. } | Kind::Opaque { .. } | Kind::RenameCalled { .. } => true,
        _ => false,
    }
}
