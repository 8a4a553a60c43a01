//! Waits for a lock, as one thread or one task clocks them.
//!
//! Some acquisitions are clocked, a random one of so many, since a look at the clock costs as much as an uncontended
//! lock. What lies between two of them is clocked as a whole, so that no long wait escapes.

use std::time::{Duration, Instant};

use super::Waits;
use crate::clock;
use crate::round::nanos;
use crate::values::Values;

/// The longest wait whose percentile is told from a longer one's, in ns: a minute.
const LONGEST: u64 = 60_000_000_000;
/// The most acquisitions that one of is clocked.
const MOST: u64 = 4_096;
/// How much of the time clocks may take.
const CLOCK_SHARE: f64 = 0.05;

/// How a pass is clocked.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    /// What an acquisition takes who makes it.
    ns_per_op: f64,
    one_in: u64,
    clock_ns: f64,
    time: Duration,
}

impl Clocks {
    /// For a pass of `time`, in which an acquisition takes a thread `ns_per_op`, all included, and so many `tasks` take
    /// turns on a thread (1 for the thread itself). The shorter an acquisition, the fewer are clocked.
    pub fn new(ns_per_op: f64, tasks: usize, time: Duration) -> Clocks {
        let clock_ns = clock::pair_ns();
        let one_in = (clock_ns / (CLOCK_SHARE * ns_per_op.max(1e-3))).ceil().clamp(1.0, MOST as f64) as u64;
        Clocks { ns_per_op: ns_per_op * tasks as f64, one_in, clock_ns, time }
    }

    /// How long the pass lasts.
    pub fn time(&self) -> Duration {
        self.time
    }
}

/// No waits yet: two digits of each, the longest whole.
fn none() -> Values {
    Values::between(1, LONGEST, 2).expect("these bounds are in order")
}

/// What one thread or task saw.
pub struct Clocked {
    clocks: Clocks,
    rng: fastrand::Rng,
    deadline: Instant,
    last: Instant,
    done: u64,
    waits: Values,
    open: u64,
    longest_open: u64,
    longest: f64,
}

impl Clocked {
    /// Its time begins now. It draws random numbers in the way of `seed`.
    pub fn begin(clocks: Clocks, seed: u64) -> Clocked {
        let (rng, waits) = (fastrand::Rng::with_seed(seed), none());
        let now = Instant::now();
        let (done, open, longest_open, longest) = (0, 0, 0, 0.0);
        Clocked { clocks, rng, deadline: now + clocks.time, last: now, done, waits, open, longest_open, longest }
    }

    /// Whether there is time left.
    pub fn goes_on(&self) -> bool {
        self.last < self.deadline
    }

    /// How many acquisitions to leave unclocked before the next one that is clocked. At no fixed distance, which might
    /// beat with the lock.
    pub fn apart(&mut self) -> u64 {
        self.rng.u64(0..=2 * (self.clocks.one_in - 1))
    }

    /// Notes an acquisition that was clocked, but for its wait, and the `unclocked` ones before it.
    pub fn acquired(&mut self, unclocked: u64, begun: Instant, acquired: Instant) {
        if unclocked > 0 {
            // What they took beyond what they usually do was one long wait, at most.
            let usual = (unclocked + 1) as f64 * self.clocks.ns_per_op;
            self.longest = self.longest.max(nanos(begun.duration_since(self.last)) - usual);
        }
        self.last = acquired;
        self.done += unclocked + 1;
    }

    /// Notes its wait.
    pub fn waited(&mut self, begun: Instant, acquired: Instant) {
        if acquired <= self.deadline {
            self.waits.record((nanos(acquired.duration_since(begun)) - self.clocks.clock_ns).max(1.0) as u64);
        } else if begun < self.deadline {
            // Still open when time was up: it lasted at least this long.
            let lasted = nanos(self.deadline.duration_since(begun)).max(1.0) as u64;
            self.open += 1;
            self.longest_open = self.longest_open.max(lasted);
            self.waits.record(lasted);
        }
    }

