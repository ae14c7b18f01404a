//! What `DROP ... CASCADE` takes along, and which relations are locked for it: those that the catalogs say depend on what goes.

use super::Effects;
use crate::catalog::Oid;
use crate::ir::{DropCascade, QualifiedName, Rooted};
use crate::lock::LockMode;
use crate::quote;

const LEFT_OPEN: &str = "CASCADE drops whatever depends on it, columns of tables included";

/// `DROP` of something that is no relation.
pub fn drop(effects: &mut Effects, cascade: &DropCascade) {
    for root in &cascade.roots {
        if effects.interrupted() {
            return;
        }
        let asked = asked(root).filter(|asked| settled(effects, root.name(), asked));
        let found = asked.and_then(|asked| taken(effects, &asked));
        match found {
            Some(relations) => lock(effects, &relations),
            None => effects.unbounded = Some(cascade.left_open.unwrap_or(LEFT_OPEN)),
        }
    }
}

/// A relation, or a column of it, goes with what depends on it.
pub fn relation(effects: &mut Effects, relation: Oid, column: Option<&str>) {
    if effects.script().is_new(relation) {
        return;
    }
    let number = match column {
        Some(column) => format!(
            "(SELECT a.attnum::int4 FROM pg_catalog.pg_attribute a WHERE a.attrelid = {relation}::oid AND a.attname = {})",
            quote::literal(column)
        ),
        None => "0".to_owned(),
    };
    if let Some(relations) = taken(effects, &format!("SELECT 'pg_catalog.pg_class'::regclass::oid, {relation}::oid, {number}")) {
        lock(effects, &relations);
    }
}

pub(super) fn lock(effects: &mut Effects, relations: &[Oid]) {
    for relation in relations {
        effects.lock_oid(*relation, LockMode::AccessExclusive);
    }
}

/// The query for the class, number and part of an object that a name means.
fn asked(root: &Rooted) -> Option<String> {
    let named = |name: &QualifiedName| quote::literal(&name.to_string());
    Some(match root {
        Rooted::Function { name, arguments: Some(arguments) } => {
            let signature = quote::literal(&format!("{name}({})", arguments.join(", ")));
            format!("SELECT 'pg_catalog.pg_proc'::regclass::oid, to_regprocedure({signature})::oid, 0")
        }
        Rooted::Function { name, arguments: None } => {
            format!("SELECT 'pg_catalog.pg_proc'::regclass::oid, to_regproc({})::oid, 0", named(name))
        }
        Rooted::Type(name) => format!("SELECT 'pg_catalog.pg_type'::regclass::oid, to_regtype({})::oid, 0", named(name)),
        Rooted::Extension(name) => format!(
            "SELECT 'pg_catalog.pg_extension'::regclass::oid, (SELECT e.oid FROM pg_catalog.pg_extension e WHERE e.extname = {}), 0",
            quote::literal(&name.name)
        ),
    })
}

/// Whether the catalogs still say of the name what they said before the text.
fn settled(effects: &Effects, name: &QualifiedName, asked: &str) -> bool {
    let script = effects.script();
    (name.schema.is_some() || !script.has_path()) && script.changes().leave_alone(asked)
}

