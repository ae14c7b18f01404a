//! One relation or type, from the JSON document of our query to the analysis' own struct.

use super::shim::{self, Expression, Query};
use crate::shim::ServerError;
use pgrx::pg_sys;
use serde::Deserialize;
use std::collections::HashMap;
use zdm_analyzer::catalog::{
    Column, Constraint, ConstraintKind, Domain, ForeignKeyRef, Generated, Index, PartitionKey, Relation, RelationKind, Size, Type,
};
use zdm_analyzer::quote;

/// Makes a C string of a file at compile time.
macro_rules! sql_file {
    ($file:literal) => {
        match std::ffi::CStr::from_bytes_with_nul(concat!(include_str!($file), "\0").as_bytes()) {
            Ok(text) => text,
            Err(_) => panic!("a query holds a NUL byte"),
        }
    };
}

pub(super) use sql_file;

static RELATION: Query<1> = Query::new(sql_file!("relation.sql"), [pg_sys::OIDOID]);
static TYPE: Query<2> = Query::new(sql_file!("type.sql"), [pg_sys::OIDOID, pg_sys::INT4OID]);
static DEPENDENT_VIEWS: Query<2> = Query::new(sql_file!("dependent_views.sql"), [pg_sys::OIDOID, pg_sys::INT4OID]);
static RELATIONS_IN_SCHEMA: Query<1> = Query::new(sql_file!("relations_in_schema.sql"), [pg_sys::OIDOID]);
static RELATIONS_USING_TYPE: Query<1> = Query::new(sql_file!("relations_using_type.sql"), [pg_sys::OIDOID]);
static TABLES_OF_TYPE: Query<1> = Query::new(sql_file!("tables_of_type.sql"), [pg_sys::OIDOID]);
static ALL_TABLES: Query<0> = Query::new(sql_file!("all_tables.sql"), []);
static PARTITION_KEY: Query<1> = Query::new(sql_file!("partition_key.sql"), [pg_sys::OIDOID]);

/// What is known of a relation: what the analysis asked for, and what its other questions need.
pub struct Known {
    pub relation: Relation,
    pub unlogged: bool,
    pub tablespace: Option<String>,
    /// Its file, from the data directory on.
    pub file: Option<String>,
    /// Numbers given to columns, dropped ones included.
    pub column_numbers: u32,
    /// Column numbers by name.
    numbers: HashMap<String, i16>,
}

impl Known {
    /// The number of a column.
    pub fn number(&self, column: &str) -> Option<i16> {
        self.numbers.get(column).copied()
    }

    /// The column of a number.
    pub fn column(&self, number: i16) -> Option<&str> {
        self.numbers.iter().find(|(_, one)| **one == number).map(|(name, _)| name.as_str())
    }
}

#[derive(Deserialize)]
struct RawRelation {
    schema: String,
    name: String,
    kind: String,
    persistence: String,
    file: Option<String>,
    rows: f64,
    column_numbers: u32,
    is_partition: bool,
    access_method: Option<String>,
    tablespace: Option<String>,
    default_partition: Option<u32>,
    parents: Vec<u32>,
    children: Vec<u32>,
    index_of: Option<u32>,
    columns: Option<Vec<RawColumn>>,
    constraints: Option<Vec<RawConstraint>>,
    referenced_by: Option<Vec<RawForeignKey>>,
    indexes: Option<Vec<RawIndex>>,
    owned_sequences: Option<Vec<RawSequence>>,
}

#[derive(Deserialize)]
struct RawColumn {
    number: i16,
    name: String,
    #[serde(rename = "type")]
    type_oid: u32,
    typmod: i32,
    not_null: bool,
    has_default: bool,
    identity: String,
    generated: String,
    expression: Option<String>,
    collation: u32,
}

#[derive(Deserialize)]
struct RawConstraint {
    name: String,
    kind: String,
    validated: bool,
    no_inherit: bool,
    columns: Option<Vec<i16>>,
    expression: Option<String>,
    references: Option<u32>,
    index: Option<u32>,
}

