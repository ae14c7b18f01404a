//! `add-column-identity`.

use super::{Context, Report, Rule, hint};
use crate::catalog::{Relation, RelationKind};
use crate::finding::Risk;
use crate::ir::{Action, ColumnDef};
use crate::{chosen, parse, quote};

super::rule! {
    /// A new identity column rewrites the table.
    ///
    /// **What it detects.** `ADD COLUMN ... GENERATED ... AS IDENTITY` on a table that holds rows.
    ///
    /// **Why.** Each row gets a number of its own, so table and indexes are written anew under an AccessExclusiveLock.
    ///
    /// **Instead.** Add a nullable column, give it a sequence as default, fill it in batches; make it NOT NULL and an identity at the end.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;
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
    /// **Known from** Atlas (`PG310`).
    AddColumnIdentity, "add-column-identity", Danger
}

impl Rule for AddColumnIdentity {
    fn check(&self, context: &Context) -> Vec<Report> {
        context.each_action_on_rows(|action, relation| {
            let Action::AddColumn { column, .. } = action else { return None };
            if !column.identity || context.adds_nothing(relation, action) {
                return None;
            }
            let message = format!("adding identity column {} rewrites {}", quote::ident(&column.name), super::name_of(relation));
            let report = context.report(Risk::Danger, relation, message);
            let report = report.detail(format!("Every row gets a number. {}.", super::waits(context.sum(relation).0)));
            Some(match steps(context, relation, column) {
                Some(steps) => report.instead_of_action(context, &steps),
                None => report.hint(
                    "Add a nullable column, give it a sequence as default, fill the old rows in batches, make it NOT NULL, and make it an \
                     identity that goes on where the sequence is.",
                ),
            })
        })
    }
}

/// A numbered column, and then in a moment an identity that goes on where its sequence is.
fn steps(context: &Context, relation: &Relation, column: &ColumnDef) -> Option<Vec<String>> {
    if !column.complete || relation.kind != RelationKind::Table {
        return None;
    }
    // The identity's own sequence gets the name that the server chooses, so this one has to have another.
    let chosen = chosen::sequence(context.script(), relation, &column.name);
    let sequence = format!("zdm_{}", hint::free_column(relation, &chosen));
    if sequence.len() > 63 || !hint::is_free(context, &relation.schema, &sequence) {
        return None;
    }
    let options = parse::parenthesized_after(context.text(), &["as", "identity"]).unwrap_or_default().trim();
    if parse::after_word(options, &["name", "owned", "logged", "unlogged"]).is_some() {
        return None;
    }
    let (sequence, chosen) = (quote::qualified(&relation.schema, &sequence), quote::qualified(&relation.schema, &chosen));
    let mut steps = hint::numbered_column(context, relation, &column.name, &column.type_text, &sequence, options)?;
    let (alter, name) = (hint::alter(context, relation), quote::ident(&column.name));
    let options = if options.is_empty() { String::new() } else { format!(" ({options})") };
    let kind = if column.identity_always { "ALWAYS" } else { "BY DEFAULT" };
    let allowed = format!("drop-view:{sequence} (the identity has one of its own)");
    steps.extend([
        "BEGIN".to_owned(),
        format!("SET LOCAL zdm.allow = {}", quote::literal(&allowed)),
        format!("{alter} ALTER COLUMN {name} DROP DEFAULT, ALTER COLUMN {name} ADD GENERATED {kind} AS IDENTITY{options}"),
        format!("SELECT setval({}, last_value, is_called) FROM {sequence}", quote::literal(&chosen)),
        format!("DROP SEQUENCE {sequence}"),
        "COMMIT".to_owned(),
    ]);
    Some(steps)
}
