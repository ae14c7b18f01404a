//! Rights on what is no relation: who may create, alter or drop it.

use super::{Asked, Report};
use crate::ir::{Class, Fact, Handled, How};
use crate::quote;
use crate::script::FoundObject;

impl Asked<'_, '_> {
    /// The right to an object of the statement that the role does not have.
    pub(super) fn on_objects(&self) -> Option<Report> {
        if self.is_superuser() || self.context.script().has_hidden_effects() {
            return None;
        }
        let denied = self.context.handled().find_map(|handled| self.denied(handled));
        let what = denied.or_else(|| self.server_file()).or_else(|| self.system()).or_else(|| self.granting());
        what.map(|what| self.fails(None, &what))
    }

    /// What is lacking, as it follows "you do".
    fn denied(&self, handled: &Handled) -> Option<String> {
        let role = self.role();
        let object = &handled.object;
        let database = format!("pg_catalog.has_database_privilege({role}, pg_catalog.current_database(), 'CREATE')");
        let (allowed, what) = match (handled.how, object.class) {
            (How::Create, Class::Publication) if handled.all => (self.attribute("false"), "not have the rights of a superuser".to_owned()),
            (How::Create, Class::EventTrigger) => (self.attribute("false"), "not have the rights of a superuser".to_owned()),
            (How::Create, Class::Schema | Class::Publication) => {
                (format!("SELECT {database}"), "not have the CREATE privilege on the database".to_owned())
            }
            (How::Create, Class::Database) => (self.attribute("rolcreatedb"), "not have the attribute CREATEDB".to_owned()),
            (How::Create | How::Drop, Class::Role) => (self.attribute("rolcreaterole"), "not have the attribute CREATEROLE".to_owned()),
            (How::Alter, Class::Role) => {
                let own = format!("rolcreaterole OR rolname OPERATOR(pg_catalog.=) {}", quote::literal(&object.name.name));
                (self.attribute(&own), "not have the attribute CREATEROLE".to_owned())
            }
            (How::Create, Class::Extension) => {
                let name = quote::literal(&object.name.name);
                let trusted = format!(
                    "{database} AND EXISTS (SELECT 1 FROM pg_catalog.pg_available_extension_versions \
                     WHERE name OPERATOR(pg_catalog.=) {name} AND (trusted OR NOT superuser))"
                );
                (self.attribute(&trusted), format!("not have the rights that {object} asks for"))
            }
            (How::Create, _) => return None,
            (how, class) => {
                let FoundObject::There(oid) = self.context.script().object(object) else { return None };
                (self.context.script().owner_of(class, oid, &role, how == How::Drop)?, format!("not own {object}"))
            }
        };
        (self.holds(&allowed) == Some(false)).then_some(what)
    }

    /// `COPY` with a file or a program of the server.
    fn server_file(&self) -> Option<String> {
        let member = self.context.facts().iter().find_map(|fact| match fact {
            Fact::ServerFile(member) => Some(*member),
            _ => None,
        })?;
        let query = format!("SELECT pg_catalog.pg_has_role({}, '{member}', 'USAGE')", self.role());
        (self.holds(&query) == Some(false)).then(|| format!("not have the rights of {member}"))
    }

    /// `ALTER SYSTEM`, which may be granted parameter by parameter.
    fn system(&self) -> Option<String> {
        let granted = self.attribute("EXISTS (SELECT 1 FROM pg_catalog.pg_parameter_acl)");
        let denied = self.context.tag() == "ALTER SYSTEM" && self.holds(&granted) == Some(false);
        denied.then(|| "not have the rights of a superuser".to_owned())
    }

    /// `GRANT` and `REVOKE` of a role, which its admins may.
    fn granting(&self) -> Option<String> {
        let roles = self.context.facts().iter().find_map(|fact| match fact {
            Fact::GrantsRoles(roles) => Some(roles),
            _ => None,
        })?;
        let role = self.role();
        // up to 15 CREATEROLE was enough
        let maker = if self.context.script().major() < 16 { "m.rolcreaterole OR" } else { "" };
        let denied = |granted: &&String| {
            let query = format!(
                "SELECT m.rolsuper OR NOT g.rolsuper AND ({maker} m.oid OPERATOR(pg_catalog.=) g.oid \
                 OR pg_catalog.pg_has_role({role}, g.oid, 'MEMBER WITH ADMIN OPTION')) \
                 FROM pg_catalog.pg_roles m, pg_catalog.pg_roles g \
                 WHERE m.rolname OPERATOR(pg_catalog.=) {role} AND g.rolname OPERATOR(pg_catalog.=) {}",
                quote::literal(granted)
            );
            !self.context.script().has_made_role(granted) && self.holds(&query) == Some(false)
        };
        roles.iter().find(denied).map(|role| format!("not have the ADMIN option on role {}", quote::ident(role)))
    }

    /// A question whether the role is a superuser, or this is true of it.
    fn attribute(&self, condition: &str) -> String {
        let role = self.role();
        format!("SELECT rolsuper OR {condition} FROM pg_catalog.pg_roles WHERE rolname OPERATOR(pg_catalog.=) {role}")
    }
}
