//! Reads the fragments of a backfill: [`crate::fragment`] tells what they are.
//!
//! The parser takes statements, so a fragment is put into one, and everything of the resulting tree that is not the fragment must be as it
//! is without it. The fragment is put into a second statement, where it has neighbours, and must be the same there. Its new text goes
//! through both again and must give the tree that it was written from.

mod checks;
mod convert;
mod targets;
mod text;
mod tree;

use crate::fragment::expr::Expr;
use crate::fragment::{Assignments, Condition, FragmentError};
use pg_query::protobuf::{ParseResult, SelectStmt, UpdateStmt};
use pg_query::{DeparseOptions, Node, NodeEnum};
use text::Text;
use tree::Tree;

/// How deep the tree of a fragment may be, with what is around it. The proofs about it are for conditions that people write.
const DEPTH: usize = 100;

/// Reads a list of assignments.
pub(crate) fn assignments(set_expr: &str) -> Result<Assignments, FragmentError> {
    let text = Text::check(set_expr, "set_expr")?;
    let list = read(&text, &SET)?;
    let tree = tree_of(text.what, &list)?;
    let names = checks::check(text.what, &tree).map_err(|e| SET.place(&text, e))?;
    let (columns, values) = targets::read(&list).map_err(|e| SET.place(&text, e))?;
    let sql = write(&text, &SET, list, &tree)?;
    Ok(Assignments { sql, columns, values, names })
}

/// Reads a condition.
pub(crate) fn condition(where_expr: &str) -> Result<Condition, FragmentError> {
    let text = Text::check(where_expr, "where_expr")?;
    let list = read(&text, &WHERE)?;
    let tree = tree_of(text.what, &list)?;
    let names = checks::check(text.what, &tree).map_err(|e| WHERE.place(&text, e))?;
    let expr = list.first().map_or(Expr::Unknown, convert::expr);
    let sql = write(&text, &WHERE, list, &tree)?;
    Ok(Condition { sql, expr, names })
}

/// One kind of fragment.
struct Kind {
    /// In words.
    name: &'static str,
    /// A fragment of this kind that is surely good.
    sample: &'static str,
    alone: Setting,
    /// With neighbours.
    among: Setting,
    /// What the new text of the statement `alone` begins with.
    written: &'static str,
    /// Puts the fragment's nodes into the statement `alone`.
    put: fn(&mut Node, Vec<Node>),
}

/// A statement around a fragment.
struct Setting {
    prefix: &'static str,
    suffix: &'static str,
    /// Takes the fragment's nodes out of the parsed statement.
    take: fn(&mut Node) -> Option<Vec<Node>>,
}

const SET: Kind = Kind {
    name: "a list of assignments",
    sample: "a = 1",
    alone: Setting { prefix: "UPDATE x SET\n", suffix: "\n", take: take_assignments },
    among: Setting { prefix: "UPDATE x SET\n", suffix: "\nFROM y WHERE z RETURNING w", take: take_assignments },
    written: "UPDATE x SET ",
    put: |statement, list| {
        if let Some(NodeEnum::UpdateStmt(update)) = statement.node.as_mut() {
            update.target_list = list;
        }
    },
};

const WHERE: Kind = Kind {
    name: "one expression",
    sample: "a",
    alone: Setting { prefix: "SELECT 1 WHERE\n", suffix: "\n", take: take_condition },
    among: Setting { prefix: "SELECT 1 WHERE (\n", suffix: "\n) IS TRUE ORDER BY 1", take: take_tested },
    written: "SELECT 1 WHERE ",
    put: |statement, list| {
        if let Some(NodeEnum::SelectStmt(select)) = statement.node.as_mut() {
            select.where_clause = list.into_iter().next().map(Box::new);
        }
    },
};

fn take_assignments(statement: &mut Node) -> Option<Vec<Node>> {
    match statement.node.as_mut()? {
        NodeEnum::UpdateStmt(update) => Some(std::mem::take(&mut update.target_list)),
        _ => None,
    }
}

