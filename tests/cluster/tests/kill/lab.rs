//! One server, one table, one job at a time: kills, brings the server back, and checks.
//!
//! Triggers ask for advisory locks: lock 1 in some rows, so in the middle of an UPDATE; lock 2 when the job's position is written; lock 3 in
//! a deferred trigger of some rows, which runs in the commit. When this side holds such a lock and sees the job's backend wait for it, it
//! knows where the backend is.

use std::time::{Duration, Instant};

use zdm_cluster_tests::{Cluster, Job, Random, Running, Session, Stop, cut_off, job_number, until};

use crate::{Phase, Target};

const BATCH: usize = 10;
/// The job pauses so long after each batch: bounds how far it can come before a kill.
const PAUSE: Duration = Duration::from_millis(1);
/// The job runs at most so long before a kill is prepared.
const RUN: Duration = Duration::from_millis(16);
/// Rows the job can do at most from one kill to the next, with room for a slow moment of this machine.
const ROWS_PER_KILL: usize = 4 * BATCH * (RUN.as_micros() / PAUSE.as_micros()) as usize;
/// A killed postmaster's children must notice it soon, the one that runs the job as well.
const ORPHANS: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    Bigint,
    Uuid,
    Pair,
}

impl Key {
    fn columns(self) -> &'static str {
        match self {
            Key::Bigint => "id bigint",
            Key::Uuid => "id uuid",
            Key::Pair => "id integer, name text",
        }
    }

    fn primary_key(self) -> &'static str {
        match self {
            Key::Bigint | Key::Uuid => "id",
            Key::Pair => "id, name",
        }
    }

    /// From the row's number n; the order of keys is not the order of rows in the table. Pairs share their first column.
    fn values(self) -> &'static str {
        match self {
            Key::Bigint => "(n * 7919) % 1000003 - 500000",
            Key::Uuid => "md5(n::text)::uuid",
            Key::Pair => "n / 25, 'name ' || md5(n::text)",
        }
    }
}

pub struct Lab {
    cluster: Cluster,
    key: Key,
    rows: usize,
    job: Option<i64>,
}

impl Lab {
    pub fn new(key: Key) -> Self {
        let cluster = Cluster::start(&["autovacuum = off"]);
        let mut setup = cluster.connect("postgres");
        setup.run(
            "CREATE EXTENSION pg_zdm;
             CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
                 $$BEGIN PERFORM pg_advisory_xact_lock_shared(TG_ARGV[0]::bigint); RETURN NEW; END$$;
             CREATE TRIGGER in_position BEFORE UPDATE ON zdm.job
                 FOR EACH ROW WHEN (NEW.batches > OLD.batches) EXECUTE FUNCTION gate(2);",
        );
        Self { cluster, key, rows: 0, job: None }
    }

    /// A new table, large enough that a job on it cannot end before it was killed so many times.
    pub fn new_table(&mut self, kills: usize) {
        self.rows = (kills + 1) * ROWS_PER_KILL;
        self.job = None;
        self.session().run(&format!(
            "DROP TABLE IF EXISTS t;
             DELETE FROM zdm.job;
             CREATE TABLE t ({}, was integer NOT NULL, v integer NOT NULL, PRIMARY KEY ({}));
             INSERT INTO t SELECT {}, n, n FROM generate_series(1, {}) n;
             CREATE TRIGGER in_update BEFORE UPDATE ON t FOR EACH ROW WHEN (NEW.was % 7 = 3) EXECUTE FUNCTION gate(1);
             CREATE CONSTRAINT TRIGGER in_commit AFTER UPDATE ON t DEFERRABLE INITIALLY DEFERRED
                 FOR EACH ROW WHEN (NEW.was % 7 = 5) EXECUTE FUNCTION gate(3);
             ANALYZE t;",
            self.key.columns(),
            self.key.primary_key(),
            self.key.values(),
            self.rows
        ));
    }

    fn session(&self) -> Session {
        self.cluster.connect("postgres")
    }

    /// Runs the job up to the wanted moment, kills, brings the server back. Says what became of the batch.
    pub fn kill(&mut self, target: Target, phase: Phase, random: &mut Random) -> &'static str {
        let mut watch = self.session();
        let batches_before = self.batches(&mut watch);
        // Every tenth row is none of the job's business.
        let call = match self.job {
            Some(job) => format!("CALL zdm.run({job})"),
            None => format!("CALL zdm.backfill('t', 'v = v + 1', 'was % 10 <> 0', {BATCH}, '{} ms')", PAUSE.as_millis()),
        };
        // Where the batches are counted they wait for the disk; else they do not, as it is by default, and the last ones may be lost with their positions.
        let waits = phase != Phase::Random;
        let mut session = self.session();
        session.run(&format!("SET zdm.synchronous_commit = {waits}"));
        let mut job = session.background(&call);
        std::thread::sleep(Duration::from_micros(random.below(RUN.as_micros() as u64)));
        let gate = match phase {
            Phase::Random => None,
            Phase::InUpdate | Phase::AfterUpdate => Some(1),
            Phase::InPosition => Some(2),
            Phase::InCommit | Phase::AfterCommit => Some(3),
        };
        let seen = gate.map_or(0, |gate| hold_at_gate(&mut watch, &mut job, gate));
        // Killing a server takes longer than what is left of the batch then; killing a backend is a matter of microseconds.
        let longest = if target == Target::Backend { 700 } else { 1 };
        if phase == Phase::AfterUpdate || phase == Phase::AfterCommit {
            watch.run("SELECT pg_advisory_unlock_all()");
            spin(random.below(longest));
        }
        self.strike(target, job, watch);

