//! Whether a default must be computed for each row: what `contain_volatile_functions` says after the planner's inlining.
//!
//! `provolatile` alone is not the truth: a SQL function declared VOLATILE whose body is a harmless `SELECT` is inlined, and what counts is what
//! remains. Bodies call functions, which have bodies: so every function is judged once, and the work for a text is bounded. Whoever may create
//! functions could otherwise keep a backend busy for hours.

use std::collections::HashMap;

use super::either;
use crate::catalog::{Decision, Function, Oid, Volatility};
use crate::ir::{Expr, QualifiedName, TypeName};
use crate::parse;
use crate::script::{FIRST_USER_OID, FoundType, Script};

/// How deep functions that call functions are followed.
const DEPTH: u32 = 16;

/// What the functions of one text may cost: bytes of bodies read, and what a name and a function are worth.
const BUDGET: usize = 200_000;
const NAME: usize = 50;
const FUNCTION: usize = 10;

/// Whether an expression is volatile, as far as the functions tell that it names; `None`: cannot be told.
pub fn is_volatile(script: &Script, expression: &Expr) -> Option<bool> {
    script.volatilities().borrow_mut().expression(script, expression, DEPTH)
}

/// Whether the default of a new column must be computed for each row; `None`: cannot be told.
///
/// What is not harmless at first sight the server is asked, as long as names mean to it what they mean to the text.
pub fn default_is_volatile(script: &Script, type_name: &TypeName, default: &Expr) -> Option<bool> {
    let own = is_volatile(script, default);
    let found = match script.find_type(type_name) {
        // A user's type may come with a conversion of its own.
        FoundType::Existing(found) if own != Some(false) || found.oid >= FIRST_USER_OID => found,
        _ => return own,
    };
    let Some(text) = default.text.as_deref().filter(|_| script.names_are_the_sessions()) else { return own };
    match script.catalog().default_is_volatile(text, &found) {
        Decision::No => Some(false),
        Decision::Yes => Some(true),
        // The literals and conversions of an extension's type are code of users, too; of the functions that are named we know enough.
        Decision::CannotTell => own.filter(|volatile| !volatile),
        Decision::Refused => own,
    }
}

/// What an expression may call.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Callee {
    Function(QualifiedName, usize),
    Operator(QualifiedName),
}

/// What is known of the functions that a text names, directly or through others, and what is left to find out more.
#[derive(Debug)]
pub struct Volatilities {
    callees: HashMap<Callee, Option<bool>>,
    functions: HashMap<Oid, Option<bool>>,
    left: usize,
}

impl Default for Volatilities {
    fn default() -> Self {
        Self { callees: HashMap::new(), functions: HashMap::new(), left: BUDGET }
    }
}

impl Volatilities {
    /// Names may mean something else from now on.
    pub fn forget_names(&mut self) {
        self.callees.clear();
    }

    /// Functions may do something else from now on.
    pub fn forget(&mut self) {
        self.callees.clear();
        self.functions.clear();
    }

    fn expression(&mut self, script: &Script, expression: &Expr, depth: u32) -> Option<bool> {
        let calls = expression.calls.iter().map(|(name, arguments)| Callee::Function(name.clone(), *arguments));
        let operators = expression.operators.iter().map(|name| Callee::Operator(name.clone()));
        let mut answer = if expression.opaque { None } else { Some(false) };
        for callee in calls.chain(operators) {
            answer = either(answer, self.callee(script, callee, depth));
            if answer == Some(true) {
                break;
            }
        }
        answer
    }

    /// A name could mean any of its candidates: only what all agree on is known.
    fn callee(&mut self, script: &Script, callee: Callee, depth: u32) -> Option<bool> {
        if let Some(known) = self.callees.get(&callee) {
            return *known;
        }
        if !self.pay(NAME) || script.catalog().interrupted() {
            return None;
        }
        let candidates = match &callee {
            Callee::Function(name, arguments) => script.functions(name, *arguments),
            Callee::Operator(name) => script.operators(name),
        };
        let answer = self.agreed(script, &candidates, depth);
        self.callees.insert(callee, answer);
        answer
    }

    /// What all say; `None` when they differ, one is unknown, or there is none.
    fn agreed(&mut self, script: &Script, candidates: &[Function], depth: u32) -> Option<bool> {
        let mut common = None;
        for function in candidates {
            let answer = if self.pay(FUNCTION) { self.function(script, function, depth)? } else { return None };
            if common.is_some_and(|common| common != answer) {
                return None;
            }
            common = Some(answer);
        }
        common
    }

    fn function(&mut self, script: &Script, function: &Function, depth: u32) -> Option<bool> {
        if function.volatility != Volatility::Volatile {
            return Some(false);
        }
        let Some(body) = &function.inlinable_body else { return Some(true) };
        if let Some(known) = self.functions.get(&function.oid) {
            return *known;
        }
        if depth == 0 || !self.pay(body.len()) {
            return None;
        }
        // Met again inside itself it is not inlined, and stays what it is declared.
        self.functions.insert(function.oid, Some(true));
        let answer = match parse::body_expression(body) {
            Some(inlined) => self.expression(script, &inlined, depth - 1),
            None => Some(true),
        };
        self.functions.insert(function.oid, answer);
        answer
    }

    /// Whether the price is left.
    fn pay(&mut self, price: usize) -> bool {
        let left = self.left.checked_sub(price);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}
