//! `replication-lag`.

use super::{Context, Report, Rule, Turn};
use crate::catalog::Size;
use crate::finding::Risk;
use crate::ir::Kind;

super::rule! {
    /// A big table is written to the WAL at once, and others have to follow.
    ///
    /// **What it detects.** A rewrite of a table of 256 MB or more, or an UPDATE or DELETE of all its rows, while standbys or replication
    /// slots get this server's WAL.
    ///
    /// **Why.** Standbys lag behind while they replay it, and queries there that use the table are canceled for the lock. A slot whose
    /// consumer is slow keeps all of it on this server's disk.
    ///
    /// **Instead.** Change rows in batches, with pauses; rewrite when lag does not matter.
    ///
    /// **Does not fire when** nobody gets the WAL, the table is smaller, temporary or unlogged.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// UPDATE metrics SET value = 0;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// UPDATE metrics SET value = 0 WHERE id = 1;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    ReplicationLag, "replication-lag", Caution
}

/// Less than that is through in a moment.
const BIG: u64 = 256 << 20;

impl Rule for ReplicationLag {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let changes = context.kind().changes();
        if matches!(context.kind(), Kind::Truncate { .. }) {
            return Vec::new();
        }
        let whole = |touch: &&crate::effects::Touch| touch.rewrites == Some(true) || !changes.is_empty() && touch.scans == Some(true);
        let big = context.effects().touches().iter().filter(whole).filter_map(|touch| match *touch.relation.size {
            Size::Bytes(bytes) if bytes >= BIG && !context.is_harmless(&touch.relation) => Some((touch, bytes)),
            _ => None,
        });
        let report = big.max_by_key(|(_, bytes)| *bytes).and_then(|(touch, bytes)| {
            let followers = context.script().catalog().replication(touch.relation.oid)?;
            if followers.receivers + followers.slots == 0 {
                return None;
            }
            let message = format!("writes {} of {} to the WAL at once", size(bytes), super::name_of(&touch.relation));
            let report = context.report(Risk::Caution, &touch.relation, message).aside();
            let count = |number: u32, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
            Some(report.detail(format!(
                "What has to follow: {} and {}.",
                count(followers.receivers, "connected receiver"),
                count(followers.slots, "replication slot")
            )))
        });
        report.into_iter().collect()
    }
}

fn size(bytes: u64) -> String {
    let megabytes = bytes >> 20;
    if megabytes < 10_240 { format!("{megabytes} MB") } else { format!("{} GB", megabytes >> 10) }
}
