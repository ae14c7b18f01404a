//! `add-column-volatile-default`.

use super::{Context, Report, Rule, hint};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{Action, ColumnDef, Expr};
use crate::quote;

super::rule! {
    /// A new column with a volatile default rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN ... DEFAULT` with an expression that gives another value at each call (`random()`,
    /// `gen_random_uuid()`, `clock_timestamp()`, `nextval()`), on a table that holds rows; or whose type is a domain with such a default.
    ///
    /// **Why.** A constant or stable default is stored once, for all rows that exist. A volatile one is computed for each row: table and
    /// indexes are written anew under an AccessExclusiveLock.
    ///
    /// **Instead.** Add the column without a default, set the default for new rows, and fill the old rows in batches.
    ///
    /// **Does not fire when** the default is constant or stable, as `now()` is, or a SQL function that is inlined to something harmless; or
    /// the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN token uuid DEFAULT gen_random_uuid();
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN token uuid;
    /// ALTER TABLE users ALTER COLUMN token SET DEFAULT gen_random_uuid();
    /// ALTER TABLE users ADD COLUMN seen timestamptz DEFAULT now();
    /// ```
    ///
    /// **Known from** squawk (`adding-field-with-default`), strong_migrations, online_migrations, Atlas (`PG302`).
    AddColumnVolatileDefault, "add-column-volatile-default", Danger
}

impl Rule for AddColumnVolatileDefault {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action_on_rows(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            let inherited = context.script().domain_default(column);
            let default = column.default.as_ref().or(inherited.as_ref())?;
            if context.adds_nothing(relation, action)
                || crate::effects::default_is_volatile(context.script(), &column.type_name, default) != Some(true)
            {
                return None;
            }
            if inherited.is_some() && crate::effects::constrained_domain(context.script(), column) != Some(false) {
                // The domain's constraints rewrite the table in any case.
                return None;
            }
            let name = quote::ident(&column.name);
            let whose = match &inherited {
                Some(_) => format!("the volatile default of domain {}", column.type_text),
                None => "a volatile default".to_owned(),
            };
            let message = format!("adding column {name} with {whose} rewrites {}", super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("The default is computed for every row. {}.", super::waits(context.sum(relation).0)));
            let steps = steps(context, relation, column, default, inherited.is_some());
            Some(match steps.filter(|_| column.complete) {
                Some(steps) => report.instead_of_action(context, &steps),
                None => report
                    .hint(format!("Add column {name} without a default, set the default for new rows, and fill the old rows in batches.")),
            })
        })
    }
}

/// The column without its default, the default for new rows, the value for old ones.
fn steps(context: &Context, relation: &Relation, column: &ColumnDef, default: &Expr, of_domain: bool) -> Option<Vec<String>> {
    let (alter, name) = (hint::alter(context, relation), quote::ident(&column.name));
    let value = default.text.clone()?;
    let (null, for_new_rows) = if of_domain {
        // Without a default of its own the column has the domain's.
        (" DEFAULT NULL", "DROP DEFAULT".to_owned())
    } else {
        ("", format!("SET DEFAULT {value}"))
    };
    let mut steps = vec![
        format!("{alter} ADD COLUMN {name} {}{null}", column.type_text),
        format!("{alter} ALTER COLUMN {name} {for_new_rows}"),
        hint::fill(context, relation, &name, &value)?,
    ];
    if column.not_null {
        steps.extend(hint::set_not_null(context, relation, &column.name));
    }
    Some(steps)
}
