//! Counts in thread-local storage, looked up at each increment and merged on reading. *Source:*
//! `threading.local()` in the articles on Python threads; `count_stat.c` of perfbook.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;
use thread_local::ThreadLocal;

use crate::counter::{Grade, Info, Plain};

/// A cell per thread and counter, looked up at each increment; no handle is needed.
#[derive(Default)]
pub struct ThreadLocalCells(ThreadLocal<CachePadded<AtomicU64>>);

impl Plain for ThreadLocalCells {
    const INFO: Info = Info {
        id: "thread_local",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a thread-local cell, looked up each time, merged on reading",
        source: "threading.local() in the articles on Python threads; the thread_local crate",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        let cell = self.0.get_or_default();
        // Only this thread stores here. A later thread may get the same cell, but only after
        // this one has ended.
        cell.store(cell.load(Relaxed).wrapping_add(1), Relaxed);
    }

    /// The size for the first threads of a program; later threads may get larger buckets.
    fn bytes(threads: usize) -> usize {
        // Buckets of 1, 2, 4 cells and so on. A mark beside each cell is as large as the cell here.
        let cells = (threads + 1).next_power_of_two() - 1;
        size_of::<Self>() + cells * 2 * size_of::<CachePadded<AtomicU64>>()
    }

    fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, c| sum.wrapping_add(c.load(Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_counters_on_one_thread_do_not_share() {
        let (one, other) = (ThreadLocalCells::default(), ThreadLocalCells::default());
        one.increment();
        one.increment();
        other.increment();
        assert_eq!((Plain::total(&one), Plain::total(&other)), (2, 1));
    }

    #[test]
    fn what_an_ended_thread_counted_stays() {
        let counter = ThreadLocalCells::default();
        for _ in 0..10 {
            std::thread::scope(|s| {
                s.spawn(|| counter.increment());
            });
        }
        assert_eq!(Plain::total(&counter), 10);
    }
}
