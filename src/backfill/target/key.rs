//! The key by which a table is walked: its primary key, else a unique index on NOT NULL columns.

use crate::error::{Error, sqlstate};
use crate::spi::{Arg, Connection, Row};
use crate::text::quote;
use pgrx::pg_sys;

/// A key, its columns in index order.
#[derive(Debug, Clone)]
pub struct Key {
    pub columns: Vec<KeyColumn>,
    /// `OPERATOR(schema.>)` and `OPERATOR(schema.<=)` of the index's operator family.
    pub greater: String,
    pub at_most: String,
    /// The index holds NULLs before the values (or, when descending, after them): ORDER BY must say so to be served by it, though there are none.
    nulls_first: bool,
}

impl Key {
    /// The columns for an ORDER BY that the index serves, upwards.
    pub fn ascending(&self, column: impl Fn(&str) -> String) -> String {
        self.order(column, if self.nulls_first { "ASC NULLS FIRST" } else { "ASC" })
    }

    /// The same downwards.
    pub fn descending(&self, column: impl Fn(&str) -> String) -> String {
        self.order(column, if self.nulls_first { "DESC NULLS LAST" } else { "DESC" })
    }

    fn order(&self, column: impl Fn(&str) -> String, direction: &str) -> String {
        self.columns.iter().map(|one| format!("{} {direction}", column(&one.name))).collect::<Vec<_>>().join(", ")
    }
}

/// One column of a key.
#[derive(Debug, Clone)]
pub struct KeyColumn {
    pub name: String,
    /// Its type, or the base type of its domain.
    pub type_oid: pg_sys::Oid,
}

/// One row for each key column of each usable index, the best index first. Usable: unique, valid, all rows (no WHERE), plain columns that are
/// NOT NULL and not generated (a new value of another column could change them), ordered by the default operator class and the column's own collation,
/// all columns in the same direction and with NULLs at the same end, so that a row comparison is a range of the index. `strategy` 5 is >, 2 is <=;
/// `indoption` 1 is descending without NULLs first, 2 ascending with them.
fn candidates() -> String {
    let operator = |strategy: i32| {
        format!(
            "(SELECT 'OPERATOR(' OPERATOR(pg_catalog.||) pg_catalog.quote_ident(pn.nspname) OPERATOR(pg_catalog.||) '.' OPERATOR(pg_catalog.||) po.oprname OPERATOR(pg_catalog.||) ')'
                FROM pg_catalog.pg_amop ao
                JOIN pg_catalog.pg_operator po ON po.oid OPERATOR(pg_catalog.=) ao.amopopr
                JOIN pg_catalog.pg_namespace pn ON pn.oid OPERATOR(pg_catalog.=) po.oprnamespace
               WHERE ao.amopfamily OPERATOR(pg_catalog.=) oc.opcfamily AND ao.amopstrategy OPERATOR(pg_catalog.=) {strategy}
                 AND ao.amoplefttype OPERATOR(pg_catalog.=) oc.opcintype AND ao.amoprighttype OPERATOR(pg_catalog.=) oc.opcintype)"
        )
    };
    format!(
        "WITH RECURSIVE base(type, oid) AS (
             SELECT t.oid, t.oid FROM pg_catalog.pg_type t
              WHERE t.oid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT c.atttypid FROM pg_catalog.pg_attribute c WHERE c.attrelid OPERATOR(pg_catalog.=) $1))
             UNION
             SELECT b.type, t.typbasetype FROM base b JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) b.oid
              WHERE t.typtype OPERATOR(pg_catalog.=) 'd'::pg_catalog.\"char\"
         )
         SELECT i.indexrelid, i.indisprimary, a.attname,
                (SELECT b.oid FROM base b JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) b.oid
                  WHERE b.type OPERATOR(pg_catalog.=) a.atttypid AND t.typtype OPERATOR(pg_catalog.<>) 'd'::pg_catalog.\"char\"),
                {greater}, {at_most},
                a.attnotnull AND a.attgenerated OPERATOR(pg_catalog.=) ''::pg_catalog.\"char\" AND oc.opcdefault AND a.attcollation OPERATOR(pg_catalog.=) i.indcollation[k.n]
                    AND i.indoption[k.n] OPERATOR(pg_catalog.=) i.indoption[0],
                i.indoption[0] OPERATOR(pg_catalog.=) ANY ('{{1,2}}'::pg_catalog.int2[])
           FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.indexrelid
           JOIN pg_catalog.pg_am m ON m.oid OPERATOR(pg_catalog.=) c.relam
          CROSS JOIN LATERAL pg_catalog.generate_series(0, i.indnkeyatts OPERATOR(pg_catalog.-) 1) k(n)
           JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid AND a.attnum OPERATOR(pg_catalog.=) i.indkey[k.n]
           JOIN pg_catalog.pg_opclass oc ON oc.oid OPERATOR(pg_catalog.=) i.indclass[k.n]
          WHERE i.indrelid OPERATOR(pg_catalog.=) $1 AND i.indisunique AND i.indisvalid AND i.indisready AND i.indpred IS NULL AND i.indexprs IS NULL
            AND m.amname OPERATOR(pg_catalog.=) 'btree'::pg_catalog.name
          ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid, k.n",
        greater = operator(5),
        at_most = operator(2),
    )
}

/// The key of these columns again; `None` when no index serves it any more. Better indexes that came meanwhile do not matter.
pub fn again(connection: &Connection, relation: pg_sys::Oid, names: &[String]) -> Result<Option<Key>, Error> {
    let found = connection.query(&candidates(), &[Arg::oid(relation)])?;
    let rows: Vec<_> = found.iter().collect();
    let same = |columns: &&[Row<'_>]| columns.iter().map(|column| column.string(2)).eq(names.iter().cloned());
    Ok(rows.chunk_by(|a, b| a.oid(0) == b.oid(0)).filter(same).find_map(usable))
}

/// The key to walk by; `None` when there is none.
///
/// # Errors
/// 0A000 when the assignment changes the primary key.
pub fn choose(connection: &Connection, relation: pg_sys::Oid, assigned: &[String], table: &str) -> Result<Option<Key>, Error> {
    let found = connection.query(&candidates(), &[Arg::oid(relation)])?;
    let rows: Vec<_> = found.iter().collect();
    for columns in rows.chunk_by(|a, b| a.oid(0) == b.oid(0)) {
        let changed = columns.iter().find(|column| assigned.iter().any(|name| Some(name.as_str()) == column.text(2)));
        if let Some(column) = changed {
            if column.bool(1) {
                return Err(Error::new(
                    sqlstate::FEATURE_NOT_SUPPORTED,
                    format!("cannot backfill column {} of {table}: it is part of the primary key", quote(&column.string(2))),
                )
                .detail("The job walks by the key; a row whose key changes would be met again, or not at all.")
                .hint("Add a new column, backfill it, and switch the key over to it."));
            }
            continue;
        }
        if let Some(key) = usable(columns) {
            return Ok(Some(key));
        }
    }
    Ok(None)
}

fn usable(columns: &[Row<'_>]) -> Option<Key> {
    let (greater, at_most) = (columns.first()?.text(4)?, columns.first()?.text(5)?);
    let fits = |column: &Row<'_>| column.bool(6) && column.text(4) == Some(greater) && column.text(5) == Some(at_most);
    columns.iter().all(fits).then(|| Key {
        columns: columns.iter().map(|column| KeyColumn { name: column.string(2), type_oid: column.oid(3) }).collect(),
        greater: greater.to_owned(),
        at_most: at_most.to_owned(),
        nulls_first: columns.first().is_some_and(|column| column.bool(7)),
    })
}
