//! `foreign-key-without-key`.

use super::{Context, Report, Rule, Turn, hint};
use crate::catalog::{ConstraintKind, Relation};
use crate::ir::{ConstraintDef, Kind};

super::rule! {
    /// The statement would fail, because nothing makes the columns unique that a foreign key references.
    ///
    /// **What it detects.** A foreign key, added or in `CREATE TABLE`, to columns of an existing table that are not, together and without others, a primary
    /// key or under a unique constraint or index; to a table without primary key where no columns are named; with more columns on one side.
    ///
    /// **Why.** The migration ends half-way. A partial unique index, or one over an expression, does not count.
    ///
    /// **Instead.** Add the unique constraint first.
    ///
    /// **Does not fire when** there is such a key, the text makes one, or the table is not known.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES people (level) NOT VALID;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES people (id) NOT VALID;
    /// ```
    ForeignKeyWithoutKey, "foreign-key-without-key", Caution
}

impl Rule for ForeignKeyWithoutKey {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let keys: Vec<&ConstraintDef> = match context.kind() {
            Kind::AlterTable(alter) => alter.actions.iter().flat_map(|action| context.added(action)).collect(),
            Kind::CreateTable(create) if !(create.if_not_exists && context.existing(&create.name).is_some()) => {
                create.foreign_keys().collect()
            }
            _ => return Vec::new(),
        };
        // an index that the server has named may be made by the text
        if context.script().has_hidden_effects() || context.mentioned_before(&["unique index"]) {
            return Vec::new();
        }
        let mut keys = keys.into_iter().filter(|key| key.kind == ConstraintKind::ForeignKey).take_while(|_| !context.interrupted());
        keys.find_map(|key| refused(context, key)).into_iter().collect()
    }
}

fn refused(context: &Context, key: &ConstraintDef) -> Option<Report> {
    let named = key.references.as_ref()?;
    match context.kind() {
        Kind::CreateTable(create) if create.name.name == named.name => return None,
        // its key may be made by the same statement
        Kind::AlterTable(alter) if alter.target.name.name == named.name && alter.actions.len() > 1 => return None,
        _ => {}
    }
    let referenced = context.existing(named)?;
    let name = super::name_of(&referenced);
    if key.referenced_columns.is_empty() {
        let primary = |one: &crate::catalog::Constraint| one.kind == ConstraintKind::PrimaryKey;
        let known = referenced.indexes.iter().any(|index| index.primary) || referenced.constraints.iter().any(primary);
        let report = || context.failure(Some(&referenced), format!("{name} has no primary key to reference"));
        return (!known).then(|| report().hint("Name the columns, or add a primary key first."));
    }
    if key.referenced_columns.len() != key.columns.len() {
        let why = format!("the foreign key has {} columns and references {}", key.columns.len(), key.referenced_columns.len());
        return Some(context.failure(Some(&referenced), why).hint("Name as many columns on both sides."));
    }
    let exist = key.referenced_columns.iter().all(|name| referenced.columns.iter().any(|column| column.name == *name));
    (exist && !is_unique(context, &referenced, &key.referenced_columns)).then(|| {
        let why = format!("no constraint makes ({}) of {name} unique", hint::columns(&key.referenced_columns));
        context.failure(Some(&referenced), why).hint("Add a unique constraint on exactly these columns first.")
    })
}

/// Whether a key holds these columns, in whatever order, and no others.
fn is_unique(context: &Context, relation: &Relation, wanted: &[String]) -> bool {
    let same = |columns: &[String]| columns.len() == wanted.len() && columns.iter().all(|column| wanted.contains(column));
    let by_constraint = relation.constraints.iter().any(|one| {
        matches!(one.kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion) && same(&one.columns)
    });
    let by_index = |index: &crate::catalog::Index| {
        let keys = context.script().catalog().index_shape(index.oid).map(|shape| shape.keys).filter(|keys| !keys.is_empty());
        // a period (WITHOUT OVERLAPS) is not unique by its columns alone
        (index.unique || index.primary) && !index.partial_or_expression && same(&keys.unwrap_or_else(|| index.columns.clone()))
    };
    by_constraint || relation.indexes.iter().any(by_index)
}
