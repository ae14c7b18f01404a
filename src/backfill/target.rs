//! What is to be walked, and how: the table or its leaf partitions, each by a unique key, by blocks or as a ladder.

pub mod identity;
mod key;
mod strategy;

use crate::backfill::request::Request;
use crate::backfill::walk::Statements;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Row};
use crate::text::quote;
pub use key::Key;
use pgrx::pg_sys;
use zdm_analyzer::fragment::{ColumnFact, Falsified, falsifies_knowing};

/// How a part is walked.
#[derive(Debug, Clone)]
pub enum Walk {
    /// By ranges of a unique key.
    Key(Key),
    /// By ranges of blocks, and a closing sweep.
    Block,
    /// By ranges of blocks, each visited so many times, and a closing sweep.
    Ladder(i64),
}

impl Walk {
    /// As `zdm.job_part.walk` holds it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Key(_) => "key",
            Self::Block => "block",
            Self::Ladder(_) => "ladder",
        }
    }
}

/// One table to walk.
#[derive(Debug, Clone)]
pub struct Part {
    pub relation: pg_sys::Oid,
    /// Quoted, with its schema.
    pub name: String,
    pub walk: Walk,
    /// Why this walk, where there was a choice.
    pub why: Option<String>,
    /// The last key that belongs to the job; `None` when there was no row, and for a walk by blocks.
    pub upper: Option<Vec<String>>,
    pub rows: i64,
    /// An enabled BEFORE UPDATE ROW trigger may drop rows.
    pub before_trigger: bool,
    /// Which columns the names in the job mean ([`identity`]).
    pub columns: String,
}

/// The whole of it.
pub struct Plan {
    /// Quoted, with its schema.
    pub name: String,
    /// Without schema, unquoted.
    pub target_name: String,
    pub parts: Vec<Part>,
    /// The assignment provably makes the condition false.
    pub falsifies: bool,
}

/// One row a relation, without the WHERE.
fn relation_query() -> String {
    format!(
        "SELECT c.relkind, c.relpersistence, n.nspname, c.relname,
           c.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid OR n.nspname OPERATOR(pg_catalog.=) ANY ('{{pg_catalog,information_schema,zdm}}'::pg_catalog.name[]),
           {}, {}, c.oid
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace",
        identity::HAS_RULES,
        identity::HAS_BEFORE_TRIGGER
    )
}

const TREE: &str = "WITH RECURSIVE tree(oid) AS (
        SELECT $1::pg_catalog.oid
        UNION
        SELECT i.inhrelid FROM pg_catalog.pg_inherits i JOIN tree t ON i.inhparent OPERATOR(pg_catalog.=) t.oid
    ) ";

