//! Our own representation of a statement: only what rules and effects need.
//!
//! Two variants matter more than they look: [`Kind::Ignored`] is a statement that takes no lock worth a word, and [`Kind::Opaque`] one whose
//! effect the text does not show. The analysis knows what it does not know.

mod create;
mod fact;
mod named;
mod need;
mod object;
mod program;
mod range;

pub use create::{AlterDomain, CreateIndex, CreateTable, Creation, DomainChange, DomainConstraint, Like, New, NewDomain};
pub use fact::{Attached, Fact, Function as FunctionFact, How, Insert, Owned, Privileges, ReplicaIdentity, RowSecurity, Triggers};
pub use named::Named;
pub use need::Need;
pub use object::{Class, Handled, Object};
pub use program::{Body, Call, Calls, Declaration, Handler, Parameter, Routine, Rows, Scope, Step};
pub use range::{Bound, Edge, Range, WrittenBound};

use std::rc::Rc;

use crate::catalog::{ConstraintKind, OnTable};
use crate::lock::LockMode;
use crate::quote;

/// A possibly qualified name, unquoted and case-folded as PostgreSQL's parser gives it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    pub schema: Option<String>,
    pub name: String,
}

/// As it would be written.
impl std::fmt::Display for QualifiedName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.schema {
            Some(schema) => f.write_str(&quote::qualified(schema, &self.name)),
            None => f.write_str(&quote::ident(&self.name)),
        }
    }
}

/// A type as written in the text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypeName {
    pub schema: Option<String>,
    /// The internal name: `int4` for `integer`, `varchar` for `character varying`; `serial` stays `serial`.
    pub name: String,
    /// Integer modifiers as written: `numeric(10,2)` gives `[10, 2]`; for interval the first is the field mask.
    pub modifiers: Vec<i32>,
    /// `int[]`.
    pub array: bool,
}

/// One statement of a text.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Counts from 1.
    pub number: u32,
    /// The line of its first token, from 1.
    pub line: u32,
    /// Its bytes in the text, without leading blanks and comments and without the semicolon.
    pub span: std::ops::Range<usize>,
    /// The command tag.
    pub tag: String,
    pub kind: Kind,
    /// Particulars that some rules ask for.
    pub facts: Vec<Fact>,
    /// What a query or a change of rows names; `None` for any other statement, and for one that is very long.
    pub named: Option<Rc<Named>>,
}

/// What a statement is.
#[derive(Debug, Clone)]
pub enum Kind {
    AlterTable(AlterTable),
    AlterDomain(AlterDomain),
    CreateTable(CreateTable),
    CreateIndex(CreateIndex),
    CreateView {
        name: QualifiedName,
        replace: bool,
    },
    /// A statement that makes something new which later statements may use.
    Create(Creation),
    Drop(Drop),
    /// `DROP ... CASCADE` of what is no relation, and of an extension.
    DropCascade(DropCascade),
    DropDatabase {
        name: String,
    },
    Truncate {
        tables: Vec<Target>,
        cascade: bool,
    },
    Rename(Rename),
    /// Something that programs call by its name, but is no relation, gets another name or place. Both as they are to be shown.
    RenameCalled {
        what: String,
        to: String,
        /// Its name, if it is a type.
        type_name: Option<QualifiedName>,
        /// The composite type whose tables change with it.
        cascades_from: Option<QualifiedName>,
    },
    Reindex {
        what: Reindexed,
        concurrently: bool,
    },
    Cluster {
        table: Option<Target>,
    },
    Vacuum {
        tables: Vec<Target>,
        full: bool,
    },
    /// ANALYZE without a table.
    AnalyzeAll,
    Refresh {
        view: QualifiedName,
        concurrently: bool,
    },
    /// Statements that do nothing to a relation but lock it.
    Locks(Vec<Lock>),
    /// A SELECT of nothing but what functions give: their names and numbers of arguments.
    Calls(Vec<(QualifiedName, usize)>),
    /// UPDATE and DELETE, those inside WITH and COPY included.
    Modify(Vec<Modification>),
    /// `ALTER TYPE ... ADD VALUE`.
    AddEnumValue {
        enum_type: QualifiedName,
        value: String,
    },
    SetVariable {
        name: String,
        values: Vec<String>,
        /// `SET LOCAL`.
        local: bool,
    },
    Transaction(Transaction),
    /// Takes no lock that could disturb.
    Ignored,
    /// `ALTER TYPE` of a composite type; with CASCADE the tables OF it change with it.
    AlterComposite {
        name: QualifiedName,
        actions: Vec<Action>,
        cascade: bool,
    },
    /// A DO block, as far as SQL can be seen in it.
    Block(Block),
    /// Not for the server: psql reads it. What it is, as a message.
    Client(&'static str),
    /// Its effect cannot be read off its text.
    Opaque {
        reason: &'static str,
        rule: OpaqueRule,
    },
}

impl Kind {
    /// The UPDATEs and DELETEs in it.
    pub fn changes(&self) -> &[Modification] {
        match self {
            Self::Modify(changes) | Self::Create(Creation { changes, .. }) => changes,
            _ => &[],
        }
    }
}

/// The SQL inside a DO block.
#[derive(Debug, Clone)]
pub struct Block {
    pub parts: Vec<Part>,
    /// Why there may be more to it; `None` when all of it was seen and runs from the first to the last statement.
    pub hidden: Option<&'static str>,
    /// The same as a program, if all of it was understood.
    pub program: Option<Scope>,
}

/// A piece of SQL in a block.
#[derive(Debug, Clone)]
pub struct Part {
    /// Positions in its statements are those of this text; their lines are those of the whole.
    pub text: String,
    pub statements: Vec<Statement>,
    /// Where the piece stands in the whole text, if it stands there as it is.
    pub offset: Option<usize>,
    /// It runs whenever the block runs.
    pub certain: bool,
}

/// Which rule speaks for an opaque statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpaqueRule {
    /// It runs text or code that is not at hand.
    DynamicSql,
    /// It is known by name, but reaches objects that it does not name.
    Unbounded,
    /// It copies all that lies in a tablespace.
    All,
}

