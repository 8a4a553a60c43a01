//! Three and four threads on random schedules: more threads than loom can handle. Every
//! access is sequentially consistent here, so wrong orderings are not seen. Empty without the flag:
//!
//! ```text
//! RUSTFLAGS="--cfg shuttle" cargo test --no-default-features --test shuttle --target-dir target/shuttle
//! ```
#![cfg(shuttle)]

mod models;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use miscount::catalogue::{self, LockVisitor, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info};
use miscount::critical::Guarded;
use miscount::lock::Lock;
use models::locks::{Right, SpinLocked, UnlocksTooEarly};
use shuttle::scheduler::RandomScheduler;
use shuttle::{Config, FailurePersistence, Runner, thread};

/// Schedules a model; the same ones each time.
const SCHEDULES: usize = 2_000;
const SEED: u64 = 20_261_121;

/// Schedules within which each racy counter must be seen losing.
const BOUND: usize = 100;

/// Where shuttle writes each schedule in which something panics.
static RECORDED: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// One test at a time: the whole process shares shuttle's panic hook and folder.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shuttle's panic hook keeps its first settings, so every run here gives it the same.
fn check(schedules: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::File(Some(RECORDED.path().to_owned()));
    Runner::new(RandomScheduler::new_from_seed(SEED, schedules), config).run(model);
}

/// `threads` take a handle, count twice, and do all of it again; returns what was attempted and kept.
fn round<C: Counter>(threads: u64) -> (u64, u64) {
    let counter = Arc::new(C::new(2));
    let part = |counter: &C| {
        for _ in 0..2 {
            let mut handle = counter.handle();
            handle.increment();
            // Room for others between two increments, and while a handle is held.
            thread::yield_now();
            handle.increment();
        }
    };
    let others: Vec<_> = (1..threads)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || part(&counter))
        })
        .collect();
    part(&counter);
    others.into_iter().for_each(|other| other.join().unwrap());
    let (attempted, kept) = (4 * threads, counter.total());
    assert!(kept <= attempted, "{} kept {kept} of {attempted}", C::INFO.id);
    (attempted, kept)
}

/// The most that was lost by `threads`.
fn lost<C: Counter>(threads: u64) -> u64 {
    let most = Arc::new(AtomicU64::new(0));
    let record = Arc::clone(&most);
    // CPython's lock takes ten times the steps of any other counter.
    let schedules = if C::INFO.family == "gil" { SCHEDULES / 10 } else { SCHEDULES };
    check(schedules, move || {
        let (attempted, kept) = round::<C>(threads);
        record.fetch_max(attempted - kept, Relaxed);
    });
    most.load(Relaxed)
}

fn model<C: Counter>() {
    for threads in [3, 4] {
        let lost = lost::<C>(threads);
        println!("{}: lost {lost} of {} at most, {threads} threads", C::INFO.id, 4 * threads);
        match C::INFO.grade {
            Grade::Exact | Grade::Eventual => assert_eq!(lost, 0, "{} loses {lost}", C::INFO.id),
            Grade::Racy => assert!(lost > 0, "{} is called racy, but loses nothing", C::INFO.id),
            Grade::Control => unreachable!("a control is not modelled"),
        }
    }
}

