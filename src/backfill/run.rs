//! The loop: one batch is one transaction, with its changes and the position after them.

use crate::backfill::job::{Job, Lease};
use crate::backfill::older::wait_for_writers;
use crate::backfill::progress::{Figures, Progress, duration, notice, warning};
use crate::backfill::settings::{Settings, commit_later};
use crate::backfill::target::identity::Same;
use crate::backfill::target::{Part, Walk};
use crate::backfill::transaction;
use crate::backfill::walk::block::{BlockWalk, count_blocks};
use crate::backfill::walk::key::{KeyWalk, count_remaining, upper_bound};
use crate::backfill::walk::ladder::LadderWalk;
use crate::backfill::walk::{Statements, Step, Walker};
use crate::error::{Error, sqlstate};
use crate::guc;
use crate::spi::{Arg, Connection};
use crate::text::{count, thousands};

/// Errors that say "try again": serialization failure, deadlock, lock_timeout.
const RETRY: [&str; 3] = ["40001", "40P01", "55P03"];
const TRIES: u32 = 10;
/// Rows, or blocks, counted in one statement at the end.
const COUNT_ROWS: i64 = 20_000;
const COUNT_BLOCKS: i64 = 400;

/// Runs a job from where it stands to its end.
pub fn to_the_end(connection: &Connection, job: &mut Job) -> Result<(), Error> {
    if !job.bounds_frozen {
        freeze(connection, job)?;
    }
    let lease = Lease::new(connection, job)?;
    let mut progress = Progress::start(job.figures());
    let parts = job.parts.clone();
    for (index, part) in parts.iter().enumerate().skip(job.part as usize - 1) {
        match walk_part(connection, job, &lease, &mut progress, part, index as i64 + 1) {
            Err(error) if error.sqlstate() != sqlstate::UNDEFINED_TABLE || parts.len() == 1 => return Err(error),
            Err(error) if transaction(connection, &job.settings, || exists(connection, part))? => return Err(error),
            Err(_) => notice(
                format!("backfill job {}: {} does not exist any more and is left out", job.id, part.name),
                Some("A partition that was dropped meanwhile has no rows left to change.".to_owned()),
                None,
            ),
            Ok(()) => {}
        }
    }
    let remaining = remaining(connection, job, &parts)?;
    transaction(connection, &job.settings, || job.record_done(connection, remaining))?;
    summary(job, &progress, remaining);
    Ok(())
}

/// Waits for older writers, then writes down the upper bound of each part: what comes later is not part of the job.
fn freeze(connection: &Connection, job: &mut Job) -> Result<(), Error> {
    let relations: Vec<_> = job.parts.iter().map(|part| part.relation).chain([job.target]).collect();
    wait_for_writers(connection, job.id, &relations)?;
    let settings = job.settings.clone();
    transaction(connection, &settings, || {
        for index in 0..job.parts.len() {
            let part = &job.parts[index];
            // A partition that is gone by now is left out when its turn comes.
            if job.parts.len() > 1 && !exists(connection, part)? {
                continue;
            }
            Same::new(part, job.target).check(connection)?;
            if let Walk::Key(key) = &part.walk {
                job.parts[index].upper = upper_bound(connection, part, key)?;
            }
        }
        job.save_bounds(connection)
    })
}

fn walk_part(
    connection: &Connection,
    job: &mut Job,
    lease: &Lease,
    progress: &mut Progress,
    part: &Part,
    number: i64,
) -> Result<(), Error> {
    let statements = statements(job, part);
    let position = if job.part == number { job.position.clone() } else { None };
    let settings = job.settings.clone();
    let mut walker: Box<dyn Walker> = match &part.walk {
        Walk::Key(key) => Box::new(KeyWalk::new(connection, part, key, statements, position)),
        Walk::Ladder(slices) => {
            Box::new(transaction(connection, &settings, || LadderWalk::new(connection, part, *slices, statements, position.as_deref()))?)
        }
        Walk::Block => Box::new(transaction(connection, &settings, || BlockWalk::new(connection, part, statements, position.as_deref()))?),
    };
    let batch = i64::from(job.batch);
    let mut same = Same::new(part, job.target);
    loop {
        loop {
            match walker.wait(batch)? {
                0 => break,
                early => connection.nap(early)?,
            }
        }
        let step = batch_transaction(connection, &settings, || {
            if !guc::SYNCHRONOUS_COMMIT.get() {
                commit_later();
            }
            if same.check(connection)? {
                walker.mind_triggers();
            }
            let step = walker.step(batch)?;
            lease.save(connection, job, number, &step)?;
            Ok(step)
        })?;
        job.accept(number, &step);
        walker.accept(&step);
        progress.tick(job.id, job.figures());
        let last = step.finished && number as usize == job.parts.len();
        // Nothing is read between the commit and the sleep: no snapshot is held, no lock. Ranges without a matching row cost others nothing.
        connection.nap(if step.updated > 0 && !last { job.pause_ms } else { 0 })?;
        if step.finished {
            return Ok(());
        }
    }
}

