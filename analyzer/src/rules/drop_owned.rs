//! `drop-owned`.

use super::drop_cascade::listed;
use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;
use crate::quote;

super::rule! {
    /// DROP OWNED destroys everything that a role owns in this database, and REASSIGN OWNED changes it.
    ///
    /// **What it detects.** `DROP OWNED BY` and `REASSIGN OWNED BY` a role that owns something here, and what that is.
    ///
    /// **Why.** DROP OWNED drops tables with their data, and takes back all rights of the role. REASSIGN OWNED locks each table briefly.
    ///
    /// **Instead.** Reassign what is to stay first, and drop the rest by name.
    ///
    /// **Does not fire when** the role owns nothing in this database, or what it owns cannot be told (unbounded-effect speaks then).
    ///
    /// ### Bad
    ///
    /// ```sql
    /// DROP OWNED BY clerk;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// DROP TABLE IF EXISTS no_such_table;
    /// ```
    DropOwned, "drop-owned", Danger
}

impl Rule for DropOwned {
    fn check(&self, context: &Context) -> Vec<Report> {
        let owned = context.facts().iter().filter_map(|fact| match fact {
            Fact::Owned(owned) => Some(owned),
            _ => None,
        });
        let reports = owned.flat_map(|owned| owned.roles.iter().flatten().map(|role| (owned.drop, role))).filter_map(|(drop, role)| {
            let all = context.script().catalog().owned_by(role).filter(|all| all.count > 0)?;
            let (name, objects) = (quote::ident(role), if all.count == 1 { "object" } else { "objects" });
            let report = if drop {
                context.remark(Risk::Danger, format!("drops {} {objects} owned by role {name}", all.count))
            } else {
                context.remark(Risk::Caution, format!("gives {} {objects} of role {name} another owner", all.count))
            };
            let report = report.detail(format!("It owns {}.", listed(&all)));
            Some(if drop {
                report.hint("Give what is to stay to another role first, with REASSIGN OWNED, and drop the rest by name.")
            } else {
                report
            })
        });
        reports.collect()
    }
}