    /// Acquisitions noted.
    pub fn done(&self) -> u64 {
        self.done
    }

    /// The waits of all together; `None` when nothing was clocked.
    pub fn waits(all: &[Clocked]) -> Option<Waits> {
        let Clocks { one_in, clock_ns, .. } = all.first()?.clocks;
        let mut values = none();
        all.iter().for_each(|one| values.add(&one.waits));
        if values.is_empty() {
            return None;
        }
        let at = |q: f64| values.quantile(q) as f64;
        let max = values.max() as f64;
        Some(Waits {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max,
            longest: all.iter().map(|one| one.longest).fold(max, f64::max),
            open: all.iter().map(|one| one.open).sum(),
            longest_open: all.iter().map(|one| one.longest_open as f64).reduce(f64::max),
            sampled: values.len(),
            one_in,
            clock_ns,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a thread saw that waited `waits` ns.
    fn seen(waits: &[u64], longest: f64) -> Clocked {
        let clocks = Clocks { ns_per_op: 100.0, one_in: 8, clock_ns: 20.0, time: Duration::from_secs(1) };
        let mut seen = Clocked { longest, ..Clocked::begin(clocks, 0) };
        waits.iter().for_each(|&wait| seen.waits.record(wait));
        seen
    }

    #[test]
    fn the_longest_wait_is_told_as_it_was() {
        let threads = [seen(&[40, 100_001], 0.0), seen(&[50], 90_000.0)];
        let waits = Clocked::waits(&threads).expect("three were sampled");
        assert_eq!((waits.max, waits.longest, waits.p999), (100_001.0, 100_001.0, 100_001.0), "{waits:?}");
        let hidden = Clocked::waits(&[seen(&[40], 70_001.5)]).expect("one was sampled");
        assert_eq!((hidden.max, hidden.longest), (40.0, 70_001.5), "{hidden:?}");
        assert_eq!(Clocked::waits(&[seen(&[], 0.0)]), None);
        assert_eq!(Clocked::waits(&[]), None);
    }

    #[test]
    fn the_longest_wait_is_a_lower_bound_where_it_was_still_open() {
        let of = |open, longest_open| {
            let one = Clocked { open, longest_open, ..seen(&[40, 70], 0.0) };
            Clocked::waits(&[one, seen(&[50], 0.0)]).expect("three were sampled")
        };
        assert_eq!([of(0, 0), of(1, 40), of(1, 70)].map(|w| w.is_lower_bound()), [false, false, true]);
        let old = Waits { longest_open: None, ..of(1, 40) };
        assert!(old.is_lower_bound(), "of an old cell nobody knows");
    }

    #[test]
    fn what_lies_between_two_clocked_ones_is_no_longer_than_usual_or_a_wait() {
        let mut seen = seen(&[], 0.0);
        let start = seen.last;
        let at = |ns| start + Duration::from_nanos(ns);
        // Three took 100 ns each as usual, and 5,000 more; the fourth waited for 60, the clock's 20 among them.
        seen.acquired(3, at(5_400), at(5_460));
        seen.waited(at(5_400), at(5_460));
        let waits = Clocked::waits(std::slice::from_ref(&seen)).unwrap();
        assert_eq!((seen.done(), waits.max, waits.longest, waits.open), (4, 40.0, 5_000.0, 0), "{waits:?}");
        // Begun in time, and not over.
        let ends = 1_000_000_000;
        assert!(seen.goes_on());
        seen.acquired(0, at(ends - 1_000), at(ends + 9_000));
        seen.waited(at(ends - 1_000), at(ends + 9_000));
        let waits = Clocked::waits(std::slice::from_ref(&seen)).unwrap();
        assert_eq!((seen.done(), waits.max, waits.open, seen.goes_on()), (5, 1_000.0, 1, false), "{waits:?}");
        assert_eq!(waits.longest_open, Some(1_000.0));
    }
}
