//! What an expression calls, and what a CHECK proves.

use pg_query::protobuf::TypeName as TypeNameNode;
use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AConst, AExprKind, BoolExprType, ColumnRef, FuncCall, Node, NullTestType, ParseResult, TypeCast, a_const};

use super::names;
use crate::ir::{Expr, QualifiedName, TypeName};
use crate::quote;

/// What matters of an expression.
pub fn summary(node: &Node) -> Expr {
    let mut expr = Expr::default();
    walk(node, &mut expr);
    if let Some((column, casts)) = cast_column(node) {
        expr.bare_column = Some(column);
        expr.casts = casts;
    }
    expr
}

/// An expression as SQL. It is put into a statement that the parser made, so that every other field of the tree is as the deparser wants it.
pub fn text(node: &Node) -> Option<String> {
    plain_text(node).or_else(|| deparsed(node))
}

thread_local! {
    /// The statement that expressions are put into.
    static FRAME: Option<ParseResult> = super::tree("SELECT 1").ok();
}

/// What the deparser would print of a constant or a plain call without arguments: it costs as much as the parser does.
fn plain_text(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => match constant.val.as_ref() {
            None => constant.isnull.then(|| "NULL".to_owned()),
            Some(a_const::Val::Ival(value)) if value.ival >= 0 => Some(value.ival.to_string()),
            Some(a_const::Val::Boolval(value)) => Some(if value.boolval { "true" } else { "false" }.to_owned()),
            Some(a_const::Val::Sval(value)) if value.sval.chars().all(|c| !matches!(c, '\'' | '\\')) => Some(format!("'{}'", value.sval)),
            _ => None,
        },
        Tree::FuncCall(call) => {
            let plain =
                FuncCall { funcname: call.funcname.clone(), funcformat: call.funcformat, location: call.location, ..FuncCall::default() };
            match names::strings(&call.funcname).as_slice() {
                [name] if **call == plain && is_plain(name) => Some(format!("{name}()")),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Whether a name stands in SQL as it is.
fn is_plain(name: &str) -> bool {
    quote::ident(name) == name && name.is_ascii()
}

fn deparsed(node: &Node) -> Option<String> {
    let mut parsed = FRAME.with(Clone::clone)?;
    let tree = parsed.stmts.first_mut()?.stmt.as_mut()?.node.as_mut()?;
    let Tree::SelectStmt(select) = tree else { return None };
    let Some(Tree::ResTarget(target)) = select.target_list.first_mut()?.node.as_mut() else { return None };
    target.val = Some(Box::new(node.clone()));
    let sql = pg_query::deparse(&parsed, pg_query::DeparseOptions::default()).ok()?;
    sql.strip_prefix("SELECT ").map(str::to_owned)
}

/// A type as SQL.
pub fn type_text(name: &TypeNameNode) -> Option<String> {
    plain_type(name).or_else(|| deparsed_type(name))
}

/// What the deparser would print of a type by its name alone.
fn plain_type(name: &TypeNameNode) -> Option<String> {
    let plain = TypeNameNode {
        names: name.names.clone(),
        typmods: name.typmods.clone(),
        typemod: name.typemod,
        location: name.location,
        ..TypeNameNode::default()
    };
    let parts = names::strings(&name.names);
    let text = match parts.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["pg_catalog", word] => match *word {
            "bool" => "boolean",
            "int2" => "smallint",
            "int4" => "int",
            "int8" => "bigint",
            "numeric" => "numeric",
            "varchar" => "varchar",
            _ => return None,
        },
        [word] if is_plain(word) => word,
        _ => return None,
    };
    if *name != plain || name.typemod != -1 {
        return None;
    }
    let modifiers: Option<Vec<String>> = name.typmods.iter().map(plain_text).collect();
    let modifiers = modifiers?.join(", ");
    Some(if modifiers.is_empty() { text.to_owned() } else { format!("{text}({modifiers})") })
}

fn deparsed_type(name: &TypeNameNode) -> Option<String> {
    let null = AConst { isnull: true, ..AConst::default() };
    let cast =
        TypeCast { arg: Some(Box::new(Node { node: Some(Tree::AConst(null)) })), type_name: Some(name.clone()), ..TypeCast::default() };
    text(&Node { node: Some(Tree::TypeCast(Box::new(cast))) })?.strip_prefix("NULL::").map(str::to_owned)
}

/// A column with nothing but casts around it, innermost first.
fn cast_column(node: &Node) -> Option<(String, Vec<TypeName>)> {
    match node.node.as_ref()? {
        Tree::TypeCast(cast) => {
            let (column, mut casts) = cast_column(cast.arg.as_deref()?)?;
            casts.push(names::type_name(cast.type_name.as_ref()?));
            Some((column, casts))
        }
        _ => bare_column(node).map(|column| (column, Vec::new())),
    }
}

/// Whether it is the constant NULL, possibly cast.
pub fn is_null(node: &Node) -> bool {
    match node.node.as_ref() {
        Some(Tree::AConst(constant)) => constant.isnull,
        Some(Tree::TypeCast(cast)) => cast.arg.as_deref().is_some_and(is_null),
        _ => false,
    }
}

/// The column that an expression consists of.
pub fn bare_column(node: &Node) -> Option<String> {
    match node.node.as_ref()? {
        Tree::ColumnRef(column) => column_name(column),
        _ => None,
    }
}

fn column_name(column: &ColumnRef) -> Option<String> {
    column.fields.last().and_then(names::string)
}

/// Whether there is a query in an expression.
pub fn has_subquery(node: &Node) -> bool {
    matches!(node.node.as_ref(), Some(Tree::SubLink(_))) || children(node).into_iter().any(has_subquery)
}

/// The columns that an expression names with a table's name or alias before them.
pub fn qualified_columns(node: &Node, out: &mut Vec<(String, String)>) {
    if let Some(Tree::ColumnRef(column)) = node.node.as_ref()
        && let [table, column] = column.fields.as_slice()
    {
        out.extend(names::string(table).zip(names::string(column)));
    }
    for child in children(node) {
        qualified_columns(child, out);
    }
}

/// All columns an expression names.
pub fn columns(node: &Node, out: &mut Vec<String>) {
    if let Some(Tree::ColumnRef(column)) = node.node.as_ref() {
        out.extend(column_name(column).filter(|name| !out.contains(name)));
    }
    for child in children(node) {
        columns(child, out);
    }
}

/// The columns that an expression, if it is not false, proves to be not null: `c IS NOT NULL` alone, in an AND list or in every branch of an OR,
/// also as `NOT (c IS NULL)`. That is what `NotNullImpliedByRelConstraints` finds once NOT is pushed down (`negate_clause`); `c > 0` will not do
/// for it.
pub fn proves_not_null(node: &Node) -> Vec<String> {
    proves(node, false)
}

/// The same of the expression or of its negation.
fn proves(node: &Node, negated: bool) -> Vec<String> {
    match node.node.as_ref() {
        Some(Tree::NullTest(test)) => {
            let says = if negated { NullTestType::IsNull } else { NullTestType::IsNotNull };
            let column = test.arg.as_deref().and_then(bare_column).filter(|_| test.nulltesttype == says as i32);
            column.into_iter().collect()
        }
        Some(Tree::BoolExpr(list)) => {
            let each = |negated| list.args.iter().map(move |one| proves(one, negated));
            match BoolExprType::try_from(list.boolop) {
                Ok(BoolExprType::NotExpr) => each(!negated).flatten().collect(),
                Ok(BoolExprType::AndExpr) if !negated => each(false).flatten().collect(),
                Ok(BoolExprType::OrExpr) if negated => each(true).flatten().collect(),
                Ok(_) => each(negated)
                    .reduce(|mut all, one| {
                        all.retain(|column| one.contains(column));
                        all
                    })
                    .unwrap_or_default(),
                Err(_) => Vec::new(),
            }
        }
        // `x = true` is x, `x <> true` is NOT x (simplify_boolean_equality)
        Some(Tree::AExpr(operation)) => {
            let (left, right) = (operation.lexpr.as_deref(), operation.rexpr.as_deref());
            let sides = [(left, right.and_then(constant)), (right, left.and_then(constant))];
            let Some((Some(other), value)) = sides.into_iter().find_map(|(other, value)| value.map(|value| (other, value))) else {
                return Vec::new();
            };
            match names::strings(&operation.name).as_slice() {
                [operator] if operator == "=" => proves(other, negated == value),
                [operator] if operator == "<>" => proves(other, negated != value),
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    }
}

/// The value of a boolean constant.
fn constant(node: &Node) -> Option<bool> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Boolval(value) => Some(value.boolval),
            _ => None,
        },
        _ => None,
    }
}

fn walk(node: &Node, expr: &mut Expr) {
    match node.node.as_ref() {
        Some(Tree::FuncCall(call)) => expr.calls.push((names::qualified(&names::strings(&call.funcname)), call.args.len())),
        Some(Tree::AExpr(operation)) => expr.operators.extend(operators(operation.kind, &names::strings(&operation.name))),
        Some(
            Tree::ColumnRef(_)
            | Tree::AConst(_)
            | Tree::TypeCast(_)
            | Tree::SqlvalueFunction(_)
            | Tree::BoolExpr(_)
            | Tree::NullTest(_)
            | Tree::BooleanTest(_)
            | Tree::CaseExpr(_)
            | Tree::CaseWhen(_)
            | Tree::CoalesceExpr(_)
            | Tree::MinMaxExpr(_)
            | Tree::AArrayExpr(_)
            | Tree::AIndirection(_)
            | Tree::AIndices(_)
            | Tree::String(_)
            | Tree::CollateClause(_)
            | Tree::RowExpr(_)
            | Tree::NamedArgExpr(_)
            | Tree::XmlExpr(_)
            | Tree::XmlSerialize(_)
            | Tree::ParamRef(_)
            | Tree::List(_),
        ) => {}
        _ => expr.opaque = true,
    }
    for child in children(node) {
        walk(child, expr);
    }
}

fn operators(kind: i32, name: &[String]) -> Vec<QualifiedName> {
    let plain = |name: &str| QualifiedName { schema: None, name: name.to_owned() };
    match AExprKind::try_from(kind) {
        Ok(AExprKind::AexprBetween | AExprKind::AexprNotBetween | AExprKind::AexprBetweenSym | AExprKind::AexprNotBetweenSym) => {
            vec![plain(">="), plain("<=")]
        }
        _ => vec![names::qualified(name)],
    }
}

/// The expressions directly below.
fn children(node: &Node) -> Vec<&Node> {
    let mut out: Vec<&Node> = Vec::new();
    match node.node.as_ref() {
        Some(Tree::FuncCall(call)) => {
            out.extend(&call.args);
            out.extend(call.agg_filter.as_deref());
        }
        Some(Tree::AExpr(operation)) => {
            out.extend(operation.lexpr.as_deref());
            out.extend(operation.rexpr.as_deref());
        }
        Some(Tree::TypeCast(cast)) => out.extend(cast.arg.as_deref()),
        Some(Tree::BoolExpr(list)) => out.extend(&list.args),
        Some(Tree::NullTest(test)) => out.extend(test.arg.as_deref()),
        Some(Tree::BooleanTest(test)) => out.extend(test.arg.as_deref()),
        Some(Tree::CaseExpr(case)) => {
            out.extend(case.arg.as_deref());
            out.extend(&case.args);
            out.extend(case.defresult.as_deref());
        }
        Some(Tree::CaseWhen(when)) => {
            out.extend(when.expr.as_deref());
            out.extend(when.result.as_deref());
        }
        Some(Tree::CoalesceExpr(list)) => out.extend(&list.args),
        Some(Tree::MinMaxExpr(list)) => out.extend(&list.args),
        Some(Tree::AArrayExpr(list)) => out.extend(&list.elements),
        Some(Tree::AIndirection(of)) => {
            out.extend(of.arg.as_deref());
            out.extend(&of.indirection);
        }
        Some(Tree::AIndices(bounds)) => {
            out.extend(bounds.lidx.as_deref());
            out.extend(bounds.uidx.as_deref());
        }
        Some(Tree::CollateClause(clause)) => out.extend(clause.arg.as_deref()),
        Some(Tree::RowExpr(row)) => out.extend(&row.args),
        Some(Tree::NamedArgExpr(argument)) => out.extend(argument.arg.as_deref()),
        Some(Tree::XmlExpr(xml)) => {
            out.extend(&xml.named_args);
            out.extend(&xml.args);
        }
        Some(Tree::XmlSerialize(xml)) => out.extend(xml.expr.as_deref()),
        Some(Tree::List(list)) => out.extend(&list.items),
        _ => {}
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_without_the_deparser_is_what_it_prints() {
        let types = "text jsonb uuid bytea date timestamptz serial bigserial status boolean bool smallint int integer bigint int4 int8 numeric \
                     varchar float8 real name money inet citext timestamp time interval json xml char bit varbit character public.status \
                     varchar(10) numeric(10,2) vector(3) geometry(Point,4326) int[] text[] setof timestamp(3) bpchar oid regclass \"Status\" \"order\" decimal";
        let mut plain = 0;
        for one in types.split_whitespace().filter(|one| *one != "setof") {
            let parsed = pg_query::parse(&format!("ALTER TABLE t ADD c {one}"), 0).unwrap().protobuf;
            let mut seen = 0;
            let mut check = |name: &TypeNameNode| {
                seen += 1;
                plain += usize::from(plain_type(name).is_some());
                assert!(plain_type(name).is_none() || plain_type(name) == deparsed_type(name), "{one}: {:?}", plain_type(name));
            };
            let Some(Tree::AlterTableStmt(alter)) = parsed.stmts[0].stmt.as_ref().unwrap().node.as_ref() else { panic!("{one}") };
            let Some(Tree::AlterTableCmd(command)) = alter.cmds[0].node.as_ref() else { panic!("{one}") };
            let Some(Tree::ColumnDef(column)) = command.def.as_ref().unwrap().node.as_ref() else { panic!("{one}") };
            check(column.type_name.as_ref().unwrap());
            assert_eq!(seen, 1);
        }
        assert!(plain >= 30, "{plain}");
        let expressions = [
            "0",
            "42",
            "-1",
            "1.5",
            "true",
            "false",
            "NULL",
            "''",
            "'it''s'",
            "'a'",
            "E'a\\\\b'",
            "E'a\\nb'",
            "'\u{e9}'",
            "now()",
            "gen_random_uuid()",
            "app.f()",
            "pg_catalog.now()",
            "f(1)",
            "count(*)",
            "\"F\"()",
            "\"order\"()",
            "left()",
            "coalesce(1)",
            "current_timestamp",
            "'a'::text",
            "1 + 1",
            "B'01'",
            "f() OVER ()",
            "f() FILTER (WHERE true)",
            "overlay()",
            "\"left\"()",
            "\"between\"()",
            "2147483647",
            "2147483648",
            "greatest(1)",
            "x'ff'",
        ];
        let mut plain = 0;
        for one in expressions {
            let Ok(parsed) = pg_query::parse(&format!("SELECT {one}"), 0) else { continue };
            let Some(Tree::SelectStmt(select)) = parsed.protobuf.stmts[0].stmt.as_ref().unwrap().node.as_ref() else { panic!("{one}") };
            let Some(Tree::ResTarget(target)) = select.target_list[0].node.as_ref() else { panic!("{one}") };
            let node = target.val.as_deref().unwrap();
            plain += usize::from(plain_text(node).is_some());
            assert!(
                plain_text(node).is_none() || plain_text(node) == deparsed(node),
                "{one}: {:?}, {:?}",
                plain_text(node),
                deparsed(node)
            );
        }
        assert!(plain >= 8, "{plain}");
    }
}
