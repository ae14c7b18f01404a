//! `domain-with-constraint`.

use super::{Context, Report, Rule};
use crate::finding::Risk;
use crate::ir::{Creation, Kind, New};

super::rule! {
    /// A domain with constraints makes later changes of the tables that use it expensive.
    ///
    /// **What it detects.** `CREATE DOMAIN` with CHECK or NOT NULL.
    ///
    /// **Why.** To add a column of such a type rewrites the table, even without a default; another constraint, and its validation, read every
    /// table that uses the domain while their writers wait.
    ///
    /// **Instead.** Put the CHECK on the table: there it can be added NOT VALID and validated beside writers.
    ///
    /// **Does not fire when** the domain has no constraint.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// CREATE DOMAIN positive AS int CHECK (VALUE > 0);
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// CREATE DOMAIN positive AS int;
    /// ```
    ///
    /// **Known from** squawk (`ban-create-domain-with-constraint`).
    DomainWithConstraint, "domain-with-constraint", Caution
}

impl Rule for DomainWithConstraint {
    fn check(&self, context: &Context) -> Vec<Report> {
        let Kind::Create(Creation { new: New::Domain(domain), .. }) = context.kind() else { return Vec::new() };
        if !domain.constrained {
            return Vec::new();
        }
        let report = context.remark(Risk::Caution, format!("every table that gets a column of domain {} will be rewritten", domain.name));
        vec![
            report
                .detail("Whoever changes its constraints later has every table that uses it read while writers wait.")
                .hint("Put the CHECK on the table; there it can be added NOT VALID and validated later."),
        ]
    }
}
