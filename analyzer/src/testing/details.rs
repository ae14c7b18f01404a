//! The particulars of a [`TestCatalog`]: statistics, dependents, what only few rules ask for.

use std::collections::HashMap;

use super::TestCatalog;
use crate::catalog::{Answer, ColumnStatistics, Dependent, DependentKind, FunctionUse, IndexShape, Oid, Share, TableFacts};

/// What is kept beside the relations.
#[derive(Debug, Clone, Default)]
pub(super) struct Details {
    pub column_numbers: HashMap<Oid, u32>,
    pub index_scans: HashMap<Oid, u64>,
    pub facts: HashMap<Oid, TableFacts>,
    pub shapes: HashMap<Oid, IndexShape>,
    pub statistics: HashMap<(Oid, String), ColumnStatistics>,
    pub dependents: HashMap<(Oid, String), Vec<Dependent>>,
    pub updates: HashMap<Oid, (u64, u64)>,
    pub function_uses: HashMap<String, Vec<FunctionUse>>,
    pub free_space: HashMap<Oid, u64>,
    pub answers: HashMap<Oid, Answer>,
    pub shares: Vec<(Oid, String, Share)>,
}

impl TestCatalog {
    pub fn set_column_numbers(&mut self, relation: Oid, numbers: u32) -> &mut Self {
        self.details.column_numbers.insert(relation, numbers);
        self
    }

    pub fn set_facts(&mut self, relation: Oid, facts: TableFacts) -> &mut Self {
        self.details.facts.insert(relation, facts);
        self
    }

    pub fn set_index_scans(&mut self, index: Oid, scans: u64) -> &mut Self {
        self.details.index_scans.insert(index, scans);
        self
    }

    /// The shape of an index that is not plain.
    pub fn set_shape(&mut self, index: Oid, shape: IndexShape) -> &mut Self {
        self.details.shapes.insert(index, shape);
        self
    }

    /// So many updates, and so many of them HOT.
    pub fn set_updates(&mut self, table: Oid, updates: u64, hot: u64) -> &mut Self {
        self.details.updates.insert(table, (updates, hot));
        self
    }

    /// A function computes something that is stored.
    pub fn function_use(&mut self, function: &str, kind: &str, name: &str, relation: Oid) -> &mut Self {
        let made = FunctionUse { kind: kind.to_owned(), name: name.to_owned(), relation };
        self.details.function_uses.entry(function.to_owned()).or_default().push(made);
        self
    }

    /// What is seen of the rows of a table, whatever is asked.
    pub fn set_answer(&mut self, table: Oid, answer: Answer) -> &mut Self {
        self.details.answers.insert(table, answer);
        self
    }

    /// So many rows of a table are expected by a statement with this in its text.
    pub fn set_share(&mut self, table: Oid, part: &str, kept: f64, all: f64) -> &mut Self {
        self.details.shares.push((table, part.to_owned(), Share { kept, all }));
        self
    }

    /// So many bytes are left on the disk of the table.
    pub fn set_free_space(&mut self, table: Oid, bytes: u64) -> &mut Self {
        self.details.free_space.insert(table, bytes);
        self
    }

    /// The table was analyzed.
    pub fn set_statistics(&mut self, relation: Oid, column: &str, statistics: ColumnStatistics) -> &mut Self {
        self.details.statistics.insert((relation, column.to_owned()), statistics);
        self
    }

    /// Something uses a column.
    pub fn dependent(&mut self, relation: Oid, column: &str, kind: DependentKind, name: &str) -> &mut Self {
        let at = self.oid(name);
        let made = Dependent { kind, name: format!("public.{name}"), word: name.to_owned(), relation: at };
        self.details.dependents.entry((relation, column.to_owned())).or_default().push(made);
        self
    }
}
