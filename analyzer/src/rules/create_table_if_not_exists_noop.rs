//! `create-table-if-not-exists-noop`.

use super::{Context, Report, Rule};
use crate::catalog::Column;
use crate::effects::{is_serial, serial_type};
use crate::finding::Risk;
use crate::ir::{ColumnDef, CreateTable, Kind};
use crate::quote;
use crate::script::FoundType;

super::rule! {
    /// The table exists, in another shape, and the statement leaves it so.
    ///
    /// **What it detects.** `CREATE TABLE IF NOT EXISTS` of a relation that exists and has other columns, or columns of other types.
    ///
    /// **Why.** The statement reports success and changes nothing. What comes after it relies on columns that are not there.
    ///
    /// **Instead.** Change the existing table with ALTER TABLE.
    ///
    /// **Does not fire when** the columns are the same, or the text does not list them all (LIKE, INHERITS, OF, PARTITION OF).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS people (id int, city text);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE IF NOT EXISTS labels (id int, city text);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    CreateTableIfNotExistsNoop, "create-table-if-not-exists-noop", Caution
}

impl Rule for CreateTableIfNotExistsNoop {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateTable(CreateTable { name, if_not_exists: true, columns, more_columns: false, temporary: false, .. }) =
            context.kind()
        else {
            return Vec::new();
        };
        let Some(relation) = context.existing(name) else { return Vec::new() };
        let differs = |column: &ColumnDef| match relation.columns.iter().find(|known| known.name == column.name) {
            None => Some(format!("column {} is not there", quote::ident(&column.name))),
            Some(known) => other_type(context, column, known).then(|| format!("column {} has another type", quote::ident(&column.name))),
        };
        let more = |known: &&Column| !columns.iter().any(|column| column.name == known.name);
        let more = relation.columns.iter().filter(more).map(|known| format!("column {} is there too", quote::ident(&known.name)));
        let differences: Vec<String> = columns.iter().filter_map(differs).chain(more).take(10).collect();
        if differences.is_empty() {
            return Vec::new();
        }
        let message = format!("{} exists in another shape and stays as it is", super::name_of(&relation));
        let report = context.report(Risk::Caution, &relation, message).aside();
        vec![report.detail(format!("In what exists, {}.", differences.join(", "))).hint("Change the existing table with ALTER TABLE.")]
    }
}

/// Only where both types are known.
fn other_type(context: &Context, column: &ColumnDef, known: &Column) -> bool {
    if is_serial(column) {
        return known.type_oid != serial_type(&column.type_name);
    }
    match context.script().find_type(&column.type_name) {
        FoundType::Existing(found) => (found.oid, found.typmod) != (known.type_oid, known.typmod),
        FoundType::New { .. } | FoundType::Missing => false,
    }
}
