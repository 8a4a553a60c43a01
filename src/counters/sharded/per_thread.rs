//! A cell per thread that only its owner writes: a relaxed load and store, no locked instruction,
//! and still nothing is lost. *Source:* `count_end.c` of perfbook's `CodeSamples/count`.

use std::sync::{Arc, PoisonError};

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};
use crate::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU64, Ordering::Relaxed},
};

type Cell = Arc<CachePadded<AtomicU64>>;

/// Cells with one writer each, summed on reading. A handle takes a free cell or a new one, so any
/// number of threads may come and go.
#[derive(Default)]
pub struct PerThread(Mutex<Cells>);

#[derive(Default)]
struct Cells {
    all: Vec<Cell>,
    free: Vec<Cell>,
    /// What was taken of their sum. Only its owner may write a cell, so none is set to 0.
    taken: u64,
}

impl Cells {
    /// What they have counted and nobody has taken.
    fn left(&self) -> u64 {
        self.all.iter().fold(0_u64, |sum, cell| sum.wrapping_add(cell.load(Relaxed))).wrapping_sub(self.taken)
    }
}

impl PerThread {
    /// The cells, also after a panic elsewhere, because no cell is ever half written.
    fn cells(&self) -> MutexGuard<'_, Cells> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One thread's cell; given back when dropped.
pub struct Owned<'a> {
    counter: &'a PerThread,
    cell: Cell,
}

impl Handle for Owned<'_> {
    #[inline]
    fn increment(&mut self) {
        // No other thread stores here, so no update is lost.
        self.cell.store(self.cell.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

impl Drop for Owned<'_> {
    fn drop(&mut self) {
        // The mutex makes this owner's stores visible to the next one.
        self.counter.cells().free.push(Arc::clone(&self.cell));
    }
}

impl Counter for PerThread {
    const INFO: Info = Info {
        id: "per_thread",
        family: "sharded",
        grade: Grade::Exact,
        helpers: 0,
        summary: "a cell per thread with one writer: no locked instruction",
        source: "perfbook, CodeSamples/count/count_end.c",
    };

    const MONOTONIC_READ: bool = true;

    type Handle<'a> = Owned<'a>;

    fn new(threads: usize) -> Self {
        let all: Vec<Cell> = (0..threads).map(|_| Cell::default()).collect();
        let free = all.clone();
        PerThread(Mutex::new(Cells { all, free, taken: 0 }))
    }

    fn handle(&self) -> Owned<'_> {
        let mut cells = self.cells();
        let cell = cells.free.pop().unwrap_or_else(|| {
            let new = Cell::default();
            cells.all.push(Arc::clone(&new));
            new
        });
        Owned { counter: self, cell }
    }

    fn read(&self) -> Option<u64> {
        Some(self.total())
    }

    fn take(&self) -> Option<u64> {
        let mut cells = self.cells();
        let left = cells.left();
        cells.taken = cells.taken.wrapping_add(left);
        Some(left)
    }

    fn bytes(threads: usize) -> usize {
        // A cell in its `Arc`, and a pointer to it in each of the two lists.
        size_of::<Self>() + threads * (2 * size_of::<CachePadded<AtomicU64>>() + 2 * size_of::<Cell>())
    }

    fn total(&self) -> u64 {
        self.cells().left()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_reused_but_never_shared() {
        let counter = PerThread::new(1);
        let mut first = counter.handle();
        let mut second = counter.handle();
        first.increment();
        second.increment();
        assert!(!Arc::ptr_eq(&first.cell, &second.cell));
        drop(first);
        let mut third = counter.handle();
        third.increment();
        assert_eq!(counter.cells().all.len(), 2);
        assert_eq!(counter.total(), 3);
    }

    #[test]
    fn the_sum_wraps() {
        let counter = PerThread::new(2);
        counter.cells().all[0].store(u64::MAX, Relaxed);
        counter.cells().all[1].store(3, Relaxed);
        assert_eq!(counter.total(), 2);
    }
}
