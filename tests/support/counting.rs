//! The system's allocator, which says how many bytes are in use.

#![allow(unsafe_code, reason = "an allocator")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Bytes that are allocated now.
#[allow(dead_code, reason = "not each program that counts needs both")]
pub(crate) fn in_use() -> usize {
    IN_USE.load(Relaxed)
}

/// Bytes that this thread has allocated, less those that it freed, whatever other threads do.
#[allow(dead_code, reason = "not each program that counts needs both")]
pub(crate) fn by_this_thread() -> isize {
    BY_THIS_THREAD.get()
}

/// Hands on to the system's, and counts.
struct Counting;

static IN_USE: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    // It is there before and after everything else of a thread: it is made at compile time and needs no end.
    static BY_THIS_THREAD: Cell<isize> = const { Cell::new(0) };
}

fn count(bytes: isize) {
    BY_THIS_THREAD.set(BY_THIS_THREAD.get() + bytes);
}

// SAFETY: everything is handed on to `System` as it came; only a number is kept beside.
unsafe impl GlobalAlloc for Counting {
    // SAFETY: asks no more of its caller than `GlobalAlloc::alloc` does.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        IN_USE.fetch_add(layout.size(), Relaxed);
        count(layout.size().cast_signed());
        // SAFETY: the caller keeps the promises that `System` asks for too.
        unsafe { System.alloc(layout) }
    }

    // SAFETY: asks no more of its caller than `GlobalAlloc::dealloc` does: all memory it is given came from `alloc`.
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        IN_USE.fetch_sub(layout.size(), Relaxed);
        count(-layout.size().cast_signed());
        // SAFETY: `System` gave the memory, and for this layout.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;
