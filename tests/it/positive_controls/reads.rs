//! Counters whose reads are wrong while other threads count.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use miscount::counter::{Counter, Grade, Handle, Info};

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
