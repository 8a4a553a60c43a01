//! The slots of counters, and the blocks of threads. It is used on the first increment by a
//! thread, on reading, and when a counter is made or dropped.

use std::collections::BTreeSet;
use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use crossbeam_utils::CachePadded;

/// At most this many live counters get cells; for more, blocks would grow too large.
pub(super) const SLOTS: usize = 1 << 16;
/// Cells in a block, at least.
const LEAST: usize = 64;

/// One thread's cells, one for each slot. It shares no cache line with another block.
pub(super) type Block = &'static [AtomicU64];

/// The owners of slots and blocks.
pub(super) struct Registry {
    /// Slots given out so far, also those that are free again.
    slots: usize,
    /// Free slots. Their cells are 0.
    free_slots: BTreeSet<usize>,
    /// All blocks ever made.
    blocks: Vec<Block>,
    /// Free blocks. Their counts still count.
    free_blocks: Vec<Block>,
}

/// The one registry, also after a panic elsewhere, because nothing in it is ever half done.
pub(super) fn registry() -> MutexGuard<'static, Registry> {
    static REGISTRY: Mutex<Registry> =
        Mutex::new(Registry { slots: 0, free_slots: BTreeSet::new(), blocks: Vec::new(), free_blocks: Vec::new() });
    REGISTRY.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Registry {
    /// The cells of a slot in all blocks.
    pub(super) fn cells(&self, slot: usize) -> impl Iterator<Item = &'static AtomicU64> {
        self.blocks.iter().filter_map(move |block| block.get(slot))
    }

    /// The lowest free slot: low slots keep blocks small.
    pub(super) fn take_slot(&mut self) -> usize {
        self.free_slots.pop_first().unwrap_or_else(|| {
            self.slots += 1;
            self.slots - 1
        })
    }

    /// Takes a slot back, for another counter to start from 0.
    pub(super) fn give_slot(&mut self, slot: usize) {
        self.cells(slot).for_each(|cell| cell.store(0, Relaxed));
        self.free_slots.insert(slot);
    }

    /// A free block with a cell for `slot`; a new one has cells for all counters so far.
    pub(super) fn take_block(&mut self, slot: usize) -> Block {
        if let Some(free) = self.free_blocks.iter().position(|block| block.len() > slot) {
            return self.free_blocks.swap_remove(free);
        }
        let block = aligned_cells(self.slots.min(SLOTS).next_power_of_two().max(LEAST));
        self.blocks.push(block);
        block
    }

    /// Takes a block back with its counts. An empty one is dropped.
    pub(super) fn give_block(&mut self, block: Block) {
        if !block.is_empty() {
            self.free_blocks.push(block);
        }
    }
}

/// This many cells on cache lines of their own.
fn aligned_cells(cells: usize) -> Block {
    let line = align_of::<CachePadded<AtomicU64>>();
    let spare = line / size_of::<AtomicU64>();
    let raw: Block = Vec::leak((0..cells + spare).map(|_| AtomicU64::new(0)).collect());
    let start = raw.as_ptr().align_offset(line);
    &raw[start..start + cells]
}
