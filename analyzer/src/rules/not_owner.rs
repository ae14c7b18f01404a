//! `not-owner`.

mod objects;

use std::rc::Rc;

use super::{Context, Report, Rule, Turn};
use crate::catalog::Relation;
use crate::ir::{Dropped, Fact, Kind, New, QualifiedName, Reindexed};
use crate::lock::LockMode;
use crate::quote;
use crate::script::Actor;

super::rule! {
    /// The statement would fail, because only the owner may do that.
    ///
    /// **What it detects.** `ALTER`, `DROP`, `COMMENT`, `CREATE INDEX`, `POLICY` or `RULE` on a table, view or sequence that the session's role, or the one
    /// that the text has set, does not own and is no member of the owner; `TRUNCATE`, `CREATE TRIGGER`, a foreign key, `REFRESH`, `REINDEX` and `CLUSTER`
    /// without the privilege; rows read or changed, `LOCK TABLE` and `GRANT` without one; `ALTER` or `DROP` of another's schema, function, type, role,
    /// extension, server, publication or subscription; `CREATE` of a schema, role, extension, database, event trigger or publication where the role may not,
    /// or in a schema where it may not; `COPY` to or from a file of the server; `ALTER SYSTEM`; `GRANT` and `REVOKE` of a role
    /// without its ADMIN option.
    ///
    /// **Why.** The migration ends half-way.
    ///
    /// **Instead.** SET ROLE to the owner, or to a role that owns it.
    ///
    /// **Does not fire when** the role owns it (superusers own everything) or has the privilege, or the text gave it away before.
    ///
    /// ### Bad
    ///
    /// ```sql
    /// ALTER TABLE ledger ADD COLUMN note text;
    /// ```
    ///
    /// ### Good
    ///
    /// ```sql
    /// SET ROLE accounting;
    /// ALTER TABLE ledger ADD COLUMN note text;
    /// ```
    ///
    /// **Known from** one of the tools named in check.md.
    NotOwner, "not-owner", Caution
}

impl Rule for NotOwner {
    fn turn(&self) -> Turn {
        Turn::Circumstances
    }

    fn check(&self, context: &Context) -> Vec<Report> {
        let asked = match context.script().actor() {
            Actor::Unknown => return Vec::new(),
            // what was given away before, the catalogs do not know
            Actor::Role(_) if context.script().granted().0 || context.mentioned_before(&["owner to", "reassign owned"]) => {
                return Vec::new();
            }
            actor => Asked { context, actor },
        };
        let denied = needs(context).into_iter().find_map(|(name, right)| {
            let given = context.script().granted().1 && matches!(right, Right::Privilege(_));
            let relation = context.existing(&name).filter(|_| !given)?;
            (asked.may(&relation, right) == Some(false)).then_some((relation, right))
        });
        let report =
            denied.map(|(relation, right)| asked.report(&relation, right)).or_else(|| asked.in_schema()).or_else(|| asked.on_objects());
        report.into_iter().collect()
    }
}

/// What a statement asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Right {
    Own,
    /// The owner of the schema may do it too.
    Drop,
    /// Also given by GRANT.
    Privilege(&'static str),
}

/// A privilege of any kind on a table.
const ANY: &str = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER";

