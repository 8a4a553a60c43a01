//! A cell per thread and counter with one writer, in thread-local storage: `increment` may be called
//! from anywhere, and is still a plain load and store. *Source:* `count_end.c` of perfbook's
//! `CodeSamples/count`.
//!
//! Each thread has 256 cells in its thread-local storage, and a counter has the same place in all of them. A list of
//! the cells of living threads is used on reading. When a thread ends, its counts are added to those of ended threads.
//! An increment need not ask whether its thread is on the list: a cell starts one below 0, and gets to 0 when it is
//! used first. *Limits:* with more than
//! 255 counters alive, further ones use one atomic each. A process made by `fork` must not count on, because the
//! list has threads that it does not have.

mod add_one;
mod registry;

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Grade, Info, Plain};
use add_one::add_one;
use registry::{Cells, NOBODY, UNUSED, registry};

/// Cells with one writer each, without a handle. Any number of counters and threads.
///
/// Not for signal handlers, because a handler could interrupt between load and store. Not for a global allocator, because
/// the first increment of a thread may allocate.
pub struct PerThreadTls {
    /// Its place among the cells of every thread; no other live counter has the same, except [`NOBODY`].
    slot: u8,
    /// Increments without a cell: of a counter without a place, or while a thread was being torn down.
    spilled: AtomicU64,
}

impl Plain for PerThreadTls {
    const INFO: Info = Info {
        id: "per_thread_tls",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a cell per thread with one writer, found without a handle",
        source: "perfbook, CodeSamples/count/count_end.c",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        CELLS.with(|cells| {
            if add_one(cells, self.slot) {
                self.after_first();
            }
        });
    }

    fn total(&self) -> u64 {
        registry().total(self.slot).wrapping_add(self.spilled.load(Relaxed))
    }

    fn bytes(threads: usize) -> usize {
        // Its place among the counts of ended threads, and among the cells of each thread.
        size_of::<Self>() + (1 + threads) * size_of::<u64>()
    }
}

thread_local! {
    /// This thread's cells. They have a constant start value and need no drop, so that finding them takes no check.
    static CELLS: Cells = const { registry::unused() };
    /// Takes the cells off the list when the thread ends; touched only when they get on it.
    static LEASE: Lease = const { Lease };
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        CELLS.with(|cells| registry().leave(cells));
    }
}

impl PerThreadTls {
    /// After the first increment by this thread (and after each 2^64th).
    #[cold]
    #[inline(never)]
    fn after_first(&self) {
        CELLS.with(|cells| {
            // Destructors of other thread-locals may count after the lease has ended.
            if self.slot == NOBODY || LEASE.try_with(|_| ()).is_err() {
                cells[usize::from(self.slot)].store(UNUSED, Relaxed);
                self.spilled.fetch_add(1, Relaxed);
            } else {
                registry().join(cells);
            }
        });
    }
}

impl Default for PerThreadTls {
    fn default() -> Self {
        PerThreadTls { slot: registry().take_slot(), spilled: AtomicU64::new(0) }
    }
}

impl Drop for PerThreadTls {
    fn drop(&mut self) {
        // Nobody counts with it any more, and the next owner of the slot comes through the lock.
        registry().give_slot(self.slot);
    }
}

#[cfg(test)]
mod tests;
