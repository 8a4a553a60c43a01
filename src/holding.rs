//! A lock at work: held for a critical section, left alone for a parallel one, and the same loop
//! without any lock.
//!
//! The parallel section is the think time of the kernel; the critical one is inside
//! the handle's increment, in the middle of [`Guarded::section`].

mod clocked;
mod pass;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

pub use clocked::{Clocked, Clocks};
pub use pass::{PASS, Pass, Shares, Turns, Waits, pass};

use crate::counter::{Counter, Grade, Handle, Info};
use crate::critical::Guarded;
use crate::kernel;
use crate::lock::Lock;
use crate::round::{Round, nanos};
use crate::team::{Failure, Plan, Team};
use crate::think::{Jitter, NoThink, Think};

/// Facts of the loop without a lock.
pub const NO_LOCK: Info = Info {
    id: "no_lock",
    family: "control",
    grade: Grade::Control,
    helpers: 0,
    summary: "the same loop without a lock, each thread with data of its own",
    source: "the floor of any lock",
};

/// Work inside a critical section.
pub(crate) trait Work: Think + Send + 'static {
    /// `mean_steps` on average, in the way of `seed`.
    fn of(mean_steps: u64, seed: u64) -> Self;
}

impl Work for NoThink {
    fn of(_mean_steps: u64, _seed: u64) -> Self {
        NoThink
    }
}

impl Work for Jitter {
    fn of(mean_steps: u64, seed: u64) -> Self {
        Jitter::new(mean_steps, seed)
    }
}

/// Seeds of critical sections, far from those of parallel ones.
pub(crate) fn seed(thread: usize) -> u64 {
    (1 << 60) + thread as u64
}

/// A lock, the data it guards, and how long it is held.
struct Held<L, W> {
    lock: L,
    threads: AtomicUsize,
    mean_steps: u64,
    work: std::marker::PhantomData<fn() -> W>,
}

/// One thread's use of it.
struct Holder<'a, L: Lock<Guarded>, W> {
    lock: &'a L,
    node: L::Node,
    me: usize,
    work: W,
}

impl<L: Lock<Guarded>, W: Work> Handle for Holder<'_, L, W> {
    #[inline]
    fn increment(&mut self) {
        let Holder { lock, node, me, work } = self;
        lock.with(node, |guarded| guarded.section(*me, || work.think()));
    }
}

impl<L: Lock<Guarded>, W: Work> Held<L, W> {
    fn new(mean_steps: u64) -> Self {
        let lock = L::new(Guarded::default());
        Held { lock, threads: AtomicUsize::new(0), mean_steps, work: std::marker::PhantomData }
    }

    fn guarded(&self) -> Guarded {
        self.lock.look(&mut L::Node::default(), |guarded| *guarded)
    }
}

impl<L: Lock<Guarded>, W: Work> Counter for Held<L, W> {
    const INFO: Info = L::INFO;

    type Handle<'a> = Holder<'a, L, W>;

    fn new(_threads: usize) -> Self {
        Held::new(0)
    }

    fn handle(&self) -> Holder<'_, L, W> {
        let me = self.threads.fetch_add(1, Relaxed);
        Holder { lock: &self.lock, node: L::Node::default(), me, work: W::of(self.mean_steps, seed(me)) }
    }

    /// Critical sections completed.
    fn total(&self) -> u64 {
        self.guarded().sections()
    }
}

/// The same loop without a lock.
struct Alone<W> {
    threads: AtomicUsize,
    mean_steps: u64,
    work: std::marker::PhantomData<fn() -> W>,
}

/// One thread's data.
struct Own<W> {
    data: Guarded,
    me: usize,
    work: W,
}

impl<W: Work> Handle for Own<W> {
    #[inline]
    fn increment(&mut self) {
        let Own { data, me, work } = self;
        data.section(*me, || work.think());
    }
}

impl<W: Work> Counter for Alone<W> {
    const INFO: Info = NO_LOCK;

    type Handle<'a> = Own<W>;

    fn new(_threads: usize) -> Self {
        Alone { threads: AtomicUsize::new(0), mean_steps: 0, work: std::marker::PhantomData }
    }

    fn handle(&self) -> Own<W> {
        let me = self.threads.fetch_add(1, Relaxed);
        Own { data: Guarded::default(), me, work: W::of(self.mean_steps, seed(me)) }
    }

    fn total(&self) -> u64 {
        0
    }
}

/// Steps of a critical section of `critical` on average; 0 for none.
fn steps(plan: &Plan, critical: Duration) -> u64 {
    if critical.is_zero() { 0 } else { plan.pace.map_or(0, |pace| pace.gauge.steps_for(nanos(critical))) }
}

/// The plan without the pace of a parallel section where there is none.
fn parallel(plan: &Plan) -> Plan {
    Plan { pace: plan.pace.filter(|pace| pace.mean_steps > 0), ..*plan }
}

/// Runs one round of acquisitions of a fresh `L`, held for `critical` on average;
/// the pace must be known unless there is neither critical nor parallel section.
///
/// The round keeps the sections completed, how often the lock changed its owner, and as anomalies
/// how often two threads were seen inside.
///
/// # Errors
/// [`Failure`] when the lock panics or hangs.
pub fn round<L: Lock<Guarded>>(team: &mut Team, plan: &Plan, critical: Duration) -> Result<Round, Failure> {
    match steps(plan, critical) {
        0 => round_with::<L, NoThink>(team, plan, 0),
        steps => round_with::<L, Jitter>(team, plan, steps),
    }
}

fn round_with<L: Lock<Guarded>, W: Work>(team: &mut Team, plan: &Plan, steps: u64) -> Result<Round, Failure> {
    let make = move |_| Held::<L, W>::new(steps);
    kernel::round_on(team, &parallel(plan), make, |held, round| {
        let guarded = held.guarded();
        (round.hand_offs, round.anomalies) = (Some(guarded.hand_offs()), Some(guarded.violations()));
    })
}

/// Runs one round of the same loop without a lock; without its parallel section, too, where
/// `critical_only` says so.
///
/// # Errors
/// [`Failure`] as for any round.
pub fn alone_round(team: &mut Team, plan: &Plan, critical: Duration, critical_only: bool) -> Result<Round, Failure> {
    let steps = steps(plan, critical);
    let plan = if critical_only { Plan { pace: None, ..*plan } } else { parallel(plan) };
    match steps {
        0 => kernel::round::<Alone<NoThink>>(team, &plan),
        mean_steps => {
            let make = move |_| Alone::<Jitter> { mean_steps, ..Alone::new(0) };
            kernel::round_on(team, &plan, make, |_, _| ())
        }
    }
}
