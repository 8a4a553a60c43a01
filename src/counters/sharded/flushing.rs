//! Each thread counts in a local batch and adds it when it is full. That is one locked instruction in 64
//! increments, and a `read` that lags. *Source:* Linux's `lib/percpu_counter.c`.

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Increments a handle holds back at most before it hands them in.
const BATCH: u64 = 64;

/// One thread's batch; handed in when full and when dropped.
pub struct Batch<'a> {
    held: u64,
    sum: &'a AtomicU64,
}

impl Handle for Batch<'_> {
    #[inline]
    fn increment(&mut self) {
        self.held += 1;
        if self.held == BATCH {
            self.flush();
        }
    }
}

impl Batch<'_> {
    fn flush(&mut self) {
        self.sum.fetch_add(self.held, Relaxed);
        self.held = 0;
    }
}

impl Drop for Batch<'_> {
    fn drop(&mut self) {
        self.flush();
    }
}

/// A shared sum that batches are added to. `read` lags by up to 63 for each live handle.
#[derive(Default)]
pub struct Flushing(AtomicU64);

impl Counter for Flushing {
    const INFO: Info = Info {
        id: "flushing",
        family: "sharded",
        grade: Grade::Eventual,
        helpers: 0,
        summary: "local batches of 64, added to a shared atomic",
        source: "Linux, lib/percpu_counter.c",
    };

    type Handle<'a> = Batch<'a>;

    fn new(_threads: usize) -> Self {
        Flushing::default()
    }

    fn handle(&self) -> Batch<'_> {
        Batch { held: 0, sum: &self.0 }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn take(&self) -> Option<u64> {
        Some(self.0.swap(0, Relaxed))
    }

    fn total(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_batches_are_seen_at_once_and_the_rest_at_the_end() {
        let counter = Flushing::new(1);
        let mut handle = counter.handle();
        (1..BATCH).for_each(|_| handle.increment());
        assert_eq!(counter.read(), Some(0));
        handle.increment();
        assert_eq!(counter.read(), Some(BATCH));
        handle.increment();
        assert_eq!(counter.read(), Some(BATCH));
        drop(handle);
        assert_eq!(counter.total(), BATCH + 1);
    }

    #[test]
    fn a_handle_dropped_unused_adds_nothing() {
        let counter = Flushing::new(1);
        drop(counter.handle());
        assert_eq!(counter.total(), 0);
    }

    #[test]
    fn the_sum_wraps() {
        let counter = Flushing(AtomicU64::new(u64::MAX));
        counter.handle().increment();
        assert_eq!(counter.total(), 0);
    }
}
