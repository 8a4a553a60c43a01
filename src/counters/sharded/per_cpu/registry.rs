//! The cells of all counters: a row a CPU, a column a counter. It is used when a counter is made or dropped.

use std::collections::BTreeSet;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crossbeam_utils::CachePadded;

/// Counters with cells in one row.
const COLUMNS: usize = 64;

/// One CPU's cells of some counters. It shares no cache line with another CPU's.
pub(super) struct Row(CachePadded<[AtomicU64; COLUMNS]>);

impl Row {
    fn zero() -> Row {
        Row(CachePadded::new([const { AtomicU64::new(0) }; COLUMNS]))
    }

    /// The cell of a counter, by its number.
    pub(super) fn cell(&self, number: usize) -> &AtomicU64 {
        &self.0[Row::place(number)]
    }

    /// Which of the cells of a row is that of a counter.
    pub(super) fn place(number: usize) -> usize {
        number % COLUMNS
    }
}

/// The owners of numbers and cells.
pub(super) struct Registry {
    /// Rows that were ever made, for [`COLUMNS`] counters each time. They are never freed.
    pages: Vec<&'static [Row]>,
    /// Numbers given out so far, also those that are free again.
    numbers: usize,
    /// Free numbers. Their cells are 0.
    free: BTreeSet<usize>,
}

/// The one registry, also after a panic elsewhere, because nothing in it is ever half done.
pub(super) fn registry() -> MutexGuard<'static, Registry> {
    static REGISTRY: Mutex<Registry> = Mutex::new(Registry { pages: Vec::new(), numbers: 0, free: BTreeSet::new() });
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// The lowest free number, and the rows of its cells, one for each of so many CPUs.
    pub(super) fn take(&mut self, cpus: usize) -> (usize, &'static [Row]) {
        let number = self.free.pop_first().unwrap_or_else(|| {
            if self.numbers == self.pages.len() * COLUMNS {
                self.pages.push(Vec::leak((0..cpus).map(|_| Row::zero()).collect()));
            }
            self.numbers += 1;
            self.numbers - 1
        });
        (number, self.pages[number / COLUMNS])
    }

    /// Takes a number back, for another counter to start from 0.
    pub(super) fn give(&mut self, number: usize) {
        self.pages[number / COLUMNS].iter().for_each(|row| row.cell(number).store(0, Relaxed));
        self.free.insert(number);
    }
}
