//! A cell per thread and counter with one writer, found through thread-local storage: `increment`
//! may be called from anywhere, and is still a plain load and store. *Source:* `count_end.c` of
//! perfbook's `CodeSamples/count`; the thread-local vectors of folly's `ThreadLocal`.
//!
//! Each thread has a block of cells, one for each counter, found by the counter's slot. Blocks are
//! never freed. The block of a thread that ends keeps its counts and goes to a later
//! thread. So a counter's value is the sum of its cells in all blocks ever made,
//! and nothing has to be moved when a thread ends.

mod registry;

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::counter::{Grade, Info, Plain};
use registry::{Block, SLOTS, registry};

/// Cells with one writer each, without a handle. Any number of counters and threads.
///
/// Not for signal handlers, because a handler could interrupt between load and store. Not for a global allocator, because
/// the first increment of a thread allocates.
pub struct PerThreadTls {
    /// The place of its cells in every block; below [`SLOTS`] no other live counter has the same.
    slot: usize,
    /// Increments without a cell: beyond [`SLOTS`], or while a thread was being torn down.
    spilled: AtomicU64,
}

impl Plain for PerThreadTls {
    const INFO: Info = Info {
        id: "per_thread_tls",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a cell per thread with one writer, found without a handle",
        source: "perfbook, CodeSamples/count/count_end.c; folly::ThreadLocal",
    };

    const MONOTONIC_READ: bool = true;

    #[inline]
    fn increment(&self) {
        match BLOCK.get().get(self.slot) {
            Some(cell) => add_one(cell),
            None => self.increment_first(),
        }
    }

    fn total(&self) -> u64 {
        let spilled = self.spilled.load(Relaxed);
        registry().cells(self.slot).fold(spilled, |sum, cell| sum.wrapping_add(cell.load(Relaxed)))
    }

    fn bytes(threads: usize) -> usize {
        size_of::<Self>() + threads * size_of::<AtomicU64>()
    }
}

/// No other thread stores here, so no update is lost.
#[inline]
fn add_one(cell: &AtomicU64) {
    cell.store(cell.load(Relaxed).wrapping_add(1), Relaxed);
}

thread_local! {
    /// This thread's block; empty until it first increments. It has a constant start value and needs no
    /// drop, so that reading it takes no check.
    static BLOCK: Cell<Block> = const { Cell::new(&[]) };
    /// Gives the block back when the thread ends; touched only when it gets one.
    static LEASE: Lease = const { Lease };
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        registry().give_block(BLOCK.replace(&[]));
    }
}

impl PerThreadTls {
    /// The first increment by this thread, or the first since there are more counters than its block has cells.
    #[cold]
    #[inline(never)]
    fn increment_first(&self) {
        // Destructors of other thread-locals may count after the lease has ended.
        if self.slot >= SLOTS || LEASE.try_with(|_| ()).is_err() {
            self.spilled.fetch_add(1, Relaxed);
            return;
        }
        let mut registry = registry();
        let block = registry.take_block(self.slot);
        // A block that has become too small keeps its counts, and they count.
        registry.give_block(BLOCK.replace(block));
        add_one(&block[self.slot]);
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