fn take_condition(statement: &mut Node) -> Option<Vec<Node>> {
    match statement.node.as_mut()? {
        NodeEnum::SelectStmt(select) => Some(vec![*select.where_clause.take()?]),
        _ => None,
    }
}

/// The argument of `IS TRUE`.
fn take_tested(statement: &mut Node) -> Option<Vec<Node>> {
    let NodeEnum::SelectStmt(select) = statement.node.as_mut()? else {
        return None;
    };
    match select.where_clause.as_mut()?.node.as_mut()? {
        NodeEnum::BooleanTest(test) => Some(vec![*test.arg.take()?]),
        _ => None,
    }
}

impl Kind {
    /// Gives an error its position in the fragment, from one in the statement `alone`.
    fn place(&self, text: &Text, (error, at): (FragmentError, Option<usize>)) -> FragmentError {
        let at = at.and_then(|at| at.checked_sub(self.alone.prefix.len()));
        error.at(at.and_then(|at| text::position(text.text, at)))
    }

    fn not_alone(&self, text: &Text) -> FragmentError {
        FragmentError::syntax(format!("{} is not {} alone", text.what, self.name))
            .detail(format!("It must be {} and nothing else.", self.name))
    }
}

/// A fragment's nodes, apart from the rest of the statement around it.
struct Parts {
    fragment: Vec<Node>,
    rest: Node,
}

impl Setting {
    /// Parses a fragment; `None` when that does not give exactly one statement of the expected kind.
    fn parse(&self, fragment: &str) -> Result<Option<Parts>, pg_query::Error> {
        let parsed = parse(&format!("{}{fragment}{}", self.prefix, self.suffix))?;
        let mut statements = parsed.stmts.into_iter();
        let (Some(first), None) = (statements.next(), statements.next()) else {
            return Ok(None);
        };
        let Some(mut rest) = first.stmt.map(|s| *s) else {
            return Ok(None);
        };
        let fragment = (self.take)(&mut rest);
        Ok(fragment.map(|fragment| Parts { fragment, rest }))
    }

    /// The rest of the statement is what it is around the sample: there is nothing but the fragment.
    fn is_untouched(&self, rest: &Node, sample: &str) -> bool {
        let Ok(Some(expected)) = self.parse(sample) else {
            return false;
        };
        let rest = Tree::of(rest);
        rest.is_some() && rest == Tree::of(&expected.rest)
    }

    /// The fragment's tree, if the fragment is good and alone here.
    fn tree(&self, fragment: &str, sample: &str) -> Option<Tree> {
        let parts = self.parse(fragment).ok()??;
        self.is_untouched(&parts.rest, sample).then(|| Tree::of(&parts.fragment))?
    }
}

fn parse(text: &str) -> Result<ParseResult, pg_query::Error> {
    zdm_tree::Encoded::new(text).and_then(|encoded| encoded.decode(DEPTH))
}

/// The fragment's nodes as they are in the statement `alone`.
fn read(text: &Text, kind: &Kind) -> Result<Vec<Node>, FragmentError> {
    let Parts { fragment, rest } =
        kind.alone.parse(text.text).map_err(|e| text.syntax_error(kind.alone.prefix, e))?.ok_or_else(|| kind.not_alone(text))?;
    if !kind.alone.is_untouched(&rest, kind.sample) {
        let Some((clause, at)) = clause_of(&rest) else {
            return Err(kind.not_alone(text));
        };
        let error = FragmentError::syntax(format!("{clause} is not allowed in {}", text.what))
            .detail(format!("It must be {} and nothing else.", kind.name));
        return Err(kind.place(text, (error, at)));
    }
    drop(rest);
    let tree = tree_of(text.what, &fragment)?;
    if kind.among.tree(text.text, kind.sample).as_ref() != Some(&tree) {
        return Err(kind.not_alone(text));
    }
    Ok(fragment)
}