/// Schedules that shuttle has written so far.
fn recorded() -> BTreeSet<PathBuf> {
    std::fs::read_dir(RECORDED.path()).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// The result of a model that must keep everything.
struct Tried {
    /// Whether it lost updates, and so ended in a panic.
    failed: bool,
    /// Schedules that were run.
    schedules: u64,
    /// The count that the last of them came to.
    kept: u64,
}

/// Runs a model of three threads that panics when an update is lost. It has a thread of its own, because after
/// a recorded schedule shuttle records no other of the same length in that thread.
fn tried<C: Counter>(run: impl FnOnce(Box<dyn Fn() + Send + Sync>) + Send + 'static) -> Tried {
    let seen = Arc::new((AtomicU64::new(0), AtomicU64::new(0)));
    let record = Arc::clone(&seen);
    let model = move || {
        let (attempted, kept) = round::<C>(3);
        record.0.fetch_add(1, Relaxed);
        record.1.store(kept, Relaxed);
        assert_eq!(kept, attempted, "{} lost updates", C::INFO.id);
    };
    let failed = std::thread::spawn(move || run(Box::new(model))).join().is_err();
    Tried { failed, schedules: seen.0.load(Relaxed), kept: seen.1.load(Relaxed) }
}

/// Finds a losing schedule and replays it: it must lose as much.
fn replays<C: Counter>() {
    let before = recorded();
    let found = tried::<C>(|model| check(BOUND, model));
    assert!(found.failed, "{} lost nothing in {BOUND} schedules", C::INFO.id);
    let after = recorded();
    let new: Vec<&PathBuf> = after.difference(&before).collect();
    assert_eq!(new.len(), 1, "one schedule is recorded, the one that lost");
    let schedule = std::fs::read_to_string(new[0]).unwrap();
    println!("{}: kept {} of 12 in schedule {}: {schedule}", C::INFO.id, found.kept, found.schedules);
    assert!(schedule.len() > 20 && schedule.bytes().all(|b| b.is_ascii_hexdigit() || b == b'\n'), "{schedule}");
    let again = tried::<C>(move |model| shuttle::replay(model, &schedule));
    assert!(again.failed && again.schedules == 1, "the replay of {} lost nothing", C::INFO.id);
    assert_eq!(again.kept, found.kept, "{}", C::INFO.id);
}

#[test]
fn a_schedule_that_loses_is_recorded_and_replayed() {
    struct Replays(usize);
    impl Visitor for Replays {
        fn visit<C: Counter>(&mut self) {
            if models::seen(&C::INFO) && C::INFO.grade == Grade::Racy {
                replays::<C>();
                self.0 += 1;
            }
        }
    }
    let _alone = alone();
    let mut replays = Replays(0);
    catalogue::visit(&mut replays);
    assert!(replays.0 >= 4, "only {} racy counters were seen", replays.0);
}

#[test]
fn what_is_exact_never_loses_and_what_is_racy_does() {
    struct Models;
    impl Visitor for Models {
        fn visit<C: Counter>(&mut self) {
            if models::seen(&C::INFO) {
                model::<C>();
            }
        }
    }
    let _alone = alone();
    catalogue::visit(&mut Models);
}

#[test]
fn each_number_is_drawn_once() {
    struct Draws(usize);
    impl Visitor for Draws {
        fn visit<C: Counter>(&mut self) {
            if models::seen(&C::INFO) && C::INFO.family == "ticketing" {
                check(SCHEDULES, || draw::<C>(4));
                self.0 += 1;
            }
        }
    }
    let _alone = alone();
    let mut draws = Draws(0);
    catalogue::visit(&mut draws);
    assert!(draws.0 >= 3);
}

/// `threads` draw three numbers each, and each number once.
fn draw<C: Counter>(threads: u64) {
    let counter = Arc::new(C::new(2));
    let part = |counter: Arc<C>| {
        let mut handle = counter.handle();
        (0..3).filter_map(|_| handle.draw()).collect::<Vec<u64>>()
    };
    let others: Vec<_> = (0..threads)
        .map(|_| {
            let counter = Arc::clone(&counter);
            thread::spawn(move || part(counter))
        })
        .collect();
    let mut numbers: Vec<u64> = others.into_iter().flat_map(|other| other.join().unwrap()).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..3 * threads), "{}: {numbers:?}", C::INFO.id);
}

#[test]
fn the_right_lock_passes() {
    let _alone = alone();
    model::<SpinLocked<Right>>();
}

#[test]
#[should_panic(expected = "unlocks_too_early loses")]
fn unlock_before_write_is_caught() {
    let _alone = alone();
    model::<UnlocksTooEarly>();
}

/// Two threads write and two read what is half done in the middle of each section: a reader that gets in beside a writer sees it
/// change, and a second writer sees it half done.
fn excludes<L: Lock<Guarded>>() {
    check(SCHEDULES, || {
        let lock = Arc::new(L::new(Guarded::default()));
        let part = |lock: &L, me: usize| {
            let mut node = L::Node::default();
            for _ in 0..2 {
                if me < 2 {
                    lock.with(&mut node, |guarded| guarded.section(me, thread::yield_now));
                } else {
                    lock.look(&mut node, |guarded| {
                        let before = guarded.sections();
                        thread::yield_now();
                        assert_eq!(guarded.sections(), before, "{}: a writer beside a reader", L::INFO.id);
                    });
                }
            }
        };
        let others: Vec<_> = (1..4)
            .map(|me| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || part(&lock, me))
            })
            .collect();
        part(&lock, 0);
        others.into_iter().for_each(|other| other.join().unwrap());
        let (sections, violations) = lock.look(&mut L::Node::default(), |g| (g.sections(), g.violations()));
        assert_eq!((sections, violations), (4, 0), "{}: two writers at once", L::INFO.id);
    });
}

#[test]
fn locks_keep_writers_from_each_other_and_from_readers() {
    struct Locks(usize);
    impl LockVisitor for Locks {
        fn visit<L: Lock<Guarded>>(&mut self) {
            if models::seen(&L::INFO) {
                excludes::<L>();
                self.0 += 1;
            }
        }
    }
    let _alone = alone();
    let mut locks = Locks(0);
    catalogue::visit_locks(|_| true, &mut locks);
    assert!(locks.0 >= 3, "{}", locks.0);
}

/// It keeps nobody out: who is inside works on a copy.
struct NoLock(Mutex<Guarded>);

impl Lock<Guarded> for NoLock {
    const INFO: Info = models::locks::info("no_lock");

    type Node = ();

    fn new(value: Guarded) -> Self {
        NoLock(Mutex::new(value))
    }

    fn with<R>(&self, _: &mut (), critical: impl FnOnce(&mut Guarded) -> R) -> R {
        let mut copy = *self.0.lock().unwrap();
        let result = critical(&mut copy);
        *self.0.lock().unwrap() = copy;
        result
    }
}

#[test]
#[should_panic(expected = "no_lock: two writers at once")]
fn a_lock_that_keeps_nobody_out_is_caught() {
    let _alone = alone();
    excludes::<NoLock>();
}
