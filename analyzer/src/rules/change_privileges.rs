//! `change-privileges`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::Fact;

super::rule! {
    /// Rights are taken away, or given to many.
    ///
    /// **What it detects.** `REVOKE`, and `GRANT` to PUBLIC or of ALL, on what others use.
    ///
    /// **Why.** After a REVOKE statements of programs fail that ran before; it takes back only what was granted by the same role, so that it
    /// may also do nothing. PUBLIC is every role, those that are made later included.
    ///
    /// **Instead.** Revoke when no running code needs it. Grant what is needed, to roles.
    ///
    /// **Does not fire when** the tables are new or temporary, or single rights are granted to roles.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// GRANT ALL ON users TO PUBLIC;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// GRANT SELECT ON users TO reporting;
    /// ```
    ///
    /// **Known from** squawk (`ban-revoke`).
    ChangePrivileges, "change-privileges", Caution
}

impl Rule for ChangePrivileges {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Some(change) = context.facts().iter().find_map(|fact| match fact {
            Fact::Privileges(change) => Some(change),
            _ => None,
        }) else {
            return Vec::new();
        };
        let table = change.relations.iter().filter_map(|name| context.existing(name)).find(|one| !super::is_private(one));
        if table.is_none() && !change.others {
            return Vec::new();
        }
        let on = table.as_ref().map(|table| format!(" on {}", super::name_of(table))).unwrap_or_default();
        let (message, detail, hint) = if change.revoke {
            (format!("takes rights{on} away"), "Statements that need them fail from then on.", "Make sure that no running code needs them.")
        } else if change.public {
            (
                format!("grants rights{on} to everybody"),
                "PUBLIC is every role, also such as are made later.",
                "Grant to the roles that need it.",
            )
        } else if change.all {
            (
                format!("grants all rights{on}"),
                "On a table these are also TRUNCATE, TRIGGER and REFERENCES.",
                "Grant the rights that are needed.",
            )
        } else {
            return Vec::new();
        };
        vec![context.report_on(Risk::Caution, table.as_ref(), message).aside().detail(detail).hint(hint)]
    }
}