#[derive(Deserialize)]
struct RawForeignKey {
    constraint: String,
    table: u32,
    validated: bool,
    columns: Option<Vec<i16>>,
}

#[derive(Deserialize)]
struct RawIndex {
    oid: u32,
    name: String,
    unique: bool,
    primary: bool,
    valid: bool,
    columns: Vec<i16>,
    expressions: Option<String>,
    predicate: Option<String>,
}

#[derive(Deserialize)]
struct RawSequence {
    column: i16,
    sequence: u32,
}

#[derive(Deserialize)]
struct RawType {
    name: String,
    element: Option<u32>,
    collation: u32,
    domain: Option<RawDomain>,
}

#[derive(Deserialize)]
struct RawDomain {
    base: u32,
    base_typmod: i32,
    constrained: bool,
    default: Option<String>,
}

/// Reads a document of ours. One that cannot be read is a bug, and counts as "there is nothing of that oid".
pub(super) fn read<'a, T: Deserialize<'a>>(document: Option<&'a String>) -> Option<T> {
    let parsed = serde_json::from_str(document?);
    debug_assert!(parsed.is_ok(), "{:?}", parsed.err());
    parsed.ok()
}

pub(super) fn oid(oid: u32) -> pg_sys::Datum {
    pg_sys::Datum::from(pg_sys::Oid::from(oid))
}

/// Reads all about a relation; `None` when there is none.
pub fn relation(relation: u32, owner: pg_sys::Oid) -> Result<Option<Known>, ServerError> {
    let document = RELATION.run([oid(relation)], owner)?;
    let Some(raw) = read::<RawRelation>(document.as_ref()) else { return Ok(None) };
    Ok(Some(raw.known(relation)?))
}

/// Reads all about a type; `None` when there is none.
pub fn type_by_oid(type_oid: u32, typmod: i32, owner: pg_sys::Oid) -> Result<Option<Type>, ServerError> {
    let document = TYPE.run([oid(type_oid), pg_sys::Datum::from(typmod)], owner)?;
    let Some(raw) = read::<RawType>(document.as_ref()) else { return Ok(None) };
    let domain = raw.domain.map(RawDomain::domain).transpose()?;
    Ok(Some(Type { oid: type_oid, name: raw.name, typmod, domain, element: raw.element, collation: raw.collation }))
}

/// The views that read a relation or a column of it.
pub fn dependent_views(known: &Known, column: Option<&str>, owner: pg_sys::Oid) -> Result<Vec<u32>, ServerError> {
    let number = match column {
        None => 0,
        Some(name) => match known.numbers.get(name) {
            Some(number) => i32::from(*number),
            None => return Ok(Vec::new()),
        },
    };
    let document = DEPENDENT_VIEWS.run([oid(known.relation.oid), pg_sys::Datum::from(number)], owner)?;
    Ok(read(document.as_ref()).unwrap_or_default())
}

/// Tables and materialized views in a schema.
pub fn relations_in_schema(schema: u32, owner: pg_sys::Oid) -> Result<Vec<u32>, ServerError> {
    let document = RELATIONS_IN_SCHEMA.run([oid(schema)], owner)?;
    Ok(read(document.as_ref()).unwrap_or_default())
}

/// Tables and materialized views with columns of a type.
pub fn relations_using_type(type_oid: u32, owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = RELATIONS_USING_TYPE.run([oid(type_oid)], owner)?;
    Ok(read(document.as_ref()))
}

/// The tables OF a composite type.
pub fn tables_of_type(composite: u32, owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = TABLES_OF_TYPE.run([oid(composite)], owner)?;
    Ok(read(document.as_ref()))
}

/// Every table of the database that is not the system's.
pub fn all_tables(owner: pg_sys::Oid) -> Result<Option<Vec<u32>>, ServerError> {
    let document = ALL_TABLES.run([], owner)?;
    Ok(read(document.as_ref()))
}

#[derive(Deserialize)]
struct RawKey {
    strategy: char,
    columns: Vec<Option<String>>,
}

