//! The cases of the bench: a row for each lock and run-time, at each level and number of workers.

use std::time::Duration;

use miscount::counter::{Grade, Info};
use miscount::counters::atomic::FetchAdd;
use miscount::counters::blocking::{ParkingLotLock, StdMutexLock};
use miscount::counters::racy::LoadStore;
use miscount::holding::{self, Clocks};
use miscount::results::Cell;
use miscount::round::{Round, Series};
use miscount::stats;
use miscount::suite::{After, Case};
use miscount::team::{Failure, Plan, Team};
use miscount::topology::usable_count;
use miscount::workload::{GridPoint, Load, Sweep, Yields};

pub(crate) mod run_times;
pub(crate) mod subjects;
pub(crate) mod tasks;

use run_times::Kind;
use subjects::{
    AsyncLockMutex, AsyncLockSemaphore, Blocking, Direct, FuturesMutex, Held, LoadAwaitStore, NothingShared, Subject,
    TokioMutex, TokioSemaphore,
};
use tasks::Crew;

pub(crate) const BENCH: &str = "async";

/// Time after which a pass that did not end by itself is told to.
const SLACK: Duration = Duration::from_millis(200);

/// All cases of a sweep.
pub(crate) fn all(sweep: &Sweep) -> Vec<Case> {
    // How near the CPUs are changes little beside what a run-time does.
    let (sweep, most) = (sweep.at_one_placement(), usable_count());
    let own = if sweep.full { vec![1, most, 2 * most] } else { vec![1, most] };
    let mut threads = sweep.threads_or(&own);
    threads.dedup();
    let mut cases = Vec::new();
    for at in sweep.grid_with(BENCH, threads) {
        let yields = yields(at).1;
        if yields != Yields::Never && at.threads < most && !(sweep.full || sweep.threads_given) {
            continue;
        }
        for kind in Kind::ALL.into_iter().filter(|&kind| sweep.full || kind == Kind::MultiThread) {
            let mut add = |case: Case| {
                let waits = sweep.full || sweep.levels.is_some() || yields == Yields::Inside;
                let fits = sweep.threads_given || at.threads == most;
                cases.push(if waits && fits { case } else { Case { after: None, ..case } });
            };
            add(case::<NothingShared>(at, kind));
            add(case::<Blocking<StdMutexLock<u64>>>(at, kind));
            add(case::<Held<TokioMutex>>(at, kind));
            add(case::<Held<AsyncLockMutex>>(at, kind));
            add(case::<Held<FuturesMutex>>(at, kind));
            if yields == Yields::Inside {
                add(case::<LoadAwaitStore>(at, kind));
            }
            if sweep.full || yields == Yields::Never {
                add(case::<Direct<FetchAdd>>(at, kind));
                add(case::<Direct<LoadStore>>(at, kind));
                add(case::<Blocking<ParkingLotLock<u64>>>(at, kind));
            }
            if sweep.full {
                add(case::<Held<TokioSemaphore>>(at, kind));
                add(case::<Held<AsyncLockSemaphore>>(at, kind));
            }
        }
    }
    cases
}

/// Tasks a worker at this point, and where they yield.
fn yields(at: GridPoint) -> (usize, Yields) {
    match at.level.load {
        Load::Tasks { each, yields } => (each, yields),
        other => unreachable!("{}: {other:?} is no load of tasks", at.level.id),
    }
}

/// The case of one subject on one run-time.
pub(crate) fn case<S: Subject>(at: GridPoint, kind: Kind) -> Case {
    let (each, yields) = yields(at);
    let crew = move || Crew::new(kind, at, each, yields);
    let round = move |team: &mut Team, plan: &Plan| tasks::round::<S>(team, plan, &crew());
    let Info { family, grade, .. } = S::INFO;
    let is_lock = grade == Grade::Exact && family != "atomic";
    let after = (is_lock && each * at.threads > 1).then(|| {
        let run = move |team: &mut Team, plan: &Plan, series: &Series<'_>| pass::<S>(team, plan, series, &crew());
        (holding::PASS, Box::new(run) as _)
    });
    Case { variant: kind.id().to_owned(), after, ..Case::new(S::INFO, at, round) }
}

/// The pass of one second: what each task got, and how long it waited.
fn pass<S: Subject>(team: &mut Team, plan: &Plan, series: &Series<'_>, crew: &Crew) -> Result<After, Failure> {
    let ns = stats::median(&series.each(Round::ns_per_op_per_thread));
    team.end_rounds_after(holding::PASS + SLACK);
    let pass = tasks::pass::<S>(team, plan, crew, Clocks::new(ns, crew.each, holding::PASS))?;
    let fault = pass.lost.filter(|&lost| lost > 0).map(|lost| format!("a pass of tasks lost {lost}"));
    let write = move |cell: &mut Cell| {
        (cell.figures.jain, cell.figures.shares, cell.figures.waits) = (Some(pass.jain), Some(pass.shares), pass.waits);
    };
    Ok(After { write: Box::new(write), fault })
}
