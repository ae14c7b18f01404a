//! `add-column-serial`.

use super::{Context, Report, Rule, hint};
use crate::finding::Risk;
use crate::ir::Action;
use crate::{chosen, quote};

super::rule! {
    /// A new serial column rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN ... serial` (bigserial, smallserial) on a table that holds rows.
    ///
    /// **Why.** Its default is nextval, which gives each row a value of its own: table and indexes are written anew under an
    /// AccessExclusiveLock.
    ///
    /// **Instead.** Add a nullable integer column, give it a sequence as default, and fill the old rows in batches.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN number bigserial;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN number bigint;
    /// CREATE SEQUENCE users_number_seq OWNED BY users.number;
    /// ALTER TABLE users ALTER COLUMN number SET DEFAULT nextval('users_number_seq');
    /// ```
    ///
    /// **Known from** eugene (`E11`), strong_migrations.
    AddColumnSerial, "add-column-serial", Danger
}

impl Rule for AddColumnSerial {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action_on_rows(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if !crate::effects::is_serial(column) || context.adds_nothing(relation, action) {
                return None;
            }
            let message = format!("adding serial column {} rewrites {}", quote::ident(&column.name), super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Every row gets a number from a sequence. {}.", super::waits(context.sum(relation).0)));
            let integer = match column.type_name.name.as_str() {
                "smallserial" | "serial2" => "smallint",
                "serial" | "serial4" => "integer",
                _ => "bigint",
            };
            let steps = || {
                let sequence = quote::qualified(&relation.schema, &chosen::sequence(context.script(), relation, &column.name));
                hint::numbered_column(context, relation, &column.name, integer, &sequence, "")
            };
            Some(match steps().filter(|_| column.complete) {
                Some(steps) => report.instead_of_action(context, &steps),
                None => report.hint(format!(
                    "Add a nullable {integer} column, give it a sequence as default, fill the old rows in batches, and make it NOT NULL."
                )),
            })
        })
    }
}