/// By what a table is partitioned.
pub fn partition_key(relation: u32, owner: pg_sys::Oid) -> Result<Option<PartitionKey>, ServerError> {
    let document = PARTITION_KEY.run([oid(relation)], owner)?;
    let key = read::<RawKey>(document.as_ref());
    Ok(key.map(|key| PartitionKey { strategy: key.strategy, columns: key.columns.into_iter().collect() }))
}

impl RawRelation {
    fn known(self, oid: u32) -> Result<Known, ServerError> {
        let raw_columns = self.columns.unwrap_or_default();
        let names = Names(raw_columns.iter().map(|column| (column.number, column.name.clone())).collect());
        let numbers = raw_columns.iter().map(|column| (column.name.clone(), column.number)).collect();
        let is_index = matches!(self.kind.as_str(), "i" | "I");
        let (children, child_indexes) = if is_index { (Vec::new(), self.children) } else { (self.children, Vec::new()) };
        let relation = Relation {
            oid,
            schema: self.schema,
            name: self.name,
            kind: kind(&self.kind),
            temporary: self.persistence == "t",
            created_here: shim::created_here(oid)?,
            size: size(self.file.as_deref()),
            rows: (self.rows >= 0.0).then_some(self.rows),
            parents: self.parents,
            children,
            is_partition: self.is_partition,
            default_partition: self.default_partition,
            columns: raw_columns.into_iter().map(|column| column.column(&names)).collect::<Result<_, _>>()?,
            constraints: self
                .constraints
                .into_iter()
                .flatten()
                .map(|constraint| constraint.constraint(&names))
                .collect::<Result<_, _>>()?,
            // the names of the referenced columns are ours: the foreign key references this relation
            referenced_by: self
                .referenced_by
                .into_iter()
                .flatten()
                .map(|key| ForeignKeyRef {
                    constraint: key.constraint,
                    table: key.table,
                    validated: key.validated,
                    columns: names.of(&key.columns.unwrap_or_default()),
                })
                .collect(),
            indexes: self.indexes.into_iter().flatten().map(|index| index.index(&names)).collect::<Result<_, _>>()?,
            index_of: self.index_of,
            child_indexes,
            owned_sequences: self
                .owned_sequences
                .into_iter()
                .flatten()
                .filter_map(|owned| Some((names.one(owned.column)?.to_owned(), owned.sequence)))
                .collect(),
            access_method: self.access_method,
        };
        Ok(Known {
            relation,
            unlogged: self.persistence == "u",
            tablespace: self.tablespace,
            file: self.file,
            column_numbers: self.column_numbers,
            numbers,
        })
    }
}

impl RawDomain {
    fn domain(self) -> Result<Domain, ServerError> {
        let default = self.default.map(|tree| shim::expression(&tree)).transpose()?;
        Ok(Domain {
            base: self.base,
            base_typmod: self.base_typmod,
            constrained: self.constrained,
            default: default.map(|expression| expression.text.unwrap_or_default()),
        })
    }
}

impl RawColumn {
    fn column(self, names: &Names) -> Result<Column, ServerError> {
        let reads = match &self.expression {
            Some(tree) => names.of_expression(&shim::expression(tree)?),
            None => Vec::new(),
        };
        Ok(Column {
            name: self.name,
            type_oid: self.type_oid,
            typmod: self.typmod,
            not_null: self.not_null,
            // PostgreSQL keeps the expression of a generated column where a default is kept (pg_attrdef)
            has_default: self.has_default && self.generated.is_empty(),
            identity: !self.identity.is_empty(),
            generated: (!self.generated.is_empty()).then(|| Generated { stored: self.generated == "s", reads }),
            collation: self.collation,
        })
    }
}

