//! What need not run.

use super::Walk;
use crate::ir::{Part, Step};

impl Walk<'_, '_> {
    /// Steps that need not run, or run any number of times: fine as long as they do nothing but change rows.
    pub(super) fn maybe(&mut self, steps: &[Step]) -> Option<()> {
        for step in steps {
            self.steps += 1;
            match step {
                Step::Run(part) | Step::Query { part, .. } => {
                    if !part.statements.iter().all(|statement| self.changes_rows_at_most(statement)) {
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
}
