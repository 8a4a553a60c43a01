//! Rounds and passes of tasks.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_utils::CachePadded;
use miscount::holding::{Clocked, Clocks, Shares, Waits};
use miscount::round::{Round, jain, nanos, shares};
use miscount::team::{Failure, Plan, Seat, Stage, TaskSeat, Team};
use miscount::topology::Topology;
use miscount::workload::{GridPoint, Yields};

use super::run_times::{Kind, RunTime};
use super::subjects::{Inside, Nothing, Subject, Yield};

/// Increments between two notes of what a task has done.
const NOTED: u64 = 256;

/// The tasks of a round, and what runs them.
#[derive(Clone)]
pub(crate) struct Crew {
    kind: Kind,
    cpus: Vec<Option<usize>>,
    /// Tasks for each worker.
    pub(crate) each: usize,
    yields: Yields,
}

impl Crew {
    pub(crate) fn new(kind: Kind, at: GridPoint, each: usize, yields: Yields) -> Crew {
        Crew { kind, cpus: Topology::detect().assign(at.placement, at.threads), each, yields }
    }
}

/// What the workers of a round share.
struct Made<S> {
    subject: Arc<CachePadded<S>>,
    run_time: RunTime,
}

/// What a worker's part gave.
struct Part<T> {
    ends: Vec<T>,
    /// How long the run-time's own thread stood on a run queue meanwhile.
    waited: Option<Duration>,
}

/// What a pass of tasks found.
pub(crate) struct Pass {
    /// Updates lost; `None` where nothing is counted.
    pub(crate) lost: Option<u64>,
    /// Jain's index over the tasks.
    pub(crate) jain: f64,
    /// The least and the greatest share of a task.
    pub(crate) shares: Shares,
    /// How long a task waited until it had the lock; `None` when nothing was clocked.
    pub(crate) waits: Option<Waits>,
}

/// Has each worker of the team start its tasks, each of which does `task`, given its number, and waits until they have
/// ended. The clock runs from then to then.
fn play<S: Subject, T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    team: &mut Team,
    plan: &Plan,
    crew: &Crew,
    task: impl Fn(Arc<CachePadded<S>>, TaskSeat, usize) -> F + Send + Sync + 'static,
) -> Result<(Round, Vec<T>), Failure> {
    let Crew { kind, cpus, each, .. } = crew.clone();
    let make = move |_| Made { subject: Arc::new(CachePadded::new(S::new())), run_time: RunTime::new(kind, cpus) };
    let part = move |made: &Made<S>, seat: &mut Seat| {
        let Made { subject, run_time } = made;
        let worker = seat.worker();
        let own = run_time.own();
        let waited = run_time.waited(worker);
        seat.line_up();
        let of_seat = seat.for_tasks();
        let tasks = (worker * each..).take(each).map(|n| task(Arc::clone(subject), of_seat.clone(), n));
        let ends = run_time.run(&own, tasks);
        seat.finish(0);
        let waited = run_time.waited(worker).zip(waited).map(|(now, then)| now.saturating_sub(then));
        seat.enter(Stage::DroppingHandle);
        drop(own);
        Part { ends, waited }
    };
    team.play(plan, make, part, |made, mut round, parts: Vec<Part<T>>| {
        round.kept = S::INFO.grade.counts().then(|| made.subject.total());
        for (worker, (tally, part)) in round.tallies.iter_mut().zip(&parts).enumerate() {
            // The team's threads slept where the run-time has threads of its own.
            if let Some(pinned) = made.run_time.is_pinned(worker) {
                (tally.pinned, tally.waited) = (tally.pinned && pinned, part.waited);
            }
        }
        (round, parts.into_iter().flat_map(|part| part.ends).collect())
    })
}

/// Runs one round of increments of a fresh `S`.
///
/// # Errors
/// [`Failure`] when it or the run-time panics or hangs.
pub(crate) fn round<S: Subject>(team: &mut Team, plan: &Plan, crew: &Crew) -> Result<Round, Failure> {
    let outside = crew.yields == Yields::Outside;
    let (round, _) = match crew.yields {
        Yields::Inside => play(team, plan, crew, move |of, seat, _| count::<S, _>(of, seat, Yield, outside))?,
        _ => play(team, plan, crew, move |of, seat, _| count::<S, _>(of, seat, Nothing, outside))?,
    };
    Ok(round)
}

/// Counts until time is up.
async fn count<S: Subject, I: Inside>(of: Arc<CachePadded<S>>, seat: TaskSeat, mut inside: I, outside: bool) {
    let mut done = 0;
    while let Some(chunk) = seat.claim() {
        for _ in 0..chunk {
            if seat.stopped() {
                break;
            }
            step(&**of, &mut inside, outside).await;
            done += 1;
            if done == NOTED {
                seat.done(done);
                done = 0;
            }
        }
    }
    seat.done(done);
}

/// One operation.
#[inline]
async fn step<S: Subject>(of: &S, inside: &mut impl Inside, outside: bool) {
    of.increment(inside).await;
    if outside {
        futures_lite::future::yield_now().await;
    }
}

/// Has every task acquire a fresh `S` again and again for the time of the `clocks`.
///
/// # Errors
/// [`Failure`] as for [`round`].
pub(crate) fn pass<S: Subject>(team: &mut Team, plan: &Plan, crew: &Crew, clocks: Clocks) -> Result<Pass, Failure> {
    let outside = crew.yields == Yields::Outside;
    let (round, seen) = match crew.yields {
        Yields::Inside => {
            play(team, plan, crew, move |of, seat, n| acquire::<S, _>(of, seat, Yield, outside, clocks, n))?
        }
        _ => play(team, plan, crew, move |of, seat, n| acquire::<S, _>(of, seat, Nothing, outside, clocks, n))?,
    };
    let done: Vec<u64> = seen.iter().map(Clocked::done).collect();
    let (min, max) = shares(&done);
    Ok(Pass {
        lost: round.lost(),
        jain: jain(&done),
        shares: Shares { min, max, pass_ms: nanos(round.wall()) / 1e6 },
        waits: Clocked::waits(&seen),
    })
}

/// What happens inside, and when the lock was taken.
struct Clock<I> {
    inside: I,
    acquired: Instant,
}

impl<I: Inside> Inside for Clock<I> {
    fn entered(&mut self) {
        self.acquired = Instant::now();
    }

    fn pause(&mut self) -> impl Future<Output = ()> + Send {
        self.inside.pause()
    }
}

/// One task's part of a pass.
async fn acquire<S: Subject, I: Inside>(
    of: Arc<CachePadded<S>>,
    seat: TaskSeat,
    inside: I,
    outside: bool,
    clocks: Clocks,
    number: usize,
) -> Clocked {
    let mut seen = Clocked::begin(clocks, number as u64);
    let mut clock = Clock { inside, acquired: Instant::now() };
    while seen.goes_on() && !seat.stopped() {
        let apart = seen.apart();
        let mut unclocked = 0;
        while unclocked < apart && !seat.stopped() {
            step(&**of, &mut clock.inside, outside).await;
            unclocked += 1;
        }
        let begun = Instant::now();
        step(&**of, &mut clock, outside).await;
        seat.done(unclocked + 1);
        seen.acquired(unclocked, begun, clock.acquired);
        seen.waited(begun, clock.acquired);
    }
    seen
}