const COLUMN: &str = "SELECT a.attnum,
           CASE WHEN tn.nspname OPERATOR(pg_catalog.=) 'pg_catalog'::pg_catalog.name THEN b.typname::pg_catalog.text
                ELSE pg_catalog.concat(tn.nspname, '.', b.typname) END,
           a.atttypmod, a.attnotnull,
           pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'UPDATE'),
           EXISTS (SELECT FROM pg_catalog.pg_partitioned_table p
                    WHERE p.partrelid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT pg_catalog.pg_partition_ancestors(a.attrelid)::pg_catalog.oid UNION SELECT a.attrelid))
                      -- a column that the key or an expression in it reads depends on the table (heap.c, StorePartitionKey)
                      AND EXISTS (SELECT FROM pg_catalog.pg_attribute k
                                    JOIN pg_catalog.pg_depend d ON d.objid OPERATOR(pg_catalog.=) k.attrelid AND d.objsubid OPERATOR(pg_catalog.=) k.attnum
                                   WHERE k.attrelid OPERATOR(pg_catalog.=) p.partrelid AND k.attname OPERATOR(pg_catalog.=) a.attname
                                     AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                                     AND d.refobjid OPERATOR(pg_catalog.=) k.attrelid AND d.refobjsubid OPERATOR(pg_catalog.=) 0
                                     AND d.deptype OPERATOR(pg_catalog.=) 'i'::pg_catalog.\"char\")),
           b.typtype OPERATOR(pg_catalog.=) ANY ('{c,p}'::pg_catalog.\"char\"[])
               OR EXISTS (SELECT FROM pg_catalog.pg_type u
                           WHERE u.oid OPERATOR(pg_catalog.=) b.typbasetype AND u.typtype OPERATOR(pg_catalog.=) ANY ('{c,d}'::pg_catalog.\"char\"[]))
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type b ON b.oid OPERATOR(pg_catalog.=) a.atttypid
      JOIN pg_catalog.pg_namespace tn ON tn.oid OPERATOR(pg_catalog.=) b.typnamespace
     WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attname OPERATOR(pg_catalog.=) $2::pg_catalog.name
       AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped";

/// Decides how to walk, or refuses with the reason. Nothing is changed; the statements are prepared once, so that what the server would say to
/// them it says now.
pub fn plan(connection: &Connection, request: &Request) -> Result<Plan, Error> {
    let relation = relation_query();
    let found = connection.query(&format!("{relation} WHERE c.oid OPERATOR(pg_catalog.=) $1"), &[Arg::oid(request.target)])?;
    let target = found
        .iter()
        .next()
        .ok_or_else(|| Error::new(sqlstate::UNDEFINED_OBJECT, format!("relation with OID {} does not exist", request.target.to_u32())))?;
    let name = qualified(target);
    refuse_kind(target, &name)?;

    let proof = match &request.condition {
        Some(condition) => {
            falsifies_knowing(&request.set, condition, &|column| column_fact(connection, request.target, column), &|function, _| {
                only_built_in(connection, function)
            })
        }
        None => Falsified::NotProved { why: "There is no where_expr.".to_owned() },
    };
    let mut parts = Vec::new();
    let tree = connection.query(
        &format!("{TREE} {relation} WHERE c.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT oid FROM tree)) ORDER BY c.oid"),
        &[Arg::oid(request.target)],
    )?;
    for member in tree.iter() {
        let member_name = qualified(member);
        refuse_kind(member, &member_name)?;
        check_columns(connection, request, member.oid(7), &member_name)?;
        if member.text(0) != Some("p") {
            parts.push(part(connection, request, member, &target.string(3), &proof)?);
        }
    }

    if parts.iter().any(|part| part.relation != request.target) {
        judge_whole(connection, request, &name, &target.string(3))?;
    }
    Ok(Plan { name, target_name: target.string(3), parts, falsifies: matches!(proof, Falsified::Yes) })
}

/// What holds for a table of several parts as a whole: the caller's rights and row security, as for one UPDATE of it, and its triggers.
///
/// # Errors
/// 42809 for statement-level triggers, else what the server says to the UPDATE.
pub fn judge_whole(connection: &Connection, request: &Request, name: &str, alias: &str) -> Result<(), Error> {
    if identity::statement_triggers(connection, request.target)? {
        return Err(identity::has_statement_triggers(name));
    }
    let condition = request.condition.as_ref().map(|condition| format!(" WHERE {}", condition.sql())).unwrap_or_default();
    connection.query(&format!("EXPLAIN (COSTS false) UPDATE {name} AS {} SET {}{condition}", quote(alias), request.set.sql()), &[])?;
    Ok(())
}

/// A part of a job that was begun before, as `zdm.job_part` holds it.
pub struct Saved {
    pub relation: pg_sys::Oid,
    /// `None`: walked by blocks, or as a ladder.
    pub key_columns: Option<Vec<String>>,
    pub ladder: bool,
    pub upper: Option<Vec<String>>,
    pub rows: i64,
    pub columns: String,
    /// It is the only part.
    pub lone: bool,
}

/// Takes a part up again.
///
/// # Errors
/// 55000 when the table or the key by which it is walked is gone, or when the columns are not those of the beginning.
pub fn reload(connection: &Connection, request: &Request, saved: Saved) -> Result<Part, Error> {
    let gone = |message: String| Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, message);
    let found = connection.query(&format!("{} WHERE c.oid OPERATOR(pg_catalog.=) $1", relation_query()), &[Arg::oid(saved.relation)])?;
    let Some(row) = found.iter().next() else {
        let oid = saved.relation.to_u32();
        if saved.lone {
            return Err(gone(format!("the table that the job walks does not exist any more (OID {oid})")));
        }
        // A partition that was dropped; the run finds out and goes on with the next one.
        let name = format!("(dropped, OID {oid})");
        return Ok(Part {
            relation: saved.relation,
            name,
            walk: Walk::Block,
            why: None,
            upper: None,
            rows: 0,
            before_trigger: false,
            columns: saved.columns,
        });
    };
    let name = qualified(row);
    let walk = match saved.key_columns.as_deref() {
        None if saved.ladder => strategy::again(connection, saved.relation, &name)?,
        None => Walk::Block,
        Some(columns) => match key::again(connection, saved.relation, columns)? {
            Some(key) => Walk::Key(key),
            None => {
                return Err(gone(format!("the key ({}) by which {name} is walked is gone", columns.join(", ")))
                    .detail("The position of the job is a value of that key.")
                    .hint("Create the unique index again, or begin a new job whose WHERE excludes the rows already done."));
            }
        },
    };
    let columns = identity::columns(connection, request, saved.relation, &walk)?;
    identity::same_columns(&name, &saved.columns, &columns)?;
    Ok(Part { relation: saved.relation, name, walk, why: None, upper: saved.upper, rows: saved.rows, before_trigger: row.bool(6), columns })
}

fn qualified(row: Row<'_>) -> String {
    qualified_name(&row.string(2), &row.string(3))
}

fn qualified_name(schema: &str, name: &str) -> String {
    format!("{}.{}", quote(schema), quote(name))
}

/// Only ordinary and partitioned tables of users can be walked.
fn refuse_kind(row: Row<'_>, name: &str) -> Result<(), Error> {
    let refuse = |code, why: &str, hint: &str| Err(Error::new(code, format!("cannot backfill {name}: {why}")).hint(hint));
    if row.bool(4) {
        return refuse(
            sqlstate::INSUFFICIENT_PRIVILEGE,
            "it is a system catalog or one of pg_zdm's own tables",
            "Only tables of users can be changed by a backfill.",
        );
    }
    match row.text(0).unwrap_or_default() {
        "r" | "p" => {}
        "v" => return refuse(sqlstate::WRONG_OBJECT_TYPE, "it is a view", "Name the table below it."),
        "m" => return refuse(sqlstate::WRONG_OBJECT_TYPE, "it is a materialized view", "Change its base tables and refresh it."),
        "f" => return refuse(sqlstate::WRONG_OBJECT_TYPE, "it is a foreign table", "Run the backfill where the table lives."),
        _ => return refuse(sqlstate::WRONG_OBJECT_TYPE, "it is not a table", "Name a table or a partitioned table."),
    }
    if row.text(1) == Some("t") {
        return refuse(sqlstate::WRONG_OBJECT_TYPE, "it is a temporary table", "Nobody else sees it: a plain UPDATE does no harm there.");
    }
    if row.bool(5) {
        return Err(identity::has_rules(name));
    }
    Ok(())
}

/// Every assigned column exists in the table, may be changed by the caller, and does not say where the row lives.
fn check_columns(connection: &Connection, request: &Request, relation: pg_sys::Oid, name: &str) -> Result<(), Error> {
    for column in request.set.columns() {
        let found = connection.query(COLUMN, &[Arg::oid(relation), Arg::text(Some(column))])?;
        let Some(row) = found.iter().next() else {
            return Err(Error::new(sqlstate::UNDEFINED_COLUMN, format!("column {} of table {name} does not exist", quote(column))));
        };
        if !row.bool(4) {
            return Err(Error::new(
                sqlstate::INSUFFICIENT_PRIVILEGE,
                format!("permission denied to update column {} of table {name}", quote(column)),
            )
            .detail("A backfill runs with the rights of its caller; partitions are changed directly.")
            .hint(format!("GRANT UPDATE ({}) ON {name} TO the role that calls it.", quote(column))));
        }
        if row.bool(5) {
            return Err(Error::new(
                sqlstate::FEATURE_NOT_SUPPORTED,
                format!("cannot backfill column {} of {name}: it is part of the partition key", quote(column)),
            )
            .detail("Changing it would move rows to other partitions while these are walked."));
        }
    }
    Ok(())
}

fn column_fact(connection: &Connection, relation: pg_sys::Oid, column: &str) -> Option<ColumnFact> {
    let found = connection.query(COLUMN, &[Arg::oid(relation), Arg::text(Some(column))]).ok()?;
    let row = found.iter().next()?;
    Some(ColumnFact { type_name: row.string(1), typmod: row.int8(2) as i32, not_null: row.bool(3), row_type: row.bool(6) })
}

/// Whether a function of that name exists in no schema but pg_catalog, so that a call without a schema cannot mean another.
fn only_built_in(connection: &Connection, function: &str) -> bool {
    let other = connection.query(
        "SELECT EXISTS (SELECT FROM pg_catalog.pg_proc p
                         WHERE p.proname OPERATOR(pg_catalog.=) $1::pg_catalog.name
                           AND p.pronamespace OPERATOR(pg_catalog.<>) 'pg_catalog'::pg_catalog.regnamespace::pg_catalog.oid)",
        &[Arg::text(Some(function))],
    );
    other.is_ok_and(|other| other.iter().all(|row| !row.bool(0)))
}

/// One table of the plan. `alias` is the target's name: user expressions may qualify columns by it.
fn part(connection: &Connection, request: &Request, row: Row<'_>, alias: &str, proof: &Falsified) -> Result<Part, Error> {
    let relation = row.oid(7);
    let name = qualified(row);
    let key = key::choose(connection, relation, request.set.columns(), &name)?;
    let statements = Statements::new(&name, alias, request.set.sql(), request.condition.as_ref().map(|condition| condition.sql()));
    // The server judges the statement: names, types, and (EXPLAIN starts the executor) privileges.
    let update = connection.prepare(&statements.whole(), &[])?;
    if update.where_is_volatile() {
        return Err(Error::new(sqlstate::FEATURE_NOT_SUPPORTED, "where_expr must not be volatile")
            .detail("It decides which rows belong to the job: asked twice about the same row it must answer the same.")
            .hint("Write the choice into a column first, or use a condition on columns."));
    }
    if let Some(temporary) = connection.temporary_relation(&update)? {
        let temporary = connection.query("SELECT $1::pg_catalog.regclass::pg_catalog.text", &[Arg::oid(temporary)])?.only()?.string(0);
        return Err(Error::new(sqlstate::FEATURE_NOT_SUPPORTED, format!("cannot backfill {name} from temporary table {temporary}"))
            .detail("Another session that went on with the job would not find it, or find another table of that name.")
            .hint("Put the rows into a table that all sessions see."));
    }
    let read = match &key {
        Some(key) => key.columns.iter().map(|column| quote(&column.name)).collect::<Vec<_>>().join(", "),
        None => "ctid".to_owned(),
    };
    for statement in [statements.whole(), format!("SELECT {read} FROM ONLY {name}")] {
        connection.query(&format!("EXPLAIN (COSTS false) {statement}"), &[])?;
    }
    let rows = connection.planned_rows(&connection.prepare(&format!("SELECT FROM ONLY {name}"), &[])?)?;
    let proved = match proof {
        Falsified::NotProved { why } => Err(why.as_str()),
        _ => Ok(()),
    };
    let strategy::Chosen { walk, why } = strategy::choose(connection, request, relation, (&name, alias), key, proved)?;
    if !matches!(walk, Walk::Key(_)) {
        connection.query(&format!("EXPLAIN (COSTS false) SELECT ctid FROM ONLY {name}"), &[])?;
    }
    let columns = identity::columns(connection, request, relation, &walk)?;
    Ok(Part { relation, name, walk, why, upper: None, rows: rows as i64, before_trigger: row.bool(6), columns })
}
