//! A backend whose postmaster was killed must end soon: as long as it lives, the server cannot start again.

use std::time::Duration;

use zdm_cluster_tests::{Cluster, Job, Stop, cut_off, until};

const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_job_ends_soon_after_its_postmaster() {
    let mut cluster = Cluster::start(&["zdm.synchronous_commit = on"]);
    let mut s = cluster.connect("postgres");
    s.run(
        "CREATE EXTENSION pg_zdm;
         CREATE TABLE t (id bigint PRIMARY KEY, v integer NOT NULL DEFAULT 0);
         INSERT INTO t SELECT generate_series(1, 300000);",
    );
    // In a pause, without any pause (batch after batch for half a minute), and while it waits for an older transaction.
    for (call, writer) in [
        ("CALL zdm.backfill('t', 'v = v + 1', batch => 10, pause => '1 h')", ""),
        ("CALL zdm.backfill('t', 'v = v + 1', batch => 5)", ""),
        ("CALL zdm.backfill('t', 'v = v + 1', batch => 5)", "BEGIN; INSERT INTO t VALUES (-1)"),
    ] {
        let mut s = cluster.connect("postgres");
        s.run("DELETE FROM zdm.job");
        s.run(writer);
        let job = cluster.connect("postgres").background(call);
        let mut watch = cluster.connect("postgres");
        let batches = if writer.is_empty() { 1 } else { 0 };
        until("the job runs", || Job::newest(&mut watch).is_some_and(|job| job.batches >= batches));
        cluster.stop(Stop::KillPostmaster);
        drop(s);
        let took = cluster.restart();
        assert!(took < SOON, "{call} {writer}\nexpected the server to start again within {SOON:?}, came {took:?}");
        cut_off(job.outcome().1);
    }
    let mut s = cluster.connect("postgres");
    let id = Job::newest(&mut s).expect("a job").id;
    s.run(&format!("CALL zdm.run({id})"));
    s.expect("SELECT count(*) FROM t WHERE id = -1", &["0"]);
    // Three jobs: the first did ten rows, the second some, the third all.
    s.expect("SELECT min(v), max(v) FROM t", &["1|3"]);
}
