//! Every interleaving of two threads, weak memory included, for each counter that is home-made or
//! lock-free. Empty without the flag:
//!
//! ```text
//! RUSTFLAGS="--cfg miscount_loom" LOOM_MAX_PREEMPTIONS=3 cargo test --no-default-features --test loom --target-dir target/loom
//! ```
//!
//! Both directions are checked: exact counters never lose, and racy counters are *seen* losing.
#![cfg(miscount_loom)]

mod models;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use loom::model::Builder;
use loom::sync::{Condvar, atomic::AtomicU64 as Value};
use loom::thread;
use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::python::model::lock::{Gil, PyLock, Thread};
use miscount::sync::Mutex;
use models::locks::{Right, SpinLocked, UnlocksTooEarly, WeakFree, WeakTake};

/// Threads that a model stands for: the one that loom starts with, and one more.
const THREADS: usize = 2;

/// Whether it can be seen into, and an increment is short enough to try all its interleavings. Those of
/// CPython's lock look at it up to nine times; `tests/shuttle.rs` has them whole, and below is the lock.
fn small(info: &Info) -> bool {
    models::seen(info) && info.family != "gil"
}

fn explore(model: impl Fn() + Send + Sync + 'static) {
    explore_up_to(usize::MAX, model);
}

/// With `LOOM_MAX_PREEMPTIONS`, or three, but no more than `preemptions`.
fn explore_up_to(preemptions: usize, model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(builder.preemption_bound.unwrap_or(3).min(preemptions));
    builder.check(model);
}

/// The results of all executions of one model.
#[derive(Default)]
struct Seen {
    executions: AtomicUsize,
    most: AtomicU64,
    lost_most: AtomicU64,
    went_back: AtomicBool,
}

impl Seen {
    fn total(&self, attempted: u64, kept: u64) {
        self.executions.fetch_add(1, Relaxed);
        self.most.fetch_max(kept, Relaxed);
        // Wrapping is an invented count, and larger than any.
        self.lost_most.fetch_max(attempted.saturating_sub(kept), Relaxed);
    }
}

/// Two threads on one counter: one does `part`, the one that loom starts with does `mine`.
fn pair<C: Counter>(part: fn(&C), mine: fn(&C, &Seen), attempted: u64) -> Arc<Seen> {
    let seen = Arc::new(Seen::default());
    let record = Arc::clone(&seen);
    explore(move || {
        let counter = Arc::new(C::new(THREADS));
        let shared = Arc::clone(&counter);
        let other = thread::spawn(move || part(&shared));
        mine(&counter, &record);
        other.join().unwrap();
        record.total(attempted, counter.total());
    });
    seen
}

/// A handle for one increment.
fn once<C: Counter>(counter: &C) {
    counter.handle().increment();
}

/// A handle for two.
fn twice<C: Counter>(counter: &C) {
    let mut handle = counter.handle();
    handle.increment();
    handle.increment();
}

/// Two handles, one after the other, for one each.
fn twice_anew<C: Counter>(counter: &C) {
    once(counter);
    once(counter);
}

/// Two reads while the other thread counts to two.
fn read_twice<C: Counter>(counter: &C, seen: &Seen) {
    let mut handle = counter.handle();
    let mut read = || counter.read_by(&mut handle, |value| value);
    let (Some(first), Some(then)) = (read(), read()) else { return };
    assert!(first.max(then) <= 2, "{} showed {first}, then {then} of 2", C::INFO.id);
    if then < first {
        seen.went_back.store(true, Relaxed);
    }
}

/// The most that was lost in one model; it must have more executions than one.
fn lost<C: Counter>(seen: &Seen, attempted: u64) -> u64 {
    let id = C::INFO.id;
    let [executions, most] = [seen.executions.load(Relaxed) as u64, seen.most.load(Relaxed)];
    let lost = seen.lost_most.load(Relaxed);
    assert!(executions > 1, "{id}: one execution only: it does not use miscount::sync (or say so in UNSEEN)");
    assert!(most <= attempted, "{id}: kept {most} of {attempted}");
    println!("{id}: {executions} executions, kept {} to {most} of {attempted}", attempted - lost);
    lost
}

