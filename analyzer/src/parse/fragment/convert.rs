//! From the parser's expressions to those that a proof can use.

use crate::fragment::expr::{CastTo, Expr};
use crate::ir::QualifiedName;
use pg_query::protobuf::{self, AExprKind, BoolExprType, BoolTestType, NullTestType, SqlValueFunctionOp, SubLinkType, a_const::Val};
use pg_query::{Node, NodeEnum};

/// One expression; what is not understood is [`Expr::Unknown`].
pub(super) fn expr(node: &Node) -> Expr {
    match node.node.as_ref() {
        Some(NodeEnum::AConst(c)) => constant(c),
        Some(NodeEnum::ColumnRef(c)) => match names(&c.fields)[..] {
            [name] => Expr::Column(name.to_owned()),
            _ => Expr::Unknown,
        },
        Some(NodeEnum::BoolExpr(b)) => boolean(b),
        Some(NodeEnum::NullTest(t)) => match (NullTestType::try_from(t.nulltesttype), boxed(&t.arg)) {
            (Ok(NullTestType::IsNull), arg) => Expr::IsNull(arg),
            (Ok(NullTestType::IsNotNull), arg) => Expr::IsNotNull(arg),
            _ => Expr::Unknown,
        },
        Some(NodeEnum::BooleanTest(t)) => boolean_test(t),
        Some(NodeEnum::AExpr(e)) => operation(e),
        Some(NodeEnum::CoalesceExpr(c)) => Expr::Coalesce(list(&c.args)),
        Some(NodeEnum::MinMaxExpr(m)) => Expr::MinMax(list(&m.args)),
        Some(NodeEnum::CaseExpr(c)) => case(c),
        Some(NodeEnum::TypeCast(c)) => Expr::Cast(boxed(&c.arg), cast_to(c.type_name.as_ref())),
        Some(NodeEnum::FuncCall(f)) => call(f),
        Some(NodeEnum::AArrayExpr(_)) => Expr::NotNull,
        // CURRENT_SCHEMA is null when no schema of the search path exists.
        Some(NodeEnum::SqlvalueFunction(f)) if f.op != SqlValueFunctionOp::SvfopCurrentSchema as i32 => Expr::NotNull,
        Some(NodeEnum::SubLink(s))
            if s.sub_link_type == SubLinkType::ExistsSublink as i32 || s.sub_link_type == SubLinkType::ArraySublink as i32 =>
        {
            Expr::NotNull
        }
        _ => Expr::Unknown,
    }
}

fn boxed(node: &Option<Box<Node>>) -> Box<Expr> {
    Box::new(node.as_deref().map_or(Expr::Unknown, expr))
}

fn list(nodes: &[Node]) -> Vec<Expr> {
    nodes.iter().map(expr).collect()
}

/// A list of names; empty when there is something else in it.
pub(super) fn names(nodes: &[Node]) -> Vec<&str> {
    nodes.iter().map(name).collect::<Option<Vec<_>>>().unwrap_or_default()
}

fn name(node: &Node) -> Option<&str> {
    match node.node.as_ref() {
        Some(NodeEnum::String(s)) => Some(&s.sval),
        _ => None,
    }
}

fn constant(c: &protobuf::AConst) -> Expr {
    match c.val.as_ref() {
        _ if c.isnull => Expr::Null,
        Some(Val::Ival(i)) => Expr::Int(i.ival.into()),
        Some(Val::Fval(f)) => f.fval.parse().map_or(Expr::Number, Expr::Int),
        Some(Val::Boolval(b)) => Expr::Bool(b.boolval),
        Some(Val::Sval(s)) => Expr::Text(s.sval.clone()),
        Some(Val::Bsval(_)) => Expr::NotNull,
        None => Expr::Unknown,
    }
}

