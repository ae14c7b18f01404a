//! What the owner of the database wants of the rules: `zdm.rule_policy`, read once a check, and only when a rule has something to say.

use super::facts::sql_file;
use super::shim::Query;
use crate::shim::ServerError;
use pgrx::pg_sys;
use serde::Deserialize;
use zdm_analyzer::catalog::Policy;
use zdm_analyzer::finding::Risk;

static POLICY: Query<0> = Query::new(sql_file!("policy.sql"), []);

/// All rows of the table.
#[derive(Default)]
pub struct Policies(Vec<Row>);

#[derive(Deserialize)]
struct Row {
    rule: String,
    relation: Option<u32>,
    risk: String,
    reason: String,
}

impl Policies {
    pub fn read(owner: pg_sys::Oid) -> Result<Self, ServerError> {
        let document = POLICY.run([], owner)?;
        Ok(Self(document.and_then(|document| serde_json::from_str(&document).ok()).unwrap_or_default()))
    }

    /// The policy of a rule for a relation, else the one for all.
    pub fn of(&self, rule: &str, relation: Option<u32>) -> Option<Policy> {
        let find = |wanted: Option<u32>| self.0.iter().find(|row| row.rule == rule && row.relation == wanted);
        let row = relation.and_then(|relation| find(Some(relation))).or_else(|| find(None))?;
        let risk = Risk::named(&row.risk);
        // a risk that is not known changes nothing
        (risk.is_some() || row.risk == "off").then(|| Policy { risk, reason: row.reason.clone() })
    }
}
