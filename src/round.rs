//! One timed run of all threads on one fresh counter, and every figure that follows from it. All
//! divisions live in this room.

mod figures;
#[cfg(feature = "suite")]
mod series;

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::counter::Grade;
use crate::ids::with_ids;
use crate::think::Gauge;
use figures::ratio;
pub use figures::{
    collapse, expected_racy_loss, in_units, jain, nanos, ns_per_kept, overhead_ns, per_second, share, share_of, shares,
};
#[cfg(feature = "suite")]
pub use series::{LossRate, Overlap, Series, VALID_FROM};

/// Rounds shorter than this say little: the start and the end weigh too much.
pub const SHORT: Duration = Duration::from_millis(10);
/// The share of its span a thread may wait for a CPU.
pub const PREEMPTED_ABOVE: f64 = 0.03;
/// The share of a round in which all threads must be counting.
pub const OVERLAP_BELOW: f64 = 0.9;

with_ids! {
    /// Whether a round's or a cell's figures can be trusted, and if not, the first reason why.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Verdict {
        /// All threads were counting, each on its own CPU, for long enough.
        Valid = "valid",
        /// Threads were not tied to CPUs, so nobody knows whether they met.
        Unpinned = "unpinned",
        /// Shorter than 10 ms.
        Short = "short",
        /// More threads than usable CPUs: its own regime.
        Oversubscribed = "oversubscribed",
        /// A thread waited for a CPU for more than 3 % of its span.
        Preempted = "preempted",
        /// The threads hardly overlapped.
        Serialised = "serialised",
    }
}

/// What one thread did in one round.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tally {
    /// Increments it completed.
    pub attempted: u64,
    /// When its clock went on, since the round's epoch.
    pub start: Duration,
    /// When its clock went off, its handle dropped by then.
    pub end: Duration,
    /// How long it stood on a run queue meanwhile; `None` where the system does not say.
    pub waited: Option<Duration>,
    /// Whether it was tied to one CPU.
    pub pinned: bool,
    /// CPU ids it was seen on, at start and end.
    pub cpus: Vec<usize>,
    /// Steps of think time it drew.
    pub think_steps: u64,
}

impl Tally {
    /// How long its clock was on.
    pub(crate) fn span(&self) -> Duration {
        self.end.saturating_sub(self.start)
    }
}

/// What must be known of the place a round ran in to judge it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Setting {
    /// CPUs a run may use.
    pub usable_cpus: usize,
    /// The counter's own helper threads.
    pub helpers: usize,
}

/// Reads and writes of a round, told apart; times are sums over all threads, think time and clock
/// taken off, in ns.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ReadsAndWrites {
    /// Reads completed.
    pub reads: u64,
    /// Writes completed.
    pub writes: u64,
    /// Time spent reading.
    pub read_ns: f64,
    /// Time spent writing.
    pub write_ns: f64,
    /// The longest run of writes that was clocked.
    pub longest_write_ns: f64,
}

impl ReadsAndWrites {
    /// What one read took the thread that made it, in ns; `None` when there was none.
    pub fn ns_per_read(&self) -> Option<f64> {
        (self.reads > 0).then(|| ratio(self.read_ns, self.reads as f64))
    }

    /// What one write took the thread that made it, in ns; `None` when there was none.
    pub fn ns_per_write(&self) -> Option<f64> {
        (self.writes > 0).then(|| ratio(self.write_ns, self.writes as f64))
    }
}

/// What came of the instances of a litmus test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Instances by outcome, in the order of the test's outcomes.
    pub counts: Vec<u64>,
    /// Instances in which threads are known to have met: at least so many did.
    pub met: u64,
}

/// One timed run of all threads on one fresh counter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Round {
    /// Iterations asked for: increments by each thread.
    pub iters: u64,
    /// One tally a thread.
    pub tallies: Vec<Tally>,
    /// What the counter held once all handles were dropped; `None` for a control.
    pub kept: Option<u64>,
    /// Anomalies that threads saw; `None` where increments are counted, and for a control.
    pub anomalies: Option<u64>,
    /// How often a lock went to another thread than the one before; `None` without a lock.
    pub hand_offs: Option<u64>,
    /// What reads and writes took, told apart; `None` where nothing was told apart.
    pub mix: Option<ReadsAndWrites>,
    /// How many anomalies there could have been, where that is not one an attempt.
    pub chances: Option<u64>,
    /// What came of it; `None` where it is no litmus test.
    pub outcomes: Option<Outcomes>,
    /// CPU time of the whole process meanwhile; `None` where the system does not say.
    pub cpu: Option<Duration>,
    /// What think steps cost; `None` without think time.
    pub gauge: Option<Gauge>,
    /// Where it ran.
    pub setting: Setting,
}

impl Round {
    /// What is known of any round; the rest is for those who know more to fill in.
    pub fn of(iters: u64, tallies: Vec<Tally>, setting: Setting) -> Round {
        Round { iters, tallies, setting, ..Round::default() }
    }

    /// Counting threads.
    pub fn threads(&self) -> usize {
        self.tallies.len()
    }

    /// Increments completed, from exact per-thread tallies.
    pub fn attempted(&self) -> u64 {
        self.tallies.iter().map(|t| t.attempted).sum()
    }

