//! Counters whose reads are wrong while other threads count.

use std::cell::Cell;
use std::sync::atomic::{
    AtomicBool, AtomicU64, AtomicUsize,
    Ordering::{Acquire, Relaxed, Release},
};
use std::sync::{Arc, Mutex};
use std::thread;

use miscount::counter::{Counter, Grade, Handle, Info, Plain};

use super::info;

/// Reserves 64 at a time, and gives back at the end what was not needed.
pub(super) struct ReadsAhead(AtomicU64);
pub(super) struct Reserved<'a> {
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
pub(super) struct GoesBack {
    value: AtomicU64,
    reads: AtomicU64,
    counting: AtomicUsize,
}
pub(super) struct Counting<'a>(&'a GoesBack);

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

pub(super) const GRADE_EXACT: bool = true;
pub(super) const GRADE_EVENTUAL: bool = false;

/// Holds 64 back and flushes them all in the end: right, unless it says that its reads are current.
pub(super) struct Lags<const EXACT: bool>(AtomicU64);
pub(super) struct Late<'a> {
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

/// A reader adds the share of a thread that ended to a sum, and only then takes the thread off the list: two readers add it twice. As
/// `ThreadLocalCounter` of nitsanw/scalable-counters, issue 1 (2025).
#[derive(Default)]
pub(super) struct RetiresTwice {
    ended: AtomicU64,
    threads: Mutex<Vec<Arc<OfThread>>>,
}
#[derive(Default)]
pub(super) struct OfThread {
    count: AtomicU64,
    over: AtomicBool,
    retired: AtomicBool,
}
pub(super) struct Listed(Arc<OfThread>);

impl Handle for Listed {
    fn increment(&mut self) {
        self.0.count.fetch_add(1, Relaxed);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.0.over.store(true, Release);
    }
}

impl RetiresTwice {
    fn sum(&self) -> u64 {
        let listed = self.threads.lock().unwrap().clone();
        let mut live = 0;
        for thread in &listed {
            if thread.over.load(Acquire) {
                self.ended.fetch_add(thread.count.load(Relaxed), Relaxed);
                thread.retired.store(true, Relaxed);
            } else {
                live += thread.count.load(Relaxed);
            }
        }
        thread::yield_now();
        self.threads.lock().unwrap().retain(|thread| !thread.retired.load(Relaxed));
        self.ended.load(Relaxed) + live
    }
}

impl Counter for RetiresTwice {
    const INFO: Info = info("retires_twice", Grade::Eventual);
    type Handle<'a> = Listed;
    fn new(_threads: usize) -> Self {
        RetiresTwice::default()
    }
    fn handle(&self) -> Listed {
        let mine = Arc::default();
        self.threads.lock().unwrap().push(Arc::clone(&mine));
        Listed(mine)
    }
    fn read(&self) -> Option<u64> {
        Some(self.sum())
    }
    fn total(&self) -> u64 {
        self.sum()
    }
}

/// Two cells that are read and then set to 0: what is counted in between is gone. As `LongAdder.sumThenReset` says of itself, and as
/// Kamon took its counters with it until 0.6.3, issue 393 (2016).
#[derive(Default)]
pub(super) struct TakesInTwoSteps {
    cells: [AtomicU64; 2],
    turn: AtomicUsize,
}

impl Plain for TakesInTwoSteps {
    const INFO: Info = info("takes_in_two_steps", Grade::Exact);
    fn increment(&self) {
        self.cells[self.turn.fetch_add(1, Relaxed) % 2].fetch_add(1, Relaxed);
    }
    fn total(&self) -> u64 {
        self.cells.iter().map(|cell| cell.load(Relaxed)).sum()
    }
    fn take(&self) -> Option<u64> {
        let take = |cell: &AtomicU64| {
            let seen = cell.load(Relaxed);
            thread::yield_now();
            cell.store(0, Relaxed);
            seen
        };
        Some(self.cells.iter().map(take).sum())
    }
}
