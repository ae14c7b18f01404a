//! What `zdm.ddl_effects` says of a statement is what the server does: the cases of `tests/verify`, one by one.
//!
//! Each case is asked for first and then run, in one transaction that is rolled back. Compared are the strongest lock on every table, view and
//! materialized view that existed before (from SHARE UPDATE EXCLUSIVE on), whether it got a new file, and whether its rows were read. Where
//! `zdm.check_ddl` says that the statement reaches more than it names, nothing wrong may be said, but not all.

use std::collections::BTreeMap;

use zdm_cluster_tests::{Session, shared};

const FIXTURE: &str = include_str!("../../verify/fixture.sql");
const CASES: &str = include_str!("../../verify/cases.sql");

/// One statement, and what it needs.
#[derive(Debug, Default)]
struct Case {
    setup: Vec<String>,
    set: Vec<String>,
    since: i32,
    sql: String,
}

fn cases() -> Vec<Case> {
    let parse = |block: &str| {
        let mut case = Case::default();
        for line in block.lines() {
            match line.strip_prefix("-- ") {
                None => case.sql.push_str(line),
                Some(comment) => match comment.split_once(": ") {
                    Some(("setup", sql)) => case.setup.push(sql.to_owned()),
                    Some(("set", setting)) => case.set.push(setting.to_owned()),
                    Some(("since", major)) => case.since = major.parse().expect("a major version"),
                    _ => {}
                },
            }
        }
        case
    };
    CASES.split("\n\n").map(parse).filter(|case| !case.sql.is_empty()).collect()
}

/// The strongest lock and the answers, by relation; `-` for "cannot be told".
type Effects = BTreeMap<String, [String; 3]>;

fn effects(rows: Vec<String>) -> Effects {
    rows.into_iter()
        .map(|row| {
            let mut parts = row.split('|').map(str::to_owned);
            let mut next = || parts.next().expect("four columns");
            (next(), [next(), next(), next()])
        })
        .collect()
}

/// What the statement is said to do.
fn predicted(s: &mut Session, sql: &str) -> Effects {
    let sql = sql.replace('\'', "''");
    let query = format!(
        "SELECT e.relation, e.lock_mode, e.rewrites, e.scans FROM zdm.ddl_effects('{sql}') e JOIN pg_class c ON c.oid = e.relation
          WHERE c.relkind IN ('r', 'p', 'm', 'v')"
    );
    effects(s.rows(&query))
}

/// The modes, weakest first.
const MODES: &str = "ARRAY['AccessShareLock', 'RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
    'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']";

/// Remembers files and counters; what comes later is what the statement did.
fn remember(s: &mut Session) {
    s.run(
        "CREATE TEMP TABLE before ON COMMIT DROP AS
         SELECT c.oid, c.oid::regclass::text AS name, c.relkind, pg_relation_filenode(c.oid) AS file, pg_stat_get_xact_tuples_returned(c.oid) AS read
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE n.nspname = 'shop' AND c.relkind IN ('r', 'p', 'm', 'v')",
    );
}

/// What the statement did.
fn done(s: &mut Session) -> Effects {
    let query = format!(
        "WITH locks AS (
             SELECT relation, max(array_position({MODES}, mode)) AS mode FROM pg_locks
              WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted GROUP BY relation)
         SELECT b.name, ({MODES})[l.mode],
                CASE WHEN c.oid IS NULL THEN false ELSE pg_relation_filenode(b.oid) IS DISTINCT FROM b.file END,
                pg_stat_get_xact_tuples_returned(b.oid) > b.read
           FROM before b JOIN locks l ON l.relation = b.oid LEFT JOIN pg_class c ON c.oid = b.oid
          WHERE l.mode > 3"
    );
    effects(s.rows(&query))
}

/// Whether a prediction holds: what cannot be told is no mistake, and a relation that is rewritten is not asked whether it was read.
fn holds(said: &Effects, came: &Effects, bounded: bool) -> bool {
    let same = |said: &[String; 3], came: &[String; 3]| {
        said[0] == came[0] && (said[1] == "-" || said[1] == came[1]) && (said[2] == "-" || came[1] == "t" || said[2] == came[2])
    };
    let all_true = said.iter().all(|(relation, said)| came.get(relation).is_some_and(|came| same(said, came)));
    all_true && (!bounded || said.len() == came.len())
}

