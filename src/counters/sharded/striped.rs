//! A few padded atomics, each thread adding to its own until there are more threads than stripes.
//! *Source:* Java's `LongAdder` (Doug Lea) without its growth.

use crossbeam_utils::CachePadded;
use std::ops::Deref;

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

/// One thread's stripe.
pub struct Stripe<'a>(&'a AtomicU64);

impl Handle for Stripe<'_> {
    #[inline]
    fn increment(&mut self) {
        self.0.fetch_add(1, Relaxed);
    }
}

/// One padded atomic for each announced thread; a further thread shares one.
pub type Striped = StripedOf<CachePadded<AtomicU64>>;

impl Layout for CachePadded<AtomicU64> {
    const INFO: Info = Info {
        id: "striped",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "padded atomics, one a thread, summed on reading",
        source: "java.util.concurrent.atomic.LongAdder",
    };
}

/// An atomic and its padding: the only difference between [`Striped`] and its unpadded twin.
pub trait Layout: Deref<Target = AtomicU64> + Default + Send + Sync + 'static {
    /// Facts about a counter of such stripes.
    const INFO: Info;
}

/// One stripe of layout `S` for each announced thread.
pub struct StripedOf<S> {
    stripes: Box<[S]>,
    next: AtomicUsize,
}

impl<S: Layout> Counter for StripedOf<S> {
    const INFO: Info = S::INFO;

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Stripe<'a>;

    fn new(threads: usize) -> Self {
        StripedOf { stripes: (0..threads.max(1)).map(|_| S::default()).collect(), next: AtomicUsize::new(0) }
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

    fn take(&self) -> Option<u64> {
        Some(self.stripes.iter().fold(0, |sum, s| sum.wrapping_add(s.swap(0, Relaxed))))
    }

    fn bytes(threads: usize) -> usize {
        size_of::<Self>() + threads.max(1) * size_of::<S>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counters::sharded::StripedUnpadded;

    #[test]
    fn more_handles_than_stripes_share_without_loss() {
        fn counted<S: Layout>(counter: &StripedOf<S>) {
            let mut handles: Vec<_> = (0..5).map(|_| counter.handle()).collect();
            handles.iter_mut().for_each(Handle::increment);
            assert_eq!(counter.total(), 5);
            assert_eq!(counter.stripes.iter().map(|s| s.load(Relaxed)).collect::<Vec<_>>(), [3, 2]);
        }
        counted(&Striped::new(2));
        counted(&StripedUnpadded::new(2));
    }

    #[test]
    fn the_sum_wraps() {
        let counter = Striped::new(2);
        counter.stripes[0].store(u64::MAX, Relaxed);
        counter.stripes[1].store(2, Relaxed);
        assert_eq!(counter.total(), 1);
    }

    /// Addresses of the first two stripes, in cache lines of 64 bytes.
    fn lines<S: Layout>(counter: &StripedOf<S>) -> [usize; 2] {
        [0, 1].map(|n| std::ptr::from_ref::<AtomicU64>(&counter.stripes[n]).addr() / 64)
    }

    #[test]
    fn only_the_unpadded_twin_shares_cache_lines() {
        let [one, other] = lines(&Striped::new(8));
        assert_ne!(one, other);
        // A boxed pair of words lies on one line, since allocators align to 16 bytes.
        let [one, other] = lines(&StripedUnpadded::new(2));
        assert_eq!(one, other);
    }
}