    /// `attempted - kept`; `None` for a control, or when more was kept than attempted
    /// ([`Round::fault`] says so then).
    pub fn lost(&self) -> Option<u64> {
        self.attempted().checked_sub(self.kept?)
    }

    /// `lost / attempted`, in `[0, 1]`.
    pub fn loss_rate(&self) -> Option<f64> {
        Some(ratio(self.lost()? as f64, self.attempted() as f64))
    }

    /// From the first thread's start to the last one's end.
    pub fn wall(&self) -> Duration {
        let starts = self.tallies.iter().map(|t| t.start).min();
        let ends = self.tallies.iter().map(|t| t.end).max();
        ends.unwrap_or_default().saturating_sub(starts.unwrap_or_default())
    }

    /// `(earliest end - latest start) / (latest end - earliest start)`: at most 1, negative when
    /// threads never met, 1 for one thread.
    pub fn overlap(&self) -> f64 {
        if self.threads() <= 1 {
            return 1.0;
        }
        let latest_start = self.tallies.iter().map(|t| t.start).max().unwrap_or_default();
        let earliest_end = self.tallies.iter().map(|t| t.end).min().unwrap_or_default();
        ratio(nanos(earliest_end) - nanos(latest_start), nanos(self.wall()))
    }

    /// `threads x wall / attempted`, in ns: what one increment costs the thread that makes it.
    pub fn ns_per_op_per_thread(&self) -> f64 {
        ratio(self.threads() as f64 * nanos(self.wall()), self.attempted() as f64)
    }

    /// Attempted per second of wall time.
    pub fn throughput(&self) -> f64 {
        ratio(self.attempted() as f64, self.wall().as_secs_f64())
    }

    /// Kept per second of wall time; `None` for a control.
    pub fn goodput(&self) -> Option<f64> {
        Some(ratio(self.kept? as f64, self.wall().as_secs_f64()))
    }

    /// CPU time per increment, in ns, helpers included.
    pub fn cpu_ns_per_op(&self) -> Option<f64> {
        Some(ratio(nanos(self.cpu?), self.attempted() as f64))
    }

    /// Mean think time drawn between two increments, in ns; `None` without think time.
    pub fn think_ns(&self) -> Option<f64> {
        Some(self.gauge?.ns_of(self.mean_think_steps()))
    }

    /// Mean steps of think time drawn.
    pub fn mean_think_steps(&self) -> f64 {
        let steps: u64 = self.tallies.iter().map(|t| t.think_steps).sum();
        ratio(steps as f64, self.attempted() as f64)
    }

    /// The time Criterion is given, in ns, at least 1: the wall time, scaled to the iterations it
    /// asked for when the round was cut short.
    pub fn criterion_ns(&self) -> f64 {
        self.criterion_ns_for(self.iters).max(1.0)
    }

    /// The time that `iters` iterations would have taken at the speed of this round, in ns; never 0.
    pub fn criterion_ns_for(&self, iters: u64) -> f64 {
        let asked = iters as f64 * self.threads() as f64;
        (nanos(self.wall()) * ratio(asked, self.attempted() as f64)).max(1e-3)
    }

    /// Share of acquisitions by another thread than the one before, in `[0, 1]`; `None` without a
    /// lock.
    pub fn hand_off_rate(&self) -> Option<f64> {
        Some(share(self.hand_offs?, self.attempted()))
    }

    /// The first verdict that applies.
    pub fn verdict(&self) -> Verdict {
        let preempted =
            |t: &Tally| t.waited.is_some_and(|w| w.as_secs_f64() > PREEMPTED_ABOVE * t.span().as_secs_f64());
        if self.tallies.iter().any(|t| !t.pinned) {
            Verdict::Unpinned
        } else if self.wall() < SHORT {
            Verdict::Short
        } else if self.threads() + self.setting.helpers > self.setting.usable_cpus {
            Verdict::Oversubscribed
        } else if self.tallies.iter().any(preempted) {
            Verdict::Preempted
        } else if self.overlap() < OVERLAP_BELOW {
            Verdict::Serialised
        } else {
            Verdict::Valid
        }
    }

    /// Whether its time is a figure at all: not that of a start and an end, nor of threads of which none met another.
    pub fn is_figure(&self) -> bool {
        self.wall() >= SHORT && self.overlap() > 0.0
    }

    /// Whether it ended before all of `iters` iterations were done.
    pub fn was_cut(&self, iters: u64) -> bool {
        self.attempted() < iters.saturating_mul(self.threads() as u64)
    }

    /// What cannot be, whatever the counter: more kept than attempted, or fewer than two kept
    /// where loads and stores by several threads cannot get below two. A harness bug, or a counter
    /// that invents counts.
    pub fn fault(&self, grade: Grade) -> Option<String> {
        let (attempted, kept) = (self.attempted(), self.kept?);
        if kept > attempted {
            return Some(format!("kept {kept} of only {attempted} attempted"));
        }
        let each_two = self.threads() >= 2 && self.tallies.iter().all(|t| t.attempted >= 2);
        (grade == Grade::Racy && each_two && kept < 2)
            .then(|| format!("kept {kept} of {attempted}: loads and stores cannot lose that many"))
    }
}

#[cfg(test)]
mod tests;
