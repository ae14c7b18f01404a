//! How much data a statement works on, in words and as time.

use std::rc::Rc;

use crate::catalog::{ConstraintKind, Relation, RelationKind, Size};
use crate::effects::has_storage;
use crate::estimate::{Estimate, Work};
use crate::ir::{Action, ConstraintDef, Kind};
use crate::rules::{Context, Report, is_private, name_of};

/// The data that a finding's time grows with.
pub struct Measure {
    /// Sizes of the relation that the finding is about, by itself and with all below it.
    named: Option<(String, Total)>,
    /// All that is worked on while the lock is held.
    all: Total,
    work: Vec<(Work, u64)>,
}

/// Sizes of several relations together.
#[derive(Default)]
struct Total {
    relations: usize,
    /// `None`: not all are known.
    bytes: Option<u64>,
    rows: Option<f64>,
}

impl Total {
    fn of<'a>(relations: impl IntoIterator<Item = &'a Rc<Relation>>) -> Self {
        let mut total = Self { relations: 0, bytes: Some(0), rows: Some(0.0) };
        for relation in relations {
            total.relations += 1;
            total.bytes = match (total.bytes, *relation.size) {
                (Some(sum), Size::Bytes(bytes)) => Some(sum.saturating_add(bytes)),
                _ => None,
            };
            // nothing was counted yet in what is empty
            let rows = if *relation.size == Size::Bytes(0) { Some(0.0) } else { relation.rows };
            total.rows = total.rows.zip(rows).map(|(sum, rows)| sum + rows);
        }
        total
    }
}

/// Measures what a report is about.
pub fn measure(context: &Context, report: &Report) -> Measure {
    let named = report.relation.and_then(|oid| context.script().get(oid));
    let members = named.as_ref().map(|relation| stored(context.effects().members(relation))).unwrap_or_default();
    // a transaction for each table
    let one_by_one = matches!(context.kind(), Kind::Vacuum { .. } | Kind::Reindex { .. } | Kind::Cluster { .. });
    let worked_on = context.effects().touches().iter().filter(|touch| {
        let works = touch.rewrites == Some(true) || touch.scans == Some(true);
        let here = !one_by_one || members.iter().any(|member| member.oid == touch.relation.oid);
        works && here && has_storage(&touch.relation) && !is_private(&touch.relation)
    });
    let worked_on: Vec<_> = worked_on.collect();
    let work = worked_on.iter().flat_map(|touch| {
        let Size::Bytes(bytes) = *touch.relation.size else { return Vec::new() };
        pieces(context, &touch.relation, touch.rewrites == Some(true)).into_iter().map(|work| (work, bytes)).collect()
    });
    Measure {
        work: work.collect(),
        all: Total::of(worked_on.iter().map(|touch| &touch.relation)),
        named: named.map(|relation| (name_of(&relation), Total::of(&members))).filter(|(_, total)| total.relations > 0),
    }
}

fn stored(relations: Vec<Rc<Relation>>) -> Vec<Rc<Relation>> {
    relations.into_iter().filter(|one| has_storage(one) && one.kind != RelationKind::Index && !is_private(one)).collect()
}

/// What is done with one relation.
fn pieces(context: &Context, relation: &Relation, rewritten: bool) -> Vec<Work> {
    let existing = || relation.indexes.len();
    match context.kind() {
        Kind::Modify(changes) => vec![if changes.iter().all(|change| change.delete) { Work::Delete } else { Work::Update }],
        Kind::CreateIndex(_) => vec![Work::Index],
        Kind::Reindex { .. } => vec![Work::Index; existing().max(1)],
        Kind::AlterTable(alter) => {
            // the other side of a foreign key gets no index
            let root = context.existing(&alter.target.name);
            let own = root.is_some_and(|root| context.effects().members(&root).iter().any(|member| member.oid == relation.oid));
            let added = if own { alter.actions.iter().map(builds).sum() } else { 0 };
            if rewritten {
                [vec![Work::Rewrite], vec![Work::Index; existing() + added]].concat()
            } else if added > 0 {
                vec![Work::Index; added]
            } else if alter.actions.iter().any(|action| matches_rows(context, action)) {
                vec![Work::Match]
            } else {
                vec![Work::Scan]
            }
        }
        _ if rewritten => [vec![Work::Rewrite], vec![Work::Index; existing()]].concat(),
        _ => vec![Work::Scan],
    }
}

