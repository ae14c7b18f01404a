//! What a call means, and what it may do: the functions of the catalog, and those that the text made or altered.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::names::same_name;
use super::{FIRST_USER_OID, Script};
use crate::catalog::{Among, Class, Function, Oid, Volatility};
use crate::effects::Volatilities;
use crate::ir::{FunctionFact, QualifiedName};
use crate::parse;

/// How deep functions that call functions are looked into.
const DEPTH: u32 = 8;

/// Whether functions of a name and a number of arguments may do anything.
type Answers = BTreeMap<(QualifiedName, usize), bool>;

impl Script<'_> {
    /// Whether the text made a function of this name.
    pub fn has_made_function(&self, name: &QualifiedName) -> bool {
        self.functions.contains(&name.name)
    }

    /// All functions that a call could mean.
    pub fn functions(&self, name: &QualifiedName, arguments: usize) -> Vec<Function> {
        let known = self.everywhere(name, |name| self.base.functions(name, arguments));
        let own = |one: &&FunctionFact| same_name(&one.name, name) && one.arguments.is_none_or(|count| count == arguments);
        self.state.functions().iter().filter(own).fold(known, changed)
    }

    /// Whether a call may do anything: it means a function of a user's that is free to change the database and whose text is more than an
    /// expression, or one that calls such a function. What pg_zdm's own functions do is known.
    pub fn may_do_anything(&self, name: &QualifiedName, arguments: usize) -> bool {
        self.may_do_anything_within(name, arguments, DEPTH, &mut BTreeMap::new())
    }

    /// The same; `known` holds the answers so far, and of what is being looked into the one that is safe to give.
    fn may_do_anything_within(&self, name: &QualifiedName, arguments: usize, depth: u32, known: &mut Answers) -> bool {
        if name.schema.as_deref() == Some("zdm") {
            return false;
        }
        let Some(depth) = depth.checked_sub(1) else { return true };
        let key = (name.clone(), arguments);
        if let Some(answer) = known.get(&key) {
            return *answer;
        }
        known.insert(key.clone(), true);
        let mut harmless = |body: &str| {
            let found = parse::body_expression(body).filter(|found| !found.opaque);
            found.is_some_and(|found| {
                !found.calls.iter().any(|(name, arguments)| self.may_do_anything_within(name, *arguments, depth, known))
            })
        };
        let mut free = |function: &Function| {
            let harmless = |body: &String| harmless(body);
            function.oid >= FIRST_USER_OID
                && function.volatility == Volatility::Volatile
                && !function.inlinable_body.as_ref().is_some_and(harmless)
        };
        let means = self.functions(name, arguments);
        let answer = self.functions.contains(&name.name) || means.iter().any(&mut free) || means.is_empty() && self.may_be_made(name);
        known.insert(key, answer);
        answer
    }

    /// Whether there is no function of the name but what the text did may have made one (CREATE EXTENSION, text that is not at hand).
    pub fn may_be_made(&self, name: &QualifiedName) -> bool {
        self.has_hidden_effects() && self.is_no_function(name) != Some(false)
    }

    /// Whether no schema has a function of the name; `None` when it cannot be told.
    pub fn is_no_function(&self, name: &QualifiedName) -> Option<bool> {
        Some(self.base.objects(Class::Function, &name.name, Among::All)?.is_empty())
    }

    /// The volatile functions of users that the query of a view calls, or that of one below it, each with the number of its parameters.
    pub fn called_by_view(&self, view: Oid) -> Vec<(QualifiedName, usize)> {
        let asked = format!(
            "WITH RECURSIVE v(oid) AS (SELECT {view}::pg_catalog.oid \
             UNION SELECT d.refobjid FROM v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid \
             JOIN pg_catalog.pg_depend d ON d.classid = 2618 AND d.objid = r.oid AND d.refclassid = 1259 \
             JOIN pg_catalog.pg_class c ON c.oid = d.refobjid AND c.relkind = 'v') \
             SELECT DISTINCT n.nspname, p.proname, p.pronargs FROM v JOIN pg_catalog.pg_rewrite r ON r.ev_class = v.oid \
             JOIN pg_catalog.pg_depend d ON d.classid = 2618 AND d.objid = r.oid AND d.refclassid = 1255 \
             JOIN pg_catalog.pg_proc p ON p.oid = d.refobjid AND p.provolatile = 'v' JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace"
        );
        let rows = self.base.query(&asked).map(|found| found.rows).unwrap_or_default();
        let call = |row: Vec<Option<String>>| {
            let [schema, name, arguments] = <[Option<String>; 3]>::try_from(row).ok()?;
            Some((QualifiedName { schema, name: name? }, arguments?.parse().ok()?))
        };
        rows.into_iter().filter_map(call).collect()
    }

    /// The definition of the one function or procedure that a call can mean.
    pub fn routine(&self, name: &QualifiedName, arguments: usize) -> Option<Rc<str>> {
        let mut own = self.state.functions().iter().filter(|one| same_name(&one.name, name));
        let known = self.everywhere(name, |name| self.base.functions(name, arguments));
        if let Some(first) = own.next() {
            // Others of the name than the one that the text made, or made again: which is meant is not known.
            let again = own.all(|one| one.creates && one.arguments == first.arguments);
            let last = self.state.functions().iter().rev().find(|one| same_name(&one.name, name))?;
            let alone = known.is_empty() || known.len() == 1 && first.replaces && first.arguments == Some(arguments);
            return last.definition.clone().filter(|_| again && alone);
        }
        let [one] = known.as_slice() else { return None };
        let user = one.oid >= FIRST_USER_OID && !self.functions.contains(&name.name);
        let asked = format!("SELECT pg_catalog.pg_get_functiondef({})", one.oid);
        let answer = user.then(|| self.base.query(&asked)).flatten()?;
        answer.rows.into_iter().next()?.into_iter().next()?.map(Rc::from)
    }

    /// The functions behind all operators of a name.
    pub fn operators(&self, name: &QualifiedName) -> Vec<Function> {
        self.everywhere(name, |name| self.base.operators(name))
    }

    /// What was found out of functions and operators.
    pub fn volatilities(&self) -> &RefCell<Volatilities> {
        &self.volatilities
    }
}

/// What a call may mean after a function was made or altered. Which one of several of a name was meant is not known; then all of them count.
fn changed(mut known: Vec<Function>, change: &FunctionFact) -> Vec<Function> {
    if change.creates {
        if change.replaces && known.len() == 1 {
            known.clear();
        }
        let volatility = change.volatility.unwrap_or(Volatility::Volatile);
        // its number is nobody's, so that it is told apart from all others
        let oid = Oid::MAX - u32::try_from(known.len()).unwrap_or(0);
        known.push(Function { oid, volatility, inlinable_body: change.inlinable_body.clone() });
    } else if let Some(volatility) = change.volatility {
        let several = known.len() > 1;
        let altered = known.iter().map(|one| {
            // the body of what was not volatile was not read
            let unread = one.volatility != Volatility::Volatile && volatility == Volatility::Volatile;
            let inlinable_body = if unread { Some(UNREAD.to_owned()) } else { one.inlinable_body.clone() };
            Function { oid: one.oid, volatility, inlinable_body }
        });
        let altered: Vec<Function> = altered.collect();
        known = if several { [known, altered].concat() } else { altered };
    }
    known
}

/// A body that no grammar reads: what it comes to cannot be told.
const UNREAD: &str = ")";
