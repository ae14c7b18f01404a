//! What the catalogs say of objects that are no relations.

use super::Script;
use crate::catalog::{Among, Oid};
use crate::ir::{Class, Fact, Handled, How, Object, Statement};
use crate::quote;

/// What an object's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FoundObject {
    Missing,
    There(Oid),
    /// The text made or changed it, or it cannot be told.
    Unknown,
}

/// Where a class of objects is listed, and the columns of the schema and the owner there.
struct Listed {
    catalog: &'static str,
    schema: Option<&'static str>,
    owner: Option<&'static str>,
}

fn listed(class: Class) -> Listed {
    let (catalog, schema, owner) = match class {
        Class::Function => ("pg_proc", Some("pronamespace"), Some("proowner")),
        Class::Type => ("pg_type", Some("typnamespace"), Some("typowner")),
        Class::Schema => ("pg_namespace", None, Some("nspowner")),
        Class::Role => ("pg_roles", None, None),
        Class::Extension => ("pg_extension", None, Some("extowner")),
        Class::Server => ("pg_foreign_server", None, Some("srvowner")),
        Class::Publication => ("pg_publication", None, Some("pubowner")),
        Class::Subscription => ("pg_subscription", None, Some("subowner")),
        Class::EventTrigger => ("pg_event_trigger", None, Some("evtowner")),
        Class::Database => ("pg_database", None, Some("datdba")),
        Class::Tablespace => ("pg_tablespace", None, Some("spcowner")),
    };
    Listed { catalog, schema, owner }
}

impl Script<'_> {
    /// What the name of an object means to the next statement that looks for it.
    pub fn object(&self, object: &Object) -> FoundObject {
        self.find_object(object, None)
    }

    /// Whether all that a statement drops IF EXISTS is not there: then it does nothing.
    pub fn drops_nothing(&self, statement: &Statement) -> bool {
        let mut handled = statement.facts.iter().filter_map(|fact| match fact {
            Fact::Handles(handled) => Some(handled),
            _ => None,
        });
        let missing = |one: &Handled| one.how == How::Drop && one.lenient && self.object(&one.object) == FoundObject::Missing;
        handled.next().is_some_and(missing) && handled.all(missing)
    }

    /// What has its name where it would be created.
    pub fn object_in_the_way(&self, object: &Object) -> FoundObject {
        let schema = match listed(object.class).schema {
            None => return self.find_object(object, None),
            Some(_) => object.name.schema.clone().or_else(|| self.creation_schema()),
        };
        schema.map_or(FoundObject::Unknown, |schema| self.find_object(object, Some(&schema)))
    }

    fn find_object(&self, object: &Object, schema: Option<&str>) -> FoundObject {
        if self.has_hidden_effects() || self.objects.contains(&(object.class, object.name.name.clone())) {
            return FoundObject::Unknown;
        }
        let among = match (listed(object.class).schema, schema.or(object.name.schema.as_deref())) {
            (None, _) => Among::All,
            (Some(_), Some(schema)) => Among::Schema(schema),
            (Some(_), None) if self.has_path() => return FoundObject::Unknown,
            (Some(_), None) => Among::Visible,
        };
        let Some(mut found) = self.base.objects(object.class, &object.name.name, among) else { return FoundObject::Unknown };
        if let (Class::Function, Some(arguments), false) = (object.class, &object.arguments, found.is_empty()) {
            let name = match schema {
                Some(schema) => quote::qualified(schema, &object.name.name),
                None => object.name.to_string(),
            };
            let call = quote::literal(&format!("{name}({})", arguments.join(",")));
            let meant = format!("SELECT pg_catalog.to_regprocedure({call})::pg_catalog.oid");
            let Some(meant) = self.base.query(&meant) else { return FoundObject::Unknown };
            let meant: Option<Oid> = meant.rows.first().and_then(|row| row.first()?.as_ref()?.parse().ok());
            found.retain(|oid| Some(*oid) == meant);
        }
        match found.as_slice() {
            [] => FoundObject::Missing,
            [oid] => FoundObject::There(*oid),
            _ => FoundObject::Unknown,
        }
    }

    /// Another object that has to go first: in words. What depends on it in the usual way and is not a part of it.
    pub fn needed_by(&self, class: Class, oid: Oid) -> Option<String> {
        let number = class.catalog();
        // that of a type may be its array's
        let objects = match class {
            Class::Type => format!(
                "(SELECT oid FROM pg_catalog.pg_type WHERE oid OPERATOR(pg_catalog.=) {oid} OR typelem OPERATOR(pg_catalog.=) {oid} \
                 AND typcategory OPERATOR(pg_catalog.=) 'A')"
            ),
            _ => format!("({oid})"),
        };
        let query = format!(
            "SELECT pg_catalog.pg_describe_object(classid, objid, objsubid) FROM pg_catalog.pg_depend \
             WHERE refclassid OPERATOR(pg_catalog.=) {number} AND refobjid IN {objects} AND deptype OPERATOR(pg_catalog.=) 'n' LIMIT 1"
        );
        self.base.query(&query)?.rows.into_iter().next()?.into_iter().next()?
    }

    /// A condition in SQL that tells whether a role, given as SQL, may do what only the owner of the object may.
    pub fn owner_of(&self, class: Class, oid: Oid, role: &str, drops: bool) -> Option<String> {
        let at = listed(class);
        let owner = at.owner?;
        // the owner of the schema may drop what is in it
        let schema = at.schema.filter(|_| drops).map(|schema| {
            format!(
                " OR pg_catalog.pg_has_role({role}, (SELECT nspowner FROM pg_catalog.pg_namespace n \
                 WHERE n.oid OPERATOR(pg_catalog.=) {schema}), 'USAGE')"
            )
        });
        Some(format!(
            "SELECT pg_catalog.pg_has_role({role}, {owner}, 'USAGE'){} FROM pg_catalog.{} WHERE oid OPERATOR(pg_catalog.=) {oid}",
            schema.unwrap_or_default(),
            at.catalog
        ))
    }

    /// Takes note of the objects that a statement makes, changes or drops.
    pub(super) fn note_objects(&mut self, statement: &Statement) {
        for fact in &statement.facts {
            match fact {
                Fact::Handles(handled) if handled.how != How::Alter || statement.tag.starts_with("ALTER") => {
                    self.objects.insert((handled.object.class, handled.object.name.name.clone()));
                }
                Fact::MakesRole(name) => _ = self.objects.insert((Class::Role, name.clone())),
                _ => {}
            }
        }
    }
}
