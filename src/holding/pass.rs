//! A pass that time stops and not a budget: who gets how much of a lock, and how long they wait for
//! it.
//!
//! A budget would make all threads end alike; here the one that starves ends with little. `clocked` has what of it is
//! clocked.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Clocked, Clocks, Work, parallel, seed, steps};
use crate::clock;
use crate::critical::Guarded;
use crate::lock::Lock;
use crate::round::{Round, jain, nanos, shares};
use crate::team::{Failure, Pace, Plan, Seat, Stage, Team};
use crate::think::{Jitter, NoThink, Think};

/// How long a pass lasts.
pub const PASS: Duration = Duration::from_millis(1000);
/// Time after which a pass that did not end by itself is told to.
const SLACK: Duration = Duration::from_millis(200);

/// A critical section is long if it takes so many times as long as two looks at the clock, or noting a wait.
const LONG: f64 = 100.0;

/// What a pass found.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// The pass as a round, with what the lock's own data counted: critical sections as kept, and as anomalies how often
    /// two threads were seen inside at once.
    pub round: Round,
    /// Jain's index over the threads.
    pub jain: f64,
    /// The least and the greatest share.
    pub shares: Shares,
    /// Who had the lock, and for how long in a row.
    pub turns: Turns,
    /// How long acquiring took; `None` when nothing was sampled.
    pub waits: Option<Waits>,
}

/// Who had the lock in a time-stopped pass, and for how long in a row. A turn is what one thread does with the lock before
/// another thread gets it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turns {
    /// Critical sections of each thread.
    pub sections: Vec<u64>,
    /// How often the lock went to another thread than the one before.
    pub hand_offs: u64,
    /// The most critical sections of one turn.
    pub longest: u64,
}

impl Turns {
    /// Says what makes them impossible, if anything does.
    pub(crate) fn fault(&self) -> Option<String> {
        let Turns { sections, hand_offs, longest } = self;
        let all = sections.iter().try_fold(0_u64, |sum, &one| sum.checked_add(one));
        let most = sections.iter().copied().max().unwrap_or(0);
        let can_be = all.is_some_and(|all| *hand_offs < all.max(1)) && *longest <= most;
        (!can_be).then(|| format!("{hand_offs} hand-offs and {longest} sections in a row cannot be"))
    }
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
    /// `max` and `longest` are lower bounds where the longest wait is one of them.
    pub open: u64,
    /// The longest of those still open; absent in cells of before December 2026.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest_open: Option<f64>,
    /// Waits sampled.
    pub sampled: u64,
    /// One acquisition in so many was sampled.
    pub one_in: u64,
    /// What two looks at the clock cost, in ns.
    pub clock_ns: f64,
}

impl Waits {
    /// Its times, in ns.
    pub(crate) fn figures(&self) -> [f64; 8] {
        let open = self.longest_open.unwrap_or(0.0);
        [self.p50, self.p90, self.p99, self.p999, self.max, self.longest, self.clock_ns, open]
    }

    /// Whether the longest wait was still open when time was up: it is then a lower bound.
    pub fn is_lower_bound(&self) -> bool {
        self.open > 0 && self.longest_open.is_none_or(|open| open >= self.longest)
    }
}

/// A thread's critical sections in a row.
#[derive(Default)]
struct Turn {
    /// Hand-offs before it.
    began: u64,
    sections: u64,
    /// Sections of the longest turn so far.
    longest: u64,
}

