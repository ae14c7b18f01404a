//! Whether a default must be computed for each row: what `contain_volatile_functions` says after the planner's inlining.
//!
//! `provolatile` alone is not the truth: a SQL function declared VOLATILE whose body is a harmless `SELECT` is inlined, and what counts is what
//! remains.

use super::either;
use crate::catalog::{Function, Volatility};
use crate::ir::{Expr, QualifiedName};
use crate::parse;
use crate::script::Script;

/// How deep functions that call functions are followed.
const DEPTH: u32 = 16;

/// `None`: cannot be told.
pub fn is_volatile(script: &Script, expression: &Expr) -> Option<bool> {
    volatile(script, expression, DEPTH)
}

fn volatile(script: &Script, expression: &Expr, depth: u32) -> Option<bool> {
    let mut answer = if expression.opaque { None } else { Some(false) };
    for (name, arguments) in &expression.calls {
        answer = either(answer, call(script, name, *arguments, depth));
    }
    for name in &expression.operators {
        let all = script.catalog().operators(name);
        answer = either(answer, agreed(all.iter().map(|volatility| Some(*volatility == Volatility::Volatile))));
    }
    answer
}

/// A call could mean any of its candidates: only what all agree on is known.
fn call(script: &Script, name: &QualifiedName, arguments: usize, depth: u32) -> Option<bool> {
    let candidates = script.catalog().functions(name, arguments);
    agreed(candidates.iter().map(|function| candidate(script, function, depth)))
}

fn candidate(script: &Script, function: &Function, depth: u32) -> Option<bool> {
    if function.volatility != Volatility::Volatile {
        return Some(false);
    }
    let inlined = function.inlinable_body.as_deref().filter(|_| depth > 0).and_then(parse::body_expression);
    inlined.map_or(Some(true), |body| volatile(script, &body, depth - 1))
}

/// What all answers say; `None` when they differ, one is unknown, or there is none.
fn agreed(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let first = answers.next()??;
    answers.all(|answer| answer == Some(first)).then_some(first)
}