        let mut watch = self.session();
        let batches = self.batches(&mut watch);
        assert!(!waits || batches >= batches_before, "expected no batch to vanish, came: {batches_before}, then {batches}");
        match phase {
            Phase::Random if self.job.is_none() => "no job yet",
            Phase::Random => "-",
            // The session that holds the gate may be the first to notice that its postmaster is dead, which opens the gate:
            // the job then ends after that batch.
            Phase::InUpdate | Phase::InPosition | Phase::InCommit
                if target == Target::Server(Stop::KillPostmaster) && batches == seen + 1 =>
            {
                "committed"
            }
            Phase::InUpdate | Phase::InPosition | Phase::InCommit => {
                assert_eq!(batches, seen, "batches: expected none to be committed while one waits at the gate");
                "lost"
            }
            Phase::AfterUpdate | Phase::AfterCommit if batches == seen => "lost",
            Phase::AfterUpdate | Phase::AfterCommit => "committed",
        }
    }

    fn strike(&mut self, target: Target, mut job: Running, mut watch: Session) {
        match target {
            Target::Backend => {
                self.cluster.kill(job.pid);
                // The old server answers until the postmaster has seen the crash.
                until("the postmaster has ended all sessions", || watch.attempt("SELECT 1").is_err());
                drop(self.cluster.reconnect("postgres"));
            }
            Target::Server(how) => {
                self.cluster.stop(how);
                let took = self.cluster.restart();
                assert!(took < ORPHANS, "expected the job to notice soon that its postmaster is dead, came: {took:?} until a restart");
            }
        }
        if let Some(Ok(())) = job.end() {
            panic!("the job ended before the kill, the test needs more rows: {:#?}", job.notices());
        }
        cut_off(job.outcome().1);
    }

    /// The batches done; finds the job and checks what the view says of it.
    fn batches(&mut self, watch: &mut Session) -> i64 {
        watch.expect("SELECT count(*) <= 1 FROM zdm.job", &["t"]);
        let Some(job) = Job::newest(watch) else {
            watch.expect("SELECT count(*) FROM t WHERE v <> was", &["0"]);
            return 0;
        };
        self.job = Some(job.id);
        watch.expect("SELECT state FROM zdm.progress", &["interrupted"]);
        job.batches
    }

    /// Goes on without kills until the job is done.
    pub fn finish_and_check_every_row(&mut self) {
        let mut session = self.session();
        let job = self.job.expect("the job exists after the last kill");
        session.run(&format!("CALL zdm.run({job})"));
        let first = session.texts().into_iter().next().unwrap_or_default();
        assert_eq!(job_number(&first), Some(job), "expected the first notice to name job {job}, came: {first}");

        let wrong = session.rows(
            "SELECT format('%s: %s, expected %s', t, v, expected)
               FROM t, LATERAL (SELECT CASE WHEN was % 10 <> 0 THEN was + 1 ELSE was END AS expected) e
              WHERE v <> expected LIMIT 10",
        );
        assert!(wrong.is_empty(), "expected every row to be changed exactly once, came (first 10): {wrong:#?}");
        session.expect("SELECT count(*) FROM t", &[&self.rows.to_string()]);
        let done = Job::numbered(&mut session, job);
        let matching = self.rows - self.rows / 10;
        assert_eq!((done.state.as_str(), done.updated), ("done", matching as i64), "job: {done:?}");
        session.expect("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", &["0"]);
    }
}

/// Closes a gate and waits until the job stands before it; the number of batches that are committed then.
fn hold_at_gate(watch: &mut Session, job: &mut Running, gate: i64) -> i64 {
    watch.run(&format!("SELECT pg_advisory_lock({gate})"));
    let waiting = format!(
        "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {gate} AND NOT granted AND pid = {})",
        job.pid
    );
    until("the job waits at the gate", || {
        assert!(job.end().is_none(), "expected the job to come to the gate, came its end: {:?}", job.end());
        watch.value::<bool>(&waiting)
    });
    Job::newest(watch).expect("a job that has come to a batch").batches
}

/// Sleeps are too coarse for this.
fn spin(microseconds: u64) {
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(microseconds) {
        std::hint::spin_loop();
    }
}