/// The models of one counter, and the results they must have.
fn model<C: Counter>() {
    let id = C::INFO.id;
    let single = lost::<C>(&pair(once::<C>, |c, _| once(c), 2), 2);
    match C::INFO.grade {
        // Once each is enough to see a loss, and more is too much for loom where a racy flag is waited for.
        Grade::Racy => assert!(single > 0, "{id} is called racy, but loses nothing"),
        Grade::Exact | Grade::Eventual => {
            let held = lost::<C>(&pair(twice::<C>, |c, _| twice(c), 4), 4);
            let anew = lost::<C>(&pair(twice_anew::<C>, |c, _| twice_anew(c), 4), 4);
            assert_eq!((single, held, anew), (0, 0, 0), "{id} loses");
        }
        Grade::Control => unreachable!("a control is not modelled"),
    }
    let reads = pair(twice::<C>, read_twice, 2);
    let went_back = reads.went_back.load(Relaxed);
    assert!(!(C::MONOTONIC_READ && went_back), "{id} promises reads that never go back");
}

#[test]
fn what_is_exact_never_loses_and_what_is_racy_does() {
    struct Models(usize);
    impl Visitor for Models {
        fn visit<C: Counter>(&mut self) {
            if small(&C::INFO) {
                model::<C>();
                self.0 += 1;
            }
        }
    }
    let mut models = Models(0);
    catalogue::visit(&mut models);
    println!("{} of {} counters modelled", models.0, catalogue::infos().len());
    assert!(models.0 >= 8);
}

#[test]
fn what_is_excused_exists() {
    let infos = catalogue::infos();
    for id in models::SEEN {
        assert!(infos.iter().any(|info| info.id == *id), "no {id}");
    }
    for (name, reason) in models::UNSEEN {
        assert!(infos.iter().any(|info| info.id == *name || info.family == *name), "no {name} ({reason})");
    }
}

/// The lock whose orderings `.ci/ordering-mutation` weakens, to check that this is caught.
#[test]
fn the_right_lock_passes() {
    model::<SpinLocked<Right>>();
}

#[test]
#[should_panic(expected = "weak_take loses")]
fn a_lock_taken_without_acquire_is_caught() {
    model::<SpinLocked<WeakTake>>();
}

#[test]
#[should_panic(expected = "weak_free loses")]
fn a_lock_freed_without_release_is_caught() {
    model::<SpinLocked<WeakFree>>();
}

#[test]
#[should_panic(expected = "unlocks_too_early loses")]
fn unlock_before_write_is_caught() {
    model::<UnlocksTooEarly>();
}

/// Looks whether it must wait, and waits, without holding the mutex in between: the wake-up can come
/// before the sleep.
#[test]
#[should_panic(expected = "deadlock")]
fn a_lost_wake_up_is_caught() {
    explore(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let other = Arc::clone(&shared);
        let waker = thread::spawn(move || {
            *other.0.lock().unwrap() = true;
            other.1.notify_one();
        });
        let ready = *shared.0.lock().unwrap();
        if !ready {
            drop(shared.1.wait(shared.0.lock().unwrap()).unwrap());
        }
        waker.join().unwrap();
    });
}

/// Two counters on one thread, one on the other: increments of one never show in another.
#[test]
fn instances_are_apart() {
    struct Apart;
    impl Visitor for Apart {
        fn visit<C: Counter>(&mut self) {
            if !small(&C::INFO) || C::INFO.grade == Grade::Racy {
                return;
            }
            explore(|| {
                let (one, two) = (Arc::new(C::new(THREADS)), Arc::new(C::new(THREADS)));
                let shared = Arc::clone(&two);
                let other = thread::spawn(move || shared.handle().increment());
                one.handle().increment();
                two.handle().increment();
                other.join().unwrap();
                assert_eq!((one.total(), two.total()), (1, 2), "{}", C::INFO.id);
            });
        }
    }
    catalogue::visit(&mut Apart);
}

/// Each number is drawn once, where numbers are drawn: one thread draws two, the other `theirs`.
fn draws<C: Counter>(theirs: usize) {
    fn some<C: Counter>(counter: &C, count: usize) -> Vec<u64> {
        let mut handle = counter.handle();
        (0..count).filter_map(|_| handle.draw()).collect()
    }
    explore(move || {
        let counter = Arc::new(C::new(THREADS));
        let shared = Arc::clone(&counter);
        let other = thread::spawn(move || some(&*shared, theirs));
        let mut numbers = some(&*counter, 2);
        numbers.extend(other.join().unwrap());
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..2 + theirs as u64), "{}: {numbers:?}", C::INFO.id);
    });
}

