//! What a statement is said to do to relations, what it does, and whether the two agree.
//!
//! The truth is what the server shows: the strongest lock on every table, view and materialized view that existed before, and on every index whose
//! table has no such lock (`pg_locks`, from SHARE UPDATE EXCLUSIVE on), whether it got a new file (`pg_relation_filenode`), whether its rows were read (`pg_stat_get_xact_tuples_returned`), whether
//! one of its indexes has a file that none of them had before. That goes for empty tables too: an index of no rows is built, and has its first page.
//! An index whose file only moved to another tablespace was copied, not built; so it counts only if the table was read or written anew as well.

use std::collections::BTreeMap;

use postgres::Error;

use crate::session::Session;

/// Lock mode, rewritten, read, index built: by relation; `-` for "cannot be told".
pub type Effects = BTreeMap<String, [String; 4]>;

/// The modes, weakest first.
pub(crate) const MODES: &str = "ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
    'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']";

/// Relations that are looked at.
pub(crate) const LISTED: &str =
    "c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'zdm')
    AND n.nspname NOT LIKE 'pg\\_temp\\_%'";

pub(crate) fn effects(rows: Vec<String>) -> Effects {
    rows.into_iter()
        .map(|row| {
            let mut parts = row.rsplitn(5, '|').map(str::to_owned);
            let mut next = || parts.next().expect("five columns");
            let (builds, scans, rewrites, lock) = (next(), next(), next(), next());
            (next(), [lock, rewrites, scans, builds])
        })
        .collect()
}

/// The same, and indexes.
const WITH_INDEXES: &str =
    "c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'zdm')
    AND n.nspname NOT LIKE 'pg\\_temp\\_%'";

/// Text as an SQL constant.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What the statements of a text are said to do, all together; the error is the check's own.
pub fn predicted(s: &mut Session, sql: &str) -> Result<Effects, Error> {
    let query = format!(
        "WITH e AS (SELECT * FROM zdm.ddl_effects({}))
         SELECT e.relation, ({MODES})[max(array_position({MODES}, e.lock_mode))],
                CASE WHEN bool_or(e.rewrites) THEN true ELSE nullif(bool_or(e.rewrites IS NULL), true) END,
                CASE WHEN bool_or(e.rewrites) THEN NULL WHEN bool_or(e.scans) THEN true ELSE nullif(bool_or(e.scans IS NULL), true) END,
                CASE WHEN bool_or(e.builds_indexes) THEN true ELSE nullif(bool_or(e.builds_indexes IS NULL), true) END
           FROM e JOIN pg_class c ON c.oid = e.relation JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE {WITH_INDEXES} AND NOT EXISTS (SELECT FROM pg_index i JOIN e t ON t.relation = i.indrelid WHERE i.indexrelid = c.oid)
          GROUP BY e.relation",
        literal(sql)
    );
    s.try_rows(&query).map(effects)
}

/// Remembers files and counters; what comes later in the transaction is what the statement did.
pub fn remember(s: &mut Session) {
    s.run(&format!(
        "CREATE TEMP TABLE before ON COMMIT DROP AS
         SELECT c.oid, c.oid::regclass::text AS name, pg_relation_filenode(c.oid) AS file, pg_stat_get_xact_tuples_returned(c.oid) AS read,
                i.indrelid AS table
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid WHERE {WITH_INDEXES};
         {}",
        files_before("ON COMMIT DROP")
    ));
}

/// What the statement did.
pub fn done(s: &mut Session) -> Effects {
    let (new_file, built) = (NEW_FILE, built("pg_catalog.pg_stat_get_xact_tuples_returned(b.oid) > b.read"));
    let query = format!(
        "WITH locks AS (
             SELECT relation, max(pg_catalog.array_position({MODES}, mode)) AS mode FROM pg_catalog.pg_locks
              WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted GROUP BY relation)
         SELECT b.name, ({MODES})[l.mode],
                {new_file}, b.table IS NULL AND pg_catalog.pg_stat_get_xact_tuples_returned(b.oid) > b.read, {built}
           FROM pg_temp.before b JOIN locks l ON l.relation = b.oid LEFT JOIN pg_catalog.pg_class c ON c.oid = b.oid
          WHERE l.mode > 3 AND NOT EXISTS (SELECT FROM locks t WHERE t.relation = b.table AND t.mode > 3)"
    );
    effects(s.rows(&query))
}

/// Whether a relation of `before` that is still there (`c`) has another file.
pub(crate) const NEW_FILE: &str =
    "CASE WHEN c.oid IS NULL THEN false ELSE pg_catalog.pg_relation_filenode(b.oid) IS DISTINCT FROM b.file END";

/// Remembers the files of indexes, and where they are.
pub(crate) fn files_before(life: &str) -> String {
    format!(
        "CREATE TEMP TABLE files_before {life} AS SELECT indrelid AS table, pg_relation_filenode(indexrelid) AS file, reltablespace AS place
           FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relkind = 'i'"
    )
}

/// Whether an index of a relation of `before` has a file that no index of it had, and was not only moved; `read`: whether the relation was read.
pub(crate) fn built(read: &str) -> String {
    let index = "FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class f ON f.oid = i.indexrelid AND f.relkind = 'i'";
    format!(
        "EXISTS (SELECT {index} WHERE i.indrelid = b.oid
                    AND NOT EXISTS (SELECT FROM pg_temp.files_before o WHERE o.table = b.oid AND o.file = pg_catalog.pg_relation_filenode(f.oid))
                    AND ({read} OR {NEW_FILE}
                         OR EXISTS (SELECT FROM pg_temp.files_before o WHERE o.table = b.oid AND o.place = f.reltablespace)
                         OR NOT EXISTS (SELECT FROM pg_temp.files_before o WHERE o.table = b.oid)))",
    )
}

/// Whether a prediction holds: what cannot be told is no mistake, and a relation that is rewritten is not asked whether it was read.
pub fn holds(said: &Effects, came: &Effects, bounded: bool) -> bool {
    let told = |said: &str, came: &str| said == "-" || said == came;
    let same = |said: &[String; 4], came: &[String; 4]| {
        said[0] == came[0] && told(&said[1], &came[1]) && (came[1] == "t" || told(&said[2], &came[2])) && told(&said[3], &came[3])
    };
    let all_true = said.iter().all(|(relation, said)| came.get(relation).is_some_and(|came| same(said, came)));
    all_true && (!bounded || said.len() == came.len())
}

/// Whether nothing was left open.
pub fn exact(said: &Effects, came: &Effects) -> bool {
    let told = |[_, rewrites, scans, builds]: &[String; 4]| rewrites != "-" && (rewrites == "t" || scans != "-") && builds != "-";
    holds(said, came, true) && said.values().all(told)
}

/// For a message.
pub fn show(effects: &Effects) -> String {
    let one = |(name, [lock, rewrites, scans, builds]): (&String, &[String; 4])| {
        format!("{name}: {lock} rewrites={rewrites} scans={scans} builds_indexes={builds}")
    };
    if effects.is_empty() { "nothing".to_owned() } else { effects.iter().map(one).collect::<Vec<_>>().join("; ") }
}