/// A relation that a statement names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub name: QualifiedName,
    /// `ONLY`.
    pub only: bool,
}

/// Where a transaction begins, ends, or goes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transaction {
    Begin,
    Commit {
        chain: bool,
    },
    /// Also `PREPARE TRANSACTION`: what follows does not see what was done.
    Rollback {
        chain: bool,
    },
    Savepoint(String),
    Release(String),
    RollbackTo(String),
}

/// `ALTER TABLE` and its relatives for views, indexes, sequences and foreign tables.
#[derive(Debug, Clone)]
pub struct AlterTable {
    pub target: Target,
    pub missing_ok: bool,
    pub actions: Vec<Action>,
}

/// One action of an `ALTER TABLE`.
#[derive(Debug, Clone)]
pub enum Action {
    AddColumn {
        column: ColumnDef,
        if_not_exists: bool,
    },
    DropColumn {
        name: String,
        cascade: bool,
        missing_ok: bool,
    },
    AlterType {
        column: String,
        to: TypeName,
        to_text: String,
        collation: Option<QualifiedName>,
        using: Option<Expr>,
    },
    SetNotNull {
        column: String,
    },
    DropNotNull {
        column: String,
    },
    SetDefault {
        column: String,
        /// `DROP DEFAULT`, or `SET DEFAULT NULL`.
        dropped: bool,
    },
    Identity {
        column: String,
        change: IdentityChange,
    },
    /// `DROP EXPRESSION`
    DropExpression {
        column: String,
    },
    SetExpression {
        column: String,
    },
    AddConstraint(ConstraintDef),
    ValidateConstraint {
        name: String,
    },
    DropConstraint {
        name: String,
        cascade: bool,
        missing_ok: bool,
    },
    /// `ALTER CONSTRAINT`, with the new state of ENFORCED and INHERIT if it is named.
    AlterConstraint {
        name: String,
        enforced: Option<bool>,
        inherit: Option<bool>,
    },
    AttachPartition {
        partition: QualifiedName,
        bound: WrittenBound,
    },
    DetachPartition {
        partition: QualifiedName,
        how: Detach,
    },
    Inherit {
        parent: QualifiedName,
    },
    SetAccessMethod {
        name: Option<String>,
    },
    SetTablespace {
        name: String,
    },
    SetLogged {
        logged: bool,
    },
    SetOptions {
        options: Vec<String>,
    },
    /// An action that touches nothing but the catalogs.
    Simple {
        lock: LockMode,
        recursion: Recursion,
    },
}

/// What becomes of the identity of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdentityChange {
    /// With the first number, if the text says it.
    Add {
        start: Option<i64>,
    },
    Set {
        restart: Option<Restart>,
    },
    Drop,
}

/// Where a sequence begins anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    At(i64),
    /// At its start value, which the text does not say.
    AtStart,
}

/// How a partition goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detach {
    Plain,
    Concurrently,
    Finalize,
}

/// A column as `ADD COLUMN` or `CREATE TABLE` defines it.
#[derive(Debug, Clone)]
pub struct ColumnDef {
    pub name: String,
    pub type_name: TypeName,
    /// The type as SQL; only for `ADD COLUMN`.
    pub type_text: String,
    /// `None` also for `DEFAULT NULL`.
    pub default: Option<Expr>,
    /// `DEFAULT NULL`, which a domain's default does not override.
    pub null_default: bool,
    pub not_null: bool,
    pub identity: bool,
    /// `GENERATED ALWAYS AS IDENTITY`, not `BY DEFAULT`.
    pub identity_always: bool,
    /// `Some(true)` for STORED, `Some(false)` for VIRTUAL.
    pub generated: Option<bool>,
    pub constraints: Vec<ConstraintDef>,
    /// The fields above say all there is to it: no other constraint, no name of a NOT NULL, no storage clause; but for the
    /// options of an identity.
    pub complete: bool,
}

