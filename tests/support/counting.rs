//! The system's allocator, which says how many bytes are in use.

#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that are allocated now.
pub(crate) fn in_use() -> usize {
    IN_USE.load(Relaxed)
}

/// Hands on to the system's, and counts.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is handed on to `System` as it came; only a number is kept beside.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: asks no more of its caller than `GlobalAlloc::alloc` does.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Relaxed);
        // SAFETY: the caller keeps the promises that `System` asks for too.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: asks no more of its caller than `GlobalAlloc::dealloc` does: all memory it is given came from `alloc`.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: `System` gave the memory, and for this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
