//! One word until threads collide on it, then stripes, twice as many each time they still collide.
//! *Source:* Java's `LongAdder` and its `Striped64` (Doug Lea).

use std::cell::Cell;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread;

use crossbeam_utils::CachePadded;

use crate::counter::{Grade, Info, Plain};

/// A word, and stripes that are made when compare-and-swap fails, which shows contention. Stripes stay in place; growing
/// only means that more of them are used.
pub struct Adaptive {
    /// Stripe 0, the only one while nothing contends.
    base: CachePadded<AtomicU64>,
    /// Stripes in use: a power of two.
    used: AtomicUsize,
    /// Stripe 1, stripes 2 and 3, stripes 4 to 7 and so on, made when the first thread comes there.
    more: [OnceLock<Box<[CachePadded<AtomicU64>]>>; MOST.ilog2() as usize],
}

impl Plain for Adaptive {
    const INFO: Info = Info {
        id: "adaptive",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "one atomic that grows stripes where compare-and-swap fails",
        source: "java.util.concurrent.atomic.LongAdder, Striped64",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        if !add_one(self.stripe(PROBE.get())) {
            self.increment_contended();
        }
    }

    fn total(&self) -> u64 {
        let grown = self.more.iter().filter_map(OnceLock::get).flatten();
        grown.fold(self.base.load(Relaxed), |sum, stripe| sum.wrapping_add(stripe.load(Relaxed)))
    }

    fn take(&self) -> Option<u64> {
        let grown = self.more.iter().filter_map(OnceLock::get).flatten();
        Some(grown.fold(self.base.swap(0, Relaxed), |sum, stripe| sum.wrapping_add(stripe.swap(0, Relaxed))))
    }

    /// With this many CPUs too, and after the threads have collided.
    fn bytes(threads: usize) -> usize {
        let grown = threads.clamp(1, MOST).next_power_of_two() - 1;
        size_of::<Self>() + grown * size_of::<CachePadded<AtomicU64>>()
    }
}

impl Default for Adaptive {
    fn default() -> Self {
        Adaptive {
            base: CachePadded::default(),
            used: AtomicUsize::new(1),
            more: [const { OnceLock::new() }; MOST.ilog2() as usize],
        }
    }
}

/// The most stripes, on any machine.
const MOST: usize = 256;

impl Adaptive {
    /// The stripe of `probe`. A thread that sees an old size only shares a stripe for a while.
    #[inline]
    fn stripe(&self, probe: usize) -> &AtomicU64 {
        let at = probe & (self.used.load(Relaxed) - 1);
        match at.checked_ilog2() {
            None => &self.base,
            Some(log) => {
                let (part, first) = (&self.more[log as usize], 1 << log);
                &part.get_or_init(|| (0..first).map(|_| CachePadded::default()).collect())[at - first]
            }
        }
    }

    /// After a failure: moves to other stripes until an addition succeeds. The first failure of all
    /// makes a second stripe, after that every second one in a row doubles them.
    #[cold]
    fn increment_contended(&self) {
        let mut grows = self.used.load(Relaxed) == 1;
        loop {
            if grows {
                self.grow();
            }
            grows = !grows;
            if add_one(self.stripe(next_probe())) {
                return;
            }
        }
    }

    fn grow(&self) {
        let used = self.used.load(Relaxed);
        if used < most_useful() {
            // Failure means that another thread was first.
            let _ = self.used.compare_exchange(used, 2 * used, Relaxed, Relaxed);
        }
    }
}

/// One try; fails only if another thread was first, never spuriously.
#[inline]
fn add_one(stripe: &AtomicU64) -> bool {
    let seen = stripe.load(Relaxed);
    stripe.compare_exchange(seen, seen.wrapping_add(1), Relaxed, Relaxed).is_ok()
}

thread_local! {
    /// This thread's probe for the stripes of every counter. 0 until it first collides.
    static PROBE: Cell<usize> = const { Cell::new(0) };
}

/// The next probe after a collision: neighbouring stripes for new threads, then a random one by xorshift.
fn next_probe() -> usize {
    static STARTS: AtomicUsize = AtomicUsize::new(1);
    let next = match PROBE.get() as u64 {
        0 => STARTS.fetch_add(1, Relaxed).max(1),
        mut x => {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x as usize
        }
    };
    PROBE.set(next);
    next
}

/// The number of CPUs, rounded up to a power of two: no more threads can collide at once.
fn most_useful() -> usize {
    static STRIPES: OnceLock<usize> = OnceLock::new();
    *STRIPES.get_or_init(|| thread::available_parallelism().map_or(1, |cpus| cpus.get().next_power_of_two().min(MOST)))
}

#[cfg(test)]
mod tests;
