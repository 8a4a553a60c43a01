//! What a cell records of locks, of reads and of line transfers.

use serde::{Deserialize, Serialize};

use crate::stats::Interval;

/// What a lock cost around work; times in ns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Holding {
    /// Critical section c as achieved by the loop without the lock.
    pub critical_ns: f64,
    /// Parallel section p, likewise.
    pub parallel_ns: f64,
    /// ns/op per thread less what no lock could save, `max(c + p, threads x c)`; sign kept; absent when oversubscribed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overhead_ns: Option<Interval>,
    /// Share of acquisitions by another thread than the one before, in `[0, 1]`.
    pub hand_off_rate: f64,
}

/// Shares of the work in a time-stopped pass; both are `1 / threads` when all get the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// The thread that got least, of all.
    pub min: f64,
    /// The thread that got most, of all.
    pub max: f64,
    /// How long the pass took, in ms.
    pub pass_ms: f64,
}

/// How long acquiring took in a time-stopped pass, in ns, the clock's own cost taken off. Percentiles are rounded up to
/// two digits of a histogram, by as much as 0.8 %; `max` and `longest` are not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waits {
    /// Half of the sampled waits were no longer.
    pub p50: f64,
    /// 90 % were no longer.
    pub p90: f64,
    /// 99 % were no longer.
    pub p99: f64,
    /// 99.9 % were no longer.
    pub p999: f64,
    /// The longest of those sampled, exactly.
    pub max: f64,
    /// The longest of all, sampled or not, from the gaps between samples.
    pub longest: f64,
    /// Sampled waits that were still open when time was up: they count with what they had lasted, so
    /// `max` and `longest` are then lower bounds.
    pub open: u64,
    /// Waits sampled.
    pub sampled: u64,
    /// One acquisition in so many was sampled.
    pub one_in: u64,
    /// What two looks at the clock cost, in ns.
    pub clock_ns: f64,
}

impl Waits {
    /// Its times, in ns.
    pub(super) fn figures(&self) -> [f64; 7] {
        [self.p50, self.p90, self.p99, self.p999, self.max, self.longest, self.clock_ns]
    }
}

/// How far reads were off, in increments. Percentiles are rounded up to three digits of a histogram; `max` is not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadError {
    /// Half of the reads were off by no more.
    pub median: f64,
    /// 99 % were off by no more.
    pub p99: f64,
    /// The read that was off most, exactly.
    pub max: f64,
    /// By how much the count moved during a read: what no read can tell, the median.
    pub moved: f64,
    /// Reads that were checked.
    pub checked: u64,
}

/// Reads and writes of a mix, in ns per thread.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Share of operations that read, in `[0, 1]`.
    pub share: f64,
    /// What one read costs the thread that makes it, think time taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_ns: Option<Interval>,
    /// What one write costs the thread that makes it, think time taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_ns: Option<Interval>,
    /// The longest run of writes of a round, the median round, in ns: where readers starve writers, it
    /// shows here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_write_ns: Option<f64>,
    /// How far reads were off; absent where nobody writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ReadError>,
}

impl Reading {
    /// Figures that are not negative.
    pub(super) fn figures(&self) -> impl Iterator<Item = f64> {
        self.error.into_iter().flat_map(|error| [error.median, error.p99, error.max, error.moved])
    }

    /// Figures of which something was taken off, so that they may be negative.
    pub(super) fn signed(&self) -> impl Iterator<Item = f64> {
        let intervals = [self.read_ns, self.write_ns].into_iter().flatten();
        intervals.flat_map(|i| [i.low, i.median, i.high]).chain(self.longest_write_ns)
    }
}

/// Which two CPUs passed a cache line to each other, and how many pairs of CPUs that run measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    /// The system's numbers for them, the lower first.
    pub cpus: [usize; 2],
    /// Pairs that the run chose.
    pub pairs: usize,
    /// Pairs there are; more than `pairs` where those are a sample.
    pub of: usize,
}
