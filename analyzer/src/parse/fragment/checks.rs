//! What a fragment may not contain, and the names it uses: one walk over the whole tree.

use super::tree::{Branch, Tree};
use crate::fragment::{FragmentError, Names};
use crate::ir::QualifiedName;
use pg_query::protobuf::{AExprKind, SubLinkType};
use std::collections::HashSet;
use std::hash::Hash;

/// Walks a tree and gives the names. The byte offset with an error is one in the parsed text.
pub(super) fn check(what: &str, tree: &Tree) -> Result<Names, (FragmentError, Option<usize>)> {
    let mut walk = Walk { what, names: Names::default(), seen: Seen::default() };
    walk.tree(tree, Place::TOP)?;
    Ok(walk.names)
}

/// Where the walk is.
#[derive(Clone, Copy)]
struct Place {
    /// Inside of a subselect, where aggregates and window functions belong to it.
    subselect: bool,
    role: Role,
}

/// What an expression is in its assignment.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A column's whole new value, which may be DEFAULT.
    Value,
    /// The source of a multi-column assignment.
    Source,
    Part,
}

impl Place {
    const TOP: Self = Self { subselect: false, role: Role::Part };
}

type Checked = Result<(), (FragmentError, Option<usize>)>;

struct Walk<'a> {
    what: &'a str,
    names: Names,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    functions: HashSet<(QualifiedName, usize)>,
    operators: HashSet<QualifiedName>,
    attributes: HashSet<String>,
    reads: HashSet<String>,
}

fn add<T: Clone + Eq + Hash>(seen: &mut HashSet<T>, list: &mut Vec<T>, item: T) {
    if seen.insert(item.clone()) {
        list.push(item);
    }
}