fn boolean(b: &protobuf::BoolExpr) -> Expr {
    match (BoolExprType::try_from(b.boolop), &b.args[..]) {
        (Ok(BoolExprType::AndExpr), args) => Expr::And(list(args)),
        (Ok(BoolExprType::OrExpr), args) => Expr::Or(list(args)),
        (Ok(BoolExprType::NotExpr), [arg]) => Expr::Not(Box::new(expr(arg))),
        _ => Expr::Unknown,
    }
}

fn boolean_test(t: &protobuf::BooleanTest) -> Expr {
    let arg = boxed(&t.arg);
    let not = |e| Expr::Not(Box::new(e));
    match BoolTestType::try_from(t.booltesttype) {
        Ok(BoolTestType::IsTrue) => Expr::IsTrue(arg),
        Ok(BoolTestType::IsNotTrue) => not(Expr::IsTrue(arg)),
        Ok(BoolTestType::IsFalse) => Expr::IsFalse(arg),
        Ok(BoolTestType::IsNotFalse) => not(Expr::IsFalse(arg)),
        Ok(BoolTestType::IsUnknown) => Expr::IsUnknown(arg),
        Ok(BoolTestType::IsNotUnknown) => not(Expr::IsUnknown(arg)),
        _ => Expr::Unknown,
    }
}

fn operation(e: &protobuf::AExpr) -> Expr {
    let name = match names(&e.name)[..] {
        [name] | ["pg_catalog", name] => name,
        _ => return Expr::Unknown,
    };
    if e.lexpr.is_none() {
        return Expr::Unknown;
    }
    let (left, right) = (boxed(&e.lexpr), boxed(&e.rexpr));
    match AExprKind::try_from(e.kind) {
        Ok(AExprKind::AexprOp) => Expr::Op(name.to_owned(), left, right),
        Ok(AExprKind::AexprDistinct) => Expr::Distinct(left, right),
        Ok(AExprKind::AexprNotDistinct) => Expr::Not(Box::new(Expr::Distinct(left, right))),
        Ok(AExprKind::AexprIn) => {
            let Some(NodeEnum::List(items)) = e.rexpr.as_ref().and_then(|r| r.node.as_ref()) else {
                return Expr::Unknown;
            };
            let found = Expr::In(left, list(&items.items));
            match name {
                "=" => found,
                "<>" => Expr::Not(Box::new(found)),
                _ => Expr::Unknown,
            }
        }
        _ => Expr::Unknown,
    }
}

fn case(c: &protobuf::CaseExpr) -> Expr {
    let mut results = Vec::with_capacity(c.args.len() + 1);
    for when in &c.args {
        match when.node.as_ref() {
            Some(NodeEnum::CaseWhen(w)) => results.push(*boxed(&w.result)),
            _ => return Expr::Unknown,
        }
    }
    results.push(c.defresult.as_deref().map_or(Expr::Null, expr));
    Expr::Case(results)
}

fn call(f: &protobuf::FuncCall) -> Expr {
    let plain = f.agg_order.is_empty()
        && f.agg_filter.is_none()
        && f.over.is_none()
        && !(f.agg_star || f.agg_distinct || f.agg_within_group || f.func_variadic);
    let (schema, name) = match names(&f.funcname)[..] {
        [name] if plain => (None, name),
        [schema, name] if plain => (Some(schema.to_owned()), name),
        _ => return Expr::Unknown,
    };
    let name = QualifiedName { schema, name: name.to_owned() };
    Expr::Call(name, list(&f.args))
}

fn cast_to(name: Option<&protobuf::TypeName>) -> CastTo {
    let Some(name) = name.filter(|n| n.array_bounds.is_empty() && !n.setof && !n.pct_type) else {
        return CastTo::Other;
    };
    match names(&name.names)[..] {
        ["pg_catalog", "bool"] => CastTo::Bool,
        ["pg_catalog", "int2" | "int4" | "int8"] => CastTo::Int,
        ["pg_catalog", _] => CastTo::BuiltIn,
        _ => CastTo::Other,
    }
}
