//! What the text of a query or of a change of rows names.

use super::QualifiedName;

/// Relations and functions, wherever they stand in the statement.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Named {
    /// The names of a WITH, aliases and what is made are left out.
    pub relations: Vec<QualifiedName>,
    /// With the numbers of their arguments.
    pub calls: Vec<(QualifiedName, usize)>,
}
