//! Locks of async tasks: exact ones lose nothing however many tasks there are, what is racy loses, and a run-time that
//! hangs is named.

use std::collections::BTreeSet;
use std::time::Duration;

use miscount::counter::Grade;
use miscount::counters::atomic::FetchAdd;
use miscount::counters::blocking::{ParkingLotLock, StdMutexLock};
use miscount::counters::racy::LoadStore;
use miscount::holding::{Clocks, Shares};
use miscount::round::Round;
use miscount::suite::Case;
use miscount::team::{Failure, Limits, Plan, Stage, Team};
use miscount::topology::{Topology, pinning_works, usable_count};
use miscount::workload::{GridPoint, Load, Placement, Sweep, Yields, level, levels_of};

#[path = "faulty/tasks.rs"]
mod hanging;

use crate::{async_cases as cases, place};
use cases::run_times::Kind;
use cases::subjects::{
    AsyncLockMutex, AsyncLockSemaphore, Blocking, Direct, FuturesMutex, Held, LoadAwaitStore, NothingShared, Subject,
    TokioMutex, TokioSemaphore,
};
use cases::tasks::{self, Crew};
use cases::{BENCH, case};
use hanging::{BlocksItsWorker, PanicsInATask, WakesNobody};
use place::{Place, line, run};

fn team(workers: usize, limits: Limits) -> Team {
    Team::start(&Topology::detect().assign(Placement::Spread, workers), limits).unwrap()
}

fn plan(iters: u64) -> Plan {
    Plan { iters, pace: None, usable_cpus: usable_count() }
}

fn at(id: &str, threads: usize) -> GridPoint {
    GridPoint { level: level(id).unwrap(), threads, placement: Placement::Spread }
}

fn crew(kind: Kind, id: &str, workers: usize) -> Crew {
    let at = at(id, workers);
    let Load::Tasks { each, yields } = at.level.load else { panic!("{id} is no level of tasks") };
    Crew::new(kind, at, each, yields)
}

/// A round of so many increments a worker.
fn round<S: Subject>(kind: Kind, id: &str, workers: usize, iters: u64) -> Result<Round, Failure> {
    tasks::round::<S>(&mut team(workers, Limits::default()), &plan(iters), &crew(kind, id, workers))
}

/// Each level on each run-time.
fn everywhere() -> impl Iterator<Item = (Kind, &'static str)> {
    Kind::ALL.into_iter().flat_map(|kind| levels_of(BENCH).map(move |level| (kind, level.id)))
}

/// Nothing is lost by 2 workers, at any level, on any run-time.
fn loses_nothing<S: Subject>() {
    assert_eq!(S::INFO.grade, Grade::Exact);
    for (kind, id) in everywhere() {
        let round = round::<S>(kind, id, 2, 3_000).unwrap();
        // Time may be up before.
        assert!((1..=6_000).contains(&round.attempted()), "{kind:?} {id}: {round:?}");
        assert_eq!(round.kept, Some(round.attempted()), "{} {kind:?} {id}: {round:?}", S::INFO.id);
        assert!(round.tallies.iter().all(|tally| tally.pinned == pinning_works()), "{kind:?} {id}: {round:?}");
    }
}

#[test]
fn locks_that_are_held_across_awaits_lose_nothing() {
    loses_nothing::<Held<TokioMutex>>();
    loses_nothing::<Held<AsyncLockMutex>>();
    loses_nothing::<Held<FuturesMutex>>();
    loses_nothing::<Held<TokioSemaphore>>();
    loses_nothing::<Held<AsyncLockSemaphore>>();
}

#[test]
fn what_is_let_go_before_an_await_loses_nothing() {
    loses_nothing::<Blocking<StdMutexLock<u64>>>();
    loses_nothing::<Blocking<ParkingLotLock<u64>>>();
    loses_nothing::<Direct<FetchAdd>>();
}

