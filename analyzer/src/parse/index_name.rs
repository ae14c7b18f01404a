//! What stands for the keys of an index in the name that the server chooses for it (indexcmds.c, ChooseIndexColumnNames and
//! ChooseIndexNameAddition; parse_target.c, FigureIndexColname).

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AExprKind, IndexStmt, MinMaxOp, Node};

use super::names;

/// Bytes of a name, at most.
const LENGTH: usize = 63;

/// The middle of the name; `None` when an expression is of a kind that is not known here. Keys behind the longest name are not looked at: a
/// statement may list any number.
pub fn middle(statement: &IndexStmt) -> Option<String> {
    let mut all: Vec<String> = Vec::new();
    let mut middle = String::new();
    for node in statement.index_params.iter().chain(&statement.index_including_params) {
        if middle.len() > LENGTH {
            break;
        }
        let Some(Tree::IndexElem(element)) = node.node.as_ref() else { return None };
        let name = match element.expr.as_deref() {
            None => element.name.clone(),
            Some(expression) => figure(expression)?.map_or_else(|| "expr".to_owned(), |(name, _)| name),
        };
        let name = unlike(name, &all);
        if !middle.is_empty() {
            middle.push('_');
        }
        middle.push_str(&name);
        all.push(name);
    }
    Some(middle)
}

/// The name with a number behind it where others have it already.
fn unlike(name: String, others: &[String]) -> String {
    let numbered = |number: usize| {
        let number = number.to_string();
        let mut end = name.len().min(LENGTH - number.len());
        while !name.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}{number}", &name[..end])
    };
    if !others.contains(&name) {
        return name;
    }
    (1..=others.len()).map(numbered).find(|one| !others.contains(one)).unwrap_or(name)
}

/// How sure the name of an expression is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strength {
    Weak,
    Strong,
}

/// The name of an expression, or that it has none; `None` when this cannot be told.
fn figure(node: &Node) -> Option<Option<(String, Strength)>> {
    let strong = |name: &str| Some(Some((name.to_owned(), Strength::Strong)));
    let within = |inner: Option<&Node>, otherwise: Option<String>| {
        let found = inner.map_or(Some(None), figure)?;
        Some(match (found, otherwise) {
            (Some((name, Strength::Strong)), _) => Some((name, Strength::Strong)),
            (_, Some(otherwise)) => Some((otherwise, Strength::Weak)),
            (found, None) => found,
        })
    };
    match node.node.as_ref()? {
        Tree::ColumnRef(column) => strong(names::strings(&column.fields).last()?),
        Tree::FuncCall(call) => strong(names::strings(&call.funcname).last()?),
        Tree::AExpr(expression) if expression.kind == AExprKind::AexprNullif as i32 => strong("nullif"),
        Tree::AExpr(_) | Tree::BoolExpr(_) | Tree::NullTest(_) | Tree::BooleanTest(_) | Tree::AConst(_) => Some(None),
        Tree::TypeCast(cast) => within(cast.arg.as_deref(), names::strings(&cast.type_name.as_ref()?.names).pop()),
        Tree::CollateClause(collate) => within(collate.arg.as_deref(), None),
        Tree::CaseExpr(case) => within(case.defresult.as_deref(), Some("case".to_owned())),
        Tree::AArrayExpr(_) => strong("array"),
        Tree::RowExpr(_) => strong("row"),
        Tree::CoalesceExpr(_) => strong("coalesce"),
        Tree::MinMaxExpr(one) if one.op == MinMaxOp::IsGreatest as i32 => strong("greatest"),
        Tree::MinMaxExpr(_) => strong("least"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::ir::Kind;
    use crate::parse;

    fn middle(keys: &str) -> Option<String> {
        let statements = parse::statements(&format!("CREATE INDEX ON t {keys}"), &|| false).expect("SQL");
        let Some(Kind::CreateIndex(create)) = statements.into_iter().next().map(|one| one.kind) else { return None };
        create.middle
    }

    #[test]
    fn keys_are_named_as_the_server_names_them() {
        let expected = [
            ("(a)", "a"),
            ("(a, b) INCLUDE (c)", "a_b_c"),
            ("(lower(a), (b || c), (b + c))", "lower_expr_expr1"),
            ("((a::date), (1::bigint), (lower(b)::text))", "a_int8_lower"),
            ("((a COLLATE \"C\"), coalesce(b, c), (CASE WHEN a THEN 1 END), greatest(a, b), a)", "a_coalesce_case_greatest_a1"),
            ("((data ->> 'x'), (a IS NULL), nullif(a, b))", "expr_expr1_nullif"),
        ];
        for (keys, name) in expected {
            assert_eq!(middle(keys).as_deref(), Some(name), "{keys}");
        }
        // what comes after the longest name is not looked at any more
        let long = "x".repeat(40);
        assert_eq!(middle(&format!("({long}, {long}_b, c)")), Some(format!("{long}_{long}_b")));
        let start = std::time::Instant::now();
        assert_eq!(middle(&format!("({}a)", "a,".repeat(20_000))).map(|middle| middle.len()), Some(64));
        assert!(start.elapsed() < std::time::Duration::from_secs(20), "{:?}", start.elapsed());
    }
}
