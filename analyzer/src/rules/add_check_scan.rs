//! `add-check-scan`.

use super::{Context, Report, Rule, hint};
use crate::catalog::ConstraintKind;
use crate::finding::Risk;
use crate::ir::{Action, ConstraintDef};
use crate::{chosen, quote};

super::rule! {
    /// A CHECK that is verified at once reads the whole table while nobody can use it.
    ///
    /// **What it detects.** `ADD CONSTRAINT ... CHECK` and `ADD COLUMN ... CHECK` without NOT VALID, on a table that holds rows; also a NOT
    /// VALID check that the same ALTER TABLE validates.
    ///
    /// **Why.** Every row is read under an AccessExclusiveLock: reads and writes wait for as long as that takes. A new column's check is
    /// verified too, even if its default obviously passes.
    ///
    /// **Instead.** Add the constraint NOT VALID, commit, and run VALIDATE CONSTRAINT, whose lock lets reads and writes pass.
    ///
    /// **Does not fire when** the constraint is NOT VALID or NOT ENFORCED, or the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT adult CHECK (age >= 18);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD CONSTRAINT adult CHECK (age >= 18) NOT VALID;
    /// ALTER TABLE users VALIDATE CONSTRAINT adult;
    /// ```
    ///
    /// **Known from** squawk (`constraint-missing-not-valid`), eugene (`E1`), strong_migrations, online_migrations, Atlas (`PG305`).
    AddCheckScan, "add-check-scan", Danger
}

impl Rule for AddCheckScan {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action(|action, relation| {
            let (added, column) = match action {
                Action::AddConstraint(added) if added.kind == ConstraintKind::Check && verified(context, added) => (added, None),
                Action::AddColumn { column, .. } => {
                    (column.constraints.iter().find(|one| one.kind == ConstraintKind::Check && one.enforced)?, Some(column))
                }
                _ => return None,
            };
            if !context.scans(relation) {
                return None;
            }
            let table = super::name_of(relation);
            let message = match column {
                Some(column) => format!("adding column {} with a CHECK reads all of {table} under lock", quote::ident(&column.name)),
                None => format!("adding a CHECK reads all of {table} under lock"),
            };
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("{}, and every row is read before it does.", super::waits(context.sum(relation).0)));
            Some(if column.is_some() {
                report.hint("Add the column without the CHECK, then add the CHECK as a constraint NOT VALID, commit, and validate it.")
            } else {
                let name = chosen::constraint(context.script(), relation, added);
                match hint::not_valid(context, relation, action, &name).filter(|_| !added.not_valid) {
                    Some(steps) => report.instead_of_action(context, &steps),
                    None => report.hint("Add it NOT VALID, commit, and run VALIDATE CONSTRAINT."),
                }
            })
        })
    }
}

/// It is enforced and checked, be it by another action of the same statement.
fn verified(context: &Context, added: &ConstraintDef) -> bool {
    added.enforced && (!added.not_valid || context.validates(added.name.as_deref()))
}
