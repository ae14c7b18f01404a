//! Follows a call into the function, if its definition is at hand.

use super::values::{Value, Variables};
use super::{STEPS, Walk, Way};
use crate::ir::{Block, Body, Call, Kind, Parameter, Part, QualifiedName, Routine, Statement, Step};
use crate::parse;
use crate::script::Script;

/// How deep functions that call functions are followed.
pub(super) const DEPTH: u32 = 16;

/// What the functions do that a statement calls, as a block of what runs in them; `None` when that cannot be told.
pub fn follow_calls(statement: &Statement, text: &str, script: &Script) -> Option<Block> {
    if !is_open(statement, script) {
        return None;
    }
    let mut walk = Walk::new(script);
    walk.statement(statement, text.get(statement.span.clone())?)?;
    Some(Block { parts: walk.parts, hidden: None, program: None })
}

/// A function that a text calls, anywhere in it, of which it cannot be told that it changes rows at most.
pub fn unseen_call(text: &str, script: &Script) -> Option<QualifiedName> {
    Walk::new(script).unseen(text)
}

/// Whether a statement does nothing but call functions that may do anything.
fn is_open(statement: &Statement, script: &Script) -> bool {
    match &statement.kind {
        Kind::Calls(calls) => calls.iter().any(|(name, arguments)| script.may_do_anything(name, *arguments)),
        Kind::Opaque { .. } => statement.tag == "CALL",
        _ => false,
    }
}

/// Whether a name before a parenthesis is that of a function: nothing is known of it, and it may be a word of the grammar.
fn is_call(text: &str, name: &QualifiedName) -> bool {
    let named = parse::named(text).or_else(|| parse::named(&format!("SELECT {text}")));
    named.is_none_or(|named| named.calls.iter().any(|(one, _)| one == name))
}

impl Walk<'_, '_> {
    /// Runs statements, those of the functions that are called in the place of their calls.
    pub(super) fn run(&mut self, part: Part) -> Way {
        if !part.statements.iter().any(|statement| is_open(statement, self.script)) {
            self.take(part);
            return Way::On;
        }
        for statement in &part.statements {
            let text = part.text.get(statement.span.clone()).unwrap_or(&part.text);
            let way = match is_open(statement, self.script) {
                true => self.statement(statement, text),
                false => None,
            };
            match way {
                Some(Way::Fail) => return Way::Fail,
                Some(_) => {}
                None => self.take(Part { statements: vec![statement.clone()], ..part.clone() }),
            }
        }
        Way::On
    }

    /// The calls of a statement, one after the other. Where one cannot be followed, nothing is left of the others.
    fn statement(&mut self, statement: &Statement, text: &str) -> Option<Way> {
        let calls = parse::calls(text)?;
        let (first, changes, depth) = (self.parts.len(), self.changes.clone(), self.depth);
        let variables = self.variables.clone();
        let way = self.all(&calls.calls, &calls.rest);
        (self.variables, self.depth) = (variables, depth);
        if way.is_none() {
            self.parts.truncate(first);
            self.changes = changes;
        }
        // What the function does stands where it is called.
        for part in self.parts.iter_mut().skip(first) {
            part.offset = None;
            part.statements.iter_mut().for_each(|inner| inner.line = statement.line);
        }
        way
    }

    fn all(&mut self, calls: &[Call], rest: &str) -> Option<Way> {
        if rest.is_empty() {
            for call in calls {
                let values = call.arguments.iter().map(|argument| self.value(argument, None)).collect::<Option<Vec<_>>>()?;
                if self.call(call, &values)?.0 == Way::Fail {
                    return Some(Way::Fail);
                }
            }
            return Some(Way::On);
        }
        let [call] = calls else { return None };
        let list = if call.arguments.is_empty() { "1".to_owned() } else { call.arguments.join(", ") };
        let Some(answer) = self.look(&format!("SELECT {list} {rest}")) else {
            let values = vec![Value::Unknown; call.arguments.len()];
            return self.any_number(call, &values, &format!("SELECT {list} {rest}"));
        };
        for row in answer.rows {
            let values: Vec<Value> = row.into_iter().take(call.arguments.len()).map(Value::Known).collect();
            if self.call(call, &values)?.0 == Way::Fail {
                return Some(Way::Fail);
            }
        }
        Some(Way::On)
    }

    /// A call for each row of a query that is not run.
    fn any_number(&mut self, call: &Call, values: &[Value], query: &str) -> Option<Way> {
        if !self.only_reads(query) {
            return None;
        }
        self.harmless(call, values)?;
        Some(Way::On)
    }

    /// The first function that a text calls and that may do more than change rows.
    pub(super) fn unseen(&mut self, text: &str) -> Option<QualifiedName> {
        let calls = parse::called(text).into_iter().filter(|(name, count)| self.script.may_do_anything(name, *count));
        let calls = calls.filter(|(name, count)| !self.script.functions(name, *count).is_empty() || is_call(text, name));
        calls.collect::<Vec<_>>().into_iter().find_map(|(name, count)| {
            let call = Call { name, arguments: vec![String::new(); count] };
            let outside = std::mem::take(&mut self.variables);
            let harmless = self.harmless(&call, &vec![Value::Unknown; count]);
            self.variables = outside;
            harmless.is_none().then_some(call.name)
        })
    }