/// Whether a part is still there. It need not be: partitions come and go.
fn exists(connection: &Connection, part: &Part) -> Result<bool, Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid OPERATOR(pg_catalog.=) $1)";
    Ok(connection.query(sql, &[Arg::oid(part.relation)])?.only()?.bool(0))
}

/// One batch; tried again after an error that time cures.
fn batch_transaction(connection: &Connection, settings: &Settings, mut batch: impl FnMut() -> Result<Step, Error>) -> Result<Step, Error> {
    let mut pause = 20;
    for _ in 1..TRIES {
        match transaction(connection, settings, &mut batch) {
            Err(error) if RETRY.contains(&error.sqlstate().as_str()) => {
                connection.commit()?;
                connection.nap(pause)?;
                pause = (pause * 2).min(1000);
            }
            result => return result,
        }
    }
    transaction(connection, settings, &mut batch)
}

fn statements(job: &Job, part: &Part) -> Statements {
    Statements::new(&part.name, &job.target_name, &job.set_expr, job.where_expr.as_deref())
}

/// Where the assignment makes the WHERE false: how many rows match still. Counted in short statements, each in a transaction of its own.
fn remaining(connection: &Connection, job: &Job, parts: &[Part]) -> Result<Option<i64>, Error> {
    if !job.falsifies || job.where_expr.is_none() {
        return Ok(None);
    }
    let mut total = 0;
    for part in parts {
        if !transaction(connection, &job.settings, || exists(connection, part))? {
            continue;
        }
        let statements = statements(job, part);
        match &part.walk {
            Walk::Key(key) => {
                let mut position: Option<Vec<String>> = None;
                loop {
                    let (count, bound) =
                        counted(connection, job, part, || count_remaining(connection, key, &statements, position.as_deref(), COUNT_ROWS))?;
                    total += count;
                    if bound.is_none() {
                        break;
                    }
                    position = bound;
                }
            }
            Walk::Block | Walk::Ladder(_) => {
                let mut first = 0;
                loop {
                    let (count, blocks) =
                        counted(connection, job, part, || count_blocks(connection, part, &statements, first, COUNT_BLOCKS))?;
                    total += count;
                    first += COUNT_BLOCKS;
                    if first >= blocks {
                        break;
                    }
                }
            }
        }
    }
    Ok(Some(total))
}

/// One count, under the same care as a batch: another table may have the name by now.
fn counted<T>(connection: &Connection, job: &Job, part: &Part, count: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    transaction(connection, &job.settings, || {
        Same::new(part, job.target).check(connection)?;
        count()
    })
}

fn summary(job: &Job, progress: &Progress, remaining: Option<i64>) {
    let Figures { updated, .. } = job.figures();
    let (seconds, speed) = progress.total(job.figures());
    let rest = match remaining {
        None => String::new(),
        Some(1) => " 1 row matches the WHERE now.".to_owned(),
        Some(rows) => format!(" {} match the WHERE now.", count(rows, "row")),
    };
    notice(
        format!("backfill job {} is done: {} updated in {}", job.id, count(updated, "row"), count(job.batches, "batch")),
        Some(format!("It took {} ({} rows/s).{rest}", duration(seconds), thousands(speed))),
        None,
    );
    if job.suppressed > 0 {
        warning(
            format!("backfill job {}: {} selected but not updated", job.id, count(job.suppressed, "row")),
            Some("A BEFORE UPDATE trigger returned NULL for them.".to_owned()),
            Some("Look at the table's BEFORE UPDATE triggers, then backfill the rows that match still.".to_owned()),
        );
    }
}
