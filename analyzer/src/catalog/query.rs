//! What is found by looking into the catalogs on behalf of the text that is checked.

/// The rows of a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Names and types of the columns, the types as SQL.
    pub columns: Vec<(String, String)>,
    /// The values as text.
    pub rows: Vec<Vec<Option<String>>>,
}

/// What has a name on a table, and no other place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OnTable {
    Trigger,
    Policy,
    Rule,
    /// A publication that names it.
    Publication,
}

/// Where an object is looked for by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among<'a> {
    /// In a schema.
    Schema(&'a str),
    /// What the name means without a schema (`pg_function_is_visible`, `pg_type_is_visible`).
    Visible,
    /// In the whole database, or the cluster for what belongs to that.
    All,
}