impl Turn {
    /// One more section, after so many hand-offs.
    fn section(&mut self, hand_offs: u64) {
        if hand_offs != self.began {
            *self = Turn { began: hand_offs, sections: 0, ..*self };
        }
        self.sections += 1;
        self.longest = self.longest.max(self.sections);
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
    let clocks = Clocks::new(ns_per_op, 1, time);
    // Waits are noted inside: the lock is then taken again as soon as it was released.
    let inside = nanos(critical) >= LONG * clock::pair_ns();
    match steps(plan, critical) {
        0 => pass_with::<L, NoThink>(team, plan, 0, clocks, inside),
        steps => pass_with::<L, Jitter>(team, plan, steps, clocks, inside),
    }
}

fn pass_with<L: Lock<Guarded>, W: Work>(
    team: &mut Team,
    plan: &Plan,
    critical_steps: u64,
    clocks: Clocks,
    inside: bool,
) -> Result<Pass, Failure> {
    let plan = parallel(plan);
    let part = move |lock: &L, seat: &mut Seat| match plan.pace {
        None => acquire::<L, W>(lock, seat, NoThink, critical_steps, clocks, inside),
        Some(Pace { mean_steps, .. }) => {
            let think = Jitter::new(mean_steps, seat.seed());
            acquire::<L, W>(lock, seat, think, critical_steps, clocks, inside)
        }
    };
    let total = move |lock: &L, round: Round, seen: Vec<(Clocked, Turn)>| {
        let guarded = lock.look(&mut L::Node::default(), |guarded| *guarded);
        let (clocked, turns): (Vec<Clocked>, Vec<Turn>) = seen.into_iter().unzip();
        let sections: Vec<u64> = clocked.iter().map(Clocked::done).collect();
        let pass_ms = round.tallies.iter().map(|tally| nanos(tally.span()) / 1e6).fold(0.0, f64::max);
        let (min, max) = shares(&sections);
        let hand_offs = guarded.hand_offs();
        Pass {
            jain: jain(&sections),
            shares: Shares { min, max, pass_ms },
            waits: Clocked::waits(&clocked),
            turns: Turns { sections, hand_offs, longest: turns.iter().map(|turn| turn.longest).max().unwrap_or(0) },
            round: Round {
                kept: Some(guarded.sections()),
                hand_offs: Some(hand_offs),
                anomalies: Some(guarded.violations()),
                ..round
            },
        }
    };
    team.within(clocks.time() + SLACK, |team| team.play(&plan, |_| L::new(Guarded::default()), part, total))
}

/// One thread's part.
fn acquire<L: Lock<Guarded>, W: Work>(
    lock: &L,
    seat: &mut Seat,
    mut think: impl Think,
    critical_steps: u64,
    clocks: Clocks,
    inside: bool,
) -> (Clocked, Turn) {
    let me = seat.worker();
    let mut node = L::Node::default();
    let mut work = W::of(critical_steps, seed(me));
    let mut turn = Turn::default();
    seat.line_up();
    let mut seen = Clocked::begin(clocks, seed(me));
    while seen.goes_on() && !seat.stopped() {
        let apart = seen.apart();
        let mut unclocked = 0;
        while unclocked < apart && !seat.stopped() {
            think.think();
            let hand_offs = lock.with(&mut node, |guarded| {
                guarded.section(me, || work.think());
                guarded.hand_offs()
            });
            turn.section(hand_offs);
            unclocked += 1;
        }
        think.think();
        let begun = Instant::now();
        let (acquired, hand_offs) = lock.with(&mut node, |guarded| {
            let acquired = Instant::now();
            if inside {
                seen.waited(begun, acquired);
            }
            guarded.section(me, || work.think());
            (acquired, guarded.hand_offs())
        });
        turn.section(hand_offs);
        seat.done(unclocked + 1);
        seen.acquired(unclocked, begun, acquired);
        if !inside {
            seen.waited(begun, acquired);
        }
    }
    seat.enter(Stage::DroppingHandle);
    drop(node);
    seat.finish(0);
    (seen, turn)
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
        let sections = pass.turns.sections.iter().sum::<u64>();
        assert_eq!((pass.round.kept, pass.round.attempted()), (Some(sections), sections));
        assert_eq!((pass.round.anomalies, pass.round.hand_offs), (Some(0), Some(pass.turns.hand_offs)));
        assert_eq!(pass.turns.fault(), None, "{pass:?}");
        assert!(pass.turns.longest >= sections / (pass.turns.hand_offs + 1), "{pass:?}");
        assert!((0.5..=1.0).contains(&pass.jain), "{pass:?}");
        assert!((pass.shares.min + pass.shares.max - 1.0).abs() < 1e-9, "{pass:?}");
        let waits = pass.waits.expect("some were sampled");
        let rising = [waits.p50, waits.p90, waits.p99, waits.p999, waits.max, waits.longest];
        assert!(rising.is_sorted(), "{waits:?}");
        assert!(waits.sampled > 0 && waits.sampled <= sections, "{waits:?}");
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
        assert_eq!((waits.one_in, waits.sampled, waits.open, pass.round.kept), (1, 2, 2, Some(2)));
        assert!(waits.max <= 30e6 && waits.max > 20e6, "{waits:?}");
        assert!(waits.is_lower_bound() && waits.longest_open == Some(waits.max), "{waits:?}");
        assert_eq!((pass.turns.hand_offs, pass.turns.longest), (1, 1), "one section each");
    }

    #[test]
    fn a_turn_ends_when_another_thread_gets_in() {
        let mut turn = Turn::default();
        [0, 0, 0, 2, 4, 4].into_iter().for_each(|hand_offs| turn.section(hand_offs));
        assert_eq!((turn.sections, turn.longest), (2, 3));
    }

    #[test]
    fn turns_that_cannot_be_are_seen() {
        let turns = |sections: &[u64], hand_offs, longest| Turns { sections: sections.into(), hand_offs, longest };
        assert_eq!(turns(&[3, 2], 4, 3).fault(), None);
        assert_eq!(turns(&[0, 0], 0, 0).fault(), None);
        for bad in [turns(&[3, 2], 5, 1), turns(&[3, 2], 1, 4), turns(&[u64::MAX, 1], 0, 1), turns(&[], 1, 0)] {
            assert!(bad.fault().is_some(), "{bad:?}");
        }
    }
}
