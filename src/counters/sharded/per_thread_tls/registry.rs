//! The slots of counters, and the cells of threads. It is used on a thread's first increment of a
//! counter, on reading, when a counter is made or dropped, and when a thread ends.

use std::collections::BTreeSet;
use std::ptr;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crossbeam_utils::CachePadded;

/// One thread's cells, one for each slot. They share no cache line with those of another thread. A cell is one below what
/// it counted.
pub(super) type Cells = CachePadded<[AtomicU64; 256]>;

/// A cell that counted nothing.
pub(super) const UNUSED: u64 = 0_u64.wrapping_sub(1);

/// Cells that counted nothing.
pub(super) const fn unused() -> Cells {
    CachePadded::new([const { AtomicU64::new(UNUSED) }; 256])
}

/// What a cell counted.
fn counted(cell: &AtomicU64) -> u64 {
    cell.load(Relaxed).wrapping_add(1)
}

/// The slot of all counters that found none free. Its cells stay unused.
pub(super) const NOBODY: u8 = u8::MAX;

/// The owners of slots and cells.
pub(super) struct Registry {
    /// Slots given out so far, also those that are free again.
    slots: u8,
    /// Free slots. Their cells are unused.
    free: BTreeSet<u8>,
    /// What ended threads counted in each slot.
    ended: [u64; 256],
    /// The cells of living threads.
    threads: Vec<&'static Cells>,
}

/// The one registry, also after a panic elsewhere, because nothing in it is ever half done.
pub(super) fn registry() -> MutexGuard<'static, Registry> {
    static REGISTRY: Mutex<Registry> = Mutex::new(Registry::empty());
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    pub(super) const fn empty() -> Registry {
        Registry { slots: 0, free: BTreeSet::new(), ended: [0; 256], threads: Vec::new() }
    }

    /// The cells of a slot in all living threads.
    fn cells(&self, slot: u8) -> impl Iterator<Item = &'static AtomicU64> {
        self.threads.iter().map(move |cells| &cells[usize::from(slot)])
    }

    /// What a slot's counter counted.
    pub(super) fn total(&self, slot: u8) -> u64 {
        self.cells(slot).map(counted).fold(self.ended[usize::from(slot)], u64::wrapping_add)
    }

    /// The lowest free slot, or [`NOBODY`].
    pub(super) fn take_slot(&mut self) -> u8 {
        self.free.pop_first().unwrap_or_else(|| {
            let next = self.slots;
            self.slots = next.saturating_add(1);
            next
        })
    }

    /// Takes a slot back, for another counter to start from 0.
    pub(super) fn give_slot(&mut self, slot: u8) {
        if slot != NOBODY {
            self.cells(slot).for_each(|cell| cell.store(UNUSED, Relaxed));
            self.ended[usize::from(slot)] = 0;
            self.free.insert(slot);
        }
    }

    /// Puts the calling thread's cells on the list, if they are not on it. The thread must [`leave`](Registry::leave)
    /// before its cells are gone.
    pub(super) fn join(&mut self, cells: &Cells) {
        if !self.threads.iter().any(|listed| ptr::eq(*listed, cells)) {
            #[allow(
                unsafe_code,
                reason = "safe code reaches no thread-local of another thread; a pointer in the thread-local instead took a third longer"
            )]
            // SAFETY: the cells live as long as the thread, whose lease ends before, and takes this reference off the
            // list under the same lock. No other copy of it outlives the lock.
            let cells: &'static Cells = unsafe { &*ptr::from_ref(cells) };
            self.threads.push(cells);
        }
    }

    #[cfg(test)]
    pub(super) fn living(&self) -> usize {
        self.threads.len()
    }

    /// Takes the calling thread's cells off the list. Their counts still count.
    pub(super) fn leave(&mut self, cells: &Cells) {
        self.threads.retain(|listed| !ptr::eq(*listed, cells));
        for (ended, cell) in self.ended.iter_mut().zip(cells.iter()) {
            *ended = ended.wrapping_add(counted(cell));
            cell.store(UNUSED, Relaxed);
        }
    }
}