impl Walk<'_> {
    fn tree(&mut self, tree: &Tree, place: Place) -> Checked {
        match tree {
            Tree::Branch(branch) => self.branch(branch, place),
            Tree::List(list) => list.iter().try_for_each(|t| self.tree(t, place)),
            Tree::Nothing | Tree::Bool(_) | Tree::Int(_) | Tree::Text(_) => Ok(()),
        }
    }

    fn branch(&mut self, b: &Branch, place: Place) -> Checked {
        self.refuse(b, place)?;
        match b.name {
            "FuncCall" => self.function(b)?,
            "AExpr" => self.operator(b)?,
            "SubLink" => self.sublink(b)?,
            "CaseExpr" if b.has("arg") => self.plain_operator("="),
            "JoinExpr" if b.has("using_clause") || b.has("is_natural") => self.plain_operator("="),
            "CteCycleClause" => {
                self.plain_operator("=");
                self.plain_operator("<>");
            }
            "SortBy" if b.has("use_op") => {
                let name = self.qualified(b, "use_op")?;
                self.add_operator(name);
            }
            "RangeTableSample" => {
                let name = self.qualified(b, "method")?;
                self.add_function(name, 1);
            }
            "ColumnRef" => self.column(b),
            "AIndirection" => {
                for name in b.strings("indirection").into_iter().flatten() {
                    self.add_attribute(name);
                }
            }
            _ => {}
        }
        for (field, value) in &b.fields {
            self.tree(value, inner_place(b.name, field, place))?;
        }
        Ok(())
    }

    fn refuse(&self, b: &Branch, place: Place) -> Checked {
        let what = self.what;
        let refused = match b.name {
            "SelectStmt" => None,
            "InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt" => Some(
                FragmentError::not_allowed(format!("data-modifying statements are not allowed in {what}"))
                    .detail("A subselect in it may only read."),
            ),
            name if name.ends_with("Stmt") => {
                Some(FragmentError::not_allowed(format!("statements other than SELECT are not allowed in {what}")))
            }
            "IntoClause" => Some(FragmentError::not_allowed(format!("SELECT ... INTO is not allowed in {what}"))),
            "LockingClause" => Some(
                FragmentError::not_allowed(format!("row locking clauses such as FOR UPDATE are not allowed in {what}"))
                    .detail("A subselect in it may only read."),
            ),
            "ParamRef" => Some(FragmentError::not_allowed(format!("parameters are not allowed in {what}"))),
            "CurrentOfExpr" => Some(FragmentError::not_allowed(format!("CURRENT OF is not allowed in {what}"))),
            "MergeSupportFunc" => Some(FragmentError::not_allowed(format!("MERGE_ACTION() is not allowed in {what}"))),
            "SetToDefault" if place.role != Role::Value => {
                Some(FragmentError::syntax("DEFAULT is allowed only as the whole new value of a column"))
            }
            "GroupingFunc" if !place.subselect => {
                Some(FragmentError::not_allowed(format!("grouping operations are not allowed in {what}")))
            }
            "FuncCall" if !place.subselect => self.aggregate(b),
            name if name.starts_with("JsonAggConstructor") && !place.subselect => Some(self.no_aggregates()),
            _ => None,
        };
        match refused {
            Some(error) => Err((error, b.location)),
            None => Ok(()),
        }
    }

    /// A call that can only be one of an aggregate or a window function.
    fn aggregate(&self, b: &Branch) -> Option<FragmentError> {
        if b.has("over") {
            return Some(FragmentError::not_allowed(format!("window functions are not allowed in {}", self.what)));
        }
        ["agg_star", "agg_distinct", "agg_order", "agg_filter", "agg_within_group"].iter().any(|f| b.has(f)).then(|| self.no_aggregates())
    }

    fn no_aggregates(&self) -> FragmentError {
        FragmentError::not_allowed(format!("aggregate functions are not allowed in {}", self.what))
            .hint("An aggregate can stand in a subselect.")
    }

    fn function(&mut self, b: &Branch) -> Checked {
        let name = self.qualified(b, "funcname")?;
        let ordered = if b.has("agg_within_group") { b.list("agg_order").len() } else { 0 };
        self.add_function(name, b.list("args").len() + ordered);
        Ok(())
    }

    fn operator(&mut self, b: &Branch) -> Checked {
        let kind = i32::try_from(b.int("kind")).ok().and_then(|k| AExprKind::try_from(k).ok());
        match kind {
            Some(AExprKind::AexprBetween | AExprKind::AexprNotBetween | AExprKind::AexprBetweenSym | AExprKind::AexprNotBetweenSym) => {
                let not = matches!(kind, Some(AExprKind::AexprNotBetween | AExprKind::AexprNotBetweenSym));
                for operator in if not { ["<", ">"] } else { [">=", "<="] } {
                    self.plain_operator(operator);
                }
            }
            _ => {
                let name = self.qualified(b, "name")?;
                self.add_operator(name);
            }
        }
        Ok(())
    }

    fn sublink(&mut self, b: &Branch) -> Checked {
        self.names.subselect = true;
        let compares = [SubLinkType::AnySublink, SubLinkType::AllSublink].iter().any(|t| b.int("sub_link_type") == i64::from(*t as i32));
        if b.has("oper_name") {
            let name = self.qualified(b, "oper_name")?;
            self.add_operator(name);
        } else if compares {
            self.plain_operator("=");
        }
        Ok(())
    }

    fn column(&mut self, b: &Branch) {
        let fields = b.list("fields");
        let star = matches!(fields.last(), Some(Tree::Branch(last)) if last.name == "AStar");
        match b.strings("fields").last() {
            Some(Some(name)) => {
                if fields.len() > 1 {
                    self.add_attribute(name);
                }
                let name = (*name).to_owned();
                add(&mut self.seen.reads, &mut self.names.reads, name);
            }
            _ if star && fields.len() > 1 => {
                add(&mut self.seen.reads, &mut self.names.reads, "*".to_owned());
            }
            _ => {}
        }
    }

    fn qualified(&self, b: &Branch, field: &str) -> Result<QualifiedName, (FragmentError, Option<usize>)> {
        let (schema, name) = match b.strings(field)[..] {
            [Some(name)] => (None, name),
            [Some(schema), Some(name)] | [Some(_), Some(schema), Some(name)] => (Some(schema.to_owned()), name),
            _ => {
                let error = FragmentError::syntax(format!("improper qualified name in {}", self.what));
                return Err((error, b.location));
            }
        };
        Ok(QualifiedName { schema, name: name.to_owned() })
    }

    fn plain_operator(&mut self, name: &str) {
        self.add_operator(QualifiedName { schema: None, name: name.to_owned() });
    }

    fn add_operator(&mut self, name: QualifiedName) {
        add(&mut self.seen.operators, &mut self.names.operators, name);
    }

    fn add_function(&mut self, name: QualifiedName, arguments: usize) {
        add(&mut self.seen.functions, &mut self.names.functions, (name, arguments));
    }

    fn add_attribute(&mut self, name: &str) {
        add(&mut self.seen.attributes, &mut self.names.attributes, name.to_owned());
    }
}

/// The place of what is in `field` of a node.
fn inner_place(node: &str, field: &str, place: Place) -> Place {
    let role = match (node, field) {
        ("ResTarget", "val") if !place.subselect => Role::Value,
        ("MultiAssignRef", "source") if !place.subselect => Role::Source,
        ("RowExpr", "args") if place.role == Role::Source => Role::Value,
        _ => Role::Part,
    };
    Place { subselect: place.subselect || (node, field) == ("SubLink", "subselect"), role }
}
