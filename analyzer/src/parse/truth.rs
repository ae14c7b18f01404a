//! Conditions that are true whatever the row.

use pg_query::protobuf::node::Node as Tree;
use pg_query::protobuf::{AExprKind, BoolExprType, Node, a_const};

use super::names;

/// Whether an expression is true by its constants alone: `true`, `1 = 1`, `'a' <> 'b'`, and what AND, OR and NOT make of such.
pub fn is_true(node: &Node) -> bool {
    truth(node) == Some(true)
}

/// `None`: NULL, or it depends on the row.
fn truth(node: &Node) -> Option<bool> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Boolval(value) => Some(value.boolval),
            _ => None,
        },
        Tree::TypeCast(cast) if names::type_name(cast.type_name.as_ref()?).name == "bool" => {
            let inner = cast.arg.as_deref()?;
            truth(inner).or_else(|| match names::constant_text(inner)?.trim().to_ascii_lowercase().as_str() {
                "t" | "true" | "y" | "yes" | "on" | "1" => Some(true),
                "f" | "false" | "n" | "no" | "off" | "0" => Some(false),
                _ => None,
            })
        }
        Tree::BoolExpr(list) => {
            let mut each = list.args.iter().map(truth);
            match BoolExprType::try_from(list.boolop).ok()? {
                BoolExprType::NotExpr => each.next()?.map(|value| !value),
                BoolExprType::AndExpr => all(each, true),
                BoolExprType::OrExpr => all(each, false),
                BoolExprType::Undefined => None,
            }
        }
        Tree::AExpr(operation) if operation.kind == AExprKind::AexprOp as i32 => {
            let [operator] = <[String; 1]>::try_from(names::strings(&operation.name)).ok()?;
            compared(&operator, operation.lexpr.as_deref()?, operation.rexpr.as_deref()?)
        }
        _ => None,
    }
}

/// An AND (`neutral` is true) or an OR: one that is not neutral decides, else all must be known.
fn all(each: impl Iterator<Item = Option<bool>>, neutral: bool) -> Option<bool> {
    let mut known = Some(neutral);
    for one in each {
        if one == Some(!neutral) {
            return one;
        }
        known = known.and(one);
    }
    known
}

fn compared(operator: &str, left: &Node, right: &Node) -> Option<bool> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let order = match (constant(left)?, constant(right)?) {
        (Constant::Number(left), Constant::Number(right)) => left.partial_cmp(&right)?,
        // of texts only the collation knows which is less
        (Constant::Text(left), Constant::Text(right)) if left == right => Equal,
        (Constant::Text(_), Constant::Text(_)) => {
            return match operator {
                "=" => Some(false),
                "<>" | "!=" => Some(true),
                _ => None,
            };
        }
        _ => return None,
    };
    Some(match operator {
        "=" => order == Equal,
        "<>" | "!=" => order != Equal,
        "<" => order == Less,
        "<=" => order != Greater,
        ">" => order == Greater,
        ">=" => order != Less,
        _ => return None,
    })
}

enum Constant {
    Number(f64),
    Text(String),
}

fn constant(node: &Node) -> Option<Constant> {
    match node.node.as_ref()? {
        Tree::AConst(constant) => match constant.val.as_ref()? {
            a_const::Val::Ival(value) => Some(Constant::Number(f64::from(value.ival))),
            a_const::Val::Fval(value) => value.fval.parse().ok().map(Constant::Number),
            a_const::Val::Sval(value) => Some(Constant::Text(value.sval.clone())),
            _ => None,
        },
        _ => None,
    }
}
