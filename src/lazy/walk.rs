//! The two ways to measure a [`Lazy`], as counters: an increment is an access, and the total is the number of
//! values made again.

use std::hint::black_box;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crossbeam_utils::CachePadded;

use super::{Lazy, TOTAL, make, take_made};
use crate::counter::{Counter, Handle, Info, Total};

/// Accesses that a thread makes to one slot of [`FirstAccess`] before it goes to the next.
pub const ACCESSES: u64 = 64;

/// Slots that are made at a time.
const BLOCK: usize = 256;
/// Blocks in a round at most: accesses for 250 ms, the longest round, at less than 1 ns each.
const BLOCKS: usize = 16_384;

/// One value, made before the clock starts: every access finds it there.
pub struct FastPath<L> {
    lazy: L,
    made_again: AtomicU64,
}

/// One thread's use of a [`FastPath`].
pub struct Again<'a, L>(&'a FastPath<L>);

impl<L: Lazy> Counter for FastPath<L> {
    const INFO: Info = L::INFO;

    const TOTAL: Total = TOTAL;

    type Handle<'a> = Again<'a, L>;

    fn new(_threads: usize) -> Self {
        let lazy = L::new(make);
        black_box(lazy.get());
        // This one was to be made.
        take_made();
        FastPath { lazy, made_again: AtomicU64::new(0) }
    }

    fn handle(&self) -> Again<'_, L> {
        Again(self)
    }

    fn total(&self) -> u64 {
        self.made_again.load(Relaxed)
    }

    fn chances(&self) -> Option<u64> {
        Some(1)
    }
}

impl<L: Lazy> Handle for Again<'_, L> {
    #[inline]
    fn increment(&mut self) {
        black_box(self.0.lazy.get());
    }
}

impl<L> Drop for Again<'_, L> {
    fn drop(&mut self) {
        self.0.made_again.fetch_add(take_made(), Relaxed);
    }
}

type Slots<L> = Box<[CachePadded<L>]>;

/// Many values that are not made yet. All threads walk along them in the same order. The first
/// thread makes the value, which takes time, so the others catch up and all stay near each other.
pub struct FirstAccess<L> {
    blocks: Box<[OnceLock<Slots<L>>]>,
    made: AtomicU64,
    /// The furthest slot of any thread; all slots before it were asked for, too.
    furthest: AtomicU64,
}

impl<L: Lazy> FirstAccess<L> {
    fn slot(&self, n: u64) -> &L {
        // After the last slot it starts again, with values that are there.
        let n = n as usize % (BLOCK * BLOCKS);
        let block = &self.blocks[n / BLOCK];
        let slots = block.get().unwrap_or_else(|| {
            // Each thread that comes here makes a block, and one of them is used. If the others waited
            // for it, they would sleep and fall behind the first.
            let _ = block.set((0..BLOCK).map(|_| CachePadded::new(L::new(make))).collect());
            block.get().expect("it was set just now")
        });
        &slots[n % BLOCK]
    }
}

/// One thread's walk along a [`FirstAccess`].
pub struct Walk<'a, L: Lazy> {
    along: &'a FirstAccess<L>,
    slot: &'a L,
    /// Slots it came to, this one included.
    visited: u64,
    /// Accesses to make before the next one.
    left: u64,
}

impl<L: Lazy> Walk<'_, L> {
    #[inline(never)]
    fn next_slot(&mut self) {
        self.slot = self.along.slot(self.visited);
        self.visited += 1;
        self.left = ACCESSES;
    }
}

impl<L: Lazy> Handle for Walk<'_, L> {
    #[inline]
    fn increment(&mut self) {
        if self.left == 0 {
            self.next_slot();
        }
        self.left -= 1;
        black_box(self.slot.get());
    }
}

impl<L: Lazy> Drop for Walk<'_, L> {
    fn drop(&mut self) {
        self.along.made.fetch_add(take_made(), Relaxed);
        self.along.furthest.fetch_max(self.visited.min((BLOCK * BLOCKS) as u64), Relaxed);
    }
}

impl<L: Lazy> Counter for FirstAccess<L> {
    const INFO: Info = L::INFO;

    const TOTAL: Total = TOTAL;

    type Handle<'a> = Walk<'a, L>;

    fn new(_threads: usize) -> Self {
        FirstAccess {
            blocks: (0..BLOCKS).map(|_| OnceLock::new()).collect(),
            made: AtomicU64::new(0),
            furthest: AtomicU64::new(0),
        }
    }

    fn handle(&self) -> Walk<'_, L> {
        Walk { along: self, slot: self.slot(0), visited: 0, left: 0 }
    }

    /// Values made again; 0 of a control. Panics when one was never made.
    fn total(&self) -> u64 {
        if !L::INFO.grade.counts() {
            return 0;
        }
        let made = self.made.load(Relaxed);
        made.checked_sub(self.furthest.load(Relaxed)).expect("a value that was asked for was never made")
    }

    /// Values that were asked for.
    fn chances(&self) -> Option<u64> {
        Some(self.furthest.load(Relaxed))
    }
}