/// The first clause that a fragment brought along, with its place, for the message.
fn clause_of(rest: &Node) -> Option<(&'static str, Option<usize>)> {
    match rest.node.as_ref()? {
        NodeEnum::UpdateStmt(s) => update_clause(s),
        NodeEnum::SelectStmt(s) => select_clause(s),
        _ => None,
    }
}

fn update_clause(s: &UpdateStmt) -> Option<(&'static str, Option<usize>)> {
    let clauses = [
        ("a FROM clause", Tree::of(&s.from_clause)),
        ("a WHERE clause", Tree::of(&s.where_clause)),
        ("a RETURNING clause", Tree::of(&s.returning_clause)),
    ];
    first_of(clauses)
}

fn select_clause(s: &SelectStmt) -> Option<(&'static str, Option<usize>)> {
    let clauses = [
        ("a GROUP BY clause", Tree::of(&s.group_clause)),
        ("a HAVING clause", Tree::of(&s.having_clause)),
        ("a WINDOW clause", Tree::of(&s.window_clause)),
        ("an ORDER BY clause", Tree::of(&s.sort_clause)),
        ("LIMIT", Tree::of(&s.limit_count)),
        ("OFFSET", Tree::of(&s.limit_offset)),
        ("a row locking clause", Tree::of(&s.locking_clause)),
    ];
    first_of(clauses)
}

