//! Objects of the database that are no relations and hang on none.

use super::{How, QualifiedName};

/// What kind of object it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Function,
    Type,
    Schema,
    Role,
    Extension,
    Server,
    Publication,
    Subscription,
    EventTrigger,
    Database,
    Tablespace,
}

impl Class {
    /// The number of the catalog that lists them.
    pub fn catalog(self) -> u32 {
        match self {
            Self::Function => 1255,
            Self::Type => 1247,
            Self::Schema => 2615,
            Self::Role => 1260,
            Self::Extension => 3079,
            Self::Server => 1417,
            Self::Publication => 6104,
            Self::Subscription => 6100,
            Self::EventTrigger => 3466,
            Self::Database => 1262,
            Self::Tablespace => 1213,
        }
    }

    /// As SQL calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Function => "function",
            Self::Type => "type",
            Self::Schema => "schema",
            Self::Role => "role",
            Self::Extension => "extension",
            Self::Server => "server",
            Self::Publication => "publication",
            Self::Subscription => "subscription",
            Self::EventTrigger => "event trigger",
            Self::Database => "database",
            Self::Tablespace => "tablespace",
        }
    }
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Object {
    pub class: Class,
    pub name: QualifiedName,
    /// Of a function: the types of its parameters, if they are given.
    pub arguments: Option<Vec<String>>,
}

/// As it would be named in a sentence.
impl std::fmt::Display for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let arguments = match (&self.arguments, self.class) {
            (Some(arguments), Class::Function) => format!("({})", arguments.join(", ").replace("pg_catalog.", "")),
            (None, Class::Function) => "()".to_owned(),
            _ => String::new(),
        };
        write!(f, "{} {}{arguments}", self.class.word(), self.name)
    }
}

/// An object that a statement creates, alters or drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handled {
    pub object: Object,
    pub how: How,
    /// `IF EXISTS`, `IF NOT EXISTS`, `OR REPLACE`.
    pub lenient: bool,
    pub cascade: bool,
    /// A publication of all tables.
    pub all: bool,
}
