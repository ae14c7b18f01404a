//! What need not run.

use super::{STEPS, Walk};
use crate::ir::{Part, Rows, Step};

impl Walk<'_, '_> {
    /// Steps that need not run, or run any number of times: fine as long as they do nothing but change rows.
    pub(super) fn maybe(&mut self, steps: &[Step]) -> Option<()> {
        for step in steps {
            self.steps += 1;
            if self.steps > STEPS || own_expressions(step).into_iter().any(|text| self.unseen(text).is_some()) {
                return None;
            }
            match step {
                Step::Run(part) | Step::Query { part, .. } => {
                    if !self.changes_rows(part) {
                        return None;
                    }
                    self.take(Part { certain: false, ..part.clone() });
                    if let Step::Query { into, .. } = step {
                        self.forget(into);
                    }
                }
                Step::Assign { name, .. } => self.variables.forget(name),
                Step::Forget(names) => self.forget(names),
                Step::If { arms, otherwise } => {
                    for (_, body) in arms {
                        self.maybe(body)?;
                    }
                    self.maybe(otherwise)?;
                }
                Step::Rows { query: Rows::Dynamic(_), .. } => return None,
                Step::Rows { targets, body, .. } => {
                    self.forget(targets);
                    self.maybe(body)?;
                }
                Step::Range { body, .. } | Step::Elements { body, .. } | Step::Loop { body, .. } => self.maybe(body)?,
                Step::Scope(scope) => {
                    self.maybe(&scope.body)?;
                    for handler in &scope.handlers {
                        self.maybe(&handler.body)?;
                    }
                }
                Step::Leave { .. } => {}
                // Then the whole fails, and nothing of it stays.
                Step::Fail => return Some(()),
                Step::Execute { .. } | Step::Return(_) => return None,
            }
        }
        Some(())
    }

    /// Whether SQL does nothing but read and change rows.
    pub(super) fn changes_rows(&mut self, part: &Part) -> bool {
        part.statements.iter().all(|statement| self.changes_rows_at_most(statement)) && self.unseen(&part.text).is_none()
    }
}

/// What a step evaluates itself, the steps in it apart.
fn own_expressions(step: &Step) -> Vec<&str> {
    match step {
        Step::Assign { value, .. } => vec![value],
        Step::If { arms, .. } => arms.iter().map(|(condition, _)| condition.as_str()).collect(),
        Step::Rows { query: Rows::Query(text), .. } | Step::Elements { array: text, .. } => vec![text],
        Step::Range { first, last, step, .. } => {
            [Some(first), Some(last), step.as_ref()].into_iter().flatten().map(String::as_str).collect()
        }
        Step::Loop { condition, .. } | Step::Leave { condition, .. } => condition.as_deref().into_iter().collect(),
        _ => Vec::new(),
    }
}
