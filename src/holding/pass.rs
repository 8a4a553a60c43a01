//! A pass that time stops and not a budget: who gets how much of a lock, and how long they wait for
//! it.
//!
//! A budget would make all threads end alike; here the one that starves ends with little. Some
//! acquisitions are clocked, a random one of so many, since a look at the clock costs as much as an
//! uncontended lock. What lies between two of them is clocked as a whole, so that no long wait
//! escapes.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Work, parallel, seed, steps};
use crate::clock;
use crate::critical::Guarded;
use crate::lock::Lock;
use crate::round::{Round, jain, nanos, shares};
use crate::team::{Failure, Pace, Plan, Seat, Stage, Team};
use crate::think::{Jitter, NoThink, Think};
use crate::values::Values;

/// How long a pass lasts.
pub const PASS: Duration = Duration::from_millis(1000);
/// Time after which a pass that did not end by itself is told to.
const SLACK: Duration = Duration::from_millis(200);
/// The longest wait whose percentile is told from a longer one's, in ns: a minute.
const LONGEST: u64 = 60_000_000_000;
/// The most acquisitions that one of is clocked.
const MOST: u64 = 4_096;
/// How much of the time clocks may take.
const CLOCK_SHARE: f64 = 0.05;

/// What a pass found.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Acquisitions of each thread.
    pub done: Vec<u64>,
    /// Critical sections that the lock's own data counted.
    pub kept: u64,
    /// How often two threads were seen inside at once.
    pub violations: u64,
    /// Jain's index over the threads.
    pub jain: f64,
    /// The least and the greatest share.
    pub shares: Shares,
    /// How long acquiring took; `None` when nothing was sampled.
    pub waits: Option<Waits>,
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
    pub(crate) fn figures(&self) -> [f64; 7] {
        [self.p50, self.p90, self.p99, self.p999, self.max, self.longest, self.clock_ns]
    }
}

/// How a pass is clocked.
#[derive(Clone, Copy)]
struct Clocks {
    ns_per_op: f64,
    one_in: u64,
    clock_ns: f64,
    time: Duration,
}

/// What one thread saw.
struct Seen {
    done: u64,
    waits: Values,
    open: u64,
    longest: f64,
}

/// Times in ns, two digits of each, the longest whole.
fn times() -> Values {
    Values::between(1, LONGEST, 2).expect("these bounds are in order")
}

/// Has every thread of `team` acquire a fresh `L` again and again for `time`, as in
/// [`round`](super::round). `ns_per_op` is what an acquisition takes a thread, all included: the
/// fewer are clocked the shorter it is.
///
/// # Errors
/// [`Failure`] when the lock panics or hangs.
pub fn pass<L: Lock<Guarded>>(
    team: &mut Team,
    plan: &Plan,
    critical: Duration,
    ns_per_op: f64,
    time: Duration,
) -> Result<Pass, Failure> {
    match steps(plan, critical) {
        0 => pass_with::<L, NoThink>(team, plan, 0, ns_per_op, time),
        steps => pass_with::<L, Jitter>(team, plan, steps, ns_per_op, time),
    }
}

fn pass_with<L: Lock<Guarded>, W: Work>(
    team: &mut Team,
    plan: &Plan,
    critical_steps: u64,
    ns_per_op: f64,
    time: Duration,
) -> Result<Pass, Failure> {
    let clock_ns = clock::pair_ns();
    let one_in = (clock_ns / (CLOCK_SHARE * ns_per_op.max(1e-3))).ceil().clamp(1.0, MOST as f64) as u64;
    let clocks = Clocks { ns_per_op, one_in, clock_ns, time };
    let plan = parallel(plan);
    let part = move |lock: &L, seat: &mut Seat| match plan.pace {
        None => acquire::<L, W>(lock, seat, NoThink, critical_steps, clocks),
        Some(Pace { mean_steps, .. }) => {
            let think = Jitter::new(mean_steps, seat.seed());
            acquire::<L, W>(lock, seat, think, critical_steps, clocks)
        }
    };
    let total = move |lock: &L, round: Round, seen: Vec<Seen>| {
        let guarded = lock.look(&mut L::Node::default(), |guarded| *guarded);
        let done: Vec<u64> = seen.iter().map(|seen| seen.done).collect();
        let pass_ms = round.tallies.iter().map(|tally| nanos(tally.span()) / 1e6).fold(0.0, f64::max);
        let (min, max) = shares(&done);
        Pass {
            kept: guarded.sections(),
            violations: guarded.violations(),
            jain: jain(&done),
            shares: Shares { min, max, pass_ms },
            waits: waits(&seen, one_in, clock_ns),
            done,
        }
    };
    team.within(time + SLACK, |team| team.play(&plan, |_| L::new(Guarded::default()), part, total))
}

/// The waits of all threads together.
fn waits(seen: &[Seen], one_in: u64, clock_ns: f64) -> Option<Waits> {
    let mut all = times();
    for seen in seen {
        all.add(&seen.waits);
    }
    if all.is_empty() {
        return None;
    }
    let at = |q: f64| all.quantile(q) as f64;
    let max = all.max() as f64;
    Some(Waits {
        p50: at(0.5),
        p90: at(0.9),
        p99: at(0.99),
        p999: at(0.999),
        max,
        longest: seen.iter().map(|seen| seen.longest).fold(max, f64::max),
        open: seen.iter().map(|seen| seen.open).sum(),
        sampled: all.len(),
        one_in,
        clock_ns,
    })
}

