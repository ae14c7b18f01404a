//! `autovacuum-disabled`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Fact, Kind, Statement};

super::rule! {
    /// Nobody cleans up a table without autovacuum.
    ///
    /// **What it detects.** `CREATE TABLE ... WITH (autovacuum_enabled = false)`, and `ALTER TABLE ... SET` of it.
    ///
    /// **Why.** Dead rows pile up, and the statistics that the planner goes by grow old. An autovacuum against wraparound comes all the same,
    /// later, with all the work at once.
    ///
    /// **Instead.** Make autovacuum of the table gentler or rarer (autovacuum_vacuum_cost_delay, autovacuum_vacuum_scale_factor). For a load,
    /// switch it back on at its end.
    ///
    /// **Does not fire when** the text switches it on again, or the table is temporary.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE users SET (autovacuum_enabled = false);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// ALTER TABLE users SET (autovacuum_vacuum_scale_factor = 0.01);
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    AutovacuumDisabled, "autovacuum-disabled", Caution
}

impl Rule for AutovacuumDisabled {
    fn check(&self, context: &Context) -> Vec<Report> {
        if !switched(context.statement(), false) {
            return Vec::new();
        }
        let (name, table) = match context.kind() {
            Kind::AlterTable(alter) => (&alter.target.name, context.existing(&alter.target.name)),
            Kind::CreateTable(create) if !create.temporary => (&create.name, None),
            _ => return Vec::new(),
        };
        let again =
            |later: &Statement| matches!(&later.kind, Kind::AlterTable(alter) if alter.target.name == *name) && switched(later, true);
        if table.as_ref().is_some_and(|table| table.temporary) || context.soon().any(again) {
            return Vec::new();
        }
        let report = context.report_on(Risk::Caution, table.as_ref(), format!("nobody will clean up {name}: autovacuum is switched off"));
        let hint = format!("Switch it on again afterwards: ALTER TABLE {name} SET (autovacuum_enabled = true).");
        vec![report.aside().detail("Dead rows pile up, and the planner goes by old statistics.").hint(hint)]
    }
}

/// Whether a statement switches autovacuum on, or off.
fn switched(statement: &Statement, on: bool) -> bool {
    let options = statement.facts.iter().flat_map(|fact| match fact {
        Fact::Options(options) => options.as_slice(),
        _ => &[],
    });
    let mut own = options.filter(|(name, _)| ["autovacuum_enabled", "toast.autovacuum_enabled"].contains(&name.as_str()));
    own.any(|(_, value)| ["false", "off", "no", "0"].contains(&value.as_str()) != on)
}
