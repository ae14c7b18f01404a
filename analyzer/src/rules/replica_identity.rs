//! `replica-identity`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, ReplicaIdentity as Identity};

super::rule! {
    /// Another replica identity changes what subscribers get, or makes updates fail.
    ///
    /// **What it detects.** `REPLICA IDENTITY` on a table that others use. It is a danger where the table is published and would be left
    /// without any identity: NOTHING, or DEFAULT without a primary key.
    ///
    /// **Why.** UPDATE and DELETE of a published table without replica identity fail. With FULL every change writes the whole old row to
    /// the WAL. The AccessExclusiveLock is held briefly.
    ///
    /// **Instead.** A primary key, or USING INDEX with a unique index on NOT NULL columns.
    ///
    /// **Does not fire when** the table is new, temporary or empty.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE orders REPLICA IDENTITY NOTHING;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE TABLE fresh (id int);
    /// ALTER TABLE fresh REPLICA IDENTITY FULL;
    /// ```
    ///
    /// **Known from** squawk (`ban-replica-identity`).
    ReplicaIdentity, "replica-identity", Danger
}

impl Rule for ReplicaIdentity {
    fn check(&self, context: &Context) -> Vec<Report> {
        let changed = context.facts().iter().find_map(|fact| match fact {
            Fact::ReplicaIdentity(identity) => Some(identity),
            _ => None,
        });
        let (Some(identity), Some((_, table))) = (changed, context.alter()) else { return Vec::new() };
        if context.is_harmless(&table) {
            return Vec::new();
        }
        let name = super::name_of(&table);
        let published = context.script().catalog().is_published(table.oid) == Some(true);
        let keyed = table.indexes.iter().any(|index| index.primary && index.valid);
        let report = |risk, message| context.report(risk, &table, message).about_names();
        vec![match identity {
            Identity::Nothing | Identity::Default if published && !(keyed && *identity == Identity::Default) => report(
                Risk::Danger,
                format!("updates and deletes of {name} would fail: it is published, and left without replica identity"),
            )
            .hint("Give it a primary key, or REPLICA IDENTITY USING INDEX with a unique index on NOT NULL columns."),
            Identity::Full => report(Risk::Caution, format!("every update and delete of {name} writes the whole old row to the WAL"))
                .hint("REPLICA IDENTITY USING INDEX, with a unique index on NOT NULL columns, writes the key alone."),
            _ => report(Risk::Caution, format!("changes how rows of {name} are told apart downstream"))
                .detail(format!("{}; it is held briefly.", super::waits(context.sum(&table).0))),
        }]
    }
}