/// Others wait for as long as the data is big. (EXCLUSIVE is what REFRESH ... CONCURRENTLY takes, of a relation that nobody writes to.)
fn long((relation, [lock, rewrites, scans]): (&String, &[String; 3])) -> bool {
    let blocks = matches!(lock.as_str(), "ShareLock" | "ShareRowExclusiveLock" | "AccessExclusiveLock");
    blocks && (rewrites == "t" || scans == "t") && !relation.starts_with("empty_")
}

fn show(effects: &Effects) -> String {
    let one = |(name, [lock, rewrites, scans]): (&String, &[String; 3])| format!("{name}: {lock} rewrites={rewrites} scans={scans}");
    effects.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// Runs a case; what is wrong with it.
fn run(s: &mut Session, case: &Case) -> Option<String> {
    s.run("BEGIN; SET LOCAL search_path = shop; SET LOCAL zdm.guard_mode = 'off'");
    for setting in &case.set {
        s.run(&format!("SET LOCAL {setting}"));
    }
    let said = predicted(s, &case.sql);
    let locked = s.rows(
        "SELECT relation::regclass FROM pg_locks JOIN pg_class c ON c.oid = relation JOIN pg_namespace n ON n.oid = c.relnamespace
          WHERE pid = pg_backend_pid() AND nspname IN ('shop', 'attic')",
    );
    let rows = s.rows(&format!("SELECT risk, rule FROM zdm.check_ddl('{}')", case.sql.replace('\'', "''")));
    let bounded = !rows.iter().any(|row| row == "unknown|unbounded-effect");
    remember(s);
    let outcome = s.attempt(&case.sql);
    let wrong = match outcome {
        Err(error) => Some(format!("failed: {}", error.as_db_error().map_or_else(|| error.to_string(), |e| e.message().to_owned()))),
        Ok(()) => {
            let came = done(s);
            if !holds(&said, &came, bounded) {
                Some(format!("\n    said: {}\n    came: {}", show(&said), show(&came)))
            } else if came.iter().any(long) && !rows.iter().any(|row| row.starts_with("danger") || row.starts_with("unknown")) {
                Some(format!("no danger was found, but: {}", show(&came)))
            } else {
                None
            }
        }
    };
    s.run("ROLLBACK");
    if locked.is_empty() { wrong } else { Some(format!("the check itself locked {locked:?}")) }
}

#[test]
fn effects_are_as_predicted() {
    let cluster = shared();
    let mut admin = cluster.connect("postgres");
    let fixture = cluster.database("effects_fixture");
    let mut s = fixture.connect();
    s.run("SELECT zdm.set_guard('off')");
    s.run(FIXTURE);
    let major = s.value::<String>("SELECT current_setting('server_version_num')").parse::<i32>().expect("a number") / 10_000;
    drop(s);
    zdm_cluster_tests::until("the fixture's session has gone", || {
        admin.value::<i64>("SELECT count(*) FROM pg_stat_activity WHERE datname = 'effects_fixture'") == 0
    });

    admin.run("CREATE DATABASE effects TEMPLATE effects_fixture");
    let mut plain = cluster.connect("effects");
    let (mut count, mut wrong) = (0, Vec::new());
    for (number, case) in cases().iter().enumerate().filter(|(_, case)| case.since <= major) {
        count += 1;
        let found = if case.setup.is_empty() {
            run(&mut plain, case)
        } else {
            let name = format!("effects_{number}");
            admin.run(&format!("CREATE DATABASE {name} TEMPLATE effects_fixture"));
            let mut s = cluster.connect(&name);
            s.run("SET zdm.guard_mode = 'off'");
            case.setup.iter().for_each(|sql| s.run(sql));
            run(&mut s, case)
        };
        if let Some(found) = found {
            wrong.push(format!("{}: {found}", case.sql));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} cases:\n{}", wrong.len(), wrong.join("\n"));
    println!("{count} statements do what was said of them");
}
