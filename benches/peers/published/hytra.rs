//! `hytra` 0.1.2, `TrAdder`: a cell for each thread, in a `ThreadLocal` (crate `thread_local`) of each counter; one writer a cell, so a plain
//! load and store.
//!
//! - Bytes: 256 for one thread. The cells lie in tables of 1, 2, 4, 8 and so on, by the thread's number, and a table
//!   is made whole: 64 KiB a counter where 255 threads count. A single thread needs 32 KiB in each counter that it adds
//!   to, if 127 threads with lower numbers live.
//! - First add: a thread's first add to a counter allocates, if no thread with a number of the same table added to it.
//! - There are always cells enough. The cell of a thread that ends stays, and a later thread counts on in it.

use std::mem::size_of;

use ::hytra::TrAdder;
use crossbeam_utils::CachePadded;

// The first threads of a process; a mark beside each cell takes as much as the cell.
peer!(
    Hytra(TrAdder<u64>) = TrAdder::new(),
    "hytra",
    "hytra 0.1.2 TrAdder",
    |threads| size_of::<TrAdder<u64>>() + ((threads + 1).next_power_of_two() - 1) * 2 * size_of::<CachePadded<u64>>(),
    |c| c.inc(1),
    c.get()
);
