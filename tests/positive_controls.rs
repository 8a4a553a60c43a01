//! Counters broken on purpose. Each must be caught, and by the check that is there for it: a suite
//! that passes everything proves nothing.
//!
//! Wrong memory orderings are not among them: x86-64 forgives them all. `tests/loom.rs` has those.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use miscount::conformance::{self, Budget, Check, Failure, Fault};
use miscount::counter::{Counter, Grade, Handle, Info, Plain};
use miscount::counters::control::NoCounter;

const fn info(id: &'static str, grade: Grade) -> Info {
    Info { id, family: "broken", grade, helpers: 0, summary: "broken on purpose", source: "these tests" }
}

/// Checks `C` until the expected check catches it, which may take luck where threads must collide.
/// To be caught by an earlier one is a surprise, by a later one only bad luck.
fn caught<C: Counter>(by: Check, budget: &Budget) -> Fault {
    let until = Instant::now() + Duration::from_secs(30);
    while Instant::now() < until {
        match conformance::check::<C>(budget) {
            Err(Failure::Failed { check, fault, .. }) if check == by => return fault,
            Err(failure) if failure.check() < Some(by) => panic!("{failure}; {by} should have caught it"),
            Ok(_) | Err(_) => {}
        }
    }
    panic!("{} was not caught by {by}", C::INFO.id);
}

/// One test a control, and the list of the checks that catch them.
macro_rules! controls {
    ($($name:ident: $counter:ty, $budget:expr => $check:ident, $fault:pat),* $(,)?) => {
        $(
            #[test]
            fn $name() {
                let fault = caught::<$counter>(Check::$check, &$budget);
                assert!(matches!(fault, $fault), "{fault}");
                println!("{} is caught by {}: {fault}", <$counter as Counter>::INFO.id, Check::$check);
            }
        )*

        const CATCHERS: &[Check] = &[$(Check::$check),*];
    };
}

controls! {
    a_count_that_starts_at_one: StartsAtOne, Budget::default() => ZeroIncrements, Fault::Invented { kept: 1, .. },
    a_handle_that_counts_itself: CountsHandles, Budget::default() => UnusedHandles, Fault::Invented { attempted: 0, .. },
    a_flush_that_drops_the_tail: DropsTail, Budget::default() => OneThread, Fault::Lost { attempted: 1009, kept: 960, .. },
    one_update_in_a_million: OneInAMillion, THREE_MILLION => OneThread, Fault::Lost { .. },
    a_panic: Panics, Budget::default() => OneThread, Fault::Panicked { .. },
    no_lock: NoLock, Budget::default() => ExactTotal, Fault::Lost { .. },
    unlock_before_write: UnlocksTooEarly, Budget::default() => ExactTotal, Fault::Lost { .. },
    counted_twice_when_contended: CountsTwice, Budget::default() => ExactTotal, Fault::Invented { .. },
    a_lost_wake_up: LosesWakeUp, IMPATIENT => ExactTotal, Fault::Hung { .. },
    too_few_slots: SharesSlots, Budget::default() => ManyThreads, Fault::Lost { .. },
    two_instances_sharing_state: SharedState, Budget::default() => Isolation, Fault::Invented { .. },
    a_cell_wiped_when_reused: WipesCells, Budget::default() => HandleReuse, Fault::Lost { .. },
    room_for_seventy_threads_in_all: SeventyThreads, Budget::default() => Churn, Fault::Lost { .. },
    reads_what_is_only_reserved: ReadsAhead, Budget::default() => ReadBounded, Fault::ReadAhead { .. },
    reads_that_go_back: GoesBack, Budget::default() => ReadMonotonic, Fault::ReadBack { .. },
    reads_that_lag: Lags<{ GRADE_EXACT }>, Budget::default() => ReadCurrent, Fault::ReadBehind { .. },
}

#[test]
fn every_check_catches_something() {
    let catchers: HashSet<&Check> = CATCHERS.iter().collect();
    for check in &Check::ALL {
        assert!(catchers.contains(check), "{check} catches nothing here");
    }
}