/// The relations that are locked when an object goes with all that depends on it.
///
/// The closure over `pg_depend`, as `findDependentObjects` makes it: what depends on it in whatever way, and the whole of what is an internal part. A trigger, policy,
/// default or constraint is dropped under a lock on its table, an index under one on the table too.
pub(super) fn taken(effects: &Effects, root: &str) -> Option<Vec<Oid>> {
    numbers(
        effects,
        root,
        "SELECT DISTINCT r.oid::int8 FROM (
            SELECT CASE c.relkind WHEN 'i' THEN i.indrelid WHEN 'I' THEN i.indrelid ELSE c.oid END AS oid
              FROM gone g JOIN pg_catalog.pg_class c ON c.oid = g.objid LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
             WHERE g.classid = 'pg_catalog.pg_class'::regclass
            UNION ALL SELECT a.adrelid FROM gone g JOIN pg_catalog.pg_attrdef a ON a.oid = g.objid WHERE g.classid = 'pg_catalog.pg_attrdef'::regclass
            UNION ALL SELECT x.oid FROM gone g JOIN pg_catalog.pg_constraint k ON k.oid = g.objid CROSS JOIN LATERAL (VALUES (k.conrelid), (k.confrelid)) x(oid)
             WHERE g.classid = 'pg_catalog.pg_constraint'::regclass
            UNION ALL SELECT t.tgrelid FROM gone g JOIN pg_catalog.pg_trigger t ON t.oid = g.objid WHERE g.classid = 'pg_catalog.pg_trigger'::regclass
            UNION ALL SELECT p.polrelid FROM gone g JOIN pg_catalog.pg_policy p ON p.oid = g.objid WHERE g.classid = 'pg_catalog.pg_policy'::regclass
            UNION ALL SELECT w.ev_class FROM gone g JOIN pg_catalog.pg_rewrite w ON w.oid = g.objid WHERE g.classid = 'pg_catalog.pg_rewrite'::regclass
         ) r JOIN pg_catalog.pg_class c ON c.oid = r.oid WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')",
    )
}

/// The tables that lose columns or go as a whole when these objects go with all that depends on them, as far as that is known.
pub fn losing(effects: &Effects, cascade: &DropCascade) -> Vec<Oid> {
    let mut all = Vec::new();
    for asked in cascade.roots.iter().filter_map(asked).take_while(|_| !effects.interrupted()) {
        let tables = "SELECT DISTINCT c.oid::int8 FROM gone g JOIN pg_catalog.pg_class c ON c.oid = g.objid
             WHERE g.classid = 'pg_catalog.pg_class'::regclass AND c.relkind IN ('r', 'p', 'm')";
        all.extend(numbers(effects, &asked, tables).unwrap_or_default());
    }
    all
}

/// The relations that go as a whole with these objects.
pub(super) fn relations(effects: &Effects, root: &str) -> Option<Vec<Oid>> {
    numbers(
        effects,
        root,
        "SELECT DISTINCT c.oid::int8 FROM gone g JOIN pg_catalog.pg_class c ON c.oid = g.objid
         WHERE g.classid = 'pg_catalog.pg_class'::regclass AND g.objsubid = 0 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
    )
}

/// The relations among these objects themselves.
pub(super) fn listed(effects: &Effects, root: &str) -> Option<Vec<Oid>> {
    numbers(
        effects,
        root,
        "SELECT DISTINCT c.oid::int8 FROM root g JOIN pg_catalog.pg_class c ON c.oid = g.objid
         WHERE g.classid = 'pg_catalog.pg_class'::regclass AND c.relkind IN ('r', 'p', 'v', 'm', 'f')",
    )
}

/// What a query finds in `gone`, all that goes with `root`.
fn numbers(effects: &Effects, root: &str, query: &str) -> Option<Vec<Oid>> {
    let answer = effects.script().catalog().query(&format!(
        "WITH RECURSIVE root(classid, objid, objsubid) AS ({root}),
         gone(classid, objid, objsubid) AS (
            SELECT root.classid, root.objid, root.objsubid FROM root WHERE root.objid IS NOT NULL
            UNION
            SELECT n.classid, n.objid, n.objsubid FROM gone g CROSS JOIN LATERAL (
                SELECT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend d
                 WHERE d.refclassid = g.classid AND d.refobjid = g.objid AND (g.objsubid = 0 OR d.refobjsubid = g.objsubid)
                   AND d.deptype <> 'x'
                UNION ALL
                SELECT d.refclassid, d.refobjid, d.refobjsubid FROM pg_catalog.pg_depend d
                 WHERE d.classid = g.classid AND d.objid = g.objid AND d.objsubid = g.objsubid AND d.deptype = 'i') n)
         {query}"
    ))?;
    answer.rows.iter().map(|row| row.first().and_then(Option::as_ref).and_then(|oid| oid.parse().ok())).collect()
}
