//! `create-partition-locks-parent`.

use std::rc::Rc;

use super::{Context, Report, Rule, hint};
use crate::catalog::Relation;
use crate::finding::Risk;
use crate::ir::{CreateTable, Kind};
use crate::{parse, quote};

super::rule! {
    /// Creating a partition in place locks the whole partitioned table.
    ///
    /// **What it detects.** `CREATE TABLE ... PARTITION OF` a table that others use. It is a danger where the default partition is read
    /// too, to see whether it holds rows of the new one.
    ///
    /// **Why.** An AccessExclusiveLock on the parent keeps everybody out of all partitions, and waits for every query that runs on them.
    ///
    /// **Instead.** Create the table on its own, then attach it: ATTACH PARTITION takes a ShareUpdateExclusiveLock on the parent only. A
    /// default partition is read then too, unless a valid CHECK on it excludes the rows of the new one.
    ///
    /// **Does not fire when** the parent is new, temporary or without partitions that hold rows, or the table exists (IF NOT EXISTS).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE events_2026 (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
    /// ALTER TABLE events ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    /// ```
    CreatePartitionLocksParent, "create-partition-locks-parent", Danger
}

impl Rule for CreatePartitionLocksParent {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::CreateTable(create) = context.kind() else { return Vec::new() };
        let (Some(_), [parent]) = (&create.partition, create.parents.as_slice()) else { return Vec::new() };
        let Some(parent) = context.existing(parent).filter(|parent| !context.is_harmless(parent)) else { return Vec::new() };
        if context.effects().on(parent.oid).is_none() {
            return Vec::new();
        }
        let default = parent.default_partition.and_then(|oid| context.effects().on(oid));
        let read = default.and_then(|touch| touch.scans);
        let name = super::name_of(&parent);
        let mut report = context.report(Risk::Caution, &parent, format!("creating a partition locks all of {name}"));
        let waits = super::waits(report.lock);
        report = match default {
            Some(touch) if read == Some(true) => {
                report.risk = Risk::Danger;
                report.detail(format!(
                    "{waits}, and the default partition {} is read to see whether it holds rows of the new one.",
                    super::name_of(&touch.relation)
                ))
            }
            _ => report.detail(format!("{waits}; it is held briefly, but it waits for every query that runs on any partition.")),
        };
        // Whether the default partition is read may be open: then unknown-effect says so.
        report.explains_data = default.is_none() || read.is_some();
        if let Some(touch) = default.filter(|_| read == Some(true)) {
            return vec![report.hint(format!(
                "Add a CHECK to {} that excludes the rows of the new partition NOT VALID, and validate it; then create the table on its own, and \
                 attach it to {name}.",
                super::name_of(&touch.relation)
            ))];
        }
        vec![match attach(context, create, &parent) {
            Some(steps) => report.instead(&steps),
            None => report
                .hint(format!("Create the table on its own, (LIKE {name} INCLUDING ALL EXCLUDING IDENTITY), then attach it to {name}.")),
        }]
    }
}

/// The same in two steps, if the statement has nothing but a name and a bound.
fn attach(context: &Context, create: &CreateTable, parent: &Rc<Relation>) -> Option<[String; 2]> {
    let text = context.text();
    let words = parse::leading_words(text);
    // CREATE TABLE name PARTITION OF parent, then the bound
    let bound = text.get(words.get(6)?.start..)?;
    let is = |at: usize, wanted: &str| {
        words.get(at).and_then(|word| text.get(word.clone())).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
    };
    let plain = is(0, "create") && is(1, "table") && is(3, "partition") && is(4, "of");
    // nothing may follow the bound: PARTITION BY, WITH, USING, TABLESPACE
    let outer = parse::outer_words(bound);
    let outer: Vec<&str> = outer.iter().map(String::as_str).collect();
    let bounded =
        matches!(outer.as_slice(), ["default"] | ["for", "values", "from", "to"] | ["for", "values", "in"] | ["for", "values", "with"]);
    let schema = create.name.schema.clone().or_else(|| context.script().catalog().current_schema());
    let name = schema.map_or_else(|| quote::ident(&create.name.name), |schema| quote::qualified(&schema, &create.name.name));
    // What a partition has from its parent without being told.
    let method = parent.access_method.as_ref().map(|method| format!(" USING {}", quote::ident(method))).unwrap_or_default();
    let space = context.script().tablespace(parent.oid).filter(|space| space != "pg_default");
    let space = space.map(|space| format!(" TABLESPACE {}", quote::ident(&space))).unwrap_or_default();
    (plain && bounded).then(|| {
        let like = format!("LIKE {} INCLUDING ALL EXCLUDING COMMENTS EXCLUDING IDENTITY EXCLUDING STATISTICS", super::name_of(parent));
        [
            format!("CREATE TABLE {name} ({like}){method}{space}"),
            format!("{} ATTACH PARTITION {name} {bound}", hint::alter(context, parent)),
        ]
    })
}