/// A constraint as the text defines it.
#[derive(Debug, Clone)]
pub struct ConstraintDef {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub columns: Vec<String>,
    /// For CHECK: columns that it proves to be not null.
    pub proves: Vec<String>,
    /// For `ADD CONSTRAINT ... CHECK`: the expression as SQL.
    pub expression: Option<String>,
    pub not_valid: bool,
    pub enforced: bool,
    pub no_inherit: bool,
    pub references: Option<QualifiedName>,
    /// For FOREIGN KEY: the referenced columns, none where the primary key is meant.
    pub referenced_columns: Vec<String>,
    /// For FOREIGN KEY: `ON DELETE CASCADE`.
    pub cascades: bool,
    pub using_index: Option<String>,
    /// What follows the columns of its index, as SQL: ` INCLUDE (...) NULLS NOT DISTINCT WITH (...)`.
    pub index_clauses: String,
    /// Columns of its index that are no keys.
    pub including: Vec<String>,
    /// Keys and clauses say all there is to its index, so that it can be built on its own.
    pub plain_index: bool,
    /// ` DEFERRABLE`, ` DEFERRABLE INITIALLY DEFERRED`, or nothing.
    pub deferral: &'static str,
}

/// What matters of an expression.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expr {
    /// Function calls: name and number of arguments.
    pub calls: Vec<(QualifiedName, usize)>,
    pub operators: Vec<QualifiedName>,
    /// It is nothing but this column, possibly with casts around it.
    pub bare_column: Option<String>,
    /// Those casts, innermost first.
    pub casts: Vec<TypeName>,
    /// The expression as SQL; only for the default of `ADD COLUMN`.
    pub text: Option<String>,
    /// It has a part that was not understood, so that nothing can be said of its volatility.
    pub opaque: bool,
}

/// `DROP` of what has a name.
#[derive(Debug, Clone)]
pub struct Drop {
    pub what: Dropped,
    pub missing_ok: bool,
    pub cascade: bool,
    pub concurrently: bool,
}

/// What a `DROP` removes.
#[derive(Debug, Clone)]
pub enum Dropped {
    Relations(Vec<QualifiedName>),
    Indexes(Vec<QualifiedName>),
    Schemas(Vec<String>),
    Statistics(Vec<QualifiedName>),
    /// Something else that programs may call by its name: the kind, and the names.
    Called(&'static str, Vec<QualifiedName>),
}

/// `DROP ... CASCADE` of things that are no relations.
#[derive(Debug, Clone)]
pub struct DropCascade {
    pub roots: Vec<Rooted>,
    /// What is said when it is not known what goes, if not the usual.
    pub left_open: Option<&'static str>,
}

/// Something on which other things depend.
#[derive(Debug, Clone)]
pub enum Rooted {
    /// Without arguments the only one of the name is meant.
    Function {
        name: QualifiedName,
        arguments: Option<Vec<String>>,
    },
    Type(QualifiedName),
    Extension(QualifiedName),
}

impl Rooted {
    pub fn name(&self) -> &QualifiedName {
        match self {
            Self::Function { name, .. } | Self::Type(name) | Self::Extension(name) => name,
        }
    }
}

/// `RENAME` and `SET SCHEMA`.
#[derive(Debug, Clone)]
pub struct Rename {
    pub target: Target,
    /// `ALTER INDEX`, which asks for less than `ALTER TABLE` on an index does.
    pub as_index: bool,
    pub missing_ok: bool,
    pub what: Renamed,
}

/// What gets another name.
#[derive(Debug, Clone)]
pub enum Renamed {
    Relation { to: String },
    Column { from: String, to: String },
    Constraint { from: String, to: String },
    Schema { to: String },
}

/// What `REINDEX` works on.
#[derive(Debug, Clone)]
pub enum Reindexed {
    Index(QualifiedName),
    Table(QualifiedName),
    Schema(String),
    Everything,
}

/// A lock on one named relation.
#[derive(Debug, Clone)]
pub struct Lock {
    pub target: Target,
    pub mode: LockMode,
    pub recursion: Recursion,
    pub missing_ok: bool,
    /// What the lock is taken for, if that has a name on the table.
    pub on: Option<Hung>,
}

/// A trigger, policy or rule that a statement makes or drops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hung {
    pub kind: OnTable,
    pub name: String,
    pub made: bool,
}

/// Which relations below are locked with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recursion {
    None,
    /// Partitions, but not inheritance children.
    Partitions,
    /// Inheritance children, but not partitions.
    Children,
    All,
}

/// An `UPDATE` or `DELETE`.
#[derive(Debug, Clone)]
pub struct Modification {
    pub target: Target,
    pub delete: bool,
    /// Its WHERE leaves something out; a join with other tables alone is not counted on to do so.
    pub filtered: bool,
    /// Bytes of the text between SET and what follows the assignments, for UPDATE.
    pub assignments: Option<std::ops::Range<usize>>,
}
