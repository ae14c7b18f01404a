//! What a statement is said to do to relations, what it does, and whether the two agree.
//!
//! The truth is what the server shows: the strongest lock on every table, view and materialized view that existed before (`pg_locks`, from SHARE
//! UPDATE EXCLUSIVE on), whether it got a new file (`pg_relation_filenode`), whether its rows were read (`pg_stat_get_xact_tuples_returned`).

use std::collections::BTreeMap;
use std::time::Duration;

use postgres::Error;

use crate::cluster::Cluster;
use crate::session::Session;

/// Lock mode, rewritten, read: by relation; `-` for "cannot be told".
pub type Effects = BTreeMap<String, [String; 3]>;

/// The modes, weakest first.
const MODES: &str = "ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
    'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']";

/// Relations that are looked at.
const LISTED: &str = "c.relkind IN ('r', 'p', 'm', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', 'zdm')
    AND n.nspname NOT LIKE 'pg\\_temp\\_%'";

fn effects(rows: Vec<String>) -> Effects {
    rows.into_iter()
        .map(|row| {
            let mut parts = row.rsplitn(4, '|').map(str::to_owned);
            let mut next = || parts.next().expect("four columns");
            let (scans, rewrites, lock) = (next(), next(), next());
            (next(), [lock, rewrites, scans])
        })
        .collect()
}

/// Text as an SQL constant.
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// What the statements of a text are said to do, all together; the error is the check's own.
pub fn predicted(s: &mut Session, sql: &str) -> Result<Effects, Error> {
    let query = format!(
        "SELECT e.relation, ({MODES})[max(array_position({MODES}, e.lock_mode))],
                CASE WHEN bool_or(e.rewrites) THEN true ELSE nullif(bool_or(e.rewrites IS NULL), true) END,
                CASE WHEN bool_or(e.rewrites) THEN NULL WHEN bool_or(e.scans) THEN true ELSE nullif(bool_or(e.scans IS NULL), true) END
           FROM zdm.ddl_effects({}) e JOIN pg_class c ON c.oid = e.relation JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE {LISTED} GROUP BY e.relation",
        literal(sql)
    );
    s.try_rows(&query).map(effects)
}

/// Remembers files and counters; what comes later in the transaction is what the statement did.
pub fn remember(s: &mut Session) {
    s.run(&format!(
        "CREATE TEMP TABLE before ON COMMIT DROP AS
         SELECT c.oid, c.oid::regclass::text AS name, pg_relation_filenode(c.oid) AS file, pg_stat_get_xact_tuples_returned(c.oid) AS read
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {LISTED}"
    ));
}

/// What the statement did.
pub fn done(s: &mut Session) -> Effects {
    let query = format!(
        "WITH locks AS (
             SELECT relation, max(pg_catalog.array_position({MODES}, mode)) AS mode FROM pg_catalog.pg_locks
              WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted GROUP BY relation)
         SELECT b.name, ({MODES})[l.mode],
                CASE WHEN c.oid IS NULL THEN false ELSE pg_catalog.pg_relation_filenode(b.oid) IS DISTINCT FROM b.file END,
                pg_catalog.pg_stat_get_xact_tuples_returned(b.oid) > b.read
           FROM pg_temp.before b JOIN locks l ON l.relation = b.oid LEFT JOIN pg_catalog.pg_class c ON c.oid = b.oid
          WHERE l.mode > 3"
    );
    effects(s.rows(&query))
}

/// Whether a prediction holds: what cannot be told is no mistake, and a relation that is rewritten is not asked whether it was read.
pub fn holds(said: &Effects, came: &Effects, bounded: bool) -> bool {
    let same = |said: &[String; 3], came: &[String; 3]| {
        said[0] == came[0] && (said[1] == "-" || said[1] == came[1]) && (said[2] == "-" || came[1] == "t" || said[2] == came[2])
    };
    let all_true = said.iter().all(|(relation, said)| came.get(relation).is_some_and(|came| same(said, came)));
    all_true && (!bounded || said.len() == came.len())
}