/// The relations of a statement, and what it asks for on each.
fn needs(context: &Context) -> Vec<(QualifiedName, Right)> {
    let maintain = if context.script().major() >= 17 { Right::Privilege("MAINTAIN") } else { Right::Own };
    let mut needs: Vec<(&QualifiedName, Right)> = Vec::new();
    match context.kind() {
        Kind::AlterTable(alter) => {
            needs.push((&alter.target.name, Right::Own));
            let added = alter.actions.iter().flat_map(|action| context.added(action));
            needs.extend(added.filter_map(|key| key.references.as_ref()).map(|name| (name, Right::Privilege("REFERENCES"))));
        }
        Kind::CreateTable(create) => needs.extend(create.references.iter().map(|name| (name, Right::Privilege("REFERENCES")))),
        Kind::Rename(rename) => needs.push((&rename.target.name, Right::Own)),
        Kind::CreateIndex(create) => needs.push((&create.table.name, Right::Own)),
        Kind::Drop(drop) => {
            if let Dropped::Relations(names) | Dropped::Indexes(names) = &drop.what {
                needs.extend(names.iter().map(|name| (name, Right::Drop)));
            }
        }
        Kind::Truncate { tables, .. } => needs.extend(tables.iter().map(|target| (&target.name, Right::Privilege("TRUNCATE")))),
        Kind::Refresh { view, .. } => needs.push((view, maintain)),
        Kind::Reindex { what: Reindexed::Table(name), .. } => needs.push((name, maintain)),
        Kind::Cluster { table: Some(target) } => needs.push((&target.name, maintain)),
        Kind::Modify(changes) => needs.extend(changes.iter().map(|change| {
            let right = if change.delete { "DELETE" } else { "UPDATE" };
            (&change.target.name, Right::Privilege(right))
        })),
        Kind::Locks(locks) => needs.extend(locks.iter().filter_map(|lock| {
            let right = match context.tag() {
                "CREATE TRIGGER" => Right::Privilege("TRIGGER"),
                "COMMENT" | "CREATE POLICY" | "ALTER POLICY" | "DROP POLICY" | "CREATE RULE" | "DROP RULE" | "DROP TRIGGER"
                | "ALTER SEQUENCE" => Right::Own,
                "LOCK TABLE" => lock_privilege(lock.mode, context.script().major()),
                _ => return None,
            };
            Some((&lock.target.name, right))
        })),
        _ => {}
    }
    let mut inserted = None;
    for fact in context.facts() {
        match fact {
            Fact::Insert(insert) => {
                inserted = Some(&insert.target.name);
                needs.push((&insert.target.name, Right::Privilege("INSERT")));
            }
            Fact::Privileges(given) if !given.others => needs.extend(given.relations.iter().map(|name| (name, Right::Privilege(ANY)))),
            _ => {}
        }
    }
    let mut needs: Vec<(QualifiedName, Right)> = needs.into_iter().map(|(name, right)| (name.clone(), right)).collect();
    if ["SELECT", "INSERT", "SELECT INTO", "CREATE TABLE AS"].contains(&context.tag()) {
        // what is made, or changed in a WITH, is not read
        let read = |name: &&QualifiedName| Some(*name) != inserted && !context.kind().changes().iter().any(|one| one.target.name == **name);
        let named = context.named().map(|named| named.relations.as_slice()).unwrap_or_default();
        needs.extend(named.iter().filter(read).map(|name| (name.clone(), Right::Privilege("SELECT"))));
    }
    needs
}

/// Any of these is enough (`LockTableAclCheck`; before PostgreSQL 16 less is).
fn lock_privilege(mode: LockMode, major: u32) -> Right {
    Right::Privilege(match (mode, major >= 17) {
        (LockMode::AccessShare, false) => "SELECT, INSERT, UPDATE, DELETE, TRUNCATE",
        (LockMode::AccessShare, true) => "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, MAINTAIN",
        (LockMode::RowShare | LockMode::RowExclusive, false) => "INSERT, UPDATE, DELETE, TRUNCATE",
        (LockMode::RowShare | LockMode::RowExclusive, true) => "INSERT, UPDATE, DELETE, TRUNCATE, MAINTAIN",
        (_, false) => "UPDATE, DELETE, TRUNCATE",
        (_, true) => "UPDATE, DELETE, TRUNCATE, MAINTAIN",
    })
}

/// The role whose rights count.
struct Asked<'a, 'c> {
    context: &'a Context<'c>,
    actor: Actor,
}

impl Asked<'_, '_> {
    fn may(&self, relation: &Rc<Relation>, right: Right) -> Option<bool> {
        let catalog = self.context.script().catalog();
        let oid = relation.oid;
        if self.actor == Actor::Session {
            let may = if right == Right::Drop { catalog.may_drop(oid) } else { catalog.owns(oid) };
            return match right {
                Right::Privilege(privilege) if may == Some(false) => self.holds(&privilege_on(privilege, "current_user", oid)),
                _ => may,
            };
        }
        let role = self.role();
        let owner = format!(
            "SELECT pg_catalog.pg_has_role({role}, relowner, 'USAGE') FROM pg_catalog.pg_class WHERE oid OPERATOR(pg_catalog.=) {oid}"
        );
        match self.holds(&owner) {
            Some(false) => match right {
                Right::Own => Some(false),
                Right::Drop => self.holds(&format!(
                    "SELECT pg_catalog.pg_has_role({role}, nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) {}",
                    quote::literal(&relation.schema)
                )),
                Right::Privilege(privilege) => self.holds(&privilege_on(privilege, &role, oid)),
            },
            other => other,
        }
    }

