//! `DROP OWNED` and `REASSIGN OWNED`: what a role owns in this database, by the catalogs.

use super::{Effects, cascade, drop};
use crate::ir::Owned;
use crate::lock::LockMode;
use crate::quote;

pub fn owned(effects: &mut Effects, owned: &Owned) {
    let script = effects.script();
    for role in &owned.roles {
        if effects.interrupted() {
            return;
        }
        // what the text made or gave away before, the catalogs do not know
        let known = role.as_ref().filter(|_| !script.has_hidden_effects() && !script.has_new_owners());
        let listed = known.and_then(|role| if owned.drop { dropped(effects, role) } else { reassigned(effects, role) });
        if listed.is_none() {
            effects.unbounded =
                Some(if owned.drop { "it drops whatever the role owns by then" } else { "it changes whatever the role owns by then" });
        }
    }
}

/// Everything goes that the role owns, with what depends on it, and it is taken out of the policies of others.
fn dropped(effects: &mut Effects, role: &str) -> Option<()> {
    let owned = of_role(role, "deptype = 'o'");
    let all = cascade::taken(effects, &owned)?;
    let gone = cascade::relations(effects, &owned)?;
    let policies = format!(
        "SELECT p.classid, p.objid, p.objsubid FROM ({}) p WHERE p.classid = 'pg_catalog.pg_policy'::regclass",
        of_role(role, "deptype = 'r'")
    );
    let in_policies = cascade::taken(effects, &policies)?;
    let script = effects.script();
    for relation in gone.into_iter().filter_map(|oid| script.get(oid)) {
        if effects.interrupted() {
            break;
        }
        drop::relation_goes(effects, &relation, false);
    }
    cascade::lock(effects, &all);
    cascade::lock(effects, &in_policies);
    Some(())
}

/// Every relation gets another owner.
fn reassigned(effects: &mut Effects, role: &str) -> Option<()> {
    let relations = cascade::listed(effects, &of_role(role, "deptype = 'o'"))?;
    for relation in relations {
        effects.lock_oid(relation, LockMode::AccessExclusive);
    }
    Some(())
}

/// The objects of this database that have to do with a role.
fn of_role(role: &str, how: &str) -> String {
    format!(
        "SELECT s.classid, s.objid, s.objsubid FROM pg_catalog.pg_shdepend s
          WHERE s.refclassid = 'pg_catalog.pg_authid'::regclass AND s.{how}
            AND s.refobjid = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = {})
            AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())",
        quote::literal(role)
    )
}
