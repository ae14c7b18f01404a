//! Exact after any crash: more than 200 times a process of the server is killed (SIGKILL) while a job that must not touch a row twice
//! (`v = v + 1`) runs; each time the job is gone on with by `CALL zdm.run`, and in the end every row is looked at.
//!
//! Kills differ in three ways. *Key*: bigint, uuid, two columns. *Target*: the backend that runs the job (the postmaster then restarts all
//! others), the postmaster alone, or the whole server. *Phase*: a random moment, the middle of a batch's UPDATE, between it and the
//! writing of the position, or around the commit; all but the first are caught with advisory locks that triggers ask for (`lab.rs`), so
//! that the moment is known, not guessed.
//!
//! `ZDM_SEED` repeats the choices of a run, `ZDM_KILLS` sets how many times the plan is carried out (1).

mod lab;
mod orphan;

use std::collections::BTreeMap;

use lab::{Key, Lab};
use zdm_cluster_tests::{Random, Stop};

/// What to kill when; `Backend` is the one that runs the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Backend,
    Server(Stop),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Any time from the CALL on: planning, batches, pauses.
    Random,
    /// While the UPDATE of a batch waits at the gate in one of its rows.
    InUpdate,
    /// Some time after the UPDATE was let through that gate.
    AfterUpdate,
    /// While the batch, its rows changed, waits at the gate before the job's position is written.
    InPosition,
    /// While the commit waits at the gate in a deferred trigger.
    InCommit,
    /// Some microseconds after the commit was let through that gate.
    AfterCommit,
}

/// Kills of each kind per key: together 83.
const PLAN: [(Target, Phase, usize); 18] = [
    (Target::Backend, Phase::Random, 19),
    (Target::Backend, Phase::InUpdate, 12),
    (Target::Backend, Phase::AfterUpdate, 6),
    (Target::Backend, Phase::InPosition, 4),
    (Target::Backend, Phase::InCommit, 5),
    (Target::Backend, Phase::AfterCommit, 8),
    (Target::Server(Stop::KillPostmaster), Phase::Random, 4),
    (Target::Server(Stop::KillPostmaster), Phase::InUpdate, 4),
    (Target::Server(Stop::KillPostmaster), Phase::AfterUpdate, 1),
    (Target::Server(Stop::KillPostmaster), Phase::InPosition, 1),
    (Target::Server(Stop::KillPostmaster), Phase::InCommit, 2),
    (Target::Server(Stop::KillPostmaster), Phase::AfterCommit, 3),
    (Target::Server(Stop::KillAll), Phase::Random, 4),
    (Target::Server(Stop::KillAll), Phase::InUpdate, 4),
    (Target::Server(Stop::KillAll), Phase::AfterUpdate, 1),
    (Target::Server(Stop::KillAll), Phase::InPosition, 1),
    (Target::Server(Stop::KillAll), Phase::InCommit, 1),
    (Target::Server(Stop::KillAll), Phase::AfterCommit, 3),
];

/// Kills in the life of one job.
const KILLS_PER_JOB: usize = 11;

type Histogram = BTreeMap<(Phase, Target, Key, &'static str), usize>;

#[test]
fn nothing_is_lost_and_nothing_done_twice_by_kills() {
    let seed = Random::seed_of_run();
    let times = std::env::var("ZDM_KILLS").map_or(1, |text| text.parse().expect("ZDM_KILLS is a number"));
    println!("seed {seed} (repeat with ZDM_SEED={seed})");

    let threads: Vec<_> =
        [Key::Bigint, Key::Uuid, Key::Pair].into_iter().map(|key| std::thread::spawn(move || kill_jobs_of(key, seed, times))).collect();
    let mut histogram = Histogram::new();
    let mut failed = false;
    for thread in threads {
        match thread.join() {
            Ok(kills) => histogram.extend(kills),
            Err(_) => failed = true,
        }
    }

    println!("{:<12} {:<23} {:<7} {:<22} kills", "phase", "target", "key", "the batch then");
    for ((phase, target, key, then), kills) in &histogram {
        println!("{:<12} {:<23} {:<7} {then:<22} {kills:>5}", format!("{phase:?}"), format!("{target:?}"), format!("{key:?}"));
    }
    assert!(!failed, "see above; repeat with ZDM_SEED={seed}");

    let sum = |which: &dyn Fn(Phase) -> bool| -> usize { histogram.iter().filter(|(kill, _)| which(kill.0)).map(|(_, n)| n).sum() };
    let all = sum(&|_| true);
    let in_update = sum(&|phase| phase == Phase::InUpdate);
    let at_commit = sum(&|phase| phase == Phase::InCommit || phase == Phase::AfterCommit);
    println!("{all} kills, {in_update} of them in an UPDATE, {at_commit} around a commit: every row was changed exactly once");
    assert!(all >= 200 && in_update >= 50 && at_commit >= 20, "too few kills of a kind");
}

fn kill_jobs_of(key: Key, seed: u64, times: usize) -> Histogram {
    let mut random = Random::new(seed, key as u64);
    let mut kills = Vec::new();
    for (target, phase, count) in PLAN {
        kills.extend(std::iter::repeat_n((target, phase), count * times));
    }
    random.shuffle(&mut kills);

    let mut lab = Lab::new(key);
    let mut histogram = Histogram::new();
    for kills_of_job in kills.chunks(KILLS_PER_JOB) {
        lab.new_table(kills_of_job.len());
        for &(target, phase) in kills_of_job {
            let then = lab.kill(target, phase, &mut random);
            *histogram.entry((phase, target, key, then)).or_default() += 1;
        }
        lab.finish_and_check_every_row();
    }
    histogram
}