    fn is_superuser(&self) -> bool {
        self.actor == Actor::Session && self.context.script().setting("is_superuser").as_deref() != Some("off")
    }

    /// DROP SCHEMA, and CREATE in a schema.
    fn in_schema(&self) -> Option<Report> {
        let context = self.context;
        let script = context.script();
        if self.is_superuser() || script.has_hidden_effects() {
            return None;
        }
        let role = self.role();
        if let Kind::Drop(drop) = context.kind() {
            let Dropped::Schemas(names) = &drop.what else { return None };
            let owned = |name: &&String| {
                let name = quote::literal(name);
                self.holds(&format!(
                    "SELECT pg_catalog.pg_has_role({role}, nspowner, 'USAGE') FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) {name}"
                )) == Some(false)
            };
            let schema = names.iter().find(owned)?;
            return Some(self.fails(None, &format!("not own schema {}", quote::ident(schema))));
        }
        let name = match context.kind() {
            Kind::CreateTable(create) if !create.temporary => &create.name,
            Kind::CreateView { name, .. } => name,
            Kind::Create(creation) => match &creation.new {
                New::Relation(name) | New::Type(name) | New::Function(name) => name,
                New::Domain(domain) => &domain.name,
                _ => return None,
            },
            _ => return None,
        };
        if context.facts().contains(&Fact::Temporary) {
            return None;
        }
        let schema = name.schema.clone().or_else(|| script.creation_schema())?;
        let literal = quote::literal(&schema);
        let may = self.holds(&format!(
            "SELECT pg_catalog.has_schema_privilege({role}, oid, 'CREATE') FROM pg_catalog.pg_namespace WHERE nspname OPERATOR(pg_catalog.=) {literal}"
        ));
        (may == Some(false)).then(|| self.fails(None, &format!("not have the CREATE privilege on schema {}", quote::ident(&schema))))
    }

    fn report(&self, relation: &Rc<Relation>, right: Right) -> Report {
        let name = super::name_of(relation);
        let what = match right {
            Right::Own | Right::Drop => format!("not own {name}"),
            Right::Privilege(ANY) => format!("not have any privilege on {name}, and cannot grant one"),
            Right::Privilege(any) if any.contains(',') => format!("not have one of the privileges {any} on {name}"),
            Right::Privilege(privilege) => format!("not have the {privilege} privilege on {name}"),
        };
        let report = self.fails(Some(relation), &what);
        match self.context.script().catalog().owner(relation.oid) {
            Some(owner) => {
                let owner = quote::ident(&owner);
                report.detail(format!("Its owner is {owner}.")).hint(format!("SET ROLE {owner}; if you may."))
            }
            None => report,
        }
    }

    fn fails(&self, relation: Option<&Rc<Relation>>, what: &str) -> Report {
        let who = match &self.actor {
            Actor::Role(role) => format!("role {} does", quote::ident(role)),
            _ => "you do".to_owned(),
        };
        self.context.failure(relation, format!("{who} {what}"))
    }

    /// The role as the argument of a function.
    fn role(&self) -> String {
        match &self.actor {
            Actor::Role(role) => quote::literal(role),
            _ => "current_user".to_owned(),
        }
    }

    fn holds(&self, query: &str) -> Option<bool> {
        let found = self.context.script().catalog().query(query)?;
        match found.rows.first()?.first()?.as_deref()? {
            "t" => Some(true),
            "f" => Some(false),
            _ => None,
        }
    }
}

fn privilege_on(privilege: &str, role: &str, relation: u32) -> String {
    // one column may be enough
    let function =
        if ["REFERENCES", "SELECT", "INSERT", "UPDATE"].contains(&privilege) { "has_any_column_privilege" } else { "has_table_privilege" };
    format!("SELECT pg_catalog.{function}({role}, {relation}::pg_catalog.oid, '{privilege}')")
}
