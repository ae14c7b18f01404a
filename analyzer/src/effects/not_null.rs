//! `SET NOT NULL` and what proves it without reading the table.

use std::rc::Rc;

use super::Effects;
use super::alter_table::{Alter, known_column};
use crate::catalog::{Constraint, ConstraintKind, Relation, RelationKind, Size};
use crate::ir::{Action, AlterTable, Recursion};
use crate::script::Script;

pub fn set_not_null(effects: &mut Effects, alter: &Alter, column: &str) {
    known_column(effects, alter, column);
    // Partitions of a table whose column has the mark have it too, and are not even locked; inheritance children need not.
    if alter.root.kind == RelationKind::PartitionedTable && alter.keeps_not_null(&alter.root, column) {
        effects.lock(&alter.root, alter.mode);
        return;
    }
    for member in alter.members(effects, Recursion::All) {
        let scans = !alter.keeps_not_null(&member, column) && !is_proved(effects.script(), &member, alter, column);
        effects.scan(&member, alter.mode, Some(scans));
    }
}

/// Whether these actions take the mark away (which they do before it is set, in whatever order they are written).
pub fn is_dropped(actions: &[Action], relation: &Relation, column: &str) -> bool {
    let says = |name: &str| {
        let mut own = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::NotNull && one.name == name);
        own.any(|one| one.columns.iter().any(|one| one == column))
    };
    actions.iter().any(|action| match action {
        Action::DropNotNull { column: dropped } => dropped == column,
        Action::DropConstraint { name, .. } => says(name),
        _ => false,
    })
}

/// The column has its mark, and no row may be against it: from PostgreSQL 18 on the mark is also there while the constraint is NOT VALID.
pub fn is_not_null(relation: &Relation, column: &str) -> bool {
    let unproved = |relation: &Relation| {
        let mut own = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::NotNull);
        own.any(|one| !one.validated && one.columns.iter().any(|name| name == column))
    };
    relation.columns.iter().any(|one| one.name == column && one.not_null) && !unproved(relation)
}

/// A valid CHECK that stays proves it (`NotNullImpliedByRelConstraints`).
pub fn is_proved(script: &Script, relation: &Relation, alter: &Alter, column: &str) -> bool {
    proved(script, relation, column, &|name| alter.drops_constraint(name))
}

/// The server says it of constraints that it knows. Of those that the text adds we look for the form that is used for this.
fn proved(script: &Script, relation: &Relation, column: &str, dropped: &dyn Fn(&str) -> bool) -> bool {
    let mut checks = relation.constraints.iter().filter(|one| one.kind == ConstraintKind::Check && one.validated).peekable();
    if checks.peek().is_none() {
        return false;
    }
    if !relation.constraints.iter().any(|one| dropped(&one.name))
        && script.is_as_found(relation)
        && let Some(answer) = script.catalog().proves_not_null(relation.oid, column).known()
    {
        return answer;
    }
    checks.any(|one| proves(script, one, column) && !dropped(&one.name))
}

/// Whether making a column NOT NULL reads the relation or one below it.
pub fn scans(effects: &Effects, alter: &AlterTable, relation: &Rc<Relation>, column: &str) -> bool {
    let dropped = |wanted: &str| alter.actions.iter().any(|action| matches!(action, Action::DropConstraint { name, .. } if name == wanted));
    let proved = |member: &Relation| proved(effects.script(), member, column, &dropped);
    let marked = |member: &Relation| is_not_null(member, column) && !is_dropped(&alter.actions, member, column);
    let members = if alter.target.only { vec![Rc::clone(relation)] } else { effects.members(relation) };
    members.iter().any(|member| super::has_storage(member) && *member.size != Size::Bytes(0) && !marked(member) && !proved(member))
}

/// The valid CHECK that proves it, if there is one that stays.
pub fn proof(script: &Script, alter: &AlterTable, relation: &Relation, column: &str) -> Option<String> {
    let dropped = |wanted: &str| alter.actions.iter().any(|action| matches!(action, Action::DropConstraint { name, .. } if name == wanted));
    if !proved(script, relation, column, &dropped) {
        return None;
    }
    let stays = |one: &&Constraint| one.kind == ConstraintKind::Check && one.validated && !dropped(&one.name);
    let plain = relation.constraints.iter().find(|one| proves(script, one, column) && stays(one));
    let found = plain.or_else(|| relation.constraints.iter().find(|one| stays(one) && one.columns.iter().any(|name| name == column)));
    found.map(|constraint| constraint.name.clone())
}

fn proves(script: &Script, constraint: &Constraint, column: &str) -> bool {
    constraint.kind == ConstraintKind::Check
        && constraint.validated
        && constraint.expression.as_deref().is_some_and(|text| script.proves_not_null(text).iter().any(|proved| proved == column))
}
