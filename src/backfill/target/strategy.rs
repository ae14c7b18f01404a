//! Which walk a table gets, and why.

use super::{Key, Walk};
use crate::backfill::request::{Request, Strategy};
use crate::backfill::walk::blocks_of;
use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection};
use crate::text::quote;
use pgrx::pg_sys;

/// A table that is smaller is walked by key if it has one: nobody would notice the difference.
const BIG: i64 = 1024;
/// The most visits of a page. More make it slower again: each reads the page once more.
const MOST: i64 = 16;
/// Where fewer rows of a page are to be changed, one visit is enough.
const FEW: i64 = 4;
/// So many blocks are looked at, from the middle on.
const SAMPLE: i64 = 32;

/// Whether an UPDATE of these columns can keep its rows out of the indexes (heapam.c, HeapDetermineColumnsInfo): no index has one of them, in its
/// columns, expressions or WHERE. From PostgreSQL 16 on BRIN does not count.
const INDEXED: &str = "SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index i
      JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
      JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) c.relam
      JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
     WHERE i.indrelid OPERATOR(pg_catalog.=) $1 AND a.attname OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT pg_catalog.jsonb_array_elements_text($2::pg_catalog.jsonb))::pg_catalog.name[])
       AND NOT (m.amname OPERATOR(pg_catalog.=) 'brin'::pg_catalog.name
                AND pg_catalog.current_setting('server_version_num')::pg_catalog.int4 OPERATOR(pg_catalog.>=) 160000)
       AND (a.attnum OPERATOR(pg_catalog.=) ANY (i.indkey::pg_catalog.int2[])
            OR EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) i.indexrelid
                          AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid
                          AND d.refobjsubid OPERATOR(pg_catalog.=) a.attnum)))";

/// Whether the caller may do what a walk by blocks or a ladder does.
const MAY: &str =
    "SELECT pg_catalog.has_table_privilege($1, 'SELECT') AND pg_catalog.has_function_privilege('zdm.tid_slice(tid, integer)', 'EXECUTE')";

const COLUMNS: &str = "SELECT a.attname FROM pg_catalog.pg_attribute a
     WHERE a.attrelid OPERATOR(pg_catalog.=) $1 AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped";

/// A choice.
pub struct Chosen {
    pub walk: Walk,
    /// In words, for the NOTICE; `None` where there was no choice.
    pub why: Option<String>,
}

/// Chooses. `proved`: the new values make the WHERE false, without which a row that moves could be met twice or not at all, but by key.
///
/// # Errors
/// 55000 when the walk that was asked for would not be exact, or there is none that is.
pub fn choose(
    connection: &Connection,
    request: &Request,
    relation: pg_sys::Oid,
    (name, alias): (&str, &str),
    key: Option<Key>,
    proved: Result<(), &str>,
) -> Result<Chosen, Error> {
    let asked = |walk| Ok(Chosen { walk, why: None });
    match (request.strategy, key) {
        (Some(Strategy::Key), Some(key)) => asked(Walk::Key(key)),
        (None, Some(key)) if proved.is_err() => asked(Walk::Key(key)),
        (Some(Strategy::Key), None) => Err(no_key(name)
            .detail("It was to be walked by key.")
            .hint("Leave strategy out, or create a unique B-tree index on plain NOT NULL columns concurrently.")),
        (strategy, key) => {
            if let Err(why) = proved {
                return Err(inexact(name, strategy, why));
            }
            match (strategy, key) {
                (Some(Strategy::Block), _) => asked(Walk::Block),
                (Some(Strategy::Ladder), _) => asked(Walk::Ladder(slices(connection, relation, name)?.unwrap_or(MOST).max(2))),
                (_, key) => by_facts(connection, request, relation, (name, alias), key),
            }
        }
    }
}

/// The number of visits of a ladder that was begun before.
pub fn again(connection: &Connection, relation: pg_sys::Oid, name: &str) -> Result<Walk, Error> {
    Ok(Walk::Ladder(slices(connection, relation, name)?.unwrap_or(MOST).max(2)))
}