#[test]
fn a_value_stored_after_an_await_is_lost_even_on_one_worker() {
    for kind in Kind::ALL {
        // Four tasks take turns: each stores the same value as the three others. On a busy machine one may be done before
        // the others have begun.
        let take_turns = || {
            let alone = round::<LoadAwaitStore>(kind, "t4_inside", 1, 4_000).unwrap();
            let (attempted, kept) = (alone.attempted(), alone.kept.unwrap());
            assert!(attempted > 100 && kept >= attempted / 5, "{kind:?}: {alone:?}");
            kept < attempted / 3
        };
        assert!((0..20).any(|_| take_turns()), "{kind:?}: nothing was lost in 20 rounds");
        let two = || round::<LoadAwaitStore>(kind, "t4_inside", 2, 4_000).unwrap();
        let loses_half = |two: Round| two.lost() > Some(two.attempted() / 2);
        assert!((0..20).any(|_| loses_half(two())), "{kind:?}: less than half was lost in 20 rounds");
    }
}

#[test]
fn tasks_of_two_workers_run_at_once() {
    if usable_count() < 2 {
        return println!("skipped: one CPU runs one task at a time");
    }
    for kind in Kind::ALL {
        let loses = (0..50).any(|_| round::<Direct<LoadStore>>(kind, "t1", 2, 200_000).unwrap().lost() > Some(0));
        assert!(loses, "{kind:?}: a plain load and store lost nothing in 50 rounds");
    }
}

#[test]
fn the_control_counts_what_its_tasks_did_and_keeps_nothing() {
    for (kind, id) in everywhere() {
        let round = round::<NothingShared>(kind, id, 2, 500).unwrap();
        assert!((1..=1_000).contains(&round.attempted()), "{kind:?} {id}: {round:?}");
        assert_eq!((round.kept, round.lost()), (None, None));
    }
}

#[test]
fn a_pass_shows_what_each_task_got_and_waited_for() {
    for kind in Kind::ALL {
        let mut team = team(2, Limits { round: Duration::from_secs(5), ..Limits::default() });
        let clocks = Clocks::new(500.0, 4, Duration::from_millis(60));
        let mut pass = || {
            let pass = tasks::pass::<Held<TokioMutex>>(&mut team, &plan(1), &crew(kind, "t4_inside", 2), clocks);
            let pass = pass.unwrap();
            assert_eq!(pass.lost, Some(0));
            assert!((55.0..5_000.0).contains(&pass.shares.pass_ms), "{kind:?}: {:?}", pass.shares);
            let waits = pass.waits.expect("some were clocked");
            let rising = [waits.p50, waits.p90, waits.p99, waits.p999, waits.max, waits.longest];
            assert!(rising.is_sorted() && waits.sampled > 0 && waits.p50 > 0.0, "{kind:?}: {waits:?}");
            (pass.jain, pass.shares)
        };
        // First come, first served: none of the eight tasks is left out. On a busy machine a worker may begin late.
        let is_fair = |(jain, shares): (f64, Shares)| jain > 0.6 && shares.min > 0.01 && shares.max < 0.5;
        assert!((0..20).any(|_| is_fair(pass())), "{kind:?}: none of twenty passes was fair");
    }
}

#[test]
fn a_run_time_that_hangs_is_named_with_what_it_was_doing() {
    let impatient = || Limits { hang: Duration::from_millis(300), ..Limits::default() };
    let hung = |failure: Failure| matches!(failure, Failure::Hung { stage: Stage::Counting, .. });
    for kind in Kind::ALL {
        for workers in [1, 2] {
            let crew = crew(kind, "t4_inside", workers);
            let failure = tasks::round::<WakesNobody>(&mut team(workers, impatient()), &plan(100_000), &crew);
            assert!(failure.is_err_and(hung), "{kind:?} {workers}");
        }
        let failure =
            tasks::round::<BlocksItsWorker>(&mut team(1, impatient()), &plan(100_000), &crew(kind, "t4_inside", 1));
        let failure = failure.unwrap_err();
        assert!(failure.to_string().starts_with("worker 0 made no progress for 0.3 s while counting"), "{failure}");
    }
}

#[test]
fn a_panic_of_a_task_is_named() {
    for kind in Kind::ALL {
        let failure = round::<PanicsInATask>(kind, "t4_outside", 2, 100_000).unwrap_err();
        let Failure::Panicked { stage: Stage::Counting, message, .. } = &failure else { panic!("{kind:?}: {failure}") };
        assert_eq!(message, "five hundred tasks are enough");
    }
}