    /// A call that need not happen, or happens any number of times: nothing when the function may do more than change rows.
    fn harmless(&mut self, call: &Call, values: &[Value]) -> Option<()> {
        self.depth += 1;
        self.steps += 1;
        let within = self.depth <= DEPTH && self.steps <= STEPS;
        let answer = within.then(|| self.routine(call)).flatten().and_then(|routine| {
            self.enter(&routine, values)?;
            match &routine.body {
                Body::Program(scope) => {
                    if scope.variables.iter().filter_map(|declared| declared.value.as_deref()).any(|value| self.unseen(value).is_some()) {
                        return None;
                    }
                    // RETURN at the end ends what ends there anyway
                    let body = match scope.body.as_slice() {
                        [body @ .., Step::Return(None)] => body,
                        [body @ .., Step::Return(Some(value))] if self.unseen(value).is_none() => body,
                        body => body,
                    };
                    self.maybe(body)
                }
                Body::Sql(parts, expression) => {
                    let rows = parts.iter().all(|part| self.changes_rows(part));
                    let computes = expression.as_deref().is_none_or(|expression| self.unseen(expression).is_none());
                    (rows && computes).then_some(())
                }
            }
        });
        self.depth -= 1;
        answer
    }

    fn routine(&self, call: &Call) -> Option<Routine> {
        let definition = self.script.routine(&call.name, call.arguments.len())?;
        parse::routine(&definition)
    }

    /// What a call does, and what it gives.
    pub(super) fn call(&mut self, call: &Call, values: &[Value]) -> Option<(Way, Value)> {
        self.depth += 1;
        if self.depth > DEPTH {
            self.depth -= 1;
            return None;
        }
        let outside = std::mem::take(&mut self.variables);
        let gave = self.routine(call).and_then(|routine| self.within(&routine, values));
        self.variables = outside;
        self.depth -= 1;
        gave
    }

    fn within(&mut self, routine: &Routine, values: &[Value]) -> Option<(Way, Value)> {
        if routine.strict && values.contains(&Value::Known(None)) {
            return Some((Way::On, Value::Known(None)));
        }
        if routine.strict && values.contains(&Value::Unknown) {
            return None;
        }
        self.enter(routine, values)?;
        match &routine.body {
            Body::Program(scope) => {
                self.returned = Value::Unknown;
                let way = self.scope(scope)?;
                let value = std::mem::replace(&mut self.returned, Value::Unknown);
                Some((if way == Way::Fail { Way::Fail } else { Way::On }, value))
            }
            Body::Sql(_, Some(expression)) => Some((Way::On, self.value(expression, None)?)),
            Body::Sql(parts, None) => {
                for part in parts {
                    if part.statements.iter().any(|statement| matches!(statement.kind, Kind::Transaction(_))) {
                        return None;
                    }
                    if self.run(part.clone()) == Way::Fail {
                        return Some((Way::Fail, Value::Unknown));
                    }
                }
                Some((Way::On, Value::Unknown))
            }
        }
    }

    /// The parameters as variables.
    fn enter(&mut self, routine: &Routine, values: &[Value]) -> Option<()> {
        self.variables = Variables::default();
        let mut given = values.iter();
        let mut bound = Vec::new();
        for parameter in &routine.parameters {
            let value = match (parameter.input, given.next().filter(|_| parameter.input)) {
                (false, _) => Value::Known(None),
                (true, Some(value)) => value.clone(),
                (true, None) => self.value(parameter.default.as_deref()?, Some(&parameter.type_text))?,
            };
            bound.push((parameter, value));
        }
        if given.next().is_some() {
            return None;
        }
        for (parameter, value) in bound {
            let (type_text, value) = self.typed(parameter, value);
            match parameter.input {
                true => self.variables.parameter(&parameter.name, &type_text, value),
                false => self.variables.declare(&parameter.name, &type_text, value),
            }
        }
        Some(())
    }

    /// A value as its parameter has it. The name of a relation that the text made is no `regclass` yet; its text is what such a value comes to.
    fn typed(&mut self, parameter: &Parameter, value: Value) -> (String, Value) {
        let Value::Known(Some(name)) = &value else { return (parameter.type_text.clone(), value) };
        if parameter.type_text.trim_start_matches("pg_catalog.") != "regclass" {
            return (parameter.type_text.clone(), value);
        }
        let there = self.look_at(&format!("SELECT {}::pg_catalog.regclass", crate::quote::literal(name)));
        match there.and_then(|answer| answer.rows.into_iter().next()?.into_iter().next()?) {
            Some(name) => ("regclass".to_owned(), Value::Known(Some(name))),
            None => ("text".to_owned(), value),
        }
    }
}