/// One thread's part.
fn acquire<L: Lock<Guarded>, W: Work>(
    lock: &L,
    seat: &mut Seat,
    mut think: impl Think,
    critical_steps: u64,
    Clocks { ns_per_op, one_in, clock_ns, time }: Clocks,
) -> Seen {
    let me = seat.worker();
    let mut node = L::Node::default();
    let mut work = W::of(critical_steps, seed(me));
    let mut rng = fastrand::Rng::with_seed(seed(me));
    let mut seen = Seen { done: 0, waits: times(), open: 0, longest: 0.0 };
    seat.line_up();
    let start = Instant::now();
    let deadline = start + time;
    let mut last = start;
    while last < deadline && !seat.stopped() {
        // One in `one_in` on average, at no fixed distance: a fixed one might beat with the lock.
        let apart = rng.u64(0..=2 * (one_in - 1));
        let mut unclocked = 0;
        while unclocked < apart && !seat.stopped() {
            think.think();
            lock.with(&mut node, |guarded| guarded.section(me, || work.think()));
            unclocked += 1;
        }
        think.think();
        let begun = Instant::now();
        if unclocked > 0 {
            // What they took beyond what they usually do was one long wait, at most.
            let usual = (unclocked + 1) as f64 * ns_per_op;
            seen.longest = seen.longest.max(nanos(begun.duration_since(last)) - usual);
        }
        let acquired = lock.with(&mut node, |guarded| {
            let acquired = Instant::now();
            guarded.section(me, || work.think());
            acquired
        });
        last = acquired;
        seat.done(unclocked + 1);
        seen.done += unclocked + 1;
        if acquired <= deadline {
            seen.waits.record((nanos(acquired.duration_since(begun)) - clock_ns).max(1.0) as u64);
        } else if begun < deadline {
            // Still open when time was up: it lasted at least this long.
            seen.open += 1;
            seen.waits.record(nanos(deadline.duration_since(begun)).max(1.0) as u64);
        }
    }
    seat.enter(Stage::DroppingHandle);
    drop(node);
    seat.finish(0);
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::blocking::StdMutexLock;
    use crate::team::Limits;

    #[test]
    fn everything_done_is_kept_and_shared_out() {
        let mut team = Team::start(&[None, None], Limits::default()).unwrap();
        let time = Duration::from_millis(30);
        let pass = pass::<StdMutexLock<Guarded>>(&mut team, &Plan::plain(1), Duration::ZERO, 100.0, time).unwrap();
        assert_eq!(pass.done.iter().sum::<u64>(), pass.kept);
        assert_eq!(pass.violations, 0);
        assert!((0.5..=1.0).contains(&pass.jain), "{pass:?}");
        assert!((pass.shares.min + pass.shares.max - 1.0).abs() < 1e-9, "{pass:?}");
        let waits = pass.waits.expect("some were sampled");
        let rising = [waits.p50, waits.p90, waits.p99, waits.p999, waits.max, waits.longest];
        assert!(rising.is_sorted(), "{waits:?}");
        assert!(waits.sampled > 0 && waits.sampled <= pass.kept, "{waits:?}");
    }

    /// A lock that takes longer to acquire than a pass lasts.
    struct Slow(StdMutexLock<Guarded>);

    impl Lock<Guarded> for Slow {
        const INFO: crate::counter::Info = <StdMutexLock<Guarded> as Lock<Guarded>>::INFO;

        type Node = ();

        fn new(value: Guarded) -> Self {
            Slow(Lock::new(value))
        }

        fn with<R: Send>(&self, node: &mut (), critical: impl FnOnce(&mut Guarded) -> R + Send) -> R {
            self.0.with(node, |guarded| {
                std::thread::sleep(Duration::from_millis(60));
                critical(guarded)
            })
        }
    }

    /// What a thread saw that waited `waits` ns.
    fn seen(waits: &[u64], longest: f64) -> Seen {
        let mut all = times();
        waits.iter().for_each(|&wait| all.record(wait));
        Seen { done: 0, waits: all, open: 0, longest }
    }

    #[test]
    fn the_longest_wait_is_told_as_it_was() {
        let threads = [seen(&[40, 100_001], 0.0), seen(&[50], 90_000.0)];
        let waits = waits(&threads, 1, 20.0).expect("three were sampled");
        assert_eq!((waits.max, waits.longest, waits.p999), (100_001.0, 100_001.0, 100_001.0), "{waits:?}");
        let hidden = self::waits(&[seen(&[40], 70_001.5)], 8, 20.0).expect("one was sampled");
        assert_eq!((hidden.max, hidden.longest), (40.0, 70_001.5), "{hidden:?}");
        assert_eq!(self::waits(&[seen(&[], 0.0)], 1, 20.0), None);
    }

    #[test]
    fn a_wait_still_open_at_the_end_counts_with_what_it_had_lasted() {
        let mut team = Team::start(&[None, None], Limits::default()).unwrap();
        let time = Duration::from_millis(30);
        let pass = pass::<Slow>(&mut team, &Plan::plain(1), Duration::ZERO, 1e9, time).unwrap();
        let waits = pass.waits.expect("every acquisition is clocked");
        assert_eq!((waits.one_in, waits.sampled, waits.open, pass.kept), (1, 2, 2, 2));
        assert!(waits.max <= 30e6 && waits.max > 20e6, "{waits:?}");
    }
}