/// A run ends with status 3 where a run-time hangs, and keeps what was measured before.
#[test]
fn a_run_in_which_tasks_hang_ends() {
    for (subject, said) in
        [("wakes_nobody:multi_thread/2", "workers 0, 1 made"), ("blocks_its_worker:current_thread/1", "worker 0 made")]
    {
        let place = Place::new();
        let threads = &subject[subject.len() - 1..];
        let mut command = place.measure(&format!("/(fetch_add|{subject})"));
        let (status, _, err) = run(command.env("MISCOUNT_THREADS", threads).env("FAULTY_PATIENCE", "2"));
        assert_eq!(status, Some(3), "{err}");
        let line = line(&err, &format!("{subject}: "));
        assert!(line.contains(said) && line.contains("no progress for 2 s while counting"), "{line}");
        assert_eq!(place.cells().len(), 1, "{subject}: fetch_add comes before");
    }
}

fn sweep(variables: &[(&str, &str)]) -> Sweep {
    let value = |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Sweep::from_vars(usable_count(), value).unwrap()
}

/// Subject, run-time, level and workers of each case.
fn named(cases: &[Case]) -> BTreeSet<(&str, &str, &str, usize)> {
    cases.iter().map(|case| (case.info.id, case.variant.as_str(), case.level, case.threads)).collect()
}

#[test]
fn each_row_has_its_control_beside_it() {
    for variables in [&[][..], &[("MISCOUNT_FULL", "1")], &[("MISCOUNT_THREADS", "1,3")]] {
        let cases = cases::all(&sweep(variables));
        let all = named(&cases);
        assert_eq!(all.len(), cases.len(), "each once");
        assert!(all.iter().all(|&(_, kind, level, workers)| all.contains(&("none", kind, level, workers))), "{all:?}");
        let levels: BTreeSet<&str> = all.iter().map(|(_, _, level, _)| *level).collect();
        let default =
            |level: &&str| variables == [("MISCOUNT_FULL", "1")] || miscount::workload::level(level).unwrap().default;
        assert_eq!(levels, levels_of(BENCH).map(|level| level.id).filter(default).collect());
    }
}

#[test]
fn by_default_few_rows_are_measured_and_in_full_all() {
    let few = cases::all(&sweep(&[]));
    assert!(few.len() <= 30 && few.iter().all(|case| case.variant == "multi_thread"), "{:?}", named(&few));
    let passes = few.iter().filter(|case| case.after.is_some()).count();
    assert!((3..=5).contains(&passes), "{passes} passes take a second each");
    let full = cases::all(&sweep(&[("MISCOUNT_FULL", "1")]));
    assert!(named(&full).is_superset(&named(&few)));
    let kinds: BTreeSet<&str> = full.iter().map(|case| case.variant.as_str()).collect();
    assert_eq!(kinds, Kind::ALL.map(Kind::id).into());
    for full in ["0", "1"] {
        let asked = [("MISCOUNT_LEVELS", "t64_inside"), ("MISCOUNT_THREADS", "1"), ("MISCOUNT_FULL", full)];
        let asked = cases::all(&sweep(&asked));
        assert!(asked.iter().all(|case| (case.level, case.threads) == ("t64_inside", 1)) && asked.len() > 4);
    }
    assert!(cases::all(&sweep(&[("MISCOUNT_LEVELS", "saturated")])).is_empty());
    // What is not held across an await is no lock of tasks, and one that nobody else wants is not waited for.
    assert!(case::<Direct<FetchAdd>>(at("t4_inside", 2), Kind::MultiThread).after.is_none());
    assert!(case::<Held<TokioMutex>>(at("t1", 1), Kind::MultiThread).after.is_none());
    assert!(case::<Held<TokioMutex>>(at("t4_inside", 1), Kind::MultiThread).after.is_some());
    assert_eq!(Load::of("t64_inside"), Some(Load::Tasks { each: 64, yields: Yields::Inside }));
}
