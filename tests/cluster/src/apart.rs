//! What a statement does that opens transactions of its own.
//!
//! Its locks come and go faster than one can look. So every table is locked by others, in three modes that let more and more pass, and such a lock goes
//! only after the statement was seen waiting for it: no lock from SHARE UPDATE EXCLUSIVE on is taken unseen, however short it is held. The others are
//! prepared transactions, which need no session each.

use std::time::Duration;

use postgres::Error;

use crate::cluster::Cluster;
use crate::observe::{Effects, LISTED, MODES, NEW_FILE, built, effects, files_before};
use crate::session::Session;

/// The modes that are held against a statement, each with the ones that have to wait for it.
const AGAINST: [(&str, &str); 3] = [
    ("SHARE UPDATE EXCLUSIVE", "'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'"),
    ("ROW EXCLUSIVE", "'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'"),
    ("ACCESS SHARE", "'AccessExclusiveLock'"),
];

/// Which locks are of interest.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Locks {
    /// All of them.
    All,
    /// Those that are held for some time: one that is held for a moment, as to list partitions, is most likely not seen.
    Lasting,
}

/// What came of a statement.
pub struct Apart {
    pub came: Effects,
    /// The same with the locks that it held while it waited for the transactions of others; where there was no such wait, with all of them. A lock that is
    /// taken to make a list, and given back before the work begins, is not among these.
    pub lasting: Effects,
    pub result: Result<(), Error>,
}

/// Runs a statement in a session of its own.
pub fn apart(cluster: &Cluster, database: &str, path: &str, sql: &str, locks: Locks) -> Apart {
    let mut watch = cluster.connect(database);
    watch.run(&format!(
        "SET search_path = {path}; SET stats_fetch_consistency = none;
         CREATE TEMP TABLE before AS
         SELECT c.oid, c.oid::regclass::text AS name, c.relkind AS kind, pg_relation_filenode(c.oid) AS file, pg_stat_get_tuples_returned(c.oid) AS read
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {LISTED};
         CREATE TEMP TABLE seen (relation oid, mode text, lasting bool);
         {}",
        files_before("")
    ));
    let mut holder = cluster.connect(database);
    holder.run(&format!("SET search_path = {path}"));
    // a backfill waits for transactions that are older, and takes its locks again and again
    if locks == Locks::All && !sql.to_uppercase().contains("SKIP_LOCKED") && !sql.starts_with("CALL") {
        hold(&mut watch, &mut holder);
    }

    let mut s = cluster.connect(database);
    s.run(&format!("SET search_path = {path}; SET zdm.guard_mode = 'off'"));
    if !sql.starts_with("CALL") {
        // a backfill will have no timeout
        s.run("SET statement_timeout = '30s'");
    }
    let pid = s.pid;
    let mut running = s.background(sql);
    let look = format!(
        "INSERT INTO seen WITH now AS MATERIALIZED (SELECT * FROM pg_locks WHERE pid = {pid})
         SELECT DISTINCT relation, mode, granted AND EXISTS (SELECT FROM now w WHERE NOT w.granted AND w.locktype IN ('transactionid', 'virtualxid'))
           FROM now WHERE locktype = 'relation' EXCEPT SELECT * FROM seen"
    );
    while running.end().is_none() {
        watch.run(&look);
        let gone = watch.rows(&waited_for(pid));
        if !gone.is_empty() {
            // it waits still: what it holds now it holds for long
            watch.run(&look);
        }
        release(&mut holder, &gone);
        std::thread::sleep(Duration::from_millis(1));
    }
    let (mut s, result, _) = running.outcome();
    let left = watch.rows("SELECT gid FROM pg_prepared_xacts WHERE database = current_database() AND gid LIKE 'held\\_%'");
    release(&mut holder, &left);
    s.run("SELECT pg_stat_force_next_flush()");
    drop(s);
    let built = built("pg_catalog.pg_stat_get_tuples_returned(b.oid) > b.read");
    let mut rows = |mode: &str| {
        watch.rows(&format!(
            "SELECT b.name, ({MODES})[{mode}], bool_and({NEW_FILE}), bool_and(pg_stat_get_tuples_returned(b.oid) > b.read), bool_and({built})
               FROM before b JOIN seen l ON l.relation = b.oid LEFT JOIN pg_class c ON c.oid = b.oid
              GROUP BY b.oid, b.name HAVING max(array_position({MODES}, l.mode)) > 3"
        ))
    };
    let all = format!("max(array_position({MODES}, l.mode))");
    let lasting = format!("coalesce(max(array_position({MODES}, l.mode)) FILTER (WHERE l.lasting), {all})");
    Apart { came: effects(rows(&all)), lasting: effects(rows(&lasting)), result }
}

/// Locks every table, as far as the server has room for prepared transactions; the others are only looked at. LOCK TABLE does not take a materialized
/// view, and no statement of this kind works on a view.
fn hold(watch: &mut Session, holder: &mut Session) {
    let tables = watch.rows(&format!(
        "SELECT oid, name, kind FROM before WHERE kind <> 'v' ORDER BY kind = 'm', oid LIMIT current_setting('max_prepared_transactions')::int / {}",
        AGAINST.len()
    ));
    let mut sql = String::new();
    for table in &tables {
        let mut parts = table.splitn(2, '|');
        let (oid, rest) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let Some((name, kind)) = rest.rsplit_once('|') else { continue };
        for (level, (mode, _)) in AGAINST.iter().enumerate() {
            let lock = match (kind, *mode) {
                ("m", "SHARE UPDATE EXCLUSIVE") => format!("COMMENT ON MATERIALIZED VIEW {name} IS 'held'"),
                ("m", "ACCESS SHARE") => format!("EXPLAIN SELECT FROM {name}"),
                ("m", _) => continue,
                _ => format!("LOCK TABLE ONLY {name} IN {mode} MODE"),
            };
            sql.push_str(&format!("BEGIN; {lock}; PREPARE TRANSACTION 'held_{oid}_{level}';\n"));
        }
    }
    holder.run(&sql);
}

/// The prepared transactions that the statement was seen waiting for, or will be once more in the mode that it asks for now.
fn waited_for(pid: i32) -> String {
    let level = |(level, (_, modes)): (usize, &(&str, &str))| format!("g.gid LIKE '%\\_{level}' AND w.mode IN ({modes})");
    let levels: Vec<String> = AGAINST.iter().enumerate().map(level).collect();
    format!(
        "SELECT g.gid FROM pg_prepared_xacts g JOIN pg_locks w ON w.pid = {pid} AND NOT w.granted
          WHERE g.database = current_database()
            AND (w.transactionid = g.transaction
                 OR w.locktype = 'relation' AND g.gid LIKE 'held\\_' || w.relation || '\\__' AND ({})
                    AND EXISTS (SELECT FROM seen s WHERE s.relation = w.relation AND s.mode = w.mode))",
        levels.join(" OR ")
    )
}

fn release(holder: &mut Session, gone: &[String]) {
    for gid in gone {
        holder.run(&format!("ROLLBACK PREPARED '{gid}'"));
    }
}
