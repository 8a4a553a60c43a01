//! A few padded atomics, each thread adding to its own until there are more threads than stripes.
//! *Source:* Java's `LongAdder` (Doug Lea) without its growth.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};

/// As many padded atomics as threads were announced; a further thread shares one.
pub struct Striped {
    stripes: Box<[CachePadded<AtomicU64>]>,
    next: AtomicUsize,
}

/// One thread's stripe.
pub struct Stripe<'a>(&'a AtomicU64);

impl Handle for Stripe<'_> {
    #[inline]
    fn increment(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

impl Counter for Striped {
    const INFO: Info = Info {
        id: "striped",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "padded atomics, one a thread, summed on reading",
        source: "java.util.concurrent.atomic.LongAdder",
    };

    type Handle<'a> = Stripe<'a>;

    fn new(threads: usize) -> Self {
        Striped { stripes: (0..threads.max(1)).map(|_| CachePadded::default()).collect(), next: AtomicUsize::new(0) }
    }

    fn handle(&self) -> Stripe<'_> {
        let mine = self.next.fetch_add(1, Relaxed) % self.stripes.len();
        Stripe(&self.stripes[mine])
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn total(&self) -> u64 {
        self.stripes.iter().fold(0, |sum, s| sum.wrapping_add(s.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_handles_than_stripes_share_without_loss() {
        let counter = Striped::new(2);
        let mut handles: Vec<_> = (0..5).map(|_| counter.handle()).collect();
        handles.iter_mut().for_each(Handle::increment);
        assert_eq!(counter.total(), 5);
        assert_eq!(counter.stripes.iter().map(|s| s.load(Relaxed)).collect::<Vec<_>>(), [3, 2]);
    }

    #[test]
    fn the_sum_wraps() {
        let counter = Striped::new(2);
        counter.stripes[0].store(u64::MAX, Relaxed);
        counter.stripes[1].store(2, Relaxed);
        assert_eq!(counter.total(), 1);
    }
}