/// Whether an action looks for the other side of each row.
fn matches_rows(context: &Context, action: &Action) -> bool {
    match action {
        Action::ValidateConstraint { name } => context.existing_altered().is_some_and(|(_, relation)| {
            relation.constraints.iter().any(|one| one.name == *name && one.kind == ConstraintKind::ForeignKey)
        }),
        _ => added(action).iter().any(|one| one.kind == ConstraintKind::ForeignKey),
    }
}

/// How many indexes an action builds.
fn builds(action: &Action) -> usize {
    let indexed = |kind| matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion);
    added(action).iter().filter(|one| indexed(one.kind) && one.using_index.is_none()).count()
}

/// The constraints that an action adds.
fn added(action: &Action) -> &[ConstraintDef] {
    match action {
        Action::AddConstraint(constraint) => std::slice::from_ref(constraint),
        Action::AddColumn { column, .. } => column.constraints.as_slice(),
        _ => &[],
    }
}

impl Measure {
    /// The time that the work takes; `None` when the size is not known.
    pub fn estimate(&self) -> Option<Estimate> {
        let known = self.all.relations > 0 && self.all.bytes.is_some();
        known.then(|| Estimate::of(&self.work))
    }

    /// Whether all that is worked on, and the named relation with all its parts, is smaller than so many bytes.
    pub fn is_small(&self, limit: u64) -> bool {
        let below = |total: &Total| total.bytes.is_some_and(|bytes| bytes < limit);
        self.all.relations > 0 && below(&self.all) && self.named.as_ref().is_none_or(|(_, total)| below(total))
    }

    /// `public.users has about 48 million rows in 6.1 GB`.
    pub fn fact(&self) -> Option<String> {
        let (name, total) = self.named.as_ref()?;
        let parts = if total.relations > 1 { format!(" in {} tables", total.relations) } else { String::new() };
        Some(match (total.bytes, total.rows) {
            (None, _) => format!("The size of {name} is not known"),
            (Some(bytes), Some(rows)) if rows >= 1.0 => format!("{name} has about {} in {}{parts}", count(rows), pretty(bytes)),
            (Some(bytes), _) => format!("{name} takes {}{parts}", pretty(bytes)),
        })
    }
}

/// `48 million rows`.
pub fn count(rows: f64) -> String {
    let rows = rows.round();
    match rows {
        ..1.5 => "1 row".to_owned(),
        ..1e3 => format!("{rows} rows"),
        ..1e6 => {
            let rows = rows as u64;
            format!("{},{:03} rows", rows / 1000, rows % 1000)
        }
        ..1e9 => format!("{} million rows", tenths(rows / 1e6)),
        _ => format!("{} billion rows", tenths(rows / 1e9)),
    }
}

/// `6.1 GB`.
fn pretty(bytes: u64) -> String {
    let mut size = bytes as f64 / 1024.0;
    let mut units = ["kB", "MB", "GB", "TB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while size >= 999.5 {
        let Some(next) = units.next() else { break };
        (size, unit) = (size / 1024.0, next);
    }
    format!("{} {unit}", tenths(size))
}

/// One decimal where there is only one digit before it.
fn tenths(value: f64) -> String {
    let tenths = (value * 10.0).round();
    if tenths < 100.0 && tenths % 10.0 != 0.0 { format!("{:.1}", tenths / 10.0) } else { format!("{value:.0}") }
}

#[cfg(test)]
mod tests {
    use super::{count, pretty};

    #[test]
    fn sizes_read_well() {
        for (bytes, expected) in [
            (8192, "8 kB"),
            (8 << 20, "8 MB"),
            (6_550_000_000, "6.1 GB"),
            (1023 << 20, "1 GB"),
            (u64::MAX, "16777216 TB"),
            (133 << 20, "133 MB"),
        ] {
            assert_eq!(pretty(bytes), expected);
        }
        for (rows, expected) in [
            (1.0, "1 row"),
            (100.0, "100 rows"),
            (12_345.0, "12,345 rows"),
            (1_000_000.0, "1 million rows"),
            (48_123_456.0, "48 million rows"),
            (2_500_000_000.0, "2.5 billion rows"),
        ] {
            assert_eq!(count(rows), expected);
        }
    }
}
