//! A private cell per thread, never shared or summed: the floor. *Source:* perfbook's
//! `CodeSamples/count`, the idea that a counter costs at least its own memory.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

use crate::counter::{Counter, Grade, Handle, Info};

/// Each thread counts in a cell that no other thread can see.
pub struct LocalCell;

/// The private cell of one thread. Atomic, although nobody shares it, because the optimiser would
/// turn a plain one into a single addition after the loop.
pub struct OwnCell(CachePadded<AtomicU64>);

impl Handle for OwnCell {
    #[inline]
    fn increment(&mut self) {
        self.0.store(self.0.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

impl Counter for LocalCell {
    const INFO: Info = Info {
        id: "local_cell",
        family: "control",
        grade: Grade::Control,
        helpers: 0,
        summary: "a private cell per thread, never summed: the floor",
        source: "the per-thread variables of perfbook's CodeSamples/count",
    };

    type Handle<'a> = OwnCell;

    fn new(_threads: usize) -> Self {
        LocalCell
    }

    fn handle(&self) -> OwnCell {
        OwnCell(CachePadded::new(AtomicU64::new(0)))
    }

    fn total(&self) -> u64 {
        0
    }
}
