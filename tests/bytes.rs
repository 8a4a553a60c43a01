//! Does a counter need the memory that it states? Counts the allocated bytes while many counters of
//! each type are made and used. One test in a program of its own, because nothing else may allocate.

#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Barrier};
use std::thread;

use miscount::catalogue::{self, Visitor};
use miscount::counter::{Counter, Handle};

/// The system's allocator, which says how many bytes are in use.
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

/// Threads that count with each counter.
const THREADS: usize = 4;
/// Live counters of a type; they share the memory that the type shares.
const COUNTERS: usize = 64;

/// Bytes of one of many counters after all threads have counted with it.
fn measured<C: Counter>() -> usize {
    let together = Arc::new(Barrier::new(THREADS));
    let before = IN_USE.load(Relaxed);
    let counters: Arc<Vec<Box<C>>> = Arc::new((0..COUNTERS).map(|_| Box::new(C::new(THREADS))).collect());
    let count = |counters: Arc<Vec<Box<C>>>, together: Arc<Barrier>| {
        let mut handles: Vec<C::Handle<'_>> = counters.iter().map(|counter| counter.handle()).collect();
        handles.iter_mut().for_each(Handle::increment);
        // None may end before the last has begun, or they could use the same memory.
        together.wait();
        handles.iter_mut().for_each(|handle| (0..50).for_each(|_| handle.increment()));
    };
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (counters, together) = (Arc::clone(&counters), Arc::clone(&together));
            thread::spawn(move || count(counters, together))
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    // The list's own pointer to each counter is not the counter's.
    (IN_USE.load(Relaxed) - before).div_ceil(COUNTERS) - size_of::<Box<C>>()
}

struct Compare(Vec<String>);

impl Visitor for Compare {
    fn visit<C: Counter>(&mut self) {
        let (stated, measured) = (C::bytes(THREADS), measured::<C>());
        println!("{:28} states {stated:6} bytes with {THREADS} threads, takes {measured:6}", C::INFO.id);
        // There is room upwards for rounding, and downwards for parts that are only made when threads collide.
        if measured > stated + stated / 2 + 64 || stated > 3 * measured {
            self.0.push(format!("{} states {stated} bytes and takes {measured}", C::INFO.id));
        }
    }
}

#[test]
fn counters_take_the_memory_they_state() {
    let mut compare = Compare(Vec::new());
    catalogue::visit(&mut compare);
    assert!(compare.0.is_empty(), "{:#?}", compare.0);
}