#[test]
fn a_control_is_refused() {
    let failure = conformance::check::<NoCounter>(&Budget::default()).unwrap_err();
    assert_eq!(failure, Failure::Control { counter: "none" });
    assert!(failure.to_string().starts_with("none is a control"), "{failure}");
}

#[test]
fn what_lags_may_call_itself_eventual() {
    conformance::check::<Lags<{ GRADE_EVENTUAL }>>(&Budget::default()).unwrap();
}

/// Enough for one in a million to show.
const THREE_MILLION: Budget = Budget {
    increments: 3_000_000,
    at_least: Duration::from_millis(20),
    at_most: Duration::from_secs(20),
    hang: Duration::from_secs(10),
};

/// Gives up soon.
const IMPATIENT: Budget = Budget {
    increments: 1_000,
    at_least: Duration::from_millis(20),
    at_most: Duration::from_secs(2),
    hang: Duration::from_secs(3),
};

struct StartsAtOne(AtomicU64);

impl Default for StartsAtOne {
    fn default() -> Self {
        StartsAtOne(AtomicU64::new(1))
    }
}

impl Plain for StartsAtOne {
    const INFO: Info = info("starts_at_one", Grade::Exact);
    fn increment(&self) {
        self.0.fetch_add(1, Relaxed);
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// What its handles hold back is flushed one too high.
struct CountsHandles(AtomicU64);
struct HandleThatCounts<'a>(&'a AtomicU64);

impl Handle for HandleThatCounts<'_> {
    fn increment(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Drop for HandleThatCounts<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Counter for CountsHandles {
    const INFO: Info = info("counts_handles", Grade::Exact);
    type Handle<'a> = HandleThatCounts<'a>;
    fn new(_threads: usize) -> Self {
        CountsHandles(AtomicU64::new(0))
    }
    fn handle(&self) -> HandleThatCounts<'_> {
        HandleThatCounts(&self.0)
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Batches of 64; what is in the last one is forgotten.
struct DropsTail(AtomicU64);
struct TaillessBatch<'a> {
    sum: &'a AtomicU64,
    held: u64,
}

impl Handle for TaillessBatch<'_> {
    fn increment(&mut self) {
        self.held += 1;
        if self.held == 64 {
            self.sum.fetch_add(64, Relaxed);
            self.held = 0;
        }
    }
}

impl Counter for DropsTail {
    const INFO: Info = info("drops_tail", Grade::Eventual);
    type Handle<'a> = TaillessBatch<'a>;
    fn new(_threads: usize) -> Self {
        DropsTail(AtomicU64::new(0))
    }
    fn handle(&self) -> TaillessBatch<'_> {
        TaillessBatch { sum: &self.0, held: 0 }
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[derive(Default)]
struct OneInAMillion {
    calls: AtomicU64,
    value: AtomicU64,
}

impl Plain for OneInAMillion {
    const INFO: Info = info("one_in_a_million", Grade::Exact);
    fn increment(&self) {
        if self.calls.fetch_add(1, Relaxed) % 1_000_000 != 999_999 {
            self.value.fetch_add(1, Relaxed);
        }
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

#[derive(Default)]
struct Panics(AtomicU64);

impl Plain for Panics {
    const INFO: Info = info("panics", Grade::Exact);
    fn increment(&self) {
        assert!(self.0.fetch_add(1, Relaxed) < 500, "five hundred is enough");
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Load, let others run, store: the window is held open so that the check need not be lucky.
fn slow_add(value: &AtomicU64) {
    let seen = value.load(Relaxed);
    thread::yield_now();
    value.store(seen + 1, Relaxed);
}

#[derive(Default)]
struct NoLock(AtomicU64);

impl Plain for NoLock {
    const INFO: Info = info("no_lock", Grade::Exact);
    fn increment(&self) {
        slow_add(&self.0);
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Its lock is right, its critical section ends a line too early.
#[derive(Default)]
struct UnlocksTooEarly {
    taken: AtomicBool,
    value: AtomicU64,
}

impl Plain for UnlocksTooEarly {
    const INFO: Info = info("unlocks_too_early", Grade::Exact);
    fn increment(&self) {
        while self.taken.swap(true, Acquire) {
            thread::yield_now();
        }
        let seen = self.value.load(Relaxed);
        self.taken.store(false, Release);
        thread::yield_now();
        self.value.store(seen + 1, Relaxed);
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// A compare-and-swap that failed is made up for, and then tried again.
#[derive(Default)]
struct CountsTwice(AtomicU64);

impl Plain for CountsTwice {
    const INFO: Info = info("counts_twice", Grade::Exact);
    fn increment(&self) {
        loop {
            let seen = self.0.load(Relaxed);
            thread::yield_now();
            if self.0.compare_exchange(seen, seen + 1, Relaxed, Relaxed).is_ok() {
                return;
            }
            self.0.fetch_add(1, Relaxed);
        }
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// A mutex that notes *that* somebody waits, wakes one, and forgets the others. The classic mistake
/// of a first futex lock.
#[derive(Default)]
struct LosesWakeUp {
    state: Mutex<Waiting>,
    freed: Condvar,
    value: AtomicU64,
}

#[derive(Default)]
struct Waiting {
    taken: bool,
    somebody: bool,
}

impl Plain for LosesWakeUp {
    const INFO: Info = info("loses_wake_up", Grade::Exact);
    fn increment(&self) {
        let mut state = self.state.lock().unwrap();
        while state.taken {
            state.somebody = true;
            state = self.freed.wait(state).unwrap();
        }
        state.taken = true;
        drop(state);
        slow_add(&self.value);
        let mut state = self.state.lock().unwrap();
        state.taken = false;
        if std::mem::take(&mut state.somebody) {
            self.freed.notify_one();
        }
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

/// As many cells with one writer each as threads were announced; one more thread, and one has two.
struct SharesSlots {
    slots: Box<[AtomicU64]>,
    next: AtomicUsize,
}
struct Slot<'a>(&'a AtomicU64);

impl Handle for Slot<'_> {
    fn increment(&mut self) {
        slow_add(self.0);
    }
}

impl Counter for SharesSlots {
    const INFO: Info = info("shares_slots", Grade::Exact);
    type Handle<'a> = Slot<'a>;
    fn new(threads: usize) -> Self {
        SharesSlots { slots: (0..threads).map(|_| AtomicU64::new(0)).collect(), next: AtomicUsize::new(0) }
    }
    fn handle(&self) -> Slot<'_> {
        Slot(&self.slots[self.next.fetch_add(1, Relaxed) % self.slots.len()])
    }
    fn total(&self) -> u64 {
        self.slots.iter().map(|slot| slot.load(Relaxed)).sum()
    }
}

/// Alone it is right: each new one starts from 0. Two are one.
struct SharedState;
static SHARED: AtomicU64 = AtomicU64::new(0);

impl Default for SharedState {
    fn default() -> Self {
        SHARED.store(0, Relaxed);
        SharedState
    }
}

impl Plain for SharedState {
    const INFO: Info = info("shared_state", Grade::Exact);
    fn increment(&self) {
        SHARED.fetch_add(1, Relaxed);
    }
    fn total(&self) -> u64 {
        SHARED.load(Relaxed)
    }
}

/// Gives cells back, and the next owner starts from 0.
#[derive(Default)]
struct WipesCells {
    all: Mutex<Vec<Arc<AtomicU64>>>,
    free: Mutex<Vec<Arc<AtomicU64>>>,
}
struct WipedCell<'a> {
    home: &'a WipesCells,
    cell: Arc<AtomicU64>,
}

impl Handle for WipedCell<'_> {
    fn increment(&mut self) {
        self.cell.fetch_add(1, Relaxed);
    }
}

impl Drop for WipedCell<'_> {
    fn drop(&mut self) {
        self.home.free.lock().unwrap().push(Arc::clone(&self.cell));
    }
}

impl Counter for WipesCells {
    const INFO: Info = info("wipes_cells", Grade::Exact);
    type Handle<'a> = WipedCell<'a>;
    fn new(_threads: usize) -> Self {
        WipesCells::default()
    }
    fn handle(&self) -> WipedCell<'_> {
        let free = self.free.lock().unwrap().pop();
        let cell = free.unwrap_or_else(|| {
            let new = Arc::default();
            self.all.lock().unwrap().push(Arc::clone(&new));
            new
        });
        cell.store(0, Relaxed);
        WipedCell { home: self, cell }
    }
    fn total(&self) -> u64 {
        self.all.lock().unwrap().iter().map(|cell| cell.load(Relaxed)).sum()
    }
}

/// A place for each thread it ever met, and no more than seventy.
#[derive(Default)]
struct SeventyThreads(Mutex<HashMap<ThreadId, u64>>);

impl Plain for SeventyThreads {
    const INFO: Info = info("seventy_threads", Grade::Exact);
    fn increment(&self) {
        let mut places = self.0.lock().unwrap();
        let me = thread::current().id();
        if places.len() < 70 || places.contains_key(&me) {
            *places.entry(me).or_default() += 1;
        }
    }
    fn total(&self) -> u64 {
        self.0.lock().unwrap().values().sum()
    }
}

/// Reserves 64 at a time, and gives back at the end what was not needed.
struct ReadsAhead(AtomicU64);
struct Reserved<'a> {
    sum: &'a AtomicU64,
    left: u64,
}

impl Handle for Reserved<'_> {
    fn increment(&mut self) {
        if self.left == 0 {
            self.sum.fetch_add(64, Relaxed);
            self.left = 64;
        }
        self.left -= 1;
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        self.sum.fetch_sub(self.left, Relaxed);
    }
}

impl Counter for ReadsAhead {
    const INFO: Info = info("reads_ahead", Grade::Eventual);
    type Handle<'a> = Reserved<'a>;
    fn new(_threads: usize) -> Self {
        ReadsAhead(AtomicU64::new(0))
    }
    fn handle(&self) -> Reserved<'_> {
        Reserved { sum: &self.0, left: 0 }
    }
    fn read(&self) -> Option<u64> {
        Some(self.0.load(Relaxed))
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// Every other read, while somebody counts, is an old one.
#[derive(Default)]
struct GoesBack {
    value: AtomicU64,
    reads: AtomicU64,
    counting: AtomicUsize,
}
struct Counting<'a>(&'a GoesBack);

impl Handle for Counting<'_> {
    fn increment(&mut self) {
        self.0.value.fetch_add(1, Relaxed);
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.0.counting.fetch_sub(1, Relaxed);
    }
}

impl Counter for GoesBack {
    const INFO: Info = info("goes_back", Grade::Eventual);
    const MONOTONIC_READ: bool = true;
    type Handle<'a> = Counting<'a>;
    fn new(_threads: usize) -> Self {
        GoesBack::default()
    }
    fn handle(&self) -> Counting<'_> {
        self.counting.fetch_add(1, Relaxed);
        Counting(self)
    }
    fn read(&self) -> Option<u64> {
        let value = self.value.load(Relaxed);
        let old = self.counting.load(Relaxed) > 0 && self.reads.fetch_add(1, Relaxed) % 2 == 1;
        Some(if old { value / 2 } else { value })
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

const GRADE_EXACT: bool = true;
const GRADE_EVENTUAL: bool = false;

/// Holds 64 back and flushes them all in the end: right, unless it says that its reads are current.
struct Lags<const EXACT: bool>(AtomicU64);
struct Late<'a> {
    sum: &'a AtomicU64,
    held: Cell<u64>,
}

impl Late<'_> {
    fn flush(&self) {
        self.sum.fetch_add(self.held.take(), Relaxed);
    }
}

impl Handle for Late<'_> {
    fn increment(&mut self) {
        self.held.set(self.held.get() + 1);
        if self.held.get() == 64 {
            self.flush();
        }
    }
}

impl Drop for Late<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

impl<const EXACT: bool> Counter for Lags<EXACT> {
    const INFO: Info = info("lags", if EXACT { Grade::Exact } else { Grade::Eventual });
    const MONOTONIC_READ: bool = true;
    type Handle<'a> = Late<'a>;
    fn new(_threads: usize) -> Self {
        Lags(AtomicU64::new(0))
    }
    fn handle(&self) -> Late<'_> {
        Late { sum: &self.0, held: Cell::new(0) }
    }
    fn read(&self) -> Option<u64> {
        Some(self.0.load(Relaxed))
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