/// Whether nothing was left open.
pub fn exact(said: &Effects, came: &Effects) -> bool {
    let told = |[_, rewrites, scans]: &[String; 3]| rewrites != "-" && (rewrites == "t" || scans != "-");
    holds(said, came, true) && said.values().all(told)
}

/// For a message.
pub fn show(effects: &Effects) -> String {
    let one = |(name, [lock, rewrites, scans]): (&String, &[String; 3])| format!("{name}: {lock} rewrites={rewrites} scans={scans}");
    if effects.is_empty() { "nothing".to_owned() } else { effects.iter().map(one).collect::<Vec<_>>().join("; ") }
}

/// What a statement does that opens transactions of its own, and how it ended.
///
/// Its locks come and go. So it is held up three times: by a session with SHARE UPDATE EXCLUSIVE on every relation, by one with a snapshot and ACCESS
/// SHARE on every relation, and by one with ACCESS SHARE on every relation with rows; each goes when the statement waits. What it holds and what
/// it asks for is noted all the time.
pub fn apart(cluster: &Cluster, database: &str, path: &str, sql: &str) -> (Effects, Result<(), Error>) {
    let mut watch = cluster.connect(database);
    watch.run(&format!("SET search_path = {path}; SET stats_fetch_consistency = none; {}", before("before")));
    let all = watch.rows("SELECT name FROM before WHERE kind <> 'm' AND kind <> 'v'");
    let stored = watch.rows("SELECT name FROM before WHERE kind = 'r'");
    let lock = |tables: &[String], mode: &str| format!("LOCK TABLE ONLY {} IN {mode} MODE", tables.join(", ONLY "));
    let mut blockers: Vec<Session> = Vec::new();
    for (begin, sql) in [
        ("BEGIN", lock(&stored, "ACCESS SHARE")),
        ("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1", lock(&all, "ACCESS SHARE")),
        ("BEGIN", lock(&all, "SHARE UPDATE EXCLUSIVE")),
    ] {
        let mut blocker = cluster.connect(database);
        blocker.run(&format!("SET search_path = {path}; {begin}; {sql}"));
        blockers.push(blocker);
    }

    let mut s = cluster.connect(database);
    s.run(&format!("SET search_path = {path}; SET zdm.guard_mode = 'off'"));
    if !sql.starts_with("CALL") {
        // a backfill will have none
        s.run("SET statement_timeout = '30s'");
    }
    let pid = s.pid;
    let mut running = s.background(sql);
    let mut waits = 0;
    while running.end().is_none() {
        watch.run(&format!(
            "INSERT INTO seen SELECT DISTINCT relation, mode FROM pg_locks WHERE pid = {pid} AND locktype = 'relation' EXCEPT SELECT * FROM seen"
        ));
        let waiting: bool = watch.value(&format!("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {pid} AND NOT granted)"));
        waits = if waiting { waits + 1 } else { 0 };
        if waits > 10
            && let Some(mut blocker) = blockers.pop()
        {
            blocker.run("ROLLBACK");
            waits = 0;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let (mut s, result, _) = running.outcome();
    s.run("SELECT pg_stat_force_next_flush()");
    drop(s);
    let came = watch.rows(&format!(
        "SELECT b.name, ({MODES})[max(array_position({MODES}, l.mode))],
                bool_and(CASE WHEN c.oid IS NULL THEN false ELSE pg_relation_filenode(b.oid) IS DISTINCT FROM b.file END),
                bool_and(pg_stat_get_tuples_returned(b.oid) > b.read)
           FROM before b JOIN seen l ON l.relation = b.oid LEFT JOIN pg_class c ON c.oid = b.oid
          GROUP BY b.oid, b.name HAVING max(array_position({MODES}, l.mode)) > 3"
    ));
    (effects(came), result)
}

fn before(name: &str) -> String {
    format!(
        "CREATE TEMP TABLE {name} AS
         SELECT c.oid, c.oid::regclass::text AS name, c.relkind AS kind, pg_relation_filenode(c.oid) AS file, pg_stat_get_tuples_returned(c.oid) AS read
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {LISTED};
         CREATE TEMP TABLE seen (relation oid, mode text)"
    )
}