impl RawConstraint {
    fn constraint(self, names: &Names) -> Result<Constraint, ServerError> {
        let kind = match self.kind.as_str() {
            "c" => ConstraintKind::Check,
            "f" => ConstraintKind::ForeignKey,
            "p" => ConstraintKind::PrimaryKey,
            "u" => ConstraintKind::Unique,
            "x" => ConstraintKind::Exclusion,
            "n" => ConstraintKind::NotNull,
            _ => ConstraintKind::Other,
        };
        let expression = match &self.expression {
            Some(tree) => shim::expression(tree)?.text.and_then(|text| names.put_into(&text)),
            None => None,
        };
        let has_index = matches!(kind, ConstraintKind::PrimaryKey | ConstraintKind::Unique | ConstraintKind::Exclusion);
        Ok(Constraint {
            name: self.name,
            kind,
            validated: self.validated,
            no_inherit: self.no_inherit,
            columns: names.of(&self.columns.unwrap_or_default()),
            expression,
            references: self.references,
            index: self.index.filter(|_| has_index),
        })
    }
}

impl RawIndex {
    fn index(self, names: &Names) -> Result<Index, ServerError> {
        let mut expression_columns = Vec::new();
        for tree in [&self.expressions, &self.predicate].into_iter().flatten() {
            for name in names.of_expression(&shim::expression(tree)?) {
                if !expression_columns.contains(&name) {
                    expression_columns.push(name);
                }
            }
        }
        Ok(Index {
            oid: self.oid,
            name: self.name,
            unique: self.unique,
            primary: self.primary,
            valid: self.valid,
            columns: names.of(&self.columns),
            expression_columns,
            partial_or_expression: self.expressions.is_some() || self.predicate.is_some(),
        })
    }
}

/// Column names by number.
struct Names(HashMap<i16, String>);

impl Names {
    fn one(&self, number: i16) -> Option<&str> {
        self.0.get(&number).map(String::as_str)
    }

    /// The names of columns; what has none (an expression, a system column) is left out.
    fn of(&self, numbers: &[i16]) -> Vec<String> {
        numbers.iter().filter_map(|number| self.one(*number)).map(str::to_owned).collect()
    }

    fn of_expression(&self, expression: &Expression) -> Vec<String> {
        if expression.columns.contains(&0) {
            let mut all: Vec<_> = self.0.iter().collect();
            all.sort();
            return all.into_iter().map(|(_, name)| name.clone()).collect();
        }
        self.of(&expression.columns)
    }

    /// Writes column names where a printed expression has `$number`. The printer doubles quotes and backslashes inside quotes, so that a quote
    /// mark always opens or closes.
    fn put_into(&self, text: &str) -> Option<String> {
        let mut result = String::with_capacity(text.len() + 32);
        let mut quote = None;
        let mut rest = text.char_indices().peekable();
        while let Some((_, letter)) = rest.next() {
            match (quote, letter) {
                (None, '\'' | '"') => quote = Some(letter),
                (Some(open), letter) if open == letter => quote = None,
                (None, '$') => {
                    let mut number = String::new();
                    while let Some((_, digit)) = rest.next_if(|(_, next)| next.is_ascii_digit()) {
                        number.push(digit);
                    }
                    result.push_str(&quote::ident(self.one(number.parse().ok()?)?));
                    continue;
                }
                _ => {}
            }
            result.push(letter);
        }
        Some(result)
    }
}

fn kind(letter: &str) -> RelationKind {
    match letter {
        "r" => RelationKind::Table,
        "p" => RelationKind::PartitionedTable,
        "i" => RelationKind::Index,
        "I" => RelationKind::PartitionedIndex,
        "v" => RelationKind::View,
        "m" => RelationKind::MaterializedView,
        "f" => RelationKind::ForeignTable,
        "S" => RelationKind::Sequence,
        "c" => RelationKind::CompositeType,
        _ => RelationKind::Toast,
    }
}

/// The size of a file and its further segments. A backend's working directory is the data directory; files are extended when a block is
/// added, so that no block means no row (md.c, mdextend).
fn size(path: Option<&str>) -> Size {
    let Some(path) = path else { return Size::Unknown };
    let Ok(first) = std::fs::metadata(path) else { return Size::Unknown };
    let mut bytes = first.len();
    for segment in 1.. {
        match std::fs::metadata(format!("{path}.{segment}")) {
            Ok(file) => bytes += file.len(),
            Err(_) => break,
        }
    }
    Size::Bytes(bytes)
}