fn first_of(clauses: impl IntoIterator<Item = (&'static str, Option<Tree>)>) -> Option<(&'static str, Option<usize>)> {
    let mut clauses = clauses.into_iter().filter_map(|(name, tree)| Some((name, tree?)));
    let (name, tree) = clauses.find(|(_, tree)| !tree.is_default())?;
    Some((name, tree.first_location()))
}

fn tree_of(what: &str, nodes: &Vec<Node>) -> Result<Tree, FragmentError> {
    Tree::of(nodes).ok_or_else(|| FragmentError::not_allowed(format!("{what} contains a construct that is not known")))
}

/// Writes the new text and proves that it is the same fragment.
fn write(text: &Text, kind: &Kind, list: Vec<Node>, tree: &Tree) -> Result<String, FragmentError> {
    let sql = deparse(text, kind, list)?;
    if !text::is_safe_without_standard_strings(&sql) {
        return Err(not_reproducible(text));
    }
    for setting in [&kind.alone, &kind.among] {
        if setting.tree(&sql, kind.sample).as_ref() != Some(tree) {
            return Err(not_reproducible(text));
        }
    }
    Ok(sql)
}

fn deparse(text: &Text, kind: &Kind, list: Vec<Node>) -> Result<String, FragmentError> {
    let mut statement = parse(&format!("{}{}", kind.alone.prefix, kind.sample)).map_err(|_| not_reproducible(text))?;
    let node = statement.stmts.first_mut().and_then(|s| s.stmt.as_deref_mut());
    (kind.put)(node.ok_or_else(|| not_reproducible(text))?, list);
    match pg_query::deparse(&statement, DeparseOptions::default()) {
        Ok(sql) => match sql.strip_prefix(kind.written) {
            Some(sql) => Ok(sql.to_owned()),
            None => Err(not_reproducible(text)),
        },
        Err(error) => {
            text::too_complex(text.what, error)?;
            Err(not_reproducible(text))
        }
    }
}

fn not_reproducible(text: &Text) -> FragmentError {
    FragmentError::not_allowed(format!("{} contains a construct that cannot be written anew", text.what))
        .detail("Its text, written from the parse tree, does not parse back to the same tree.")
        .hint("Write it in another way, for instance with CAST instead of \"::\".")
}

/// For tests: independent of the checks above, what a fragment's new text is in statements like those that a backfill runs.
#[cfg(test)]
pub(crate) mod shape {
    use super::{Tree, parse};
    use pg_query::{Node, NodeEnum};

    fn one(sql: &str) -> NodeEnum {
        let parsed = parse(sql).unwrap_or_else(|e| panic!("{sql:?}: {e}"));
        assert_eq!(parsed.stmts.len(), 1, "{sql:?}");
        let statement = parsed.stmts.into_iter().next().and_then(|s| s.stmt).and_then(|s| s.node);
        statement.unwrap_or_else(|| panic!("{sql:?}"))
    }

    fn same(a: &Vec<Node>, b: &Vec<Node>) -> bool {
        Tree::of(a).is_some() && Tree::of(a) == Tree::of(b)
    }

    fn is_column(node: Option<&Node>, name: &str) -> bool {
        match node.and_then(|n| n.node.as_ref()) {
            Some(NodeEnum::ColumnRef(c)) => super::convert::names(&c.fields) == [name],
            _ => false,
        }
    }

    pub(crate) fn assignments(text: &str, sql: &str) {
        let NodeEnum::UpdateStmt(user) = one(&format!("UPDATE x SET {text}")) else { panic!("{text:?}") };
        for after in ["", " WHERE z", " FROM y WHERE z", " RETURNING w", ")"] {
            let around = match after {
                ")" => format!("WITH q AS (UPDATE ONLY s.x AS t SET {sql}) SELECT 1"),
                _ => format!("UPDATE ONLY s.x AS t SET {sql}{after}"),
            };
            let update = match one(&around) {
                NodeEnum::UpdateStmt(update) => update,
                NodeEnum::SelectStmt(s) if after == ")" && s.where_clause.is_none() => {
                    let cte = s.with_clause.and_then(|w| w.ctes.into_iter().next()).and_then(|c| c.node);
                    let Some(NodeEnum::CommonTableExpr(cte)) = cte else { panic!("{around:?}") };
                    match cte.ctequery.and_then(|q| q.node) {
                        Some(NodeEnum::UpdateStmt(update)) => update,
                        _ => panic!("{around:?}"),
                    }
                }
                _ => panic!("{around:?}"),
            };
            assert!(same(&update.target_list, &user.target_list), "{text:?} {around:?}");
            assert_eq!(update.relation.as_ref().map(|r| r.relname.as_str()), Some("x"), "{around:?}");
            assert_eq!(update.from_clause.len(), usize::from(after.contains("FROM")), "{around:?}");
            assert_eq!(update.returning_clause.is_some(), after.contains("RETURNING"), "{around:?}");
            assert!(update.with_clause.is_none(), "{around:?}");
            assert_eq!(update.where_clause.is_some(), after.contains("WHERE"), "{around:?}");
            assert!(update.where_clause.is_none() || is_column(update.where_clause.as_deref(), "z"), "{around:?}");
        }
    }

    pub(crate) fn condition(text: &str, sql: &str) {
        let NodeEnum::SelectStmt(user) = one(&format!("SELECT 1 WHERE ({text})")) else { panic!("{text:?}") };
        let user: Vec<Node> = user.where_clause.map(|w| *w).into_iter().collect();
        let around = format!("UPDATE x SET v = 1 FROM y WHERE a = b AND (({sql}) IS TRUE) AND z RETURNING w");
        let NodeEnum::UpdateStmt(update) = one(&around) else { panic!("{around:?}") };
        assert_eq!((update.target_list.len(), update.from_clause.len()), (1, 1), "{around:?}");
        let Some(NodeEnum::BoolExpr(and)) = update.where_clause.and_then(|w| w.node) else { panic!("{around:?}") };
        let [_, tested, last] = &and.args[..] else { panic!("{around:?}") };
        assert!(is_column(Some(last), "z"), "{around:?}");
        let Some(NodeEnum::BooleanTest(test)) = tested.node.as_ref() else { panic!("{around:?}") };
        let tested: Vec<Node> = test.arg.iter().map(|a| (**a).clone()).collect();
        assert!(same(&tested, &user), "{text:?} {around:?}");
    }
}
