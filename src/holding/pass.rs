//! A pass that time stops and not a budget: who gets how much of a lock, and how long they wait for
//! it.
//!
//! A budget would make all threads end alike; here the one that starves ends with little. `clocked` has what of it is
//! clocked.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Clocked, Clocks, Work, parallel, seed, steps};
use crate::critical::Guarded;
use crate::lock::Lock;
use crate::round::{Round, jain, nanos, shares};
use crate::team::{Failure, Pace, Plan, Seat, Stage, Team};
use crate::think::{Jitter, NoThink, Think};

/// How long a pass lasts.
pub const PASS: Duration = Duration::from_millis(1000);
/// Time after which a pass that did not end by itself is told to.
const SLACK: Duration = Duration::from_millis(200);

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
    let clocks = Clocks::new(ns_per_op, 1, time);
    let plan = parallel(plan);
    let part = move |lock: &L, seat: &mut Seat| match plan.pace {
        None => acquire::<L, W>(lock, seat, NoThink, critical_steps, clocks),
        Some(Pace { mean_steps, .. }) => {
            let think = Jitter::new(mean_steps, seat.seed());
            acquire::<L, W>(lock, seat, think, critical_steps, clocks)
        }
    };
    let total = move |lock: &L, round: Round, seen: Vec<Clocked>| {
        let guarded = lock.look(&mut L::Node::default(), |guarded| *guarded);
        let done: Vec<u64> = seen.iter().map(Clocked::done).collect();
        let pass_ms = round.tallies.iter().map(|tally| nanos(tally.span()) / 1e6).fold(0.0, f64::max);
        let (min, max) = shares(&done);
        Pass {
            kept: guarded.sections(),
            violations: guarded.violations(),
            jain: jain(&done),
            shares: Shares { min, max, pass_ms },
            waits: Clocked::waits(&seen),
            done,
        }
    };
    team.within(time + SLACK, |team| team.play(&plan, |_| L::new(Guarded::default()), part, total))
}

/// One thread's part.
fn acquire<L: Lock<Guarded>, W: Work>(
    lock: &L,
    seat: &mut Seat,
    mut think: impl Think,
    critical_steps: u64,
    clocks: Clocks,
) -> Clocked {
    let me = seat.worker();
    let mut node = L::Node::default();
    let mut work = W::of(critical_steps, seed(me));
    seat.line_up();
    let mut seen = Clocked::begin(clocks, seed(me));
    while seen.goes_on() && !seat.stopped() {
        let apart = seen.apart();
        let mut unclocked = 0;
        while unclocked < apart && !seat.stopped() {
            think.think();
            lock.with(&mut node, |guarded| guarded.section(me, || work.think()));
            unclocked += 1;
        }
        think.think();
        let begun = Instant::now();
        let acquired = lock.with(&mut node, |guarded| {
            let acquired = Instant::now();
            guarded.section(me, || work.think());
            acquired
        });
        seat.done(unclocked + 1);
        seen.note(unclocked, begun, acquired);
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
