//! Ranges of constants: the bounds of partitions, and what constraints say of a column.

/// The bound of a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Bound {
    Default,
    /// `FROM (..) TO (..)` of one column and constants.
    Range {
        from: Edge,
        to: Edge,
    },
    /// `IN (..)` of constants.
    List(Vec<String>),
    /// Of several columns, by hash, of expressions.
    Other,
}

/// The bound of a partition, and how it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenBound {
    pub bound: Bound,
    /// `FOR VALUES ...` or `DEFAULT`.
    pub sql: Option<String>,
}

/// One end of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edge {
    Open,
    /// A constant as it is written.
    At {
        value: String,
        inclusive: bool,
    },
}

/// Values of a column: above every one of `from`, below every one of `to`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Range {
    pub from: Vec<Edge>,
    pub to: Vec<Edge>,
    /// `Some(true)`: NULL and nothing else; `Some(false)`: not NULL.
    pub null: Option<bool>,
}

impl Range {
    /// What is in both.
    pub fn and(&self, other: &Self) -> Self {
        let both = |one: &[Edge], other: &[Edge]| one.iter().chain(other).cloned().collect();
        Self { from: both(&self.from, &other.from), to: both(&self.to, &other.to), null: self.null.or(other.null) }
    }
}
