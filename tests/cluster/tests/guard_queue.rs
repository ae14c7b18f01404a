//! A refusal waits for nobody: each dangerous statement of `tests/guard` is refused at once while somebody else holds ACCESS EXCLUSIVE on every table.

use std::time::{Duration, Instant};

use zdm_cluster_tests::lab::{lab, refused, session};
use zdm_cluster_tests::table::Entry;

/// The longest that a refusal may take, at the median of its tries.
const AT_MOST: Duration = Duration::from_millis(20);

const TRIES: usize = 3;

/// So often a statement is tried anew where the machine was busy.
const ROUNDS: usize = 3;

/// Whether each table of a schema is looked at in turn, and each has a right to its time.
fn is_about_many(sql: &str) -> bool {
    sql.starts_with("DROP SCHEMA shop ")
}

/// Whether the server itself locks the tables of the statement before anybody is asked: it plans a query, or finds out what one gives.
fn holds_a_query(sql: &str) -> bool {
    let first = sql.split(' ').next().unwrap_or_default();
    matches!(first, "DELETE" | "UPDATE" | "WITH") || sql.contains(" AS SELECT ")
}

#[test]
fn every_dangerous_statement_is_refused_at_once_behind_access_exclusive() {
    let lab = lab();
    let mut holder = session("guard_preloaded");
    holder.run("SET zdm.guard_mode = off; BEGIN");
    for lock in holder.rows(
        "SELECT CASE relkind WHEN 'm' THEN format('ALTER MATERIALIZED VIEW %s OWNER TO CURRENT_USER', oid::regclass)
                             ELSE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', oid::regclass) END
           FROM pg_class WHERE relkind IN ('r', 'p', 'm') AND oid >= 16384 AND relnamespace NOT IN ('zdm'::regnamespace, 'pg_toast'::regnamespace)",
    ) {
        holder.run(&lock);
    }
    let held: i64 =
        holder.value("SELECT count(DISTINCT relation) FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock'");
    let mut s = session("guard_preloaded");
    // whoever queues fails
    s.run("SET lock_timeout = '10ms'");
    let (mut wrong, mut medians): (Vec<String>, Vec<(Duration, &Entry)>) = (Vec::new(), Vec::new());
    let mut worst = Duration::ZERO;
    for entry in lab.dangerous.iter().filter(|entry| !holds_a_query(&entry.sql)) {
        let mut median = Duration::MAX;
        for _ in 0..ROUNDS {
            let mut times = [Duration::ZERO; TRIES];
            for time in &mut times {
                let start = Instant::now();
                let result = s.attempt(&entry.sql);
                *time = start.elapsed();
                if let Err(why) = refused(entry, &result) {
                    wrong.push(format!("{}: {why}", entry.sql));
                }
            }
            times.sort();
            worst = worst.max(times[TRIES - 1]);
            median = median.min(times[TRIES / 2]);
            if median < AT_MOST || is_about_many(&entry.sql) {
                break;
            }
        }
        medians.push((median, entry));
    }
    holder.run("ROLLBACK");
    let (many, mut medians): (Vec<_>, Vec<_>) = medians.into_iter().partition(|(_, entry)| is_about_many(&entry.sql));
    medians.sort_by_key(|(median, _)| *median);
    let (slowest, entry) = medians.last().expect("there are dangerous statements");
    println!(
        "PostgreSQL {}: {} statements refused behind {held} locks: at the median {:?}, the slowest {slowest:?} ({}); worst try of all {worst:?}",
        lab.major,
        medians.len(),
        medians[medians.len() / 2].0,
        entry.sql
    );
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(held > 30 && medians.len() > 300, "{held} tables, {} statements", medians.len());
    assert!(*slowest < AT_MOST, "{} took {slowest:?}", entry.sql);
    many.iter().for_each(|(median, entry)| assert!(*median < AT_MOST * u32::try_from(held).unwrap(), "{} took {median:?}", entry.sql));
}