#[test]
fn each_number_is_drawn_once() {
    struct Draws(usize);
    impl Visitor for Draws {
        fn visit<C: Counter>(&mut self) {
            if small(&C::INFO) && C::INFO.family == "ticketing" {
                draws::<C>(1);
                draws::<C>(2);
                self.0 += 1;
            }
        }
    }
    let mut draws = Draws(0);
    catalogue::visit(&mut draws);
    assert!(draws.0 >= 3);
}

/// What one thread takes while the other counts, and what is left, is all that was counted.
#[test]
fn what_is_taken_and_what_is_left_add_up() {
    struct Takes(usize);
    impl Visitor for Takes {
        fn visit<C: Counter>(&mut self) {
            if !small(&C::INFO) {
                return;
            }
            let promised = Arc::new(AtomicBool::new(false));
            let found = Arc::clone(&promised);
            explore(move || {
                let counter = Arc::new(C::new(THREADS));
                let shared = Arc::clone(&counter);
                let other = thread::spawn(move || twice(&*shared));
                let taken = counter.take();
                other.join().unwrap();
                if let Some(taken) = taken {
                    assert_eq!(taken + counter.total(), 2, "{} took {taken} of 2", C::INFO.id);
                    found.store(true, Relaxed);
                }
            });
            self.0 += usize::from(promised.load(Relaxed));
        }
    }
    let mut takes = Takes(0);
    catalogue::visit(&mut takes);
    assert!(takes.0 >= 8, "{}", takes.0);
}

/// The models themselves are not blind: a plain load and store loses down to the known minimum.
#[test]
fn load_store_keeps_two_at_worst() {
    use miscount::counters::racy::LoadStore;
    let seen = pair::<LoadStore>(twice, |c, _| twice(c), 4);
    assert_eq!((seen.lost_most.load(Relaxed), seen.most.load(Relaxed)), (2, 4));
    assert_eq!(<LoadStore as Plain>::INFO.grade, Grade::Racy);
}

/// A value, CPython's lock, and a lock of the program's own.
struct Shared {
    gil: Gil,
    lock: PyLock,
    value: Value,
}

impl Shared {
    /// Loads and stores, and does something in between.
    fn increment(&self, thread: &mut Thread<'_>, between: fn(&mut Thread<'_>)) {
        let value = self.value.load(Relaxed);
        between(thread);
        self.value.store(value + 1, Relaxed);
    }
}

/// The fewest and the most of 4 that two threads keep with two increments each, and in how many executions.
fn under_gil(part: fn(&Shared, &mut Thread<'_>)) -> (u64, u64, usize) {
    let seen = Arc::new(Seen::default());
    let record = Arc::clone(&seen);
    // Three take minutes, and showed no more.
    explore_up_to(2, move || {
        let value = Value::new(0);
        let shared = Arc::new(Shared { gil: Gil::new(Duration::from_millis(5)), lock: PyLock::default(), value });
        let twice = move |shared: &Shared| {
            let mut thread = shared.gil.thread();
            for _ in 0..2 {
                thread.resume();
                part(shared, &mut thread);
                thread.pause();
            }
        };
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || twice(&shared)
        });
        twice(&shared);
        other.join().unwrap();
        record.total(4, shared.value.load(Relaxed));
    });
    let (executions, most) = (seen.executions.load(Relaxed), seen.most.load(Relaxed));
    (4 - seen.lost_most.load(Relaxed), most, executions)
}

/// Mutual exclusion, no deadlock, and nothing is forgotten on the way from one thread to the next.
#[test]
fn nothing_is_lost_between_two_looks() {
    let (fewest, most, executions) = under_gil(|shared, thread| {
        shared.increment(thread, |_| {});
        thread.check();
    });
    println!("looks before and after: {fewest} to {most} of 4 in {executions} executions");
    assert_eq!((fewest, most), (4, 4));
    assert!(executions > 100);
}

#[test]
fn a_look_between_load_and_store_loses() {
    let (fewest, most, executions) = under_gil(|shared, thread| shared.increment(thread, |thread| thread.check()));
    println!("a look between: {fewest} to {most} of 4 in {executions} executions");
    assert!(fewest < 4 && most == 4, "{fewest} to {most} of 4");
}

#[test]
fn with_a_lock_of_its_own_nothing_is_lost() {
    let (fewest, most, executions) = under_gil(|shared, thread| {
        shared.lock.acquire(thread);
        shared.increment(thread, |thread| thread.check());
        shared.lock.release();
    });
    println!("a look between, under a lock: {fewest} to {most} of 4 in {executions} executions");
    assert_eq!((fewest, most), (4, 4));
}
