//! Counters that are wrong even with one thread.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use miscount::counter::{Counter, Grade, Handle, Info, Plain};

use super::info;

pub(super) struct StartsAtOne(AtomicU64);

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
pub(super) struct CountsHandles(AtomicU64);
pub(super) struct HandleThatCounts<'a>(&'a AtomicU64);

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
pub(super) struct DropsTail(AtomicU64);
pub(super) struct TaillessBatch<'a> {
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
pub(super) struct OneInAMillion {
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

/// Forgets every n-th increment of an instance, in any batch.
pub(super) struct OneInTenMillion {
    calls: AtomicU64,
    value: AtomicU64,
}

impl OneInTenMillion {
    /// A prime.
    pub(super) const ONE_IN: u64 = 10_000_019;
}

/// Counts by itself, so that hundreds of millions take a moment.
pub(super) struct ForgetfulBatch<'a> {
    whole: &'a OneInTenMillion,
    held: u64,
}

impl Handle for ForgetfulBatch<'_> {
    fn increment(&mut self) {
        self.held += 1;
    }
}

impl Drop for ForgetfulBatch<'_> {
    fn drop(&mut self) {
        let before = self.whole.calls.fetch_add(self.held, Relaxed);
        let forgotten = |calls: u64| calls / OneInTenMillion::ONE_IN;
        self.whole.value.fetch_add(self.held - (forgotten(before + self.held) - forgotten(before)), Relaxed);
    }
}

impl Counter for OneInTenMillion {
    const INFO: Info = info("one_in_ten_million", Grade::Eventual);
    type Handle<'a> = ForgetfulBatch<'a>;
    fn new(_threads: usize) -> Self {
        OneInTenMillion { calls: AtomicU64::new(0), value: AtomicU64::new(0) }
    }
    fn handle(&self) -> ForgetfulBatch<'_> {
        ForgetfulBatch { whole: self, held: 0 }
    }
    fn total(&self) -> u64 {
        self.value.load(Relaxed)
    }
}

#[derive(Default)]
pub(super) struct Panics(AtomicU64);

impl Plain for Panics {
    const INFO: Info = info("panics", Grade::Exact);
    fn increment(&self) {
        assert!(self.0.fetch_add(1, Relaxed) < 500, "five hundred is enough");
    }
    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}
