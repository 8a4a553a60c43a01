//! Lazy initialisation: the racy way makes values twice, the exact ways never do, and the counts
//! are correct.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use miscount::counter::{Counter, Grade, Info};
use miscount::kernel;
use miscount::lazy::{
    self, ACCESSES, CheckThenCreate, FastPath, FirstAccess, Lazy, LazyVisitor, LockEveryAccess, Private,
};
use miscount::round::Round;
use miscount::team::{Failure, Limits, Plan, Team};
use miscount::topology::{Topology, usable_count};
use miscount::workload::Placement;

fn rounds<A: Counter>(threads: usize, iters: u64, most: usize, enough: impl Fn(&Round) -> bool) -> Vec<Round> {
    let cpus = Topology::detect().assign(Placement::Spread, threads);
    let mut team = Team::start(&cpus, Limits::default()).unwrap();
    let plan = Plan { iters, pace: None, usable_cpus: usable_count() };
    let mut rounds = Vec::new();
    while rounds.len() < most && !rounds.last().is_some_and(&enough) {
        rounds.push(kernel::round::<A>(&mut team, &plan).unwrap());
    }
    rounds
}

fn seen(rounds: &[Round]) -> u64 {
    rounds.iter().map(|round| round.anomalies.unwrap()).sum()
}

#[test]
fn check_then_create_makes_values_twice() {
    if usable_count() < 2 {
        return println!("skipped: on one CPU a thread is seldom interrupted between its check and its store");
    }
    let rounds = rounds::<FirstAccess<CheckThenCreate>>(2, 500_000, 60, |round| round.anomalies > Some(0));
    let last = rounds.last().unwrap();
    assert!(seen(&rounds) > 0, "in {} rounds", rounds.len());
    assert!(last.anomalies <= last.chances, "two threads make a value twice at most: {last:?}");
    assert_eq!((last.kept, last.lost()), (None, None), "it is no counter");
}

#[test]
fn one_thread_makes_every_value_once() {
    let rounds = rounds::<FirstAccess<CheckThenCreate>>(1, 100 * ACCESSES + 1, 3, |_| false);
    for round in &rounds {
        assert_eq!((round.anomalies, round.chances), (Some(0), Some(101)));
        assert_eq!(round.attempted(), 100 * ACCESSES + 1);
    }
}

/// Calls a check for each way of a grade.
struct Each(usize);

impl LazyVisitor for Each {
    fn visit<L: Lazy>(&mut self) {
        if L::INFO.grade != Grade::Exact {
            return;
        }
        self.0 += 1;
        for threads in [2, 4] {
            let rounds = rounds::<FirstAccess<L>>(threads, 50_000, 5, |_| false);
            assert_eq!(seen(&rounds), 0, "{} with {threads} threads", L::INFO.id);
            // On a slow machine the limit of time ends a round.
            let values = |round: &Round| round.attempted() / threads as u64 / ACCESSES;
            assert!(rounds.iter().all(|round| round.chances >= Some(values(round).max(1))), "{}", L::INFO.id);
        }
        let rounds = rounds::<FastPath<L>>(2, 50_000, 2, |_| false);
        assert_eq!((seen(&rounds), rounds[0].chances), (0, Some(1)), "{}", L::INFO.id);
    }
}

#[test]
fn exact_ways_make_each_value_once() {
    let mut each = Each(0);
    lazy::visit(&mut each);
    assert_eq!(each.0, 5);
}

/// A value for each time it is made.
fn ticket() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread::yield_now();
    NEXT.fetch_add(1, Relaxed)
}

struct SameForAll;

impl LazyVisitor for SameForAll {
    fn visit<L: Lazy>(&mut self) {
        for _ in 0..200 {
            if L::INFO.grade != Grade::Exact {
                return;
            }
            let (lazy, start) = (Arc::new(L::new(ticket)), Arc::new(Barrier::new(4)));
            let got = (0..4).map(|_| {
                let (lazy, start) = (Arc::clone(&lazy), Arc::clone(&start));
                thread::spawn(move || {
                    start.wait();
                    lazy.get()
                })
            });
            let got: Vec<_> = got.collect();
            let mut values: BTreeSet<u64> = got.into_iter().map(|thread| thread.join().unwrap()).collect();
            values.insert(lazy.get());
            assert_eq!(values.len(), 1, "{}: {values:?}", L::INFO.id);
            assert!(!values.contains(&0), "{} handed out a value before it was made", L::INFO.id);
        }
    }
}

#[test]
fn all_threads_get_the_same_value() {
    lazy::visit(&mut SameForAll);
}

#[test]
fn the_control_has_no_anomalies() {
    for control in [
        &rounds::<FastPath<Private>>(2, 1_000, 1, |_| false)[0],
        &rounds::<FirstAccess<Private>>(2, 1_000, 1, |_| false)[0],
    ] {
        assert_eq!((control.anomalies, control.chances, control.kept), (None, None, None));
    }
}

/// Makes each value as often as it is asked for.
struct Wasteful(fn() -> u64);

impl Lazy for Wasteful {
    const INFO: Info = Info { id: "wasteful", ..<LockEveryAccess as Lazy>::INFO };

    fn new(make: fn() -> u64) -> Self {
        Wasteful(make)
    }

    fn get(&self) -> u64 {
        (self.0)()
    }
}

#[test]
fn every_value_made_again_is_counted() {
    let first = &rounds::<FirstAccess<Wasteful>>(2, 10 * ACCESSES, 1, |_| false)[0];
    let slots = first.chances.unwrap();
    // Each thread made some of the accesses, so the one ahead came to at least half of the slots.
    assert!((10..=20).contains(&slots), "{slots}");
    assert_eq!(first.anomalies, Some(20 * ACCESSES - slots));
    let fast = &rounds::<FastPath<Wasteful>>(2, 500, 1, |_| false)[0];
    assert_eq!((fast.anomalies, fast.chances), (Some(1_000), Some(1)));
}

/// Hands out what it never made.
struct Empty;

impl Lazy for Empty {
    const INFO: Info = Info { id: "empty", ..<LockEveryAccess as Lazy>::INFO };

    fn new(_make: fn() -> u64) -> Self {
        Empty
    }

    fn get(&self) -> u64 {
        1
    }
}

#[test]
fn a_value_that_was_never_made_stops_the_run() {
    let cpus = Topology::detect().assign(Placement::Spread, 1);
    let mut team = Team::start(&cpus, Limits::default()).unwrap();
    let failure: Failure =
        kernel::round::<FirstAccess<Empty>>(&mut team, &Plan { iters: 10, pace: None, usable_cpus: 2 }).unwrap_err();
    assert!(failure.to_string().contains("never made"), "{failure}");
}