fn by_facts(
    connection: &Connection,
    request: &Request,
    relation: pg_sys::Oid,
    (name, alias): (&str, &str),
    key: Option<Key>,
) -> Result<Chosen, Error> {
    let otherwise = |key: Option<Key>, why: &str| match key {
        Some(key) => Chosen { walk: Walk::Key(key), why: Some(why.to_owned()) },
        None => Chosen { walk: Walk::Block, why: None },
    };
    let blocks = blocks_of(connection, relation)?;
    if blocks < BIG {
        return Ok(Chosen { why: None, ..otherwise(key, "") });
    }
    if !connection.query(MAY, &[Arg::oid(relation)])?.only()?.bool(0) {
        return Ok(otherwise(key, "the right to read all of its columns, or to run zdm.tid_slice, is missing"));
    }
    let condition = request.condition.as_ref().map(|condition| format!(" WHERE {}", condition.sql())).unwrap_or_default();
    let matching = connection.prepare(&format!("SELECT FROM ONLY {name} AS {}{condition}", quote(alias)), &[])?;
    if connection.planned_rows(&matching)? < (FEW * blocks) as f64 {
        return Ok(otherwise(key, "few rows of a page match"));
    }
    let columns = serde_json::Value::from(request.set.columns().to_vec()).to_string();
    if connection.query(INDEXED, &[Arg::oid(relation), Arg::text(Some(&columns))])?.only()?.bool(0) {
        return Ok(otherwise(key, "an index has an assigned column, so that each change is written to all indexes"));
    }
    Ok(match slices(connection, relation, name)? {
        Some(1) => Chosen { walk: Walk::Block, why: Some("its pages have room for the new rows".to_owned()) },
        Some(slices) => Chosen {
            walk: Walk::Ladder(slices),
            why: Some(format!("{slices} visits of each page, so that the new rows find room there and no index is written to")),
        },
        None => otherwise(key, "its pages hold too few rows for more than one visit"),
    })
}

/// How often each page is to be visited, so that the rows of a visit find room on it: 1 when all do, `None` when visits do not help.
fn slices(connection: &Connection, relation: pg_sys::Oid, name: &str) -> Result<Option<i64>, Error> {
    let blocks = blocks_of(connection, relation)?;
    let first = (blocks / 2 - SAMPLE / 2).max(0);
    let found = connection.query(COLUMNS, &[Arg::oid(relation)])?;
    // a value that long lies outside of the page, and a pointer of 18 bytes in it (heaptoast.c)
    let size = |column: &str| {
        let size = format!("pg_catalog.pg_column_size(\"zdm row\".{})", quote(column));
        format!("CASE WHEN {size} OPERATOR(pg_catalog.>) 2000 THEN 18 ELSE COALESCE({size}, 0) END")
    };
    let sizes: Vec<String> = found.iter().map(|row| size(&row.string(0))).collect();
    let sample = format!(
        "SELECT pg_catalog.count(*), pg_catalog.count(DISTINCT (\"zdm row\".ctid::pg_catalog.text::pg_catalog.point)[0]),
                COALESCE(pg_catalog.sum(0 OPERATOR(pg_catalog.+) {}), 0), pg_catalog.current_setting('block_size')::pg_catalog.int8
           FROM ONLY {name} AS \"zdm row\"
          WHERE \"zdm row\".ctid OPERATOR(pg_catalog.>=) '({first},0)' AND \"zdm row\".ctid OPERATOR(pg_catalog.<) '({},0)'",
        if sizes.is_empty() { "0".to_owned() } else { sizes.join(" OPERATOR(pg_catalog.+) ") },
        first + SAMPLE
    );
    let found = connection.query(&sample, &[])?;
    let row = found.only()?;
    let (rows, pages, block) = (row.int8(0), row.int8(1).max(1), row.int8(3));
    // with its header of 24 bytes, up to a multiple of 8, and 4 bytes for its line pointer
    let bytes = row.int8(2) + rows * (24 + 4 + 4);
    let (a_page, width) = (rows / pages, bytes / rows.max(1));
    if rows == 0 || a_page < FEW || width == 0 {
        return Ok(None);
    }
    let room = ((block - 24) - bytes / pages).max(0) / width;
    if room >= a_page {
        return Ok(Some(1));
    }
    // what finds no room at the first visit leaves some for the second
    let step = room.max(a_page / MOST).max(1);
    Ok(Some(((a_page + step - 1) / step).clamp(2, MOST)))
}

fn no_key(name: &str) -> Error {
    Error::new(sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE, format!("{name} has no primary key or unique index that it can be walked by"))
}

fn inexact(name: &str, strategy: Option<Strategy>, why: &str) -> Error {
    let error = match strategy {
        None => no_key(name),
        Some(strategy) => Error::new(
            sqlstate::OBJECT_NOT_IN_PREREQUISITE_STATE,
            format!("cannot walk {name} by strategy \"{}\": rows could be changed twice or not at all", strategy.name()),
        ),
    };
    let by_blocks = if strategy.is_none() { "Without a key it can only be walked by blocks, and rows move" } else { "Rows move" };
    error
        .detail(format!(
            "{by_blocks} between blocks: then the WHERE must exclude the rows already done, or they could be changed twice. \
             That is not proved here. {why}"
        ))
        .hint(
            "Give a where_expr that the new values make false (for instance set_expr 'v = 1' with where_expr 'v IS DISTINCT FROM 1' or 'v IS NULL'), \
             or create a unique B-tree index concurrently: on plain NOT NULL columns, with the default operator classes (of one schema) and the \
             columns' own collations, all in one direction.",
        )
}
