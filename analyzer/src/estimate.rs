//! How long work over a table takes: the one place where throughput is written down.
//!
//! The fast end of each range is somewhat above what `bench/throughput` measured on PostgreSQL 18 with a table of 97 MB in cache (2 cores of a
//! virtual machine): scan 2,000 MB/s, foreign key 260, rewrite 200 (with the index of its primary key 140), index 200 to 490, update 30 (11 with
//! three indexes), delete 170. The slow end is what a volume that reads 100 MB/s leaves of it, with sorts that do not fit into memory, and WAL. The truth on a given server lies
//! between, unless it is busy or the table has much out-of-line data, which is not counted. How long a lock is waited for is another question.

use std::time::Duration;

/// At least and at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    pub low: Duration,
    pub high: Duration,
}

/// What is done with every row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// It is read.
    Scan,
    /// It is read and joined with the other side of a foreign key.
    Match,
    /// It is written to a new file. The indexes come on top.
    Rewrite,
    /// It is read and sorted for an index.
    Index,
    /// It is updated where it is, with its indexes.
    Update,
    /// It is deleted where it is.
    Delete,
}

/// Megabytes of heap a second.
struct Range {
    slow: f64,
    fast: f64,
}

impl Work {
    fn throughput(self) -> Range {
        match self {
            Self::Scan => Range { slow: 100.0, fast: 2000.0 },
            Self::Match => Range { slow: 30.0, fast: 500.0 },
            Self::Rewrite => Range { slow: 30.0, fast: 300.0 },
            Self::Index => Range { slow: 20.0, fast: 500.0 },
            Self::Update => Range { slow: 4.0, fast: 40.0 },
            Self::Delete => Range { slow: 10.0, fast: 200.0 },
        }
    }
}

/// Nothing is said below that.
const SHORTEST: f64 = 0.001;

impl Estimate {
    /// For pieces of work that are done one after the other, each over so many bytes of heap.
    pub fn of(work: &[(Work, u64)]) -> Self {
        let seconds = |rate: fn(Range) -> f64| -> f64 {
            work.iter().map(|(work, bytes)| *bytes as f64 / (1024.0 * 1024.0) / rate(work.throughput())).sum()
        };
        Self { low: rounded(seconds(|range| range.fast)), high: rounded(seconds(|range| range.slow)) }
    }

    /// `12 s to 2 min`.
    pub fn text(&self) -> String {
        let (low, high) = (unit(self.low), unit(self.high));
        if self.high < Duration::from_secs(1) {
            return "less than 1 s".to_owned();
        }
        if self.low < Duration::from_secs(1) {
            return format!("up to {} {}", high.0, high.1);
        }
        match (low.1 == high.1, low.0 == high.0) {
            (true, true) => format!("{} {}", low.0, low.1),
            (true, false) => format!("{} to {} {}", low.0, high.0, high.1),
            (false, _) => format!("{} {} to {} {}", low.0, low.1, high.0, high.1),
        }
    }
}

/// Two digits are more than it is worth already.
fn rounded(seconds: f64) -> Duration {
    let seconds = seconds.max(SHORTEST);
    let step = 10_f64.powf(seconds.log10().floor() - 1.0);
    Duration::try_from_secs_f64(((seconds / step).round() * step * 1e6).round() / 1e6).unwrap_or(Duration::MAX)
}

/// A number and the unit that suits it.
fn unit(time: Duration) -> (u64, &'static str) {
    let seconds = time.as_secs_f64();
    let (number, unit) = match seconds {
        ..99.5 => (seconds, "s"),
        ..5970.0 => (seconds / 60.0, "min"),
        ..356_400.0 => (seconds / 3600.0, "h"),
        _ => (seconds / 86_400.0, "days"),
    };
    (number.round() as u64, unit)
}

#[cfg(test)]
mod tests {
    use super::{Estimate, Work};
    use std::time::Duration;

    const GB: u64 = 1 << 30;

    fn text(low: f64, high: f64) -> String {
        Estimate { low: Duration::from_secs_f64(low), high: Duration::from_secs_f64(high) }.text()
    }

    #[test]
    fn more_data_takes_longer() {
        let small = Estimate::of(&[(Work::Scan, GB)]);
        let big = Estimate::of(&[(Work::Scan, 10 * GB)]);
        let both = Estimate::of(&[(Work::Rewrite, GB), (Work::Index, GB)]);
        assert!(small.low < small.high && small.low < big.low && small.high < big.high && small.high < both.high);
        assert_eq!(Estimate::of(&[]).low, Duration::from_millis(1));
        assert!(Estimate::of(&[(Work::Update, u64::MAX); 9]).high > big.high);
    }

    #[test]
    fn times_read_well() {
        assert_eq!(text(0.001, 0.4), "less than 1 s");
        assert_eq!(text(0.5, 12.0), "up to 12 s");
        assert_eq!(text(12.0, 95.0), "12 to 95 s");
        assert_eq!(text(12.0, 12.2), "12 s");
        assert_eq!(text(30.0, 600.0), "30 s to 10 min");
        assert_eq!(text(600.0, 7200.0), "10 min to 2 h");
        assert_eq!(text(7200.0, 864_000.0), "2 h to 10 days");
    }
}
